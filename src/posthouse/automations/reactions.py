"""Every event may begin, wake or end something."""

from posthouse.automations import actions
from posthouse.timeline.events import Recorded, reacts_in_batches


@reacts_in_batches("*", consumer="automations")
def take_in(batch: list[Recorded]) -> None:
    """In the transaction of the checkpoint."""
    actions.take_in(batch)

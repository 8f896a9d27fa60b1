"""Foreign dialects, each turned into events of ours by a pure function."""

from collections.abc import Callable

from posthouse.intake.dialects import posthog, segment
from posthouse.intake.dialects.told import Item, Rules, Told

TRANSLATORS: dict[str, Callable[[Item, bytes, Rules], list[Told]]] = {
    "segment": segment.translate,
    "rudderstack": segment.translate,
    "posthog": posthog.translate,
}

"""What a call brings along, and what it is answered with."""

from dataclasses import dataclass, field
from typing import Any

from posthouse.surveys.delighted.faults import wrong
from posthouse.surveys.delighted.reading import Params, whole_of
from posthouse.surveys.models import Campaign, CampaignKey

PER_PAGE, MOST_PER_PAGE = 20, 100
LAST_PAGE = 10**9


@dataclass(frozen=True)
class Call:
    """A request that was let in: the campaign its key opens, its parameters, and where it came in."""

    key: CampaignKey
    params: Params
    base: str

    @property
    def campaign(self) -> Campaign:
        """The campaign that the key opens; no other is ever looked at."""
        return self.key.campaign

    @property
    def actor(self) -> str:
        """Who acts, for the timeline."""
        return f"survey_key:{self.key.pk}"

    @property
    def per_page(self) -> int:
        """How many rows a page has; more than there can be are as many as there can be. Raises 422 faults."""
        return min(whole_of(self.params, "per_page", 1, LAST_PAGE) or PER_PAGE, MOST_PER_PAGE)

    @property
    def page(self) -> slice:
        """The rows of the page with the number that was asked for. Raises 422 faults."""
        number, size = whole_of(self.params, "page", 1, LAST_PAGE) or 1, self.per_page
        return slice((number - 1) * size, number * size)

    def only_one_of(self, *names: str) -> None:
        """Raises a 422 fault when more than one of these is given."""
        given = [name for name in names if self.params.get(name) not in (None, "")]
        if len(given) > 1:
            raise wrong(given[1], f"cannot be given together with {given[0]}")


@dataclass(frozen=True)
class Reply:
    """What a call is answered with."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

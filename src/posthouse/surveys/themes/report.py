"""The themes of a campaign in a period: how many comments each has, their score, whether that changed, examples."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from posthouse.surveys.figures.metrics import Wish, formula_of
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.models import Campaign, Response
from posthouse.surveys.scales import Group
from posthouse.surveys.statistics import intervals
from posthouse.surveys.statistics.intervals import CONFIDENCE, Interval
from posthouse.surveys.statistics.scores import Difference, Score, difference, score_of
from posthouse.surveys.statistics.tallies import Tally, tally
from posthouse.surveys.theme_models import ThemeCorrection
from posthouse.surveys.themes.assigning import topics_of
from posthouse.surveys.themes.lexicon import KEYS
from posthouse.surveys.themes.settling import Shown
from posthouse.surveys.themes.telling import Telling, telling

MOST_READ = 5000
"""Comments read of each period, the newest ones; the page says so where there are more."""
EXAMPLES = 3


class Comment(NamedTuple):
    """A comment with the themes it is about, each with the words that told (empty: the team said so)."""

    id: str
    score: int
    text: str
    at: datetime
    themes: dict[str, str]


@dataclass(frozen=True)
class Theme:
    """One theme. `share` is of all comments, 0 to 1; `rise` compares it with as many days before."""

    key: str
    name: str
    comments: int
    share: float
    bounds: Interval
    rise: Difference
    score: Score
    from_others: Difference
    examples: list[Comment]


@dataclass(frozen=True)
class Report:
    """All themes, those with most comments first; `without` counts comments about none of them."""

    themes: list[Theme]
    read: int
    more: bool
    without: int
    low: list[Telling] = field(default_factory=list)
    high: list[Telling] = field(default_factory=list)


def report(campaign: Campaign, wish: Wish) -> Report:
    """What the comments of a period are about."""
    shown = Shown()
    found, more = _comments(campaign, wish, wish.first, wish.last, shown)
    before, _more = _comments(campaign, wish, wish.before.first, wish.before.last, shown)
    of_theme = _by_theme(found)
    earlier = {key: len(rows) for key, rows in _by_theme(before).items()}
    whole = _tally(campaign, found)
    themes = []
    for key in sorted(of_theme, key=lambda one: (-len(of_theme[one]), one)):
        if shown.is_hidden(key):
            continue
        mine = of_theme[key]
        part = _tally(campaign, mine)
        themes.append(
            Theme(
                key=key,
                name=shown.name(key),
                comments=len(mine),
                share=len(mine) / len(found),
                bounds=intervals.wilson(len(mine), len(found)),
                rise=_rise(len(mine), len(found), earlier.get(key, 0), len(before)),
                score=score_of(part),
                from_others=difference(part, whole - part),
                examples=mine[:EXAMPLES],
            )
        )
    texts = {group: [one.text for one in found if campaign.group_of(one.score) == group] for group in Group.values}
    low, high = telling(texts[Group.LOW], texts[Group.HIGH])
    return Report(themes, len(found), more, sum(not one.themes for one in found), low, high)


def themes_of(response: Response, shown: Shown) -> dict[str, str]:
    """The themes of one answer, each with the words that told (empty: the team said so)."""
    said = {row.key: row.about for row in response.theme_corrections.all()}
    return _settled(response.comment, response.language, said, shown)


def _comments(campaign: Campaign, wish: Wish, first: date, last: date, shown: Shown) -> tuple[list[Comment], bool]:
    rows = Response.objects.filter(campaign=campaign).exclude(comment="")
    rows = narrowed(rows.filter(created_at__date__gte=first, created_at__date__lte=last), wish.where)
    rows = rows.order_by("-created_at", "-pk")
    read: list[Any] = list(rows.values_list("pk", "score", "comment", "language", "created_at")[: MOST_READ + 1])
    said: dict[str, dict[str, bool]] = defaultdict(dict)
    corrected = ThemeCorrection.objects.filter(response__campaign=campaign)
    for response_id, key, about in corrected.values_list("response_id", "key", "about"):
        said[response_id][key] = about
    comments = [
        Comment(pk, score, text, at, _settled(text, language, said.get(pk, {}), shown))
        for pk, score, text, language, at in read[:MOST_READ]
    ]
    return comments, len(read) > MOST_READ


def _settled(text: str, language: str, said: dict[str, bool], shown: Shown) -> dict[str, str]:
    found = {key: told for key, told in topics_of(text, language).items() if said.get(key, True)}
    found |= {key: "" for key, about in said.items() if about and key in KEYS and key not in found}
    settled: dict[str, str] = {}
    for key, told in found.items():
        settled.setdefault(shown.target(key), told)
    return settled


def _by_theme(comments: list[Comment]) -> dict[str, list[Comment]]:
    found: dict[str, list[Comment]] = defaultdict(list)
    for one in comments:
        for key in one.themes:
            found[key].append(one)
    return dict(found)


def _tally(campaign: Campaign, comments: list[Comment]) -> Tally:
    counts: dict[int, int] = defaultdict(int)
    for one in comments:
        counts[one.score] += 1
    return tally(formula_of(campaign), counts, len(comments))


def _rise(mine: int, all_mine: int, theirs: int, all_theirs: int) -> Difference:
    """In percentage points, with the interval of Agresti and Caffo; nothing where there were no comments before."""
    if not all_theirs:
        return Difference(None, None)
    spreads = intervals.adjusted_share_spread(mine, all_mine), intervals.adjusted_share_spread(theirs, all_theirs)
    bounds = intervals.of_difference(*spreads, quantile=intervals.z_of(CONFIDENCE)).times(100)
    return Difference(100 * (mine / all_mine - theirs / all_theirs), bounds)

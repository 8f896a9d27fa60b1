"""Routes about the figures of a campaign."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema

from posthouse.foundation.clock import now
from posthouse.foundation.problems import Problem
from posthouse.people.access import scope
from posthouse.surveys import queries
from posthouse.surveys.api.common import Id, campaign_or_404
from posthouse.surveys.figures import wishes
from posthouse.surveys.figures.asking import TooManyValues
from posthouse.surveys.figures.metrics import Asked, Figure, Metrics, Part, Wish
from posthouse.surveys.models import Campaign
from posthouse.surveys.statistics.intervals import TooFewPeople
from posthouse.surveys.statistics.people import Counting
from posthouse.surveys.statistics.scores import Difference, Score
from posthouse.surveys.statistics.trends import Grain

router = Router()

DIGITS = 2
Where = Annotated[
    list[str],
    Query(description="Filters, all of which hold: `attributes.plan=pro`, `language=es`; nothing after = is not known"),
]


class ScoreOut(Schema):
    """A score with the bounds of its 95 % interval; null where nobody answered, or nothing tells the bounds."""

    value: float | None
    low: float | None
    high: float | None
    answers: int


class ChangeOut(Schema):
    """One score less another. `clear` is false where the interval holds zero: no clear change."""

    value: float | None
    low: float | None
    high: float | None
    clear: bool


class AskedOut(Schema):
    """Who was asked in the period, and how many of these answered, whenever that was."""

    sent: int
    answered: int
    response_rate: float | None


class FigureOut(Schema):
    """The answers of some people or days."""

    score: ScoreOut
    groups: dict[Literal["low", "middle", "high"], int]
    histogram: dict[str, int]
    comments: int
    comment_rate: float | None


class PeriodOut(Schema):
    """The answers of a period alone."""

    first: date
    last: date
    score: ScoreOut


class DayOut(Schema):
    """The answers of the days of the window that end with this one, pooled."""

    day: date
    score: ScoreOut


class PartOut(FigureOut):
    """One value of what was broken down by; null: not known. `from_others` compares it with all others together."""

    value: str | None
    asked: AskedOut | None
    from_others: ChangeOut


class MetricsOut(FigureOut):
    """The figures of a campaign in a period; days are UTC, first and last within.

    `counting` says what they are made of: all answers, or of each person the latest within the period; the bounds
    suppose that answers are independent, which they are with the latter. `before` are as many days just before, and
    `change` what is different since. `behind_since`: since when answers came in that are not counted yet.
    Of an anonymous campaign `hidden_parts` are too small to be shown; `withheld`: so are all the answers asked for.
    """

    campaign_id: str
    metric: str
    scale: str
    formula: str
    first: date
    last: date
    counting: Counting
    asked: AskedOut | None
    before: PeriodOut
    change: ChangeOut
    trend: list[PeriodOut]
    rolling: list[DayOut]
    parts: list[PartOut]
    more_parts: int
    hidden_parts: int
    withheld: bool
    behind_since: datetime | None


@router.get(
    "/surveys/{campaign_id}/metrics",
    response=MetricsOut,
    auth=scope("surveys:read"),
    operation_id="get_survey_metrics",
    summary="Score, trend and break-down of a campaign",
)
def get_survey_metrics(
    request: HttpRequest,
    campaign_id: Id,
    since: Annotated[date | None, Query(description="First day (UTC); left out: 90 days")] = None,
    until: Annotated[date | None, Query(description="Last day (UTC); left out: today")] = None,
    counting: Annotated[Counting, Query(description="All answers, or the latest of each person")] = Counting.ALL,
    grain: Annotated[Grain | None, Query(description="Periods of the trend")] = None,
    window: Annotated[int, Query(ge=0, le=wishes.MOST_WINDOW, description="Days of the moving window; 0: none")] = 0,
    by: Annotated[str, Query(max_length=wishes.LONGEST, description="Break down by: `attributes.plan`, `device`")] = "",
    population: Annotated[
        int | None, Query(ge=1, description="People there are in all, where nearly all were asked: narrows the bounds")
    ] = None,
    where: Where = [],  # noqa: B006  django-ninja makes a query parameter of it
) -> dict[str, Any]:
    """The score with its margin, groups, rates, and what changed against as many days before."""
    campaign = campaign_or_404(campaign_id)
    try:
        first, last = wishes.days(since, until, now().date())
        wish = Wish(
            first=first,
            last=last,
            where=wishes.filters(where),
            counting=counting,
            grain=grain,
            window=window,
            by=wishes.trait(by) if by else "",
            population=population,
        )
        return _out(campaign, queries.metrics(campaign, wishes.check(wish)))
    except wishes.Unreadable as fault:
        raise problem(fault.place, str(fault)) from fault
    except TooManyValues as error:
        reason = "It has too many different values to filter so many answers by it; narrow the days."
        raise problem("where", reason) from error
    except TooFewPeople as error:
        raise problem("population", "There are more answers than that.") from error


def filters_or_422(where: list[str]) -> tuple[tuple[str, str], ...]:
    """Filters as they were sent."""
    try:
        return wishes.filters(where)
    except wishes.Unreadable as fault:
        raise problem(fault.place, str(fault)) from fault


def problem(place: str, reason: str) -> Problem:
    """422: a parameter of figures that cannot be."""
    return Problem(
        status=422,
        code="survey-metrics-invalid",
        title="These figures cannot be asked for",
        detail=reason,
        extra={"errors": [{"path": f"query/{place}", "message": reason}]},
    )


def _out(campaign: Campaign, found: Metrics) -> dict[str, Any]:
    before = found.wish.before
    return _figure(found.figure) | {
        "campaign_id": campaign.pk,
        "metric": campaign.metric,
        "scale": campaign.scale,
        "formula": campaign.formula,
        "first": found.wish.first,
        "last": found.wish.last,
        "counting": found.wish.counting,
        "asked": _asked(found.asked),
        "before": {"first": before.first, "last": before.last, "score": _score(found.before)},
        "change": change_out(found.change),
        "trend": [
            {"first": period.first, "last": period.last, "score": _score(figure)} for period, figure in found.trend
        ],
        "rolling": [{"day": day, "score": _score(figure)} for day, figure in found.rolling],
        "parts": [_part(part) for part in found.parts],
        "more_parts": found.others,
        "hidden_parts": found.hidden,
        "withheld": found.withheld,
        "behind_since": found.behind_since,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "score": _score(figure),
        "groups": figure.tally.groups,
        "histogram": {str(score): count for score, count in figure.tally.histogram.items()},
        "comments": figure.tally.commented,
        "comment_rate": _rate(figure.comment_rate),
    }


def _score(figure: Figure) -> dict[str, Any]:
    return score_out(figure.score)


def score_out(score: Score) -> dict[str, Any]:
    """A score as it is sent."""
    bounds = score.interval or (None, None)
    return {
        "value": score.rounded(DIGITS),
        "low": _digits(bounds[0]),
        "high": _digits(bounds[1]),
        "answers": score.answers,
    }


def change_out(change: Difference) -> dict[str, Any]:
    """A difference as it is sent."""
    bounds = change.interval or (None, None)
    low, high = _digits(bounds[0]), _digits(bounds[1])
    return {"value": _digits(change.value), "low": low, "high": high, "clear": change.clear}


def _asked(asked: Asked | None) -> dict[str, Any] | None:
    return (
        asked if asked is None else {"sent": asked.sent, "answered": asked.answered, "response_rate": _rate(asked.rate)}
    )


def _part(part: Part) -> dict[str, Any]:
    return _figure(part.figure) | {
        "value": part.value or None,
        "asked": _asked(part.asked),
        "from_others": change_out(part.from_others),
    }


def _digits(value: float | Decimal | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)


def _rate(share: float | None) -> float | None:
    return None if share is None else round(share, 4)

"""Routes about what comments are about."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from posthouse.foundation.clock import now
from posthouse.foundation.problems import not_found
from posthouse.people.access import scope
from posthouse.surveys import actions, queries
from posthouse.surveys.api.common import Id, In, actor_of, campaign_or_404, invalid
from posthouse.surveys.api.metrics import ChangeOut, ScoreOut, Where, change_out, filters_or_422, problem, score_out
from posthouse.surveys.figures import wishes
from posthouse.surveys.figures.metrics import Wish
from posthouse.surveys.themes import report, settling
from posthouse.surveys.themes.lexicon import KEYS

router = Router()
READ, WRITE = scope("surveys:read"), scope("surveys:write")


class SurveyThemeOut(Schema):
    """A theme: share of all comments (0 to 1) with bounds, change in points, score of its comments, newest examples."""

    key: str
    name: str
    comments: int
    share: float
    share_low: float
    share_high: float
    rise: ChangeOut
    score: ScoreOut
    from_others: ChangeOut
    examples: list[str]


class SurveyPhraseOut(Schema):
    """A word or pair of words that sets scores apart; `z` below zero: low scores write it more often."""

    phrase: str
    z: float
    people: int


class SurveyThemesOut(Schema):
    """The themes of a period, those with most comments first. `examples` are ids of responses."""

    first: date
    last: date
    read: int
    more: bool
    without: int
    themes: list[SurveyThemeOut]
    phrases: list[SurveyPhraseOut]


class SurveyThemePatch(In):
    """What to change; what is left out stays. An empty name is the usual one."""

    name: str = ""
    merged_into: str = ""
    hidden: bool = False


class SurveyThemeSettingOut(Schema):
    """How a theme is shown."""

    key: str
    name: str
    merged_into: str
    hidden: bool


class SurveyAboutIn(In):
    """Whether a response is about a theme; null: its words decide."""

    about: bool | None


class SurveyAboutOut(Schema):
    """The themes of a response, by key, each with the words that told (empty: the team said so)."""

    themes: dict[str, str]


@router.get(
    "/surveys/{campaign_id}/themes",
    response=SurveyThemesOut,
    auth=READ,
    operation_id="get_survey_themes",
    summary="What the comments of a campaign are about",
)
def get_survey_themes(
    request: HttpRequest,
    campaign_id: Id,
    since: Annotated[date | None, Query(description="First day (UTC); left out: 90 days")] = None,
    until: Annotated[date | None, Query(description="Last day (UTC); left out: today")] = None,
    where: Where = [],  # noqa: B006  django-ninja makes a query parameter of it
) -> dict[str, Any]:
    """Found by words, in English and Spanish, without any outside service."""
    campaign = campaign_or_404(campaign_id)
    try:
        first, last = wishes.days(since, until, now().date())
    except wishes.Unreadable as fault:
        raise problem(fault.place, str(fault)) from fault
    found = report.report(campaign, Wish(first=first, last=last, where=filters_or_422(where)))
    return {
        "first": first,
        "last": last,
        "read": found.read,
        "more": found.more,
        "without": found.without,
        "themes": [_theme(one) for one in found.themes],
        "phrases": [one._asdict() for one in (*found.low, *found.high)],
    }


@router.patch(
    "/surveys/themes/{key}",
    response=SurveyThemeSettingOut,
    auth=WRITE,
    operation_id="change_survey_theme",
    summary="Rename, merge or hide a theme",
)
def change_survey_theme(request: HttpRequest, key: Id, body: SurveyThemePatch) -> Any:
    """In all campaigns."""
    if key not in KEYS:
        raise not_found("theme")
    try:
        return settling.change_theme(key=key, **body.dict(exclude_unset=True), actor=actor_of(request))
    except actions.Invalid as fault:
        raise invalid(fault) from fault


@router.put(
    "/surveys/responses/{response_id}/themes/{key}",
    response=SurveyAboutOut,
    auth=WRITE,
    operation_id="correct_survey_theme",
    summary="Say whether a response is about a theme",
)
def correct_survey_theme(request: HttpRequest, response_id: Id, key: Id, body: SurveyAboutIn) -> dict[str, Any]:
    """Whatever its words say."""
    response = queries.response(response_id)
    if response is None or key not in KEYS:
        raise not_found("response" if response is None else "theme")
    settling.correct(response=response, key=key, about=body.about, actor=actor_of(request))
    return {"themes": report.themes_of(response, settling.Shown())}


def _theme(one: report.Theme) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "comments": one.comments,
        "share": round(one.share, 4),
        "share_low": round(max(one.bounds.low, 0.0), 4),
        "share_high": round(one.bounds.high, 4),
        "rise": change_out(one.rise),
        "score": score_out(one.score),
        "from_others": change_out(one.from_others),
        "examples": [example.id for example in one.examples],
    }

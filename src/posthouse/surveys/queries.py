"""Questions about campaigns, sends and responses."""

import re
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.surveys import anonymity, questions, scales
from posthouse.surveys.figures import metrics as of_figures
from posthouse.surveys.figures.columns import GAP, SCORE
from posthouse.surveys.figures.metrics import Metrics, Wish
from posthouse.surveys.figures.withholding import withheld
from posthouse.surveys.models import (
    IMPORTED,
    Campaign,
    CampaignKey,
    CampaignState,
    DayColumn,
    Hook,
    HookDelivery,
    OpenLink,
    Outcome,
    Response,
    Send,
    SendState,
    Trial,
    Widget,
)
from posthouse.surveys.questions import Question
from posthouse.surveys.scales import Metric
from posthouse.surveys.texts import COMMENT_LENGTH


def hook_of(campaign: Campaign) -> Hook | None:
    """The incoming webhook of a campaign, if it has one."""
    return Hook.objects.filter(campaign=campaign).select_related("campaign").first()


def hook(hook_id: str) -> Hook | None:
    """An incoming webhook by its id, with its campaign."""
    return Hook.objects.filter(pk=hook_id).select_related("campaign").first() if is_id(hook_id) else None


def deliveries(hook: Hook) -> QuerySet[HookDelivery]:
    """What came to an incoming webhook, the latest first, with the sends it led to."""
    return HookDelivery.objects.filter(hook=hook).select_related("send__contact").order_by("-last_at", "-pk")


SCHEDULED = str(Outcome.SCHEDULED)
"""The outcome of a wish that was granted."""
OPEN_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


def campaigns(*, state: str = "") -> QuerySet[Campaign]:
    """All campaigns, newest first; `state` narrows them."""
    rows = Campaign.objects.order_by("-created_at", "-pk")
    return rows.filter(state=state) if state else rows


def campaign(campaign_id: str) -> Campaign | None:
    """One campaign."""
    return Campaign.objects.filter(pk=campaign_id).first() if is_id(campaign_id) else None


def campaign_for(reference: str) -> Campaign | None:
    """The campaign with this id; for a kind (`nps`, `csat`, `ces`) the running one of it that was started last."""
    if reference not in Metric.values:
        return campaign(reference)
    running = Campaign.objects.filter(metric=reference, state=CampaignState.RUNNING)
    return running.order_by("-started_at", "-pk").first()


def campaign_names() -> dict[str, str]:
    """The name of every campaign by its id, those that have ended last. One query."""
    rows = Campaign.objects.order_by("name", "pk").values_list("pk", "name", "state")
    return {pk: name for pk, name, _state in sorted(rows, key=lambda row: row[2] == CampaignState.ENDED)}


def send_counts(campaign_ids: list[str]) -> dict[str, dict[str, int]]:
    """How many sends of each campaign are in each state, without those of another system. One query."""
    rows = (
        Send.objects.filter(campaign_id__in=campaign_ids)
        .exclude(source=IMPORTED)
        .order_by()
        .values("campaign_id", "state")
    )
    found: dict[str, dict[str, int]] = {one: {} for one in campaign_ids}
    for row in rows.annotate(number=Count("pk")):
        found[row["campaign_id"]][row["state"]] = row["number"]
    return found


def keys_of(campaign: Campaign) -> QuerySet[CampaignKey]:
    """The keys that open a campaign now, newest first."""
    return CampaignKey.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now()), campaign=campaign).order_by("-created_at")


def response_counts(campaign_ids: list[str]) -> dict[str, int]:
    """How many responses each campaign has. One query."""
    rows = Response.objects.filter(campaign_id__in=campaign_ids).order_by().values("campaign_id")
    return {row["campaign_id"]: row["number"] for row in rows.annotate(number=Count("pk"))}


def outcome_counts(campaign: Campaign) -> dict[tuple[str, str], int]:
    """How many sends of a campaign there are by state and outcome, without those of another system."""
    rows = Send.objects.filter(campaign=campaign).exclude(source=IMPORTED).order_by().values_list("state", "outcome")
    return {(state, outcome): number for state, outcome, number in rows.annotate(number=Count("pk"))}


def declined_count(campaign: Campaign) -> int:
    """How many said "not now"."""
    return Send.objects.filter(campaign=campaign, declined_at__isnull=False).count()


def sends(campaign: Campaign, *, state: str = "", outcome: str = "", text: str = "", email: str = "") -> QuerySet[Send]:
    """The sends of a campaign with their contacts, newest first; `email` is a whole address, `text` a part."""
    rows = Send.objects.filter(campaign=campaign).select_related("contact").order_by("-created_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if outcome:
        rows = rows.filter(outcome=outcome)
    if email:
        rows = rows.filter(contact__email=email.strip().lower())
    if text:
        rows = rows.filter(Q(contact__email__icontains=text) | Q(contact__name__icontains=text) | Q(pk=text))
    return rows


def send(send_id: str) -> Send | None:
    """One send, with its campaign and contact."""
    rows = Send.objects.select_related("campaign", "contact")
    return rows.filter(pk=send_id).first() if is_id(send_id) else None


def pending_of(contact_id: str) -> Send | None:
    """What a contact is going to be asked."""
    return Send.objects.filter(contact_id=contact_id, state=SendState.PENDING).first()


def responses(
    campaign: Campaign,
    *,
    scores: range | None = None,
    text: str = "",
    with_comment: bool = False,
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Response]:
    """The responses of a campaign with their contacts, newest first; of an anonymous one none while they are few."""
    rows = (
        Response.objects.filter(campaign=campaign).select_related("campaign", "contact").order_by("-created_at", "-pk")
    )
    if campaign.anonymous and anonymity.are_few(campaign):
        return rows.none()
    if scores is not None:
        rows = rows.filter(score__gte=scores.start, score__lt=scores.stop)
    if text:
        rows = rows.filter(Q(comment__icontains=text) | Q(contact__email__icontains=text))
    if with_comment:
        rows = rows.exclude(comment="")
    if since:
        rows = rows.filter(created_at__date__gte=since)
    if until:
        rows = rows.filter(created_at__date__lte=until)
    return rows


def trial(trial_id: str) -> Trial | None:
    """What came of trying rules out."""
    return Trial.objects.filter(pk=trial_id).first() if is_id(trial_id) else None


def response_to(send: Send) -> Response | None:
    """What was answered to a send."""
    return Response.objects.filter(send=send).select_related("campaign").first()


def touched_since(moment: datetime) -> Q:
    """Responses that were given, changed or brought in since."""
    return Q(touched_at__gte=moment)


def all_responses() -> QuerySet[Response]:
    """The responses of all campaigns, with these and their contacts; of anonymous ones none while they are few."""
    return Response.objects.exclude(campaign__in=anonymity.with_few()).select_related("campaign", "contact")


def in_group(group: str) -> Q:
    """Responses whose score lies in a group, each by the scale and formula of its own campaign."""
    found = Q(pk__in=[])
    for scale, formula in scales.pairs():
        scores = [score for score in scales.scores(scale) if scales.group_of(score, scale, formula) == group]
        found |= Q(campaign__scale=scale, campaign__formula=formula, score__in=scores)
    return found


def response(response_id: str) -> Response | None:
    """One response, with its campaign and contact."""
    rows = Response.objects.select_related("campaign", "contact", "send")
    return rows.filter(pk=response_id).first() if is_id(response_id) else None


def open_links(campaign: Campaign) -> QuerySet[OpenLink]:
    """The open links of a campaign, newest first, withdrawn ones too."""
    return OpenLink.objects.filter(campaign=campaign).order_by("-created_at", "-pk")


def open_link(link_id: str) -> OpenLink | None:
    """One open link, with its campaign."""
    rows = OpenLink.objects.select_related("campaign")
    return rows.filter(pk=link_id).first() if is_id(link_id) else None


def open_link_by_token(token: str) -> OpenLink | None:
    """The open link with this address."""
    rows = OpenLink.objects.select_related("campaign")
    return rows.filter(token=token).first() if OPEN_TOKEN.fullmatch(token) else None


def widget(widget_id: str) -> Widget | None:
    """One widget, with its campaign."""
    return Widget.objects.select_related("campaign").filter(pk=widget_id).first() if is_id(widget_id) else None


def widget_of(campaign: Campaign) -> Widget | None:
    """The widget of a campaign, if it was set up."""
    return Widget.objects.select_related("campaign").filter(campaign=campaign).first()


def response_here(campaign: Campaign, response_id: str) -> Response | None:
    """An answer of this campaign that nobody was written to for."""
    return Response.objects.filter(pk=response_id, campaign=campaign, send=None).select_related("campaign").first()


def outcome_name(outcome: str) -> str:
    """An outcome in the words of the page; what is none stays as it is."""
    return str(dict(Outcome.choices).get(outcome, outcome))


def asked_of(response: Response) -> list[Question]:
    """The additional questions that this answer leads to."""
    campaign = response.campaign
    group = campaign.group_of(response.score)
    return questions.asked(campaign.questions, score=response.score, group=group, answers=response.answers)


def metrics(campaign: Campaign, wish: Wish) -> Metrics:
    """The figures of a campaign: score with bounds, groups, rates, change, trend, moving window, break-down.

    Of an anonymous campaign without what is of fewer answers than its smallest group. Raises TooManyValues and
    TooFewPeople for a filter, or a population, with which there can be none.
    """
    found = of_figures.metrics(campaign, wish)
    if not campaign.anonymous:
        return found
    return withheld(found, campaign.smallest_group, of_figures.everybody(campaign, wish))


def traits_of(campaign: Campaign) -> list[str]:
    """What its answers can be told apart by, as far as it is counted in columns."""
    rows = DayColumn.objects.filter(campaign=campaign, kind=DayColumn.Kind.ANSWERS).order_by("name")
    known = rows.exclude(name__in=(SCORE, GAP)).values_list("name", flat=True).distinct()
    return list(known)


__all__ = [
    "COMMENT_LENGTH",
    "SCHEDULED",
    "Metrics",
    "Question",
    "Wish",
    "all_responses",
    "asked_of",
    "campaign",
    "campaign_for",
    "campaign_names",
    "campaigns",
    "declined_count",
    "deliveries",
    "hook",
    "hook_of",
    "in_group",
    "keys_of",
    "metrics",
    "open_link",
    "open_link_by_token",
    "open_links",
    "outcome_counts",
    "outcome_name",
    "pending_of",
    "response",
    "response_counts",
    "response_here",
    "response_to",
    "responses",
    "send",
    "send_counts",
    "sends",
    "touched_since",
    "traits_of",
    "trial",
    "widget",
    "widget_of",
]

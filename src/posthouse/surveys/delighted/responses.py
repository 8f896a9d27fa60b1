"""Calls about answers: told, changed, shown, listed, and what they come to."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce

from posthouse.foundation.ids import is_id
from posthouse.surveys import actions
from posthouse.surveys.delighted import finding, shapes
from posthouse.surveys.delighted.calls import Call, Reply
from posthouse.surveys.delighted.faults import Fault, unknown, wrong
from posthouse.surveys.delighted.people import invalid
from posthouse.surveys.delighted.reading import map_of, moment_of, text_of, whole_of, words_of
from posthouse.surveys.figures import wishes
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.handling.finding import with_all
from posthouse.surveys.models import Response
from posthouse.surveys.scales import Group, Metric
from posthouse.surveys.statistics.formulas import Formula
from posthouse.surveys.statistics.scores import score_of
from posthouse.surveys.statistics.tallies import tally

WINDOW = timedelta(days=30)
ORDERS = {
    "asc": ("created_at", "pk"),
    "desc": ("-created_at", "-pk"),
    "asc:updated_at": ("changed_at", "pk"),
    "desc:updated_at": ("-changed_at", "-pk"),
    "asc:created_at": ("created_at", "pk"),
    "desc:created_at": ("-created_at", "-pk"),
}
GROUPS = ("core", "email", "sms", "web", "link", "kiosk")
NAMES = {Group.HIGH: "promoter", Group.MIDDLE: "passive", Group.LOW: "detractor"}


def create(call: Call) -> Reply:
    """Take in an answer that was given elsewhere."""
    contact = _person(call)
    if contact is None:
        raise wrong("person", "can't be blank")
    told = replace(_told(call), created_at=moment_of(call.params, "created_at"))
    if told.score is None:
        raise wrong("score", "can't be blank")
    try:
        response = actions.record_response(campaign=call.campaign, contact=contact, told=told, actor=call.actor)
    except actions.Invalid as fault:
        raise _invalid(fault) from fault
    return Reply(_shown(call, response), 201)


def retrieve(call: Call, response_id: str) -> Reply:
    """One answer."""
    return Reply(_shown(call, _found(call, response_id)))


def update(call: Call, response_id: str = "") -> Reply:
    """Change score, comment, properties or person of an answer; whatever else clients send back is left alone."""
    response = _found(call, response_id or text_of(call.params, "id") or "")
    contact, told = _person(call), _told(call)
    try:
        actions.correct_response(response=response, told=told, contact=contact, actor=call.actor)
    except actions.Invalid as fault:
        raise _invalid(fault) from fault
    return Reply(_shown(call, response))


def index(call: Call) -> Reply:
    """Answers, oldest first unless told otherwise, page by number."""
    params = call.params
    rows = _narrowed(call).annotate(changed_at=Coalesce("updated_at", "created_at"))
    for name, condition in (("updated_since", "changed_at__gte"), ("updated_until", "changed_at__lte")):
        if moment := moment_of(params, name):
            rows = rows.filter(**{condition: moment})
    call.only_one_of("person_id", "person_email")
    for name, find in (("person_id", finding.by_id), ("person_email", finding.by_email)):
        if given := text_of(params, name):
            contact = find(call.campaign, given)
            rows = rows.filter(contact=contact) if contact else rows.none()
    order = text_of(params, "order") or "asc"
    if order not in ORDERS:
        raise wrong("order", f"is not one of {', '.join(ORDERS)}")
    return Reply(shapes.responses(with_all(rows.order_by(*ORDERS[order]))[call.page], words_of(params, "expand")))


def metrics(call: Call) -> Reply:
    """Score and groups. Without dates, of the thirty days that end with the latest answer."""
    for group in words_of(call.params, "groups"):
        if group not in GROUPS:
            raise wrong("groups", f"is not one of {', '.join(GROUPS)}")
    rows = _narrowed(call)
    if not call.params.get("since") and not call.params.get("until"):
        latest = rows.order_by("-created_at").values_list("created_at", flat=True).first()
        rows = rows.filter(created_at__gt=latest - WINDOW) if latest else rows
    histogram = dict(rows.order_by().values_list("score").annotate(Count("pk")))
    return Reply(_metrics(call, histogram))


def _metrics(call: Call, histogram: dict[int, int]) -> dict[str, Any]:
    campaign = call.campaign
    formula = Formula(campaign.metric, campaign.scale, campaign.formula)
    counted = tally(formula, {score: number for score, number in histogram.items() if score in formula.scores})
    found: dict[str, Any] = {}
    if campaign.metric == Metric.NPS:
        found["nps"] = int(score_of(counted).rounded() or 0)
    for group, name in NAMES.items():
        count = counted.groups[group]
        found[f"{name}_count"] = count
        found[f"{name}_percent"] = _percent(count, counted.answers)
    return found | {"response_count": counted.answers}


def _percent(part: int, whole: int) -> int:
    """Halves upwards; 0 of nobody, for these clients expect a number."""
    return int(Decimal(100 * part) / whole + Decimal("0.5")) if whole else 0


def _narrowed(call: Call) -> QuerySet[Response]:
    """The campaign's answers within the bounds and the trend of the parameters. Raises 422 faults.

    A trend is a filter there, kept under an id; here it is the filter itself, such as `attributes.plan=pro`, several
    with a blank between them. Raises a 403 fault for an anonymous campaign.
    """
    if call.campaign.anonymous:
        raise Fault(
            status=403, message="The campaign is anonymous: its answers are not shown one by one, nor by moments."
        )
    rows = Response.objects.filter(campaign=call.campaign, campaign__anonymous=False)
    for name, condition in (("since", "created_at__gte"), ("until", "created_at__lte")):
        if moment := moment_of(call.params, name):
            rows = rows.filter(**{condition: moment})
    trend = text_of(call.params, "trend", 1_000)
    if not trend:
        return rows
    try:
        return narrowed(rows, wishes.filters(trend.split()))
    except wishes.Unreadable as fault:
        raise wrong("trend", f"is not known: {fault}") from fault


def _person(call: Call) -> Any | None:
    """Whose answer it is: an id, or an object with one; None when it is not given."""
    given = call.params.get("person")
    if isinstance(given, dict):
        given = given.get("id")
    if given is None or given == "":
        return None
    found = finding.by_id(call.campaign, given) if isinstance(given, str) and is_id(given) else None
    if found is None:
        raise wrong("person", "is not known")
    return found


def _told(call: Call) -> actions.Told:
    return actions.Told(
        score=whole_of(call.params, "score", -1_000, 1_000),
        comment=text_of(call.params, "comment", 100_000),
        attributes=map_of(call.params, "person_properties"),
    )


def _found(call: Call, response_id: str) -> Response:
    response = finding.response(call.campaign, response_id)
    if response is None:
        raise unknown("survey response")
    return response


def _shown(call: Call, response: Response) -> dict[str, Any]:
    found = _found(call, response.pk)
    return shapes.responses([found], words_of(call.params, "expand"))[0]


def _invalid(fault: actions.Invalid) -> Exception:
    found = invalid(fault)
    if "properties" in found.errors:
        return wrong("person_properties", fault.reason)
    return found

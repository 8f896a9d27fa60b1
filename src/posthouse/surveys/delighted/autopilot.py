"""Calls about Autopilot: who is to be asked again and again."""

from typing import Any

from posthouse.surveys import actions
from posthouse.surveys.delighted import finding, shapes
from posthouse.surveys.delighted.calls import Call, Reply
from posthouse.surveys.delighted.faults import Fault, unknown, wrong
from posthouse.surveys.delighted.people import NO_PHONES, invalid, next_link, place_of
from posthouse.surveys.delighted.reading import map_of, seconds, text_of
from posthouse.surveys.models import CampaignState, Person, Send

EMAIL, SMS = "email", "sms"
DAY = 86_400
DAYS = {"day": 1, "week": 7, "month": 30}


def configuration(call: Call, platform: str) -> Reply:
    """Whether people are asked again by themselves, and how often. By text message they never are.

    Active is a running campaign that comes round. A month counts as thirty days.
    """
    campaign, rules = call.campaign, call.campaign.rules
    days = rules.every * DAYS[rules.unit] or campaign.rest_days
    return Reply(
        {
            "platform_id": platform,
            "active": platform == EMAIL and bool(rules.every) and campaign.state == CampaignState.RUNNING,
            "frequency": days * DAY,
            "created_at": seconds(campaign.created_at),
            "updated_at": seconds(campaign.started_at or campaign.created_at),
        }
    )


def memberships(call: Call, platform: str) -> Reply:
    """Who is to be asked again and again, in the order of the people's ids, with a link to the next page."""
    call.only_one_of("person_id", "person_email", "person_phone_number")
    size, after = place_of(call)
    rows = Person.objects.filter(campaign=call.campaign).exclude(member_since=None).order_by("contact_id")
    if platform == SMS:
        rows = rows.none()
    if any(text_of(call.params, name) for name in ("person_id", "person_email", "person_phone_number")):
        contact = _contact(call)
        rows = rows.filter(contact=contact) if contact else rows.none()
    if after:
        rows = rows.filter(contact__gt=after)
    found = list(rows.select_related("contact")[: size + 1])
    page = found[:size]
    headers = {}
    if len(found) > size:
        path = f"autopilot/{platform}/memberships.json"
        headers["Link"] = next_link(call, path, size, page[-1].contact_id)
    pending = finding.pending(call.campaign, [one.contact_id for one in page])
    shown = _shown(call, page)
    return Reply(
        [
            {
                "created_at": seconds(one.member_since),
                "updated_at": seconds(one.member_changed_at),
                "person": shown[one.contact_id],
                "next_survey_request": _next(pending.get(one.contact_id)),
            }
            for one in page
        ],
        headers=headers,
    )


def _shown(call: Call, rows: list[Person]) -> dict[str, Any]:
    names = ("id", "name", "email", "phone_number", "created_at", "last_sent_at")
    people = shapes.listed(call.campaign, [one.contact for one in rows])
    return {one["id"]: {name: one[name] for name in names} for one in people}


def _next(send: Send | None) -> dict[str, Any] | None:
    if send is None:
        return None
    return {
        "id": send.pk,
        "created_at": seconds(send.created_at),
        "survey_scheduled_at": seconds(send.due_at),
        "properties": send.attributes,
    }


def _contact(call: Call) -> Any | None:
    """Whoever one of the identifiers names."""
    ways = (("person_id", finding.by_id), ("person_email", finding.by_email), ("person_phone_number", finding.by_phone))
    for name, find in ways:
        if (given := text_of(call.params, name)) and (contact := find(call.campaign, given)):
            return contact
    return None


def add(call: Call, platform: str) -> Reply:
    """Make somebody a member, or change its properties."""
    if platform == SMS:
        raise Fault(status=403, message=NO_PHONES)
    params = call.params
    contact = _contact(call)
    email = contact.email if contact else text_of(params, "person_email")
    if not email:
        if text_of(params, "person_phone_number"):
            raise Fault(status=403, message=f"{NO_PHONES} Send the e-mail address as well.")
        raise wrong("person_id" if text_of(params, "person_id") else "person_email", "is not known")
    try:
        person, is_new = actions.join_autopilot(
            campaign=call.campaign,
            email=email,
            name=text_of(params, "person_name", 1_000),
            phone_number=text_of(params, "person_phone_number") or None,
            properties=map_of(params, "properties"),
            actor=call.actor,
        )
    except actions.Invalid as fault:
        raise invalid(fault) from fault
    body = {"person": _shown(call, [person])[person.contact_id], "properties": person.member_properties}
    return Reply(body, 201 if is_new else 200)


def remove(call: Call, platform: str) -> Reply:
    """End a membership: what it would be asked next is called off; person and answers stay."""
    contact = _contact(call) if platform == EMAIL else None
    members = Person.objects.filter(campaign=call.campaign).exclude(member_since=None).select_related("contact")
    person = members.filter(contact=contact).first() if contact else None
    if person is None:
        raise unknown("membership")
    shown = _shown(call, [person])[person.contact_id]
    actions.leave_autopilot(person=person, actor=call.actor)
    return Reply({"person": shown}, 202)

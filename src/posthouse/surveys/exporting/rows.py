"""The answers of a campaign as plain rows, read in portions by their ids, so that no cursor stays open meanwhile."""

from collections.abc import Iterator
from datetime import UTC, date
from typing import Any

from django.db.models import QuerySet

from posthouse.surveys import anonymity
from posthouse.surveys.figures.columns import text_of
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.handling import finding
from posthouse.surveys.models import Campaign, Response

PORTION = 1000
MOST_NAMES = 200
"""Attributes that get a column of their own in CSV; all of them stand in the other forms."""
PLAIN = (
    "id", "campaign_id", "send_id", "answered_at", "changed_at", "score", "group", "comment", "language", "channel",
    "device", "contact_id", "email", "customer_id", "tags", "assignee", "handled_at",
)  # fmt: skip
COLUMNS = (*PLAIN, "answers", "attributes")


def answers(
    campaign: Campaign,
    what: finding.Sought,
    *,
    since: date | None = None,
    until: date | None = None,
    where: tuple[tuple[str, str], ...] = (),
) -> QuerySet[Response]:
    """The answers given on these days (UTC) that fit, with a comment or without.

    Of an anonymous campaign none while they are few, nor those picked out by what is known of people.
    """
    if campaign.anonymous and (where or anonymity.are_few(campaign)):
        return Response.objects.none()
    rows = Response.objects.filter(campaign=campaign)
    if since:
        rows = rows.filter(created_at__date__gte=since)
    if until:
        rows = rows.filter(created_at__date__lte=until)
    return narrowed(finding.narrow(rows, campaign, what), where)


def portions(campaign: Campaign, rows: QuerySet[Response]) -> Iterator[list[dict[str, Any]]]:
    """So many rows at a time, in the order of ids. Each portion costs the same few queries."""
    rows, behind = finding.with_all(rows).order_by("pk"), ""
    while True:
        found = list(rows.filter(pk__gt=behind)[:PORTION] if behind else rows[:PORTION])
        if not found:
            return
        yield [_row(campaign, one) for one in found]
        behind = found[-1].pk


def names_of(rows: QuerySet[Response]) -> list[str]:
    """The names of attributes that occur, as many as get a column."""
    found: set[str] = set()
    for attributes in rows.order_by().values_list("attributes", flat=True).iterator(chunk_size=PORTION):
        found |= attributes.keys()
        if len(found) > MOST_NAMES:
            break
    return sorted(found)[:MOST_NAMES]


def words_of(attributes: dict[str, Any]) -> dict[str, str]:
    """Attributes as words, where they have one."""
    return {name: text_of(value) for name, value in attributes.items()}


def _row(campaign: Campaign, one: Response) -> dict[str, Any]:
    care = getattr(one, "care", None)
    return {
        "id": one.pk,
        "campaign_id": one.campaign_id,
        "send_id": one.send_id,
        "answered_at": one.created_at.astimezone(UTC),
        "changed_at": one.updated_at.astimezone(UTC) if one.updated_at else None,
        "score": one.score,
        "group": campaign.group_of(one.score),
        "comment": one.comment,
        **{name: "" if campaign.anonymous else getattr(one, name) for name in ("language", "channel", "device")},
        "contact_id": one.contact_id,
        "email": one.contact.email if one.contact else None,
        "customer_id": one.customer_id,
        "tags": [tagging.tag.name for tagging in one.taggings.all()],
        "assignee": care.assignee_id if care else None,
        "handled_at": care.done_at.astimezone(UTC) if care and care.done_at else None,
        "answers": one.answers,
        "attributes": {} if campaign.anonymous else one.attributes,
    }

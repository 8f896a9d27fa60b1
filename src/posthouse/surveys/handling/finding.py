"""Which answers the team looks for: by words, group, tag, who looks after them, notes, and whether they are done."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from posthouse.foundation.ids import is_id
from posthouse.surveys import anonymity
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.handling_models import Act, Note, Tagging
from posthouse.surveys.models import Campaign, Response
from posthouse.surveys.scales import Group

LONGEST = 200
NOBODY = "nobody"
OPEN, DONE = "open", "done"


@dataclass(frozen=True)
class Sought:
    """What is looked for; empty: anything. `tag` is an id, `assignee` a user id, or `nobody`; `noted` is `1`."""

    search: str = ""
    group: str = ""
    tag: str = ""
    assignee: str = ""
    state: str = ""
    noted: str = ""

    def __bool__(self) -> bool:
        """Whether anything is looked for."""
        return any(getattr(self, one.name) for one in fields(self))


def sought(query: Mapping[str, Any]) -> Sought:
    """What an address asks for; what cannot be is left out."""
    said = {one.name: str(query.get(one.name, "")).replace("\0", "").strip()[:LONGEST] for one in fields(Sought)}
    user = said["assignee"]
    return Sought(
        search=said["search"],
        group=said["group"] if said["group"] in Group.values else "",
        tag=said["tag"] if is_id(said["tag"]) else "",
        assignee=user if user == NOBODY or (user.isascii() and user.isdigit() and len(user) < 19) else "",
        state=said["state"] if said["state"] in (OPEN, DONE) else "",
        noted="1" if said["noted"] else "",
    )


def narrow(rows: QuerySet[Response], campaign: Campaign | None, what: Sought) -> QuerySet[Response]:
    """The answers that fit; to narrow by group, the campaign must be given."""
    if what.search:
        noted = Exists(Note.objects.filter(response=OuterRef("pk"), text__icontains=what.search))
        rows = rows.filter(Q(comment__icontains=what.search) | Q(contact__email__icontains=what.search) | noted)
    if what.group and campaign:
        rows = rows.filter(score__in=[one for one in campaign.scores if campaign.group_of(one) == what.group])
    if what.tag:
        rows = rows.filter(Exists(Tagging.objects.filter(response=OuterRef("pk"), tag=what.tag)))
    if what.assignee == NOBODY:
        rows = rows.filter(Q(care=None) | Q(care__assignee=None))
    elif what.assignee:
        rows = rows.filter(care__assignee=int(what.assignee))
    if what.state == DONE:
        rows = rows.exclude(care=None).exclude(care__done_at=None)
    elif what.state == OPEN:
        rows = rows.filter(Q(care=None) | Q(care__done_at=None))
    if what.noted:
        rows = rows.filter(Exists(Note.objects.filter(response=OuterRef("pk"))))
    return rows


def comments(
    campaign: Campaign, what: Sought, *, since: date, until: date, where: tuple[tuple[str, str], ...] = ()
) -> QuerySet[Response]:
    """What people wrote on these days, newest first, with all the page shows of each.

    Of an anonymous campaign nothing while its answers are few, nor what is picked out by what is known of people.
    """
    if campaign.anonymous and (where or anonymity.are_few(campaign)):
        return Response.objects.none()
    rows = Response.objects.filter(campaign=campaign).exclude(comment="")
    rows = rows.filter(created_at__date__gte=since, created_at__date__lte=until)
    return with_all(narrowed(narrow(rows, campaign, what), where)).order_by("-created_at", "-pk")


def with_all(rows: QuerySet[Response]) -> QuerySet[Response]:
    """Answers with campaign, contact, tags, notes and who looks after them, in a number of queries that stays."""
    taggings = Tagging.objects.select_related("tag").order_by("tag__key")
    return rows.select_related("campaign", "contact", "care").prefetch_related(
        Prefetch("taggings", queryset=taggings), "notes"
    )


def act(act_id: str) -> Act | None:
    """Something that was done to answers."""
    return Act.objects.select_related("tag").filter(pk=act_id).first() if is_id(act_id) else None


def note(note_id: str) -> Note | None:
    """A note with its answer."""
    return Note.objects.select_related("response").filter(pk=note_id).first() if is_id(note_id) else None

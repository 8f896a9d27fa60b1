"""The tags of the house: made, renamed, coloured, deleted."""

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.surveys.handling import events
from posthouse.surveys.handling_models import Tag, Tone
from posthouse.surveys.texts import Invalid, check_text
from posthouse.timeline.actions import record

LONGEST = 40
MOST = 500


@transaction.atomic
def make_tag(*, name: str, tone: str = Tone.PLAIN, actor: str = "") -> Tag:
    """A new tag. Announces TagMade. Raises Invalid for a name that is empty, too long or there already."""
    name = check_name(name)
    if Tag.objects.count() >= MOST:
        raise Invalid("/name", _("There are %(count)d tags already; delete one first.") % {"count": MOST})
    tag = Tag(name=name, key=key_of(name), tone=_tone(tone), created_at=now())
    _save(tag)
    record(events.SurveyTagMade(tag_id=tag.pk, name=tag.name), actor=actor)
    return tag


@transaction.atomic
def change_tag(*, tag: Tag, name: str | None = None, tone: str | None = None, actor: str = "") -> Tag:
    """Another name or colour; the same again changes nothing. Announces TagChanged. Raises Invalid as make_tag does."""
    tag = Tag.objects.select_for_update().get(pk=tag.pk)
    was = (tag.name, tag.tone)
    if name is not None:
        tag.name = check_name(name)
        tag.key = key_of(tag.name)
    if tone is not None:
        tag.tone = _tone(tone)
    if (tag.name, tag.tone) != was:
        _save(tag)
        record(events.SurveyTagChanged(tag_id=tag.pk, name=tag.name), actor=actor)
    return tag


@transaction.atomic
def delete_tag(*, tag: Tag, actor: str = "") -> None:
    """Take it off every answer, for good. Announces TagDeleted."""
    gone = Tag.objects.filter(pk=tag.pk).delete()[0]
    if gone:
        record(events.SurveyTagDeleted(tag_id=tag.pk, name=tag.name), actor=actor)


def tags() -> QuerySet[Tag]:
    """All tags by name, each with the number of answers that carry it as `used`."""
    return Tag.objects.annotate(used=Count("taggings")).order_by("key")


def tag(tag_id: str) -> Tag | None:
    """One tag."""
    return Tag.objects.filter(pk=tag_id).first() if is_id(tag_id) else None


def tag_named(name: str) -> Tag | None:
    """A tag by its name, however it is capitalised."""
    return Tag.objects.filter(key=key_of(name)).first()


def check_name(name: str) -> str:
    """The name of a tag without what surrounds it. Raises Invalid."""
    text = " ".join(check_text(name, LONGEST, "/name").split())
    if not text or not text.isprintable():
        raise Invalid("/name", _("A tag needs a name."))
    return text


def key_of(name: str) -> str:
    """What two names have in common that mean the same tag."""
    return " ".join(name.split()).casefold()[:80]


def _tone(tone: str) -> str:
    if tone not in Tone.values:
        raise Invalid("/tone", _("This is one of: %(kinds)s.") % {"kinds": ", ".join(Tone.values)})
    return tone


def _save(tag: Tag) -> None:
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise Invalid("/name", _("There is a tag of this name already.")) from error

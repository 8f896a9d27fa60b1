"""Reading the members of a step that sends a survey."""

import re
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from posthouse.automations.definition.shapes import SendSurvey, Words
from posthouse.automations.definition.values import (
    NAME,
    Members,
    Reader,
    matching,
    read_members,
    read_period,
    read_text,
)
from posthouse.foundation import conditions
from posthouse.foundation.conditions.checking import check_field

CAMPAIGN = re.compile(r"cmp_[A-Za-z0-9]{1,36}|nps|csat|ces", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", re.ASCII)
LONGEST_DELAY = timedelta(days=366)
MOST_ATTRIBUTES = 30


def read_survey(body: Members, id_: str) -> SendSurvey:
    """A step that sends a survey; what is wrong with it is noted at its place."""
    return SendSurvey(
        id=id_,
        campaign=body.must("campaign", matching(CAMPAIGN, _("the id of a campaign, or nps, csat or ces"))),
        delay=body.may("delay", _read_delay),
        attributes=body.may("attributes", _read_attributes, {}),
        language=body.may("language", _read_language, ""),
        valid_for=body.may("valid_for", read_period),
    )


def _read_delay(reader: Reader, raw: Any, place: str) -> timedelta | None:
    found: timedelta | None = read_period(reader, raw, place)
    if found is not None and found > LONGEST_DELAY:
        reader.fail(place, _("A survey lies at most a year ahead."))
        return None
    return found


def _read_attributes(reader: Reader, raw: Any, place: str) -> Words:
    body = read_members(reader, raw, place)
    if body is None:
        return {}
    if len(body.members) > MOST_ATTRIBUTES:
        reader.fail(place, _("There are more than %(number)s attributes.") % {"number": MOST_ATTRIBUTES})
        return {}
    for name in body.members:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            reader.fail(
                place, _("“%(text)s” does not fit: it takes %(form)s.") % {"text": name, "form": _("a short name")}
            )
    return {name: str(body.must(name, _read_field)) for name in body.members}


def _read_field(reader: Reader, raw: Any, place: str) -> str:
    try:
        check_field(raw, place)
    except conditions.Invalid:
        reader.fail(place, _("A field such as customer.plan or event.data.ticket must stand here."))
        return ""
    return str(raw)


def _read_language(reader: Reader, raw: Any, place: str) -> str:
    text = read_text(reader, raw, place)
    if not isinstance(raw, str) or text == "" or LANGUAGE.fullmatch(text) or _is_field(text):
        return text
    reader.fail(place, _("A language such as en or pt-BR, or a field that holds one, must stand here."))
    return ""


def _is_field(text: str) -> bool:
    try:
        check_field(text, "")
    except conditions.Invalid:
        return False
    return True

"""Makes events of records: which column is what, and what an event must have."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b
from typing import Any

from posthouse.foundation.clock import now
from posthouse.timeline.actions.recording import digest_of
from posthouse.timeline.events import catalogue
from posthouse.timeline.importing.files import Record
from posthouse.timeline.models import INTERNAL_SOURCE

TARGETS = {"id": 200, "type": 120, "customer_id": 64, "contact_id": 64, "email": 254, "occurred_at": 64, "data": 0}
"""What a column can be, and how many characters it may have."""
DATA_LIMIT, DEPTH_LIMIT = 64 * 1024, 64
EARLIEST, AHEAD = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=1)
MILLISECONDS_FROM = 100_000_000_000
"""A number of at least this is milliseconds since 1970, a smaller one seconds."""
_to_json = json.JSONEncoder(separators=(",", ":")).encode
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class BadMapping(ValueError):
    """What was said of the columns makes no sense; the text says why."""


class Unfit(Exception):
    """This record makes no event; the text says why."""


@dataclass(slots=True)
class Found:
    """One event, on its way into the log."""

    id: str
    type: str
    customer_id: str
    contact_id: str
    email: str
    occurred_at: datetime
    data: str
    digest: bytes


@dataclass
class Mapping:
    """Which columns (in JSON, paths such as `context.group`) hold what; everything else becomes data."""

    columns: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    @classmethod
    def parsed(cls, columns: Iterable[str], constants: Iterable[str], zone: tzinfo = UTC) -> "Mapping":
        """Of texts such as `occurred_at=time,type=action`; what is not named is looked for under its own name.

        Raises BadMapping.
        """
        given, fixed = _pairs(columns), _pairs(constants)
        return cls({name: name for name in TARGETS if name not in fixed} | given, fixed, zone)

    def check(self, header: list[str]) -> None:
        """Raises BadMapping where a table lacks a column that was named or that every event must have."""
        for name, column in self.columns.items():
            needed = name in ("type", "occurred_at") or column != name
            if needed and column not in header:
                raise BadMapping(f"there is no column {column!r} for {name}; there are: {', '.join(header)}")

    def event(self, record: Record, latest: datetime) -> Found:
        """The event that a record tells of. Raises Unfit."""
        if record.wrong:
            raise Unfit(record.wrong)
        rest = dict(record.fields)
        given = {name: _take(rest, column) for name, column in self.columns.items()} | self.constants
        whole = given.get("data")
        data = {**(whole if isinstance(whole, dict) else {} if whole in (None, "") else {"data": whole}), **rest}
        texts = {name: _text(name, given.get(name)) for name in ("type", "customer_id", "contact_id", "email")}
        if not texts["type"]:
            raise Unfit("there is no type")
        if texts["type"] in catalogue:
            raise Unfit(f"only the house itself announces {texts['type']}; choose another name")
        moment = _moment(given.get("occurred_at"), self.zone, latest)
        if texts["email"]:
            data = {"email": texts["email"], **data}
        encoded = _encoded(data)
        digest = digest_of(texts["type"], texts["customer_id"], texts["contact_id"], data)
        id_ = _text("id", given.get("id")) or _id_of(record.fields, self.constants)
        email = texts["email"].lower() if not texts["contact_id"] else ""
        return Found(id_, texts["type"], texts["customer_id"], texts["contact_id"], email, moment, encoded, digest)


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in ",".join(given).split(","):
        name, sign, column = part.strip().partition("=")
        if not part.strip():
            continue
        if not sign or not column or name not in TARGETS:
            raise BadMapping(f"{part!r} is not NAME=COLUMN with a name of: {', '.join(TARGETS)}")
        if name in pairs:
            raise BadMapping(f"{name} is given twice")
        pairs[name] = column
    return pairs


def _take(fields: dict[str, Any], column: str) -> Any:
    """The value of a column, taken out; of a path into what is nested, left where it is."""
    if column in fields or "." not in column:
        return fields.pop(column, None)
    value: Any = fields
    for part in column.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool | dict | list):
        raise Unfit(f"{name} is not a text")
    text = str(value).strip()
    if len(text) > TARGETS[name]:
        raise Unfit(f"{name} is longer than {TARGETS[name]} characters")
    if not text.isprintable():
        raise Unfit(f"{name} holds characters that cannot be printed")
    return text


def _moment(value: Any, zone: tzinfo, latest: datetime) -> datetime:
    if value is None or value == "":
        raise Unfit("there is no moment at which it occurred")
    try:
        moment = _read_moment(value, zone)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise Unfit(f"{str(value)[:60]!r} is not a moment: write 2026-03-01T12:00:00Z or seconds since 1970") from error
    if not EARLIEST <= moment <= latest:
        raise Unfit(f"{moment.isoformat()} is before 1970 or in the future")
    return moment


def _read_moment(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, bool):
        raise TypeError("a truth is no moment")
    try:
        number = float(value)
    except ValueError:
        moment = datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    return datetime.fromtimestamp(number / 1000 if abs(number) >= MILLISECONDS_FROM else number, UTC)


def _encoded(data: dict[str, Any]) -> str:
    """The data as JSON. Raises Unfit for what the databases cannot keep."""
    encoded = _to_json(data)
    if len(encoded) > DATA_LIMIT:
        raise Unfit(f"its data has more than {DATA_LIMIT} characters as JSON")
    if "\\u" in encoded and (_NUL.search(encoded) or _has_bad_text(data)):
        raise Unfit("it holds NUL characters or is not UTF-8")
    if encoded.count("{") + encoded.count("[") > DEPTH_LIMIT and _depth(data) > DEPTH_LIMIT:
        raise Unfit(f"its data is nested more than {DEPTH_LIMIT} levels deep")
    return encoded


def _has_bad_text(data: dict[str, Any]) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        inner = [each for one in level for each in (one.values() if isinstance(one, dict) else one)]
        level = [each for each in inner if isinstance(each, dict | list)]
    return depth


def _id_of(fields: dict[str, Any], constants: dict[str, str]) -> str:
    """An id made of all that the record says, so that the same record is the same event again."""
    body = json.dumps([fields, constants], sort_keys=True, separators=(",", ":"))
    return f"row-{blake2b(body.encode(), digest_size=16).hexdigest()}"


def source_is_free(source: str) -> None:
    """Raises BadMapping for a source that cannot be used."""
    if not 0 < len(source) <= 200 or not source.isprintable():
        raise BadMapping("a source has 1 to 200 printable characters")
    if source == INTERNAL_SOURCE or source.startswith("token:"):
        raise BadMapping(f"the source {source} is reserved")


def latest_moment() -> datetime:
    """What is said to have occurred later than this is a mistake."""
    return now() + AHEAD

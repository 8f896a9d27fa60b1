"""CloudEvents 1.0 over HTTP: binary, structured and batched, turned into our own form of an event.

`subject` names whom the event is about: `customer:<id>`, `contact:<id>`, an id of ours (`cus_…`, `con_…`) or an
e-mail address. Attributes that have no place of their own (another subject, dataschema, extensions) are kept in
`data.cloudevent`; data that is not a JSON object is kept as `data.value`, bytes as `data.base64`.
"""

import base64
import binascii
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from posthouse.edge.eventform import MOST, EventIn, Moment
from posthouse.edge.forms import UNREADABLE, Batch, decode, explain, unreadable

STRUCTURED = b"application/cloudevents+json"
BATCH = b"application/cloudevents-batch+json"
_PREFIX = b"ce-"

_OWN = {"id", "type", "source", "time", "subject", "specversion", "datacontenttype", "data", "data_base64"}
_MOST_EXTENSIONS = 30


class CloudEvent(msgspec.Struct, gc=False):
    """The attributes that have a meaning here."""

    id: Annotated[str, Meta(min_length=1, max_length=200)]
    source: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Annotated[str, Meta(min_length=1, max_length=120)]
    specversion: Literal["1.0"]
    time: Moment | None = None
    subject: Annotated[str, Meta(max_length=254)] | None = None
    datacontenttype: Annotated[str, Meta(max_length=200)] | None = None
    customerid: Annotated[str, Meta(max_length=64)] | None = None
    contactid: Annotated[str, Meta(max_length=64)] | None = None
    data_base64: str | None = None


Loose = dict[str, Any]
_many = msgspec.json.Decoder(Annotated[list[Loose | Any], Meta(max_length=MOST)])
_one = msgspec.json.Decoder(Loose)


class MisshapenError(Exception):
    """An event that is not a CloudEvent; says where and why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.error = {"path": path, "message": message}


def is_binary(fields: list[tuple[bytes, bytes]]) -> bool:
    """Whether the attributes stand in header fields."""
    return any(name.startswith(_PREFIX) for name, _ in fields)


def read_one(body: bytes) -> Batch:
    """An event in structured mode. Raises 400 or 422."""
    return _batch_of([decode(_one, body)])


def read_many(body: bytes) -> Batch:
    """A batch. Raises 400 or 422."""
    return _batch_of(decode(_many, body))


def read_binary(fields: list[tuple[bytes, bytes]], media_type: bytes, body: bytes) -> Batch:
    """An event in binary mode: attributes from the fields, data from the body."""
    members: Loose = {}
    for name, value in fields:
        if name.startswith(_PREFIX):
            members[name[len(_PREFIX) :].decode("latin-1")] = unquote(value.decode("latin-1"), errors="replace")
    members.pop("data", None)
    members.pop("data_base64", None)
    try:
        members |= _body_data(media_type, body)
    except MisshapenError as misshapen:
        return Batch([], {0: [misshapen.error]})
    return _batch_of([members])


def _body_data(media_type: bytes, body: bytes) -> Loose:
    if not body:
        return {}
    if media_type in (b"", b"application/json", b"text/json") or media_type.endswith(b"+json"):
        try:
            return {"data": msgspec.json.decode(body)}
        except UNREADABLE as error:
            raise MisshapenError("data", unreadable(error)) from None
    if media_type.startswith(b"text/"):
        try:
            return {"data": body.decode()}
        except UnicodeDecodeError:
            raise MisshapenError("data", "The text is not UTF-8") from None
    return {"data_base64": base64.b64encode(body).decode()}


def _batch_of(items: list[Any]) -> Batch:
    batch = Batch([], {})
    for index, members in enumerate(items):
        try:
            batch.items.append((index, _event(members)))
        except msgspec.ValidationError as error:
            batch.rejected[index] = [explain(error)]
        except MisshapenError as misshapen:
            batch.rejected[index] = [misshapen.error]
    return batch


def _event(members: Any) -> EventIn:
    """Raises ValidationError or MisshapenError."""
    cloud = msgspec.convert(members, CloudEvent)
    event = EventIn(
        id=cloud.id,
        type=cloud.type,
        source=cloud.source,
        customer_id=cloud.customerid,
        contact_id=cloud.contactid,
        occurred_at=cloud.time,
        data=_data(cloud, members),
    )
    rest = {name: value for name, value in members.items() if name not in _OWN | {"customerid", "contactid"}}
    if len(rest) > _MOST_EXTENSIONS:
        raise MisshapenError("", f"Expected at most {_MOST_EXTENSIONS} extensions")
    if cloud.subject and not _names_somebody(event, cloud.subject):
        rest["subject"] = cloud.subject
    if rest:
        event.data = event.data | {"cloudevent": rest}
    return event


def _data(cloud: CloudEvent, members: Loose) -> dict[str, Any]:
    if cloud.data_base64 is not None:
        if "data" in members:
            raise MisshapenError("data", "Expected either data or data_base64")
        return {"base64": _checked(cloud.data_base64)}
    data = members.get("data")
    if data is None:
        return {}
    return data if isinstance(data, dict) else {"value": data}


def _checked(encoded: str) -> str:
    try:
        base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise MisshapenError("data_base64", "Expected base64") from None
    return encoded


def _names_somebody(event: EventIn, subject: str) -> bool:
    """Put the subject where it belongs; False when it names nobody we could know."""
    kind, colon, name = subject.partition(":")
    if colon and kind in ("customer", "contact") and 0 < len(name) <= 64:
        subject = name
    elif subject.startswith("cus_") and len(subject) <= 64:
        kind = "customer"
    elif subject.startswith("con_") and len(subject) <= 64:
        kind = "contact"
    elif "@" in subject:
        event.email = subject
        return True
    else:
        return False
    if kind == "customer":
        event.customer_id = event.customer_id or subject
    else:
        event.contact_id = event.contact_id or subject
    return True

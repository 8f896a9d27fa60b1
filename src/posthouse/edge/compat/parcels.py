"""Reading the bodies: from bytes to items, whose forms are still unknown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from posthouse.edge.asgi import Request
from posthouse.edge.forms import UNREADABLE, decode, unreadable
from posthouse.intake.queries import Misfit, moment_of

MOST = 10_000
"""Items in a batch; the clients send a hundred."""
ONE_BY_ONE = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
"""Calls that carry a single item; browsers use the letter."""


@dataclass(slots=True)
class Parcel:
    """What one request brought: the text of each item, when it was sent, and the write key in the body."""

    raws: list[bytes]
    sent_at: datetime | None
    key: str


class _SegmentBatch(msgspec.Struct, gc=False):
    batch: Annotated[list[msgspec.Raw], Meta(max_length=MOST)]
    sentAt: Any = None  # noqa: N815  the dialect's name
    writeKey: Any = None  # noqa: N815


class _PostHogBatch(msgspec.Struct, gc=False):
    batch: Annotated[list[msgspec.Raw], Meta(max_length=MOST)]
    sent_at: Any = None
    api_key: Any = None
    token: Any = None


_segment = msgspec.json.Decoder(_SegmentBatch)
_posthog = msgspec.json.Decoder(_PostHogBatch)
_object = msgspec.json.Decoder(dict[str, Any])


def read_segment(request: Request, body: bytes) -> Parcel:
    """`/v1/batch`. Raises 400 and 422 problems."""
    found = decode(_segment, body)
    return Parcel([bytes(raw) for raw in found.batch], _moment(found.sentAt), _key(found.writeKey))


def read_segment_one(request: Request, body: bytes) -> Parcel:
    """`/v1/track` and the like: the address says what the item is. Without what changes when it is sent again."""
    item = decode(_object, body)
    kind = request.path.rstrip("/").rpartition("/")[2]
    sent_at, key = item.pop("sentAt", None), item.pop("writeKey", None)
    return Parcel([msgspec.json.encode(item | {"type": ONE_BY_ONE.get(kind, kind)})], _moment(sent_at), _key(key))


def read_posthog(request: Request, body: bytes) -> Parcel:
    """`/batch/`."""
    found = decode(_posthog, body)
    key = _key(found.api_key) or _key(found.token)
    return Parcel([bytes(raw) for raw in found.batch], _moment(found.sent_at), key)


def read_posthog_one(request: Request, body: bytes) -> Parcel:
    """`/e/` and `/capture/`: a batch, or a single event."""
    item = decode(_object, body)
    if "batch" in item:
        return read_posthog(request, body)
    sent_at = item.pop("sent_at", None)
    keys = _key(item.pop("api_key", None)), _key(item.pop("token", None))
    return Parcel([msgspec.json.encode(item)], _moment(sent_at), keys[0] or keys[1])


def read_posthog_v1(request: Request, body: bytes) -> Parcel:
    """`/i/v1/analytics/events`: the key and the moment of sending stand in header fields."""
    found = decode(_posthog, body)
    sent = dict(request.fields).get(b"posthog-request-timestamp", b"").decode("latin-1")
    return Parcel([bytes(raw) for raw in found.batch], _moment(sent), "")


def read_item(raw: bytes) -> dict[str, Any]:
    """One item. Raises Misfit."""
    try:
        return _object.decode(raw)
    except msgspec.ValidationError:
        raise Misfit("misshapen", "an item is an object") from None
    except UNREADABLE as error:
        raise Misfit("misshapen", unreadable(error)) from None


def _moment(value: Any) -> datetime | None:
    """When the caller says it was sent; what cannot be read is as if it were not there."""
    try:
        return moment_of(value, "sentAt")
    except Misfit:
        return None


def _key(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 200 else ""

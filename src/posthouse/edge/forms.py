"""Strict decoding: errors that say where, and batches in which one bad item hurts itself only."""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from posthouse.edge import problems

T = TypeVar("T")

_PLACE = re.compile(r"^(.*?)(?: - at `\$(.*)`)?$", re.DOTALL)
_ESCAPED_NUL = b"\\u0000"


def decode(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """The body in the decoder's form. Raises 400 when it is not JSON, 422 when it is of another form."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise problems.invalid([explain(error)]) from None
    except UNREADABLE as error:
        raise problems.bad_request(unreadable(error)) from None


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for what is not JSON; ValidationError is a DecodeError and must be caught before."""


def unreadable(error: Exception) -> str:
    """Why something is not JSON, in a sentence."""
    if isinstance(error, RecursionError):
        return "The JSON is nested too deeply."
    if isinstance(error, UnicodeDecodeError):
        return "The JSON is not UTF-8."
    return f"{error}."


def explain(error: msgspec.ValidationError) -> dict[str, str]:
    """Path (as a JSON pointer without its first slash) and message of what is wrong."""
    match = _PLACE.match(str(error))
    message, place = match.groups() if match else (str(error), "")
    return {"path": pointer(place or ""), "message": message}


def pointer(place: str) -> str:
    """`.calls[3].status` as `calls/3/status`."""
    return place.replace("[", "/").replace("]", "").replace(".", "/").lstrip("/")


def may_have_nul(body: bytes) -> bool:
    """False when no string of this JSON can have a NUL: in JSON it can only be written escaped."""
    return _ESCAPED_NUL in body


@dataclass(slots=True)
class Batch:
    """The items of a batch that are of the right form, by their place; the others with what is wrong."""

    items: list[tuple[int, Any]]
    rejected: dict[int, list[dict[str, str]]]


def read_items(item: "msgspec.json.Decoder[Any]", raws: "list[msgspec.Raw]") -> Batch:
    """Each item for itself."""
    batch = Batch([], {})
    for index, raw in enumerate(raws):
        try:
            batch.items.append((index, item.decode(raw)))
        except msgspec.ValidationError as error:
            batch.rejected[index] = [explain(error)]
        except UNREADABLE as error:
            batch.rejected[index] = [{"path": "", "message": unreadable(error)}]
    return batch

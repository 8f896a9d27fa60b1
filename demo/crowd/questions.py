"""The calls a developer makes to Sunline: right ones in the mix of its program, and wrong ones as people make them."""

import json
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from crowd.personas import Persona, Spot

CURRENT_VERSION = "2026-09-01"
OLD_VERSION = "2026-01-15"


class KeyUse(StrEnum):
    """What is sent as the key."""

    TEST = "test"
    LIVE = "live"
    CUT = "cut"
    """A test key without its last letters: a slip when copying."""
    BARE = "bare"
    """The right key without the word Bearer."""
    MISSING = "missing"


class Mistake(StrEnum):
    """What somebody does wrong; each is noticed by a look at the answer."""

    DATE_ORDER = "date-order"
    NO_SUCH_DAY = "no-such-day"
    LAT_BEYOND_POLE = "lat-beyond-pole"
    DECIMAL_COMMA = "decimal-comma"
    WRONG_NAME = "wrong-name"
    FORGOTTEN = "forgotten"
    ZONE_ABBREVIATION = "zone-abbreviation"
    UNKNOWN_PLACE = "unknown-place"
    BODY_CUT = "body-cut"
    PAGE_TOO_LONG = "page-too-long"
    OLD_PATH = "old-path"


@dataclass(frozen=True, slots=True)
class Question:
    """One call to make. `route` is the template of `path`."""

    method: str
    route: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    content: dict[str, Any] | None = None
    cut_body: bool = False
    version: str = ""

    def body(self) -> bytes | None:
        """What is sent as the body."""
        if self.content is None:
            return None
        text = json.dumps(self.content).encode()
        return text[: len(text) // 2] if self.cut_body else text


ROUTE_WEIGHTS = {
    "/v1/sun": 62,
    "/v1/sun/range": 11,
    "/v1/moon": 12,
    "/v1/places": 4,
    "/v1/places/{place_id}": 5,
    "/v1/batch": 6,
}

MISTAKE_WEIGHTS = {
    Mistake.DATE_ORDER: 30,
    Mistake.NO_SUCH_DAY: 5,
    Mistake.LAT_BEYOND_POLE: 14,
    Mistake.DECIMAL_COMMA: 8,
    Mistake.WRONG_NAME: 12,
    Mistake.FORGOTTEN: 12,
    Mistake.ZONE_ABBREVIATION: 8,
    Mistake.UNKNOWN_PLACE: 5,
    Mistake.BODY_CUT: 2,
    Mistake.PAGE_TOO_LONG: 2,
    Mistake.OLD_PATH: 2,
}


def first_question(persona: Persona, today: date) -> Question:
    """The call everybody begins with: the one in the quickstart, at a place of their own."""
    return _sun(persona.spots[0], today)


def draw_question(dice: random.Random, persona: Persona, today: date) -> Question:
    """A right call out of the mix of a program."""
    route = dice.choices(list(ROUTE_WEIGHTS), list(ROUTE_WEIGHTS.values()))[0]
    spot = dice.choice(persona.spots)
    question = _ask(dice, route, spot, today + timedelta(days=dice.choice((0, 0, 0, 1, 1, 2, 7))))
    return replace(question, version=version_sent(persona))


def version_sent(persona: Persona) -> str:
    """Careful people send a version; those on an old library still have the first one."""
    if persona.tool.sdk.startswith("sunline-python/1.0"):
        return OLD_VERSION
    return CURRENT_VERSION if persona.tool.sdk or persona.skill > 0.6 else ""


def draw_mistake(dice: random.Random) -> Mistake:
    """A mistake, the usual ones more often."""
    return dice.choices(list(MISTAKE_WEIGHTS), list(MISTAKE_WEIGHTS.values()))[0]


def spoil(question: Question, mistake: Mistake, spot: Spot, on: date) -> Question:
    """The call as it looks with the mistake; where the mistake does not fit the call, the sun call is spoilt."""
    if mistake is Mistake.UNKNOWN_PLACE:
        return Question("GET", "/v1/places/{place_id}", f"/v1/places/{spot.place_id.split('-')[0]}")
    if mistake is Mistake.BODY_CUT:
        return replace(_batch([spot], on), cut_body=True)
    if mistake is Mistake.PAGE_TOO_LONG:
        return Question("GET", "/v1/places", "/v1/places", {"limit": "500"})
    if mistake is Mistake.OLD_PATH:
        return replace(_sun(spot, on), route="", path="/v1/sun/")
    return replace(_spoil_query(_sun(spot, on), mistake, on), version=question.version)


def _spoil_query(question: Question, mistake: Mistake, on: date) -> Question:
    query = dict(question.query)
    match mistake:
        case Mistake.DATE_ORDER:
            query["date"] = on.strftime("%d/%m/%Y")
        case Mistake.NO_SUCH_DAY:
            query["date"] = f"{on.year}-02-30"
        case Mistake.LAT_BEYOND_POLE:
            query["lat"] = f"{abs(float(query['lon'])) + 90:.2f}"
        case Mistake.DECIMAL_COMMA:
            query["lat"] = query["lat"].replace(".", ",")
        case Mistake.WRONG_NAME:
            query["latitude"] = query.pop("lat")
        case Mistake.ZONE_ABBREVIATION:
            query["tz"] = "CEST"
        case _:
            del query["date"]
    return replace(question, query=query)


def _ask(dice: random.Random, route: str, spot: Spot, on: date) -> Question:
    match route:
        case "/v1/sun/range":
            last = on + timedelta(days=dice.choice((6, 13, 29, 30)))
            return Question("GET", route, route, _where(spot) | {"from": on.isoformat(), "to": last.isoformat()})
        case "/v1/moon":
            return Question("GET", route, route, _where(spot) | {"date": on.isoformat()})
        case "/v1/places":
            return Question("GET", route, route, {"q": spot.place_id.split("-")[0]})
        case "/v1/places/{place_id}":
            return Question("GET", route, f"/v1/places/{spot.place_id}")
        case "/v1/batch":
            return _batch([spot] * dice.randint(1, 4), on)
        case _:
            return _sun(spot, on)


def _sun(spot: Spot, on: date) -> Question:
    return Question("GET", "/v1/sun", "/v1/sun", _where(spot) | {"date": on.isoformat()})


def _batch(spots: list[Spot], on: date) -> Question:
    items = [
        {"id": f"{spot.place_id}-{step}", "place_id": spot.place_id, "date": (on + timedelta(days=step)).isoformat()}
        for step, spot in enumerate(spots)
    ]
    return Question("POST", "/v1/batch", "/v1/batch", content={"items": items})


def _where(spot: Spot) -> dict[str, str]:
    return {"lat": f"{spot.lat:.2f}", "lon": f"{spot.lon:.2f}", "tz": spot.tz}

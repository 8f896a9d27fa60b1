"""The places Sunline knows by name: astral's own geocoder database, searchable, with stable ids."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from astral import LocationInfo
from astral.geocoder import all_locations, database


@dataclass(frozen=True, slots=True)
class Place:
    """One named place; `place_id` is made of name and region and does not change."""

    place_id: str
    name: str
    region: str
    latitude: float
    longitude: float
    time_zone: str

    def render(self) -> dict[str, Any]:
        """The place as the API shows it."""
        return {
            "id": self.place_id,
            "name": self.name,
            "region": self.region,
            "lat": self.latitude,
            "lon": self.longitude,
            "tz": self.time_zone,
        }


def find(place_id: str) -> Place | None:
    """The place with this id, or None."""
    return _BY_ID.get(place_id)


def search(text: str) -> list[Place]:
    """Places whose name or region has every word of the text at the start of a word, in the order of their ids."""
    words = _words(text)
    if text.strip() and not words:
        return []
    return [place for place in PLACES if all(_starts_a_word(word, place) for word in words)]


def _starts_a_word(word: str, place: Place) -> bool:
    return any(candidate.startswith(word) for candidate in _words(f"{place.name} {place.region}"))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z0-9]+", plain.lower())


def _place(info: LocationInfo) -> Place:
    return Place(
        place_id="-".join(_words(f"{info.name} {info.region}")),
        name=info.name,
        region=info.region,
        latitude=round(info.latitude, 4),
        longitude=round(info.longitude, 4),
        time_zone=info.timezone,
    )


PLACES = tuple(sorted((_place(info) for info in all_locations(database())), key=lambda place: place.place_id))
_BY_ID = {place.place_id: place for place in PLACES}

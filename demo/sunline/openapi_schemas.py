"""The schemas of Sunline's OpenAPI document."""

from typing import Any

from sunline.batch import LARGEST_BATCH
from sunline.versions import CURRENT, OLDEST, VERSIONS

Json = dict[str, Any]


def ref(name: str) -> Json:
    """A reference to one of the schemas below."""
    return {"$ref": f"#/components/schemas/{name}"}


def _time(description: str) -> Json:
    return {"type": ["string", "null"], "format": "date-time", "description": description}


def _page_of(name: str) -> Json:
    return {
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": ref(name)},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Send it back as `cursor` for the next page; `null` on the last page.",
            },
        },
    }


_DATE: Json = {"type": "string", "format": "date", "description": "The date asked for.", "examples": ["2026-11-22"]}

SCHEMAS: Json = {
    "SunDay": {
        "type": "object",
        "description": "The sun on one date.",
        "required": ["date", "state", "dawn", "sunrise", "noon", "sunset", "dusk"],
        "properties": {
            "date": _DATE,
            "state": {
                "type": "string",
                "enum": ["rises-and-sets", "never-sets", "never-rises"],
                "description": "`rises-and-sets` on an ordinary day. In polar day the sun `never-sets`, in polar night "
                "it `never-rises`; on the first and last day of polar day one of sunrise and sunset may still happen.",
            },
            "dawn": _time("Begin of civil twilight: the sun is 6° below the horizon. `null` if that does not happen."),
            "sunrise": _time("The upper edge of the sun appears. `null` if that does not happen."),
            "noon": {"type": "string", "format": "date-time", "description": "The sun is highest."},
            "sunset": _time("The upper edge of the sun disappears. `null` if that does not happen."),
            "dusk": _time("End of civil twilight. `null` if that does not happen."),
            "day_length_seconds": {
                "type": "integer",
                "minimum": 0,
                "maximum": 86400,
                "description": f"Time from sunrise to sunset. In version {CURRENT} and later.",
            },
            "day_length": {
                "type": "string",
                "deprecated": True,
                "description": f"Time from sunrise to sunset as `hh:mm:ss`. Only in version {OLDEST}.",
            },
        },
    },
    "SunPage": _page_of("SunDay"),
    "MoonDay": {
        "type": "object",
        "description": "The moon on one date.",
        "required": ["date", "phase", "phase_name", "illumination", "moonrise", "moonset"],
        "properties": {
            "date": _DATE,
            "phase": {
                "type": "number",
                "minimum": 0,
                "exclusiveMaximum": 28,
                "description": "Age of the moon on a scale of 28: 0 new, 7 first quarter, 14 full, 21 last quarter.",
            },
            "phase_name": {
                "type": "string",
                "enum": [
                    "new-moon",
                    "waxing-crescent",
                    "first-quarter",
                    "waxing-gibbous",
                    "full-moon",
                    "waning-gibbous",
                    "last-quarter",
                    "waning-crescent",
                ],
                "description": "The nearest of eight phases.",
            },
            "illumination": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "The part of the disc that is lit, worked out from `phase`.",
            },
            "moonrise": _time("When the moon rises on this date, `null` if it does not."),
            "moonset": _time("When the moon sets on this date, `null` if it does not."),
        },
    },
    "Place": {
        "type": "object",
        "description": "A place with a name.",
        "required": ["id", "name", "region", "lat", "lon", "tz"],
        "properties": {
            "id": {"type": "string", "description": "Does not change.", "examples": ["madrid-spain"]},
            "name": {"type": "string", "examples": ["Madrid"]},
            "region": {"type": "string", "examples": ["Spain"]},
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
            "tz": {"type": "string", "description": "IANA time zone.", "examples": ["Europe/Madrid"]},
        },
    },
    "PlacePage": _page_of("Place"),
    "Batch": {
        "type": "object",
        "required": ["items"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "minItems": 1, "maxItems": LARGEST_BATCH, "items": ref("BatchItem")},
        },
    },
    "BatchItem": {
        "type": "object",
        "description": "One question. Name the place by `place_id`, or by `lat` and `lon`.",
        "required": ["date"],
        "additionalProperties": False,
        "properties": {
            "id": {
                "type": ["string", "null"],
                "maxLength": 64,
                "description": "Your own mark for the item; comes back with its result.",
            },
            "place_id": {"type": ["string", "null"], "description": "The `id` of a place."},
            "lat": {"type": ["number", "null"], "minimum": -90, "maximum": 90},
            "lon": {"type": ["number", "null"], "minimum": -180, "maximum": 180},
            "date": {"type": "string", "format": "date"},
            "tz": {
                "type": ["string", "null"],
                "description": "IANA time zone. Without it that of the place, or UTC for coordinates.",
            },
            "want": {
                "type": "array",
                "items": {"type": "string", "enum": ["sun", "moon"]},
                "default": ["sun"],
                "description": "What to compute.",
            },
        },
    },
    "BatchResults": {
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": ref("BatchResult")}},
    },
    "BatchResult": {
        "type": "object",
        "required": ["index", "id", "status"],
        "properties": {
            "index": {"type": "integer", "description": "Position of the item in the call, from 0."},
            "id": {"type": ["string", "null"], "description": "The `id` of the item."},
            "status": {"type": "string", "enum": ["ok", "failed"]},
            "sun": ref("SunDay"),
            "moon": ref("MoonDay"),
            "problem": ref("Problem"),
        },
    },
    "Status": {
        "type": "object",
        "required": ["status", "version", "versions"],
        "properties": {
            "status": {"type": "string", "enum": ["ok"]},
            "version": {"type": "string", "description": "The newest version."},
            "versions": {"type": "array", "items": {"type": "string", "enum": list(VERSIONS)}},
        },
    },
    "Problem": {
        "type": "object",
        "description": "Problem details, RFC 9457.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "The page that explains the code."},
            "title": {"type": "string", "description": "What this kind of failure is called."},
            "status": {"type": "integer", "description": "The HTTP status."},
            "detail": {"type": "string", "description": "What was wrong in this call, for people."},
            "instance": {"type": "string", "description": "The path that was called."},
            "code": {"type": "string", "description": "The machine-readable code: decide by this one."},
            "parameter": {"type": "string", "description": "The query parameter that is wrong."},
            "pointer": {"type": "string", "description": "The place in the body that is wrong, as a JSON pointer."},
            "supported": {"type": "array", "items": {"type": "string"}, "description": "Versions that exist."},
            "violated-policies": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The names of the limits that are used up.",
            },
        },
    },
}

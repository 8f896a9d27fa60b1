"""The edge's routes for the OpenAPI document, made from the forms that decode the requests."""

from typing import Any

import msgspec

from posthouse.edge import calls, event_intake, faces, sync, verify
from posthouse.edge.eventform import EventIn

JSON = "application/json"
REF = "#/components/schemas/{name}"

OUTCOME: dict[str, Any] = {
    "type": "object",
    "required": ["accepted", "duplicates", "rejected"],
    "properties": {
        "accepted": {"type": "integer", "description": "Stored, and on disk"},
        "duplicates": {"type": "integer", "description": "Known already, by id; nothing was changed"},
        "conflicts": {
            "type": "array",
            "description": "The same id was stored before with another content; it was left as it is",
            "items": {
                "type": "object",
                "properties": {
                    "index": {"type": "integer"},
                    "source": {"type": "string"},
                    "id": {"type": "string"},
                },
            },
        },
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "index": {"type": "integer"},
                    "errors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Problem details (RFC 9457)",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}

REFUSALS = {
    "400": "The body cannot be read",
    "401": "The token is missing or not valid",
    "403": "The token lacks the scope",
    "413": "The body is too large",
    "415": "The media type or content encoding is not known",
    "422": "The body is not of the documented form",
    "429": "Too much at once; see Retry-After",
    "503": "Overloaded; see Retry-After",
}


def paths() -> tuple[dict[str, Any], dict[str, Any]]:
    """Path items and schemas of the edge's routes."""
    (verify_in, verify_out, calls_in, events_in, event_in), schemas = msgspec.json.schema_components(
        [verify.VerifyIn, faces.VerifyOut, calls.CallsIn, event_intake.EventsIn, EventIn], ref_template=REF
    )
    schemas |= {"Outcome": OUTCOME, "Problem": PROBLEM}
    outcome = {"$ref": REF.format(name="Outcome")}
    event_bodies = {
        JSON: {"schema": {"anyOf": [events_in, event_in]}},
        "application/cloudevents+json": {"schema": {"type": "object", "description": "A CloudEvent 1.0, structured"}},
        "application/cloudevents-batch+json": {"schema": {"type": "array", "items": {"type": "object"}}},
    }
    operations = {
        "/api/v1/keys/verify": _post(
            "verify_key", verify.SCOPE, verify.verify, {JSON: {"schema": verify_in}}, verify_out
        ),
        "/api/v1/calls": _post("report_calls", calls.SCOPE, calls.take_calls, {JSON: {"schema": calls_in}}, outcome),
        "/api/v1/events": _post("report_events", event_intake.SCOPE, event_intake.take_events, event_bodies, outcome),
        "/api/v1/keys/snapshot": _stream("key_snapshot", sync.snapshot, []),
        "/api/v1/keys/changes": _stream("key_changes", sync.changes, [_query("cursor")]),
    }
    operations["/api/v1/events"]["post"]["responses"]["409"] = _problem(
        "The same id was stored before with another body"
    )
    operations["/api/v1/keys/changes"]["get"]["responses"]["410"] = _problem(
        "The cursor is unknown: take a new snapshot"
    )
    return operations, schemas


def _post(name: str, scope: str, route: Any, bodies: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    operation = _operation(name, scope, route, {"content": {JSON: {"schema": answer}}})
    operation["requestBody"] = {"required": True, "content": bodies}
    return {"post": operation}


def _stream(name: str, route: Any, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    lines = {
        "content": {"application/x-ndjson": {"schema": {"type": "string", "description": "One JSON object a line"}}}
    }
    return {"get": _operation(name, sync.SCOPE, route, lines) | {"parameters": parameters}}


def _operation(name: str, scope: str, route: Any, answer: dict[str, Any]) -> dict[str, Any]:
    text = " ".join((route.__doc__ or "").split())
    return {
        "operationId": name,
        "summary": text.partition(". ")[0].rstrip("."),
        "description": f"{text} Needs the scope `{scope}`.",
        "tags": ["edge"],
        "security": [{"scope": []}],
        "responses": {"200": {"description": "OK"} | answer}
        | {status: _problem(meaning) for status, meaning in REFUSALS.items()},
    }


def _problem(meaning: str) -> dict[str, Any]:
    return {
        "description": meaning,
        "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}},
    }


def _query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}

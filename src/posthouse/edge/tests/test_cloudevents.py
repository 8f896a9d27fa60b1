"""CloudEvents 1.0 in their three forms over HTTP, made by the official package where it can make them."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from posthouse.timeline.models import Event

ATTRIBUTES = {
    "id": "order-1",
    "source": "/shop",
    "type": "com.example.order.placed",
    "specversion": "1.0",
    "time": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    "subject": "customer:cus_1",
    "datacontenttype": "application/json",
}


def sent():
    """What came over HTTP, in log order."""
    return list(Event.objects.exclude(source="posthouse").order_by("position"))


def post(edge, message):
    headers = {name.replace("-", "_"): value for name, value in message.headers.items()}
    return edge.post("events", message.body, **headers)


@pytest.mark.parametrize("to_message", [to_binary, to_structured])
def test_what_the_official_package_sends(edge, to_message):
    event = CloudEvent(attributes=ATTRIBUTES | {"traceparent": "00-ab"}, data={"total": 12.5, "what": "niño"})
    message = to_message(event, JSONFormat())
    assert post(edge, message).json["accepted"] == 1
    assert post(edge, message).json["duplicates"] == 1
    (row,) = sent()
    assert (row.id, row.source, row.type, row.customer_id) == ("order-1", "/shop", "com.example.order.placed", "cus_1")
    assert row.occurred_at == ATTRIBUTES["time"]
    assert row.data == {"total": 12.5, "what": "niño", "cloudevent": {"traceparent": "00-ab"}}
    changed = to_message(CloudEvent(attributes=ATTRIBUTES, data={"total": 13}), JSONFormat())
    assert post(edge, changed).status == 409


def test_both_modes_and_our_own_json_say_the_same(edge):
    event = CloudEvent(attributes=ATTRIBUTES, data={"total": 1})
    assert post(edge, to_binary(event, JSONFormat())).json["accepted"] == 1
    assert post(edge, to_structured(event, JSONFormat())).json["duplicates"] == 1
    own = {"id": "order-1", "source": "/shop", "type": ATTRIBUTES["type"], "customer_id": "cus_1", "data": {"total": 1}}
    assert edge.post("events", own).json["duplicates"] == 1


def batch(edge, events):
    return edge.post("events", json.dumps(events).encode(), Content_Type="application/cloudevents-batch+json")


def test_a_batch(edge):
    one = {"specversion": "1.0", "id": "1", "source": "/s", "type": "a.b"}
    got = batch(
        edge,
        [
            one | {"data": {"x": 1}},
            one | {"data": {"x": 2}},
            one | {"id": "2", "data": "text"},
            one | {"id": "3", "data_base64": base64.b64encode(b"\0\xff").decode()},
            one | {"id": "4", "data_base64": "?"},
            one | {"id": "5", "data": 1, "data_base64": "AA=="},
            one | {"id": "6", "specversion": "0.3"},
            {"id": "7"},
            "8",
            one | {"source": "posthouse"},
            one | {"id": "9", "subject": "ada@example.com"},
            one | {"id": "10", "subject": "blob/1"},
            one | {"id": "11", "subject": "con_1", "customerid": "cus_9"},
        ],
    ).json
    assert [result["status"] for result in got["results"]] == (
        ["accepted", "conflict", "accepted", "accepted"] + ["rejected"] * 6 + ["accepted"] * 3
    )
    rows = {row.id: row for row in sent()}
    assert [rows[number].data for number in "123"] == [{"x": 1}, {"value": "text"}, {"base64": "AP8="}]
    assert rows["9"].data == {"email": "ada@example.com"}
    assert rows["10"].data == {"cloudevent": {"subject": "blob/1"}}
    assert (rows["11"].contact_id, rows["11"].customer_id) == ("con_1", "cus_9")
    assert batch(edge, []).json["results"] == []
    assert batch(edge, [one] * 1001).status == 422


def test_binary_mode_with_text_bytes_and_escaped_fields(edge):
    fields = {"ce_specversion": "1.0", "ce_source": "/s", "ce_type": "a.b"}
    edge.post("events", b"plain \xc3\xa9", Content_Type="text/plain; charset=utf-8", ce_id="1", **fields)
    edge.post("events", b"\0\1", Content_Type="application/octet-stream", ce_id="2", **fields)
    edge.post("events", b"", Content_Type=None, ce_id="%C3%A9%20x", **fields)
    assert [(row.id, row.data) for row in sent()] == [
        ("1", {"value": "plain é"}),
        ("2", {"base64": "AAE="}),
        ("é x", {}),
    ]


@pytest.mark.parametrize(
    ("media_type", "body", "fields"),
    [
        ("application/json", b"{", {}),
        ("application/json", b"{}", {"ce_time": "yesterday"}),
        ("application/json", b"{}", {"ce_specversion": "2.0"}),
        ("application/json", b"{}", {"ce_id": ""}),
        ("text/plain", b"\xff", {}),
    ],
)
def test_what_is_no_cloudevent_in_binary_mode(edge, media_type, body, fields):
    good = {"ce_specversion": "1.0", "ce_source": "/s", "ce_type": "a.b", "ce_id": "1"}
    assert edge.post("events", body, Content_Type=media_type, **good | fields).status == 422

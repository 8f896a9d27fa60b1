"""What else comes in at `/compat/…`: raw requests, other forms, and bodies that wish us ill."""

import base64
import gzip
import http.client
import json
import socket
import time
import zlib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.edge.pace import Pace
from posthouse.intake import actions
from posthouse.intake.models import Rejected, Source
from posthouse.timeline.models import Event

BATCH = "/compat/segment/v1/batch"


@pytest.fixture
def source(transactional_db):
    return actions.make_source(name="Backend", dialect="segment")


@pytest.fixture
def hog(transactional_db):
    return actions.make_source(name="Hog", dialect="posthog")


def basic(source):
    return "Basic " + base64.b64encode(f"{source.write_key}:".encode()).decode()


@pytest.fixture
def send(edge, source):
    def ask(body, path=BATCH, **headers):
        fields = {"Authorization": basic(source), "Content-Type": "application/json"} | headers
        return edge.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), **fields)

    return ask


def track(**members):
    return {"type": "track", "userId": "42", "event": "Order Completed", "messageId": "m"} | members


def refused(answer, status, code):
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json
    assert body["code"] == code
    assert all(body[name] for name in ("message", "detail", "error"))
    return answer


def test_the_write_key_may_stand_in_the_body_or_in_any_header(edge, source):
    for number, authorization in enumerate([None, basic(source), f"Bearer {source.write_key}", "Basic bm9uZTo="]):
        body = {"batch": [track(messageId=str(number))], "writeKey": source.write_key}
        answer = edge.ask("POST", BATCH, body, Authorization=authorization)
        assert (answer.status, answer.json["accepted"]) == (200, 1), authorization
    assert Event.objects.filter(source=f"intake:{source.pk}").count() == 4


@pytest.mark.parametrize("authorization", [None, "Basic", "Basic !!!", "Basic /////w==", "Bearer", "Bearer \xff", "x"])
def test_without_a_key_of_ours_it_is_401(edge, source, authorization):
    refused(edge.ask("POST", BATCH, {"batch": [track()]}, Authorization=authorization), 401, "write-key-unknown")
    assert not Event.objects.filter(source__startswith="intake:").exists()


def test_a_source_that_is_switched_off_is_told_so(send, source):
    assert send({"batch": [track(messageId="1")]}).status == 200
    actions.switch_off(source=source)
    wait_for(lambda: send({"batch": [track(messageId="2")]}).status == 401)
    refused(send({"batch": [track(messageId="2")]}), 401, "source-off")
    actions.switch_on(source=source)
    wait_for(lambda: send({"batch": [track(messageId="2")]}).status == 200)


def test_after_a_rotation_both_keys_work_until_the_overlap_ends(edge, send, source):
    assert send({"batch": [track(messageId="1")]}).status == 200
    rotated = actions.rotate_key(source=source, overlap=timedelta(hours=1))
    assert send({"batch": [track(messageId="2")]}).status == 200
    assert send({"batch": [track(messageId="3")]}, Authorization=basic(rotated)).status == 200
    actions.rotate_key(source=rotated, overlap=timedelta(0))
    wait_for(lambda: send({"batch": [track(messageId="4")]}).status == 401)
    refused(send({"batch": [track(messageId="5")]}, Authorization=basic(rotated)), 401, "write-key-unknown")


def wait_for(condition):
    """The edge follows the table five times a second."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came to that")


def test_a_key_of_another_dialect_says_so(edge, hog):
    answer = edge.ask("POST", BATCH, {"batch": [track()], "writeKey": hog.write_key}, Authorization=None)
    assert "posthog" in refused(answer, 401, "write-key-elsewhere").json["detail"]


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_single_calls(send, source, kind, slash):
    item = {
        "userId": "42",
        "event": "Order Completed",
        "groupId": "acme",
        "previousId": "old",
        "sentAt": "2026-01-01T00:00:00Z",
    }
    first = send(item, f"/compat/segment/v1/{kind}{slash}")
    assert (first.status, first.json["accepted"]) == (200, 1)
    again = send(item | {"sentAt": "2026-01-01T00:00:09Z"}, f"/compat/segment/v1/{kind}")
    assert again.json["duplicates"] == 1
    assert Event.objects.filter(source=f"intake:{source.pk}").count() == 1


def test_the_clients_clock_is_corrected(send, source):
    """Its clock is two hours slow, and it tells of what happened ten minutes before it sent it."""
    sent = datetime.now(UTC) - timedelta(hours=2)
    timestamp = (sent - timedelta(minutes=10)).isoformat()
    send({"batch": [track(timestamp=timestamp)], "sentAt": sent.isoformat()})
    row = Event.objects.get(source=f"intake:{source.pk}")
    assert row.received_at - row.occurred_at == timedelta(minutes=10)
    assert row.sent_at == sent


def test_a_batch_keeps_what_is_fit_and_lists_the_rest(send, source):
    items = [
        track(messageId="good"),
        {"type": "track", "event": "Order Completed"},
        {"type": "track", "userId": "42"},
        {"type": "dance", "userId": "42"},
        {"type": "group", "userId": "42"},
        {"type": "alias", "userId": "42"},
        track(messageId="t", timestamp="yesterday"),
        track(messageId="f", timestamp="2999-01-01T00:00:00Z"),
        track(messageId="p", properties=[]),
        track(messageId="u", userId={"a": 1}),
        track(messageId="n", properties={"a": "\x00"}),
        track(messageId="l", properties={"a": "x" * 70_000}),
        track(messageId="d", properties=nested(80)),
        "text",
        17,
        None,
    ]
    answer = send({"batch": items})
    assert (answer.status, answer.json) == (
        200,
        {"success": True, "status": "Ok", "accepted": 1, "duplicates": 0, "rejected": 15},
    )
    reasons = list(Rejected.objects.order_by("pk").values_list("reason", flat=True))
    assert Counter(reasons) == Counter(moment=2, misshapen=5) | Counter(
        ["no-person", "no-event", "type-unknown", "no-group", "no-previous", "nul", "too-large", "too-deep"]
    )
    large = Rejected.objects.get(reason="too-large")
    assert large.cut
    assert len(large.item) == 32 * 1024
    assert json.loads(Rejected.objects.get(reason="no-person").item) == items[1]
    again = send({"batch": items})
    assert (again.json["duplicates"], again.json["rejected"]) == (1, 15)
    assert Rejected.objects.count() == 15
    row = Source.objects.get(pk=source.pk)
    assert (row.accepted, row.duplicates, row.rejected) == (1, 1, 15)


def nested(levels):
    value = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def test_who_asks_for_strictness_gets_400_and_what_was_fit_is_stored(send, source):
    items = {"batch": [track(messageId="good"), {"type": "dance", "userId": "42"}]}
    answer = refused(send(items, X_Strict_Mode="1"), 400, "items-rejected")
    assert answer.json["rejected"] == [
        {"index": 1, "reason": "type-unknown", "message": answer.json["rejected"][0]["message"]}
    ]
    assert Event.objects.filter(source=f"intake:{source.pk}").count() == 1
    assert send({"batch": [track(messageId="good")]}, X_Strict_Mode="1").status == 200


NO_BATCHES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"17",
    b'"x"',
    b"\xff\xfe",
    b"{}",
    b'{"batch": 1}',
    b'{"batch": {}}',
    b"\x1f\x8b",
]
NO_BATCHES += [b"[" * 100_000, b'{"batch": [' * 5_000, b'{"batch": [{"type": "track", "userId": "\\ud800"']


@pytest.mark.parametrize("body", NO_BATCHES, ids=range(len(NO_BATCHES)))
def test_bodies_that_are_no_batch_are_400_and_seen_by_the_team(send, source, body):
    answer = send(body)
    assert answer.status == 400, answer.body
    assert answer.json["code"] in {"bad-request", "invalid-request"}
    assert Rejected.objects.get().reason == "not-json"
    assert send(body).status == 400
    assert Rejected.objects.count() == 1


@pytest.mark.parametrize(
    "members", [{"sentAt": 17}, {"sentAt": "?"}, {"sentAt": "9999-12-31T23:59:59-23:59"}, {"writeKey": []}]
)
def test_odd_members_of_the_envelope_do_no_harm(send, source, members):
    assert send({"batch": [track(timestamp="0001-01-01T00:00:00+14:00"), track(messageId="2")]} | members).status == 200


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\u202e", "x" * 5_000, "", " ", "é" * 60, "con_zz", "person:42"])
def test_odd_ids_and_names_do_no_harm(send, source, text):
    members = [{"userId": text}, {"anonymousId": text}, {"event": text}, {"messageId": text}, {"timestamp": text}]
    members += [{"properties": {text or "a": text}}, {"context": {"groupId": text}}, {"type": text}]
    answer = send({"batch": [track() | one for one in members]})
    assert answer.status in {200, 400}
    for row in Event.objects.filter(source__startswith="intake:"):
        assert len(row.contact_id) <= 64
        assert row.id.isprintable()


@pytest.mark.parametrize(
    ("coding", "body", "status", "code"),
    [
        ("gzip", gzip.compress(json.dumps({"batch": [track()]}).encode()), 200, ""),
        ("deflate", zlib.compress(json.dumps({"batch": [track()]}).encode()), 200, ""),
        ("gzip", gzip.compress(json.dumps({"batch": [track()]}).encode())[:-9], 400, "bad-request"),
        ("deflate", zlib.compress(json.dumps({"batch": [track()]}).encode())[:-5], 400, "bad-request"),
        ("gzip", b"plain", 400, "bad-request"),
        ("gzip", gzip.compress(b" " * 50_000_000), 413, "too-large"),
        ("deflate", zlib.compress(b" " * 50_000_000), 413, "too-large"),
        ("zstd", b"\x28\xb5\x2f\xfd", 415, "unsupported-media-type"),
        ("br", b"x", 415, "unsupported-media-type"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_compressed_bodies(send, source, coding, body, status, code):
    answer = send(body, Content_Encoding=coding)
    if code:
        refused(answer, status, code)
        assert not Event.objects.filter(source__startswith="intake:").exists()
    else:
        assert answer.status == status


def test_zstd_is_told_what_to_use_instead(send):
    answer = send(b"\x28\xb5\x2f\xfd", Content_Encoding="zstd")
    assert "gzip or deflate" in answer.json["detail"]
    assert answer.headers["Accept-Encoding"] == "gzip, deflate, identity"


def test_too_large_bodies_are_refused_before_they_are_read(edge, source):
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=30)
    connection.putrequest("POST", BATCH)
    connection.putheader("Authorization", basic(source))
    connection.putheader("Content-Length", str(64 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_batch_of_too_many_items_is_400(send):
    refused(send({"batch": [1] * 10_001}), 400, "invalid-request")


def test_a_connection_that_ends_in_the_middle_leaves_nothing(edge, send, source):
    with socket.create_connection(("127.0.0.1", edge.port)) as line:
        head = f"POST {BATCH} HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(source)}\r\nContent-Length: 500\r\n\r\n"
        line.sendall(head.encode() + json.dumps({"batch": [track()]}).encode()[:40])
    assert send({"batch": [track()]}).json["accepted"] == 1


def test_pages_of_other_origins_may_send(edge, send, source):
    ask = edge.ask("OPTIONS", BATCH, Origin="https://sunline.example", Access_Control_Request_Method="POST")
    assert ask.status == 204
    assert ask.headers["Access-Control-Allow-Origin"] == "*"
    assert "authorization" in ask.headers["Access-Control-Allow-Headers"]
    answer = edge.ask(
        "POST",
        "/compat/segment/v1/t",
        json.dumps(track(writeKey=source.write_key)).encode(),
        Authorization=None,
        Content_Type="text/plain",
    )
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_other_methods_and_addresses_are_refused_in_json(edge, method):
    answer = edge.ask(method, BATCH)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    for path in ("/compat/", "/compat/segment", "/compat/posthog/decide/", "/compat/posthog/api/projects/@current/x"):
        answer = edge.ask(method, path)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")


@pytest.mark.parametrize("path", ["/batch", "/batch/", "/e/", "/capture/", "/i/v0/e/"])
def test_posthogs_first_addresses(edge, hog, path):
    event = {"event": "Order Completed", "distinct_id": "42", "uuid": "u-1"}
    body = {"batch": [event], "api_key": hog.write_key} if "batch" in path else event | {"api_key": hog.write_key}
    answer = edge.ask("POST", f"/compat/posthog{path}", body, Authorization=None)
    assert (answer.status, answer.json["accepted"]) == (200, 1)
    assert Event.objects.get(source=f"intake:{hog.pk}").type == "order.completed"


def test_only_sources_speak_in_the_name_of_sources(edge, source):
    body = {"id": "1", "type": "order.completed", "source": f"intake:{source.pk}"}
    assert edge.post("events", body).status == 422
    assert edge.post("events", {"id": "1", "type": "intake.identified"}).status == 422


def test_what_only_the_house_announces_gets_a_prefix(send, source):
    send({"batch": [track(messageId="1", event="Key Created"), track(messageId="2", event="call.first")]})
    types = list(Event.objects.filter(source=f"intake:{source.pk}").order_by("position").values_list("type", flat=True))
    assert types == ["track.key.created", "track.call.first"]


def test_the_source_says_what_its_events_are_called(send, source):
    actions.change_source(source=source, names={"Bought": "order.completed", "page:Pricing": "pricing.viewed"})
    made = actions.make_source(name="now", dialect="segment")  # makes sure that the edge has looked again
    assert send({"batch": []}, Authorization=basic(made)).status == 200
    page = {"type": "page", "userId": "42", "name": "Pricing", "messageId": "2"}
    send({"batch": [track(messageId="1", event="Bought"), page]})
    types = list(Event.objects.filter(source=f"intake:{source.pk}").order_by("position").values_list("type", flat=True))
    assert types == ["order.completed", "pricing.viewed"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = [
    "type",
    "userId",
    "anonymousId",
    "event",
    "properties",
    "traits",
    "context",
    "timestamp",
    "messageId",
    "groupId",
    "previousId",
    "name",
    "category",
    "distinct_id",
    "uuid",
    "$set",
    "$set_once",
    "options",
]
ITEM = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(MEMBERS, JSON)
    | {
        "type": st.sampled_from(["track", "identify", "page", "group", "alias"]) | JSON,
        "event": st.sampled_from(["$create_alias", "$groupidentify", "$set", "Order Completed"]) | JSON,
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(ITEM | JSON, max_size=5), envelope=st.dictionaries(st.sampled_from(["sentAt", "sent_at"]), JSON))
def test_no_batch_is_a_5xx_and_every_item_is_accounted_for(edge, source, hog, items, envelope):
    for path, key, of in (
        (BATCH, {"writeKey": source.write_key}, source),
        ("/compat/posthog/batch/", {"api_key": hog.write_key}, hog),
        ("/compat/posthog/i/v1/analytics/events", {}, hog),
    ):
        before = edge_counts(of)
        answer = edge.ask(
            "POST", path, json.dumps(envelope | {"batch": items} | key).encode(), Authorization=f"Bearer {of.write_key}"
        )
        assert answer.status in {200, 400, 429}, answer.body
        if answer.status == 200 and "accepted" in answer.json:
            counted = answer.json
            assert counted["accepted"] + counted["duplicates"] + counted["rejected"] >= len(items)
            assert edge_counts(of) >= before


def edge_counts(source):
    row = Source.objects.get(pk=source.pk)
    return row.accepted + row.duplicates + row.rejected


def test_a_source_may_burst_and_then_waits_for_its_rate():
    moments = iter([0, 0, 0.5, 1.5, 100])
    pace = Pace(lambda: next(moments))
    assert pace.wait("a", 250, 100) == 0
    assert pace.wait("a", 10, 100) == 2
    assert pace.wait("a", 10, 100) == 2
    assert pace.wait("a", 1, 100) == 1
    assert pace.wait("a", 1000, 100) == 0

"""Keys over the HTTP API."""

import json
from datetime import timedelta

import pytest

from posthouse.foundation.clock import now
from posthouse.keys import actions, models
from posthouse.people import actions as people
from posthouse.timeline.models import Event

pytestmark = pytest.mark.django_db


def send(client, method, path, body=None, **headers):
    response = getattr(client, method)(
        f"/api/v1{path}", json.dumps(body) if body is not None else None, "application/json", headers=headers
    )
    return response.status_code, response.json()


def make(api, customer, **body):
    return send(api, "post", f"/customers/{customer.pk}/keys", {"name": "Site", "environment": "test"} | body)


@pytest.mark.mission("J2.3")
def test_a_key_is_made_and_its_secret_given_once(api, customer):
    status, body = make(
        api,
        customer,
        scopes=["read:sun"],
        networks=["203.0.113.7", "2001:db8::/32"],
        limits=[{"name": "burst", "quota": 5, "window": 1}],
        expires_at=(now() + timedelta(days=30)).isoformat(),
    )
    assert status == 201
    assert body["secret"].startswith("ph_test_")
    key = body["key"]
    assert key["networks"] == ["203.0.113.7/32", "2001:db8::/32"]
    assert key["limits"] == [{"name": "burst", "quota": 5, "window": 1.0}]
    assert [secret["ends_at"] for secret in key["secrets"]] == [None]
    again = api.get(f"/api/v1/keys/{key['id']}").json()
    assert again == key
    assert body["secret"] not in json.dumps(again)


def test_the_same_idempotency_key_makes_one_key(api, customer):
    status, first = make(api, customer)
    assert status == 201
    path = f"/customers/{customer.pk}/keys"
    body = {"name": "Site", "environment": "test"}
    status, first = send(api, "post", path, body, **{"idempotency-key": "deploy-7"})
    again_status, again = send(api, "post", path, body, **{"idempotency-key": "deploy-7"})
    assert (status, again_status) == (201, 200)
    assert again["key"]["id"] == first["key"]["id"]
    assert again["secret"] is None
    assert models.Key.objects.count() == 2


def test_keys_are_listed_in_pages_by_customer_environment_and_state(api, customer, make_key):
    made = [make_key(name=f"Key {n}")[0] for n in range(3)]
    live, _ = make_key("live")
    actions.revoke_key(key=made[0])

    def names(query: str) -> list[str]:
        return [item["id"] for item in api.get(f"/api/v1/keys?{query}").json()["items"]]

    first = api.get(f"/api/v1/keys?customer_id={customer.pk}&limit=3").json()
    rest = api.get(f"/api/v1/keys?customer_id={customer.pk}&limit=3&after={first['next']}").json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [key.pk for key in [live, *reversed(made)]]
    assert rest["next"] is None
    assert names("environment=live") == [live.pk]
    assert names("state=revoked") == [made[0].pk]
    assert names("state=expired") == []
    assert names("customer_id=cus_unknown") == []


def test_listing_takes_the_same_number_of_queries_for_one_key_and_for_many(api, make_key, django_assert_num_queries):
    for n in range(20):
        make_key(name=f"Key {n}")
    api.get("/api/v1/keys")  # the token's last use is noted once a minute
    with django_assert_num_queries(3):
        assert len(api.get("/api/v1/keys").json()["items"]) == 20


def test_a_patch_changes_what_it_names_and_nothing_else(api, make_key):
    key, _ = make_key(scopes=["read:sun"])
    status, body = send(api, "patch", f"/keys/{key.pk}", {"name": "Renamed", "networks": ["10.0.0.0/8"]})
    assert (status, body["name"], body["networks"], body["scopes"]) == (200, "Renamed", ["10.0.0.0/8"], ["read:sun"])
    status, body = send(api, "patch", f"/keys/{key.pk}", {"limits": [{"name": "tiny", "quota": 1, "window": 60}]})
    assert body["limits"] == [{"name": "tiny", "quota": 1, "window": 60.0}]
    status, body = send(api, "patch", f"/keys/{key.pk}", {"limits": []})
    assert [row["name"] for row in body["limits"]] == ["burst", "daily"]


def test_rotation_gives_a_new_secret_and_says_when_the_old_one_ends(api, make_key):
    key, old = make_key()
    status, body = send(api, "post", f"/keys/{key.pk}/rotate", {"overlap_seconds": 3600})
    assert status == 200
    assert body["secret"] not in (None, old)
    assert [secret["ends_at"] is None for secret in body["key"]["secrets"]] == [True, False]


def test_revoking_is_idempotent_and_final(api, make_key):
    key, _ = make_key()
    for _ in range(2):
        status, body = send(api, "post", f"/keys/{key.pk}/revoke", {"reason": "leaked"})
        assert (status, body["state"], body["revoked_reason"]) == (200, "revoked", "leaked")
    for path, body in (("rotate", {}), ("", {"name": "x"})):
        method = "post" if path else "patch"
        status, problem = send(api, method, f"/keys/{key.pk}/{path}".rstrip("/"), body)
        assert (status, problem["code"], problem["state"]) == (409, "key-not-usable", "revoked")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 81},
        {"name": "a\u0000b"},
        {"name": 7},
        {"environment": "production"},
        {"scopes": "read:sun"},
        {"scopes": ["two words"]},
        {"scopes": [None]},
        {"scopes": ["s"] * 51},
        {"networks": ["10.0.0.1/8"]},
        {"networks": ["somewhere"]},
        {"networks": ["10.0.0.0/99"]},
        {"limits": [{"name": "burst", "quota": "ten", "window": 1}]},
        {"limits": [{"name": "burst", "quota": -1, "window": 1}]},
        {"limits": [{"name": "burst", "quota": 1, "window": 0}]},
        {"limits": [{"name": "burst", "quota": 1, "window": "NaN"}]},
        {"limits": [{"name": "día", "quota": 1, "window": 1}]},
        {"limits": [{"name": "a", "quota": 1, "window": 1}, {"name": "a", "quota": 2, "window": 1}]},
        {"limits": [{"name": "a", "quota": 1, "window": 1, "burst": 1}]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"expires_at": "soon"},
        {"expires_at": "9999-12-31T23:59:59Z"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"customer": "cus_x"},
        {"revoked_at": None},
    ],
)
def test_a_key_that_makes_no_sense_is_refused_with_the_reason(api, customer, body):
    status, problem = send(
        api, "post", f"/customers/{customer.pk}/keys", {"name": "Site", "environment": "test"} | body if body else {}
    )
    assert (status, problem["code"]) == (422, "invalid-request")
    assert problem["errors"]
    assert not models.Key.objects.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"key"', '{"name":', "\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_body_that_is_not_an_object_is_refused(api, customer, text):
    response = api.post(f"/api/v1/customers/{customer.pk}/keys", text, "application/json")
    assert response.status_code in (400, 422)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("overlap", [-1, 31 * 86_400, "1", 1.5, None, True])
def test_a_senseless_overlap_is_refused(api, make_key, overlap):
    key, _ = make_key()
    status, _ = send(api, "post", f"/keys/{key.pk}/rotate", {"overlap_seconds": overlap})
    assert status == 422
    assert key.secrets.count() == 1


def test_scopes_are_the_vendors_when_it_has_a_list(api, customer, settings):
    settings.KEY_SCOPES = ["read:sun", "read:moon"]
    status, problem = make(api, customer, scopes=["read:stars"])
    assert status == 422
    assert "read:stars" in problem["detail"]
    status, body = make(api, customer, scopes=["read:moon", "read:sun"])
    assert body["key"]["scopes"] == ["read:sun", "read:moon"]


def test_what_is_not_there_is_404(api):
    assert make(api, type("Nobody", (), {"pk": "cus_nobody"}))[0] == 404
    assert api.get("/api/v1/keys/key_nobody").status_code == 404
    for path in ("rotate", "revoke"):
        assert send(api, "post", f"/keys/key_nobody/{path}", {})[0] == 404
    assert send(api, "patch", "/keys/key_nobody", {})[0] == 404


@pytest.mark.parametrize("path", ["/keys/%00", "/keys/key_%F0%9F%94%91", "/keys?customer_id=%00", "/keys?after=%00"])
def test_ids_that_cannot_be_ids_are_refused(api, path):
    assert api.get(f"/api/v1{path}").status_code == 422


def test_reading_needs_the_scope_to_read_and_writing_the_one_to_write(team_as, customer, make_key, client):
    member, _ = team_as("admin")
    _, secret = people.make_token(owner=member, name="reader", scopes=["keys:read"])
    key, _ = make_key()
    reader = {"authorization": f"Bearer {secret}"}
    assert client.get(f"/api/v1/keys/{key.pk}", headers=reader).status_code == 200
    status, problem = send(client, "post", f"/keys/{key.pk}/revoke", {}, **reader)
    assert (status, problem["code"]) == (403, "scope-missing")
    assert client.get(f"/api/v1/keys/{key.pk}").status_code == 401


def test_the_one_who_did_it_stands_in_the_event(api, customer, team_as):
    make(api, customer)
    assert Event.objects.get(type="key.created").actor.startswith("team:")


def test_a_limit_on_the_number_of_keys_is_told(api, customer, monkeypatch):
    monkeypatch.setattr(actions, "MAX_ACTIVE", 0)
    status, problem = make(api, customer)
    assert (status, problem["code"]) == (409, "too-many-keys")

"""The forms that other official clients send, and what wishes us ill: raw requests."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine

from posthouse.messages import actions as mail
from posthouse.people import actions as people
from posthouse.people.models import Contact, User
from posthouse.surveys import actions
from posthouse.surveys.delighted import reading
from posthouse.surveys.delighted.tests.conftest import BASE, Caller, basic, make_campaign
from posthouse.surveys.models import CampaignKey, Person, Response, Send

pytestmark = [pytest.mark.mission("S14"), pytest.mark.django_db]

ADA = "ada@example.org"
MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(call, email=ADA, **more):
    return call("POST", "people", {"email": email, "send": False, **more}).json()["id"]


def answer(call, person_id, score=9, **more):
    return call("POST", "survey_responses", {"person": person_id, "score": score, **more}).json()


@pytest.mark.parametrize("sent", ["KEY", "KEY:", "KEY:password"])
def test_the_key_is_the_user_with_or_without_a_colon(call, key, sent):
    text = base64.b64encode(sent.replace("KEY", key).encode()).decode()
    assert call("GET", "people", authorization=f"Basic {text}").status_code == 200


@pytest.mark.parametrize(
    "sent", ["", "Basic", "Basic ", "Basic !!", "Basic YQ", "Bearer KEY", "Basic " + "QQ==" * 5000, "Basic w7/Dvw=="]
)
def test_without_a_key_of_ours_nothing_opens(call, key, sent):
    refused = call("GET", "people", authorization=sent.replace("KEY", key))
    assert refused.status_code == 401
    assert refused.json()["status"] == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic")


def test_rotated_and_revoked_keys(call, key, campaign):
    later = datetime.now(UTC) + timedelta(hours=2)
    _new, text = actions.make_key(campaign=campaign, overlap=timedelta(hours=1))
    assert call("GET", "people").status_code == 200
    assert Caller(text)("GET", "people").status_code == 200
    with time_machine.travel(later, tick=False):
        assert call("GET", "people").status_code == 401
        assert Caller(text)("GET", "people").status_code == 200
    actions.revoke_keys(campaign=campaign)
    assert Caller(text)("GET", "people").status_code == 401
    assert not actions.revoke_keys(campaign=campaign)
    assert text.encode() not in b"".join(bytes(row.digest) for row in CampaignKey.objects.all())


def test_a_key_never_reaches_another_campaign(call):
    other = Caller(actions.make_key(campaign=make_campaign(name="Other"))[1])
    mine = person(call)
    response = answer(call, mine)["id"]
    call("POST", "people", {"email": "bob@example.org", "delay": 60})
    for path in ("people", "survey_responses", "unsubscribes", "bounces", "autopilot/email/memberships"):
        assert other("GET", path).json() == []
    for method, path, body in [
        ("GET", f"people/{mine}", None),
        ("DELETE", f"people/{mine}", None),
        ("DELETE", f"people/email:{ADA}", None),
        ("DELETE", "people/bob@example.org/survey_requests/pending", None),
        ("GET", f"survey_responses/{response}", None),
        ("PUT", f"survey_responses/{response}", {"score": 1}),
        ("PUT", "survey_responses", {"id": response, "score": 1}),
        ("PUT", "people", {"id": mine, "name": "X"}),
        ("DELETE", "autopilot/email/memberships", {"person_id": mine}),
    ]:
        assert other(method, path, body).status_code == 404, path
    assert other("POST", "survey_responses", {"person": mine, "score": 1}).status_code == 422
    assert other("POST", "autopilot/email/memberships", {"person_id": mine}).status_code == 422
    assert other("GET", "survey_responses?person_id=" + mine).json() == []
    assert other("GET", "metrics").json()["response_count"] == 0
    assert Response.objects.get().score == 9
    assert Send.objects.get().state == "pending"


def test_a_form_as_php_sends_it(call):
    form = "email=ada%40example.org&send=false&properties%5BPurchase+Experience%5D=Retail&properties%5Bplan%5D=pro"
    made = call("POST", "people", form=form)
    assert made.status_code == 201
    assert made.json()["properties"] == {"Purchase Experience": "Retail", "plan": "pro"}
    assert not Send.objects.exists()
    assert call("POST", "people", form=form).status_code == 200
    mine = made.json()["id"]
    made = call("POST", "survey_responses", form=f"person={mine}&score=10&person_properties%5Bplan%5D=pro")
    assert (made.status_code, made.json()["score"]) == (201, 10)
    assert call("DELETE", "autopilot/email/memberships", form=f"person_id={mine}").status_code == 404
    call("POST", "autopilot/email/memberships", form=f"person_id={mine}&properties%5Ba%5D=b")
    assert call("DELETE", "autopilot/email/memberships", form=f"person_id={mine}").json()["person"]["id"] == mine


def test_a_membership_is_named_in_the_address_too(call):
    mine = person(call)
    call("POST", "autopilot/email/memberships", {"person_email": ADA, "person_id": mine})
    assert call("DELETE", f"autopilot/email/memberships?person_email={quote(ADA)}").status_code == 202


def test_what_rubys_client_saves(call):
    mine = person(call)
    made = answer(call, mine)
    body = {**made, "person": mine, "score": 3, "expand": ["person"], "notes": [{"x": 1}], "permalink": "http://x/"}
    del body["id"]
    saved = call("PUT", f"survey_responses/{made['id']}", body).json()
    assert (saved["score"], saved["person"]["email"]) == (3, ADA)


def test_what_nodes_client_saves_names_the_answer_in_the_body(call):
    made = answer(call, person(call))
    saved = call("PUT", "survey_responses", made | {"comment": "Changed", "person": {"id": made["person"]}}).json()
    assert (saved["id"], saved["comment"]) == (made["id"], "Changed")
    again = call("PUT", "survey_responses", saved).json()
    assert again == saved
    assert Response.objects.get().changes.count() == 1


EXPANDED = [
    "expand=person",
    "expand[]=person",
    "expand=person&expand=notes",
    "expand%5B%5D=person&expand%5B%5D=notes",
    "expand[]=notes&expand[]=person",
]


@pytest.mark.parametrize("expand", EXPANDED)
def test_every_way_to_ask_for_the_whole_person(call, expand):
    made = answer(call, person(call))
    assert call("GET", f"survey_responses/{made['id']}?{expand}").json()["person"]["email"] == ADA


def test_addresses_end_with_json_or_not_and_with_a_slash_or_not(call):
    mine = person(call)
    for path in ("people.json", "people/", f"people/{mine}.json", "metrics.json", "autopilot/email.json"):
        assert (
            call("GET", path, accept="text/html" if path.endswith(".json") else "application/json").status_code == 200
        )
    assert call("DELETE", "people/email%3Aada%40example.org.json").status_code == 202


@pytest.mark.parametrize("accept", ["text/html", "image/png, text/plain;q=0.5"])
def test_other_forms_than_json_are_refused(call, accept):
    assert call("GET", "people", accept=accept).status_code == 406


@pytest.mark.parametrize("accept", ["", "*/*", "application/json; charset=utf-8", "text/html, application/json"])
def test_whoever_takes_anything_gets_json(call, accept):
    assert call("GET", "people", accept=accept).status_code == 200


@pytest.mark.parametrize("name", ["email%3Ao%2Fhara%2Bx%40example.org", "email:o/hara+x@example.org"])
def test_addresses_of_people_hold_slashes_and_plus_signs(call, name):
    person(call, "o/hara+x@example.org")
    assert call("DELETE", f"people/{name}").status_code == 202


def test_paging_goes_on_by_a_link_that_says_everything_and_does_not_grow(call):
    made = [person(call, f"p{n}@example.org") for n in range(5)]
    seen, path, links = [], "people?per_page=2&since=0&auto_handle_rate_limits=True", []
    while path:
        page = call("GET", path)
        seen += [one["id"] for one in page.json()]
        link = page.headers.get("Link", "")
        found = re.fullmatch(r'<(http://[^,;<>]+)>; rel="next"', link) if link else None
        path = found[1].partition(BASE)[2] if found else ""
        links.append(len(link))
    assert seen == made
    assert links[0] <= links[1]
    assert links[2] == 0
    assert call("GET", "survey_responses?per_page=1").headers.get("Link") is None


def test_the_next_link_carries_the_public_address(call, settings):
    settings.PUBLIC_URL = "https://surveys.example.org"
    for n in range(3):
        person(call, f"p{n}@example.org")
    link = call("GET", "people?per_page=1").headers["Link"]
    assert link.startswith("<https://surveys.example.org/compat/delighted/v1/people.json?page_info=")


FOREIGN = base64.urlsafe_b64encode(b'[1,"a b",null,null]').decode()


@pytest.mark.parametrize("token", ["x", "e30", "WzEsMl0", quote(FOREIGN), "W1tbW1tbW1tb" * 50, "bnVsbA"])
def test_a_page_that_was_not_given_out_is_refused(call, token):
    assert call("GET", f"people?page_info={token}").status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "people", {}, "email"),
        ("POST", "people", {"email": 7}, "email"),
        ("POST", "people", {"email": ["a@b.org"]}, "email"),
        ("POST", "people", {"email": "x" * 300}, "email"),
        ("POST", "people", {"email": "a\0@example.org"}, "email"),
        ("POST", "people", {"email": ADA, "delay": -1}, "delay"),
        ("POST", "people", {"email": ADA, "delay": "soon"}, "delay"),
        ("POST", "people", {"email": ADA, "delay": 10**12}, "delay"),
        ("POST", "people", {"email": ADA, "delay": 1.5}, "delay"),
        ("POST", "people", {"email": ADA, "send": "perhaps"}, "send"),
        ("POST", "people", {"email": ADA, "send": {"a": 1}}, "send"),
        ("POST", "people", {"email": ADA, "properties": "pro"}, "properties"),
        ("POST", "people", {"email": ADA, "properties": {"a": {"b": 1}}}, "properties"),
        ("POST", "people", {"email": ADA, "properties": {"a": "x" * 20_000}}, "properties"),
        ("POST", "people", {"email": ADA, "properties": {"a": "\0"}}, "properties"),
        ("POST", "people", {"email": ADA, "properties": {"a": "\ud800"}}, "properties"),
        ("POST", "people", {"email": ADA, "last_sent_at": "yesterday"}, "last_sent_at"),
        ("POST", "people", {"email": ADA, "last_sent_at": 10**17}, "last_sent_at"),
        ("POST", "people", {"email": ADA, "last_sent_at": 4_000_000_000}, "last_sent_at"),
        ("POST", "people", {"email": ADA, "name": "see http://example.org"}, "name"),
        ("POST", "people", {"email": ADA, "name": "n" * 500}, "name"),
        ("POST", "people", {"email": ADA, "phone_number": "555-1212"}, "phone_number"),
        ("POST", "people", {"email": ADA, "email_update": "nobody"}, "email_update"),
        ("POST", "unsubscribes", {}, "person_email"),
        ("POST", "unsubscribes", {"person_email": "x"}, "person_email"),
        ("POST", "survey_responses", {"score": 3}, "person"),
        ("POST", "survey_responses", {"person": "con_nobody", "score": 3}, "person"),
        ("POST", "survey_responses", {"person": {"x": 1}, "score": 3}, "person"),
        ("GET", "people?per_page=0", None, "per_page"),
        ("GET", "people?per_page=many", None, "per_page"),
        ("GET", "people?since=2026-03-01", None, "since"),
        ("GET", "people?until=-1", None, "until"),
        ("GET", "people?email=a@b.org&phone_number=1", None, "phone_number"),
        ("GET", "survey_responses?page=0", None, "page"),
        ("GET", "survey_responses?order=sideways", None, "order"),
        ("GET", "survey_responses?trend=4711", None, "trend"),
        ("GET", "survey_responses?updated_since=x", None, "updated_since"),
        ("GET", "metrics?since=x", None, "since"),
        ("GET", "metrics?groups[]=fax", None, "groups"),
        ("POST", "autopilot/email/memberships", {"person_id": "con_x"}, "person_id"),
        ("POST", "autopilot/email/memberships", {}, "person_email"),
    ],
)
def test_what_cannot_be_is_named(call, method, path, body, name):
    refused = call(method, path, body)
    assert refused.status_code == 422, refused.content
    said = refused.json()
    assert (said["status"], list(said["errors"])) == (422, [name])
    assert all(isinstance(text, str) for text in said["errors"][name])
    assert name in said["message"]


@pytest.mark.parametrize("score", [None, "", 11, -1, "nine", 9.5, True, [9], {"a": 1}])
def test_a_score_that_is_not_on_the_scale(call, score):
    refused = call("POST", "survey_responses", {"person": person(call), "score": score})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["score"])


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[1]", "application/json", 400),
        ("null", "application/json", 400),
        ('{"email": NaN}', "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ('{"a":' * 100_000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        ("email=a%40example.org", "application/json", 400),
        ('{"email": "a@example.org"}', "application/x-www-form-urlencoded", 422),
        ("email=%ff", "application/x-www-form-urlencoded", 400),
        ("a&" * 5000, "application/x-www-form-urlencoded", 400),
        ("email[a]=1&email=2", "application/x-www-form-urlencoded", 400),
        ("email=1&email[a]=2", "application/x-www-form-urlencoded", 400),
        ("a[b][c][d][e]=1", "application/x-www-form-urlencoded", 400),
        ("email", "text/csv", 415),
        ('{"email": "' + "x" * 1_100_000 + '"}', "application/json", 413),
        ("x" * 1_100_000, "multipart/form-data; boundary=x", 413),
        ("1" * 900_000, "application/json", 400),
        ("", "application/json", 422),
        ("", "application/x-www-form-urlencoded", 422),
        ('{"email": "a@example.org", "send": false, "stray": {"x": [1]}}', "application/json", 201),
        ('{"email": "a@example.org", "send": false}', "", 201),
    ],
)
def test_bodies_of_every_kind_have_an_answer(call, body, kind, status):
    answered = call("POST", "people", body, **{"content-type": kind})
    assert answered.status_code == status, answered.content[:300]
    assert status < 300 or answered.json()["status"] == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("GET", "surveys", 404),
        ("GET", "people/", 200),
        ("PATCH", "people", 405),
        ("POST", "metrics", 405),
        ("OPTIONS", "people", 405),
        ("GET", "autopilot/fax", 404),
        ("GET", "people/%00", 404),
        ("GET", "people/email:%00@example.org", 404),
        ("GET", "people/%F0%9F%92%A9", 404),
        ("GET", "people/email:a%0Ab@example.org", 404),
        ("GET", "people/phone_number:%2B٣٣", 404),
        ("GET", "people/" + "x" * 3000, 404),
        ("DELETE", "people/x/survey_requests/pending", 404),
        ("GET", "survey_responses/%00", 404),
        ("GET", "survey_responses/rsp_none", 404),
        ("GET", "survey_responses?page=999999999", 200),
        ("GET", "survey_responses?person_id=%00", 422),
        ("GET", "survey_responses?person_email=%00", 422),
        ("GET", "survey_responses?person_email=nobody", 200),
        ("GET", "people?x=%ff", 400),
        ("GET", "people?per_page=1000", 200),
        ("PUT", "survey_responses", 404),
        ("PUT", "people", 422),
    ],
)
def test_addresses_of_every_kind_have_an_answer(call, method, path, status):
    answered = call(method, path.replace("٣", "%D9%A3"))
    assert answered.status_code == status, answered.content[:300]


def test_what_lies_beside_the_calls_is_json_too(call):
    assert call("GET", "../v2/people").status_code == 404
    assert call.client.get("/compat/delighted/", headers={"authorization": basic(call.key)}).json()["status"] == 404


def test_what_django_refuses_by_itself_is_json_too(call, key):
    refused = call.client.get(BASE + "people?" + "a=1&" * 2000, headers={"authorization": basic(key)})
    assert (refused.status_code, refused.json()["status"]) == (400, 400)


def test_a_get_with_an_empty_object_as_body(call):
    assert call("GET", "people", "{}").status_code == 200


def test_too_many_calls_are_told_when_to_come_again(call, settings):
    settings.SURVEY_KEY_RATE, settings.SURVEY_KEY_BURST = 0.001, 2
    assert [call("GET", "metrics").status_code for _ in range(3)] == [200, 200, 429]
    hurried = call("GET", "metrics")
    assert 1 <= int(hurried.headers["Retry-After"]) <= 2000
    assert hurried.json()["status"] == 429


def test_a_send_has_its_outcome_in_a_field_of_its_own(call):
    first = call("POST", "people", {"email": ADA, "delay": 60})
    again = call("POST", "people", {"email": ADA})
    assert first.headers["X-Survey-Outcome"] == "scheduled"
    assert again.headers["X-Survey-Outcome"] == "already_pending"
    assert again.json()["survey_scheduled_at"] == first.json()["survey_scheduled_at"]
    listed = call("GET", "people").json()[0]
    assert listed["next_survey_scheduled_at"] == first.json()["survey_scheduled_at"]


def test_what_was_sent_elsewhere_holds_the_next_mail_back(call):
    sent = int(datetime.now(UTC).timestamp()) - 86_400
    held = call("POST", "people", {"email": ADA, "last_sent_at": sent})
    assert (held.headers["X-Survey-Outcome"], held.json()["survey_scheduled_at"]) == ("throttled", None)
    assert call("GET", "people").json()[0]["last_sent_at"] == sent


def test_the_language_of_a_send_is_a_property(call):
    call("POST", "people", {"email": ADA, "properties": {"locale": "es"}, "delay": 60})
    assert Send.objects.get().language == "es"
    call("POST", "people", {"email": "b@example.org", "properties": {"locale": "Klingon!"}, "delay": 60})
    assert Send.objects.get(contact__email="b@example.org").language == ""


def test_text_messages_are_not_part_of_this_plan(call):
    assert call("POST", "people", {"phone_number": "+14155551212"}).status_code == 403
    assert call("POST", "people", {"email": ADA, "channel": "sms"}).status_code == 403
    assert not Send.objects.exists()
    person(call, phone_number="+14155551212")
    found = call("POST", "people", {"phone_number": "+14155551212", "delay": 60}).json()
    assert (found["email"], found["phone_number"]) == (ADA, "+14155551212")
    assert call("GET", "people?phone_number=%2B14155551212").json()[0]["email"] == ADA


def test_two_people_never_share_a_phone_number(call):
    person(call, phone_number="+14155551212")
    taken = call("POST", "people", {"email": "b@example.org", "phone_number": "+14155551212", "send": False})
    assert taken.status_code == 422
    assert Person.objects.filter(phone_number="+14155551212").count() == 1
    assert not Contact.objects.filter(email="b@example.org").exists()


def test_an_address_is_updated_unless_it_is_taken_or_has_a_login(call):
    mine = person(call)
    changed = call("POST", "people", {"email": ADA, "email_update": "new@example.org", "send": False}).json()
    assert (changed["id"], changed["email"]) == (mine, "new@example.org")
    person(call, "other@example.org")
    assert call("POST", "people", {"email": "other@example.org", "email_update": "new@example.org"}).status_code == 422
    people.open_account(user=User.objects.create_user("login@example.org", "x"), name="Grace")
    refused = call("POST", "people", {"email": "login@example.org", "email_update": "x@example.org", "name": "Eve"})
    assert refused.status_code == 422
    assert (
        call("POST", "people", {"email": "login@example.org", "name": "Eve", "send": False}).json()["name"] == "Grace"
    )


def test_a_deleted_person_is_gone_with_answers_and_history(call):
    mine = person(call)
    answer(call, mine)
    call("POST", "people", {"email": ADA, "delay": 60})
    assert call("DELETE", f"people/{mine}").status_code == 202
    assert not Response.objects.exists()
    assert not Send.objects.exists()
    assert not Contact.objects.filter(email=ADA).exists()
    assert call("GET", "metrics").json()["response_count"] == 0
    assert call("GET", "survey_responses").json() == []


def test_whoever_is_known_otherwise_stays_known_when_deleted_here(call):
    people.know_contact(email=ADA, name="Ada")
    other = Caller(actions.make_key(campaign=make_campaign(name="Other"))[1])
    for one in (call, other):
        answer(one, person(one))
    assert call("DELETE", f"people/email:{ADA}").status_code == 202
    assert call("GET", "people").json() == []
    assert Contact.objects.get(email=ADA).name == "Ada"
    assert other("GET", "metrics").json()["response_count"] == 1


def test_answers_are_filtered_by_every_date(call):
    mine = person(call)
    start = int(MARCH.timestamp())
    made = [answer(call, mine, score=n, created_at=start + n * 86_400) for n in range(4)]
    with time_machine.travel(MARCH + timedelta(days=10), tick=False):
        call("PUT", f"survey_responses/{made[0]['id']}", {"comment": "later"})

    def scores(query):
        return [one["score"] for one in call("GET", f"survey_responses?{query}").json()]

    assert scores("") == [0, 1, 2, 3]
    assert scores("order=desc") == [3, 2, 1, 0]
    assert scores("order=asc:updated_at") == [1, 2, 3, 0]
    assert scores("order=desc:updated_at&per_page=2") == [0, 3]
    assert scores(f"since={start + 86_400}&until={start + 2 * 86_400}") == [1, 2]
    assert scores(f"updated_since={start + 9 * 86_400}") == [0]
    assert scores(f"updated_until={start + 9 * 86_400}") == [1, 2, 3]
    assert scores("per_page=3&page=2") == [3]
    assert scores(f"person_id={mine}&page=2&per_page=2") == [2, 3]


def test_metrics_without_dates_are_of_the_thirty_days_until_the_latest_answer(call):
    mine = person(call)
    latest = int(MARCH.timestamp())
    for days, score in ((0, 10), (29, 8), (31, 0)):
        answer(call, mine, score=score, created_at=latest - days * 86_400)
    found = call("GET", "metrics").json()
    assert (found["nps"], found["promoter_percent"], found["response_count"]) == (50, 50, 2)
    assert call("GET", "metrics?since=0").json()["response_count"] == 3
    grouped = call("GET", "metrics?since=0&groups[]=core&groups[]=email").json()
    assert (grouped["nps"], grouped["detractor_percent"]) == (0, 33)
    assert call("GET", "metrics?trend=attributes.plan=pro").json()["response_count"] == 0


def test_other_kinds_of_surveys_have_groups_and_no_nps():
    call = Caller(actions.make_key(campaign=make_campaign(metric="csat"))[1])
    mine = person(call)
    for score in (5, 4, 3, 1):
        assert answer(call, mine, score=score)["survey_type"] == "csat"
    found = call("GET", "metrics").json()
    assert "nps" not in found
    assert (found["promoter_count"], found["passive_count"], found["detractor_count"]) == (2, 1, 1)
    assert call("POST", "survey_responses", {"person": mine, "score": 10}).status_code == 422


def test_additional_answers_have_their_form(call, campaign):
    options = [{"id": "a", "text": {"en": "A"}}, {"id": "b", "text": {"en": "B"}}]
    questions = [
        {"id": "why", "kind": "text", "text": {"en": "Why?"}},
        {"id": "hard", "kind": "scale", "text": {"en": "How hard?"}, "lowest": 1, "highest": 5},
        {"id": "one", "kind": "one_of", "text": {"en": "One"}, "options": options},
        {"id": "many", "kind": "many_of", "text": {"en": "Many"}, "options": options},
    ]
    actions.change_campaign(campaign=campaign, questions=questions)
    send = actions.ask(campaign=campaign, wish=actions.Wish(email=ADA, channel="link")).send
    given = {"why": "because", "hard": 4, "one": "a", "many": ["a"]}
    actions.answer(send=send, given=actions.Answer(score=9, answers=given, language="en"))
    (shown,) = call("GET", "survey_responses").json()
    values = {one["question"]["id"]: one["value"] for one in shown["additional_answers"]}
    empty = {"free_response": None, "scale": None, "select_one": None, "select_many": None}
    assert values == {
        "why": empty | {"free_response": "because"},
        "hard": empty | {"scale": 4},
        "one": empty | {"select_one": {"id": "a", "text": "A"}},
        "many": empty | {"select_many": [{"id": "a", "text": "A"}]},
    }
    assert shown["additional_answers"][0]["question"] == {"id": "why", "type": "free_response", "text": "Why?"}


def test_lists_of_refusals_are_paged_and_narrowed(call):
    for n in range(3):
        with time_machine.travel(MARCH + timedelta(days=n), tick=False):
            call("POST", "unsubscribes", {"person_email": f"u{n}@example.org"})
            person(call, f"b{n}@example.org")
            mail.suppress(addressee=mail.addressee(f"b{n}@example.org"), reason="bounce", how="report")
    mail.suppress(addressee=mail.addressee("foreign@example.org"), reason="bounce", how="report")
    start = int(MARCH.timestamp())
    for path, letter, at in (("unsubscribes", "u", "unsubscribed_at"), ("bounces", "b", "bounced_at")):
        rows = call("GET", path).json()
        assert [row["email"] for row in rows] == [f"{letter}{n}@example.org" for n in range(3)]
        assert [row[at] for row in rows] == [start + n * 86_400 for n in range(3)]
        assert [row["email"][1] for row in call("GET", f"{path}?since={start + 86_400}&per_page=1&page=2").json()] == [
            "2"
        ]
        assert [row["email"][1] for row in call("GET", f"{path}?until={start}").json()] == ["0"]


def test_whoever_takes_a_refusal_back_is_no_longer_listed(call):
    call("POST", "unsubscribes", {"person_email": ADA})
    mail.choose(addressee=mail.addressee(ADA), category="surveys", wanted=True, how="page")
    assert call("GET", "unsubscribes").json() == []
    mail.unsubscribe(addressee=mail.addressee(ADA), how="page")
    (row,) = call("GET", "unsubscribes").json()
    assert row["email"] == ADA


def test_names_with_brackets_are_read_as_they_are_meant():
    pairs = [
        ("a[b]", "1"),
        ("a[c]", "2"),
        ("l[]", "x"),
        ("l[]", "y"),
        ("s", "1"),
        ("s", "2"),
        ("odd]", "z"),
        ("p[q", "w"),
    ]
    assert reading.nested(pairs) == {
        "a": {"b": "1", "c": "2"},
        "l": ["x", "y"],
        "s": ["1", "2"],
        "odd]": "z",
        "p[q": "w",
    }


def test_nothing_of_a_key_is_in_an_answer(call, key):
    for path in ("people", "metrics", "nothing"):
        assert key not in json.dumps(call("GET", path).json())


def test_an_anonymous_campaign_shows_and_takes_no_answers():
    campaign = make_campaign(anonymous=True)
    call = Caller(actions.make_key(campaign=campaign)[1])
    mine = person(call)
    response = Response.objects.create(campaign_id=campaign.pk, contact_id=None, score=9, comment="Who am I?")
    for path in ("survey_responses", "metrics", "survey_responses?since=0", "metrics?since=0"):
        assert call("GET", path).status_code == 403
    assert call("GET", f"survey_responses/{response.pk}").status_code == 404
    assert call("PUT", f"survey_responses/{response.pk}", {"score": 1}).status_code == 404
    assert call("POST", "survey_responses", {"person": mine, "score": 1}).status_code == 422
    assert call("GET", "people").json()[0]["last_responded_at"] is None

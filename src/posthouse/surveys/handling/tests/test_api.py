"""The same by API."""

import pytest

from posthouse.surveys.handling_models import Tag
from posthouse.surveys.models import Response

pytestmark = pytest.mark.mission("S8")


@pytest.fixture
def response(campaign):
    return Response.objects.create(campaign=campaign, score=3, comment="The docs are thin")


@pytest.fixture
def other(campaign):
    return Response.objects.create(campaign=campaign, score=9, comment="Fine")


def test_tags_assignee_and_state_are_set_in_one_call(call, response, member):
    support = member("support")
    body = {"tags": ["docs", "urgent"], "assignee": support.user_id, "handled": True}
    found = call("patch", f"surveys/responses/{response.pk}", body).json()
    assert (found["tags"], found["assignee"]) == (["docs", "urgent"], support.user_id)
    assert found["handled_at"]
    found = call("patch", f"surveys/responses/{response.pk}", {"tags": ["urgent"], "handled": False}).json()
    assert (found["tags"], found["assignee"], found["handled_at"]) == (["urgent"], support.user_id, None)
    assert call("patch", f"surveys/responses/{response.pk}", {"assignee": None}).json()["assignee"] is None


def test_a_wrong_assignee_changes_nothing_at_all(call, response):
    answer = call("patch", f"surveys/responses/{response.pk}", {"tags": ["docs"], "assignee": 10**30})
    assert (answer.status_code, answer.json()["code"]) == (422, "survey-invalid")
    assert not Tag.objects.exists()


def test_notes_are_written_read_and_deleted(call, response, other):
    note = call("post", f"surveys/responses/{response.pk}/notes", {"text": "Called"}).json()
    found = call("get", f"surveys/responses/{response.pk}").json()
    assert [one["text"] for one in found["notes"]] == ["Called"]
    assert call("delete", f"surveys/responses/{other.pk}/notes/{note['id']}").status_code == 404
    assert call("delete", f"surveys/responses/{response.pk}/notes/{note['id']}").status_code == 204
    assert call("post", f"surveys/responses/{response.pk}/notes", {"text": " "}).status_code == 422


def test_many_are_tagged_at_once_and_put_back_once(call, campaign, response, other):
    body = {"act": "tag", "tag": "docs", "responses": [response.pk, other.pk, other.pk]}
    done = call("post", "surveys/responses/acts", body).json()
    assert done["changed"] == sorted([response.pk, other.pk])
    assert call("post", "surveys/responses/acts", body).json() == {"id": None, "changed": []}
    listed = call("get", f"surveys/{campaign.pk}/responses?tag=DOCS&limit=10").json()["items"]
    assert len(listed) == 2
    assert call("post", f"surveys/acts/{done['id']}/undo").json() == {"count": 2}
    again = call("post", f"surveys/acts/{done['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "survey-act-undone")
    assert call("get", f"surveys/{campaign.pk}/responses?tag=docs").json()["items"] == []


def test_an_unknown_response_stops_the_whole_act(call, response):
    body = {"act": "done", "responses": [response.pk, "rsp_unknown"]}
    assert call("post", "surveys/responses/acts", body).status_code == 404
    assert call("get", f"surveys/responses/{response.pk}").json()["handled_at"] is None


def test_lists_are_narrowed_by_who_looks_after_them_and_state(call, campaign, response, other, member):
    support = member("support")
    body = {"act": "assign", "assignee": support.user_id, "responses": [other.pk]}
    call("post", "surveys/responses/acts", body)
    call("post", "surveys/responses/acts", {"act": "done", "responses": [response.pk]})

    def ids(query):
        return [one["id"] for one in call("get", f"surveys/{campaign.pk}/responses?{query}").json()["items"]]

    assert ids(f"assignee={support.user_id}") == [other.pk]
    assert ids("assignee=nobody") == [response.pk]
    assert ids("handled=true") == [response.pk]
    assert ids("handled=false") == [other.pk]
    assert call("get", f"surveys/{campaign.pk}/responses?assignee=me").status_code == 422


def test_tags_have_an_api_of_their_own(call):
    tag = call("post", "surveys/tags", {"name": "docs", "tone": "warn"}).json()
    assert call("post", "surveys/tags", {"name": "Docs"}).status_code == 422
    assert call("patch", f"surveys/tags/{tag['id']}", {"tone": "pink"}).status_code == 422
    assert call("patch", f"surveys/tags/{tag['id']}", {"name": "papers"}).json()["name"] == "papers"
    assert [one["name"] for one in call("get", "surveys/tags").json()["items"]] == ["papers"]
    assert call("delete", f"surveys/tags/{tag['id']}").status_code == 204
    assert call("delete", f"surveys/tags/{tag['id']}").status_code == 404

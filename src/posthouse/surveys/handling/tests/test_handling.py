"""Tags, notes, assignment and their undo, on the page of results."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from posthouse.foundation.clock import now
from posthouse.people.actions import open_account
from posthouse.people.models import User
from posthouse.surveys import actions
from posthouse.surveys.handling import acting, events, tagging
from posthouse.surveys.handling_models import Act, Note, Tag
from posthouse.surveys.models import Response
from posthouse.surveys.personal_data import export
from posthouse.surveys.tests.conftest import BACKEND
from posthouse.timeline.queries import newest

pytestmark = pytest.mark.mission("S8")


@pytest.fixture
def answers(campaign):
    texts = ["The docs are thin", "Limits bite", "Great SDK", ""]
    return [
        Response.objects.create(
            campaign=campaign, score=(2, 5, 10, 9)[n], comment=text, created_at=now() - timedelta(hours=n)
        )
        for n, text in enumerate(texts)
    ]


@pytest.fixture
def results(desk, campaign):
    """The page of results, and what can be done on it."""

    class Results:
        address = f"/desk/surveys/{campaign.pk}/figures/"

        def show(self, query=""):
            return desk.get(f"{self.address}?{query}").content.decode()

        def act(self, act, *responses, **fields):
            fields = {"act": act, "response": [one.pk for one in responses], **fields}
            return desk.post(f"/desk/surveys/{campaign.pk}/comments/act/", fields, follow=True)

    return Results()


def types():
    return [event.type for event in newest()]


def test_chosen_answers_are_tagged_found_by_the_tag_and_put_back(results, answers, desk):
    page = results.act("tag", answers[0], answers[1], new_tag="Docs gap").content.decode()
    assert "2 answers have the tag “Docs gap” now." in page
    tag = Tag.objects.get()
    found = results.show(f"tag={tag.pk}")
    assert "The docs are thin" in found
    assert "Great SDK" not in found
    assert types().count("survey.response_tagged") == 2
    desk.post(f"/desk/surveys/acts/{Act.objects.get().pk}/undo/")
    assert "The docs are thin" not in results.show(f"tag={tag.pk}")
    assert types().count("survey.response_untagged") == 2
    assert (
        "taken back already"
        in desk.post(f"/desk/surveys/acts/{Act.objects.first().pk}/undo/", follow=True).content.decode()
    )


def test_putting_a_tag_on_twice_is_once(results, answers):
    results.act("tag", answers[0], new_tag="docs")
    page = results.act("tag", answers[0], new_tag="DOCS").content.decode()
    assert "Nothing changed." in page
    assert (Tag.objects.count(), Act.objects.count()) == (1, 1)


def test_all_that_fit_are_tagged_at_once_and_no_others(results, answers, campaign):
    results.act("tag", new_tag="low", all="1", query="group=low")
    assert {row.response_id for row in Tag.objects.get().taggings.all()} == {answers[0].pk, answers[1].pk}


def test_taking_back_leaves_alone_what_others_did_since(answers, member):
    first, second = member("admin"), member("support")
    act = acting.assign_responses(responses=answers[:2], assignee=first.user_id)
    acting.assign_responses(responses=answers[1:2], assignee=second.user_id)
    assert acting.undo(act=act) == 1
    assert [Response.objects.get(pk=one.pk).care.assignee_id for one in answers[:2]] == [
        None,
        second.user_id,
    ]


def test_somebody_of_the_team_looks_after_an_answer_and_ticks_it_off(results, answers, member, desk):
    support = member("support")
    page = results.act("assign", answers[0], assignee=support.user_id).content.decode()
    assert "support@vendor.example looks after 1 answer now." in page
    assert "The docs are thin" in results.show(f"assignee={support.user_id}")
    assert "The docs are thin" not in results.show("assignee=nobody")
    results.act("done", answers[0])
    assert "The docs are thin" in results.show("state=done")
    assert "The docs are thin" not in results.show("state=open")
    results.act("reopen", answers[0])
    assert "The docs are thin" in results.show("state=open")
    kinds = ["survey.response_assigned", "survey.response_handled", "survey.response_reopened"]
    assert [one for one in reversed(types()) if one in kinds] == kinds


def test_nobody_outside_of_the_team_can_look_after_an_answer(results, answers):
    stranger = User.objects.create_user("stranger@example.org", "x")
    for strange in (stranger.pk, "x", "²", "9" * 30):
        page = results.act("assign", answers[0], assignee=strange).content.decode()
        assert "There is nobody of this name in the team." in page


def test_notes_are_kept_found_and_given_back_to_the_form_when_taken_away(results, answers, desk):
    address = f"/desk/surveys/responses/{answers[0].pk}/"
    desk.post(f"{address}notes/", {"text": "Called them <b>\n\nwill write"})
    page = desk.get(address).content.decode()
    assert "Called them &lt;b&gt;" in page
    assert "The docs are thin" in results.show("search=will+write")
    assert "The docs are thin" in results.show("noted=1")
    desk.post(f"/desk/surveys/notes/{Note.objects.get().pk}/delete/")
    page = desk.get(address).content.decode()
    assert re.search(r"<textarea[^>]*>Called them &lt;b&gt;\s+will write</textarea>", page)
    assert not Note.objects.exists()
    assert "will write" not in str([event.data for event in newest()])


def test_a_note_that_cannot_be_kept_says_why_and_keeps_what_was_typed(answers, desk):
    address = f"/desk/surveys/responses/{answers[0].pk}/"
    page = desk.post(f"{address}notes/", {"text": "x" * 5001}, follow=True).content.decode()
    assert "At most 5000 characters." in page
    assert "x" * 5001 in page


def test_acts_reach_answers_of_their_own_campaign_only(results, make, desk):
    other = make(name="Other")
    theirs = Response.objects.create(campaign=other, score=1, comment="Theirs")
    page = results.act("tag", theirs, new_tag="docs").content.decode()
    assert "Choose answers first." in page
    assert not Act.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose a tag, or type the name of a new one."),
        ({"tag": "tag_unknown"}, "Choose a tag, or type the name of a new one."),
        ({"new_tag": "x" * 41}, "At most 40 characters."),
        ({"new_tag": "a\x00b"}, "It holds characters that cannot be kept."),
    ],
)
def test_what_cannot_be_done_is_said(results, answers, fields, words):
    assert words in results.act("tag", answers[0], **fields).content.decode()


def test_an_act_nobody_knows_is_not_found(results, answers):
    assert results.act("burn", answers[0]).status_code == 404


def test_more_answers_than_can_be_done_at_once_are_refused(answers, campaign):
    Response.objects.bulk_create(Response(campaign=campaign, score=1, comment="x") for _ in range(acting.MOST_AT_ONCE))
    tag = tagging.make_tag(name="many")
    with pytest.raises(actions.Refused):
        acting.tag_responses(responses=Response.objects.all(), tag=tag)


def test_an_auditor_looks_and_changes_nothing(answers, member, campaign):
    browser = Client()
    browser.force_login(member("auditor").user, backend=BACKEND)
    page = browser.get(f"/desk/surveys/{campaign.pk}/figures/").content.decode()
    assert "The docs are thin" in page
    assert 'id="bulk"' not in page
    for address in (
        f"/desk/surveys/{campaign.pk}/comments/act/",
        f"/desk/surveys/responses/{answers[0].pk}/notes/",
        "/desk/surveys/tags/",
    ):
        assert browser.post(address, {"act": "done", "name": "x", "text": "x"}).status_code == 403


def test_tags_are_made_renamed_coloured_and_deleted_on_their_page(desk, answers):
    desk.post("/desk/surveys/tags/", {"name": "docs", "tone": "warn"})
    tag = Tag.objects.get()
    assert '<span class="badge warn">docs</span>' in desk.get("/desk/surveys/tags/").content.decode()
    again = desk.post("/desk/surveys/tags/", {"name": " Docs ", "tone": "bad"})
    assert again.status_code == 422
    assert "There is a tag of this name already." in again.content.decode()
    desk.post(f"/desk/surveys/tags/{tag.pk}/", {"name": "documents", "tone": "good"})
    acting.tag_responses(responses=answers[:1], tag=tag)
    assert "It comes off 1 answer." in desk.get(f"/desk/surveys/tags/{tag.pk}/delete/").content.decode()
    desk.post(f"/desk/surveys/tags/{tag.pk}/delete/")
    assert not Tag.objects.exists()
    assert types()[0] == "survey.tag_deleted"


def test_notes_go_with_the_person_and_are_handed_out_before(campaign, ask):
    contact = open_account(user=User.objects.create_user("ada@example.org", "x"))
    response = Response.objects.create(campaign=campaign, contact=contact, score=3, comment="No")
    acting.write_note(response=response, text="Sounded tired", actor="team:1")
    assert export(contact)["survey_responses"][0]["notes"][0]["text"] == "Sounded tired"
    actions.forget_contact(contact_id=contact.pk)
    assert not Note.objects.exists()
    assert events.SurveyResponseNoted.type in types()

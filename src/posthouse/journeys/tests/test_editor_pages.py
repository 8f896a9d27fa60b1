"""The editor in the desk: from the form or the text to a revision, to a dry count, to publishing."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from posthouse.foundation.jobs import run_until_idle
from posthouse.journeys import posted, reading
from posthouse.journeys.editing.text import to_text
from posthouse.journeys.models import Journey, Revision, Run
from posthouse.journeys.tests.test_pages import crowd, desk, team_as, text_of

__all__ = ["crowd", "desk", "team_as"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def body():
    return Journey.objects.get(pk="integration").body


@pytest.fixture
def sent(body):
    """The form of the integration journey, as a browser sends it."""
    return posted.shown(body).forms.initial_data() | {"view": "form", "note": "", "act": "save"}


def edit(browser, sent):
    return browser.post(reverse("desk-journey-edit", args=["integration"]), sent)


@pytest.mark.mission("J8.1")
def test_a_step_is_added_counted_and_published(desk, crowd, sent, body):
    at = len(body["steps"])
    added = {
        "key": "second_day",
        "name_en": "Second day",
        "name_es": "Segundo día",
        "required": "on",
        "repeat": "first",
    }
    added |= {
        "on": "traffic.resumed",
        "words_en": "Back",
        "words_es": "De vuelta",
        "todo_en": "Come back",
        "todo_es": "Vuelva",
    }
    answer = edit(
        desk, sent | {f"s{at}-{name}": value for name, value in added.items()} | {"note": "Two days are needed"}
    )
    row = Revision.objects.filter(journey="integration").order_by("-number").first()
    assert (answer.status_code, answer["Location"]) == (302, reverse("desk-journey-revision", args=["integration", 2]))
    page = text_of(desk.get(answer["Location"]))
    assert "Not published." in page
    assert "Two days are needed" in page
    assert "+ - key: second_day" in page
    assert "Publish revision 2" not in page
    counted = text_of(desk.get(answer["Location"] + "?count=1"))
    assert "10 who are under way stay where they are" in counted
    assert "Publish revision 2" in counted
    published = desk.post(reverse("desk-journey-publish", args=["integration", 2]), follow=True)
    assert "Revision 2 is published." in text_of(published)
    assert Journey.objects.get(pk="integration").number == row.number == 2


def test_the_dry_count_says_who_would_move_where(desk, crowd, sent):
    moved = sent | {"s1-on": "key.created", "act": "save"}
    answer = edit(desk, moved)
    page = text_of(desk.get(answer["Location"] + "?count=1"))
    assert re.search(r"First call Development 6", page)
    assert Run.objects.filter(journey="integration", waiting_for="first_call").count() == 6


def test_what_is_wrong_is_said_at_its_place_and_nothing_typed_is_lost(desk, sent):
    answer = edit(desk, sent | {"s1-on": "no type!", "s2-name_en": "My own words", "note": "half done"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#id_s1-on"' in page
    assert "no type!" in page
    assert 'value="My own words"' in page
    assert 'value="half done"' in page
    assert Revision.objects.filter(journey="integration").count() == 1


def test_form_becomes_text_and_text_becomes_form(desk, sent, body):
    page = edit(desk, sent | {"act": "text"})
    assert 'name="text"' in page.content.decode()
    assert "key: integration" in page.content.decode()
    back = edit(desk, {"view": "text", "text": to_text(body), "act": "form"})
    assert 'name="s0-key"' in back.content.decode()
    assert back.status_code == 200


def test_a_text_with_a_mistake_stays_a_text_and_names_the_line(desk, body):
    wrong = to_text(body).replace("expected: P3D", "expected: soon")
    answer = edit(desk, {"view": "text", "text": wrong, "act": "save"})
    assert answer.status_code == 422
    assert "must be a duration such as P3D" in text_of(answer)
    assert re.search(r"Line \d+ \(/steps/1/expected\)", text_of(answer))
    assert "expected: soon" in answer.content.decode()


def test_steps_are_moved_without_a_script(desk, sent):
    page = edit(desk, sent | {"act": "down-0", "s0-name_en": "Moved words"}).content.decode()
    assert page.index('value="first_call"') < page.index('value="Moved words"')


def test_a_preview_shows_it_in_a_sentence_and_saves_nothing(desk, sent):
    page = text_of(edit(desk, sent | {"act": "preview"}))
    assert "A customer enters with key.created or call.first." in page
    assert Revision.objects.filter(journey="integration").count() == 1


def test_a_journey_keeps_its_key_and_a_new_one_takes_a_free_one(desk, body):
    other = to_text(body | {"key": "lamps"})
    assert "The key is integration and stays so." in text_of(edit(desk, {"view": "text", "text": other, "act": "save"}))
    taken = desk.post(reverse("desk-journey-new"), {"view": "text", "text": to_text(body), "act": "save"})
    assert "There is a journey with this key already." in text_of(taken)
    made = desk.post(reverse("desk-journey-new"), {"view": "text", "text": other, "act": "save"})
    assert made.status_code == 302
    assert Journey.objects.get(pk="lamps").state == Journey.State.DRAFT
    assert "Not live: " in text_of(desk.get(reverse("desk-journeys")))
    assert desk.get(reverse("desk-journey", args=["lamps"])).status_code == 200


def test_a_definition_leaves_as_a_file_and_comes_back(desk, body):
    file = desk.get(reverse("desk-journey-file", args=["integration", 1]))
    assert reading.read(file.content.decode()) == body
    upload = SimpleUploadedFile("x.yaml", file.content.replace(b"key: integration", b"key: elsewhere"))
    page = desk.post(reverse("desk-journey-new"), {"view": "form", "act": "import", "file": upload})
    assert 'value="elsewhere"' in page.content.decode()
    assert "Choose a file first." in text_of(desk.post(reverse("desk-journey-new"), {"view": "form", "act": "import"}))


def test_all_revisions_are_listed_and_an_older_one_is_edited_again(desk, sent, body):
    edit(desk, sent | {"j-name_en": "Building in"})
    run_until_idle()
    page = text_of(desk.get(reverse("desk-journey-revisions", args=["integration"])))
    assert "Revision 2" in page
    assert "published now" in page
    older = desk.get(reverse("desk-journey-edit", args=["integration"]) + "?from=1").content.decode()
    newest = desk.get(reverse("desk-journey-edit", args=["integration"])).content.decode()
    assert 'value="Integration"' in older
    assert 'value="Building in"' in newest

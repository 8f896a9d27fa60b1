"""What follows an answer to a survey by the automations that come with the house: a task, a thank-you, a request."""

import pytest

from posthouse.automations.models import AutomationRun, Task
from posthouse.automations.ready import shipped
from posthouse.foundation import jobs
from posthouse.surveys import actions as surveys

pytestmark = pytest.mark.mission("S9")
READY = {one.key: one for one in shipped()}
OURS = ("survey_low_score", "survey_high_score", "survey_comment_thanks")
WORDS = {"en": {"subject": "One question", "question": "How likely?"}}


@pytest.fixture
def answer(ada, automation):
    """Have Ada answer a survey while the three automations are on."""

    def answered(score, comment="", metric="nps"):
        for key in OURS:
            automation(key, **READY[key].body)
        campaign = surveys.make_campaign(name="Quarterly", metric=metric, texts=WORDS)
        campaign = surveys.set_state(campaign=campaign, state="running")
        send = surveys.ask(campaign=campaign, wish=surveys.Wish(email=ada.email, channel="link")).send
        surveys.answer(send=send, given=surveys.Answer(score=score, comment=comment))
        jobs.run_until_idle()
        return {run.automation_id for run in AutomationRun.objects.all()}

    return answered


def test_a_low_score_gives_the_team_a_task_about_this_person(answer, ada):
    assert "survey_low_score" in answer(2, "The docs are thin")
    task = Task.objects.get()
    assert task.contact_id == ada.pk
    assert task.title["en"].startswith("Low score in a survey")
    assert task.due_at


def test_a_high_recommendation_is_asked_for_a_story_later_and_thanked_if_it_wrote_something(answer):
    assert answer(10, "Lovely") == {"survey_high_score", "survey_comment_thanks"}
    assert not Task.objects.exists()


def test_a_good_score_without_words_is_not_thanked_for_them(answer):
    assert answer(9) == {"survey_high_score"}


def test_satisfaction_alone_is_no_recommendation(answer):
    assert answer(5, metric="csat") == set()


def test_a_score_in_the_middle_is_left_alone(answer):
    assert answer(7, "Fine") == set()

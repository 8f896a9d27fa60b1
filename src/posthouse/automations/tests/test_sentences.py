"""Automations as a person would say them."""

import pytest
from django.utils import translation

from posthouse.automations import definition, sentences
from posthouse.automations.event_words import EVENTS
from posthouse.automations.ready import shipped
from posthouse.automations.sentences import Names
from posthouse.automations.tests.test_definition import WHOLE, body


def said(raw, language="en", names=None):
    with translation.override(language):
        return sentences.sentence(definition.parse(raw), names)


def test_an_automation_is_a_sentence():
    names = Names(templates={"hello": "Welcome"})
    assert said(body(), names=names) == "On the first call: send the mail “Welcome”. It does so only once for each."


def test_time_since_and_its_branches():
    raw = next(one.body for one in shipped() if one.key == "no_first_call")
    assert said(raw).startswith("3 days after a new key, without the first call: send the mail")
    assert "wait up to 5 days for the first call (if it does not come in time: give the team the task" in said(raw)


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.key)
def test_each_ready_made_one_is_said_in_both_languages(one):
    english, spanish = said(one.body), said(one.body, "es")
    assert english != spanish
    for text in (english, spanish):
        assert text.endswith(".")
        assert "%(" not in text


def test_every_event_has_a_spanish_noun():
    with translation.override("es"):
        assert all(sentences.event_words(type_) != english for type_, english in EVENTS.items())


def test_an_event_nobody_knows_is_called_by_its_type():
    assert "the event “order.paid”" in said(body(when={"kind": "event", "event": "order.paid"}))


def test_the_outline_has_one_line_per_step_with_branches_indented():
    lines = sentences.outline(definition.parse(WHOLE))
    assert [line.step_id for line in lines if line.step_id] == [f"s{n}" for n in range(1, 12)]
    assert [(line.depth, line.text) for line in lines[2:6]] == [
        (0, "Wait up to 7 days for the first call"),
        (1, "If it comes"),
        (2, "Put the tag “quick” on the customer"),
        (1, "If it does not come in time"),
    ]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["mon", "tue", "wed", "thu", "fri"], "from Monday to Friday"),
        (["sat", "sun"], "on Saturday and Sunday"),
        (None, "every day"),
    ],
)
def test_days_in_words(days, words):
    when = {"kind": "schedule", "time": "09:00"} | ({"days": days} if days else {})
    assert words in said(body(when=when))[:1].lower() + said(body(when=when))[1:]

"""The automations that come with the house."""

from pathlib import Path

import pytest

from posthouse.automations import definition
from posthouse.automations.definition import SendMail
from posthouse.automations.plans import Plan
from posthouse.automations.ready import shipped
from posthouse.messages.rendering import render

DOCS = Path(__file__).parents[4] / "docs"
DOCUMENTED = (DOCS / "journey-events.md", DOCS / "reference" / "events.md")
MAILS = sorted(
    step.template
    for one in shipped()
    for step in definition.walk(definition.parse(one.body).do)
    if isinstance(step, SendMail)
)
SEEN = {"contact": {"name": "Ada"}, "public_url": "https://x.example", "customer": {"id": "cus_1"}}


@pytest.mark.mission("J1", "J2", "J3", "J4", "J5", "J6", "J7", "J8", "J9", "J10", "J11", "J12")
def test_there_is_one_at_least_for_each_of_the_twelve_journeys():
    assert {one.mission.partition(".")[0] for one in shipped()} == {f"J{number}" for number in range(1, 13)}


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.key)
def test_each_can_be_used_as_it_is(one):
    found = definition.parse(one.body)
    assert set(found.name) == {"en", "es"}
    assert Plan("", found).places.keys() == {step.id for step in definition.walk(found.do)}
    for step in definition.walk(found.do):
        assert getattr(step, "valid_for", None) or not isinstance(step, SendMail)


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.key)
def test_each_waits_for_events_that_somebody_announces(one):
    known = "".join(path.read_text() for path in DOCUMENTED)
    found = definition.parse(one.body)
    events = {getattr(found.when, "event", ""), getattr(found.when, "without", "")}
    events |= {getattr(step, "event", "") for step in definition.walk(found.do)}
    for event in events - {""}:
        assert f"`{event}`" in known, event


@pytest.mark.parametrize("key", MAILS)
def test_each_mail_is_written_in_both_languages(db, key):
    words = [render(key, language, SEEN) for language in ("en", "es")]
    assert words[0].subject != words[1].subject
    assert words[0].text != words[1].text
    for mail in words:
        assert "Ada" in mail.text
        assert "https://x.example" in mail.text or "example" not in mail.text
        assert "{" not in mail.subject + mail.text
        assert "<p>" in mail.html or "<p " in mail.html

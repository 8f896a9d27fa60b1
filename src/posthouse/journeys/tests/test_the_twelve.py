"""The shipped definitions: every row of the mission has its step, in both languages, and its events are described."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from posthouse.journeys import definition, reading
from posthouse.timeline import queries as timeline

FOLDER = Path(definition.__file__).parent / "definitions"
DOCUMENT = Path(definition.__file__).parents[3] / "docs" / "journey-events.md"
STEPS_OF = {1: 4, 2: 4, 3: 4, 4: 3, 5: 4, 6: 4, 7: 3, 8: 4, 9: 3, 10: 3, 11: 4, 12: 3}
"""How many rows the mission has for each journey: 43 in all."""
EXPECTED = [f"J{journey}.{row}" for journey, rows in STEPS_OF.items() for row in range(1, rows + 1)]

ALL = [reading.read(path.read_bytes()) for path in sorted(FOLDER.glob("*.yaml"))]
by_key = pytest.mark.parametrize("body", ALL, ids=[body["key"] for body in ALL])


def _types(body):
    triggers = [*body["entry"]["on"]]
    triggers += [trigger for part in [*body["steps"], *body.get("exit", [])] for trigger in part["on"]]
    return {trigger["event"] for trigger in triggers}


@pytest.mark.mission(*EXPECTED)
def test_every_row_of_the_mission_has_exactly_one_step():
    assert len(EXPECTED) == 43
    steps = [step["mission"] for body in ALL for step in body["steps"]]
    assert sorted(steps) == sorted(EXPECTED)


def test_every_journey_has_a_lane_of_its_own_and_its_rows_in_order():
    assert sorted(body["lane"] for body in ALL) == list(range(1, 13))
    for body in ALL:
        assert body["mission"] == f"J{body['lane']}"
        assert [step["mission"] for step in body["steps"]] == [
            f"{body['mission']}.{row}" for row in range(1, STEPS_OF[body["lane"]] + 1)
        ]


@by_key
def test_it_is_valid_and_lies_in_a_file_of_its_name(body):
    assert definition.problems(body) == []
    assert (FOLDER / f"{body['key']}.yaml").exists()


@by_key
def test_every_text_is_there_in_every_language(body):
    languages = {code for code, _name in settings.LANGUAGES}
    texts = [body["name"], body["about"]]
    for step in body["steps"]:
        texts.append(step["name"])
        if body.get("portal"):
            texts += [step["words"], step["todo"]]
    assert all(set(text) == languages for text in texts)


@by_key
def test_every_journey_has_a_milestone_or_no_time_to_reach_it(body):
    timed = any("expected" in step for step in body["steps"])
    assert not timed or any(step.get("milestone") for step in body["steps"])


def test_every_event_is_announced_by_the_house_or_described_for_vendors():
    described = set(re.findall(r"^\| `([a-z_.]+)` \|", DOCUMENT.read_text(), re.MULTILINE))
    needed = {name for body in ALL for name in _types(body)}
    assert needed - set(timeline.known_types()) == described

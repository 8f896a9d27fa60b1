"""Objects whose names stand in the order people read them in."""

import json

from posthouse.foundation.ordered import ordered


def test_names_that_are_known_come_first_and_the_others_by_the_alphabet():
    value = {"z": 1, "steps": [{"on": [{"when": {"b": 1, "a": 2}, "event": "x"}], "key": "k"}], "b": [[]], "key": "j"}
    assert json.dumps(ordered(value, ["key", "event", "when", "on", "steps"])) == json.dumps(
        {"key": "j", "steps": [{"key": "k", "on": [{"event": "x", "when": {"a": 2, "b": 1}}]}], "b": [[]], "z": 1}
    )


def test_what_is_no_object_stays_as_it_is():
    assert ordered("text", ["a"]) == "text"
    assert ordered(None, ["a"]) is None
    assert ordered([3, 1, 2], ["a"]) == [3, 1, 2]

"""What the vendor's site tells: repeatable, in order, and in words that the house turns into events of journeys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from crowd.site import AFTER, BEFORE, DECLARED, afterwards, before_sign_up, identify
from posthouse.intake.dialects import TRANSLATORS
from posthouse.intake.dialects.told import Rules
from posthouse.journeys import definition

SIGNED_UP = datetime(2026, 9, 1, 12, tzinfo=UTC)
NUMBERS = range(60)
KNOWN = (Path(definition.__file__).parents[3] / "docs" / "journey-events.md").read_text("utf-8")


def types_of(items):
    told = [TRANSLATORS["segment"](item, b"", Rules(names=DECLARED))[0] for item in items]
    return {one.type for one in told}


def test_the_same_person_does_the_same_again():
    for what in (before_sign_up(7, 3, SIGNED_UP), afterwards(7, 3, SIGNED_UP, 1.0)):
        assert what
    assert before_sign_up(7, 3, SIGNED_UP) == before_sign_up(7, 3, SIGNED_UP)
    assert afterwards(7, 3, SIGNED_UP, 1.0) == afterwards(7, 3, SIGNED_UP, 1.0)


def test_everything_comes_in_order_and_once():
    for number in NUMBERS:
        before, after = before_sign_up(7, number, SIGNED_UP), afterwards(7, number, SIGNED_UP, 1.0)
        moments = [datetime.fromisoformat(item["timestamp"]) for item in before + after]
        assert moments == sorted(moments)
        assert all(moment < SIGNED_UP for moment in moments[: len(before)])
        assert all(moment < SIGNED_UP + timedelta(days=120) for moment in moments)
        ids = [item["messageId"] for item in before + after]
        assert len(set(ids)) == len(ids)


def test_nobody_resolves_a_ticket_that_was_never_opened():
    for number in NUMBERS:
        names = [item.get("event") for item in afterwards(7, number, SIGNED_UP, 1.0)]
        for habit in AFTER:
            if habit.name in names and habit.needs:
                assert names.index(habit.needs) < names.index(habit.name)


def test_who_looked_around_is_the_one_that_signs_up():
    looked = before_sign_up(7, 3, SIGNED_UP)
    who = identify(3, "ada@example.org")
    assert {item["anonymousId"] for item in looked} == {who["anonymousId"]}
    assert {item["userId"] for item in afterwards(7, 3, SIGNED_UP, 1.0)} == {who["userId"]}


def test_every_word_moves_a_journey():
    items = [item for number in NUMBERS for item in before_sign_up(7, number, SIGNED_UP)]
    items += [item for number in NUMBERS for item in afterwards(7, number, SIGNED_UP, 9.0)]
    types = types_of(items)
    assert len(types) > len(AFTER)
    assert not {type_ for type_ in types if f"`{type_}`" not in KNOWN}
    assert {habit.name for habit in BEFORE if habit.name.startswith("page:")} <= set(DECLARED)

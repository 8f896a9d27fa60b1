"""The model of a developer's life: the same seed lives the same life, and enough of them reach every stage."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from crowd.acts import Call, Leave, MakeKey, Outcome, SignUp
from crowd.caller import Reply
from crowd.life import Developer
from crowd.personas import make_persona
from crowd.questions import KeyUse, Mistake, draw_question, first_question, spoil
from crowd.rhythm import calls_per_second

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def live(number, days=3, seed=7):
    """One life in a world where right calls work and wrong ones do not; returns (moment, act) of every step."""
    persona = make_persona(seed, number)
    life = Developer(persona, seed, pace=30).from_the_start()
    now, acts = START, []
    step = next(life)
    while now < START + timedelta(days=days):
        now += timedelta(seconds=step.wait)
        acts.append((now, step.act))
        try:
            step = life.send(outcome_of(step.act, now, persona))
        except StopIteration:
            break
    return acts


def outcome_of(act, now, persona):
    if isinstance(act, SignUp):
        return Outcome(now, not act.weak_password)
    if not isinstance(act, Call):
        return Outcome(now, ok=True)
    if act.use in (KeyUse.CUT, KeyUse.BARE, KeyUse.MISSING):
        return Outcome(now, ok=False, reply=Reply(401, "key-missing"))
    wrong = "date" not in act.question.query and act.question.route in ("/v1/sun", "")
    return Outcome(now, not wrong, Reply(400 if wrong else 200))


def stage_reached(acts):
    last = acts[-1][1]
    return last.stage if isinstance(last, Leave) else "production"


def test_the_same_seed_and_number_live_the_same_life():
    assert live(5) == live(5)
    assert live(5) != live(5, seed=8)


def test_of_many_some_give_up_at_each_stage_and_many_arrive():
    stages = Counter(stage_reached(live(number, days=1)) for number in range(200))

    assert {"visit", "sign-up", "confirm", "first-call", "building", "production"} <= stages.keys()
    assert 30 <= stages["production"] <= 120


def test_keys_are_made_before_they_are_used():
    for number in range(40):
        made = set()
        for _, act in live(number, days=1):
            if isinstance(act, MakeKey):
                made.add(act.environment)
            elif isinstance(act, Call):
                assert act.environment in made


def test_traffic_follows_the_day():
    persona = next(p for p in (make_persona(7, n) for n in range(50)) if p.rhythm == "office")
    wednesday = datetime(2026, 11, 25, tzinfo=UTC)
    rates = [calls_per_second(persona, wednesday + timedelta(hours=hour)) for hour in range(24)]

    assert max(rates) > 10 * min(rates)
    assert abs(sum(rates) * 3600 / persona.calls_per_day - 1) < 0.01
    assert calls_per_second(persona, wednesday + timedelta(days=4)) < max(rates)


def test_calls_per_day_in_production_are_as_many_as_the_persona_makes():
    persona = make_persona(7, 4)
    life = Developer(persona, 7).in_production("live")
    now, calls = datetime(2026, 11, 23, tzinfo=UTC), 0
    step = next(life)
    while now < datetime(2026, 11, 26, tzinfo=UTC):
        now += timedelta(seconds=step.wait)
        calls += isinstance(step.act, Call)
        step = life.send(Outcome(now, ok=True, reply=Reply(200) if isinstance(step.act, Call) else None))

    assert 0.5 < calls / 3 / persona.calls_per_day < 2


def test_personas_are_people_of_nowhere():
    people = [make_persona(7, number) for number in range(300)]

    assert len({person.email for person in people}) == 300
    assert all(".example." in person.email for person in people)
    assert {person.language for person in people} == {"en", "es"}
    assert all(len(person.password) >= 12 for person in people)


def test_every_mistake_is_answered_with_an_error(sunline):
    persona = make_persona(7, 1)
    today = START.date()
    for mistake in Mistake:
        question = spoil(first_question(persona, today), mistake, persona.spots[0], today)
        headers = {"Content-Type": "application/json"}
        answer = sunline.request(
            question.method,
            question.path,
            **({"body": question.body()} if question.content else {"fields": question.query}),
            headers=headers,
        )
        assert 400 <= answer.status < 500, mistake


def test_right_questions_are_answered(sunline):
    dice = random.Random(1)
    for number in range(60):
        question = draw_question(dice, make_persona(7, number), START.date())
        headers = {"Content-Type": "application/json", "Sunline-Version": question.version or "2026-09-01"}
        body = question.body()
        options = {"body": body} if body else {"fields": question.query}
        assert sunline.request(question.method, question.path, headers=headers, **options).status == 200

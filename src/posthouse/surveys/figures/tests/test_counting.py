"""Figures from columns against the honest way: every row looked at, in plain Python, on random answers."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine

from posthouse.people.models import Contact
from posthouse.surveys import models
from posthouse.surveys.figures import asking, columns, summing, touching
from posthouse.surveys.figures.columns import COMMENTED, text_of
from posthouse.surveys.figures.counting import Question, Span
from posthouse.surveys.models import DayColumn, Response, Send, TouchedDay
from posthouse.surveys.statistics.people import Answer, Counting, counted

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S7")]

START = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = touching.day_number(START)
DAYS = 20
PLANS = ("free", "pro", "team", 7, True, None, "")
COUNTRIES = ("ES", "FR", "MX")


@pytest.fixture
def campaign():
    return models.Campaign.objects.create(name="C", metric="nps", scale="0-10", formula="nps")


@pytest.fixture
def people():
    return Contact.objects.bulk_create(Contact(email=f"p{n}@example.com") for n in range(12))


def answer(campaign, rnd, people, **given):
    attributes = {"plan": rnd.choice(PLANS), "country": rnd.choice(COUNTRIES), "list": [1]}
    return Response(
        **{
            "campaign": campaign,
            "contact": rnd.choice([*people, None]),
            "score": rnd.randrange(11),
            "comment": rnd.choice(["", "words"]),
            "language": rnd.choice(["en", "es", ""]),
            "attributes": attributes if rnd.random() < 0.9 else {},
            # whole hours, so that a person answers twice at the same moment now and then
            "created_at": START + timedelta(hours=rnd.randrange(24 * DAYS)),
        }
        | given
    )


def filled(campaign, people, number=150, seed=1):
    rnd = Random(seed)
    for row in [answer(campaign, rnd, people) for _ in range(number)]:
        row.save()
    return rnd


def summed_up():
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC), tick=False):
        for _ in range(100):
            if not summing.sum_up():
                break
    assert not TouchedDay.objects.exists()


def traits(row):
    own = {name: getattr(row, name) for name in ("language", "channel", "device")}
    return own | {f"attributes.{name}": text_of(value) for name, value in row.attributes.items()}


def honest(everything, span, question):
    """The answers of a span that count and then fit, one by one."""
    rows = {row.pk: row for row in everything if span.first <= touching.day_number(row.created_at) <= span.last}
    answers = [Answer(row.contact_id or "", row.created_at, row.pk, row.score) for row in rows.values()]
    left = [rows[one.id] for one in counted(answers, Counting.LATEST if question.latest else Counting.ALL)]
    return [row for row in left if all(traits(row).get(name, "") == word for name, word in question.where)]


def bins(rows):
    return Counter(row.score + COMMENTED * bool(row.comment) for row in rows)


def as_counter(counts):
    return Counter({place: int(number) for place, number in enumerate(counts) if number})


def check(campaign, question):
    found = asking.ask(campaign.pk, "answers", question)
    everything = list(Response.objects.filter(campaign=campaign))
    assert found.behind_since is None
    for span, counts in zip(question.spans, found.counted.spans, strict=True):
        assert as_counter(counts) == bins(honest(everything, span, question))
    for span, counts in zip(question.trend, found.counted.trend, strict=True):
        assert as_counter(counts) == bins(honest(everything, span, question))
    main = question.spans[0]
    for number, counts in enumerate(found.counted.window):
        end = main.first + number
        assert as_counter(counts) == bins(honest(everything, Span(end - question.window + 1, end), question))
    if question.by:
        groups = {}
        for row in honest(everything, main, question):
            groups.setdefault(traits(row).get(question.by, ""), []).append(row)
        assert {word: as_counter(counts) for word, counts in found.counted.groups.items()} == {
            word: bins(rows) for word, rows in groups.items()
        }


QUESTIONS = [
    {},
    {"where": (("attributes.plan", "pro"), ("attributes.country", "ES"))},
    {"where": (("attributes.plan", ""),), "by": "attributes.country"},
    {"where": (("attributes.plan", "7"),), "by": "language"},
    {"where": (("language", "es"),), "by": "attributes.plan"},
    {"where": (("attributes.plan", "true"),)},
    {"where": (("attributes.plan", "none has this"),)},
    {"where": (("attributes.nothing", "x"),)},
    {"where": (("attributes.nothing", ""),), "by": "attributes.nothing"},
    {"by": "attributes.list"},
]


def asked(latest, **more):
    return Question(
        spans=(Span(FIRST + 5, FIRST + 14), Span(FIRST, FIRST + 4), Span(FIRST - 9, FIRST + 40)),
        trend=(Span(FIRST + 3, FIRST + 9), Span(FIRST + 10, FIRST + 16)),
        window=4,
        latest=latest,
        **more,
    )


@pytest.mark.parametrize("latest", [False, True])
def test_columns_count_what_the_rows_say(campaign, people, latest):
    filled(campaign, people)
    questions = [asked(latest, **more) for more in QUESTIONS]
    check(campaign, questions[1])
    summed_up()
    assert DayColumn.objects.filter(name="attributes.plan").count() > 10
    for question in questions:
        check(campaign, question)


def test_another_campaign_is_another_matter(campaign, people):
    filled(campaign, people, 20)
    other = models.Campaign.objects.create(name="O", metric="nps", scale="0-10", formula="nps")
    filled(other, people, 10, seed=2)
    summed_up()
    check(campaign, asked(True))
    check(other, asked(True))


@pytest.mark.parametrize("between", [False, True], ids=["at once", "after summing up"])
def test_changed_late_and_deleted_answers_count_as_they_now_are(campaign, people, between):
    rnd = filled(campaign, people, 80)
    summed_up()
    question = asked(True, where=(("attributes.country", "ES"),), by="attributes.plan")
    for turn in range(8):
        rows = list(Response.objects.order_by("pk"))
        changed = rnd.choice(rows)
        changed.score, changed.comment = 10 - changed.score, "changed"
        changed.save(update_fields=["score", "comment"])
        answer(campaign, rnd, people).save()
        rnd.choice(rows).delete()
        if turn == 4:
            next(person for person in people if Response.objects.filter(contact=person).exists()).delete()
        if between:
            summed_up()
        check(campaign, question)


def test_many_at_once_are_noted_by_who_writes_them(campaign, people):
    rnd = filled(campaign, people, 30)
    summed_up()
    rows = Response.objects.bulk_create(answer(campaign, rnd, people) for _ in range(30))
    touching.touch_answers(Response.objects.filter(pk__in=[row.pk for row in rows]))
    check(campaign, asked(True))
    summed_up()
    check(campaign, asked(True))


def test_everything_can_be_made_anew(campaign, people):
    rnd = Random(3)
    Response.objects.bulk_create(answer(campaign, rnd, people) for _ in range(40))
    assert touching.touch_all() == len({row.created_at.date() for row in Response.objects.all()})
    summed_up()
    check(campaign, asked(False))


def test_a_day_that_is_gone_leaves_no_columns(campaign, people):
    filled(campaign, people, 5)
    summed_up()
    assert DayColumn.objects.exists()
    Response.objects.all().delete()
    summed_up()
    assert not DayColumn.objects.exists()


@pytest.mark.parametrize("loose", [100, 0], ids=["named", "too many names"])
def test_ids_are_not_kept_in_columns_and_yet_found(campaign, people, monkeypatch, loose):
    monkeypatch.setattr(columns, "MOST_WORDS", 3)
    monkeypatch.setattr(columns, "MOST_LOOSE_NAMES", loose)
    rnd = Random(4)
    for number in range(60):
        answer(campaign, rnd, people, attributes={"id": f"id{number}", "country": rnd.choice(COUNTRIES)}).save()
    summed_up()
    assert DayColumn.objects.filter(name="attributes.country").exists()
    question = asked(True, where=(("attributes.id", "id7"), ("attributes.country", "ES")))
    check(campaign, question)
    monkeypatch.setattr(asking, "MOST_LOOSE_ROWS", 5)
    with pytest.raises(asking.TooManyValues):
        asking.ask(campaign.pk, "answers", question)
    check(campaign, asked(True, where=(("attributes.country", "ES"),)))


def test_beyond_some_rows_it_says_since_when_it_is_behind(campaign, people, monkeypatch):
    filled(campaign, people, 30)
    summed_up()
    before = asking.ask(campaign.pk, "answers", asked(False)).counted.spans[2].sum()
    monkeypatch.setattr(asking, "MOST_ROWS", 0)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        answer(campaign, Random(5), people).save()
    found = asking.ask(campaign.pk, "answers", asked(False))
    assert (found.behind_since, found.counted.spans[2].sum()) == (at, before)
    summed_up()
    assert asking.ask(campaign.pk, "answers", asked(False)).counted.spans[2].sum() == before + 1


def test_a_great_day_is_made_anew_less_often(campaign, people, monkeypatch):
    with time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC), tick=False) as clock:
        answer(campaign, Random(6), people).save()
        assert summing.sum_up() > 0
        monkeypatch.setattr(summing, "ROWS_PER_SECOND", 0.1)
        Response.objects.get().save()
        assert summing.sum_up() == 0
        clock.shift(timedelta(seconds=11))
        assert summing.sum_up() == 1
        assert not TouchedDay.objects.exists()


def test_who_was_overtaken_leaves_its_work_undone(campaign, people):
    answer(campaign, Random(7), people, contact=None).save()
    place = (campaign.pk, "answers", TouchedDay.objects.get().day)
    notes = [TouchedDay.objects.get().pk]
    TouchedDay.objects.all().delete()
    assert summing._make_anew(place, notes) == 0
    assert not DayColumn.objects.exists()


def test_sends_are_counted_by_the_day_they_went_out_and_whether_they_were_answered(campaign, people):
    rnd = Random(8)
    for number, person in enumerate(people):
        sent = Send.objects.create(
            campaign=campaign,
            contact=person,
            state="sent" if number else "cancelled",
            outcome="scheduled",
            sent_at=START + timedelta(days=number % 3),
            attributes={"plan": ("pro", "free")[number % 2]},
        )
        if number % 4 == 0:
            answer(campaign, rnd, people, contact=person, send=sent).save()
    question = Question(spans=(Span(FIRST, FIRST + 1),), where=(("attributes.plan", "pro"),))
    expected = {
        answered: Send.objects.filter(
            state="sent", sent_at__lt=START + timedelta(days=2), attributes__plan="pro", response__isnull=not answered
        ).count()
        for answered in (True, False)
    }
    assert expected[True] > 0
    for _both_ways in range(2):
        counts = asking.ask(campaign.pk, "sends", question).counted.spans[0]
        assert (counts[1], counts[0], counts.sum()) == (expected[True], expected[False], sum(expected.values()))
        summed_up()

"""A filter finds the same rows that the figures count, whatever kind of value it is."""

import pytest

from posthouse.surveys.figures.columns import text_of
from posthouse.surveys.figures.narrowing import narrowed
from posthouse.surveys.models import Campaign, Response

pytestmark = [pytest.mark.django_db, pytest.mark.mission("S10")]

VALUES = (
    "pro",
    "7",
    7,
    7.5,
    -3,
    True,
    False,
    "true",
    "",
    None,
    [1],
    {"a": 1},
    'it\'s "so"',
    "ñandú",
    "%",
    "null",
    "[x",
)
WORDS = ("pro", "7", "7.5", "-3", "true", "false", "", 'it\'s "so"', "ñandú", "%", "null", "[x", "PRO", "1", '"pro"')
NAMES = ("plan", "0", "a.b", "contains", "Two words", "ñ", "x__y", 'q"q')


@pytest.fixture
def answers():
    campaign = Campaign.objects.create(name="C", metric="nps", scale="0-10", formula="nps")
    rows = [Response(campaign=campaign, score=1, attributes={name: value}) for name in NAMES for value in VALUES]
    return Response.objects.bulk_create([*rows, Response(campaign=campaign, score=1, language="es", device="phone")])


@pytest.mark.parametrize("name", NAMES)
def test_an_attribute_is_found_by_the_word_it_is_shown_as(answers, name):
    for word in WORDS:
        found = narrowed(Response.objects.all(), ((f"attributes.{name}", word),))
        expected = {row.pk for row in answers if text_of(row.attributes.get(name)) == word}
        assert set(found.values_list("pk", flat=True)) == expected, word


def test_all_filters_hold(answers):
    found = narrowed(Response.objects.all(), (("language", "es"), ("device", "phone"), ("attributes.plan", "")))
    assert found.count() == 1
    assert narrowed(Response.objects.all(), (("language", "es"), ("device", "tablet"))).count() == 0

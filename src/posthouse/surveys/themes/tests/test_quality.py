"""How good themes are, on a sample of comments that we wrote and labelled ourselves (see docs/themes.md).

Lines with odd numbers were looked at while the lexicon was written, those with even numbers never: only these tell.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from posthouse.surveys.themes.assigning import topics_of
from posthouse.surveys.themes.lexicon import FOUND, KEYS, RIGHT
from posthouse.surveys.themes.words import language_of

pytestmark = pytest.mark.mission("S8")
SAMPLE = Path(__file__).parent / "labelled.tsv"
DOCUMENT = Path(__file__).parents[5] / "docs" / "themes.md"


class Labelled(NamedTuple):
    """A comment with what a person says it is about."""

    language: str
    topics: frozenset[str]
    text: str


def sample():
    rows = [line.split("\t") for line in SAMPLE.read_text("utf-8").splitlines()]
    return [Labelled(language, frozenset(filter(None, labels.split(","))), text) for language, labels, text in rows]


def quality(rows):
    """Precision and recall over all pairs of comment and topic."""
    counts = Counter()
    for row in rows:
        found = topics_of(row.text).keys()
        counts["right"] += len(found & row.topics)
        counts["found"] += len(found)
        counts["there"] += len(row.topics)
    return counts["right"] / counts["found"], counts["right"] / counts["there"]


def kept(language):
    """The comments that were never looked at."""
    return [row for number, row in enumerate(sample(), 1) if number % 2 == 0 and row.language == language]


def test_the_sample_has_enough_of_both_languages_and_of_every_topic():
    rows = sample()
    counts = Counter(topic for row in rows for topic in row.topics)
    assert len(rows) >= 150
    assert min(Counter(row.language for row in rows).values()) >= 75
    assert set(counts) == set(KEYS)
    assert min(counts.values()) >= 8
    assert len({row.text for row in rows}) == len(rows)


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_found_is_mostly_right_and_most_is_found(language):
    precision, recall = quality(kept(language))
    assert precision >= 0.8
    assert recall >= 0.6


def test_what_the_page_and_the_document_say_is_what_comes_out():
    precision, recall = quality([*kept("en"), *kept("es")])
    assert (round(100 * precision), round(100 * recall)) == (RIGHT, FOUND)
    text = DOCUMENT.read_text("utf-8")
    for language in ("en", "es"):
        shares = [f"{share:.0%}".replace("%", " %") for share in quality(kept(language))]
        assert f"| {language} | {len(kept(language))} | {shares[0]} | {shares[1]} |" in text


def test_languages_are_told_apart():
    rows = sample()
    assert sum(language_of(row.text) == row.language for row in rows) / len(rows) >= 0.95

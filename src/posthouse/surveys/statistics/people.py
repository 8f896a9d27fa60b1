"""Which answers count: all of them, or the latest of each person, so that answers are independent of each other."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Counting(StrEnum):
    """What a figure is made of; it is always said beside the figure."""

    ALL = "all"
    LATEST = "latest"


class Answer(NamedTuple):
    """One answer; `person` is empty where nobody is to be known, and such answers are all of different people."""

    person: str
    at: datetime
    id: str
    score: int


def counted(answers: Iterable[Answer], counting: Counting) -> list[Answer]:
    """Those that count, oldest first. Of two at the same moment the one with the greater id is the later."""
    ordered = sorted(answers, key=lambda answer: (answer.at, answer.id))
    if counting is Counting.ALL:
        return ordered
    latest = {answer.person or answer.id: answer for answer in ordered}
    return sorted(latest.values(), key=lambda answer: (answer.at, answer.id))

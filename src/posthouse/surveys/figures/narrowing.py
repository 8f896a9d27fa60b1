"""Narrows rows of answers or sends by the filters that figures have: traits, and the words for their values."""

from typing import TypeVar

from django.db.models import F, Model, QuerySet, TextField, Value

from posthouse.foundation.jsonwords import Word
from posthouse.surveys.figures.metrics import ATTRIBUTE

M = TypeVar("M", bound=Model)


def narrowed(rows: QuerySet[M, M], where: tuple[tuple[str, str], ...]) -> QuerySet[M, M]:
    """The rows for which all filters hold; an empty word: it is not known."""
    for number, (name, word) in enumerate(where):
        if name.startswith(ATTRIBUTE):
            key = Value(name.removeprefix(ATTRIBUTE), output_field=TextField())
            alias = f"narrowed_{number}"
            rows = rows.alias(**{alias: Word(F("attributes"), key)}).filter(**{alias: word})
        else:
            rows = rows.filter(**{name: word})
    return rows

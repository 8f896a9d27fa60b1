"""Cursor pages for the HTTP API and numbered pages for lists on screen."""

from typing import Annotated, Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Query

from posthouse.foundation.appendlog import Cursor
from posthouse.foundation.problems import Problem

M = TypeVar("M", bound=Model)

PAGE_SIZE = 50
ApiLimit = Annotated[int, Query(ge=1, le=200, description="How many at most")]


def page_of(request: HttpRequest, rows: QuerySet[M, Any], size: int = PAGE_SIZE) -> Page[M]:
    """The page named by `?page=`; an unreadable or too large number gives the nearest real page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def log_cursor(text: str) -> Cursor:
    """The cursor a caller sent (empty: the beginning). Raises a 422 problem when it is not one of ours."""
    try:
        return Cursor.parse(text) if text else Cursor()
    except ValueError as error:
        raise invalid_cursor() from error


def invalid_cursor() -> Problem:
    """422: the cursor was not given out by us."""
    return Problem(
        status=422,
        code="cursor-invalid",
        title="The cursor is not valid",
        detail="Send the `next` value of an earlier answer unchanged, or leave the cursor out to begin at the start.",
    )

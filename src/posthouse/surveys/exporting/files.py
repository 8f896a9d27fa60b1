"""An export as an answer over HTTP."""

from collections.abc import AsyncIterator, Iterator
from datetime import date

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from posthouse.surveys.exporting import rows
from posthouse.surveys.exporting.forms import FORMS, NoParquet, has_parquet
from posthouse.surveys.handling.finding import Sought
from posthouse.surveys.models import Campaign


def file_of(
    request: HttpRequest,
    campaign: Campaign,
    what: Sought,
    *,
    form: str,
    since: date | None = None,
    until: date | None = None,
    where: tuple[tuple[str, str], ...] = (),
) -> StreamingHttpResponse:
    """The answers that fit as a file. `form` is one of FORMS. Raises NoParquet where that cannot be written here."""
    if form == "parquet" and not has_parquet():
        raise NoParquet
    kind, make = FORMS[form]
    found = rows.answers(campaign, what, since=since, until=until, where=where)
    content = make(rows.portions(campaign, found), rows.names_of(found) if form == "csv" else ())
    return StreamingHttpResponse(
        _in_threads(content) if isinstance(request, ASGIRequest) else content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="responses-{campaign.pk}.{form}"',
            "Cache-Control": "no-store",
        },
    )


async def _in_threads(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same for ASGI, whose event loop must not wait for the database."""

    def following() -> bytes | None:
        return next(content, None)

    while (part := await sync_to_async(following)()) is not None:
        yield part

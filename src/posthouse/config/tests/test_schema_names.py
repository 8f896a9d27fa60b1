"""The schemas of the HTTP API: each name in the document stands for one shape, or programs would be told wrong."""

from collections import Counter
from collections.abc import Iterator

from ninja import Schema

from posthouse.config.http_api import openapi_document


def test_no_two_features_call_their_shapes_alike():
    shown = openapi_document()["components"]["schemas"]
    names = Counter(kind.__name__ for kind in set(_all(Schema)) if ".api" in kind.__module__)

    assert [name for name, times in names.items() if times > 1 and name in shown] == []


def _all(kind: type) -> Iterator[type]:
    for child in kind.__subclasses__():
        yield child
        yield from _all(child)

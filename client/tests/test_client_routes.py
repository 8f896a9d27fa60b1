"""Route templates never contain what a caller wrote into the path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse_client import routes


@pytest.mark.parametrize(
    ("template", "path", "parameters", "expected"),
    [
        ("/sun/{place}", "/sun/madrid", {"place": "madrid"}, "/sun/{place}"),
        ("/", "/", {}, "/"),
        ("/b/{x}", "/m/2/b/3", {"t": "2", "x": "3"}, "/m/{t}/b/{x}"),
        ("/r/{k}/i/{j}", "/v1/r/1/i/2", {"k": "1", "j": "2"}, "/v1/r/{k}/i/{j}"),
        ("/q/{w:path}", "/q/a/b", {"w": "a/b"}, "/q/{w}"),
        ("/q/{w:path}", "/v1/q/a/b/c", {"w": "a/b/c"}, "/v1/q/{w}"),
        ("/n/{id:int}", "/n/7", {"id": 7}, "/n/{id}"),
        ("/{name}.json", "/v2/x.json", {"name": "x"}, "/v2/{name}.json"),
        ("/b/{x}", "/m/007/b/3", {"t": 7, "x": "3"}, "/b/{x}"),
        ("/static", "/static/css/a.css", {}, "/static/*"),
        ("/m/{t}", "/other/2/none", {}, None),
    ],
)
def test_the_whole_template_is_put_together(
    template: str, path: str, parameters: dict[str, object], expected: str | None
) -> None:
    assert routes.complete(template, path, parameters) == expected


def test_the_address_an_application_is_served_under_is_not_part_of_the_route() -> None:
    class Route:
        path = "/sun/{place}"

    scope = {"path": "/api/sun/x", "root_path": "/api", "route": Route(), "path_params": {"place": "x"}}
    assert routes.of_scope(scope) == "/sun/{place}"


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_anything_can_be_asked(template: str, path: str, parameters: dict[str, str]) -> None:
    routes.complete(template, path, parameters)

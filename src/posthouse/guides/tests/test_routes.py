import pytest

from posthouse.guides.openapi.routes import Routes

ROUTES = Routes(
    [
        ("get", "/places/{place_id}", "place", frozenset({"/v1"})),
        ("get", "/places/near", "near", frozenset({"/v1"})),
        ("post", "/places", "add", frozenset({"/v1", ""})),
        ("get", "/files/{id}.{format}", "file", frozenset({""})),
        ("get", "/v1/status", "status", frozenset({"/v1"})),
        ("get", "/", "root", frozenset({""})),
    ]
)


@pytest.mark.parametrize(
    ("method", "route", "slug"),
    [
        ("GET", "/places/{place_id}", "place"),
        ("get", "/places/{id}", "place"),
        ("GET", "/v1/places/<int:pk>", "place"),
        ("GET", "/v1/places/:id", "place"),
        ("GET", "/v1/places/{id:path}/", "place"),
        ("GET", "/v1/places/madrid-spain", "place"),
        ("GET", "/v1/places/near", "near"),
        ("GET", "/places/near", "near"),
        ("POST", "/places", "add"),
        ("DELETE", "/places", None),
        ("GET", "/files/7.json", "file"),
        ("GET", "/files/{name}.{ext}", "file"),
        ("GET", "/status", "status"),
        ("GET", "/v1/status?x=1", "status"),
        ("GET", "/", "root"),
        ("GET", "", "root"),
        ("GET", "/nowhere", None),
        ("", "", None),
        ("GET", "/v2/places/{id}", None),
    ],
)
def test_a_recorded_route_finds_its_operation(method, route, slug):
    assert ROUTES.find(method, route) == slug

"""Whatever stands in a document: it is refused clearly, or every page of it can be made."""

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.guides.openapi.check import check
from posthouse.guides.openapi.findings import ImportRefused
from posthouse.guides.openapi.samples import samples
from posthouse.guides.openapi.source import read_source
from posthouse.guides.openapi.spec import Spec
from posthouse.guides.outline import outline
from posthouse.guides.tests.small import SMALL

WORDS = [
    *(
        "$ref",
        "type",
        "allOf",
        "oneOf",
        "anyOf",
        "properties",
        "items",
        "required",
        "enum",
        "const",
        "default",
        "example",
    ),
    *(
        "schema",
        "content",
        "parameters",
        "responses",
        "name",
        "in",
        "get",
        "post",
        "description",
        "tags",
        "servers",
        "url",
    ),
    *(
        "minimum",
        "maxLength",
        "pattern",
        "minItems",
        "multipleOf",
        "nullable",
        "discriminator",
        "mapping",
        "propertyName",
    ),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "object",
            "array",
            "string",
            "integer",
            "null",
            "#/components/schemas/Pet",
            "#/components/schemas/",
            "#",
            "#/",
            "/pets",
            "query",
        ]
    )
)
NAMES = st.sampled_from(WORDS) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=25
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def places(value, place=()):
    """Where something could be replaced."""
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*place, name))


PLACES = [place for place in places(SMALL) if place]


def stepped(here, name):
    """What stands under a name, or nothing when an earlier change took it away."""
    if isinstance(here, dict):
        return here.get(name)
    return here[name] if isinstance(here, list) and isinstance(name, int) and name < len(here) else None


def read_whole(source):
    """Everything that pages ask for; ImportRefused is the only way to say no."""
    try:
        read = read_source(source)
        notes = check(read.content)
    except ImportRefused as error:
        notes, read = error.findings, None
    assert all(note.reason and isinstance(note.where, str) for note in notes)
    if read is None:
        assert notes
        return
    spec = Spec(read.content)
    assert spec.title is not None
    assert sum(len(group.heads) for group in spec.groups) == len(spec.heads)
    for slug, head in spec.heads.items():
        operation = spec.operation(slug)
        samples(operation, base_url="https://x.example", variable="KEY")
        outline(spec, head, base_url="https://x.example").encode()
        spec.needs_key(slug)
        assert spec.routes.find(head.method, head.path) or head.webhook or not head.path
    for name in spec.schemas.values():
        spec.schema(name)
        spec.example(name)
        spec.users(name)
    assert spec.error_codes is not None
    assert spec.first_call is not None or all(head.webhook for head in spec.heads.values())
    assert spec.security is not None


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
@QUICK
def test_anything_at_all(source):
    read_whole(source)


@given(
    st.dictionaries(st.sampled_from(["openapi", "info", "paths", "components", "servers", "tags", "security"]), VALUES)
)
@QUICK
def test_documents_of_nonsense(value):
    value["openapi"] = "3.1.0"
    value.setdefault("paths", {"/a": {"get": {}}})
    read_whole(json.dumps(value).encode())


@given(st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=4))
@QUICK
def test_a_good_document_with_nonsense_in_it(changes):
    content = copy.deepcopy(SMALL)
    for place, value in changes:
        here = content
        for name in place[:-1]:
            here = stepped(here, name)
        if stepped(here, place[-1]) is not None:
            here[place[-1]] = value
    read_whole(json.dumps(content).encode())

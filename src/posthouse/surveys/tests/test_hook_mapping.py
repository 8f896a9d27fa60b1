"""What is read out of a foreign payload, and what is said of one, or of a mapping, that cannot be used."""

from datetime import timedelta

import pytest

from posthouse.surveys.hooks.mapping import check_mapping, read
from posthouse.surveys.texts import Invalid

PAYLOAD = {
    "event": "ticket.closed",
    "ticket": {"id": 812, "tags": ["api", "auth"], "effort": 2.5, "vip": True, "note": None},
    "people": [{"mail": " Ada@Example.org ", "name": "Ada", "lang": "pt_br"}],
    "in": "PT2H",
    "seconds": "3600",
    "a/b": {"m~n": "odd"},
}
MAIL = {"email": "/people/0/mail"}


def test_everything_is_read_where_the_mapping_says():
    mapping = check_mapping(
        MAIL
        | {"name": "/people/0/name", "language": "/people/0/lang", "delay": "/in", "id": "/ticket/id"}
        | {"attributes": {"tags": "/ticket/tags", "vip": "/ticket/vip", "odd": "/a~1b/m~0n", "from": "=helpdesk"}}
        | {"only": {"/event": "ticket.closed", "/ticket/vip": "true", "/ticket/id": "812"}}
    )
    found = read(mapping, PAYLOAD)
    assert (found.email, found.name, found.language, found.id) == ("Ada@Example.org", "Ada", "pt-BR", "812")
    assert found.delay == timedelta(hours=2)
    assert found.attributes == {"tags": "api, auth", "vip": True, "odd": "odd", "from": "helpdesk"}
    assert (found.meant, found.missing, found.faults) == (True, [], [])


@pytest.mark.parametrize(
    ("source", "delay"),
    [("/in", 7200), ("/seconds", 3600), ("/ticket/id", 812), ("/ticket/effort", 2.5), ("=P1D", 86400), ("=60", 60)],
)
def test_a_delay_is_seconds_or_a_duration(source, delay):
    assert read(check_mapping(MAIL | {"delay": source}), PAYLOAD).delay == timedelta(seconds=delay)


@pytest.mark.parametrize(
    ("said", "code"), [("es", "es"), ("ES", "es"), ("pt_BR", "pt-BR"), ("pt-br", "pt-BR"), ("zh-Hans", "zh-Hans")]
)
def test_languages_as_other_systems_write_them(said, code):
    found = read(MAIL | {"language": "/l"}, {"people": [{"mail": "a@example.org"}], "l": said})
    assert (found.language, found.faults) == (code, [])


@pytest.mark.parametrize(
    "only", [{"/event": "ticket.opened"}, {"/nothing": "x"}, {"/ticket": "x"}, {"/ticket/vip": "True"}]
)
def test_what_says_something_else_is_passed_over(only):
    found = read(MAIL | {"only": only}, PAYLOAD)
    assert (found.meant, found.faults) == (False, [])


def test_what_may_be_left_out_and_is_missing_is_named():
    found = read(MAIL | {"name": "/ticket/note", "attributes": {"plan": "/plan"}}, PAYLOAD)
    assert (found.name, found.attributes, found.missing, found.faults) == ("", {}, ["/ticket/note", "/plan"], [])


FAULTS = [
    ({"email": "/ticket/mail"}, "email"),
    ({"email": "/ticket/note"}, "email"),
    ({"email": "/ticket/id"}, "email"),
    ({"email": "/people"}, "email"),
    ({"email": "/event"}, "email"),
    ({"name": "/ticket/id"}, "name"),
    ({"name": "/ticket"}, "name"),
    ({"language": "/event"}, "language"),
    ({"language": "/ticket/vip"}, "language"),
    ({"delay": "/event"}, "delay"),
    ({"delay": "/ticket/vip"}, "delay"),
    ({"delay": "/nothing"}, "delay"),
    ({"delay": "/ticket/tags"}, "delay"),
    ({"id": "/ticket"}, "id"),
    ({"id": "/nothing"}, "id"),
    ({"attributes": {"all": "/ticket"}}, "attributes/all"),
    ({"attributes": {"all": ""}}, "attributes/all"),
    ({"attributes": {"all": "/people"}}, "attributes/all"),
]


@pytest.mark.parametrize(("more", "part"), FAULTS)
def test_what_cannot_be_used_is_named_with_its_pointer(more, part):
    mapping = MAIL | more
    (fault,) = read(mapping, PAYLOAD).faults
    assert fault.part == part
    assert fault.reason


@pytest.mark.parametrize("delay", [-1, 366 * 86400 + 1, 1e300, "P400D", "-5", ""])
def test_a_delay_out_of_bounds_is_a_fault(delay):
    (fault,) = read(MAIL | {"delay": "/d"}, PAYLOAD | {"d": delay}).faults
    assert fault.part == "delay"


@pytest.mark.parametrize("payload", [None, [], 3, "x", {}, {"people": {}}, {"people": []}])
def test_any_payload_is_read_without_breaking(payload):
    (fault,) = read(MAIL, payload).faults
    assert fault.pointer == "/people/0/mail"


BAD = [
    ("x", "/mapping"),
    ({}, "/mapping/email"),
    ({"email": ""}, "/mapping/email"),
    ({"email": "user.email"}, "/mapping/email"),
    ({"email": "=nobody"}, "/mapping/email"),
    ({"email": 3}, "/mapping/email"),
    ({"email": "/a~2"}, "/mapping/email"),
    ({"email": "/" + "x" * 600}, "/mapping/email"),
    ({"email": "/e\x00"}, "/mapping/email"),
    (MAIL | {"mail": "/x"}, "/mapping/mail"),
    (MAIL | {"language": "=Español"}, "/mapping/language"),
    (MAIL | {"delay": "=soon"}, "/mapping/delay"),
    (MAIL | {"id": "=1"}, "/mapping/id"),
    (MAIL | {"attributes": ["x"]}, "/mapping/attributes"),
    (MAIL | {"attributes": {"": "/x"}}, "/mapping/attributes"),
    (MAIL | {"attributes": {"plan": ""}}, "/mapping/attributes/plan"),
    (MAIL | {"attributes": {"plan": "pro"}}, "/mapping/attributes/plan"),
    (MAIL | {"attributes": {f"a{n}": "/x" for n in range(31)}}, "/mapping/attributes"),
    (MAIL | {"only": {"x": "y"}}, "/mapping/only"),
    (MAIL | {"only": {"": "y"}}, "/mapping/only"),
    (MAIL | {"only": {"/x": 3}}, "/mapping/only"),
]


@pytest.mark.parametrize(("mapping", "place"), BAD)
def test_a_mapping_that_cannot_be_is_refused_at_its_place(mapping, place):
    with pytest.raises(Invalid) as refused:
        check_mapping(mapping)
    assert refused.value.place == place

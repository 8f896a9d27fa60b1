"""JSON Pointers, by the examples of RFC 6901, section 5."""

import pytest

from posthouse.foundation import pointers

DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
EXAMPLES = [
    ("", DOCUMENT),
    ("/foo", ["bar", "baz"]),
    ("/foo/0", "bar"),
    ("/", 0),
    ("/a~1b", 1),
    ("/c%d", 2),
    ("/e^f", 3),
    ("/g|h", 4),
    ("/i\\j", 5),
    ('/k"l', 6),
    ("/ ", 7),
    ("/m~0n", 8),
]


@pytest.mark.parametrize(("pointer", "value"), EXAMPLES)
def test_the_examples_of_the_standard(pointer, value):
    assert pointers.find(DOCUMENT, pointer) == value


@pytest.mark.parametrize("pointer", ["/bar", "/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/foo/1e0", "/foo/٠", "//x"])
def test_what_is_not_there_is_missing(pointer):
    assert pointers.find(DOCUMENT, pointer) is pointers.MISSING


def test_null_is_there():
    assert pointers.find({"a": None}, "/a") is None


def test_a_tilde_is_read_after_the_slash():
    assert pointers.find({"~1": "x"}, "/~01") == "x"


@pytest.mark.parametrize("pointer", ["foo", "#/foo", "/a~2b", "/a~", "/" + "x" * 500])
def test_what_is_no_pointer_is_refused(pointer):
    with pytest.raises(ValueError, match="pointer"):
        pointers.find(DOCUMENT, pointer)

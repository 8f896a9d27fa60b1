"""The vendor's row and its logo."""

import base64

import pytest
from django.core.exceptions import ValidationError

from posthouse.timeline.models import Event
from posthouse.vendor import actions, queries

SVG = b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>'


@pytest.fixture(autouse=True)
def _nothing_remembered():
    queries.forget()
    yield
    queries.forget()


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (SVG, "image/svg+xml"),
        (b"\xef\xbb\xbf<svg>", "image/svg+xml"),
        (b"\x89PNG\r\n\x1a\n1234", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_becomes_a_data_address(picture, kind):
    start, _, data = actions.logo_address(picture).partition(";base64,")
    assert start == f"data:{kind}"
    assert base64.b64decode(data) == picture


@pytest.mark.parametrize(
    "picture",
    [b"", b"GIF89a", b"<html><svg>", b"svg", b"<svgx>", b"<?xml ?><html>", b"\x89PNG\r\n\x1a\n" + b"0" * 65_536],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(ValidationError):
        actions.logo_address(picture)


@pytest.mark.django_db
def test_a_change_is_announced_once_and_seen():
    actions.describe_vendor(name="Sunline")
    actions.describe_vendor(name="Sunline")
    assert [event.data for event in Event.objects.filter(type="vendor.described")] == [{"changed": ["name"]}]
    queries.forget()
    assert queries.vendor().name == "Sunline"


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"accent": "red"}, {"time_zone": "Mars"}, {"default_language": "xx"}, {"name": ""}])
def test_what_does_not_fit_is_refused(change):
    with pytest.raises(ValidationError):
        actions.describe_vendor(**change)
    assert not Event.objects.exists()

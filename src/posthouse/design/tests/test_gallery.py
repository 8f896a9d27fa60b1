"""The gallery shows every component, and only where DEBUG is on."""

import pytest


@pytest.mark.django_db
@pytest.mark.parametrize("base", ["portal"])
def test_the_gallery_shows_every_component(client, settings, base):
    settings.DEBUG = True
    page = client.get(f"/design/gallery/{base}/").content.decode()
    for shape in (
        "badge",
        "empty",
        "field",
        "pager",
        "code",
        "stat",
        "chart",
        "notice",
        "wait",
        "path",
        "facts",
        "filters",
        "tabs",
    ):
        assert f'class="{shape}' in page, shape


@pytest.mark.django_db
def test_visitors_do_not_see_it(client):
    assert client.get("/design/gallery/").status_code == 404

"""Whatever colour the vendor chooses, what is made of it can be read in both themes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.design import colours

TOKENS = (Path(colours.__file__).parent / "static" / "design" / "tokens.css").read_text()
TOKEN = re.compile(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)")
PAIRS = {name: (light, dark) for name, light, dark in TOKEN.findall(TOKENS)}
ENOUGH = 4.5

channel = st.integers(min_value=0, max_value=255)
hexes = st.builds("{:02x}{:02x}{:02x}".format, channel, channel, channel)


@given(hexes)
def test_any_accent_can_be_read_on_every_ground_and_carries_its_ink(accent):
    for palette, theme in zip(colours.palettes(accent), (colours.LIGHT, colours.DARK), strict=True):
        for ground in (*theme.grounds, palette.wash):
            assert colours.contrast(palette.accent, ground) >= ENOUGH
        assert colours.contrast(palette.fill, palette.ink) >= ENOUGH
        for ground in theme.grounds:
            assert colours.contrast(palette.fill, ground) >= colours.SEEN
        assert colours.contrast(theme.ink, palette.wash) >= ENOUGH


@given(hexes)
def test_a_legible_accent_is_left_as_it_is(accent):
    light, _dark = colours.palettes(accent)
    if all(colours.contrast(f"#{accent}", ground) >= colours.ENOUGH + 1 for ground in colours.LIGHT.grounds):
        assert light.accent == light.fill == f"#{accent}"


def test_the_grounds_are_those_of_the_style_sheet():
    for index, theme in enumerate((colours.LIGHT, colours.DARK)):
        assert set(theme.grounds) == {PAIRS[name][index] for name in ("ground", "surface", "sunken")}
        assert theme.surface == PAIRS["surface"][index]
        assert theme.ink == PAIRS["ink"][index]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_our_own_colours_can_be_read(theme):
    texts = ["ink", "ink-soft", "accent", "good", "warn", "bad", *(name for name in PAIRS if name.startswith("code-"))]
    for text in texts:
        for ground in ("ground", "surface", "sunken"):
            assert colours.contrast(PAIRS[text][theme], PAIRS[ground][theme]) >= ENOUGH, (text, ground)
    for tone in ("accent", "good", "warn", "bad"):
        for text in (tone, "ink", "ink-soft"):
            assert colours.contrast(PAIRS[text][theme], PAIRS[f"{tone}-wash"][theme]) >= ENOUGH, (text, tone)
    for ground in ("ground", "surface"):
        assert colours.contrast(PAIRS["edge"][theme], PAIRS[ground][theme]) >= 3, ground


def test_the_style_sheet_is_served_and_may_be_kept(client):
    answer = client.get("/design/vendor.css", {"accent": "#ff8800"})
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]
    assert "--accent:light-dark(" in answer.content.decode()


@pytest.mark.parametrize(
    "accent", ["", "red", "#12345", "#1234567", "#0b6b5d;}body{display:none", "\x00", "#" * 10_000]
)
def test_what_is_no_colour_changes_nothing(client, accent):
    assert client.get("/design/vendor.css", {"accent": accent}).content == b""

"""Makes one colour chosen by the vendor legible: a light and a dark form with enough contrast everywhere it is used.

Lightness is changed in OKLCH (Björn Ottosson, 2020), which keeps the hue as people see it; contrast is WCAG 2.2's.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

HEX = re.compile(r"#?([0-9a-fA-F]{6})")
ENOUGH = 4.6
"""A little over the 4.5 that WCAG asks for, so that rounding to 8 bits never falls below."""
SEEN = 2.0
"""Of a button from the page; its words, not its ground, are what WCAG measures."""

OURS = "0b6b5d"

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """The accent in one theme: as text, the tint behind such text, as the fill of a button, and the text upon that."""

    accent: str
    wash: str
    fill: str
    ink: str


@dataclass(frozen=True)
class Theme:
    """What the accent stands on. Values repeat tokens.css; a test compares them."""

    grounds: tuple[str, ...]
    surface: str
    ink: str
    inks: tuple[str, str]
    dark: bool


LIGHT = Theme(
    grounds=("#ffffff", "#f7f6f3", "#efede8"), surface="#ffffff", ink="#1c1d1f", inks=("#ffffff", "#101113"), dark=False
)
DARK = Theme(
    grounds=("#16171a", "#1e2024", "#0f1012"), surface="#1e2024", ink="#ecebe7", inks=("#101113", "#ffffff"), dark=True
)


def style_sheet(accent: str) -> str:
    """CSS that replaces our accent by the vendor's; empty when it is not a colour of the form #rrggbb."""
    match = HEX.fullmatch(accent.strip())
    if match is None:
        return ""
    light, dark = palettes(match.group(1).lower())
    pairs = {
        "accent": (light.accent, dark.accent),
        "accent-wash": (light.wash, dark.wash),
        "accent-fill": (light.fill, dark.fill),
        "accent-ink": (light.ink, dark.ink),
    }
    return ":root{" + "".join(f"--{name}:light-dark({a},{b});" for name, (a, b) in pairs.items()) + "}\n"


def for_mail(accent: str) -> Palette:
    """The light palette for mail, which knows no style sheet; ours when the accent is not a colour."""
    match = HEX.fullmatch(accent.strip())
    return palettes(match.group(1).lower() if match else OURS)[0]


@lru_cache(maxsize=64)
def palettes(accent: str) -> tuple[Palette, Palette]:
    """The accent (rrggbb) for the light and the dark theme."""
    return _palette(_rgb(accent), LIGHT), _palette(_rgb(accent), DARK)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 between two colours, 1 to 21."""
    bright, dim = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _palette(accent: Rgb, theme: Theme) -> Palette:
    text, wash = _text(accent, theme)
    fill, ink = _fill(accent, theme)
    return Palette(accent=text, wash=wash, fill=fill, ink=ink)


def _text(accent: Rgb, theme: Theme) -> tuple[str, str]:
    """The nearest lightness at which it can be read on every ground and on its own tint, and that tint."""
    for colour in _walk(accent, theme):
        wash = _mix(colour, theme.surface, 0.12)
        if all(contrast(colour, ground) >= ENOUGH for ground in (*theme.grounds, wash)):
            return colour, wash
    return theme.ink, theme.grounds[-1]


def _fill(accent: Rgb, theme: Theme) -> tuple[str, str]:
    """The nearest lightness at which it stands out from the page and an ink can be read upon it, and that ink."""
    for colour in _walk(accent, theme):
        if all(contrast(colour, ground) >= SEEN for ground in theme.grounds):
            for ink in theme.inks:
                if contrast(colour, ink) >= ENOUGH:
                    return colour, ink
    return theme.ink, theme.surface


def _walk(accent: Rgb, theme: Theme) -> Iterator[str]:
    """The colour itself, then ever farther from the ground."""
    lightness, chroma, hue = _to_oklch(accent)
    yield _hex(accent)
    while 0 <= lightness <= 1:
        yield _hex(_from_oklch(lightness, chroma, hue))
        lightness += 0.01 if theme.dark else -0.01


def _mix(colour: str, ground: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(ground), strict=True)
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in pairs)
    return _hex((red, green, blue))


def _rgb(text: str) -> Rgb:
    value = int(text.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _luminance(colour: Rgb) -> float:
    red, green, blue = map(_linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_oklch(colour: Rgb) -> tuple[float, float, float]:
    red, green, blue = map(_linear, colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    """The nearest colour a screen can show: less chroma until every channel fits."""
    while True:
        channels = _channels(lightness, chroma * math.cos(hue), chroma * math.sin(hue))
        if chroma <= 0 or all(-0.001 <= channel <= 1.001 for channel in channels):
            red, green, blue = (_byte(channel) for channel in channels)
            return red, green, blue
        chroma -= 0.004


def _channels(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _byte(channel: float) -> int:
    value = min(max(channel, 0.0), 1.0)
    encoded = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return round(encoded * 255)

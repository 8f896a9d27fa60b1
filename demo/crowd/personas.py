"""Who the simulated developers are: everything about one follows from the seed and a number."""

import random
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from crowd import tools
from crowd.names import product
from crowd.tools import Tool

T = TypeVar("T")
Language = Literal["en", "es"]
Rhythm = Literal["office", "evening", "round-the-clock"]

SHOWN = 0
"""The one whose pages are shown to visitors of the demo."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place whose sun somebody asks for."""

    place_id: str
    lat: float
    lon: float
    tz: str


SPOTS = (
    Spot("madrid-spain", 40.42, -3.70, "Europe/Madrid"),
    Spot("paris-france", 48.83, 2.33, "Europe/Paris"),
    Spot("lisbon-portugal", 38.72, -9.14, "Europe/Lisbon"),
    Spot("london-england", 51.51, -0.13, "Europe/London"),
    Spot("berlin-germany", 52.52, 13.41, "Europe/Berlin"),
    Spot("oslo-norway", 59.91, 10.75, "Europe/Oslo"),
    Spot("reykjavik-iceland", 64.15, -21.94, "Atlantic/Reykjavik"),
    Spot("new-york-usa", 40.71, -74.01, "America/New_York"),
    Spot("denver-usa", 39.74, -104.99, "America/Denver"),
    Spot("mexico-mexico", 19.33, -99.17, "America/Mexico_City"),
    Spot("bogota-colombia", 4.71, -74.07, "America/Bogota"),
    Spot("lima-peru", -12.05, -77.04, "America/Lima"),
    Spot("buenos-aires-argentina", -34.60, -58.38, "America/Argentina/Buenos_Aires"),
    Spot("santiago-chile", -33.45, -70.67, "America/Santiago"),
    Spot("tokyo-japan", 35.68, 139.69, "Asia/Tokyo"),
    Spot("nairobi-kenya", -1.29, 36.82, "Africa/Nairobi"),
    Spot("canberra-australia", -35.28, 149.13, "Australia/Sydney"),
)

_HOMES: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("GB", "Europe/London"),
        ("US", "America/New_York"),
        ("US", "America/Los_Angeles"),
        ("DE", "Europe/Berlin"),
        ("NO", "Europe/Oslo"),
        ("AU", "Australia/Sydney"),
        ("IN", "Asia/Kolkata"),
    ),
    "es": (
        ("ES", "Europe/Madrid"),
        ("MX", "America/Mexico_City"),
        ("CO", "America/Bogota"),
        ("AR", "America/Argentina/Buenos_Aires"),
        ("CL", "America/Santiago"),
    ),
}
_CHANNELS = (
    ("search", 40),
    ("referral", 18),
    ("package-index", 14),
    ("newsletter", 12),
    ("conference", 9),
    ("community", 7),
)
_JOB_ROLES = (("developer", 60), ("lead", 15), ("product", 8), ("operations", 8), ("student", 7), ("other", 2))
_MAILBOXES = ("dev", "api", "integration", "backend", "mobile", "team")
_DOMAINS = ("org", "com", "net")


@dataclass(frozen=True, slots=True)
class Persona:
    """One simulated developer and the customer it will found."""

    number: int
    company: str
    name: str
    """How it introduces itself: nobody in particular."""
    email: str
    password: str
    job_role: str
    use_case: str
    language: Language
    country: str
    time_zone: str
    channel: str
    tool: Tool
    first_tool: Tool
    """What the first calls are made with, often by hand."""
    skill: float
    """0 to 1: how seldom it makes mistakes."""
    patience: float
    """0 to 1: how much it stands before it gives up."""
    slowness: float
    """Multiplies the time it takes for things; the median is 1."""
    calls_per_day: float
    """Once it is in production."""
    rhythm: Rhythm
    spots: tuple[Spot, ...]


def make_persona(seed: int, number: int) -> Persona:
    """The developer with this number."""
    dice = random.Random(f"persona:{seed}:{number}")
    language: Language = "es" if dice.random() < 0.35 else "en"
    country, time_zone = dice.choice(_HOMES[language])
    tool = _weighted(dice, tools.PROGRAMS)
    made = product(number)
    persona = Persona(
        number=number,
        company=made.name,
        name=f"Desarrollo de {made.name}" if language == "es" else f"{made.name} developer",
        email=f"{dice.choice(_MAILBOXES)}@team-{number:03}.example.{dice.choice(_DOMAINS)}",
        password=f"Rising-{seed}-{number:03}-{dice.randrange(10**6):06}",
        job_role=_weighted(dice, _JOB_ROLES),
        use_case=made.use_case(language),
        language=language,
        country=country,
        time_zone=time_zone,
        channel=_weighted(dice, _CHANNELS),
        tool=tool,
        first_tool=_weighted(dice, ((tools.CURL, 6), (tools.POSTMAN, 2), (tool, 3))),
        skill=dice.betavariate(4, 2),
        patience=dice.betavariate(4, 2),
        slowness=dice.lognormvariate(0, 0.6),
        calls_per_day=min(6000.0, dice.lognormvariate(5.0, 1.2)),
        rhythm=_weighted(dice, (("office", 45), ("evening", 25), ("round-the-clock", 30))),
        spots=tuple(dice.sample(SPOTS, dice.randint(1, 6))),
    )
    return _as_shown(persona) if number == SHOWN else persona


def _as_shown(persona: Persona) -> Persona:
    """Calls often, at any hour, and makes mistakes that can be looked into."""
    return replace(
        persona,
        language="en",
        name=f"{persona.company} developer",
        use_case=product(persona.number).use_case("en"),
        country="ES",
        time_zone="Europe/Madrid",
        skill=0.3,
        calls_per_day=1000.0,
        rhythm="round-the-clock",
    )


def _weighted(dice: random.Random, options: tuple[tuple[T, int], ...]) -> T:
    return dice.choices([option for option, _ in options], [weight for _, weight in options])[0]

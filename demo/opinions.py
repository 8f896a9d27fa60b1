"""Makes up what people answered to surveys: who was asked when, and what became of it, as plain records.

All follows from the history: those who grew are content, those whose release went wrong name what went wrong, those
who waited long for help say so. Before the history begins another tool asked; its answers reach back a whole year.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crowd.personas import make_persona
from crowd.questions import Mistake
from history import History, PastContact, PastCustomer
from later import Elsewhere, elsewhere

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
QUARTER = timedelta(days=91)
FORMER = 140
"""People whom the tool before asked; their numbers are far from those of the crowd."""
FIRST_FORMER = 700_000
SETTLED = 14 * DAY
"""After so many days somebody knows enough to be asked."""

Words = tuple[str, str]
"""In English and in Spanish."""

PRAISE: tuple[Words, ...] = (
    (
        "The reference with our own key filled in saved us a day.",
        "La referencia con nuestra propia clave nos ahorró un día.",
    ),
    ("Fast, and the errors say what to do.", "Rápida, y los errores dicen qué hacer."),
    ("It just works. Golden hour to the second.", "Funciona sin más. La hora dorada al segundo."),
    ("The batch call replaced a thousand of ours.", "La llamada por lotes sustituyó a mil de las nuestras."),
)
WISHES: tuple[Words, ...] = (
    ("Good, but I miss twilight in one call.", "Bien, pero echo de menos el crepúsculo en una sola llamada."),
    ("A TypeScript library with types would help.", "Ayudaría una biblioteca de TypeScript con tipos."),
    ("Fine so far. The limits could be clearer.", "Bien por ahora. Los límites podrían estar más claros."),
)
GRIEF: tuple[Words, ...] = (
    ("Too expensive for what we use.", "Demasiado cara para lo que usamos."),
    ("Moving to the new version cost us a week.", "Pasar a la versión nueva nos costó una semana."),
    ("We hit the limit every morning.", "Llegamos al límite todas las mañanas."),
)
NEVER_BEGAN: tuple[Words, ...] = (
    ("I never got past the first error.", "Nunca pasé del primer error."),
    ("I could not find where to begin.", "No encontré por dónde empezar."),
)
AFTER_MISTAKE: dict[Mistake, Words] = {
    Mistake.DATE_ORDER: (
        "Day and month got mixed up and nobody noticed for hours.",
        "Se mezclaron día y mes y nadie lo notó en horas.",
    ),
    Mistake.DECIMAL_COMMA: ("A decimal comma broke our release.", "Una coma decimal rompió nuestra versión."),
    Mistake.ZONE_ABBREVIATION: (
        "CEST is refused, which we learned at night.",
        "CEST se rechaza, y lo supimos de noche.",
    ),
    Mistake.PAGE_TOO_LONG: (
        "The page size limit came as a surprise.",
        "El límite del tamaño de página nos sorprendió.",
    ),
    Mistake.OLD_PATH: (
        "An old path stopped working with our release.",
        "Una ruta antigua dejó de funcionar con nuestra versión.",
    ),
}
ANY_MISTAKE: Words = (
    "One bad release of ours and hundreds of errors.",
    "Una mala versión nuestra y cientos de errores.",
)
HELPED: tuple[Words, ...] = (("Answered within the hour, and right.", "Respondieron en una hora, y bien."),)
WAITED: tuple[Words, ...] = (("The answer was right, but it took days.", "La respuesta fue buena, pero tardó días."),)


@dataclass(slots=True)
class Opinion:
    """Somebody who was asked. Without `answered_at` nothing came of it. `contact_ref` is empty for former people."""

    campaign: str
    asked_at: datetime
    contact_ref: str = ""
    customer_ref: str = ""
    former: int = 0
    language: str = "en"
    answered_at: datetime | None = None
    score: int = 0
    comment: str = ""
    device: str = "desktop"
    attributes: dict[str, str] = field(default_factory=dict)


def opinions(history: History) -> list[Opinion]:
    """What was asked for since the history begins, in order of time."""
    contacts = {contact.ref: contact for contact in history.contacts}
    told = elsewhere(history)
    found = list(_recommending(history, contacts, told)) + list(_helped(history, contacts, told))
    return sorted((one for one in found if one.asked_at < history.ends), key=lambda one: one.asked_at)


def former(history: History) -> list[Opinion]:
    """What the tool before asked, from a year ago until the history begins: the same people every quarter, and some of
    them after they had been helped.
    """
    dice = random.Random(f"former:{history.seed}")
    found: list[Opinion] = []
    wave = history.ends - YEAR + DAY
    while wave + QUARTER / 4 < history.begins:
        asked = [number for number in range(FORMER) if dice.random() < 0.8]
        found += [_former(number, wave + dice.random() * 10 * DAY, dice, history) for number in asked]
        wave += QUARTER
    first, last = history.ends - YEAR + DAY, history.begins - 3 * DAY
    helped = [number for number in range(FORMER) if dice.random() < 0.6]
    found += [_former_helped(number, first + (last - first) * dice.random(), dice, history) for number in helped]
    return sorted(found, key=lambda one: one.asked_at)


def _former_helped(number: int, at: datetime, dice: random.Random, history: History) -> Opinion:
    found = _former_person("csat", number, at, history)
    quick = dice.random() < 0.65
    found.attributes["waited"] = "less than a day" if quick else "a day or more"
    if dice.random() < 0.55:
        found.answered_at = at + timedelta(hours=dice.lognormvariate(1, 1))
        found.score = dice.choice((4, 4, 5, 5, 5, 3) if quick else (1, 2, 3, 3, 4))
        if dice.random() < 0.4:
            found.comment = _said(HELPED if quick else WAITED, found.language, dice)
    return found


def _former_person(campaign: str, number: int, at: datetime, history: History) -> Opinion:
    persona = make_persona(history.seed, FIRST_FORMER + number)
    found = Opinion(campaign, at, former=FIRST_FORMER + number, language=persona.language)
    found.attributes = {"plan": "pro" if number % 4 == 0 else "free", "country": persona.country}
    return found


def _former(number: int, at: datetime, dice: random.Random, history: History) -> Opinion:
    persona = make_persona(history.seed, FIRST_FORMER + number)
    found = _former_person("nps", number, at, history)
    if dice.random() < 0.38:
        found.answered_at = at + timedelta(hours=dice.lognormvariate(2, 1.2))
        mood = 6.6 + 1.6 * persona.skill + (0.8 if number % 4 == 0 else 0)
        found.score = max(0, min(10, round(dice.gauss(mood, 1.9))))
        found.comment = _said(_of_score(found.score), found.language, dice) if dice.random() < 0.45 else ""
        found.device = dice.choice(("desktop", "desktop", "phone"))
    return found


def _recommending(history: History, contacts: dict[str, PastContact], told: list[Elsewhere]) -> Iterator[Opinion]:
    """Once in the time of the history everybody who is settled; who told elsewhere what they think says the same."""
    scores = {one.contact_ref: one for one in told if one.type == "response.received"}
    mistakes = _mistakes(history)
    for customer in history.customers:
        contact = contacts[customer.owner_ref]
        dice = random.Random(f"opinion:{history.seed}:{customer.ref}")
        if contact.ref in scores:
            answered = scores[contact.ref].at
            asked = max(answered - timedelta(hours=dice.lognormvariate(2, 0.8)), customer.founded_at + HOUR)
            found = _of_contact("nps", asked, customer, contact)
            found.answered_at, found.score = max(answered, asked + HOUR / 4), scores[contact.ref].data["score"]
        else:
            asked = customer.founded_at + SETTLED + dice.random() * (history.ends - customer.founded_at)
            found = _of_contact("nps", asked, customer, contact)
            if dice.random() < 0.3:
                found.answered_at = asked + timedelta(hours=dice.lognormvariate(2, 1))
                found.score = _score_of(customer.story, customer.ref in mistakes, dice)
        if found.answered_at and dice.random() < 0.75:
            found.comment = _comment(found, customer, mistakes.get(customer.ref), dice)
        yield found


def _score_of(story: str, went_wrong: bool, dice: random.Random) -> int:
    mood = {"growing": 9.2, "steady": 8.4, "new": 8.0, "went-quiet": 4.5, "stuck": 2.5, "never-called": 4.0}
    score = dice.gauss(mood.get(story, 7.0) - (1.4 if went_wrong else 0), 1.2)
    return max(0, min(10, round(score)))


def _comment(found: Opinion, customer: PastCustomer, mistake: Mistake | None, dice: random.Random) -> str:
    if mistake is not None and found.score < 9:
        return _said((AFTER_MISTAKE.get(mistake, ANY_MISTAKE),), found.language, dice)
    if customer.story in ("stuck", "never-called"):
        return _said(NEVER_BEGAN, found.language, dice)
    return _said(_of_score(found.score), found.language, dice)


def _of_score(score: int) -> tuple[Words, ...]:
    return PRAISE if score > 8 else WISHES if score > 6 else GRIEF


def _said(choices: tuple[Words, ...], language: str, dice: random.Random) -> str:
    return dice.choice(choices)[1 if language == "es" else 0]


def _helped(history: History, contacts: dict[str, PastContact], told: list[Elsewhere]) -> Iterator[Opinion]:
    """After a ticket, by how long it took."""
    customers = {customer.ref: customer for customer in history.customers}
    opened = {one.contact_ref: one.at for one in told if one.type == "ticket.opened"}
    for one in told:
        if one.type != "ticket.resolved":
            continue
        dice = random.Random(f"helped:{history.seed}:{one.contact_ref}")
        found = _of_contact("csat", one.at + HOUR, customers[one.customer_ref], contacts[one.contact_ref])
        hours = (one.at - opened[one.contact_ref]) / HOUR
        found.attributes["waited"] = "a day or more" if hours > 24 else "less than a day"
        if dice.random() < 0.7:
            found.answered_at = found.asked_at + timedelta(hours=dice.lognormvariate(1, 1))
            found.score = dice.choice((4, 5, 5) if hours <= 24 else (1, 2, 3))
            found.comment = (
                _said(HELPED if hours <= 24 else WAITED, found.language, dice) if dice.random() < 0.6 else ""
            )
        yield found


def _of_contact(campaign: str, asked: datetime, customer: PastCustomer, contact: PastContact) -> Opinion:
    attributes = {"country": customer.country, "role": contact.job_role}
    return Opinion(campaign, asked, contact.ref, customer.ref, language=contact.language, attributes=attributes)


def _mistakes(history: History) -> dict[str, Mistake]:
    """By customer, what went wrong in its bad release."""
    owners = {key.ref: key.customer_ref for key in history.keys}
    return {owners[one.key_ref]: one.only_mistake for one in history.phases if one.only_mistake is not None}

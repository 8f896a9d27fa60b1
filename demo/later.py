"""Made-up events of what other systems of the vendor tell: site, billing, survey and support tool, product releases.

They come in as such events do, with a source of their own, and move the journeys whose features are elsewhere. All
follows from the history; people and customers are named by their references.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from history import History, PastContact, PastCustomer

DAY = timedelta(days=1)
PAGES = ("features/dawn-and-dusk", "features/moon-phases", "use-cases/street-lighting", "use-cases/photography")
COMPARED = ("sunrise-sunset.org", "another almanac")
DEPRECATION = "2026-03-01"
PROGRAMME = "golden-hour"


@dataclass(slots=True)
class Elsewhere:
    """Something another system saw."""

    at: datetime
    source: str
    type: str
    contact_ref: str = ""
    customer_ref: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def elsewhere(history: History) -> list[Elsewhere]:
    """All of it, in order of time."""
    owners = {customer.owner_ref: customer for customer in history.customers}
    found: list[Elsewhere] = []
    for contact in history.contacts:
        dice = random.Random(f"elsewhere:{history.seed}:{contact.ref}")
        found += _discovering(contact, dice)
        if contact.ref in owners:
            found += _of_customer(history, owners[contact.ref], contact, dice)
    return sorted((one for one in found if one.at < history.ends), key=lambda one: one.at)


def _discovering(contact: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    """Before the sign-up: the first visit, pages read, a comparison, the console."""
    if contact.ref.endswith("b"):
        return
    came = contact.signed_up_at - timedelta(hours=dice.lognormvariate(3, 1.2))
    steps = [("visit.first", 1.0, {"channel": contact.channel}), ("page.read", 0.75, {"page": dice.choice(PAGES)})]
    steps += [("comparison.read", 0.45, {"with": dice.choice(COMPARED)}), ("console.tried", 0.35, {})]
    span = contact.signed_up_at - came
    for place, (type_, chance, data) in enumerate(steps):
        if dice.random() < chance:
            yield Elsewhere(came + span * (place / 5), "site", type_, contact_ref=contact.ref, data=data)


def _of_customer(
    history: History, customer: PastCustomer, owner: PastContact, dice: random.Random
) -> Iterator[Elsewhere]:
    """What becomes of it: upgrade, opinions, compliance, beta, migration, leaving."""
    lives = customer.story in ("steady", "growing")
    if customer.story != "never-called":
        yield from _settling_in(customer, owner, dice)
    if lives:
        yield from _watching(history, customer, owner, dice)
        yield from _upgrading(history, customer, owner, dice, chance=0.8 if customer.story == "growing" else 0.35)
        yield from _beta(history, customer, owner, dice)
        yield from _telling(history, customer, owner, dice)
    if customer.story == "went-quiet":
        yield from _leaving(history, customer, owner, dice)
    if customer.story != "never-called":
        yield from _migrating(history, customer, owner, dice)
    if dice.random() < 0.3:
        yield from _complying(customer, owner, dice)


def _settling_in(customer: PastCustomer, owner: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    """The library is downloaded, the reference looked up; some ask for help."""
    if dice.random() < 0.45:
        at = customer.founded_at + timedelta(minutes=dice.lognormvariate(3, 1))
        yield _by(
            owner, customer, at, "registry", "sdk.downloaded", {"language": dice.choice(("python", "typescript"))}
        )
    if dice.random() < 0.78:
        at = customer.founded_at + timedelta(hours=dice.lognormvariate(3, 1.3))
        yield _by(owner, customer, at, "site", "guide.read", {"page": "reference/get-sun", "title": "GET /v1/sun"})
    if dice.random() < 0.3:
        at = customer.founded_at + timedelta(hours=dice.lognormvariate(3.5, 1))
        yield _by(owner, customer, at, "helpdesk", "ticket.opened", {"subject": "Which zone is the time in?"})
        if dice.random() < 0.8:
            at += timedelta(hours=dice.lognormvariate(2.2, 1))
            yield _by(owner, customer, at, "helpdesk", "ticket.resolved", {"subject": "Which zone is the time in?"})


def _watching(history: History, customer: PastCustomer, owner: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    """Once in production: an alert, and advice that is read."""
    live = next((key for key in history.keys if key.customer_ref == customer.ref and key.environment == "live"), None)
    if live is None or dice.random() > 0.6:
        return
    at = live.created_at + timedelta(days=dice.lognormvariate(1.2, 0.9))
    yield _by(owner, customer, at, "monitoring", "alert.created", {"measure": "errors"})
    if dice.random() < 0.5:
        yield _by(
            owner, customer, at + timedelta(days=dice.uniform(1, 12)), "monitoring", "advice.read", {"advice": "batch"}
        )


def _upgrading(
    history: History, customer: PastCustomer, owner: PastContact, dice: random.Random, chance: float
) -> Iterator[Elsewhere]:
    if dice.random() > chance:
        return
    at = _some_day(history, customer, dice)
    yield _by(owner, customer, at, "billing", "limit.near", {"share": 0.8})
    if dice.random() < 0.85:
        at += timedelta(hours=dice.lognormvariate(3.5, 1))
        yield _by(owner, customer, at, "billing", "plan.evaluated", {})
        if dice.random() < 0.7:
            at += timedelta(hours=dice.lognormvariate(4, 1))
            yield _by(owner, customer, at, "billing", "plan.upgraded", {"plan": "pro"})
            yield _by(owner, customer, at + timedelta(seconds=1), "billing", "plan.limits_applied", {"plan": "pro"})
        elif dice.random() < 0.5:
            yield _by(owner, customer, at + 2 * DAY, "billing", "plan.upgrade_declined", {})


def _beta(history: History, customer: PastCustomer, owner: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    if dice.random() > 0.3:
        return
    data = {"programme": PROGRAMME}
    at = _some_day(history, customer, dice)
    yield _by(owner, customer, at, "releases", "beta.joined", data)
    if dice.random() < 0.7:
        at += timedelta(days=dice.lognormvariate(1, 0.8))
        yield _by(owner, customer, at, "releases", "beta.first_call", data)
        if dice.random() < 0.6:
            yield _by(
                owner,
                customer,
                at + timedelta(days=dice.lognormvariate(1.5, 0.7)),
                "releases",
                "beta.feedback_given",
                data,
            )


def _telling(history: History, customer: PastCustomer, owner: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    if dice.random() > 0.5:
        return
    score = dice.choice((6, 7, 8, 9, 9, 10))
    group = "promoter" if score > 8 else "detractor" if score < 7 else "passive"
    at = _some_day(history, customer, dice)
    yield _by(
        owner, customer, at, "surveys", "response.received", {"survey": "nps", "score": score, "score_group": group}
    )
    if dice.random() < 0.4:
        yield _by(owner, customer, at + 3 * DAY, "community", "idea.voted", {"idea": "Twilight in one call"})
    if dice.random() < 0.25:
        yield _by(owner, customer, at + 9 * DAY, "community", "community.question_asked", {"question": "Polar night"})
    if group == "promoter" and dice.random() < 0.5:
        yield _by(owner, customer, at + 6 * DAY, "surveys", "testimonial.given", {})
        if dice.random() < 0.5:
            yield _by(owner, customer, at + 15 * DAY, "site", "referral.shared", {})


def _leaving(history: History, customer: PastCustomer, owner: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    at = customer.founded_at + (history.ends - customer.founded_at) * dice.uniform(0.6, 0.95)
    if dice.random() < 0.5:
        yield _by(owner, customer, at, "billing", "cancellation.requested", {"reason": "too expensive"})
        yield _by(
            owner,
            customer,
            at + timedelta(hours=dice.uniform(2, 90)),
            "billing",
            "retention.offer_made",
            {"offer": "smaller plan"},
        )
        if dice.random() < 0.7:
            type_ = dice.choice(("customer.stayed", "customer.left", "customer.left"))
            yield _by(
                owner, customer, at + timedelta(days=dice.uniform(4, 20)), "billing", type_, {"reason": "too expensive"}
            )


def _migrating(
    history: History, customer: PastCustomer, owner: PastContact, dice: random.Random
) -> Iterator[Elsewhere]:
    """The old version is announced to end a good month ago; those who were customers then hear of it."""
    data = {"deprecation": DEPRECATION}
    at = history.ends - 38 * DAY + timedelta(hours=dice.uniform(0, 72))
    if customer.founded_at > at or dice.random() > 0.6:
        return
    yield _by(owner, customer, at, "releases", "deprecation.noticed", data)
    for type_, chance in (("migration.planned", 0.7), ("migration.completed", 0.7), ("migration.signed_off", 0.8)):
        if dice.random() > chance:
            return
        at += timedelta(days=dice.lognormvariate(1.6, 0.7))
        yield _by(owner, customer, at, "releases", type_, data)


def _complying(customer: PastCustomer, owner: PastContact, dice: random.Random) -> Iterator[Elsewhere]:
    at = customer.founded_at + timedelta(days=dice.uniform(1, 20))
    yield _by(owner, customer, at, "trust", "trust.viewed", {"document": "security overview"})
    if dice.random() < 0.65:
        yield _by(
            owner,
            customer,
            at + timedelta(days=dice.lognormvariate(1.5, 1)),
            "trust",
            "agreement.accepted",
            {"agreement": "DPA"},
        )


def _some_day(history: History, customer: PastCustomer, dice: random.Random) -> datetime:
    return customer.founded_at + (history.ends - customer.founded_at) * dice.uniform(0.3, 1)


def _by(
    owner: PastContact, customer: PastCustomer, at: datetime, source: str, type_: str, data: dict[str, Any]
) -> Elsewhere:
    return Elsewhere(at, source, type_, owner.ref, customer.ref, data)

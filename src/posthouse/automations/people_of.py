"""Whom runs, waits and effects are about, with names. Two queries for any number of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from posthouse.people import queries as people


@dataclass(frozen=True)
class Names:
    """Names by id; what is not known keeps its id."""

    contacts: dict[str, str]
    customers: dict[str, str]


def people_of(rows: Iterable[Any]) -> Names:
    """Names of the contacts and customers of rows that have `contact_id` and `customer_id`."""
    rows = list(rows)
    contacts = {row.contact_id for row in rows} - {""}
    known = people.actor_names({f"contact:{id_}" for id_ in contacts}) if contacts else {}
    customers = {row.customer_id for row in rows} - {""}
    return Names(
        {actor.removeprefix("contact:"): name for actor, name in known.items()},
        people.customer_names(customers) if customers else {},
    )

"""Turns rows about keys into the records decisions are made on, and into the lines that clients follow."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from posthouse.edge.sql import SECRETS_REMEMBERED, KeyRow
from posthouse_client.decision import KeyRecord
from posthouse_client.limits import Limit

logger = logging.getLogger(__name__)

LimitSpec = tuple[str, int, float]


@dataclass(frozen=True, slots=True)
class Known:
    """One key: its record, and its line in snapshots and changes."""

    record: KeyRecord
    line: bytes


class Reader:
    """Reads rows; keys with equal limits share them, as most do."""

    def __init__(self, default_limits: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        self._defaults = {name: _limits(msgspec.json.encode(limits)) for name, limits in default_limits.items()}
        self._limits: dict[tuple[Limit, ...], tuple[Limit, ...]] = {}

    def read(self, rows: Sequence[KeyRow]) -> list[Known]:
        """The keys in rows grouped by key. One that cannot be read is left out, so it is refused everywhere."""
        found = []
        for key_id, group in groupby(rows, attrgetter("id")):
            try:
                found.append(self._known(list(group)))
            except (ValueError, TypeError, KeyError):
                logger.exception("key %s cannot be read and is refused", key_id)
        return found

    def _known(self, rows: list[KeyRow]) -> Known:
        first = rows[0]
        own = _limits(first.limits.encode())
        limits = own or self._defaults[first.environment]
        oldest = time.time() - SECRETS_REMEMBERED
        secrets = [row for row in rows if row.digest and (row.ends_at is None or row.ends_at > oldest)]
        record = KeyRecord(
            key_id=first.id,
            customer_id=first.customer_id,
            environment=first.environment,
            scopes=frozenset(msgspec.json.decode(first.scopes, type=list[str])),
            expires_at=first.expires_at,
            revoked=first.revoked,
            limits=self._limits.setdefault(limits, limits),
            networks=tuple(
                ip_network(text, strict=False) for text in msgspec.json.decode(first.networks, type=list[str])
            ),
            secrets=tuple((row.digest, row.ends_at) for row in secrets if row.digest),
        )
        return Known(record, _line(record, secrets))


def _limits(text: bytes) -> tuple[Limit, ...]:
    return tuple(Limit(*spec) for spec in msgspec.json.decode(text, type=list[LimitSpec]))


def _line(record: KeyRecord, secrets: list[KeyRow]) -> bytes:
    members = {
        "type": "key",
        "key_id": record.key_id,
        "customer_id": record.customer_id,
        "environment": record.environment,
        "scopes": sorted(record.scopes),
        "expires_at": record.expires_at,
        "revoked": record.revoked,
        "suspended": record.suspended,
        "limits": [[limit.name, limit.quota, limit.window] for limit in record.limits],
        "networks": [str(network) for network in record.networks],
        "secrets": [[row.digest.hex(), row.ends_at, row.pepper_id] for row in secrets if row.digest],
    }
    return msgspec.json.encode(members) + b"\n"

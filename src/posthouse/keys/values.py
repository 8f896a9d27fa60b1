"""What may stand in a key: the one reading of names, scopes, networks and limits, for forms and API alike."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from posthouse_client.limits import Limit

MAX_NETWORKS = 50
MAX_LIMITS = 8
MAX_SCOPES = 50
MAX_QUOTA = 10**12
MAX_WINDOW = 366 * 86_400
SCOPE = re.compile(r"[!#-\[\]-~]{1,80}")
"""A scope token of OAuth 2 (RFC 6749, section 3.3), bounded."""


def read_networks(texts: Iterable[str]) -> list[str]:
    """Addresses and networks in their shortest writing, each once. Raises ValidationError naming the bad one."""
    found = list(dict.fromkeys(str(_network(text.strip())) for text in texts if text.strip()))
    if len(found) > MAX_NETWORKS:
        raise ValidationError(_("At most %(count)d networks."), params={"count": MAX_NETWORKS})
    return found


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise _not_a_network(text) from error


def _not_a_network(text: str) -> ValidationError:
    """Say what is wrong; where only the bits behind the prefix are, name the network that was probably meant."""
    try:
        meant = str(ip_interface(text).network)
    except ValueError:
        return ValidationError(
            _("“%(text)s” is not a network. Write it like 203.0.113.0/24 or 2001:db8::/32."),
            params={"text": text[:60]},
        )
    return ValidationError(
        _("“%(text)s” is an address within a network. Did you mean %(meant)s?"),
        params={"text": text[:60], "meant": meant},
    )


def read_scopes(names: Iterable[str]) -> list[str]:
    """Scopes in the vendor's order, each once. Raises ValidationError for one the vendor does not offer.

    Without a list of the vendor's own (`KEY_SCOPES`) any well-formed scope is taken.
    """
    given = list(dict.fromkeys(names))
    offered = settings.KEY_SCOPES
    wrong = [name for name in given if not SCOPE.fullmatch(name) or (offered and name not in offered)]
    if wrong:
        raise ValidationError(_("There is no scope “%(name)s”."), params={"name": wrong[0][:80]})
    if len(given) > MAX_SCOPES:
        raise ValidationError(_("At most %(count)d scopes."), params={"count": MAX_SCOPES})
    return [name for name in offered if name in given] if offered else given


def read_limits(rows: Iterable[tuple[str, int, float]]) -> list[list[Any]]:
    """Limits as they are stored, `[name, quota, seconds]`. Raises ValidationError for one that makes no sense."""
    limits = [_limit(*row) for row in rows]
    if len({limit.name for limit in limits}) < len(limits):
        raise ValidationError(_("Two limits have the same name."))
    if len(limits) > MAX_LIMITS:
        raise ValidationError(_("At most %(count)d limits."), params={"count": MAX_LIMITS})
    return [[limit.name, limit.quota, _short(limit.window)] for limit in limits]


def _limit(name: str, quota: int, window: float) -> Limit:
    if not 0 <= quota <= MAX_QUOTA or not 0.001 <= window <= MAX_WINDOW:
        raise ValidationError(
            _("The limit “%(name)s” needs a number of calls and a time between a millisecond and a year."),
            params={"name": name[:64]},
        )
    try:
        return Limit(name, quota, window)
    except ValueError as error:
        raise ValidationError(_("A limit's name is 1 to 64 plain characters.")) from error


def _short(seconds: float) -> float | int:
    return int(seconds) if seconds == int(seconds) else seconds

"""Keys in time."""

from posthouse.foundation.jobs import every
from posthouse.keys import actions


@every(30)
def announce_expired_keys() -> int:
    """Announce keys whose expiry has passed."""
    return actions.announce_expired()

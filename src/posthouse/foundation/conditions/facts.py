"""What a condition is judged on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from posthouse.foundation.clock import now


class _Missing:
    """There is no such field."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


class Facts(Protocol):
    """What must be answered so that a condition can be judged."""

    @property
    def moment(self) -> datetime:
        """The time for which is asked: `{"ago": "P7D"}` and `within` count back from here."""

    def value(self, path: str) -> Any:
        """The value of a field such as `event.data.plan`, or MISSING. Columns of time are aware datetimes."""

    def count(self, event_type: str, since: datetime | None, where: Mapping[str, Any] | None) -> int:
        """How many events of a type (`call.first`, or `call.*` for all that begin so) there were up to `moment`.

        `since`: only from then on; `where`: only those for which this condition on the event holds.
        """


@dataclass(frozen=True)
class Known:
    """Facts from values at hand: `Known({"event": {"type": …, "data": {…}}, "customer": {…}})`."""

    values: Mapping[str, Any]
    moment: datetime = field(default_factory=now)
    counter: Callable[[str, datetime | None, Mapping[str, Any] | None], int] | None = None

    def value(self, path: str) -> Any:
        """Walks along the dots."""
        return dig(self.values, path.split("."))

    def count(self, event_type: str, since: datetime | None, where: Mapping[str, Any] | None) -> int:
        """Asks the counter that was given. Raises LookupError without one."""
        if self.counter is None:
            raise LookupError("these facts know no history")
        return self.counter(event_type, since, where)


def dig(value: Any, names: list[str]) -> Any:
    """The member of nested objects, or MISSING; lists are not walked into."""
    for name in names:
        if not isinstance(value, Mapping) or name not in value:
            return MISSING
        value = value[name]
    return value

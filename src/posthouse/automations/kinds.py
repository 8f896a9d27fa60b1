"""What automations can do: a registry, which features on higher floors add to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from posthouse.automations.facts import Situation
from posthouse.automations.models import Effect

Asked = list[tuple[Effect, Situation]]
ActMany = Callable[[Asked], Sequence[dict[str, Any] | Exception]]


class LeftOut(Exception):
    """It is not done, and should not be: suppressed, unsubscribed, nobody to send it to. `reason` is a word.

    `answer` is what else was said. Raised, what was written meanwhile is undone; returned, it stays.
    """

    def __init__(self, reason: str, **answer: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answer = answer


class Refused(Exception):
    """It cannot be done, and trying again is useless; `answer` is what was said."""

    def __init__(self, reason: str, **answer: Any) -> None:
        super().__init__(reason)
        self.answer = {**answer, "error": reason}


class NotReached(Exception):
    """It was certainly not done, for it never left: trying again is safe."""


class Unanswered(Exception):
    """It left and nobody knows what came of it; the policy of the action decides."""


Act = Callable[[Effect, Situation], dict[str, Any] | LeftOut]


@dataclass(frozen=True)
class Kind:
    """One kind of effect. `outside` ones leave the house; the others are done in the transaction that marks them."""

    name: str
    act: Act
    outside: bool
    many: ActMany | None = None


kinds: dict[str, Kind] = {}


def effect_kind(name: str, *, outside: bool = False, many: ActMany | None = None) -> Callable[[Act], Act]:
    """Register the decorated function as what carries out steps whose `do` is `name`.

    It is given the effect (its `payload` holds the members of the step) and the facts, and returns an answer to keep,
    as JSON can carry it. It raises LeftOut (or returns it, for what it wrote to stay), Refused, or anything else to be
    called again later. Inside the house it
    runs in the transaction that marks the effect as done, so it happens exactly once; what it records should have
    `effect_actor(effect)` as its actor. With `outside` it runs in no transaction, must send `effect.key` along, and
    says by NotReached and Unanswered what is known after a failure.

    `many` does the same for effects of different runs, contacts and customers at once, and returns for each what it
    answers, or the LeftOut or Refused that it comes to; when it raises, nothing of it remains and each is done alone.
    """

    def register(act: Act) -> Act:
        kinds[name] = Kind(name, act, outside, many)
        return act

    return register


def effect_actor(effect: Effect) -> str:
    """Who did it, for the log; automations begun by such an event know how deep they are."""
    return f"automation:{effect.run_id}"

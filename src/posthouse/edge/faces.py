"""Answers about keys; those about good keys are prepared, so that each takes one joined text and no tree of objects.

What they say is exactly what `VerifyOut` and `posthouse_client.headers` would say; a test compares them.
"""

from collections.abc import Sequence
from math import ceil, inf

import msgspec

from posthouse_client.decision import Decision, KeyRecord
from posthouse_client.headers import (
    PROBLEMS,
    RATELIMIT,
    RATELIMIT_POLICY,
    limit_headers,
    ratelimit_policy,
    ratelimit_text,
    refusal_headers,
)
from posthouse_client.limits import Limit, LimitState

MOST = 20_000
"""Faces kept; a few hundred bytes each."""
GAP = "\0"
"""Stands in a text where a number will be; no name can hold it."""
EMPTY = '"limits":[]'
_LARGEST = 999_999_999_999_999
"""What a structured field's integer can hold (RFC 9651); limits beyond it are answered the long way."""


class LimitLeft(msgspec.Struct, gc=False):
    """One limit after the decision. `reset`: whole seconds until one more is left; null when none ever will be."""

    name: str
    quota: int
    window: float
    remaining: int
    reset: int | None


class VerifyOut(msgspec.Struct, gc=False):
    """The answer. `headers`: the header fields for one's own answer to the caller of the API, as the middleware would
    send them; they are no fields of this answer, because the limits are the key's and not those of who asks."""

    valid: bool
    code: str
    key_id: str | None
    customer_id: str | None
    environment: str | None
    scopes: list[str]
    limits: list[LimitLeft]
    retry_after: float | None
    detail: str
    headers: dict[str, str]


class Tail:
    """The end of such an answer, from the limits on: a text with gaps for what is left of each. Shared by all keys
    with the same limits, so that it stays in the processor's caches."""

    __slots__ = ("_limits", "_pieces")

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        items = ",".join(_limit_text(limit) for limit in limits)
        after = encode(VerifyOut(True, "ok", None, None, None, [], [], None, "", {})).decode().rpartition(EMPTY)[2]
        policy = encode(ratelimit_policy(limits)).decode()
        fields = f'"{RATELIMIT_POLICY}":{policy},"{RATELIMIT}":"{_inside_text(ratelimit_text(limits, GAP))}"'
        self._pieces = _with_gaps(f'"limits":[{items}]{after.removesuffix("{}}")}{{{fields}}}}}')
        self._limits = [(limit.window_ns, limit.tolerance, limit.quota * 1_000_000_000) for limit in limits]

    def text(self, unused: Sequence[int]) -> str:
        """With so much of each limit's tolerance unused."""
        pieces = self._pieces
        gap, again = 1, 1 + 4 * len(unused)
        for left, (window, tolerance, second) in zip(unused, self._limits):  # noqa: B905  as long as each other
            pieces[gap] = pieces[again] = str(left // window)
            if left == tolerance:
                reset = "0"
            elif window <= second:
                reset = "1"
            else:
                reset = str(-((left % window - window) // second))  # rounded up, as LimitState.reset and its `t`
            pieces[gap + 2] = pieces[again + 2] = reset
            gap += 4
            again += 4
        return "".join(pieces)


class Face:
    """One key's answers when it is good: what is its own, and the end it shares."""

    __slots__ = ("_head", "_tail", "record")

    def __init__(self, record: KeyRecord, tail: Tail | None) -> None:
        self.record = record
        self._tail = tail
        bare = encode(VerifyOut(True, "ok", *identity(record), [], None, "", {}))
        self._head = bare if tail is None else bare.rpartition(EMPTY.encode())[0]

    def answer(self, unused: Sequence[int]) -> bytes:
        """The body for an accepted call that left so much of each limit's tolerance unused."""
        return self._head if self._tail is None else self._head + self._tail.text(unused).encode()


class Faces(dict[str, Face]):
    """The faces of keys seen lately, by key id; one is good only as long as its `record` is the key's."""

    def __init__(self) -> None:
        super().__init__()
        self._tails: dict[tuple[Limit, ...], Tail] = {}

    def make(self, record: KeyRecord) -> Face | None:
        """The face of a key as it is now; None when its limits are beyond what templates can say."""
        if any(not 0 < limit.quota <= _LARGEST or limit.window > _LARGEST for limit in record.limits):
            return None
        if len(self) >= MOST:
            self.clear()
            self._tails.clear()
        self[record.key_id] = face = Face(record, self._tail(record.limits))
        return face

    def _tail(self, limits: tuple[Limit, ...]) -> Tail | None:
        if limits and limits not in self._tails:
            self._tails[limits] = Tail(limits)
        return self._tails.get(limits)


encode = msgspec.json.Encoder().encode


def identity(record: KeyRecord | None) -> tuple[str | None, str | None, str | None, list[str]]:
    """Key, customer, environment and scopes of an answer."""
    if record is None:
        return None, None, None, []
    return record.key_id, record.customer_id, record.environment, sorted(record.scopes)


def left(state: LimitState) -> LimitLeft:
    """One limit of an answer."""
    limit, reset = state.limit, state.reset
    return LimitLeft(limit.name, limit.quota, limit.window, state.remaining, None if reset == inf else ceil(reset))


def long_answer(decision: Decision) -> bytes:
    """The body for any decision."""
    valid, code, states = decision.valid, decision.code, decision.limits
    fields = limit_headers(states) if valid else refusal_headers(code, states, decision.retry_after)
    detail = "" if valid else PROBLEMS[code].title
    limits = [left(state) for state in states]
    return encode(
        VerifyOut(valid, code, *identity(decision.record), limits, decision.retry_after, detail, dict(fields))
    )


def _limit_text(limit: Limit) -> str:
    whole = encode(LimitLeft(limit.name, limit.quota, limit.window, 0, 0)).decode()
    return whole[: whole.rindex('"remaining":')] + f'"remaining":{GAP},"reset":{GAP}}}'


def _inside_text(text: str) -> str:
    """A text with gaps as it stands between the quotes of a JSON string."""
    return GAP.join(encode(piece).decode()[1:-1] for piece in text.split(GAP))


def _with_gaps(text: str) -> list[str]:
    """The pieces of a text, with an empty one at each gap: text, gap, text, gap, …, text."""
    pieces = text.split(GAP)
    return [piece for pair in zip(pieces, [""] * len(pieces), strict=True) for piece in pair][:-1]

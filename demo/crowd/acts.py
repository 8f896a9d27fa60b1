"""What a simulated developer can do, and what comes of it: the border between the model and the real world."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from crowd.caller import Reply
from crowd.questions import KeyUse, Question
from crowd.tools import Tool

Environment = Literal["test", "live"]
Stage = Literal["visit", "sign-up", "confirm", "profile", "test-key", "first-call", "building", "go-live", "production"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Open a page of the portal."""

    page: Literal["home", "sign-up", "quickstart", "reference", "keys", "calls", "go-live"]


@dataclass(frozen=True, slots=True)
class SignUp:
    """Fill in the sign-up form, at times with a password that is too short."""

    weak_password: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """Open the link in the mail, perhaps after asking for another one."""

    resend: bool = False


@dataclass(frozen=True, slots=True)
class LogIn:
    """Fill in the log-in form."""


@dataclass(frozen=True, slots=True)
class CompleteProfile:
    """Say which role one has and what one is building."""


@dataclass(frozen=True, slots=True)
class MakeKey:
    """Make a key and keep its secret."""

    environment: Environment


@dataclass(frozen=True, slots=True)
class Call:
    """Call Sunline."""

    question: Question
    tool: Tool
    use: KeyUse
    environment: Environment


@dataclass(frozen=True, slots=True)
class Inspect:
    """Look at the last failed call in the request log."""


@dataclass(frozen=True, slots=True)
class ConfirmGoLive:
    """Confirm what the go-live checklist asks to be confirmed by hand."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Do nothing for a while."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Stop for good. The last act of a life."""

    stage: Stage
    reason: str


Act = Visit | SignUp | Confirm | LogIn | CompleteProfile | MakeKey | Call | Inspect | ConfirmGoLive | Idle | Leave


@dataclass(frozen=True, slots=True)
class Step:
    """An act, and how many seconds pass before it."""

    wait: float
    act: Act


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an act went: `reply` after a call."""

    at: datetime
    ok: bool
    reply: Reply | None = None


class Portal(Protocol):
    """What the crowd does in Posthouse's pages, for one developer; every method says whether it worked."""

    def visit(self, page: str) -> bool:
        """Open a page."""

    def sign_up(self, password: str) -> bool:
        """Send the sign-up form."""

    def confirm(self, *, resend: bool) -> bool:
        """Follow the link in the newest mail."""

    def log_in(self) -> bool:
        """Send the log-in form."""

    def complete_profile(self) -> bool:
        """Send the profile form."""

    def make_key(self, environment: Environment) -> str:
        """Make a key and return its secret, empty when that failed."""

    def inspect(self, request_id: str) -> bool:
        """Open the page that explains a call."""

    def confirm_golive(self) -> bool:
        """Send the forms of the go-live checklist."""

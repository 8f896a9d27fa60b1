"""What went wrong, in the form that Delighted's clients know: `{status, message, errors}`."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Fault(Exception):
    """A call that cannot be answered as it was meant; `errors` has a list of texts for each attribute."""

    status: int
    message: str
    errors: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """The members of the answer."""
        return {"status": self.status, "message": self.message} | ({"errors": self.errors} if self.errors else {})


def wrong(name: str, text: str) -> Fault:
    """422: one attribute cannot be what it is."""
    return wrongs({name: [text]})


def wrongs(errors: dict[str, list[str]]) -> Fault:
    """422: these attributes cannot be what they are."""
    said = "; ".join(f"{name} {text}" for name, texts in errors.items() for text in texts)
    return Fault(status=422, message=f"Resource could not be processed: {said}", errors=errors)


def unreadable(text: str) -> Fault:
    """400: the request is damaged."""
    return Fault(status=400, message=text)


def unknown(what: str) -> Fault:
    """404, for what is not there and for what belongs to another campaign alike."""
    return Fault(status=404, message=f"There is no such {what}.")

"""The first call as something to copy, and what its answer may be instead of the expected one."""

from dataclasses import dataclass

from posthouse.guides import queries as guides
from posthouse.vendor.queries import vendor

PLACEHOLDER = "API_KEY"
GENERAL = [(401, "key-unknown"), (403, "scope-missing"), (429, "quota-exceeded")]
"""What the keys themselves may be answered, wherever a call goes."""


@dataclass(frozen=True)
class Answer:
    """An answer that is not the expected one, in the words of the vendor's documentation."""

    status: int
    code: str
    explained: guides.Explanation


def first_call(secret: str, language: str) -> tuple[list[tuple[str, str, str]], str]:
    """(highlighting language, title, code) of a first call, and the variable in which it looks for the key.

    With a secret it is filled in. Without a published API document the call goes to the API's base address.
    """
    found = guides.quickstart_samples(vendor().api_base_url, secret, language)
    published = guides.published()
    if found and published:
        return found, guides.key_variable_of(published.spec)
    url = vendor().api_base_url or "https://api.example.com/"
    key = secret or f"${PLACEHOLDER}"
    return [("bash", "curl", f'curl "{url}" \\\n  -H "Authorization: Bearer {key}"')], PLACEHOLDER


def other_answers(language: str) -> list[Answer]:
    """What else a first call may be answered, and what each means."""
    head = guides.first_call_head()
    method, path = (head.method, head.path) if head else ("GET", "/")
    explained = [
        (status, code, guides.explain_error(method, path, status, code, language))
        for status, code in [*GENERAL, *guides.first_call_errors()]
    ]
    return [Answer(status, code, one) for status, code, one in explained if one]

"""Programs to copy: one call over HTTP in seven languages."""

from posthouse.foundation.snippets import curl, go, java, javascript, php, python, ruby
from posthouse.foundation.snippets.call import KEY, Call, as_json, as_word

WRITERS = (
    ("bash", "curl", curl.write),
    ("python", "Python", python.write),
    ("javascript", "JavaScript", javascript.write),
    ("go", "Go", go.write),
    ("ruby", "Ruby", ruby.write),
    ("php", "PHP", php.write),
    ("java", "Java", java.write),
)


def snippets(call: Call) -> list[tuple[str, str, str]]:
    """(highlighting language, title, code) of the call in every language."""
    return [(language, title, write(call)) for language, title, write in WRITERS]


__all__ = ["KEY", "WRITERS", "Call", "as_json", "as_word", "snippets"]

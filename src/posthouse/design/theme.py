"""Light or dark: what the system says, unless the person chose."""

from django.http import HttpRequest

COOKIE = "posthouse_theme"
THEMES = ("light", "dark")
YEAR = 365 * 86_400


def theme_of(request: HttpRequest) -> str:
    """The person's choice, or "" for what the system says."""
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in THEMES else ""

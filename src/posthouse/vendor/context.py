"""What every page knows: the vendor."""

from typing import Any

from django.http import HttpRequest

from posthouse.vendor import queries


def vendor(request: HttpRequest) -> dict[str, Any]:
    """`vendor` in templates; asked for only where a template uses it."""
    return {"vendor": queries.vendor}

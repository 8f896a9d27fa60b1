"""What Sunline needs to know about where it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`base_url` is the address callers use, without a slash at the end."""

    base_url: str = "http://127.0.0.1:8001"

    @property
    def docs_url(self) -> str:
        """Where the vendor's own documentation is read."""
        return f"{self.base_url}/docs"

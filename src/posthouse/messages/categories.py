"""Kinds of mail that people may choose between. Other features add theirs with `category`."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Category:
    """A kind of mail. The transactional ones belong to using the service, and cannot be switched off."""

    key: str
    label: Any
    about: Any
    transactional: bool = False

    @property
    def is_default(self) -> bool:
        """Whether people who never chose get it: all kinds, but those the vendor made opt-in (MAIL_OPT_IN)."""
        return self.transactional or self.key not in settings.MAIL_OPT_IN


_known: dict[str, Category] = {}


def category(key: str, label: Any, about: Any, *, transactional: bool = False) -> None:
    """Add a kind of mail. `label` and `about` are lazy texts that recipients read."""
    _known[key] = Category(key, label, about, transactional)


def categories() -> list[Category]:
    """All kinds, those that can be chosen first."""
    return sorted(_known.values(), key=lambda one: one.transactional)


def get(key: str) -> Category:
    """One kind. Raises LookupError for one that nobody declared."""
    return _known[key]


SERVICE = "service"

category("onboarding", _("Help to get started"), _("Hints while you set up your first calls."))
category("product_news", _("Product news"), _("New features, guides and betas."))
category("surveys", _("Surveys"), _("Short questions about how we are doing."))
category(
    SERVICE,
    _("Service notices"),
    _("Your account, your keys, your limits, incidents and changes that concern your calls."),
    transactional=True,
)

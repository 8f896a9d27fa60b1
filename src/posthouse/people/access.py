"""Who may see what. Every view declares one of these rules, and a check fails for a view that declares none.

`access` is the fourth door of `people`: all features' views and APIs enter through it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from posthouse.people import models, queries
from posthouse.people.models import Role, TeamRole
from posthouse.people.token_auth import need_scope, scope

SESSION_KEY = "customer_id"

View = Callable[..., HttpResponseBase]
Audience = Literal["public", "signed-in", "customer", "team"]

EVERY_ROLE = tuple(Role)
WRITERS = (Role.OWNER, Role.DEVELOPER)
EVERY_TEAM_ROLE = tuple(TeamRole)
TEAM_WRITERS = (TeamRole.ADMIN, TeamRole.SUPPORT, TeamRole.ENGINEER)


@dataclass(frozen=True)
class Rule:
    """Who a view is for: an audience, and within a customer or the team the roles let in."""

    audience: Audience
    roles: tuple[str, ...] = ()


class SignedInRequest(HttpRequest):
    """A request of somebody signed in."""

    user: models.User


class CustomerRequest(SignedInRequest):
    """A request of a member of the customer named in the address."""

    membership: models.Membership
    customer: models.Customer
    contact: models.Contact


class TeamRequest(SignedInRequest):
    """A request of one of the vendor's people."""

    member: models.TeamMember


def _declare(view: View, rule: Rule) -> View:
    view.access_rule = rule  # type: ignore[attr-defined]  # read back by the permission table
    return view


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and then back: to what was asked for, or to the page whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    page = request.headers.get("Referer", "")
    known = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return redirect_to_login(urlsplit(page)._replace(scheme="", netloc="").geturl() if known else "/")


def public(view: View) -> View:
    """Anybody, signed in or not."""
    return _declare(view, Rule("public"))


def signed_in(view: View) -> View:
    """Anybody signed in; others are asked to sign in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        return view(request, *args, **kwargs)

    return _declare(guarded, Rule("signed-in"))


def customer(*roles: Role) -> Callable[[View], View]:
    """Members of the customer in the address with one of the roles (none named: every role).

    Others get 404, so that ids tell nothing; a member without the role gets 403. The view receives the request with
    `membership`, `customer` and `contact` set, in place of the `customer_id` of the address.
    """
    allowed = roles or EVERY_ROLE

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, customer_id: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in(request)
            found = queries.membership(request.user, customer_id)
            if found is None:
                raise Http404
            if found.role not in allowed:
                raise PermissionDenied
            request.membership, request.customer, request.contact = found, found.customer, found.contact
            remember_customer(request, found.customer_id)
            return view(request, *args, **kwargs)

        return _declare(guarded, Rule("customer", tuple(str(role) for role in allowed)))

    return decorate


def team(*roles: TeamRole) -> Callable[[View], View]:
    """The vendor's people with one of the roles (none named: every role); the desk does not exist for others (404)."""
    allowed = roles or EVERY_TEAM_ROLE

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in(request)
            found = queries.team_member(request.user)
            if found is None:
                raise Http404
            if found.role not in allowed:
                raise PermissionDenied
            request.member = found
            return view(request, *args, **kwargs)

        return _declare(guarded, Rule("team", tuple(str(role) for role in allowed)))

    return decorate


def remember_customer(request: HttpRequest, customer_id: str) -> None:
    """Make a customer the one that the home page shows in this session."""
    if request.session.get(SESSION_KEY) != customer_id:
        request.session[SESSION_KEY] = customer_id


def current_membership(request: HttpRequest) -> models.Membership | None:
    """How the signed-in person belongs to the customer it saw last, else to its first; asked once per request."""
    if not hasattr(request, "_current_membership"):
        found = queries.membership(request.user, request.session.get(SESSION_KEY, ""))
        request._current_membership = found or queries.memberships(request.user).first()  # type: ignore[attr-defined]  # noqa: SLF001  our own note
    membership: models.Membership | None = request._current_membership  # type: ignore[attr-defined]  # noqa: SLF001  our own note
    return membership


def still_inside(request: CustomerRequest) -> bool:
    """Whether who opened a page that stays open is still signed in and still a member with that role; asks anew."""
    key = request.session.session_key
    found = queries.membership(request.user, request.customer.pk)
    return bool(key and request.session.exists(key) and found and found.role == request.membership.role)


def still_in_team(request: TeamRequest) -> bool:
    """The same for a page of the desk that stays open."""
    key = request.session.session_key
    found = queries.team_member(request.user)
    return bool(key and request.session.exists(key) and found and found.role == request.member.role)


def may_write(request: TeamRequest) -> bool:
    """Whether this team member may change what the desk shows."""
    return request.member.role in TEAM_WRITERS


__all__ = [
    "EVERY_ROLE",
    "EVERY_TEAM_ROLE",
    "TEAM_WRITERS",
    "WRITERS",
    "CustomerRequest",
    "Role",
    "Rule",
    "SignedInRequest",
    "TeamRequest",
    "TeamRole",
    "current_membership",
    "customer",
    "may_write",
    "need_scope",
    "public",
    "remember_customer",
    "scope",
    "signed_in",
    "still_in_team",
    "still_inside",
    "team",
]

"""HTTP routes about keys."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Header, Path, Query, Router, Schema, Status
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from posthouse.foundation.clock import now
from posthouse.foundation.moments import Moment
from posthouse.foundation.paging import ApiLimit
from posthouse.foundation.problems import Problem
from posthouse.keys import actions, models, queries, values
from posthouse.people import actions as people
from posthouse.people import queries as people_queries
from posthouse.people.access import scope

router = Router(tags=["keys"])


def _checked(read: Callable[[Any], Any]) -> Any:
    """A validator for schemas from one of `values`' readers."""

    def check(value: Any) -> Any:
        try:
            return read(value)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error

    return AfterValidator(check)


def _in_the_future(value: datetime) -> datetime:
    if value <= now():
        raise ValueError("must be in the future")
    return value


class Strict(Schema):
    """A body in which a member nobody knows is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class LimitIn(Strict):
    """At most `quota` calls in `window` seconds."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    quota: Annotated[int, Field(strict=True)]
    window: Annotated[float, Field(allow_inf_nan=False)]


def _read_limits(rows: list[LimitIn]) -> list[LimitIn]:
    values.read_limits((row.name, row.quota, row.window) for row in rows)
    return rows


PLAIN = r"^[^\x00-\x1f]*$"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=PLAIN)]
Environment = Literal["test", "live"]
Scopes = Annotated[list[str], Field(max_length=values.MAX_SCOPES), _checked(values.read_scopes)]
Networks = Annotated[list[str], Field(max_length=values.MAX_NETWORKS), _checked(values.read_networks)]
Limits = Annotated[list[LimitIn], Field(max_length=values.MAX_LIMITS), _checked(_read_limits)]
Future = Annotated[Moment, AfterValidator(_in_the_future)]
IdInPath = Annotated[str, Path(max_length=40, pattern=r"^[a-z0-9_]+$")]


class KeyIn(Strict):
    """A key to be made. Without `limits` those of the environment hold."""

    name: Name
    environment: Environment
    scopes: Scopes = []
    networks: Networks = []
    limits: Limits = []
    expires_at: Future | None = None


class KeyPatch(Strict):
    """What is left out stays as it is; `expires_at: null` takes the expiry away, `limits: []` the key's own limits."""

    name: Name = ""
    scopes: Scopes = []
    networks: Networks = []
    limits: Limits = []
    expires_at: Future | None = None


class RotateIn(Strict):
    """For how long the old secret works on. Never beyond the key's own expiry."""

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=int(actions.MAX_OVERLAP.total_seconds()))] = 86_400


class RevokeIn(Strict):
    """Why; the customer can read it."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=PLAIN)] = ""


class SecretOut(Schema):
    """What may be shown of a secret that works now."""

    hint: str
    created_at: datetime
    ends_at: datetime | None


class LimitOut(Schema):
    """At most `quota` calls in `window` seconds."""

    name: str
    quota: int
    window: float


class KeyOut(Schema):
    """A key, without its secret."""

    id: str
    customer_id: str
    name: str
    environment: Environment
    state: Literal["active", "expired", "revoked"]
    scopes: list[str]
    networks: list[str]
    limits: list[LimitOut]
    secrets: list[SecretOut]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str
    last_used_at: datetime | None

    @staticmethod
    def resolve_state(key: models.Key) -> str:
        """Whether it works now."""
        return key.state(now())

    @staticmethod
    def resolve_secrets(key: models.Key) -> list[models.Secret]:
        """Only those that work now."""
        return key.live_secrets(now())

    @staticmethod
    def resolve_limits(key: models.Key) -> list[dict[str, Any]]:
        """The limits in force: the key's own, else those of its environment."""
        return [{"name": name, "quota": quota, "window": window} for name, quota, window in queries.limits_of(key)]


class KeyPage(Schema):
    """A page of keys, newest first; ask again with `after` set to `next` (null: that was all)."""

    items: list[KeyOut]
    next: str | None


class NewSecretOut(Schema):
    """A key and its new secret. The secret is shown this once; null when the same `Idempotency-Key` was sent before."""

    key: KeyOut
    secret: str | None


@router.get("/keys", response=KeyPage, auth=scope("keys:read"), operation_id="list_keys", summary="Keys of everybody")
def list_keys(
    request: HttpRequest,
    customer_id: Annotated[str, Query(max_length=40, pattern=r"^[a-z0-9_]*$")] = "",
    environment: Environment | None = None,
    state: Literal["active", "expired", "revoked"] | None = None,
    after: Annotated[
        str, Query(max_length=40, pattern=r"^[a-z0-9_]*$", description="The `next` of an earlier answer")
    ] = "",
    limit: ApiLimit = 50,
) -> dict[str, Any]:
    """Keys, newest first, by customer, environment and state."""
    rows = _filtered(customer_id, environment or "", state or "")
    if after:
        rows = rows.filter(pk__lt=after)
    page = list(rows.order_by("-pk")[: limit + 1])
    return {"items": page[:limit], "next": page[limit - 1].pk if len(page) > limit else None}


@router.post(
    "/customers/{customer_id}/keys",
    response={201: NewSecretOut, 200: NewSecretOut},
    auth=scope("keys:write"),
    operation_id="create_key",
    summary="Make a key",
)
def create_key(
    request: HttpRequest,
    customer_id: IdInPath,
    body: KeyIn,
    idempotency_key: Annotated[
        str, Header(max_length=60, description="Send the same again to be sure of one key")
    ] = "",
) -> Status[dict[str, Any]]:
    """Make a key for a customer. The answer carries the secret, once."""
    if people_queries.customer(customer_id) is None:
        raise Http404
    fields = body.dict() | {"limits": [[row.name, row.quota, row.window] for row in body.limits]}
    try:
        key, secret = actions.create_key(
            customer_id=customer_id,
            once=f"api:{idempotency_key}" if idempotency_key else "",
            actor=_actor(request),
            **fields,
        )
    except actions.TooManyKeys as error:
        raise _too_many() from error
    return Status(201 if secret else 200, {"key": key, "secret": secret or None})


@router.get("/keys/{key_id}", response=KeyOut, auth=scope("keys:read"), operation_id="get_key", summary="One key")
def get_key(request: HttpRequest, key_id: IdInPath) -> models.Key:
    """One key, without its secret."""
    return _find(key_id)


@router.patch(
    "/keys/{key_id}", response=KeyOut, auth=scope("keys:write"), operation_id="change_key", summary="Change a key"
)
def change_key(request: HttpRequest, key_id: IdInPath, body: KeyPatch) -> models.Key:
    """Change name, scopes, networks, limits or expiry; in force at every verifier within a second."""
    changes = body.dict(exclude_unset=True)
    if "limits" in changes:
        changes["limits"] = [[row.name, row.quota, row.window] for row in body.limits]
    try:
        return actions.change_key(key=_find(key_id), actor=_actor(request), **changes)
    except actions.KeyNotUsable as error:
        raise _not_usable(str(error)) from error


@router.post(
    "/keys/{key_id}/rotate",
    response=NewSecretOut,
    auth=scope("keys:write"),
    operation_id="rotate_key",
    summary="Give a key a new secret",
)
def rotate_key(request: HttpRequest, key_id: IdInPath, body: RotateIn) -> dict[str, Any]:
    """A new secret for the same key; the old one works on for the overlap. A secret in an earlier overlap ends now."""
    overlap = timedelta(seconds=body.overlap_seconds)
    try:
        key, secret = actions.rotate_key(key=_find(key_id), overlap=overlap, actor=_actor(request))
    except actions.KeyNotUsable as error:
        raise _not_usable(str(error)) from error
    return {"key": key, "secret": secret}


@router.post(
    "/keys/{key_id}/revoke", response=KeyOut, auth=scope("keys:write"), operation_id="revoke_key", summary="End a key"
)
def revoke_key(request: HttpRequest, key_id: IdInPath, body: RevokeIn) -> models.Key:
    """End a key for good; refused at every verifier within a second. A second call changes nothing."""
    return actions.revoke_key(key=_find(key_id), reason=body.reason, actor=_actor(request))


def _filtered(customer_id: str, environment: str, state: str) -> QuerySet[models.Key]:
    rows = models.Key.objects.prefetch_related("secrets")
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    if environment:
        rows = rows.filter(environment=environment)
    return queries.in_state(rows, state) if state else rows


def _find(key_id: str) -> models.Key:
    key = models.Key.objects.prefetch_related("secrets").filter(pk=key_id).first()
    if key is None:
        raise Http404
    return key


def _actor(request: Any) -> str:
    return people.as_team(request.auth.owner)


def _not_usable(state: str) -> Problem:
    return Problem(
        status=409,
        code="key-not-usable",
        title="The key has ended",
        detail=f"The key is {state}. Make a new one.",
        extra={"state": state},
    )


def _too_many() -> Problem:
    return Problem(
        status=409,
        code="too-many-keys",
        title="Too many keys",
        detail=f"A customer has at most {actions.MAX_ACTIVE} active keys per environment. Revoke some first.",
    )

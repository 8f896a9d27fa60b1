"""Questions about people."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from posthouse.foundation.clock import now
from posthouse.foundation.ids import is_id
from posthouse.foundation.jsonwords import Word
from posthouse.people import models
from posthouse.people.facts import CONTACT_COLUMNS as CONTACT_COLUMNS
from posthouse.people.facts import contact_values as contact_values
from posthouse.people.facts import customer_values as customer_values
from posthouse.people.facts import zone_of as zone_of
from posthouse.people.models import digest_of_secret, normal_email

M = TypeVar("M", models.Contact, models.Customer)

CUSTOMER_ORDERS = {
    "-created": ("-created_at", "-pk"),
    "created": ("created_at", "pk"),
    "name": ("name", "pk"),
    "-name": ("-name", "-pk"),
    "-members": ("-member_count", "-pk"),
}
CONTACT_ORDERS = {
    "-created": ("-created_at", "-pk"),
    "created": ("created_at", "pk"),
    "name": ("name", "email"),
    "email": ("email",),
}


def contact_of(user: models.User | AnonymousUser) -> models.Contact | None:
    """The contact behind a login."""
    return models.Contact.objects.filter(user_id=user.pk).first() if user.pk else None


def contact(contact_id: str) -> models.Contact | None:
    """A contact by id; by the id of one that was merged, the one that remains."""
    rows = models.Contact.objects.select_related("user", "merged_into__user")
    return _remaining(rows.filter(pk=contact_id).first()) if is_id(contact_id) else None


def contact_by_email(email: str) -> models.Contact | None:
    """A contact by address; by that of one that was merged, the one that remains."""
    return _remaining(models.Contact.objects.select_related("merged_into").filter(email=normal_email(email)).first())


def contact_ids(emails: Iterable[str]) -> dict[str, str]:
    """The ids of those contacts that are known, by address in its normal form. One query."""
    return dict(models.Contact.objects.filter(email__in=list(emails)).values_list("email", "id"))


def merged_addresses(emails: Iterable[str]) -> set[str]:
    """Those of the addresses (in their normal form) whose contact was merged into another. One query."""
    rows = models.Contact.objects.filter(email__in=list(emails)).exclude(merged_into=None)
    return set(rows.values_list("email", flat=True))


def customer(customer_id: str) -> models.Customer | None:
    """A customer by id; by the id of one that was merged, the one that remains."""
    rows = models.Customer.objects.select_related("merged_into")
    return _remaining(rows.filter(pk=customer_id).first()) if is_id(customer_id) else None


def contacts(contact_ids: Iterable[str]) -> dict[str, models.Contact]:
    """Contacts by the ids asked for, as `contact` finds them. One query."""
    rows = models.Contact.objects.select_related("user", "merged_into__user")
    return _found(rows, contact_ids)


def customers(customer_ids: Iterable[str]) -> dict[str, models.Customer]:
    """Customers by the ids asked for, as `customer` finds them. One query."""
    return _found(models.Customer.objects.select_related("merged_into"), customer_ids)


def _found(rows: QuerySet[M], ids: Iterable[str]) -> dict[str, M]:
    asked = [id_ for id_ in ids if is_id(id_)]
    return {found.pk: found.merged_into or found for found in rows.filter(pk__in=asked)} if asked else {}


def oldest_owners(customer_ids: Iterable[str]) -> dict[str, str]:
    """For each of the customers that has an owner the contact that has been it for longest. One query."""
    rows = models.Membership.objects.filter(customer_id__in=list(customer_ids), role="owner")
    return dict(rows.order_by("-created_at", "-pk").values_list("customer_id", "contact_id"))


def oldest_customers(contact_ids: Iterable[str]) -> dict[str, str]:
    """For each of the contacts that is a member the customer that it joined first. One query."""
    rows = models.Membership.objects.filter(contact_id__in=list(contact_ids))
    return dict(rows.order_by("-created_at", "-pk").values_list("contact_id", "customer_id"))


def customer_by_external_id(external_id: str) -> models.Customer | None:
    """A customer by the id that the vendor's own systems give it, or gave to one that was merged into it."""
    return _remaining(models.Customer.objects.select_related("merged_into").filter(external_id=external_id).first())


def _remaining(found: M | None) -> M | None:
    return (found.merged_into or found) if found else None


def like_contact(contact: models.Contact) -> QuerySet[models.Contact]:
    """Contacts that may be the same person: of the same name, or with an address that differs in its +tag alone."""
    local, _, domain = contact.email.partition("@")
    base = local.partition("+")[0]
    same = Q(email=f"{base}@{domain}") | Q(email__startswith=f"{base}+", email__endswith=f"@{domain}")
    if contact.name:
        same |= Q(name__iexact=contact.name)
    return models.Contact.objects.filter(same, merged_into=None).exclude(pk=contact.pk).order_by("created_at", "pk")


def like_customer(customer: models.Customer) -> QuerySet[models.Customer]:
    """Customers that may be the same organisation: of the same name, or with a member in common."""
    people = customer.memberships.values("contact_id")
    same = Q(name__iexact=customer.name) | Exists(
        models.Membership.objects.filter(customer=OuterRef("pk"), contact_id__in=people)
    )
    return models.Customer.objects.filter(same, merged_into=None).exclude(pk=customer.pk).order_by("created_at", "pk")


def membership(user: models.User | AnonymousUser, customer_id: str) -> models.Membership | None:
    """How a login belongs to a customer, if it does."""
    return memberships(user).filter(customer_id=customer_id).first() if user.pk and is_id(customer_id) else None


def memberships(user: models.User | AnonymousUser) -> QuerySet[models.Membership]:
    """All customers a login belongs to, oldest membership first."""
    rows = models.Membership.objects.select_related("customer", "contact")
    return rows.filter(contact__user_id=user.pk or 0).order_by("created_at", "pk")


def members(customer: models.Customer) -> QuerySet[models.Membership]:
    """Who belongs to a customer, with the contacts, oldest membership first."""
    return customer.memberships.select_related("contact__user").order_by("created_at", "pk")


def customers_of(contact: models.Contact) -> QuerySet[models.Membership]:
    """Where a contact is a member, with the customers."""
    return contact.memberships.select_related("customer").order_by("created_at", "pk")


def open_invitations(customer: models.Customer) -> QuerySet[models.Invitation]:
    """Invitations that were neither accepted nor withdrawn nor replaced, newest first; the expired ones too."""
    rows = customer.invitations.filter(accepted_at=None, withdrawn_at=None)
    return rows.select_related("invited_by").order_by("-created_at", "-pk")


def invitations_for(email: str) -> QuerySet[models.Invitation]:
    """Invitations an address could accept now."""
    rows = models.Invitation.objects.filter(email=normal_email(email), accepted_at=None, withdrawn_at=None)
    return rows.filter(expires_at__gt=now()).select_related("customer", "invited_by").order_by("created_at")


def invitation_by_secret(secret: str) -> models.Invitation | None:
    """The invitation whose link carries this secret, open or not."""
    rows = models.Invitation.objects.select_related("customer", "invited_by")
    return rows.filter(digest=digest_of_secret(secret)).first()


def invitation(invitation_id: str, customer: models.Customer) -> models.Invitation | None:
    """An invitation of a customer, by id."""
    return customer.invitations.filter(pk=invitation_id).first() if is_id(invitation_id) else None


def find_customers(
    *,
    search: str = "",
    country: str = "",
    channel: str = "",
    created_from: date | None = None,
    created_to: date | None = None,
    order: str = "-created",
) -> QuerySet[models.Customer]:
    """Customers by part of a name, an id or a member's address, each with `member_count`."""
    rows = models.Customer.objects.filter(merged_into=None).annotate(member_count=Count("memberships"))
    if search:
        rows = rows.filter(_customer_by(search) | Q(_has_member(search)))
    exact = {"country": country, "channel": channel}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    return _created(rows, created_from, created_to).order_by(*CUSTOMER_ORDERS.get(order, CUSTOMER_ORDERS["-created"]))


def find_contacts(
    *,
    search: str = "",
    created_from: date | None = None,
    created_to: date | None = None,
    has_login: bool | None = None,
    order: str = "-created",
) -> QuerySet[models.Contact]:
    """Contacts by part of a name or address, or by id."""
    rows = models.Contact.objects.filter(merged_into=None)
    if search:
        rows = rows.filter(_contact_by(search))
    if has_login is not None:
        rows = rows.filter(user__isnull=not has_login)
    return _created(rows, created_from, created_to).order_by(*CONTACT_ORDERS.get(order, CONTACT_ORDERS["-created"]))


def found(subject: str, search: str) -> QuerySet[Any]:
    """The ids alone of what find_customers() or find_contacts() finds, in no order."""
    if subject != "customer":
        return models.Contact.objects.filter(_contact_by(search), merged_into=None).order_by().values("pk")
    # Addresses are looked through once, and not for each customer. A union, because PostgreSQL would go through
    # the whole list of a long IN beside an OR for each row.
    by_member = models.Membership.objects.filter(contact__email__icontains=search).order_by().values("customer")
    by_name = models.Customer.objects.filter(_customer_by(search)).order_by().values("pk")
    return models.Customer.objects.filter(pk__in=by_name.union(by_member), merged_into=None).order_by().values("pk")


def is_found(subject: str, search: str, pk: OuterRef) -> QuerySet[Any]:
    """The same asked of one after the other, for whoever stops early where most are found."""
    if subject != "customer":
        return models.Contact.objects.filter(_contact_by(search), merged_into=None, pk=pk)
    rows = models.Customer.objects.filter(merged_into=None, pk=pk)
    return rows.filter(_customer_by(search) | Q(_has_member(search)))


def _has_member(search: str) -> Exists:
    return Exists(models.Membership.objects.filter(customer=OuterRef("pk"), contact__email__icontains=search))


def _customer_by(search: str) -> Q:
    return Q(name__icontains=search) | Q(pk=search) | Q(external_id=search)


def _contact_by(search: str) -> Q:
    return Q(name__icontains=search) | Q(email__icontains=search) | Q(pk=search)


def _created(rows: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
    if first:
        rows = rows.filter(created_at__date__gte=first)
    if last:
        rows = rows.filter(created_at__date__lte=last)
    return rows


def traits(subject: str, *names: str) -> QuerySet[Any]:
    """Of every customer, or every contact (`subject`), the id and what is asked for, as rows of values.

    A name is `plan`, `channel`, `country` or `attributes.<name>`; what is not known is an empty text. A plan,
    and a contact's country, are attributes.
    """
    model: type[models.Customer | models.Contact] = models.Customer if subject == "customer" else models.Contact
    own = {"channel", "country"} if subject == "customer" else {"channel"}
    found = {}
    for number, name in enumerate(names):
        text = F(name) if name in own else KeyTextTransform(name.removeprefix("attributes."), "attributes")
        found[f"trait_{number}"] = Coalesce(text, Value(""), output_field=TextField())
    rows: QuerySet[Any] = model.objects.order_by().annotate(**found).values("id", *found)
    return rows


def with_attribute(rows: QuerySet[M], name: str, word: str) -> QuerySet[M]:
    """Those of the rows whose attribute is written like this; an empty word: it is not known, or no single value."""
    alias = f"attribute_{len(rows.query.annotations)}"
    value = Coalesce(Word(F("attributes"), Value(name, output_field=TextField())), Value(""), output_field=TextField())
    return rows.alias(**{alias: value}).filter(**{alias: word})


def having(subject: str, condition: Q) -> QuerySet[Any]:
    """The ids of the customers, or contacts (`subject`), for which a condition on their columns holds."""
    model: type[models.Customer | models.Contact] = models.Customer if subject == "customer" else models.Contact
    return model.objects.filter(condition).order_by().values("pk")


def countries() -> list[str]:
    """Countries that at least one customer is in."""
    rows = models.Customer.objects.exclude(country="").order_by("country")
    return list(rows.values_list("country", flat=True).distinct())


def channels() -> list[str]:
    """Channels by which at least one customer came."""
    rows = models.Customer.objects.exclude(channel="").order_by("channel")
    return list(rows.values_list("channel", flat=True).distinct())


def plans() -> list[str]:
    """Plans (an attribute) that at least one customer is on."""
    rows = models.Customer.objects.exclude(attributes__plan=None).order_by("attributes__plan")
    return [plan for plan in rows.values_list("attributes__plan", flat=True).distinct() if isinstance(plan, str)]


def team_member(user: models.User | AnonymousUser) -> models.TeamMember | None:
    """The team member behind a login, if it is one of the vendor's people."""
    return models.TeamMember.objects.select_related("user").filter(user_id=user.pk).first() if user.pk else None


def team() -> QuerySet[models.TeamMember]:
    """The vendor's people, by name."""
    return models.TeamMember.objects.select_related("user").order_by("name", "user__email")


def team_size() -> int:
    """How many people may use the desk."""
    return models.TeamMember.objects.filter(user__is_active=True).count()


def tokens() -> QuerySet[models.TeamToken]:
    """The credentials of the vendor's programs, newest first, ended ones too."""
    return models.TeamToken.objects.select_related("owner__user").order_by("-created_at", "-pk")


def language_of(email: str, otherwise: models.Contact | None = None) -> str:
    """In which language to write to an address: its login's, else that of the other person; empty: the vendor's."""
    languages = models.User.objects.exclude(language="").values_list("language", flat=True)
    own = languages.filter(email=normal_email(email)).first()
    return own or (languages.filter(contact=otherwise).first() if otherwise else "") or ""


def actor_names(actors: set[str]) -> dict[str, str]:
    """Who stands behind the actors of events (`contact:<id>`, `team:<user id>`), by actor; unknown ones left out."""
    contact_ids = [actor.removeprefix("contact:") for actor in actors if actor.startswith("contact:")]
    user_ids = [number for actor in actors if actor.startswith("team:") and (number := actor[5:]).isdecimal()]
    found = {f"contact:{row.pk}": str(row) for row in models.Contact.objects.filter(pk__in=contact_ids)}
    for member in models.TeamMember.objects.select_related("user").filter(user_id__in=user_ids):
        found[f"team:{member.user_id}"] = str(member)
    return found


def customer_names(customer_ids: Iterable[str]) -> dict[str, str]:
    """Names by id, of those customers that exist. One query."""
    return dict(models.Customer.objects.filter(pk__in=set(customer_ids)).values_list("pk", "name"))


def customer_count() -> int:
    """How many customers there are."""
    return models.Customer.objects.filter(merged_into=None).count()

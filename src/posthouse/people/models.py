"""Users, contacts, customers, memberships, invitations, and the vendor's team."""

import hashlib
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from posthouse.foundation.clock import now
from posthouse.foundation.ids import new_id


class Users(BaseUserManager["User"]):
    """Makes users known by e-mail alone."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with a login; without a password it can only sign in after a reset."""
        user = self.model(email=normal_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Addresses are compared without regard to case."""
        return self.get(email=normal_email(username or ""))


def normal_email(email: str) -> str:
    """The form in which addresses are stored and compared."""
    return email.strip().lower()


def digest_of_secret(secret: str) -> str:
    """Under which digest an invitation's secret is stored; 256 random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class User(AbstractBaseUser):
    """A login: an address and a password. Who the person is stands in Contact or TeamMember."""

    email = models.EmailField(_("e-mail"), unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email


class Contact(models.Model):
    """One person, known by e-mail, with or without a login.

    A contact that was merged into another stays, without anything of its own, so that its id and address lead there.
    """

    class JobRole(models.TextChoices):
        DEVELOPER = "developer", _("Developer")
        LEAD = "lead", _("Engineering lead")
        PRODUCT = "product", _("Product manager")
        OPERATIONS = "operations", _("Operations")
        STUDENT = "student", _("Student")
        OTHER = "other", _("Something else")

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "con"), editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    job_role = models.CharField(_("your role"), max_length=20, choices=JobRole.choices, blank=True)
    use_case = models.TextField(_("what you are building"), max_length=2000, blank=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="contact"
    )
    created_at = models.DateTimeField(_("created"), db_index=True, default=now, editable=False)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, editable=False, related_name="merged")

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name or self.email


class Customer(models.Model):
    """An organisation that uses the API. One that was merged into another stays, so that its ids lead there."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "cus"), editable=False)
    name = models.CharField(_("name"), max_length=120)
    external_id = models.CharField(_("your own id"), max_length=120, null=True, blank=True, unique=True)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    channel = models.CharField(_("channel"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created"), db_index=True, default=now, editable=False)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, editable=False, related_name="merged")
    members: "models.ManyToManyField[Contact, Membership]" = models.ManyToManyField(
        Contact, through="people.Membership", related_name="customers"
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do within its customer."""

    OWNER = "owner", _("Owner")
    DEVELOPER = "developer", _("Developer")
    BILLING = "billing", _("Billing")
    AUDITOR = "auditor", _("Auditor")


class Membership(models.Model):
    """A contact belongs to a customer, with a role."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "mem"), editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.DEVELOPER)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "customer"], name="people_membership_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.customer_id}: {self.role}"


class Invitation(models.Model):
    """An address was asked to join a customer; the link carries a secret of which only a digest is kept."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "inv"), editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.DEVELOPER)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["email"], name="people_invitation_email")]

    def __str__(self) -> str:
        return f"{self.email} to {self.customer_id}"

    def is_open(self, at: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and at < self.expires_at


class TeamRole(models.TextChoices):
    """What one of the vendor's people may do in the desk."""

    ADMIN = "admin", _("Admin")
    SUPPORT = "support", _("Support")
    ENGINEER = "engineer", _("Engineer")
    ANALYST = "analyst", _("Analyst")
    AUDITOR = "auditor", _("Auditor")


class TeamMember(models.Model):
    """One of the vendor's people."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_member")
    name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=TeamRole.choices, default=TeamRole.SUPPORT)
    created_at = models.DateTimeField(default=now, editable=False)

    def __str__(self) -> str:
        return self.name or str(self.user)


class TeamToken(models.Model):
    """A credential for programs of the vendor: the API client's middleware, scripts, other systems."""

    id = models.CharField(primary_key=True, max_length=40, default=partial(new_id, "tok"), editable=False)
    owner = models.ForeignKey(TeamMember, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=120)
    digest = models.BinaryField(max_length=32, unique=True)
    pepper_id = models.CharField(max_length=20)
    hint = models.CharField(max_length=40)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"

    def is_usable(self, at: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


def as_contact(contact: Contact) -> str:
    """How a contact is named as the actor of an event."""
    return f"contact:{contact.pk}"


def as_team(member: TeamMember) -> str:
    """How a team member is named as the actor of an event."""
    return f"team:{member.user_id}"

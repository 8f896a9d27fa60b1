"""The vendor's own people."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from posthouse.foundation.clock import now
from posthouse.messages.actions import send_mail
from posthouse.people import events, models, queries
from posthouse.people.actions import refusals
from posthouse.people.models import TeamRole, normal_email
from posthouse.timeline.actions import record


@transaction.atomic
def add_team_member(
    *, user: models.User, role: str = TeamRole.SUPPORT, name: str = "", actor: str = ""
) -> models.TeamMember:
    """Give a login access to the desk. Announces TeamMemberAdded."""
    member, created = models.TeamMember.objects.get_or_create(
        user=user, defaults={"role": role, "name": name, "created_at": now()}
    )
    if created:
        record(events.TeamMemberAdded(user_id=user.pk, role=role), actor=actor)
    return member


@transaction.atomic
def invite_team_member(
    *, email: str, role: str = TeamRole.SUPPORT, name: str = "", actor: str = "", language: str = ""
) -> tuple[models.TeamMember, str]:
    """Give the person with this address access to the desk, with a new login if there is none.

    Announces TeamMemberAdded and mails a link: to the desk, or for a new login to choose a password. Returns the
    member and that link (for the command line, where mail may not be set up yet). Raises Refused for a member.
    """
    address = normal_email(email)
    user = models.User.objects.filter(email=address).first()
    if user is None:
        user = models.User.objects.create_user(address, None, language=language)
        EmailAddress.objects.create(user=user, email=address, primary=True, verified=False)
    if queries.team_member(user):
        raise refusals.already_in_team()
    member = add_team_member(user=user, role=role, name=name, actor=actor)
    return member, send_welcome(member=member)


@transaction.atomic
def add_team_member_by_email(*, email: str, role: str, name: str = "", password: str) -> models.TeamMember:
    """Give the login with this address access to the desk; it is made, with its address confirmed, if there is none.

    Meant for the command line of the person who runs the house. Announces TeamMemberAdded.
    """
    address = normal_email(email)
    user = models.User.objects.filter(email=address).first()
    if user is None:
        user = models.User.objects.create_user(address, password)
    EmailAddress.objects.update_or_create(user=user, email=address, defaults={"verified": True, "primary": True})
    return add_team_member(user=user, role=role, name=name)


def send_welcome(*, member: models.TeamMember) -> str:
    """Mail a member its way into the desk, and return that link."""
    user = member.user
    link = settings.PUBLIC_URL + (reverse("home") if user.has_usable_password() else _password_path(user))
    send_mail(
        template="people/team_welcome",
        to=user.email,
        language=user.language or queries.language_of(user.email),
        context={
            "name": member.name,
            "role": member.get_role_display,
            "url": link,
            "new_login": not user.has_usable_password(),
        },
        forget_when_sent=not user.has_usable_password(),
    )
    return link


@transaction.atomic
def change_team_role(*, member: models.TeamMember, role: str, actor: str) -> models.TeamMember:
    """Give a team member another role. Announces TeamRoleChanged. Raises Refused when it would take the last admin."""
    row = _locked(member)
    if row.role == role:
        return row
    _keep_an_admin(row)
    was, row.role = row.role, role
    row.save(update_fields=["role"])
    record(events.TeamRoleChanged(user_id=row.user_id, role=role, was=was), actor=actor)
    return row


@transaction.atomic
def remove_team_member(*, member: models.TeamMember, actor: str) -> None:
    """Take access to the desk away; the member's tokens end with it. Announces TeamMemberRemoved.

    Raises Refused when it would take the last admin.
    """
    row = _locked(member)
    _keep_an_admin(row)
    user_id = row.user_id
    row.delete()
    record(events.TeamMemberRemoved(user_id=user_id), actor=actor)


def _password_path(user: models.User) -> str:
    key = default_token_generator.make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})


def _locked(member: models.TeamMember) -> models.TeamMember:
    """The member as it is now; the admins' rows are held until the transaction ends, so two cannot leave at once."""
    list(models.TeamMember.objects.select_for_update().filter(role=TeamRole.ADMIN).order_by("pk"))
    return models.TeamMember.objects.get(pk=member.pk)


def _keep_an_admin(leaving: models.TeamMember) -> None:
    admins = models.TeamMember.objects.filter(role=TeamRole.ADMIN)
    if leaving.role == TeamRole.ADMIN and not admins.exclude(pk=leaving.pk).exists():
        raise refusals.last_admin()

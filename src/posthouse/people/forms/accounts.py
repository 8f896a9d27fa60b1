"""Forms around signing in, in the house's own words; what they do is django-allauth's."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from posthouse.people import actions, invited, models
from posthouse.people.forms.fields import REQUIRED, email_field, language_field, name_field, time_zone_field


class InOurWords:
    """Gives the fields of a form of django-allauth our labels, and takes its placeholders away."""

    labels: dict[str, Any] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.error_messages["required"] = REQUIRED
            if name in self.labels:
                field.label = self.labels[name]
            if isinstance(field, forms.EmailField):
                field.validators.append(MaxLengthValidator(254))
                field.widget.attrs |= {"autocomplete": "email", "maxlength": "254"}


class LoginForm(InOurWords, allauth.LoginForm):  # type: ignore[misc]  # django-allauth has no types
    """Signing in."""

    labels = {"login": _("E-mail"), "password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SignupForm(InOurWords, allauth.SignupForm):  # type: ignore[misc]  # django-allauth has no types
    """Signing up by e-mail and password."""

    labels = {"email": _("E-mail"), "password1": _("Password")}
    field_order = ["name", "email", "password1"]
    account_already_exists: bool

    name = name_field(_("Your name"), autocomplete="name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = _("At least eight characters.")

    def try_save(self, request: Any) -> Any:
        """As allauth; an address that has an account costs as much time, and so does one taken this very moment."""
        request.session["mail_sent_to"] = self.cleaned_data["email"]
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        try:
            return super().try_save(request)
        except IntegrityError:
            self.account_already_exists = True
            return super().try_save(request)

    def save(self, request: Any) -> models.User:
        """Make the login and its contact in one transaction; the password is hashed before it begins."""
        adapter = get_adapter()
        user: models.User = adapter.save_user(request, adapter.new_user(request), self, commit=False)
        user.language = get_language() or ""
        invitation = invited.open_invitation(request, user.email)
        with transaction.atomic():
            user.save()
            contact = actions.open_account(
                user=user, name=self.cleaned_data["name"], channel=request.session.get("channel", "")
            )
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=invitation is not None)
            if invitation:  # its link came by mail to this address, which proves it as well as a second mail would
                actions.confirm_email(user=user)
                actions.accept_invitation(invitation=invitation, contact=contact)
        return user


class ResetPasswordForm(InOurWords, allauth.ResetPasswordForm):  # type: ignore[misc]  # django-allauth has no types
    """Asking for a link to choose a new password."""

    labels = {"email": _("E-mail")}


class NewPasswordForm(InOurWords, allauth.ResetPasswordKeyForm):  # type: ignore[misc]  # django-allauth has no types
    """Choosing a password, from the link of a mail."""

    labels = {"password1": _("New password"), "password2": _("New password, again")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = _("At least eight characters.")


class ChangePasswordForm(InOurWords, allauth.ChangePasswordForm):  # type: ignore[misc]  # django-allauth has no types
    """Choosing another password."""

    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password, again"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].help_text = _("At least eight characters.")


class ResendForm(forms.Form):
    """Having the confirmation sent again."""

    email = email_field()


class ProfileForm(forms.Form):
    """What a person tells of itself."""

    name = name_field(_("Your name"), autocomplete="name")
    job_role = forms.ChoiceField(
        label=_("Your role"),
        choices=lambda: [("", ""), *models.Contact.JobRole.choices],
        required=False,
    )
    use_case = forms.CharField(
        label=_("What you are building"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A sentence is enough. It helps us to help you."),
    )
    language = language_field()
    time_zone = time_zone_field()


class WelcomeForm(ProfileForm):
    """Finishing to set up: the organisation, asked only of those who founded none and joined none, and the profile."""

    field_order = ["organisation", "name", "job_role", "use_case", "language", "time_zone"]

    organisation = name_field(_("Name of your organisation"), autocomplete="organization")

    def __init__(self, *args: Any, has_customer: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].help_text = _("A company, a school, or just you.")
        if has_customer:
            del self.fields["organisation"]
        for name in ("job_role", "use_case"):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = REQUIRED

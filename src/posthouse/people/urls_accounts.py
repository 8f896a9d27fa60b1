"""The pages of django-allauth that the house uses, each with its access rule, and those it has of its own.

The others (several addresses per login, sign-in by code) are left out on purpose: a contact is known by one address.
"""

from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, path, re_path

from posthouse.people import access
from posthouse.people.views import accounts

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", access.public(allauth.login), name="account_login"),
    path("logout/", access.public(allauth.logout), name="account_logout"),
    path("inactive/", access.public(allauth.account_inactive), name="account_inactive"),
    path("signup/", access.public(accounts.Signup.as_view()), name="account_signup"),
    path("confirm-email/", accounts.check_mail, name="account_email_verification_sent"),
    path("confirm-email/resend/", accounts.resend_confirmation, name="resend-confirmation"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", access.public(allauth.confirm_email), name="account_confirm_email"),
    path("password/change/", access.signed_in(allauth.password_change), name="account_change_password"),
    path("password/set/", access.signed_in(allauth.password_set), name="account_set_password"),
    path("password/reset/", access.public(allauth.password_reset), name="account_reset_password"),
    path("password/reset/done/", access.public(allauth.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        access.public(accounts.NewPassword.as_view()),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        access.public(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]

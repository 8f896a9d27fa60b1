"""`posthouse doctor` finds what is wrong and says how to mend it."""

import io

import pytest

from posthouse.config import doctor
from posthouse.people import actions


def examined() -> tuple[int, str]:
    out = io.StringIO()
    return doctor.report(out), out.getvalue()


@pytest.mark.django_db
def test_a_fresh_installation_is_told_what_is_missing(settings):
    settings.EMAIL_BACKEND = "posthouse.messages.folder.FolderBackend"
    code, text = examined()
    assert code == 0
    assert "posthouse team" in text
    assert "POSTHOUSE_MAIL_URL" in text


@pytest.mark.django_db
def test_debug_at_a_public_address_is_broken(settings):
    settings.DEBUG = True
    settings.PUBLIC_URL = "http://api.example.com"
    code, text = examined()
    assert code == 1
    assert "Unset POSTHOUSE_DEBUG" in text
    assert "not https" in text


@pytest.mark.django_db
def test_secrets_that_others_can_read_are_broken(settings, tmp_path):
    settings.DATA = tmp_path
    (tmp_path / "peppers.json").write_text("{}")
    (tmp_path / "peppers.json").chmod(0o644)
    code, text = examined()
    assert code == 1
    assert "chmod 600" in text


@pytest.mark.django_db
def test_mail_that_nobody_accepts_is_broken(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    code, text = examined()
    assert code == 1
    assert "Mail leaves the house" in text


@pytest.mark.django_db
def test_a_team_of_one_is_enough():
    actions.add_team_member_by_email(email="Ada@Vendor.example.org", role="admin", password="x")
    again = actions.add_team_member_by_email(email="ada@vendor.example.org", role="admin", password="x")
    assert again.user.email == "ada@vendor.example.org"
    assert "nobody may use the desk" not in examined()[1]


SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("backend", "changes", "said"),
    [
        (SMTP, {}, "warn bounces are not taken in"),
        (
            "django.core.mail.backends.smtp.EmailBackend",
            {"MAIL_RETURN_PATH": "nonsense"},
            "fail 'nonsense' is no address",
        ),
        (
            "django.core.mail.backends.smtp.EmailBackend",
            {"MAIL_RETURN_PATH": "b@example.org"},
            "ok   bounces come back",
        ),
        ("anymail.backends.test.EmailBackend", {}, "warn the mail provider cannot report"),
        ("anymail.backends.test.EmailBackend", {"ANYMAIL": {"WEBHOOK_SECRET": "a:b"}}, "ok   the mail provider may"),
        ("anymail.backends.test.EmailBackend", {"MAIL_OPT_IN": ["news"]}, "fail there is no kind of mail 'news'"),
    ],
)
def test_whether_bounces_find_their_way_in(db, settings, backend, changes, said):
    settings.EMAIL_BACKEND = backend
    for name, value in changes.items():
        setattr(settings, name, value)
    out = io.StringIO()
    doctor.report(out)
    assert " ".join(said.split()) in " ".join(out.getvalue().split())

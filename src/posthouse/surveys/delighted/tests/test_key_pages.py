"""The key of a campaign on the desk: made, shown once, replaced with an overlap, revoked."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from posthouse.people.actions import add_team_member
from posthouse.people.models import User
from posthouse.surveys.delighted.tests.conftest import Caller
from posthouse.surveys.models import CampaignKey
from posthouse.surveys.tests.conftest import BACKEND
from posthouse.timeline.models import Event

pytestmark = [pytest.mark.mission("S14"), pytest.mark.django_db]
KEY = re.compile(r"[a-z]+_poll_[0-9A-Za-z]{36}")


@pytest.fixture
def sign_in():
    def signed_in(role="admin"):
        browser = Client()
        member = add_team_member(user=User.objects.create_user(f"{role}@vendor.example", "x"), role=role)
        browser.force_login(member.user, backend=BACKEND)
        return browser

    return signed_in


@pytest.fixture
def admin(sign_in):
    return sign_in()


def page(campaign, act=""):
    return reverse(f"desk-survey-key{act}", args=[campaign.pk])


def made(browser, campaign, **given):
    answer = browser.post(page(campaign, "-new"), given)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return KEY.search(html.unescape(answer.content.decode()))[0]


def test_a_key_is_made_and_shown_once(admin, campaign):
    assert b"There is no key yet" in admin.get(page(campaign)).content
    assert admin.get(page(campaign, "-new")).status_code == 200
    assert not CampaignKey.objects.exists()
    key = made(admin, campaign)
    assert Caller(key)("GET", "people").status_code == 200
    shown = admin.get(page(campaign)).content.decode()
    assert key not in shown
    assert key[-4:] in shown
    assert Event.objects.get(type="survey.key_made").data["campaign_id"] == campaign.pk


def test_a_new_key_lets_the_old_one_work_on_for_as_long_as_is_chosen(admin, campaign):
    first = made(admin, campaign)
    second = made(admin, campaign, hours="24")
    assert [Caller(key)("GET", "people").status_code for key in (first, second)] == [200, 200]
    third = made(admin, campaign, hours="0")
    assert [Caller(key)("GET", "people").status_code for key in (first, second, third)] == [401, 401, 200]
    assert CampaignKey.objects.filter(ends_at=None).count() == 1


@pytest.mark.parametrize("hours", ["", "x", "-1", "9999"])
def test_an_overlap_that_is_not_offered_makes_no_key(admin, campaign, hours):
    made(admin, campaign)
    assert admin.post(page(campaign, "-new"), {"hours": hours}).status_code == 422
    assert CampaignKey.objects.count() == 1


def test_revoked_after_being_asked_once_more(admin, campaign):
    key = made(admin, campaign)
    assert admin.get(page(campaign, "-revoke")).status_code == 200
    assert Caller(key)("GET", "people").status_code == 200
    for _again in range(2):
        assert admin.post(page(campaign, "-revoke")).status_code == 302
    assert Caller(key)("GET", "people").status_code == 401
    assert Event.objects.filter(type="survey.key_revoked").count() == 1


def test_others_see_the_address_and_make_no_key(sign_in, campaign):
    for role in ("engineer", "analyst"):
        browser = sign_in(role)
        shown = browser.get(page(campaign))
        assert b"/compat/delighted/v1/" in shown.content
        assert page(campaign, "-new").encode() not in shown.content
        assert browser.post(page(campaign, "-new"), {}).status_code == 403
        assert browser.post(page(campaign, "-revoke"), {}).status_code == 403
    assert not CampaignKey.objects.exists()


def test_an_id_of_nothing_is_not_found(admin):
    for act in ("", "-new", "-revoke"):
        assert admin.get(reverse(f"desk-survey-key{act}", args=["cmp_none"])).status_code == 404

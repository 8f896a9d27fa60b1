"""The portal's first pages: landing, the way to the first call, and the box that turns green."""

import asyncio
import html
import re
import time

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from posthouse.keys.models import Key
from posthouse.people.actions import found_customer
from posthouse.people.models import User

SECRET = re.compile(r"ph_(?:test|live)_[0-9A-Za-z]{36}")


def text_of(response):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.mark.django_db
def test_the_public_sees_what_this_is_and_where_to_begin(client):
    page = client.get("/")
    assert page.status_code == 200
    for address in (reverse("account_signup"), "/docs/"):
        assert f'href="{address}"' in page.content.decode()


@pytest.mark.django_db
def test_members_go_to_their_customer_and_the_team_to_the_desk(owner, customer, team_as, sign_up_alone):
    assert owner.browser.get("/")["Location"] == reverse("portal-home", args=[customer.pk])
    assert team_as("support")[1].get("/")["Location"] == reverse("desk-home")
    assert sign_up_alone.get("/").status_code == 302


@pytest.fixture
def sign_up_alone(client, db):
    """Somebody signed in who belongs to no customer yet."""
    client.force_login(User.objects.create_user("alone@orrery.example", "correct horse battery"))
    return client


def first_key(browser, customer):
    page = browser.get(reverse("portal-home", args=[customer.pk])).content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    return browser.post(reverse("portal-first-key", args=[customer.pk]), {"once": once}, follow=True)


@pytest.mark.mission("J2.4")
@pytest.mark.django_db
def test_the_samples_carry_the_new_key_once_and_its_hint_later(owner, customer, settings):
    settings.KEY_SCOPES = ["read:sun"]
    made = first_key(owner.browser, customer)
    found = set(SECRET.findall(made.content.decode()))
    assert len(found) == 1
    secret = found.pop()
    assert made["Cache-Control"] == "no-store"
    assert made.content.decode().count(secret) >= 2
    assert "Waiting for your first call" in text_of(made)
    key = Key.objects.get()
    assert (key.environment, key.scopes) == ("test", ["read:sun"])
    later = owner.browser.get(reverse("portal-home", args=[customer.pk]))
    assert secret not in later.content.decode()
    assert key.secrets.get().hint in text_of(later)
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])


@pytest.mark.django_db
def test_two_clicks_make_one_key(owner, customer):
    address = reverse("portal-first-key", args=[customer.pk])
    for _ in range(2):
        owner.browser.post(address, {"once": "once_12345678"})
    owner.browser.post(address, {"once": "<nonsense>"})
    owner.browser.post(address)
    assert Key.objects.count() == 1


@pytest.mark.django_db
def test_the_box_says_how_far_the_first_call_is(owner, customer, make_key, happen):
    def page():
        return text_of(owner.browser.get(reverse("portal-home", args=[customer.pk])))

    make_key()
    assert "Waiting for your first call" in page()
    happen("call.first", call_id="call_1", method="GET", route="/v1/sun", status=403)
    assert "arrived, and was refused" in page()
    happen("call.first_success", call_id="call_2", method="GET", route="/v1/sun", status=200)
    assert "Your first call has arrived" in page()


@pytest.mark.django_db
def test_once_live_the_home_is_about_what_arrives(owner, customer, make_key, happen):
    make_key("live", name="Shop")
    happen("call.first_success", status=200)
    happen("call.first_live", status=200)
    page = text_of(owner.browser.get(reverse("portal-home", args=[customer.pk])))
    assert "Live." in page
    assert "Waiting" not in page
    assert "Shop" in page


@pytest.mark.django_db
def test_other_customers_pages_are_not_there(outsider, customer, client):
    for name in ("portal-home", "portal-waiting", "portal-golive"):
        assert outsider.browser.get(reverse(name, args=[customer.pk])).status_code == 404
        assert client.get(reverse(name, args=[customer.pk])).status_code == 302
    for name in ("portal-first-key", "portal-golive-limits", "portal-golive-incidents"):
        assert outsider.browser.post(reverse(name, args=[customer.pk])).status_code == 404


@pytest.mark.django_db
def test_the_home_takes_few_queries_however_much_happened(owner, customer, make_key, happen):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            owner.browser.get(reverse("portal-home", args=[customer.pk]))
        return len(asked)

    make_key()
    queries()
    few = queries()
    for number in range(10):
        make_key(name=f"Key {number}")
        happen("call.first", status=200)
    assert queries() <= few <= 17


@pytest.mark.django_db
def test_the_home_speaks_spanish(owner, customer):
    owner.contact.user.language = "es"
    owner.contact.user.save()
    assert "Crear una clave de prueba" in text_of(owner.browser.get(reverse("portal-home", args=[customer.pk])))


LIMIT = 2 if connection.vendor == "sqlite" else 20
"""Seconds. On PostgreSQL an event waits for transactions of the whole server, those of other tests among them."""


@pytest.mark.mission("J3.2")
@pytest.mark.django_db(transaction=True)
async def test_an_open_page_learns_of_the_first_call_within_two_seconds(happen_later):
    customer, user, happen = happen_later
    browser = AsyncClient()
    await browser.aforce_login(user)
    response = await browser.get(reverse("portal-waiting", args=[customer.pk]))
    assert response["Content-Type"] == "text/event-stream"
    stream = aiter(response)
    assert await anext(stream) == b":\n\n"

    async def until(words):
        began = time.monotonic()
        async for chunk in stream:
            if words in chunk.decode():
                return time.monotonic() - began
        raise AssertionError("the stream ended")

    waiting = asyncio.create_task(until("was refused"))
    await asyncio.sleep(0.3)
    await sync_to_async(happen)("call.first", call_id="call_1", status=403)
    assert await asyncio.wait_for(waiting, 30) < LIMIT
    waiting = asyncio.create_task(until("Your first call has arrived"))
    await sync_to_async(happen)("call.first_success", call_id="call_2", status=200)
    assert await asyncio.wait_for(waiting, 30) < LIMIT
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    await sync_to_async(connections.close_all)()


@pytest.mark.django_db(transaction=True)
async def test_an_open_page_of_somebody_who_was_removed_learns_nothing_more(happen_later):
    customer, user, happen = happen_later
    browser = AsyncClient()
    await browser.aforce_login(user)
    stream = aiter(await browser.get(reverse("portal-waiting", args=[customer.pk])))
    assert await anext(stream) == b":\n\n"
    await sync_to_async(customer.memberships.all().delete)()
    await sync_to_async(happen)("call.first", call_id="call_1", status=200)
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(stream), 10)
    await sync_to_async(connections.close_all)()


@pytest.fixture
def happen_later(owner, happen, transactional_db):
    """The customer, its owner's login, and how something happens to it while a page is open."""
    customer = owner.contact.memberships.first().customer
    return customer, owner.contact.user, happen


@pytest.mark.django_db
def test_a_member_of_two_customers_sees_each_at_its_own_address(owner, customer):
    other = found_customer(name="Second", owner=owner.contact)
    assert owner.browser.get(reverse("portal-home", args=[other.pk])).status_code == 200

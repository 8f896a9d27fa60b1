"""The stream behind the comments."""

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient

from posthouse.surveys import actions
from posthouse.surveys.handling import live
from posthouse.surveys.tests.conftest import BACKEND

pytestmark = [pytest.mark.mission("S8"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reader(transactional_db, member):
    """An engineer, seen by all threads."""
    return member().user


@pytest.fixture
def asked(reader, make, ask):
    """Three people that can answer one campaign."""
    campaign = make()
    return [ask(campaign, email=f"{name}@example.org", channel="link") for name in ("ada", "bob", "eve")]


async def opened(reader, campaign_id, query=""):
    browser = AsyncClient()
    await browser.aforce_login(reader, backend=BACKEND)
    answer = await browser.get(f"/desk/surveys/{campaign_id}/comments-live/{query}")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    stream = aiter(answer)
    assert await anext(stream) == b":\n\n"
    assert (await anext(stream)).startswith(b"event: following")
    return browser, stream


async def following(stream):
    """The next thing that is said."""
    while (chunk := await anext(stream)) == b":\n\n":
        pass
    return chunk.decode()


def answered(send, **given):
    return actions.answer(send=send, given=actions.Answer(**given))


async def test_new_and_changed_comments_that_fit_come_in_and_others_do_not(reader, asked, monkeypatch):
    monkeypatch.setattr(live, "PAUSE_AFTER_COMMENTS", 2)
    _, stream = await opened(reader, asked[0].campaign_id, "?group=low&search=docs")
    act = sync_to_async(answered)
    await act(asked[0], score=10, comment="Great docs")
    await act(asked[1], score=2)
    await act(asked[1], score=2, comment="Poor docs <b>")
    first = await following(stream)
    assert first.startswith("event: comment")
    assert "Poor docs &lt;b&gt;" in first
    await act(asked[1], score=3, comment="Still poor docs")
    second = await following(stream)
    assert "Still poor docs" in second
    assert 'hx-swap-oob="delete"' not in first
    assert 'hx-swap-oob="delete"' in second
    assert (await following(stream)).startswith("event: paused")
    await sync_to_async(connections.close_all)()


async def test_it_ends_when_its_reader_has_signed_out(reader, asked, monkeypatch):
    monkeypatch.setattr(live, "PING_EVERY", 0.01)
    browser, stream = await opened(reader, asked[0].campaign_id)
    await browser.alogout()
    assert [chunk async for chunk in stream if chunk != b":\n\n"] == []
    await sync_to_async(connections.close_all)()

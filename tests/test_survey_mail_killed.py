"""Invitations on their way to a real mail server while the worker is killed twenty times."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict

import pytest
from aiosmtpd.controller import Controller

from posthouse.messages.models import Message
from posthouse.surveys import actions
from posthouse.surveys.models import Send, SendState
from posthouse.timeline.models import Event
from tests.children import same_database

pytestmark = [pytest.mark.slow, pytest.mark.mission("S5")]

PEOPLE = 420
KILLS = 20
CONNECTIONS = 4
LEASE = 20
PATIENCE = 400.0


class Sink:
    """Takes every mail, a little slowly, so that kills find several under way."""

    def __init__(self):
        self.got = []
        self.pause = random.Random(7)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        head = envelope.content.decode().partition("\r\n\r\n")[0]
        message_id = next(line for line in head.splitlines() if line.lower().startswith("message-id:"))
        self.got.append((envelope.rcpt_tos[0], message_id))
        await asyncio.sleep(self.pause.random() / 100)
        return "250 OK"


@pytest.fixture
def sink():
    handler = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


@pytest.fixture
def worker(sink):
    """Start one; whoever is left ends with the test."""
    begun = []

    def start():
        environment = same_database(
            POSTHOUSE_MAIL_URL=f"smtp://127.0.0.1:{sink.port}",
            POSTHOUSE_MAIL_LEASE=str(LEASE),
            POSTHOUSE_MAIL_CONNECTIONS=str(CONNECTIONS),
        )
        begun.append(subprocess.Popen([sys.executable, "-m", "posthouse.config.cli", "worker"], env=environment))
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.wait()


def until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_killed_twenty_times_none_is_lost_and_none_is_written_twice(sink, worker):
    words = {"en": {"subject": "One question", "question": "Would you recommend it?"}}
    campaign = actions.make_campaign(name="Quarterly", metric="nps", texts=words)
    campaign = actions.set_state(campaign=campaign, state="running")
    wishes = [actions.Wish(email=f"p{number}@example.org") for number in range(PEOPLE)]
    actions.ask_many(campaign=campaign, wishes=wishes)

    for turn in range(1, KILLS + 1):
        process = worker()
        until(lambda turn=turn: len(sink.got) >= turn * (PEOPLE - 20) // (KILLS + 1) or _all_in_hand())
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    worker()
    until(lambda: Message.objects.filter(state="sent").count() == PEOPLE)

    ids = defaultdict(set)
    for address, message_id in sink.got:
        ids[address].add(message_id)
    assert len(ids) == PEOPLE, "somebody got none"
    assert {len(found) for found in ids.values()} == {1}, "a mail was written twice"
    copies = Counter(address for address, _ in sink.got)
    again = sum(number - 1 for number in copies.values())
    assert again <= KILLS * CONNECTIONS, f"{again} were sent again, more than can have been under way"
    assert Message.objects.count() == PEOPLE
    assert set(Send.objects.values_list("state", flat=True)) == {SendState.SENT}
    assert Event.objects.filter(type="survey.sent").count() == PEOPLE
    assert Event.objects.filter(type="message.sent").count() == PEOPLE


def _all_in_hand():
    """Nothing is left that could be taken up before a lease is over."""
    return not Message.objects.filter(state="waiting").exists() and not Send.objects.filter(state="pending").exists()

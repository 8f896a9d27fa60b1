"""Several connections to the mail server at once: a mail is mostly waiting for the server's next answer."""

import logging
import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from django.core.mail import EmailMultiAlternatives

from posthouse.messages.models import Message

logger = logging.getLogger(__name__)

Carried = tuple[Message, EmailMultiAlternatives | None, Exception | None]
"""A message, what was made of it, and what went wrong."""
CarryOne = Callable[[Any, Message], Carried]
"""Hands a message to a connection; raises nothing and touches no table, as it may run in a thread."""


def carry(servers: Sequence[Any], messages: Sequence[Message], carry_one: CarryOne) -> Iterator[Carried]:
    """Each message once, by whichever connection is free, in the order they are through; the caller marks them.

    When the caller fails over one of them, no other is begun, and the connections are closed before the error goes on.
    """
    waiting: SimpleQueue[Message] = SimpleQueue()
    for message in messages:
        waiting.put(message)
    if len(servers) == 1:
        yield from _one_after_the_other(servers[0], waiting, carry_one)
        return
    done: SimpleQueue[Carried] = SimpleQueue()
    threads = [threading.Thread(target=_work, args=(server, waiting, carry_one, done.put)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        for _ in messages:
            yield done.get()
    finally:
        for _ in _taken(waiting):
            pass
        for thread in threads:
            thread.join()


def _work(server: Any, waiting: SimpleQueue[Message], carry_one: CarryOne, tell: Callable[[Carried], None]) -> None:
    for carried in _one_after_the_other(server, waiting, carry_one):
        tell(carried)


def _one_after_the_other(server: Any, waiting: SimpleQueue[Message], carry_one: CarryOne) -> Iterator[Carried]:
    """After a failure the connection is made anew: what the server thinks of the old one is not known."""
    try:
        for message in _taken(waiting):
            carried = carry_one(server, message)
            if carried[2] is not None:
                _close(server)
            yield carried
    finally:
        _close(server)


def _taken(waiting: SimpleQueue[Message]) -> Iterator[Message]:
    while True:
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _close(server: Any) -> None:
    try:
        server.close()
    except (OSError, smtplib.SMTPException):
        logger.info("the mail server had already hung up")

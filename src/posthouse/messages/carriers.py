"""Several connections to the mail server at once: a mail is mostly waiting for the server's next answer."""

import logging
import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.core.mail import EmailMultiAlternatives

from posthouse.messages.models import Message

logger = logging.getLogger(__name__)

Carried = tuple[Message, EmailMultiAlternatives | None, Exception | None]
"""A message, what was made of it, and what went wrong."""
T = TypeVar("T")
CarryOne = Callable[[Any, Message], Carried]
"""Hands a message to a connection; raises nothing and touches no table, as it may run in a thread."""


def carry(servers: Sequence[Any], messages: Sequence[Message], carry_one: CarryOne) -> Iterator[list[Carried]]:
    """Each message once, by whichever connection is free, as they are through; the caller marks them. What got through
    while the caller was waiting for the database comes together, and at most as many as there are connections: what is
    through and not marked is sent again after a crash.

    When the caller fails over one of them, no other is begun, and the connections are closed before the error goes on.
    """
    waiting: SimpleQueue[Message] = SimpleQueue()
    for message in messages:
        waiting.put(message)
    if len(servers) == 1:
        for carried in _one_after_the_other(servers[0], _taken(waiting), carry_one):
            yield [carried]
        return
    done: SimpleQueue[Carried] = SimpleQueue()
    unmarked = threading.Semaphore(len(servers))
    tasks = [(server, _taken(waiting, unmarked.acquire), carry_one, done.put) for server in servers]
    threads = [threading.Thread(target=_work, args=task) for task in tasks]
    for thread in threads:
        thread.start()
    try:
        through = 0
        while through < len(messages):
            some = [done.get(), *_taken(done)]
            through += len(some)
            yield some
            unmarked.release(len(some))
    finally:
        for _ in _taken(waiting):
            pass
        unmarked.release(len(servers))
        for thread in threads:
            thread.join()


def _work(server: Any, messages: Iterator[Message], carry_one: CarryOne, tell: Callable[[Carried], None]) -> None:
    for carried in _one_after_the_other(server, messages, carry_one):
        tell(carried)


def _one_after_the_other(server: Any, messages: Iterator[Message], carry_one: CarryOne) -> Iterator[Carried]:
    """After a failure the connection is made anew: what the server thinks of the old one is not known."""
    try:
        for message in messages:
            carried = carry_one(server, message)
            if carried[2] is not None:
                _close(server)
            yield carried
    finally:
        _close(server)


def _taken(waiting: "SimpleQueue[T]", may_begin: Callable[[], Any] = bool) -> "Iterator[T]":
    while True:
        may_begin()
        try:
            yield waiting.get_nowait()
        except Empty:
            return


def _close(server: Any) -> None:
    try:
        server.close()
    except (OSError, smtplib.SMTPException):
        logger.info("the mail server had already hung up")

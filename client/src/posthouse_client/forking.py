"""What a forked child must make anew: locks another thread may have held, threads, connections, queues.

gunicorn and others import the application in a parent and fork. Threads do not survive that, and a lock
that was held during the fork stays locked for ever in the child.
"""

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that can put itself right in a forked child."""

    def after_fork(self) -> None:
        """Called in the child, while it has only one thread."""


_known: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


def register(one: Forkable) -> None:
    """Have `one.after_fork()` called in every forked child, for as long as it lives."""
    _known.add(one)


def _after_fork() -> None:
    for one in list(_known):
        one.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

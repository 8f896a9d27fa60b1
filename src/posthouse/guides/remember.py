"""What a process keeps of imported documents: parsed once, and finished parts of pages."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from posthouse.guides import models
from posthouse.guides.openapi.spec import Spec

V = TypeVar("V")


class Kept(Generic[V]):
    """The values last asked for, up to a number; safe between threads, each made by one thread only."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value; made now when it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            return self._made(key, make)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

    def _made(self, key: Hashable, make: Callable[[], V]) -> V:
        with self._lock:
            if key in self._values:
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            self._making.pop(key, None)
            while len(self._values) > self.most:
                self._values.popitem(last=False)
        return value


specs: Kept[Spec] = Kept(3)
indexes: Kept[list[Any]] = Kept(3)
"""What search looks through, by digest."""
parts: Kept[str] = Kept(300)
"""Finished HTML by (digest, language, what): a page's body does not depend on who reads it."""


def spec_of(document: models.Document) -> Spec:
    """The parsed document. Its content is read from the database only when this process has not parsed it yet."""
    return specs.get(document.digest, lambda: Spec(models.Document.objects.get(pk=document.pk).content()))

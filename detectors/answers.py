"""Answers about bytes, kept by digest: the same picture is looked at once, however often shops show it."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Answers(Generic[V]):
    """The answers of the last `most` files that were asked about, by the SHA-256 of their bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, V] = OrderedDict()

    def get(self, data: bytes, make: Callable[[bytes, str], V]) -> V:
        """Return the answer about some bytes, made from them and their digest where it is not known."""
        sha = hashlib.sha256(data).hexdigest()
        if sha not in self._kept:
            self._kept[sha] = make(data, sha)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(sha)
        return self._kept[sha]

"""Functions that the killable child runs in the tests: good ones, and every way to go wrong."""

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from guards.errors import CapExceeded, MarkwatchError


@dataclass(frozen=True)
class Found:
    """An answer of the function's own package."""

    name: str
    at: datetime
    price: Decimal


class Sly:
    """Pickles to a call of os.system, as a child taken over would answer."""

    def __reduce__(self):
        return os.system, ("true",)


def double(number):
    return number * 2


def found(name):
    return Found(name, datetime(2026, 1, 2, tzinfo=UTC), Decimal("3.50"))


def pid(_):
    return os.getpid()


def spin(_):
    while True:
        pass


def deep_regex(_):
    # One call into C that never gives the interpreter back.
    return re.match(r"(a|a)*$", "a" * 60 + "b")


def sleep(seconds):
    time.sleep(seconds)


def hoard(_):
    kept = []
    while True:
        kept.append(bytearray(50_000_000))


def crash(_):
    ctypes.string_at(0)


def leave(code):
    os._exit(code)


def kill_self(_):
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_):
    raise CapExceeded("expected 3, found 4", "take one away")


def own_error(_):
    raise OwnError("ours", "go on")


class OwnError(MarkwatchError):
    """An error of the function's own package."""


def fail(_):
    raise KeyError("no such thing")


def chatter(_):
    sys.stdout.write("noise" * 10_000)
    sys.stdout.flush()
    os.write(1, b"more noise")
    return sys.stdin.read()


def sly(_):
    return Sly()


def a_function(_):
    return double


def big(size):
    return b"x" * size


def with_grandchild(path):
    child = subprocess.Popen(["sleep", "60"])
    Path(path).write_text(str(child.pid))
    time.sleep(60)

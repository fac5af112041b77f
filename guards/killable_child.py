"""The child's end of `guards.killable`: reads orders from standard input, answers on standard output.

Run as `python -m guards.killable_child`. It ends when its input ends. Should the parent be killed during a job, the
alarm of that job ends the child a second after the job's time.
"""

import importlib
import os
import pickle
import resource
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from guards.errors import MarkwatchError

_HEADER = struct.Struct(">Q")
_GRACE_S = 1.0


def main() -> None:
    """Serve orders until the input ends."""
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # What the function reads or prints must not touch the talk with the parent.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while (head := _read_block(orders)) is not None:
        payload = _read_block(orders) or b""
        body = _answer(pickle.loads(head), payload)  # noqa: S301 - written by our own parent
        answers.write(_HEADER.pack(len(body)) + body)
        answers.flush()


def _read_block(stream: BinaryIO) -> bytes | None:
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    return stream.read(_HEADER.unpack(header)[0])


def _answer(order: dict[str, object], payload: bytes) -> bytes:
    """Do one order and return the pickled (kind, value)."""
    try:
        if "load" in order:
            find_function(str(order["load"]))
            return pickle.dumps(("value", None))
        return _run(order, payload)
    except MemoryError:
        _lift_limits()
        return pickle.dumps(("memory", ""))
    except MarkwatchError as error:
        _lift_limits()
        return pickle.dumps(("error", error))
    except Exception as error:  # noqa: BLE001 - the outermost loop of the child: whatever it was, the parent is told
        _lift_limits()
        return pickle.dumps(("failed", f"{type(error).__name__}: {str(error)[:500]}"))


def _run(order: dict[str, object], payload: bytes) -> bytes:
    function = find_function(str(order["run"]))
    arg = pickle.loads(payload)  # noqa: S301 - written by our own parent
    _set_limits(float(str(order["timeout_s"])), int(str(order["memory_bytes"])))
    answer = pickle.dumps(("value", function(arg)))
    _lift_limits()
    return answer


def _set_limits(timeout_s: float, memory_bytes: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = _virtual_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
    signal.setitimer(signal.ITIMER_REAL, timeout_s + _GRACE_S)


def _lift_limits() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _virtual_bytes() -> int:
    """Return the size of this process's address space."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 1 << 30


def find_function(name: str) -> Callable[[object], object]:
    """Return the function behind `"module:function"`; raises ImportError or TypeError."""
    module, _, attribute = name.partition(":")
    function = getattr(importlib.import_module(module), attribute)
    if not callable(function):
        message = f"{name} is no function"
        raise TypeError(message)
    return function  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()

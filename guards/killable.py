"""Killable parsing: a stranger's bytes are read in a child process that can be killed.

The child gets a function by name and one argument; it answers, or it is killed when its time is over. A crash, a bomb
or a hang of one job never touches the caller nor the next job.

Rules:
- the function is `"module:function"` or a function at the top of an importable module
- the argument is pickled by us; the answer is unpickled with a list of what it may hold: plain values, dates, Decimals,
  and dataclasses and enums of the packages in `TRUSTED_PACKAGES` and of the function's own package. Return bytes or
  lists rather than arrays and pictures.
- `memory_bytes` is what a job may take above what the child has at its start (RLIMIT_AS)
- an error of the house (`MarkwatchError`) raised by the function reaches the caller as itself

NOT guaranteed: this is no sandbox against code that runs in the child on purpose; it holds no privileges back.
"""

import contextlib
import io
import os
import pickle
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import IO, Self

from guards.errors import JobFailed, MarkwatchError, TimedOut, WorkerDied
from guards.safe_pickle import load_answer

Function = str | Callable[..., object]
"""`"module:function"`, or a function that a child can import by its name."""

START_DEADLINE_S = 60.0
"""Seconds that a child is given to start and to import the function's module; not counted in a job's own time."""

MAX_ANSWER_BYTES = 1 << 28
"""Bytes that an answer may have."""

_HEADER = struct.Struct(">Q")
_JOBS_PER_CHILD = 500


def function_name(func: Function) -> str:
    """Return `"module:function"` for what was given; raises `JobFailed` for a lambda, a method or a nested function."""
    name = func if isinstance(func, str) else f"{func.__module__}:{func.__qualname__}"
    module, _, function = name.partition(":")
    if not module or not function.isidentifier() or module == "__main__":
        message = f"expected a function that another process can import, found {name}"
        raise JobFailed(message, "put it at the top of a module")
    return name


def run_killable(func: Function, arg: object, *, timeout_s: float, memory_bytes: int) -> object:
    """Run `func(arg)` in a fresh child and return its answer.

    Raises `TimedOut` after `timeout_s` seconds, `WorkerDied` for a crash or too much memory, `JobFailed` for any other
    error inside, and errors of the house as themselves. Costs a process start; use `KillablePool` for many jobs.
    """
    with KillablePool(memory_bytes=memory_bytes) as pool:
        return pool.run(func, arg, timeout_s)


class KillablePool:
    """One warm child, started at the first job, killed and replaced whenever a job goes wrong. Safe for threads.

    Jobs of several threads wait for one another; their time counts from their turn.
    """

    def __init__(self, *, memory_bytes: int = 1 << 30) -> None:
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def run(self, func: Function, arg: object, timeout_s: float) -> object:
        """Run `func(arg)` in the child; see `run_killable` for what is raised."""
        name = function_name(func)
        payload = pickle.dumps(arg)
        with self._lock:
            child = self._ready_child(name)
            try:
                return child.run(name, payload, timeout_s, self._memory_bytes)
            except (TimedOut, WorkerDied):
                self._kill()
                raise

    def close(self) -> None:
        """End the child; the next job starts another."""
        with self._lock:
            self._kill()

    def _ready_child(self, name: str) -> "_Child":
        if self._child is not None and (self._child.dead or self._child.jobs >= _JOBS_PER_CHILD):
            self._kill()
        if self._child is None:
            self._child = _Child()
        try:
            self._child.load(name)
        except (TimedOut, WorkerDied):
            self._kill()
            raise
        return self._child

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Child:
    """The parent's end of one child process."""

    def __init__(self) -> None:
        self.jobs = 0
        self._loaded: set[str] = set()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "guards.killable_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
            bufsize=0,
        )
        self._stdin, self._stdout = _pipe(self._process.stdin), _pipe(self._process.stdout)

    @property
    def dead(self) -> bool:
        return self._process.poll() is not None

    def load(self, name: str) -> None:
        """Let the child import the function before the clock of the first job starts."""
        if name not in self._loaded:
            self._ask({"load": name}, b"", START_DEADLINE_S, name)
            self._loaded.add(name)

    def run(self, name: str, payload: bytes, timeout_s: float, memory_bytes: int) -> object:
        self.jobs += 1
        order = {"run": name, "timeout_s": timeout_s, "memory_bytes": memory_bytes}
        return self._ask(order, payload, timeout_s, name)

    def kill(self) -> None:
        """Kill the child with all that it started, and wait for it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._stdin.close()
        self._stdout.close()

    def _ask(self, order: dict[str, object], payload: bytes, timeout_s: float, name: str) -> object:
        deadline = time.monotonic() + timeout_s
        head = pickle.dumps(order)
        self._send(_HEADER.pack(len(head)) + head + _HEADER.pack(len(payload)) + payload, deadline, name)
        (size,) = _HEADER.unpack(self._receive(_HEADER.size, deadline, name))
        if size > MAX_ANSWER_BYTES:
            message = f"expected an answer of at most {MAX_ANSWER_BYTES} bytes from {name}, found {size}"
            raise WorkerDied(message)
        return _unwrap(self._receive(size, deadline, name), name)

    def _send(self, data: bytes, deadline: float, name: str) -> None:
        view = memoryview(data)
        while view:
            self._wait(self._stdin, selectors.EVENT_WRITE, deadline, name)
            try:
                view = view[os.write(self._stdin.fileno(), view[: 1 << 20]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._died(name) from None

    def _receive(self, size: int, deadline: float, name: str) -> bytes:
        parts = io.BytesIO()
        while parts.tell() < size:
            self._wait(self._stdout, selectors.EVENT_READ, deadline, name)
            try:
                part = os.read(self._stdout.fileno(), min(1 << 20, size - parts.tell()))
            except BlockingIOError:
                continue
            if not part:
                raise self._died(name)
            parts.write(part)
        return parts.getvalue()

    def _wait(self, pipe: IO[bytes], event: int, deadline: float, name: str) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                message = f"{name} did not end in its time and was killed"
                raise TimedOut(message)

    def _died(self, name: str) -> MarkwatchError:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        if code == -signal.SIGALRM:
            return TimedOut(f"{name} did not end in its time and was killed")
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return WorkerDied(f"the process that ran {name} ended without an answer ({how})")


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    """Return the parent's end of a pipe, set to never block."""
    if end is None:
        message = "the child has no pipe to talk through"
        raise WorkerDied(message)
    os.set_blocking(end.fileno(), False)
    return end


def _unwrap(answer: bytes, name: str) -> object:
    """Turn the child's answer into a value or the error that it tells of."""
    package = name.partition(":")[0].partition(".")[0]
    kind, value = load_answer(answer, package)
    if kind == "value":
        return value
    if kind == "error" and isinstance(value, MarkwatchError):
        raise value
    if kind == "memory":
        message = f"{name} wanted more memory than it is given and was ended"
        raise WorkerDied(message)
    message = f"{name} failed: {value}"
    raise JobFailed(message)

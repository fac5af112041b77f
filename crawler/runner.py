"""Runs a crawl in a child process and yields its events.

Rules: one line one event, each capped, and a receipt back for each page once it was taken; a deadline for the whole; whatever happens, the child and everything that it
started (Chromium among it, which leaves the process group) is killed at the end, found by a token in its environment.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crawler.errors import ChildFailed
from crawler.events import MAX_LINE, ImageFetched, PageRead, RunEnded, read_event
from crawler.plan import CrawlPlan, dump
from records.ids import new_ulid
from records.terms import RunOutcome

TOKEN = "MARKWATCH_CRAWL"  # noqa: S105 - a name, no secret
"""The environment variable that marks a crawl's processes."""
_GRACE_S = 30.0
_STDERR_KEPT = 4_000


def crawl(plan: CrawlPlan, deadline_s: float | None = None) -> Iterator[ImageFetched | PageRead | RunEnded]:
    """Yield the events of a crawl; the last one is always a `RunEnded`.

    `deadline_s` bounds the whole, by default the plan's own and a little more. A child that breaks its protocol, dies or
    overruns ends as FAILED (or PARTIAL where pages were read), with the reason.
    """
    token = new_ulid()
    limit = (plan.run_deadline_s if deadline_s is None else deadline_s) + _GRACE_S
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**_environment(), TOKEN: token},
        cwd=str(Path(__file__).resolve().parent.parent),
        start_new_session=True,
    )
    try:
        yield from _events(process, plan, time.monotonic() + limit)
    finally:
        _end(process, token)


def _environment() -> dict[str, str]:
    """Return what the child may see of our environment: no settings, no secrets."""
    kept = (
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "TZ",
        "VIRTUAL_ENV",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "XDG_CACHE_HOME",
    )
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _events(
    process: "subprocess.Popen[bytes]", plan: CrawlPlan, until: float
) -> Iterator[ImageFetched | PageRead | RunEnded]:
    """Yield events until the end; turn any other end into a `RunEnded`."""
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=64)
    tail: list[bytes] = []
    _start(_pump_lines, process.stdout, lines)
    _start(_pump_tail, process.stderr, tail)
    _start(_feed, process.stdin, dump(CrawlPlan, plan))
    pages = 0
    while True:
        try:
            line = lines.get(timeout=max(0.01, until - time.monotonic()))
        except queue.Empty:
            yield _broken(pages, "the crawl overran its deadline and was ended")
            return
        if line is None:
            yield _broken(pages, f"the crawl's process ended without an answer: {_last_words(process, tail)}")
            return
        try:
            event = read_event(line)
        except ChildFailed as error:
            yield _broken(pages, error.message)
            return
        pages += isinstance(event, PageRead)
        yield event
        if isinstance(event, RunEnded):
            return
        if isinstance(event, PageRead):  # whoever took it has written it by now
            _receipt(process.stdin)


def _broken(pages: int, reason: str) -> RunEnded:
    return RunEnded(RunOutcome.PARTIAL if pages else RunOutcome.FAILED, reason, pages)


def _start(target: object, *args: object) -> None:
    threading.Thread(target=target, args=args, daemon=True).start()  # type: ignore[arg-type] # three plain functions


def _feed(stream: IO[bytes], data: bytes) -> None:
    """Send the plan, its size before it; the stream stays open for receipts."""
    with contextlib.suppress(OSError, ValueError):
        stream.write(b"%d\n" % len(data) + data)
        stream.flush()


def _receipt(stream: IO[bytes] | None) -> None:
    with contextlib.suppress(OSError, ValueError):
        if stream is not None:
            stream.write(b".")
            stream.flush()


def _pump_lines(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    """Pass on whole lines; a line beyond the cap is passed on cut, which no event survives."""
    with contextlib.suppress(OSError, ValueError):
        while line := stream.readline(MAX_LINE):
            lines.put(line)
            if not line.endswith(b"\n"):
                break
    lines.put(None)


def _pump_tail(stream: IO[bytes], tail: list[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := stream.read1(8_192) if hasattr(stream, "read1") else stream.read(8_192):
            tail.append(data)
            kept = b"".join(tail)[-_STDERR_KEPT:]
            tail[:] = [kept]


def _last_words(process: "subprocess.Popen[bytes]", tail: list[bytes]) -> str:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    words = b"".join(tail).decode("utf-8", "replace").strip().splitlines()
    return f"exit {process.returncode}, {words[-1][:300] if words else 'nothing said'}"


def _end(process: "subprocess.Popen[bytes]", token: str) -> None:
    """Kill the child and whatever carries its token; wait for the child."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.5 if process.poll() is None else 0)
    for pid in [process.pid, *marked(token)]:
        if pid == process.pid and process.poll() is not None:
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def marked(token: str) -> list[int]:
    """Return the processes whose environment carries a crawl's token (Linux; none elsewhere)."""
    mark, found = f"{TOKEN}={token}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found

"""What hostile pages cost a crawl, in time and memory: `python -m bench.hostile_pages`.

Each is served on loopback and crawled as one page between two well-behaved ones; a plain page of 20 KB is the peer. Printed
is what the page cost more than the plain one did, and the highest memory of any process of the crawl.
"""

import gzip
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from crawler.events import RunEnded
from crawler.plan import CrawlPlan
from crawler.runner import crawl
from records.terms import RenderMode

GOAL_S, GOAL_MB = 1.0, 100.0
"""What a hostile page may cost more than a plain one."""
_PLAIN = (
    "<html><body><h1>苦荞</h1><b class=price>¥9.00</b>" + "<p>说明文字若干。</p>" * 900 + "</body></html>"
).encode()
_STREAM_S = 20.0


def pages() -> dict[str, tuple[bytes, str] | Callable[[BaseHTTPRequestHandler], None]]:
    """Return the hostile pages: a body with its content encoding, or what writes one."""
    deep = b"<html><body>" + b"<div>" * 100_000
    scopes = b"<html><body>" + b"<div itemscope itemtype='https://schema.org/Product' itemprop=offers>" * 300
    bomb = gzip.compress(b"<html><body>" + b"<p>x</p>" * 37_500_000, 9)
    return {
        "plain": (_PLAIN, ""),
        "nested 100,000 deep": (deep, ""),
        "300 nested itemscopes": (scopes + b"x", ""),
        "a gzip bomb of 300 MB": (bomb, "gzip"),
        "an endless stream": _pour,
    }


def _pour(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    until = time.monotonic() + _STREAM_S
    try:
        while time.monotonic() < until:
            handler.wfile.write(b"<p>x</p>" * 8_192)
    except OSError:
        return


def served(name: str) -> tuple[ThreadingHTTPServer, str]:
    """Serve a hostile page at `/`; return the server and its address."""
    page = pages()[name]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer (the server calls this)."""
            if self.path != "/":
                self.send_error(404)
            elif callable(page):
                page(self)
            else:
                body, encoding = page
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                if encoding:
                    self.send_header("Content-Encoding", encoding)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def cost(name: str) -> tuple[float, float, str]:
    """Return the seconds of a crawl of one page from its first byte asked, the largest memory in MB, and how it ended."""
    server, url = served(name)
    peak = [0.0]
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(peak, stop), daemon=True)
    watcher.start()
    ended = RunEnded.__name__
    with tempfile.TemporaryDirectory() as spool:
        plan = CrawlPlan(
            "bench", (f"{url}/",), "markwatch/bench", spool, render=RenderMode.NEVER, allow_hosts=(url.split("//")[1],),
            obey_robots=False, crawl_delay_s=0.0, page_limit=1, details=False, images_per_listing=0, page_deadline_s=10.0,
        )  # fmt: skip
        began = time.perf_counter()
        for event in crawl(plan):
            if isinstance(event, RunEnded):
                ended = f"{event.outcome}: {event.reason[:90]}"
        spent = time.perf_counter() - began
    stop.set()
    server.shutdown()
    server.server_close()
    return spent, peak[0], ended


def _watch(peak: list[float], stop: threading.Event) -> None:
    """Note the largest resident memory of any process of a crawl until told to stop."""
    while not stop.wait(0.02):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes()
                if b"crawler.child" in line or b"killable_child" in line:
                    kept = next(row for row in (entry / "status").read_text().splitlines() if row.startswith("VmRSS"))
                    peak[0] = max(peak[0], int(kept.split()[1]) / 1_000)
            except (OSError, StopIteration, IndexError):
                continue


def main() -> int:
    """Measure and print."""
    best = {name: min((cost(name) for _ in range(3)), key=lambda one: one[0]) for name in pages()}
    plain = best["plain"]
    print(f"{'plain page of 20 KB':<24} {plain[0]:6.2f} s with the crawl's start, {plain[1]:6.0f} MB")
    for name, (seconds, memory, ended) in best.items():
        if name != "plain":
            print(
                f"{name:<24} {seconds - plain[0]:+6.2f} s, {memory - plain[1]:+6.0f} MB (goals <= {GOAL_S:g} s, {GOAL_MB:g} MB); {ended}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())

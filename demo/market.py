"""The market on loopback: one origin a shop, one process, ready in well under a second. `python -m demo.market` serves it.

>>> with Market().start() as market:
...     [shop.kind for shop in market.shops]
['jsonld', 'cards', 'spa', 'fair']
"""

import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from demo import data
from demo.pages import Shop, make_shop

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class RunningShop:
    """One shop as it runs: `url` is its front page."""

    id: str
    name: str
    url: str
    kind: str
    items: int


class _Server(ThreadingHTTPServer):
    """A threaded server that answers for one shop."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, shop: Shop, port: int) -> None:
        self.shop = shop
        super().__init__((HOST, port), _Handler)
        shop.base = f"http://{HOST}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from the server's shop; quiet."""

    protocol_version = "HTTP/1.1"
    server_version = "demo-market"
    sys_version = ""
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer a HEAD."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        parts = urlsplit(self.path)
        page = self.server.shop.answer(unquote(parts.path), dict(parse_qsl(parts.query)))
        self.send_response(page.status)
        self.send_header("Content-Type", page.media_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        """Write no access log."""


class Market:
    """The demo's market. `names` swaps words in listings and rights; `ports` fixes the ports (0: ephemeral)."""

    def __init__(self, names: Mapping[str, str] | None = None, ports: Sequence[int] = ()) -> None:
        self._items = data.listings(names)
        self._ports = ports
        self._servers: list[_Server] = []
        self.shops: tuple[RunningShop, ...] = ()
        self.rights_file: Path = data.RIGHTS_FILE

    def start(self) -> "Market":
        """Bind every shop and answer from threads; returns itself, for `with`. OSError where a port is taken."""
        for index, spec in enumerate(data.shops()):
            port = self._ports[index] if index < len(self._ports) else 0
            self._servers.append(_Server(make_shop(spec, self._items), port))
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        self.shops = tuple(
            RunningShop(s.shop.spec.id, s.shop.spec.name, s.shop.base, s.shop.spec.kind, len(s.shop.items))
            for s in self._servers
        )
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """The shops' `host:port`, for the egress allow-list."""
        return frozenset(urlsplit(shop.url).netloc for shop in self.shops)

    def stop(self) -> None:
        """Stop answering and close the sockets; a second call does nothing."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def main() -> None:
    """Serve the market until Ctrl-C."""
    with Market().start() as market:
        for shop in market.shops:
            sys.stdout.write(f"{shop.url}  {shop.name} ({shop.kind}, {shop.items})\n")
        sys.stdout.write(f"rights: {market.rights_file}\nCtrl-C ends\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()

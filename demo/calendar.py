"""A loopback calendar that speaks OpenTimestamps' public protocol and proves nothing.

It answers `POST /digest` with a pending attestation whose URI ends in `/demo-calendar`, and `GET /timestamp/<commitment>`
with 404 until it has "confirmed", then with an attestation to a demo chain of its own (`notary.otsops.DEMO_TAG`), which
no verifier takes for a block. Every result names it "demo"; no policy counts it. The stock `ots` client can talk to it.

    with DemoCalendar() as calendar:
        ... submit to calendar.url ...
        calendar.confirm()
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from notary.ots import Node, serialize_tree
from notary.otsops import APPEND, DEMO_TAG, PREPEND, SHA256, attestation, pending, varuint
from notary.verify import DEMO_PATH

MAX_DIGEST_BYTES = 64
"""A real calendar takes no longer digest either."""
COMMITMENT_BYTES = 44
"""Four of time, 32 of digest, eight that show who gave it out."""
_SOCKET_S = 10.0
_MAC_BYTES = 8
_REMEMBERED = 10_000


class DemoCalendar:
    """The calendar; serves from `__enter__` to `__exit__`. Keeps nothing: a commitment shows by itself who gave it out.

    `port` 0 takes a free one. `secret` makes it recognise its own commitments after a restart. With `confirm_after_s`
    it confirms by itself that long after a submission; else `confirm()` does.
    """

    def __init__(self, port: int = 0, *, secret: bytes = b"", confirm_after_s: float | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)
        self._confirm_after_s = confirm_after_s
        self._confirmed_until = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo-calendar", daemon=True
        )
        self.submitted: deque[bytes] = deque(maxlen=_REMEMBERED)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        """`127.0.0.1:<port>`, as the allow-list names it."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base URL; its path says that it is a demo."""
        return f"http://{self.host}{DEMO_PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_SOCKET_S)

    def confirm(self) -> None:
        """Put all that was submitted so far into the demo chain."""
        self._confirmed_until = time.time() + 1

    def take(self, digest: bytes) -> bytes:
        """Return the answer to a submission: operations up to a commitment, and a promise."""
        self.submitted.append(digest)
        root = Node(digest)
        inner = root.add((APPEND, secrets.token_bytes(16))).add((SHA256, b""))
        stamp = int(time.time()).to_bytes(4, "big")
        leaf = inner.add((PREPEND, stamp)).add((APPEND, self._mac(stamp + inner.msg)))
        leaf.attestations.add(pending(self.url))
        return serialize_tree(root)

    def upgrade(self, commitment: bytes) -> tuple[int, bytes]:
        """Return the status and body for a commitment: 404 and a text, or 200 and the path into the demo chain."""
        if len(commitment) != COMMITMENT_BYTES or not self._mine(commitment):
            return 404, b"Commitment not found in the demo calendar"
        since = int.from_bytes(commitment[:4], "big")
        if not self._is_confirmed(since):
            return 404, b"Pending confirmation in the demo chain"
        root = Node(commitment)
        block = root.add((SHA256, b"")).add((PREPEND, b"markwatch demo block")).add((SHA256, b""))
        block.attestations.add(attestation(DEMO_TAG, varuint(since // 600)))
        return 200, serialize_tree(root)

    def _is_confirmed(self, since: int) -> bool:
        own = self._confirm_after_s is not None and time.time() >= since + self._confirm_after_s
        return own or since < self._confirmed_until

    def _mac(self, data: bytes) -> bytes:
        return hmac.new(self._secret, data, hashlib.sha256).digest()[:_MAC_BYTES]

    def _mine(self, commitment: bytes) -> bool:
        return hmac.compare_digest(self._mac(commitment[:-_MAC_BYTES]), commitment[-_MAC_BYTES:])


def _handler_for(calendar: DemoCalendar) -> type[BaseHTTPRequestHandler]:
    """Return the request handler of one calendar. The stock client asks with and without the demo's path."""

    class Handler(BaseHTTPRequestHandler):
        """Speaks the calendar's protocol."""

        timeout = _SOCKET_S
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take a digest."""
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or not 0 < int(length) <= MAX_DIGEST_BYTES:
                self._answer(400, b"expected a digest of 1 to 64 bytes", close=True)
            elif self.path.removeprefix(DEMO_PATH) != "/digest":
                self._answer(404, b"not found", close=True)
            else:
                self._answer(200, calendar.take(self.rfile.read(int(length))))

        def do_GET(self) -> None:
            """Answer what is known of a commitment."""
            head, _, name = self.path.removeprefix(DEMO_PATH).rpartition("/")
            try:
                commitment = bytes.fromhex(name) if head == "/timestamp" and len(name) <= 2 * MAX_DIGEST_BYTES else b""
            except ValueError:
                commitment = b""
            self._answer(*calendar.upgrade(commitment))

        def _answer(self, status: int, body: bytes, *, close: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/vnd.opentimestamps.v1" if status == 200 else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            if close:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            """Stay silent: stderr is the command's."""

    return Handler

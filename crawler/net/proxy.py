"""A proxy on loopback that the browser must go through: every connection that a page makes is checked, then capped.

Why a proxy: a browser resolves names itself, so a check of URLs leaves redirects, iframes, sockets and names that
resolve anew uncovered. Here the name is resolved once, checked, and connected to at that address.

Rules: CONNECT and plain HTTP; one exchange a connection (`Connection: close`); `budget` bytes for the run, and
`per_connection` for each connection; what is over ends it.
NOT covered: UDP (the browser is started with WebRTC and QUIC off).
"""

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit

from guards.egress import EgressPolicy
from guards.errors import GuardError

_HEAD_LIMIT = 64_000
_CHUNK = 65_536
_CONNECT_S = 15.0
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_BAD = b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class EgressProxy:
    """The proxy, in a thread of its own. `refused` lists what was turned away, `budget` counts down with each byte,
    `used` up.
    """

    def __init__(self, policy: EgressPolicy, budget: int, per_connection: int = 0) -> None:
        self.policy = policy
        self.budget = budget
        self.per_connection = per_connection or budget
        self.used = 0
        self.refused: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="egress-proxy", daemon=True)

    def start(self) -> int:
        """Start serving on an ephemeral loopback port; return the port."""
        self._thread.start()
        self._ready.wait(10)
        return self.port

    def close(self) -> None:
        """Stop serving."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._client, "127.0.0.1", 0, limit=_HEAD_LIMIT))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(
                OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, TimeoutError
            ):
                await self._exchange(reader, writer)
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        line, _, rest = head.partition(b"\r\n")
        method, target, version = line.split(b" ", 2)
        host, port, path = _target(method, target)
        try:
            addresses = await asyncio.to_thread(self.policy.resolve, host, port)
        except GuardError as error:
            self.refused.append(f"{host}:{port}: {error.message}")
            writer.write(_REFUSED)
            return
        try:
            up_reader, up_writer = await asyncio.wait_for(asyncio.open_connection(addresses[0], port), _CONNECT_S)
        except (OSError, TimeoutError):
            writer.write(_BAD)
            return
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            up_writer.write(b"%s %s %s\r\n%s" % (method, path, version, _headers(rest)))
        await self._pump_both(reader, writer, up_reader, up_writer)

    async def _pump_both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_reader: asyncio.StreamReader,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        """Copy both ways until the far side ends, or the budget does."""
        upward = asyncio.ensure_future(self._pump(reader, up_writer))
        try:
            await self._pump(up_reader, writer)
        finally:
            upward.cancel()
            up_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.per_connection
        with contextlib.suppress(OSError):
            while self.budget > 0 and left > 0 and (data := await reader.read(_CHUNK)):
                self.budget -= len(data)
                self.used += len(data)
                left -= len(data)
                writer.write(data)
                await writer.drain()


def _target(method: bytes, target: bytes) -> tuple[str, int, bytes]:
    """Return (host, port, path) of a request line's target; ValueError where it is none."""
    if method == b"CONNECT":
        host, _, port = target.decode("ascii").rpartition(":")
        return host.strip("[]"), int(port), b""
    parts = urlsplit(target.decode("ascii"))
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("expected an absolute http target")
    path = parts.path or "/"
    return parts.hostname, parts.port or 80, (f"{path}?{parts.query}" if parts.query else path).encode("ascii")


def _headers(block: bytes) -> bytes:
    """Return a header block without the proxy's own headers, for one exchange."""
    kept = [
        line
        for line in block.split(b"\r\n")
        if line and not line.lower().startswith((b"proxy-", b"connection:", b"keep-alive:"))
    ]
    return b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n"

"""The one door of the capturing browser to the network: a SOCKS5 gateway on loopback that forwards bytes untouched.

Rules:
1. every connection of the browser (pages, frames, workers, WebSockets, its own calls home) comes through here: the
   browser is given no other way, and names are resolved here
2. an address is checked by the egress policy, and the connection goes to the address that was checked
3. a host that no request of the page has announced is the browser's own idea: refused, and written down
4. bytes are counted; past the cap every connection is closed
5. bytes are never changed, read or answered here: TLS stays between browser and site, and a refusal is a SOCKS error,
   never an invented page

RFC 1928 (SOCKS5, no authentication, CONNECT only). NOT guaranteed: UDP (QUIC, WebRTC) is refused, not forwarded.
"""

import asyncio
import contextlib
import ipaddress
import struct
from dataclasses import dataclass, field
from typing import Self

from guards.egress import EgressPolicy, normal_host
from guards.errors import EgressRefused, HostUnresolved

CONNECT_TIMEOUT_S = 15.0
ANNOUNCE_TIMEOUT_S = 2.0
"""How long a connection waits for the page's request that explains it."""
MAX_CONNECTIONS = 256
_CHUNK = 1 << 16
_OK, _FAILED, _NOT_ALLOWED, _HOST_UNREACHABLE, _REFUSED, _BAD_COMMAND = 0, 1, 2, 4, 5, 7


@dataclass(slots=True)
class Connection:
    """One connection that the browser asked for, and what became of it.

    `state` is `open`, `closed`, `refused` (by the egress policy), `unresolved`, `unreachable`, `browser` (the browser's
    own call, blocked) or `capped`.
    """

    host: str
    port: int
    state: str = "open"
    reason: str = ""
    addresses: list[str] = field(default_factory=list)
    peer: str = ""
    sent: int = 0
    received: int = 0


class Gateway:
    """A SOCKS5 server on 127.0.0.1 for one capture; use it as `async with Gateway(...) as gateway`."""

    def __init__(self, policy: EgressPolicy, max_bytes: int) -> None:
        self._policy = policy
        self._max_bytes = max_bytes
        self._hosts: set[str] = set()
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.connections: list[Connection] = []
        self.total = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def port(self) -> int:
        """The port on 127.0.0.1 that the browser is told to use."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    @property
    def capped(self) -> bool:
        """Whether the byte cap was reached."""
        return self.total > self._max_bytes

    def announce(self, host: str) -> None:
        """Let through connections to this host: a request of the page names it."""
        with contextlib.suppress(EgressRefused):
            self._hosts.add(normal_host(host))
            self._news.set()

    def refusal(self, host: str) -> Connection | None:
        """Return why the newest connection to `host` was not made, or None where it was."""
        with contextlib.suppress(EgressRefused):
            host = normal_host(host)
        mine = [item for item in self.connections if item.host == host]
        return mine[-1] if mine and mine[-1].state not in ("open", "closed") else None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # start_server always runs this in a task
            return
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, struct.error, UnicodeError, asyncio.CancelledError):
            # The browser went away, spoke no SOCKS5, or the capture has ended: there is nobody left to tell.
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = await _handshake(reader, writer)
        if target is None or len(self._tasks) > MAX_CONNECTIONS:
            await _reply(writer, _BAD_COMMAND if target is None else _FAILED)
            return
        record = Connection(*target)
        self.connections.append(record)
        site = await self._connect(record, writer)
        if site is None:
            return
        await _reply(writer, _OK)
        await self._forward(record, (reader, writer), site)

    async def _connect(
        self, record: Connection, writer: asyncio.StreamWriter
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Open the connection, or write down why not and tell the browser."""
        if not await self._announced(record.host):
            record.state, record.reason = "browser", "no request of the page names this host"
            await _reply(writer, _NOT_ALLOWED)
            return None
        try:
            record.addresses = await asyncio.to_thread(self._policy.resolve, record.host, record.port)
        except EgressRefused as error:
            record.state = "unresolved" if isinstance(error, HostUnresolved) else "refused"
            record.reason = error.message
            await _reply(writer, _HOST_UNREACHABLE if record.state == "unresolved" else _NOT_ALLOWED)
            return None
        for address in record.addresses[:4]:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S / 2):
                    streams = await asyncio.open_connection(address, record.port)
            except (OSError, TimeoutError) as error:
                record.reason = f"{address}: {error or 'no answer'}"
            else:
                record.peer, record.reason = address, ""
                return streams
        record.state = "unreachable"
        await _reply(writer, _REFUSED)
        return None

    async def _announced(self, host: str) -> bool:
        """Wait a moment for the page's request that names `host`: the browser's report may come after its connection."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ANNOUNCE_TIMEOUT_S
        while host not in self._hosts:
            self._news.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._news.wait()
            except TimeoutError:
                return host in self._hosts
        return True

    async def _forward(
        self,
        record: Connection,
        browser: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        site: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        up = asyncio.create_task(self._pump(record, browser[0], site[1], upwards=True))
        down = asyncio.create_task(self._pump(record, site[0], browser[1], upwards=False))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.ALL_COMPLETED)
        finally:
            up.cancel()
            down.cancel()
            site[1].close()
            browser[1].close()
            if record.state == "open":
                record.state = "closed"

    async def _pump(
        self, record: Connection, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, upwards: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await source.read(_CHUNK):
                self.total += len(chunk)
                if upwards:
                    record.sent += len(chunk)
                else:
                    record.received += len(chunk)
                if self.capped:
                    record.state, record.reason = "capped", f"more than {self._max_bytes} bytes in this capture"
                    sink.close()
                    return
                sink.write(chunk)
                await sink.drain()
            if sink.can_write_eof():
                sink.write_eof()
                return
            sink.close()


async def _handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int] | None:
    """Read the greeting and the request; return (host, port), or None for anything but CONNECT."""
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        version, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        if version != 5:
            return None
        writer.write(b"\x05\x00")
        await writer.drain()
        _, command, _, kind = await reader.readexactly(4)
        if kind == 1:
            host = str(ipaddress.IPv4Address(await reader.readexactly(4)))
        elif kind == 4:
            host = str(ipaddress.IPv6Address(await reader.readexactly(16)))
        else:
            length = (await reader.readexactly(1))[0]
            host = (await reader.readexactly(length)).decode("ascii").lower().rstrip(".")
        (port,) = struct.unpack("!H", await reader.readexactly(2))
    return (host.strip("[]"), port) if command == 1 else None


async def _reply(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0)))
    await writer.drain()

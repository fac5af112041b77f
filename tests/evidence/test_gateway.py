"""The gateway: only announced, permitted hosts; bytes untouched; refusals written down."""

import asyncio
import socket
import struct

import pytest

from evidence.capture.gateway import Gateway
from guards.egress import EgressPolicy


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("evidence.capture.gateway.ANNOUNCE_TIMEOUT_S", 0.2)


def request(host, port, kind=3, command=1):
    """Return a SOCKS5 greeting and request."""
    address = {
        1: lambda: socket.inet_aton(host),
        4: lambda: socket.inet_pton(socket.AF_INET6, host),
        3: lambda: bytes([len(host)]) + host.encode(),
    }[kind]()
    return b"\x05\x01\x00" + bytes((5, command, 0, kind)) + address + struct.pack("!H", port)


async def talk(gateway, data, more=b""):
    """Send a request through the gateway; return the reply's code and what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(data)
    reply = await asyncio.wait_for(reader.readexactly(12), 8)
    back = b""
    if reply[3] == 0:
        writer.write(more)
        writer.write_eof()
        back = await asyncio.wait_for(reader.read(), 8)
    writer.close()
    return reply[3], back


async def echo(reader, writer):
    while chunk := await reader.read(65536):
        writer.write(b"<" + chunk + b">")
        await writer.drain()
    writer.close()


def scenario(body, max_bytes=10_000_000, allow=True, resolver=None):
    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        policy = EgressPolicy([f"127.0.0.1:{port}", "site.test"] if allow else [], resolver)
        async with server, Gateway(policy, max_bytes) as gateway:
            return await body(gateway, port)

    return asyncio.run(main())


def test_bytes_pass_untouched_both_ways(quick):
    async def body(gateway, port):
        gateway.announce("127.0.0.1")
        data = bytes(range(256)) * 100
        code, back = await talk(gateway, request("127.0.0.1", port, 1), data)
        assert code == 0
        assert back[:10] == b"<" + data[:9]
        assert len(back) >= len(data)
        (record,) = gateway.connections
        assert (record.state, record.peer, record.sent) == ("closed", "127.0.0.1", len(data))
        assert record.received == len(back)

    scenario(body)


def test_names_are_resolved_here_and_the_checked_address_is_used(quick):
    async def body(gateway, port):
        gateway.announce("SITE.test")
        code, back = await talk(gateway, request("site.test", port), b"hello")
        assert (code, back) == (0, b"<hello>")
        assert gateway.connections[0].addresses == ["127.0.0.1"]

    scenario(body, resolver=lambda host, port: ["127.0.0.1"])


def test_what_no_request_announced_is_the_browsers_own_call(quick):
    async def body(gateway, port):
        code, _ = await talk(gateway, request("127.0.0.1", port, 1))
        assert code == 2
        assert gateway.connections[0].state == "browser"
        assert gateway.refusal("127.0.0.1").state == "browser"

    scenario(body)


def test_a_late_announcement_is_waited_for():
    async def body(gateway, port):
        asyncio.get_running_loop().call_later(0.3, gateway.announce, "127.0.0.1")
        code, back = await talk(gateway, request("127.0.0.1", port, 1), b"x")
        assert (code, back) == (0, b"<x>")

    scenario(body)


def test_private_addresses_are_refused_even_when_announced(quick):
    async def body(gateway, port):
        for host, kind in (("127.0.0.1", 1), ("::1", 4), ("site.test", 3), ("2130706433", 3), ("::ffff:127.0.0.1", 4)):
            gateway.announce(host)
            code, _ = await talk(gateway, request(host, port, kind))
            assert code in (2, 4), host
        assert {item.state for item in gateway.connections} <= {"refused", "unresolved", "browser"}
        assert gateway.total == 0

    scenario(body, allow=False, resolver=lambda host, port: ["127.0.0.1"])


def test_closed_ports_and_unknown_names(quick):
    def nowhere(host, port):
        raise OSError("no such host")

    async def body(gateway, port):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            closed = probe.getsockname()[1]
        gateway._policy = EgressPolicy([f"127.0.0.1:{closed}"], nowhere)
        gateway.announce("127.0.0.1")
        gateway.announce("absent.test")
        assert (await talk(gateway, request("127.0.0.1", closed, 1)))[0] == 5
        assert (await talk(gateway, request("absent.test", 80)))[0] == 4
        assert [item.state for item in gateway.connections] == ["unreachable", "unresolved"]

    scenario(body)


def test_the_byte_cap_ends_the_connection(quick):
    async def body(gateway, port):
        gateway.announce("127.0.0.1")
        code, back = await talk(gateway, request("127.0.0.1", port, 1), bytes(200_000))
        assert code == 0
        assert gateway.capped
        assert len(back) <= 20_000
        assert gateway.connections[0].state == "capped"

    scenario(body, max_bytes=10_000)


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x04\x01\x00\x50", request("x.test", 80, command=3), b"\x05\x01\x00\x05\x01\x00\x09"],
)
def test_what_is_no_connect_is_not_served(data, quick):
    async def body(gateway, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(data)
        writer.write_eof()
        reply = await asyncio.wait_for(reader.read(), 8)
        writer.close()
        assert reply in (b"", b"\x05\x00") or b"\x05\x07\x00\x01" in reply
        assert gateway.connections == []

    scenario(body)

"""One small HTTP client for talking to anchors and the like: checked address, total deadline, byte cap, no redirects.

Rules:
1. the URL passes the egress policy, and the connection goes to an address that was checked (no DNS rebinding)
2. `deadline_s` counts from the call to the last byte, however slowly they drip
3. a redirect is returned as it came (status 3xx), never followed
4. at most `max_bytes` of body, as sent: no compression is asked for and none is undone
5. TLS is verified against the system's roots, and those in `ca_file` beside them

NOT guaranteed: name resolution has a deadline of its own (`guards.egress.RESOLVE_DEADLINE_S`).
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from guards.caps import read_capped
from guards.egress import EgressPolicy, split_target
from guards.errors import GuardError, Malformed, TimedOut, Unreachable

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer: status, headers with lower-case names (the last of equal ones), body as sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    url: str,
    *,
    policy: EgressPolicy,
    method: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] = _NO_HEADERS,
    deadline_s: float,
    max_bytes: int,
    ca_file: Path | str | None = None,
) -> Response:
    """Send one request and return the whole answer.

    Raises `EgressRefused`, `TimedOut`, `CapExceeded`, `Unreachable`, or `Malformed` for what is no HTTP answer.
    """
    deadline = time.monotonic() + deadline_s
    host, port = split_target(url)
    addresses = policy.resolve(host, port)
    try:
        wire = _connect(addresses, port, deadline)
        try:
            if urlsplit(url).scheme == "https":
                wire = _Wire(_wrap_tls(wire.raw, host, deadline, ca_file), deadline)
            return _exchange(wire, url, method, body, headers, max_bytes)
        finally:
            wire.close()
    except TimeoutError as error:
        message = f"no whole answer from {host}:{port} within {deadline_s:g} s"
        raise TimedOut(message, "try again later") from error
    except ssl.SSLError as error:
        message = f"no trusted connection to {host}:{port}: {error}"
        raise Unreachable(message, "check the certificate, or name its root in MARKWATCH_EXTRA_CA_FILE") from error
    except (ConnectionError, http.client.IncompleteRead) as error:
        message = f"the connection to {host}:{port} broke before the whole answer was there: {error}"
        raise Unreachable(message, "try again later") from error
    except (http.client.HTTPException, ValueError) as error:
        message = f"expected an HTTP answer from {host}:{port}: {type(error).__name__}: {str(error)[:200]}"
        raise Malformed(message) from error
    except OSError as error:
        message = f"no answer from {host}:{port}: {error}"
        raise Unreachable(message, "check that the service runs and can be reached") from error


class _Wire:
    """A socket with one deadline for all that is sent and received; what `http.client` needs of a socket."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self.raw = raw
        self._deadline = deadline

    def arm(self) -> None:
        """Give the next call on the socket the time that is left; raises TimeoutError where there is none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.raw.settimeout(left)

    def sendall(self, data: bytes) -> None:
        """Send all of `data`."""
        view = memoryview(data)
        while view:
            self.arm()
            view = view[self.raw.send(view) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return a reader of what comes in."""
        if mode != "rb":
            raise ValueError(mode)
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Close the connection."""
        self.raw.close()


class _Incoming(io.RawIOBase):
    """The receiving side of a wire as a raw stream."""

    def __init__(self, wire: _Wire) -> None:
        super().__init__()
        self._wire = wire

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Receive into `buffer`; 0 at the end."""
        self._wire.arm()
        return self._wire.raw.recv_into(buffer)  # type: ignore[arg-type]


def _connect(addresses: list[str], port: int, deadline: float) -> _Wire:
    """Connect to the first address that takes the connection before the deadline."""
    last: OSError = OSError("no address to connect to")
    for address in addresses:
        raw = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        wire = _Wire(raw, deadline)
        try:
            wire.arm()
            raw.connect((address, port))
        except OSError as error:
            raw.close()
            last = error
        else:
            return wire
    raise last


def _wrap_tls(raw: socket.socket, host: str, deadline: float, ca_file: Path | str | None) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(cafile=str(ca_file))
        except (OSError, ssl.SSLError) as error:
            message = f"expected PEM certificates in {ca_file}: {error}"
            raise GuardError(message, "check MARKWATCH_EXTRA_CA_FILE") from error
    raw.settimeout(max(0.001, deadline - time.monotonic()))
    return context.wrap_socket(raw, server_hostname=host)


def _exchange(wire: _Wire, url: str, method: str, body: bytes, headers: Mapping[str, str], max_bytes: int) -> Response:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.sock = wire
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = {name.lower() for name in headers}
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", parts.netloc)
    for name, value in {"Connection": "close", "Accept-Encoding": "identity", **headers}.items():
        connection.putheader(name, value)
    if (body or method in ("POST", "PUT")) and "content-length" not in given:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    answer = http.client.HTTPResponse(wire, method=method)  # type: ignore[arg-type]
    answer.begin()
    content = read_capped(answer, max_bytes)
    if answer.length:
        message = f"expected {answer.length} more bytes"
        raise ConnectionError(message)
    return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

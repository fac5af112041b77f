"""The egress check: which addresses of the network may be reached at all.

Rules:
1. only `http` and `https`, without user name, password, backslash, blank or control character in the URL
2. a host that browsers would read as a number (`2130706433`, `0x7f.1`, `0177.0.0.1`, full-width digits) is judged as
   the address that it stands for
3. every address that a name resolves to must be public: no private, loopback, link-local, carrier-grade NAT, multicast,
   reserved or cloud-metadata address, nor an IPv6 address that carries such an IPv4 address inside
   (RFC 1918, 4193, 6598, 6890; IPv4-mapped, 6to4, Teredo and NAT64 of RFC 4291, 3056, 4380, 6052)
4. a host named in `allow_hosts`, as `host` or `host:port`, may lie anywhere; that is how a test or an office names its own

NOT guaranteed: `check_url` alone does not stop a name from resolving differently a moment later. Connect to an address
that `resolve` returned (`guards.http` does), or check again what the connection reached.

>>> EgressPolicy().check_address("8.8.8.8")
>>> EgressPolicy(frozenset({"127.0.0.1:8000"})).check_url("http://127.0.0.1:8000/shop")
"""

import ipaddress
import queue
import re
import socket
import threading
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit

from guards.errors import EgressRefused, HostUnresolved

Resolver = Callable[[str, int], list[str]]
"""Gives the addresses of a host name; raises OSError where it has none."""

RESOLVE_DEADLINE_S = 10.0
"""Seconds that the system's resolver is given."""

_PORTS = {"http": 80, "https": 443}
_HOW_TO_ALLOW = "name the host in MARKWATCH_ALLOW_HOSTS if it is yours and meant to be reached"
_FORBIDDEN_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_LAST_LABEL_NUMERIC = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)$")
# Public by the registries, yet a host's own metadata service (Azure's wire server).
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_MORE_RESERVED = (
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("fec0::/10"),
    ipaddress.ip_network("::/96"),
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def system_resolver(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of `host`, in its order; raises OSError, or TimeoutError after 10 s."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))
        else:
            answers.put([str(entry[4][0]) for entry in found])

    # getaddrinfo takes no deadline: a daemon thread that is left behind ends with the system's own.
    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=RESOLVE_DEADLINE_S)
    except queue.Empty:
        message = f"no answer from the resolver for {host} within {RESOLVE_DEADLINE_S:g} s"
        raise TimeoutError(message) from None
    if isinstance(answer, OSError):
        raise answer
    return list(dict.fromkeys(answer))


class EgressPolicy:
    """What may be reached: the public internet, and the hosts in `allow_hosts` (`host` or `host:port`)."""

    def __init__(self, allow_hosts: Iterable[str] = frozenset(), resolver: Resolver | None = None) -> None:
        self.allow_hosts = frozenset(_normal_entry(entry) for entry in allow_hosts if entry.strip())
        self._resolver = resolver or system_resolver

    def check_url(self, url: str) -> None:
        """Raise `EgressRefused` unless `url` is http(s) and all addresses of its host may be reached."""
        host, port = split_target(url)
        self.resolve(host, port)

    def check_address(self, ip: str, host: str = "") -> None:
        """Raise `EgressRefused` unless the address is public, or `host` (`host[:port]`; without it, `ip`) is allowed.

        Only the name that was asked for can be allowed: a stranger's name that resolves to an allowed address is not.
        """
        address = _parse_address(ip)
        kind = address_kind(address) if address is not None else "malformed"
        if not kind:
            return
        wanted = _normal_entry(host or ip)
        if not {wanted, _split_entry(wanted)[0]} & self.allow_hosts:
            where = f"{host} at {ip}" if host and host != ip else ip
            message = f"expected a public address, found a {kind} one: {where}"
            raise EgressRefused(message, _HOW_TO_ALLOW)

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the checked addresses of `host`; raises `EgressRefused`, or `HostUnresolved` where it has none."""
        name = normal_host(host)
        literal = _parse_address(name)
        if literal is not None:
            self.check_address(str(literal), _join(str(literal), port))
            return [str(literal)]
        try:
            addresses = self._resolver(name, port)
        except OSError as error:
            message = f"no address found for the host {name}: {error}"
            raise HostUnresolved(message, "check the spelling and the network") from error
        if not addresses:
            message = f"no address found for the host {name}"
            raise HostUnresolved(message, "check the spelling and the network")
        for address in addresses:
            self.check_address(address, _join(name, port))
        return addresses


def split_target(url: str) -> tuple[str, int]:
    """Return (normalised host, port) of an http(s) URL; raises `EgressRefused` for anything else."""
    if _FORBIDDEN_IN_URL.search(url):
        message = f"expected a URL without blanks, backslashes and control characters, found {url[:200]!r}"
        raise EgressRefused(message)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        message = f"expected a URL, found {url[:200]!r}: {error}"
        raise EgressRefused(message) from error
    _check_parts(parts, url)
    return normal_host(parts.hostname or ""), port or _PORTS[parts.scheme]


def _check_parts(parts: SplitResult, url: str) -> None:
    """Refuse other schemes, credentials inside a URL, port 0 and a missing host."""
    if parts.scheme not in _PORTS:
        message = f"expected an http or https URL, found {url[:200]!r}"
        raise EgressRefused(message)
    if "@" in parts.netloc:
        message = "expected a URL without user name and password"
        raise EgressRefused(message, "take them out of the URL")
    if not parts.hostname or parts.port == 0:
        message = f"expected a URL with a host and a port above 0, found {url[:200]!r}"
        raise EgressRefused(message)


def normal_host(host: str) -> str:
    """Return `host` as it is compared: NFKC, lower case, IDNA, no last dot; a numeric host as its address.

    Raises `EgressRefused` for what is neither a name nor an address.
    """
    text = unicodedata.normalize("NFKC", host).strip().lower().strip("[]").rstrip(".").replace("。", ".")
    address = _parse_address(text)
    if address is not None:
        return str(address)
    try:
        name = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError as error:
        message = f"expected a host name, found {host[:200]!r}: {error}"
        raise EgressRefused(message) from error
    # The URL standard: a host whose last label is a number is an IPv4 address or nothing.
    if not _NAME.fullmatch(name) or _LAST_LABEL_NUMERIC.search(name):
        message = f"expected a host name, found {host[:200]!r}"
        raise EgressRefused(message)
    return name


def address_kind(address: Address) -> str:
    """Name what makes an address unreachable by policy ("loopback", "private" …); "" for a public one."""
    inner = _embedded(address)
    if inner:
        return next((kind for kind in map(address_kind, inner) if kind), "")
    checks = (
        ("metadata", address in _METADATA),
        ("loopback", address.is_loopback),
        ("link-local", address.is_link_local),
        ("multicast", address.is_multicast),
        ("unspecified", address.is_unspecified),
        ("private", address.is_private),
        ("reserved", address.is_reserved or any(address in network for network in _MORE_RESERVED)),
        ("shared or special", not address.is_global),
    )
    return next((kind for kind, found in checks if found), "")


def _embedded(address: Address) -> list[Address]:
    """Return the IPv4 addresses that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner: list[Address] = []
    if address.ipv4_mapped:
        inner.append(address.ipv4_mapped)
    if address.sixtofour:
        inner.append(address.sixtofour)
    if address.teredo:
        inner.extend(address.teredo)
    if any(address in network for network in _NAT64):
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return inner


def _parse_address(text: str) -> Address | None:
    """Read an address in any form that a browser or libc takes (RFC 3986 and the loose forms of inet_aton)."""
    bare = text.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-fx.]+", bare, re.IGNORECASE) or not _LAST_LABEL_NUMERIC.search(bare.lower()):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(bare))
    except OSError:
        return None


def _split_entry(entry: str) -> tuple[str, str]:
    """Split `host`, `host:port`, `[v6]:port` or a bare v6 address into (host, port or "")."""
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, rest.removeprefix(":")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""


def _normal_entry(entry: str) -> str:
    """Return an allow-list entry in the form that it is compared in; a bad one raises `EgressRefused`."""
    host, port = _split_entry(entry.strip())
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        message = f"expected host or host:port, found {entry!r}"
        raise EgressRefused(message)
    name = normal_host(host)
    return _join(name, int(port)) if port else name


def _join(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

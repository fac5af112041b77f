"""What every request and answer passes: the Host check, the cross-site check, and the security headers.

- Host must be an IP address, `localhost`, this machine's name or the name that the desk was told to listen on: a page
  that rebinds its own name to our address is refused (421)
- a state-changing request from another site is refused (403): by Sec-Fetch-Site, else by Origin ≠ Host
- every answer forbids scripts, frames and foreign resources, and is never stored by caches
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
"""Headers of every answer."""


def host_allowed(host: str, names: Iterable[str]) -> bool:
    """Say whether a Host header's value may be ours: an address, or one of the names; the port does not matter."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if not name or any(ch in host for ch in "@/\\ ?#"):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in {"localhost", *(one.lower() for one in names)}
    return True


def from_another_site(headers: Headers) -> bool:
    """Say whether a state-changing request comes from another site's page."""
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return False  # not a browser, or one too old to say; the cookie is SameSite=Strict
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True


class Shield:
    """ASGI middleware with the rules above."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = frozenset({socket.gethostname().lower(), *(name.lower() for name in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the security headers added to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await (refusal or self._app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if not host_allowed(headers.get("host", ""), self._names):
            return PlainTextResponse("this host name is not the desk's\n", status_code=421)
        if scope["method"] not in SAFE_METHODS and from_another_site(headers):
            return PlainTextResponse("refused: a state-changing request from another site\n", status_code=403)
        return None

"""Serving the desk: the socket is bound first, so the printed address is true; SIGTERM and Ctrl-C end it cleanly."""

import contextlib
import errno
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from desk.web.access import Access
from desk.web.site import create_site
from guards.errors import both
from patrol.errors import Misused, PatrolError

if TYPE_CHECKING:
    from patrol.app import App


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process with the signal instead of 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `Desk.serve`."""
        yield


@dataclass(slots=True)
class Desk:
    """A desk whose socket is bound; `serve` blocks until it is stopped."""

    url: str
    access: Access
    actor: str
    _socket: socket.socket
    _server: _Server

    @classmethod
    def open(cls, app: "App", *, host: str = "", port: int = -1, actor: str = "") -> "Desk":
        """Bind the desk's socket (settings where host or port is left out; port 0: any free one).

        Raises Misused for a bad address or port, PatrolError where the port is taken.
        """
        host = host or app.settings.desk_host
        port = app.settings.desk_port if port < 0 else port
        bound = _bind(host, port)
        access = open_access(app)
        site = create_site(app, access, names=[host])
        config = uvicorn.Config(
            site,
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=65536,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=5,
            limit_concurrency=200,
        )
        address = bound.getsockname()
        shown = "127.0.0.1" if host in ("0.0.0.0", "") else f"[{host}]" if ":" in host else host  # noqa: S104
        return cls(f"http://{shown}:{address[1]}/", access, actor, bound, _Server(config))

    def sign_in_url(self) -> str:
        """Return a new one-time sign-in link for the desk's actor."""
        return f"{self.url}sign-in?token={self.access.new_link(self.actor)}"

    def stop(self) -> None:
        """Ask the desk to end; may be called from another thread."""
        self._server.should_exit = True

    def serve(self) -> None:
        """Serve until stopped by SIGTERM, Ctrl-C or `stop`."""

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {}
        with contextlib.suppress(ValueError):  # not the main thread: the caller uses `stop`
            before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._server.run(sockets=[self._socket])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._socket.close()


def open_access(app: "App") -> Access:
    """Return the home's links, sessions and tokens."""
    return Access(app.folder("keys") / "desk-access.json", app.now)


def _bind(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise Misused(
            both(f"端口应为 0 至 65535,实为 {port}", f"expected a port of 0 to 65535, found {port}"),
            both("换一个 --port", "choose another --port"),
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PatrolError(
                both(f"{host} 的端口 {port} 已被占用", f"port {port} on {host} is taken"),
                both(
                    "用 --port 换一个,或用 --port 0 任选空闲端口",
                    "choose another with --port, or --port 0 for any free one",
                ),
            ) from error
        raise Misused(
            both(
                f"无法在 {host}:{port} 上监听:{error.strerror or error}",
                f"cannot listen on {host}:{port}: {error.strerror or error}",
            ),
            both("换一个 --host 或 --port", "choose another --host or --port"),
        ) from error
    return bound

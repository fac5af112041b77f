"""Fixtures of the notary's tests: genuine proofs, a scripted loopback server, a clock moved by hand, a real store."""

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from guards.egress import EgressPolicy
from notary import otsops
from notary.anchors import Reach
from notary.headers import Checkpoints, HeaderBook
from notary.ots import Node, serialize_tree
from records.engine import Sessions, open_engine
from records.proofs import ProofRecords
from records.tables.base import Base

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EASY_BITS = 0x207FFFFF
"""Regtest's target: half of all hashes meet it, so tests can mine."""


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of genuine proofs."""
    return DATA


@pytest.fixture(scope="session")
def book() -> HeaderBook:
    """The genuine headers that the proofs need."""
    return HeaderBook.from_json(DATA / "extra" / "headers.json", now=NOW)


class HandClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> None:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands at 2026-11-22 08:00 UTC."""
    return HandClock()


@dataclass
class Reply:
    """What the scripted server answers: a status, headers and body; or it hangs, drips or hangs up."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    drip_s: float = 0.0
    hang_up: bool = False
    raw: bytes = b""


class ScriptedServer:
    """A real HTTP server on loopback that answers by a script and remembers what it was asked."""

    def __init__(self) -> None:
        self.script: Callable[[str, str, bytes], Reply] = lambda method, path, body: Reply(status=404)
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def answer(self, reply: Reply) -> None:
        """Answer everything with one reply."""
        self.script = lambda method, path, body: reply

    def close(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Plays one reply; `owner` is set on a subclass for each server."""

    owner: ScriptedServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.owner.asked.append((self.command, self.path, body, dict(self.headers)))
        with contextlib.suppress(OSError):  # the client's deadline or cap ends the exchange: what the test is about
            self._send(self.owner.script(self.command, self.path, body))

    def _send(self, reply: Reply) -> None:
        self.owner.stopping.wait(reply.hang_s)
        if reply.hang_up or reply.raw:
            self.wfile.write(reply.raw)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        step = 1 if reply.drip_s else len(reply.body) or 1
        for start in range(0, len(reply.body), step):
            self.wfile.write(reply.body[start : start + step])
            self.wfile.flush()
            if self.owner.stopping.wait(reply.drip_s):
                return

    do_GET = do_POST = _serve  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Stay silent."""


def _handler(owner: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"owner": owner})


@pytest.fixture
def new_server() -> Iterator[Callable[[], ScriptedServer]]:
    """Make scripted servers; all are closed at the end."""
    made: list[ScriptedServer] = []

    def make() -> ScriptedServer:
        made.append(ScriptedServer())
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def server(new_server) -> ScriptedServer:
    """One scripted server."""
    return new_server()


@pytest.fixture
def reply() -> type[Reply]:
    """The class of scripted answers."""
    return Reply


@pytest.fixture
def reach_of() -> Callable[..., Reach]:
    """Make a reach that allows the given loopback hosts and nothing else that is private."""

    def make(*hosts: str, deadline_s: float = 5.0) -> Reach:
        return Reach(EgressPolicy(frozenset(hosts)), deadline_s=deadline_s, user_agent="markwatch-test")

    return make


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """A SQLite database with all tables."""
    engine = open_engine(f"sqlite:///{tmp_path}/proofs.db")
    Base.metadata.create_all(engine)
    return Sessions(engine)


@pytest.fixture
def store(sessions: Sessions) -> ProofRecords:
    """The store of proofs over it."""
    return ProofRecords(sessions)


@dataclass
class Mined:
    """A chain of easy blocks whose first Merkle root is a test's."""

    raw: dict[int, tuple[str, str]]
    checkpoints: Checkpoints

    def book(self, *heights: int, now: datetime = NOW) -> HeaderBook:
        """Return a book of these heights (all where none is named), judged by the chain's own rules."""
        chosen = {height: self.raw[height] for height in heights or self.raw}
        return HeaderBook(chosen, checkpoints=self.checkpoints, now=now)


@pytest.fixture
def mine() -> Callable[..., Mined]:
    """Mine `count` linked blocks from `start` on with regtest's target; `roots` gives Merkle roots by height."""
    return _mine


def _mine(start: int, count: int, roots: dict[int, bytes] | None = None, when: datetime = NOW) -> Mined:
    raw: dict[int, tuple[str, str]] = {}
    prev, target = bytes(32), 0x7FFFFF << 8 * (0x20 - 3)
    for height in range(start, start + count):
        root = (roots or {}).get(height, hashlib.sha256(b"%d" % height).digest())
        seconds = int(when.timestamp()) - 600 * (start + count - height)
        for nonce in range(1 << 20):
            header = (
                (2).to_bytes(4, "little")
                + prev
                + root
                + seconds.to_bytes(4, "little")
                + EASY_BITS.to_bytes(4, "little")
                + nonce.to_bytes(4, "little")
            )
            digest = hashlib.sha256(hashlib.sha256(header).digest()).digest()
            if int.from_bytes(digest, "little") <= target:
                break
        raw[height] = (header.hex(), digest[::-1].hex())
        prev = digest
    return Mined(raw, _EasyCheckpoints(()))


class _EasyCheckpoints(Checkpoints):
    """Checkpoints of a chain whose target never changes: regtest's rules in place of the main chain's."""

    def target_problem(self, height: int, target: int) -> str:
        """Take any target but 0."""
        return "" if target else "no target"


@pytest.fixture
def calendar_script(reply) -> Callable[..., "ChainCalendar"]:
    """Make the script of a calendar that behaves like a real one, over Merkle roots that a test can mine."""
    return ChainCalendar


class ChainCalendar:
    """A real calendar's behaviour on a scripted server: a promise at first, a block's attestation once `height` is set."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server, self.height, self.roots = server, 0, {}
        self.known: set[bytes] = set()
        server.script = self

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        if method == "POST" and path == "/digest":
            root = Node(body)
            leaf = root.add((otsops.APPEND, hashlib.sha256(body).digest()[:16])).add((otsops.SHA256, b""))
            leaf = leaf.add((otsops.PREPEND, int(time.time()).to_bytes(4, "big"))).add((otsops.APPEND, b"12345678"))
            leaf.attestations.add(otsops.pending(self.server.url))
            self.known.add(leaf.msg)
            return Reply(serialize_tree(root))
        commitment = bytes.fromhex(path.rpartition("/")[2])
        if commitment not in self.known or not self.height:
            return Reply(b"Pending confirmation in Bitcoin blockchain", status=404)
        return Reply(serialize_tree(self.attested(commitment)))

    def attested(self, commitment: bytes) -> Node:
        """Return the path of a commitment to its block's Merkle root."""
        root = Node(commitment)
        block = root.add((otsops.SHA256, b"")).add((otsops.SHA256, b""))
        block.attestations.add(otsops.bitcoin(self.height))
        return root

    def merkle_root(self) -> bytes:
        """Return the Merkle root that the one known commitment leads to."""
        (commitment,) = self.known
        return hashlib.sha256(hashlib.sha256(commitment).digest()).digest()

"""Who may look: one-time sign-in links, sessions and API tokens; only their digests are kept.

Rules:
- every secret has 256 random bits, so a plain SHA-256 of it is safe at rest; the secret itself is shown once
- a sign-in link works once and for `LINK_S` seconds, a session for `SESSION_S`; a token until it is removed
- all of it lies in one file in HOME/keys (mode 0600), changed under a lock and replaced atomically
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from guards.atomic import FileLock, write_atomic
from guards.caps import load_json_capped
from guards.errors import MarkwatchError

LINK_S = 3600
"""How long a sign-in link works, in seconds."""
SESSION_S = 12 * 3600
"""How long a session lasts, in seconds."""
MAX_ENTRIES = 500
"""Most entries of one kind that are kept; the oldest go first."""
MAX_BYTES = 1_000_000
"""Largest access file that is read."""
KINDS = ("links", "sessions", "tokens")
"""What the file holds."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: `actor` decides in the review; `role` is "session" or "token"."""

    actor: str
    role: str


def digest(secret: str) -> str:
    """Return the SHA-256 hex digest under which a secret is kept."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Access:
    """The desk's links, sessions and tokens in one file."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock

    def new_link(self, actor: str) -> str:
        """Return the secret of a new one-time sign-in link for this actor."""
        return self._add("links", actor, LINK_S)

    def new_token(self, actor: str) -> str:
        """Return a new API token that acts as this actor."""
        return self._add("tokens", actor, None)

    def sign_in(self, secret: str) -> str | None:
        """Use up a link and return the secret of a new session; None where the link is unknown, used or too old."""
        wanted = digest(secret)
        with self._changing() as entries:
            found = next((e for e in entries["links"] if e["sha256"] == wanted and self._alive(e)), None)
            if found is None:
                return None
            entries["links"].remove(found)
            session = secrets.token_urlsafe(32)
            entries["sessions"].append(self._entry(session, found["actor"], SESSION_S))
            return session

    def sign_out(self, secret: str) -> None:
        """End a session."""
        wanted = digest(secret)
        with self._changing() as entries:
            entries["sessions"] = [e for e in entries["sessions"] if e["sha256"] != wanted]

    def visitor(self, *, session: str = "", token: str = "") -> Visitor | None:
        """Return who a session or token belongs to; None where neither is known."""
        for kind, secret, role in (("tokens", token, "token"), ("sessions", session, "session")):
            wanted = digest(secret) if secret else ""
            for entry in self._read()[kind] if wanted else ():
                if entry["sha256"] == wanted and self._alive(entry):
                    return Visitor(entry["actor"], role)
        return None

    def _add(self, kind: str, actor: str, seconds: int | None) -> str:
        secret = secrets.token_urlsafe(32)
        with self._changing() as entries:
            entries[kind].append(self._entry(secret, actor, seconds))
        return secret

    def _entry(self, secret: str, actor: str, seconds: int | None) -> dict[str, str]:
        until = (self._clock() + timedelta(seconds=seconds)).isoformat() if seconds is not None else ""
        return {"sha256": digest(secret), "actor": actor, "until": until}

    def _alive(self, entry: dict[str, str]) -> bool:
        return not entry["until"] or datetime.fromisoformat(entry["until"]) > self._clock()

    @contextmanager
    def _changing(self) -> Iterator[dict[str, list[dict[str, str]]]]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._path.with_suffix(".lock"), timeout_s=10):
            entries = self._read()
            yield entries
            kept = {kind: [e for e in entries[kind] if self._alive(e)][-MAX_ENTRIES:] for kind in KINDS}
            write_atomic(self._path, json.dumps(kept).encode(), mode=0o600)

    def _read(self) -> dict[str, list[dict[str, str]]]:
        try:
            with self._path.open("rb") as stream:
                document = load_json_capped(stream.read(MAX_BYTES + 1), max_bytes=MAX_BYTES)
        except FileNotFoundError:
            document = {}
        except MarkwatchError:
            document = {}  # a damaged file locks everybody out; a new link starts afresh
        found = document if isinstance(document, dict) else {}
        return {kind: [e for e in found.get(kind, []) if _well_formed(e)] for kind in KINDS}


def _well_formed(entry: object) -> bool:
    if not isinstance(entry, dict) or set(entry) != {"sha256", "actor", "until"}:
        return False
    if not all(isinstance(value, str) for value in entry.values()):
        return False
    try:
        return not entry["until"] or datetime.fromisoformat(entry["until"]).tzinfo is not None
    except ValueError:
        return False

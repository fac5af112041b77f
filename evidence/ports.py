"""What evidence needs of others, as Protocols; `records` and `notary` implement them and `patrol.app` joins them.

Rules for the store: each call is one transaction, written wholly or not at all; times are aware UTC.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from records.model import Bag, CustodyEntry, Exhibit


class Clock(Protocol):
    """Where times come from."""

    def now(self) -> datetime:
        """Return the time now, aware and in UTC."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never run backwards within one boot."""


class BlobStore(Protocol):
    """Bytes by their SHA-256."""

    def put(self, data: bytes) -> str:
        """Store bytes, durably; return their SHA-256 in hex."""

    def put_file(self, path: Path) -> str:
        """Store a file's bytes, durably; return their SHA-256 in hex."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes; raise where they are missing or changed."""

    def open(self, sha256: str) -> BinaryIO:
        """Open the bytes for reading, not yet compared with their digest."""


class ExhibitStore(Protocol):
    """Exhibits, their artifacts, their custody logs and their sealed bags."""

    def open_exhibit(self, exhibit: Exhibit, entry: CustodyEntry) -> Exhibit:
        """Insert a pending exhibit and its first custody entry; where its hit has a pending one, return that instead."""

    def finish(self, exhibit: Exhibit, entries: Sequence[CustodyEntry]) -> Exhibit:
        """Store a pending exhibit's end, artifacts and custody entries; one that has ended already is returned as it is."""

    def get(self, exhibit_id: str) -> Exhibit | None:
        """Return one exhibit with its artifacts."""

    def for_hit(self, hit_id: str) -> list[Exhibit]:
        """Return a hit's exhibits, the oldest first."""

    def all(self) -> list[Exhibit]:
        """Return every exhibit, the oldest first."""

    def custody(self, exhibit_id: str) -> list[CustodyEntry]:
        """Return an exhibit's custody entries in their order."""

    def append_custody(self, exhibit_id: str, entry: CustodyEntry) -> None:
        """Append one entry; refused unless it continues the chain."""

    def bag(self, exhibit_id: str) -> Bag | None:
        """Return the files of the exhibit's sealed bag, or None before the first build."""

    def save_bag(self, bag: Bag) -> Bag:
        """Fix the bag's files; where they are fixed already, return those that stand."""


class ProofSource(Protocol):
    """The notary as the package sees it."""

    def enqueue(self, subject: str, sha256: str) -> object:
        """Have a digest notarised, once; a second call for the same digest changes nothing."""

    def proof_files(self, sha256: str) -> bytes:
        """Return a digest's .ots proof as it stands; b"" while no anchor has taken it."""

"""The audit trail: who did what to which object, hash-chained and never changed.

Each entry holds the SHA-256 of the canonical JSON of the one before (`prev_sha256`, "" for the first), and its own
beside it. `check` finds an entry that was changed, removed, added or put elsewhere. It does not find a whole chain
that someone with the database's password rewrote to its end: keep `head()` elsewhere (a stamped digest) for that.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from records.clock import Clock, utc_now
from records.codec import dumps
from records.engine import Sessions
from records.model import AuditEntry
from records.tables.audit import AuditHeadRow, AuditRow
from records.tables.base import storable
from records.tables.types import columns_of, record_of
from records.upsert import insert_new

MAX_PROBLEMS = 100
"""`check` stops listing problems after this many."""


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What `AuditRecords.check` found: how many entries, the last one's digest, and what is wrong (empty: whole)."""

    entries: int
    head: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the chain is whole."""
        return not self.problems


def entry_sha256(entry: AuditEntry) -> str:
    """Return the SHA-256 of an entry's canonical JSON, in lower-case hex."""
    return hashlib.sha256(dumps(entry).encode("utf-8")).hexdigest()


class AuditRecords:
    """The audit trail of one database."""

    def __init__(self, sessions: Sessions, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def append(self, actor: str, action: str, object_id: str, detail: str = "") -> AuditEntry:
        """Append one entry and return it. Concurrent writers queue, so the chain never forks."""
        with self._sessions.begin() as session:
            insert_new(session, AuditHeadRow, {"id": 1, "entries": 0, "sha256": ""})
            head = session.scalars(select(AuditHeadRow).where(AuditHeadRow.id == 1).with_for_update()).one()
            texts = (storable(text) for text in (actor, action, object_id, detail))
            entry = AuditEntry(head.entries + 1, head.sha256, self._clock(), *texts)
            head.entries, head.sha256 = entry.seq, entry_sha256(entry)
            session.add(AuditRow(**columns_of(entry), sha256=head.sha256))
        return entry

    def entries(self, object_id: str | None = None, after: int = 0, limit: int = 1000) -> list[AuditEntry]:
        """Return entries in order, those of one object where `object_id` is given, with `seq` above `after`."""
        query = select(AuditRow).where(AuditRow.seq > after).order_by(AuditRow.seq).limit(limit)
        if object_id is not None:
            query = query.where(AuditRow.object_id == object_id)
        with self._sessions() as session:
            return [record_of(AuditEntry, row) for row in session.scalars(query)]

    def head(self) -> tuple[int, str]:
        """Return how many entries there are and the last one's digest (0 and "" for an empty trail)."""
        with self._sessions() as session:
            row = session.get(AuditHeadRow, 1)
            return (0, "") if row is None else (row.entries, row.sha256)

    def check(self) -> AuditCheck:
        """Walk the whole trail and return what is wrong with it."""
        problems: list[str] = []
        expected, previous = 1, ""
        with self._sessions() as session:
            head = session.get(AuditHeadRow, 1)
            query = select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=500)
            for row in session.scalars(query):
                problems += _problems(row, expected, previous)
                expected, previous = row.seq + 1, row.sha256
                if len(problems) >= MAX_PROBLEMS:
                    break
            else:
                end = (head.entries, head.sha256) if head is not None else (0, "")
                if end != (expected - 1, previous):
                    problems.append(f"the trail ends at entry {expected - 1}, but {end[0]} were written")
        return AuditCheck(expected - 1, previous, tuple(problems))


def _problems(row: AuditRow, expected: int, previous: str) -> list[str]:
    found = []
    if row.seq != expected:
        found.append(f"expected entry {expected}, found {row.seq}: entries are missing")
    if row.prev_sha256 != previous:
        found.append(f"entry {row.seq} does not follow the entry before it")
    if entry_sha256(record_of(AuditEntry, row)) != row.sha256:
        found.append(f"entry {row.seq} was changed")
    return found

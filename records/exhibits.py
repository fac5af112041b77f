"""Exhibits, artifacts, custody entries and sealed bags in the database (what `evidence.ports.ExhibitStore` asks for).

Rules:
- an exhibit is pending once and ends once; its artifacts and the custody entries of its end come in one transaction
- custody rows are only added, and only where they continue the log that stands: `Conflict` otherwise
- what a bag holds is fixed at its first build
"""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from records.codec import from_json, to_json
from records.engine import Sessions
from records.errors import Conflict, NotFound
from records.model import Artifact, Bag, CustodyEntry, Exhibit
from records.tables.exhibits import ArtifactRow, BagRow, CustodyRow, ExhibitRow
from records.terms import CaptureOutcome, Fidelity


class ExhibitRecords:
    """The exhibits' repository over one database."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def open_exhibit(self, exhibit: Exhibit, entry: CustodyEntry) -> Exhibit:
        """Insert a pending exhibit with its first custody entry; a hit's pending exhibit is returned instead."""
        with self._sessions.begin() as session:
            standing = session.scalars(_pending_of(exhibit.hit_id)).first() if exhibit.hit_id else None
            if standing is not None:
                return _exhibit(session, standing)
            session.add(_exhibit_row(exhibit))
            session.flush()
            self._append(session, exhibit.id, (entry,))
            return exhibit

    def finish(self, exhibit: Exhibit, entries: Sequence[CustodyEntry]) -> Exhibit:
        """End a pending exhibit with its artifacts and custody entries; one that has ended is returned as it stands.

        Raises `NotFound` for an unknown exhibit, `Conflict` where the entries do not continue its log.
        """
        with self._sessions.begin() as session:
            row = session.get(ExhibitRow, exhibit.id, with_for_update=True)
            if row is None:
                raise NotFound(f"no exhibit {exhibit.id}")
            if row.outcome != CaptureOutcome.PENDING:
                return _exhibit(session, row)
            row.outcome, row.reason, row.fidelity = exhibit.outcome, exhibit.reason, exhibit.fidelity
            row.captured_at, row.lost = exhibit.captured_at, to_json(exhibit.lost)
            session.add_all(_artifact_row(exhibit.id, artifact) for artifact in exhibit.artifacts)
            self._append(session, exhibit.id, entries)
            session.flush()
            return _exhibit(session, row)

    def get(self, exhibit_id: str) -> Exhibit | None:
        """Return one exhibit with its artifacts, by path."""
        with self._sessions() as session:
            row = session.get(ExhibitRow, exhibit_id)
            return None if row is None else _exhibit(session, row)

    def for_hit(self, hit_id: str) -> list[Exhibit]:
        """Return a hit's exhibits, the oldest first."""
        query = select(ExhibitRow).where(ExhibitRow.hit_id == hit_id).order_by(ExhibitRow.created_at, ExhibitRow.id)
        with self._sessions() as session:
            return [_exhibit(session, row) for row in session.scalars(query)]

    def all(self) -> list[Exhibit]:
        """Return every exhibit, the oldest first."""
        with self._sessions() as session:
            rows = session.scalars(select(ExhibitRow).order_by(ExhibitRow.created_at, ExhibitRow.id)).all()
            return [_exhibit(session, row) for row in rows]

    def custody(self, exhibit_id: str) -> list[CustodyEntry]:
        """Return an exhibit's custody entries in their order; the chain is not checked here."""
        query = select(CustodyRow).where(CustodyRow.exhibit_id == exhibit_id).order_by(CustodyRow.seq)
        with self._sessions() as session:
            return [_entry(row) for row in session.scalars(query)]

    def append_custody(self, exhibit_id: str, entry: CustodyEntry) -> None:
        """Append one custody entry; raises `NotFound` or `Conflict`."""
        with self._sessions.begin() as session:
            if session.get(ExhibitRow, exhibit_id, with_for_update=True) is None:
                raise NotFound(f"no exhibit {exhibit_id}")
            self._append(session, exhibit_id, (entry,))

    def bag(self, exhibit_id: str) -> Bag | None:
        """Return the exhibit's sealed bag."""
        with self._sessions() as session:
            row = session.get(BagRow, exhibit_id)
            return None if row is None else _bag(row)

    def save_bag(self, bag: Bag) -> Bag:
        """Fix an exhibit's bag; where one is fixed already, that one is returned. Raises `NotFound`."""
        with self._sessions.begin() as session:
            if session.get(ExhibitRow, bag.exhibit_id, with_for_update=True) is None:
                raise NotFound(f"no exhibit {bag.exhibit_id}")
            standing = session.get(BagRow, bag.exhibit_id)
            if standing is not None:
                return _bag(standing)
            files = to_json(bag.files)
            session.add(BagRow(exhibit_id=bag.exhibit_id, built_at=bag.built_at, files=files))
            return bag

    @staticmethod
    def _append(session: Session, exhibit_id: str, entries: Sequence[CustodyEntry]) -> None:
        """Add entries whose numbers continue the log. The chain's digests are the caller's to make and check."""
        query = select(CustodyRow).where(CustodyRow.exhibit_id == exhibit_id).order_by(CustodyRow.seq.desc()).limit(1)
        last = session.scalars(query).first()
        expected = last.seq + 1 if last else 0
        for number, entry in enumerate(entries, expected):
            if entry.seq != number:
                raise Conflict(
                    f"custody entry {number} of {exhibit_id} is due, got number {entry.seq}", "read the log again"
                )
            session.add(_custody_row(exhibit_id, entry))
        session.flush()


def _pending_of(hit_id: str) -> Select[ExhibitRow]:
    return select(ExhibitRow).where(ExhibitRow.hit_id == hit_id, ExhibitRow.outcome == CaptureOutcome.PENDING)


def _exhibit_row(exhibit: Exhibit) -> ExhibitRow:
    plain = {name: getattr(exhibit, name) for name in ("id", "url", "created_at", "hit_id", "captured_at", "reason")}
    return ExhibitRow(
        outcome=exhibit.outcome.value, fidelity=exhibit.fidelity.value, lost=to_json(exhibit.lost), **plain
    )


def _exhibit(session: Session, row: ExhibitRow) -> Exhibit:
    query = select(ArtifactRow).where(ArtifactRow.exhibit_id == row.id)
    artifacts = sorted((_artifact(item) for item in session.scalars(query)), key=lambda item: item.path)
    lost = row.lost if isinstance(row.lost, list) else []
    return Exhibit(
        id=row.id,
        url=row.url,
        outcome=CaptureOutcome(row.outcome),
        created_at=row.created_at,
        hit_id=row.hit_id,
        captured_at=row.captured_at,
        fidelity=Fidelity(row.fidelity),
        reason=row.reason,
        artifacts=tuple(artifacts),
        lost=tuple({str(key): str(value) for key, value in item.items()} for item in lost),
    )


def _artifact_row(exhibit_id: str, artifact: Artifact) -> ArtifactRow:
    return ArtifactRow(exhibit_id=exhibit_id, **{item.name: getattr(artifact, item.name) for item in fields(Artifact)})


def _artifact(row: ArtifactRow) -> Artifact:
    return Artifact(**{item.name: getattr(row, item.name) for item in fields(Artifact)})


def _custody_row(exhibit_id: str, entry: CustodyEntry) -> CustodyRow:
    return CustodyRow(exhibit_id=exhibit_id, **{item.name: getattr(entry, item.name) for item in fields(CustodyEntry)})


def _entry(row: CustodyRow) -> CustodyEntry:
    return CustodyEntry(**{item.name: getattr(row, item.name) for item in fields(CustodyEntry)})


def _bag(row: BagRow) -> Bag:
    return from_json(Bag, {"exhibit_id": row.exhibit_id, "built_at": row.built_at.isoformat(), "files": row.files})

"""The store of proofs: commitments, batches and their anchorings. Implements `notary.ports.ProofStore`.

Rules:
- a (subject, SHA-256) is committed once; its nonce never changes after that
- a batch, its leaves' places and its anchorings appear in one transaction, or not at all
- whoever works on an anchoring holds its lease; a result by one whose lease was taken over is not written

What each anchoring's `data` holds is the notary's business; nothing here reads it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from records.engine import Sessions
from records.ids import new_ulid
from records.model import AnchorClaim, Proof
from records.tables.proofs import AnchoringRow, BatchRow, CommitmentRow
from records.terms import ProofState

ACCEPTED = (ProofState.PENDING, ProofState.ATTESTED, ProofState.VERIFIED, ProofState.RENEWED, ProofState.STALE)
"""States in which an anchor has taken the root."""
_IN_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Commitment:
    """One digest that is to be proved; `batch_id` is "" and `leaf_index` -1 while it waits for a batch."""

    id: str
    subject: str
    sha256: str
    nonce: str
    created_at: datetime
    batch_id: str = ""
    leaf_index: int = -1


class ProofRecords:
    """Proofs in SQL; see the module's rules."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def commit(self, subject: str, sha256: str, nonce: str, at: datetime) -> Commitment:
        """Store a commitment and return it; where (subject, SHA-256) is there already, return that one unchanged."""
        fresh = CommitmentRow(id=new_ulid(), subject=subject, sha256=sha256, nonce=nonce, created_at=at)
        try:
            with self._sessions.begin() as session:
                row = _find(session, subject, sha256)
                if row is None:
                    session.add(fresh)
                return _commitment(row or fresh)
        except IntegrityError:
            # Another process committed the same pair between our look and our insert: its row is the one.
            with self._sessions() as session:
                row = _find(session, subject, sha256)
            if row is None:
                raise
            return _commitment(row)

    def close_batch(
        self,
        root_of: Callable[[Sequence[Commitment]], str],
        *,
        anchors: Sequence[str],
        now: datetime,
        max_items: int,
        max_age: timedelta,
    ) -> str:
        """Close one batch in one transaction and return its id, or "" where none is due.

        Due means `max_items` waiting, or the oldest waiting for `max_age`. `root_of` gives the root (hex) over the
        commitments in leaf order. Each of `anchors` gets a queued anchoring.
        """
        with self._sessions.begin() as session:
            waiting = select(CommitmentRow).where(CommitmentRow.batch_id.is_(None)).order_by(CommitmentRow.id)
            rows = list(session.scalars(waiting.limit(max_items).with_for_update()))
            if not rows or (len(rows) < max_items and now - rows[0].created_at < max_age):
                return ""
            root = root_of([_commitment(row) for row in rows])
            batch = BatchRow(id=new_ulid(), root=root, size=len(rows), closed_at=now)
            session.add(batch)
            session.flush()
            for index, row in enumerate(rows):
                row.batch_id, row.leaf_index = batch.id, index
            session.add_all([_anchoring(batch, anchor, now) for anchor in anchors])
            return batch.id

    def add_anchorings(self, anchors: Sequence[str], now: datetime, *, uncounted: str) -> int:
        """Queue the anchors that a batch lacks while no anchor has taken its root; return how many were queued.

        An anchor whose name starts with `uncounted` (the demo's) does not count as having taken it.
        """
        with self._sessions.begin() as session:
            counted = AnchoringRow.anchor.not_like(f"{uncounted}%")
            taken = exists().where(AnchoringRow.batch_id == BatchRow.id, AnchoringRow.state.in_(ACCEPTED), counted)
            added = 0
            for batch in session.scalars(select(BatchRow).where(~taken).with_for_update()):
                query = select(AnchoringRow.anchor).where(AnchoringRow.batch_id == batch.id)
                missing = set(anchors) - set(session.scalars(query))
                session.add_all([_anchoring(batch, anchor, now) for anchor in sorted(missing)])
                added += len(missing)
            return added

    def leaves(self, batch_id: str) -> list[Commitment]:
        """Return a batch's commitments in leaf order."""
        query = select(CommitmentRow).where(CommitmentRow.batch_id == batch_id).order_by(CommitmentRow.leaf_index)
        with self._sessions() as session:
            return [_commitment(row) for row in session.scalars(query)]

    def commitments(self, sha256: str = "") -> list[Commitment]:
        """Return the commitments to one digest, or all of them, oldest first."""
        query = select(CommitmentRow).order_by(CommitmentRow.id)
        if sha256:
            query = query.where(CommitmentRow.sha256 == sha256)
        with self._sessions() as session:
            return [_commitment(row) for row in session.scalars(query)]

    def anchorings(self, batch_ids: Sequence[str]) -> list[Proof]:
        """Return the anchorings of these batches, by batch and anchor; `subject_sha256` is the batch's root."""
        ordered = select(AnchoringRow).order_by(AnchoringRow.batch_id, AnchoringRow.anchor)
        ids = sorted(set(batch_ids))
        with self._sessions() as session:
            parts = (ids[start : start + _IN_LIMIT] for start in range(0, len(ids), _IN_LIMIT))
            return [
                _proof(row) for part in parts for row in session.scalars(ordered.where(AnchoringRow.batch_id.in_(part)))
            ]

    def lease(
        self,
        states: Sequence[ProofState],
        *,
        anchors: Sequence[str],
        now: datetime,
        until: datetime,
        becomes: ProofState | None = None,
    ) -> tuple[str, Proof] | None:
        """Lease the longest due anchoring in one of `states` at one of `anchors`; None where none is due.

        Returns the lease's token and the anchoring, with its try counted and `becomes` as its state where given.
        Leases that ran out are due again.
        """
        with self._sessions.begin() as session:
            free = or_(AnchoringRow.lease_until.is_(None), AnchoringRow.lease_until <= now)
            due = and_(
                AnchoringRow.state.in_(states), AnchoringRow.anchor.in_(anchors), AnchoringRow.next_try_at <= now
            )
            query = select(AnchoringRow).where(due, free).order_by(AnchoringRow.next_try_at, AnchoringRow.id).limit(1)
            row = session.scalars(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            row.lease, row.lease_until, row.tries = new_ulid(), until, row.tries + 1
            row.state = becomes or row.state
            return row.lease, _proof(row)

    def settle(self, token: str, proof: Proof, *, next_try_at: datetime) -> bool:
        """Write an anchoring's state, data, claims, tries and reason, and give the lease back.

        Returns False, and writes nothing, where the lease `token` is no longer held.
        """
        values = {
            "state": proof.state,
            "data": proof.data,
            "claims": proof.claims,
            "tries": proof.tries,
            "reason": proof.reason,
            "next_try_at": next_try_at,
            "lease": None,
            "lease_until": None,
        }
        with self._sessions.begin() as session:
            held = and_(AnchoringRow.id == proof.id, AnchoringRow.lease == token)
            done = session.execute(update(AnchoringRow).where(held).values(values).returning(AnchoringRow.id))
            return done.first() is not None

    def hurry(self, states: Sequence[ProofState], now: datetime) -> None:
        """Make the anchorings in `states` due at once (a person asked for it)."""
        with self._sessions.begin() as session:
            session.execute(update(AnchoringRow).where(AnchoringRow.state.in_(states)).values(next_try_at=now))

    def counts(self) -> Mapping[ProofState, int]:
        """Return how many anchorings are in each state."""
        query = select(AnchoringRow.state, func.count()).group_by(AnchoringRow.state)
        with self._sessions() as session:
            return {row[0]: row[1] for row in session.execute(query)}


def _find(session: Session, subject: str, sha256: str) -> CommitmentRow | None:
    same: ColumnElement[bool] = and_(CommitmentRow.subject == subject, CommitmentRow.sha256 == sha256)
    return session.scalars(select(CommitmentRow).where(same)).first()


def _commitment(row: CommitmentRow) -> Commitment:
    index = -1 if row.leaf_index is None else row.leaf_index
    return Commitment(row.id, row.subject, row.sha256, row.nonce, row.created_at, row.batch_id or "", index)


def _anchoring(batch: BatchRow, anchor: str, now: datetime) -> AnchoringRow:
    none: tuple[AnchorClaim, ...] = ()
    return AnchoringRow(
        id=new_ulid(),
        batch_id=batch.id,
        anchor=anchor,
        root=batch.root,
        state=ProofState.QUEUED,
        data=b"",
        claims=none,
        created_at=now,
        tries=0,
        next_try_at=now,
        lease=None,
        lease_until=None,
        reason="",
    )


def _proof(row: AnchoringRow) -> Proof:
    return Proof(
        id=row.id,
        subject_sha256=row.root,
        subject=f"batch/{row.batch_id}",
        anchor=row.anchor,
        state=row.state,
        created_at=row.created_at,
        batch_id=row.batch_id,
        data=row.data,
        claims=row.claims,
        tries=row.tries,
        next_try_at=row.next_try_at,
        reason=row.reason,
    )

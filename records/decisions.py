"""The decisions of reviewers: append-only, each with the snapshot that its actor saw."""

from sqlalchemy import select

from records.engine import Sessions
from records.errors import Conflict, NotFound
from records.model import Decision
from records.tables.decisions import DecisionRow
from records.tables.hits import HitRow
from records.tables.types import columns_of, record_of
from records.terms import HitState
from records.upsert import insert_new


class DecisionRecords:
    """The decisions of one database. Who may decide what is patrol's business; here they are kept."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def append(self, decision: Decision, new_state: HitState, expected: HitState | None = None) -> None:
        """Append a decision and set the hit's state, in one transaction; the same id twice is one row.

        Raises `NotFound` for an unknown hit, and `Conflict` where `expected` is given and the hit stands otherwise
        (another reviewer was faster).
        """
        with self._sessions.begin() as session:
            query = select(HitRow).where(HitRow.id == decision.hit_id).with_for_update()
            hit = session.scalars(query).first()
            if hit is None:
                raise NotFound(f"no hit has the id {decision.hit_id}", "see `markwatch hits list`")
            if session.get(DecisionRow, decision.id) is not None:
                return
            if expected is not None and hit.state != expected:
                raise Conflict(f"expected the hit to be {expected}, it is {hit.state} by now", "look at it again")
            if insert_new(session, DecisionRow, columns_of(decision)):
                hit.state = new_state
                hit.decided_snapshot_id = decision.snapshot_id or hit.snapshot_id

    def for_hit(self, hit_id: str) -> list[Decision]:
        """Return a hit's decisions, oldest first."""
        query = select(DecisionRow).where(DecisionRow.hit_id == hit_id).order_by(DecisionRow.at, DecisionRow.id)
        with self._sessions() as session:
            return [record_of(Decision, row) for row in session.scalars(query)]

    def all(self, limit: int = 10_000) -> list[Decision]:
        """Return the decisions, oldest first, at most `limit`."""
        query = select(DecisionRow).order_by(DecisionRow.at, DecisionRow.id).limit(limit)
        with self._sessions() as session:
            return [record_of(Decision, row) for row in session.scalars(query)]

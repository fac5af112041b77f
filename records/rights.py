"""The portfolio: rights, their reference samples and authorizations."""

from collections.abc import Sequence

from sqlalchemy import select

from records.clock import Clock, utc_now
from records.engine import Sessions
from records.model import Authorization, Reference, Right
from records.tables.rights import AuthorizationRow, ReferenceRow, RightRow
from records.tables.types import columns_of, record_of
from records.upsert import chunks, upsert


class RightRecords:
    """Stores rights by id. A right that a newer file leaves out stays: hits and cases refer to it."""

    def __init__(self, sessions: Sessions, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def save(self, rights: Sequence[Right]) -> tuple[int, int, int]:
        """Insert or update by id, all or nothing; return how many were (added, changed, unchanged).

        Of two rights with the same id the last counts.
        """
        wanted = {right.id: right for right in rights}
        with self._sessions.begin() as session:
            known: dict[str, Right] = {}
            for ids in chunks(list(wanted)):
                rows = session.scalars(select(RightRow).where(RightRow.id.in_(ids)))
                known |= {row.id: record_of(Right, row) for row in rows}
            now = self._clock()
            added = [right for right in wanted.values() if right.id not in known]
            changed = [right for right in wanted.values() if right.id in known and right != known[right.id]]
            upsert(session, RightRow, [columns_of(right) | {"changed_at": now} for right in added + changed])
        return len(added), len(changed), len(wanted) - len(added) - len(changed)

    def all(self) -> list[Right]:
        """Return every right, by id."""
        with self._sessions() as session:
            return [record_of(Right, row) for row in session.scalars(select(RightRow).order_by(RightRow.id))]

    def get(self, right_id: str) -> Right | None:
        """Return one right, None where there is none."""
        with self._sessions() as session:
            row = session.get(RightRow, right_id)
            return None if row is None else record_of(Right, row)

    def save_reference(self, reference: Reference) -> None:
        """Insert or replace one reference sample, by id. The right must be stored already."""
        with self._sessions.begin() as session:
            upsert(session, ReferenceRow, [columns_of(reference)])

    def references(self, right_id: str) -> list[Reference]:
        """Return a right's reference samples, by id."""
        query = select(ReferenceRow).where(ReferenceRow.right_id == right_id).order_by(ReferenceRow.id)
        with self._sessions() as session:
            return [record_of(Reference, row) for row in session.scalars(query)]

    def all_references(self) -> list[Reference]:
        """Return every reference sample, by right and id, in one query."""
        query = select(ReferenceRow).order_by(ReferenceRow.right_id, ReferenceRow.id)
        with self._sessions() as session:
            return [record_of(Reference, row) for row in session.scalars(query)]

    def save_authorization(self, authorization: Authorization) -> None:
        """Insert or replace one authorization, by id. The right must be stored already."""
        with self._sessions.begin() as session:
            upsert(session, AuthorizationRow, [columns_of(authorization)])

    def all_authorizations(self) -> list[Authorization]:
        """Return every authorization, by right, seller and id, in one query."""
        order = (AuthorizationRow.right_id, AuthorizationRow.seller, AuthorizationRow.id)
        with self._sessions() as session:
            return [record_of(Authorization, row) for row in session.scalars(select(AuthorizationRow).order_by(*order))]

    def authorizations(self, right_id: str) -> list[Authorization]:
        """Return a right's authorizations, by seller and id."""
        query = (
            select(AuthorizationRow)
            .where(AuthorizationRow.right_id == right_id)
            .order_by(AuthorizationRow.seller, AuthorizationRow.id)
        )
        with self._sessions() as session:
            return [record_of(Authorization, row) for row in session.scalars(query)]

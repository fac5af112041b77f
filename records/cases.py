"""The cases: one a listing, opened at its first confirmation, under numbers without gaps or doubles.

A number is `MW-` year `-` six digits. It is allocated in the transaction that stores its case, under the lock of the
year's counter: a transaction that fails gives it back.
"""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from records.clock import Clock, utc_now
from records.engine import Sessions
from records.ids import new_ulid
from records.model import Case
from records.tables.cases import CaseCounterRow, CaseHitRow, CaseRow
from records.upsert import insert_into, insert_new, upsert

PREFIX = "MW"
"""What case numbers begin with."""


class CaseRecords:
    """The cases of one database."""

    def __init__(self, sessions: Sessions, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def open_for(self, listing_id: str, hit_ids: Sequence[str], title: str) -> Case:
        """Return the listing's case with these hits in it; open it, under the next number, where there is none."""
        now = self._clock()
        with self._sessions.begin() as session:
            counter = _lock_counter(session, now.year)
            row = session.scalar(select(CaseRow).where(CaseRow.listing_id == listing_id).with_for_update())
            if row is None:
                counter.last += 1
                number = f"{PREFIX}-{now.year}-{counter.last:06d}"
                row = CaseRow(id=new_ulid(), number=number, title=title, opened_at=now, listing_id=listing_id)
                session.add(row)
                session.flush()
            _add_hits(session, row.id, hit_ids)
            return _case(session, row)

    def save(self, case: Case) -> None:
        """Insert or update by id, under the number that the case brings; its hits become exactly `case.hit_ids`."""
        row = {"id": case.id, "number": case.number, "title": case.title, "opened_at": case.opened_at}
        with self._sessions.begin() as session:
            upsert(session, CaseRow, [row | {"listing_id": None}], keep=("listing_id",))
            extra = select(CaseHitRow).where(CaseHitRow.case_id == case.id, CaseHitRow.hit_id.not_in(case.hit_ids))
            for tie in session.scalars(extra).all():
                session.delete(tie)
            session.flush()
            _add_hits(session, case.id, case.hit_ids)

    def get(self, id_or_number: str) -> Case | None:
        """Return one case by id or number, None where there is none."""
        query = select(CaseRow).where(or_(CaseRow.id == id_or_number, CaseRow.number == id_or_number))
        with self._sessions() as session:
            row = session.scalar(query)
            return None if row is None else _case(session, row)

    def for_listing(self, listing_id: str) -> Case | None:
        """Return a listing's case, None where none is open."""
        with self._sessions() as session:
            row = session.scalar(select(CaseRow).where(CaseRow.listing_id == listing_id))
            return None if row is None else _case(session, row)

    def all(self) -> list[Case]:
        """Return every case with its hits, the oldest first, in two queries."""
        with self._sessions() as session:
            hits: dict[str, list[str]] = {}
            for tie in session.scalars(select(CaseHitRow).order_by(CaseHitRow.case_id, CaseHitRow.place)):
                hits.setdefault(tie.case_id, []).append(tie.hit_id)
            rows = session.scalars(select(CaseRow).order_by(CaseRow.opened_at, CaseRow.number))
            return [Case(row.id, row.number, row.title, tuple(hits.get(row.id, ())), row.opened_at) for row in rows]


def _lock_counter(session: Session, year: int) -> CaseCounterRow:
    """Return the year's counter, locked until the transaction ends: openers of cases queue here."""
    insert_new(session, CaseCounterRow, {"year": year, "last": 0}, key="year")
    query = select(CaseCounterRow).where(CaseCounterRow.year == year).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _add_hits(session: Session, case_id: str, hit_ids: Sequence[str]) -> None:
    query = select(func.max(CaseHitRow.place)).where(CaseHitRow.case_id == case_id)
    last = session.scalar(query)
    for place, hit in enumerate(hit_ids, 0 if last is None else last + 1):
        statement = insert_into(session, CaseHitRow).values(case_id=case_id, hit_id=hit, place=place)
        session.execute(statement.on_conflict_do_nothing(index_elements=["case_id", "hit_id"]))


def _case(session: Session, row: CaseRow) -> Case:
    query = select(CaseHitRow.hit_id).where(CaseHitRow.case_id == row.id).order_by(CaseHitRow.place)
    return Case(row.id, row.number, row.title, tuple(session.scalars(query)), row.opened_at)

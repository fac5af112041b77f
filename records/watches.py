"""The watches, known by id and by their unique name."""

from sqlalchemy import select, update

from records.engine import Sessions
from records.errors import Conflict, NotFound
from records.model import Watch
from records.tables.types import columns_of, record_of
from records.tables.watches import WatchRow
from records.terms import WatchState
from records.upsert import upsert


class WatchRecords:
    """Stores watches by id; a name is used once."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, watch: Watch) -> None:
        """Insert or update by id; raise `Conflict` for a name that another watch has."""
        with self._sessions.begin() as session:
            other = session.scalar(select(WatchRow.id).where(WatchRow.name == watch.name, WatchRow.id != watch.id))
            if other is not None:
                raise Conflict(f"expected a new name, but another watch is called {watch.name}", "choose another name")
            upsert(session, WatchRow, [columns_of(watch)])

    def all(self) -> list[Watch]:
        """Return every watch, by name."""
        with self._sessions() as session:
            return [record_of(Watch, row) for row in session.scalars(select(WatchRow).order_by(WatchRow.name))]

    def get(self, watch_id: str) -> Watch | None:
        """Return one watch, None where there is none."""
        with self._sessions() as session:
            row = session.get(WatchRow, watch_id)
            return None if row is None else record_of(Watch, row)

    def by_name(self, name: str) -> Watch | None:
        """Return the watch with this name, None where there is none."""
        with self._sessions() as session:
            row = session.scalar(select(WatchRow).where(WatchRow.name == name))
            return None if row is None else record_of(Watch, row)

    def set_state(self, watch_id: str, state: WatchState) -> None:
        """Pause or wake a watch; raise `NotFound` where there is none."""
        change = update(WatchRow).where(WatchRow.id == watch_id).values(state=state).returning(WatchRow.id)
        with self._sessions.begin() as session:
            if session.scalar(change) is None:
                raise NotFound(f"no watch has the id {watch_id}", "see `markwatch watch list`")

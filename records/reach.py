"""What is remembered of hosts, of pages that need a browser, of logins and of fairs."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from records.crawl import Fair, HostState, Login, RenderNeed
from records.engine import Sessions
from records.errors import NotFound
from records.tables.crawl import FairRow, HostRow, LoginRow, RenderNeedRow
from records.tables.types import columns_of, record_of
from records.upsert import insert_into, upsert


class HostRecords:
    """What is owed to each host, kept across runs and restarts."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def get(self, host: str) -> HostState:
        """Return what is known of a host; a fresh state where nothing is."""
        with self._sessions() as session:
            row = session.get(HostRow, host)
            return HostState(host) if row is None else record_of(HostState, row)

    def all(self) -> list[HostState]:
        """Return every host, by name."""
        with self._sessions() as session:
            return [record_of(HostState, row) for row in session.scalars(select(HostRow).order_by(HostRow.host))]

    def save(self, states: Sequence[HostState]) -> None:
        """Insert or update by host."""
        with self._sessions.begin() as session:
            upsert(session, HostRow, [columns_of(state) for state in states], key="host")


class RenderRecords:
    """Which pages needed a browser, by host and path template."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def of(self, host: str) -> list[RenderNeed]:
        """Return what is known of a host, by template."""
        query = select(RenderNeedRow).where(RenderNeedRow.host == host).order_by(RenderNeedRow.template)
        with self._sessions() as session:
            return [record_of(RenderNeed, row) for row in session.scalars(query)]

    def save(self, needs: Sequence[RenderNeed]) -> None:
        """Insert or update by host and template."""
        with self._sessions.begin() as session:
            for need in needs:
                statement = insert_into(session, RenderNeedRow).values(columns_of(need))
                changes = {name: statement.excluded[name] for name in ("needed", "probed_at", "pages")}
                session.execute(statement.on_conflict_do_update(index_elements=["host", "template"], set_=changes))


class LoginRecords:
    """Sealed logins, by id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, login: Login) -> None:
        """Insert or update by id."""
        with self._sessions.begin() as session:
            upsert(session, LoginRow, [columns_of(login)])

    def get(self, login_id: str) -> Login | None:
        """Return one login, None where there is none."""
        with self._sessions() as session:
            row = session.get(LoginRow, login_id)
            return None if row is None else record_of(Login, row)

    def all(self) -> list[Login]:
        """Return every login, by host and time."""
        query = select(LoginRow).order_by(LoginRow.host, LoginRow.made_at, LoginRow.id)
        with self._sessions() as session:
            return [record_of(Login, row) for row in session.scalars(query)]

    def delete(self, login_id: str) -> None:
        """Forget a login; raise `NotFound` where there is none."""
        with self._sessions.begin() as session:
            if session.scalar(delete(LoginRow).where(LoginRow.id == login_id).returning(LoginRow.id)) is None:
                raise NotFound(f"no login has the id {login_id}", "see `markwatch login list`")


class FairRecords:
    """Exhibitions as last seen, by id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, fair: Fair) -> None:
        """Insert or update by id."""
        with self._sessions.begin() as session:
            upsert(session, FairRow, [columns_of(fair)])

    def all(self) -> list[Fair]:
        """Return every exhibition, the soonest first, those without a date last."""
        query = select(FairRow).order_by(FairRow.starts.is_(None), FairRow.starts, FairRow.id)
        with self._sessions() as session:
            return [record_of(Fair, row) for row in session.scalars(query)]

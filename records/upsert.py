"""INSERT … ON CONFLICT for both engines: SQLite's and PostgreSQL's constructs behind one name."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.orm import Session

from records.tables.base import Base

T = TypeVar("T")


def chunks(items: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Yield the items in slices of `size`: an IN (…) holds only so many values."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def insert_into(session: Session, table: type[Base]) -> SqliteInsert | PostgresInsert:
    """Return an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update` on the session's engine."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def upsert(
    session: Session, table: type[Base], rows: Sequence[dict[str, Any]], *, keep: Sequence[str] = (), key: str = "id"
) -> None:
    """Insert rows, or update those whose `key` is there already; the columns in `keep` stay as they are then."""
    if not rows:
        return
    statement = insert_into(session, table)
    changes = {name: statement.excluded[name] for name in rows[0] if name != key and name not in keep}
    session.execute(statement.on_conflict_do_update(index_elements=[key], set_=changes), list(rows))


def insert_new(session: Session, table: type[Base], row: dict[str, Any], *, key: str = "id") -> bool:
    """Insert a row unless its `key` is there already; return whether it was inserted."""
    statement = insert_into(session, table).values(row).on_conflict_do_nothing(index_elements=[key])
    return session.execute(statement.returning(getattr(table, key))).first() is not None

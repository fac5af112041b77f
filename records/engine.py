"""Opening a database: SQLite (WAL, foreign keys, durable commits) or PostgreSQL (psycopg 3), with the same code.

Rules:
- `with sessions.begin() as session:` writes: one transaction, committed at the end, rolled back on an error. On SQLite
  it starts with BEGIN IMMEDIATE, so that two writers queue instead of failing half-way
- `with sessions() as session:` reads; it never blocks a writer for longer than its own statement on PostgreSQL, and
  not at all on SQLite
- full disks, locks that last and unreachable servers come out as `RecordsError`s with a next step

Example:
    sessions = Sessions(open_engine("sqlite:////var/lib/markwatch/markwatch.db"))
"""

import os
import sqlite3
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from guards.atomic import means_full
from records.errors import AppendOnly, Misconfigured, NotFound, RecordsError, StorageFull, Unreachable
from records.room import no_room, storage_full
from records.tables.append_only import MARK

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one on SQLite."""
CONNECT_TIMEOUT_S = 10
"""How long opening a PostgreSQL connection may take."""
_WRITES = "markwatch_writes"
_FULL = ("disk is full", "No space left", "DiskFull", "could not extend file")
_LOST = (
    "unable to open",
    "database is locked",
    "not a database",
    "malformed",
    "connection failed",
    "Connection refused",
    "server closed",
    "terminating connection",
    "the connection is closed",
    "connection timeout",
    "disk I/O error",
    "readonly database",
    "authentication failed",
    "consuming input failed",
)


class Sessions(sessionmaker[Session]):
    """A session factory: call it to read, `.begin()` to write (see the module's rules). `expire_on_commit` is off."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(bind=engine, expire_on_commit=False)
        self.engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})

    def begin(self) -> AbstractContextManager[Session]:
        """Return a context manager over a writing session that commits at its end."""
        return self(bind=self._writer)._maker_context_manager()  # noqa: SLF001 - as sessionmaker.begin does


def parse_url(url: str) -> URL:
    """Return the parsed URL with psycopg 3 as PostgreSQL's driver; raise `Misconfigured` for another kind."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misconfigured("the database URL cannot be read", "write sqlite:////path or postgresql://…") from error
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise Misconfigured(
            f"expected a sqlite or postgresql database URL, got {backend}", "set MARKWATCH_DATABASE_URL"
        )
    return parsed


def open_engine(url: str) -> Engine:
    """Return an engine for `url` (`sqlite:///…` or `postgresql://…`).

    A SQLite file is made with mode 0600 where it is missing, and its folder too. No table is made (see
    `records.migrate`). Raises `Misconfigured` for a URL of another kind and `Unreachable` where the file cannot be made,
    `StorageFull` where there is no room for it.
    """
    parsed = parse_url(url)
    path = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    try:
        engine = _open_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _open_postgres(parsed)
    except NoSuchModuleError as error:  # pragma: no cover - both drivers are dependencies
        raise Misconfigured(f"no driver: {error}", "reinstall markwatch") from error
    event.listen(engine, "handle_error", partial(_translate, path))
    return engine


def _open_sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        _make_private(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgres(url: URL) -> Engine:
    return create_engine(
        url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": "-c timezone=UTC"}
    )


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        if means_full(error):
            raise storage_full(path) from error
        raise Unreachable(f"cannot make or open {path}: {error.strerror}", "check the folder and its rights") from error


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # pysqlite must not open transactions by itself; _begin_sqlite does
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _translate(path: Path | None, context: ExceptionContext) -> None:
    """Raise a `RecordsError` in place of a driver's error. A doubled key passes: repositories settle that themselves."""
    if context.is_pre_ping:
        return  # a connection that died while idle; SQLAlchemy opens a new one
    if isinstance(context.original_exception, RecordsError):
        raise context.original_exception  # a column type's own refusal, which SQLAlchemy would wrap
    if isinstance(context.sqlalchemy_exception, DBAPIError):
        error = _translated(str(context.original_exception), type(context.original_exception).__name__)
        if isinstance(error, Unreachable) and path is not None and no_room(path):
            raise storage_full(path)
        if error is not None:
            raise error


def _translated(text: str, kind: str) -> RecordsError | None:
    first = (text.strip() or kind).splitlines()[0][:300]
    if MARK in text:
        return AppendOnly(f"{first}: nothing was changed", "append a new entry instead")
    if "foreign key constraint" in text.lower():
        return NotFound(f"a row refers to one that is not stored: {first}", "store that first")
    if any(mark in text or mark == kind for mark in _FULL):
        return StorageFull("the disk is full; nothing of this transaction was kept", "free some space and run again")
    if kind in ("IntegrityError", "UniqueViolation"):
        return None
    if any(mark in text for mark in _LOST):
        return Unreachable(f"the database does not answer: {first}", "check MARKWATCH_DATABASE_URL and the server")
    return RecordsError(f"the database refused a statement ({kind}): {first}", "run `markwatch doctor`")

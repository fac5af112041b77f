"""Schema versions: upgrade, downgrade, and a clear word where the database is newer than the program.

Rules:
- all of an upgrade is one transaction, on both engines; a failed one leaves the database as it was
- a copy is taken before a schema changes, and its name is logged: of a SQLite database beside it, of PostgreSQL's rows
  (`records.rowdump`, gzipped) in the folder `copies`; without such a folder the log says that none was taken
- a database of a version that this program does not know is not touched: `NewerDatabase`, exit code 3
- versions are the four digits that the scripts' names in `records/migrations/versions` begin with
"""

import gzip
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.types import TypeEngine

from guards.atomic import AtomicFile
from guards.errors import both
from records.clock import utc_now
from records.engine import BUSY_TIMEOUT_MS, open_engine, parse_url
from records.errors import Misconfigured, NewerDatabase, RecordsError, Unreachable
from records.room import no_room, storage_full
from records.rowdump import dump_rows
from records.sqlite_copy import copy_sqlite

logger = logging.getLogger(__name__)
SCRIPTS = Path(__file__).parent / "migrations"
"""Where Alembic's scripts lie."""
_LOCK = 0x6D61726B
"""PostgreSQL's advisory lock under which schemas change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an upgrade or downgrade did: the versions before and after ("" for none), and the copy taken first."""

    before: str
    after: str
    copy: Path | None = None


def known_versions() -> list[str]:
    """Return the versions that this program knows, oldest first."""
    return sorted(path.name[:4] for path in (SCRIPTS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def head() -> str:
    """Return the newest version that this program knows."""
    return known_versions()[-1]


def current(url: str) -> str:
    """Return the database's version, "" for an empty or missing one. Never writes.

    Raises `Unreachable` for a file that is no database, `StorageFull` where SQLite finds no room to open it.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _current_sqlite(Path(parsed.database or ""))
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return _version(connection)
    finally:
        engine.dispose()


def check(url: str) -> None:
    """Raise `NewerDatabase` for a newer database, `Misconfigured` for an older or empty one; return if it fits."""
    found = current(url)
    _refuse_newer(found)
    if found != head():
        raise Misconfigured(f"expected a database of version {head()}, found {found or 'none'}", "run `markwatch init`")


def upgrade(url: str, version: str = "", copies: Path | None = None) -> Change:
    """Bring the database to `version` (the newest by default); do nothing where it is there already.

    Raises `NewerDatabase`, and `Misconfigured` for a database with tables of something else.
    """
    return _change(url, version or head(), copies, up=True)


def downgrade(url: str, version: str, copies: Path | None = None) -> Change:
    """Bring the database back to an older version ("" or "base": no tables at all). Data of newer columns is lost."""
    return _change(url, "" if version == "base" else version, copies, up=False)


def differences(url: str) -> list[str]:
    """Return in what the database's schema differs from the tables of this program (empty: in nothing)."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from records.tables.registry import metadata

    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={**OPTIONS, "target_metadata": metadata})
            return [str(item) for item in compare_metadata(context, metadata)]
    finally:
        engine.dispose()


def _change(url: str, wanted: str, copies: Path | None, *, up: bool) -> Change:
    before = current(url)
    _refuse_newer(before)
    if wanted and wanted not in known_versions():
        raise Misconfigured(f"no schema version {wanted}", f"choose one of {', '.join(known_versions())}")
    if before == wanted or (up and before > wanted):
        return Change(before, before)
    copy = _copy_first(url, before, copies) if before else None
    engine = _schema_engine(url)
    try:
        with engine.begin() as connection:
            _lock(connection)
            if not before:
                _refuse_foreign(connection)
            _run(connection, wanted, up=up)
            _check_keys(connection)
    finally:
        engine.dispose()
    logger.info("database schema: version %s is now %s", before or "none", wanted or "none")
    return Change(before, wanted, copy)


def _run(connection: Connection, wanted: str, *, up: bool) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    step: Callable[..., None] = command.upgrade if up else command.downgrade
    try:
        step(config, wanted or "base")
    except CommandError as error:
        raise RecordsError(f"the schema could not be changed: {error}", "restore the copy that was taken") from error


def _refuse_newer(found: str) -> None:
    if found and found not in known_versions():
        raise NewerDatabase(
            both(
                f"数据库的版本为 {found},本程序只认到 {head()};未作任何改动",
                f"the database has schema version {found}, this markwatch knows up to {head()}; it was not touched",
            ),
            both(
                "安装写入它的(或更新的)markwatch,或把备份恢复到新的数据目录",
                "install the markwatch that wrote it (or a newer one), or restore a backup into a fresh home",
            ),
        )


def _refuse_foreign(connection: Connection) -> None:
    tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    if tables and not _version(connection):
        raise Misconfigured(
            f"expected an empty database, found tables without a schema version: {', '.join(tables[:3])}",
            "point MARKWATCH_DATABASE_URL at a database of its own",
        )


def _copy_first(url: str, before: str, copies: Path | None) -> Path | None:
    parsed = parse_url(url)
    mark = f"before-{before}-{utc_now():%Y%m%dT%H%M%S%fZ}"
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        copy = path.with_name(f"{path.name}.{mark}")
        copy_sqlite(path, copy)
    elif copies is not None:
        copy = copies / f"postgresql.{mark}.jsonl.gz"
        _dump(url, copy)
    else:
        logger.warning("no copy of this PostgreSQL database was taken: keep one with `markwatch backup` or pg_dump")
        return None
    logger.info("a copy of the database was taken before its schema changes: %s", copy)
    return copy


def _dump(url: str, target: Path) -> None:
    engine = open_engine(url)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with AtomicFile(target, mode=0o600) as stream, gzip.GzipFile(fileobj=stream, mode="wb") as packed:
            dump_rows(engine, packed)
    finally:
        engine.dispose()


def _schema_engine(url: str) -> Engine:
    """Return an engine for schema changes: on SQLite without foreign keys, as rebuilding a table drops the old one."""
    open_engine(url).dispose()  # makes a missing file, with its mode
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        return open_engine(url)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _check_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (row := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RecordsError(f"the schema change would leave a dangling row in {row[0]}; it was undone", "report this")


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _current_sqlite(path: Path) -> str:
    """Read the version without an engine: opening one would already turn the file's journal to WAL."""
    if not path.is_file() or path.stat().st_size == 0:
        return ""
    idle = not path.with_name(path.name + "-wal").exists()  # then reading need not even make the -shm file
    try:
        where = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if idle else ''}"
        with closing(sqlite3.connect(where, uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return ""
        if no_room(path):
            raise storage_full(path) from error
        raise Unreachable(
            both(f"{path} 不能作为数据库读取:{error}", f"{path} cannot be read as a database: {error}"),
            both(
                "恢复备份,或改用另一个 MARKWATCH_DATABASE_URL",
                "restore a backup, or name another MARKWATCH_DATABASE_URL",
            ),
        ) from error
    return "" if row is None else str(row[0])


def _render(kind: str, item: Any, _context: object) -> str | bool:
    """Render our column types as the plain ones below them, so that a frozen script needs none of our code."""
    if kind == "type" and type(item).__module__.startswith("records."):
        plain: TypeEngine[Any] = item.impl_instance
        while hasattr(plain, "impl_instance"):
            plain = plain.impl_instance
        return f"sa.{plain!r}"
    return False


OPTIONS: dict[str, Any] = {
    "compare_type": True,
    "compare_server_default": True,
    "render_as_batch": True,
    "transactional_ddl": True,
    "render_item": _render,
}
"""How Alembic is configured wherever it runs."""

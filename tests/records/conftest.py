"""Fixtures of the records' tests: each that takes `records` or `url` runs on SQLite and on PostgreSQL."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from records import migrate
from records.engine import open_engine
from records.store import Records
from records.tables.registry import metadata

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def samples() -> ModuleType:
    """Return `_filled.py`: its rows and its helpers."""
    name = "markwatch_tests_records_filled"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("_filled.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """The rows and helpers of `_filled.py`."""
    return samples()


class HandClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> None:
        """Move on by a timedelta's arguments."""
        self.now += timedelta(**step)


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands at 2026-11-22 08:00 UTC."""
    return HandClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    path = tmp_path_factory.mktemp("template") / "markwatch.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated, empty PostgreSQL database to copy."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE markwatch_template")
    migrate.upgrade(postgres_server.rsplit("/", 1)[0] + "/markwatch_template")
    return "markwatch_template"


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'markwatch.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without rows."""
    if request.param == "sqlite":
        path = tmp_path / "markwatch.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    yield _cleaned(request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template"))


def _cleaned(server: str, template: str) -> str:
    """Return the URL of the tests' one shared database, without rows; made anew where a test changed its schema."""
    shared = server.rsplit("/", 1)[0] + "/markwatch_shared"
    with psycopg.connect(server, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'markwatch_shared'").fetchone()
        if there is None or migrate.current(shared) != migrate.head():
            connection.execute("DROP DATABASE IF EXISTS markwatch_shared WITH (FORCE)")
            connection.execute(f"CREATE DATABASE markwatch_shared TEMPLATE {template}")
            return shared
    with psycopg.connect(shared) as connection:
        connection.execute("SET session_replication_role = replica")  # neither foreign keys nor append-only triggers
        for table in metadata.sorted_tables:
            connection.execute(f'DELETE FROM "{table.name}"')
    return shared


@pytest.fixture
def records(url: str, clock: HandClock) -> Iterator[Records]:
    """Migrated, empty records whose clock stands."""
    store = Records(open_engine(url), clock)
    yield store
    store.close()


@pytest.fixture
def filled(records: Records) -> Records:
    """Records with rows in the tables (see `_filled.py`)."""
    samples().fill(records)
    return records

"""Engines and column types behave alike on SQLite and PostgreSQL; errors come out with a next step."""

import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from sqlalchemy import text

from guards.errors import MarkwatchError
from records.engine import Sessions, open_engine, parse_url
from records.errors import BadValue, Misconfigured, RecordsError, StorageFull, Unreachable
from records.store import Records
from records.tables.base import storable, storable_tree
from records.tables.sellers import SellerRow
from records.tables.watches import WatchRow


def test_sqlite_is_opened_durable_and_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "markwatch.db"
    engine = open_engine(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://x/y", "no url", "", "oracle+x://a"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_engine(url)
    assert caught.value.exit_code == 3 and caught.value.next_step


@pytest.mark.parametrize("url", ["postgres://h/d", "postgresql://h/d", "postgresql+psycopg://h/d"])
def test_postgresql_goes_through_psycopg(url: str) -> None:
    assert parse_url(url).drivername == "postgresql+psycopg"


def test_an_unreachable_server_is_named_without_its_password() -> None:
    engine = open_engine("postgresql://user:secret-word@127.0.0.1:1/none")
    with pytest.raises(Unreachable, match="MARKWATCH_DATABASE_URL") as caught:
        engine.connect()
    assert "secret-word" not in str(caught.value)


@pytest.mark.postgres
def test_a_missing_database_is_named(postgres_server: str) -> None:
    with pytest.raises(Unreachable, match="nowhere"):
        open_engine(postgres_server.replace("/postgres", "/nowhere")).connect()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unreachable, match="file"):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'markwatch.db'}")


def test_a_full_disk_keeps_nothing_of_the_transaction(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "markwatch.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Records(open_engine(f"sqlite:///{path}"))
    with pytest.raises(StorageFull) as caught, store.sessions.begin() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar()
        session.execute(text(f"PRAGMA max_page_count={pages}"))
        for number in range(2000):
            session.add(SellerRow(id=f"s{number}", source_id="s", name="n" * 500, location="", uscc=""))
    assert caught.value.exit_code == 4
    assert store.sellers.all() == []
    store.close()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 1, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8))),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=timezone(-timedelta(hours=11, minutes=30))),
    ],
)
def test_times_come_back_as_the_same_instant_in_utc(records: Records, sample: ModuleType, moment: datetime) -> None:
    with records.sessions.begin() as session:
        session.add(WatchRow(**_watch_columns(sample) | {"created_at": moment}))
    watch = records.watches.all()[0]
    assert watch.created_at == moment
    assert (
        watch.created_at is not None and watch.created_at.tzinfo is UTC
    ) or watch.created_at.utcoffset() == timedelta(0)
    with records.sessions() as session:
        later = session.query(WatchRow).where(WatchRow.created_at > moment - timedelta(microseconds=1)).count()
        before = session.query(WatchRow).where(WatchRow.created_at >= moment + timedelta(microseconds=1)).count()
    assert (later, before) == (1, 0)


def _watch_columns(sample: ModuleType) -> dict[str, object]:
    from records.tables.types import columns_of

    return columns_of(sample.WATCH)


def test_naive_times_are_refused(records: Records, sample: ModuleType) -> None:
    with pytest.raises(BadValue, match="naive"), records.sessions.begin() as session:
        session.add(WatchRow(**_watch_columns(sample) | {"created_at": datetime(2026, 1, 1)}))  # noqa: DTZ001 - refused
    assert records.watches.all() == []


def test_unknown_stored_words_are_named(records: Records, sample: ModuleType) -> None:
    records.watches.save(sample.WATCH)
    with records.sessions.begin() as session:
        session.execute(text("UPDATE watches SET state = 'dreaming'"))
    with pytest.raises(BadValue, match="expected a WatchState, got 'dreaming'"):
        records.watches.all()


def test_what_neither_engine_can_hold_is_replaced_one_by_one(records: Records, sample: ModuleType) -> None:
    text_in = "a\x00b\ud800\udc00c\U0001f42a"
    records.sellers.save(sample.Seller("s", "src", text_in))
    assert records.sellers.all()[0].name == "a\ufffdb\ufffd\ufffdc\U0001f42a"
    assert len(storable(text_in)) == len(text_in)
    assert storable_tree({"a\x00": ["\x00", 1, None, ("\ud800",)]}) == {"a\ufffd": ["\ufffd", 1, None, ["\ufffd"]]}


def test_an_error_rolls_the_whole_transaction_back(records: Records, sample: ModuleType) -> None:
    with pytest.raises(RuntimeError), records.sessions.begin() as session:
        session.add(SellerRow(id="s", source_id="s", name="n", location="", uscc=""))
        session.flush()
        raise RuntimeError
    assert records.sellers.all() == []


def test_writers_queue_instead_of_failing(records: Records) -> None:
    errors: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(10):
                with records.sessions.begin() as session:
                    count = session.query(SellerRow).count()
                    session.add(SellerRow(id=f"{name}{number}", source_id=str(count), name=name, location="", uscc=""))
        except MarkwatchError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(f"t{index}-",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len(records.sellers.all()) == 40


def test_a_reader_does_not_stop_a_writer(records: Records, sample: ModuleType) -> None:
    with Sessions(records.engine)() as reader:
        assert reader.query(SellerRow).count() == 0
        records.sellers.save(sample.Seller("s", "src", "n"))
    assert len(records.sellers.all()) == 1


def test_errors_of_the_package_have_one_root() -> None:
    from records import errors

    found = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, Exception)]
    assert all(issubclass(item, MarkwatchError) for item in found)
    assert {
        item for item in found if item.__module__ == "records.errors" and not issubclass(item, RecordsError)
    } == set()


@pytest.mark.postgres
def test_a_server_that_cut_its_connections_is_found_again(postgres_url: str, postgres_server: str) -> None:
    store = Records(open_engine(postgres_url))
    store.create_tables()
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        name = postgres_url.rsplit("/", 1)[1]
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    assert store.sellers.all() == []
    store.close()


@pytest.mark.postgres
def test_a_connection_cut_in_the_midst_is_said_and_nothing_is_kept(postgres_url: str, postgres_server: str) -> None:
    store = Records(open_engine(postgres_url))
    store.create_tables()
    with pytest.raises(Unreachable), store.sessions.begin() as session:
        session.add(SellerRow(id="s", source_id="s", name="n", location="", uscc=""))
        session.flush()
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar()
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
        session.execute(text("SELECT 1"))
    assert store.sellers.all() == []
    store.close()


def test_a_statement_that_the_database_refuses_is_one_of_our_errors(records: Records) -> None:
    with pytest.raises(RecordsError, match=r"refused a statement.*no_such_table"), records.sessions() as session:
        session.execute(text("SELECT * FROM no_such_table"))


def test_users_files_are_read_without_a_database_library() -> None:
    code = "import sys, records.portfolio, records.codec, records.ids; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0

"""Schema versions: up and down with data in them, copies taken first, newer and foreign databases refused."""

import logging
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from records import migrate
from records.engine import open_engine
from records.errors import AppendOnly, Misconfigured, NewerDatabase, Unreachable
from records.model import Right
from records.store import Records
from records.tables.append_only import APPEND_ONLY
from records.terms import RightKind

RIGHT = Right("GI-1", RightKind.GI, "某地白绒山羊", aliases=("白绒山羊",))


def test_upgrade_makes_exactly_the_tables_of_the_program(empty_url: str) -> None:
    assert migrate.current(empty_url) == ""
    change = migrate.upgrade(empty_url)
    assert (change.before, change.after, change.copy) == ("", migrate.head(), None)
    assert migrate.current(empty_url) == migrate.head()
    assert migrate.differences(empty_url) == []
    migrate.check(empty_url)


def test_a_second_upgrade_does_nothing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    change = migrate.upgrade(empty_url)
    assert change.before == change.after == migrate.head()


def test_versions_in_file_names_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == migrate.known_versions()
    assert scripts.get_current_head() == migrate.head()


def test_down_and_up_again_with_data_in_it(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    store = Records(open_engine(empty_url))
    store.rights.save([RIGHT])
    store.audit.append("officer", "import", RIGHT.id)
    store.close()
    for version in [*migrate.known_versions()[-2::-1], "base"]:
        migrate.downgrade(empty_url, version)
        assert migrate.current(empty_url) == version.replace("base", "")
    engine = open_engine(empty_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    migrate.upgrade(empty_url)
    assert migrate.differences(empty_url) == []
    store = Records(open_engine(empty_url))
    assert store.rights.all() == []
    assert store.rights.save([RIGHT]) == (1, 0, 0)
    store.close()


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("verb", ["UPDATE {0} SET actor = 'x'", "DELETE FROM {0}"])
def test_migrated_tables_refuse_changes_to_append_only_rows(records: Records, table: str, verb: str) -> None:
    records.rights.save([RIGHT])
    records.audit.append("officer", "import", RIGHT.id)
    with records.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO hits (id, listing_id, right_id, score, alert, outcome, findings, snapshot_id, state,"
                " updated_at, decided_snapshot_id) VALUES ('h', 'l', 'GI-1', 1, true, 'suspected', '[]', '', 'open',"
                " '2026-11-22 08:00:00.000000', '')"
            )
        )
        session.execute(
            text(
                "INSERT INTO decisions (id, hit_id, actor, verdict, stage, at, reason, snapshot_id)"
                " VALUES ('d', 'h', 'a', 'suspected', 'propose', '2026-11-22 08:00:00.000000', '', '')"
            )
        )
    with pytest.raises(AppendOnly), records.sessions.begin() as session:
        session.execute(text(verb.format(table)))
    assert records.audit.check().ok


@pytest.mark.postgres
def test_append_only_tables_refuse_truncate(postgres_url: str) -> None:
    migrate.upgrade(postgres_url)
    store = Records(open_engine(postgres_url))
    store.audit.append("officer", "import", "x")
    with pytest.raises(AppendOnly), store.sessions.begin() as session:
        session.execute(text("TRUNCATE audit"))
    store.close()


def _set_version(url: str, version: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    engine.dispose()


def test_a_newer_database_is_refused_and_not_touched(url: str) -> None:
    _set_version(url, "9999")
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    before = file.read_bytes() if file else b""
    for step in (migrate.upgrade, migrate.check, lambda where: migrate.downgrade(where, "base")):
        with pytest.raises(NewerDatabase, match=r"9999.*not touched.*install") as caught:
            step(url)
        assert caught.value.exit_code == 3
    assert migrate.current(url) == "9999"
    if file:
        assert file.read_bytes() == before
        assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_copy_is_taken_and_named_before_the_schema_changes(
    tmp_path: Path, sqlite_template: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "markwatch.db"
    shutil.copy(sqlite_template, path)
    store = Records(open_engine(f"sqlite:///{path}"))
    store.rights.save([RIGHT])  # stays in the WAL: the copy must hold it all the same
    with caplog.at_level(logging.INFO, logger="records.migrate"):
        change = migrate.downgrade(f"sqlite:///{path}", "base")
    store.close()
    assert change.copy is not None
    assert str(change.copy) in caplog.text
    assert change.copy.stat().st_mode & 0o777 == 0o600
    kept = Records(open_engine(f"sqlite:///{change.copy}"))
    assert kept.rights.all() == [RIGHT]
    kept.close()


def test_a_failed_change_leaves_the_database_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Records(open_engine(url))
    store.rights.save([RIGHT])
    store.close()

    def fail(_connection: object) -> None:
        raise Misconfigured("on purpose")

    monkeypatch.setattr(migrate, "_check_keys", fail)  # called after all steps, inside the transaction
    with pytest.raises(Misconfigured, match="on purpose"):
        migrate.downgrade(url, "base")
    monkeypatch.undo()
    assert migrate.current(url) == migrate.head()
    assert migrate.differences(url) == []
    store = Records(open_engine(url))
    assert store.rights.all() == [RIGHT]
    store.close()


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bookkeeping (id integer)"))
    with pytest.raises(Misconfigured, match="bookkeeping"):
        migrate.upgrade(empty_url)
    assert inspect(engine).get_table_names() == ["bookkeeping"]
    engine.dispose()


def test_an_unmigrated_database_names_the_command(empty_url: str) -> None:
    with pytest.raises(Misconfigured, match="markwatch init"):
        migrate.check(empty_url)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "markwatch.db"
    path.write_bytes(b"this is not a database, but a letter " * 50)
    with pytest.raises(Unreachable, match=r"markwatch.db"):
        migrate.upgrade(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is not")


def test_an_unknown_version_is_refused(empty_url: str) -> None:
    with pytest.raises(Misconfigured, match="0777"):
        migrate.upgrade(empty_url, "0777")


def test_the_copy_is_not_written_over_an_unreadable_source(tmp_path: Path) -> None:
    path = tmp_path / "markwatch.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    connection.close()
    data = bytearray(path.read_bytes())
    data[100:4096] = b"\xff" * (4096 - 100)
    path.write_bytes(bytes(data))
    with pytest.raises(Unreachable):
        migrate.upgrade(f"sqlite:///{path}")
    assert list(tmp_path.iterdir()) == [path]

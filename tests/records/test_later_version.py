"""A later schema version: a script of the kind that releases will add keeps every row, and a copy is taken first."""

import gzip
import logging
import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from records import migrate
from records.engine import open_engine
from records.errors import AppendOnly, NewerDatabase, RecordsError
from records.rowdump import dump_rows, load_rows
from records.store import Records
from records.tables.registry import metadata

HEAD = migrate.head()
"""The newest version that the program knows."""
SCRIPT = '''"""Rebuilds two tables on SQLite: one with children, one append-only."""

import sqlalchemy as sa
from alembic import op

from records.tables.append_only import install, uninstall

revision = "9999"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rights") as batch:
        batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default="none"))
        batch.alter_column("owner", new_column_name="holder")
    uninstall(op.get_bind(), "audit")
    with op.batch_alter_table("audit") as batch:
        batch.add_column(sa.Column("place", sa.Text()))
        batch.create_check_constraint("positive", "seq > 0")
    install(op.get_bind(), "audit"){broken}


def downgrade() -> None:
    uninstall(op.get_bind(), "audit")
    with op.batch_alter_table("audit") as batch:
        batch.drop_constraint(op.f("ck_audit_positive"), type_="check")
        batch.drop_column("place")
    install(op.get_bind(), "audit")
    with op.batch_alter_table("rights") as batch:
        batch.alter_column("holder", new_column_name="owner")
        batch.drop_column("note")
'''.replace("{head}", HEAD)


@pytest.fixture
def later(filled: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scripts' folder of a program that knows one more version."""
    scripts = tmp_path / "scripts"
    shutil.copytree(migrate.SCRIPTS, scripts)
    (scripts / "versions" / "9999_later.py").write_text(SCRIPT.replace("{broken}", ""), encoding="utf-8")
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    return scripts


def _counts(url: str) -> dict[str, int]:
    engine = open_engine(url)
    with engine.connect() as connection:
        tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        counts = {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar() or 0 for name in tables}
    engine.dispose()
    return counts


def test_up_and_down_keep_every_row(
    later: Path, filled: Records, url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = _counts(url)
    assert before["rights"] == 2 and before["decisions"] == 1
    filled.close()
    with caplog.at_level(logging.INFO, logger="records.migrate"):
        change = migrate.upgrade(url, copies=tmp_path / "copies")
    assert (change.before, change.after) == (HEAD, "9999")
    assert change.copy is not None and str(change.copy) in caplog.text
    assert _counts(url) == before
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT DISTINCT note FROM rights")).scalars().all() == ["none"]
    with pytest.raises(AppendOnly), engine.begin() as connection:
        connection.execute(text("DELETE FROM audit"))
    engine.dispose()
    assert migrate.differences(url) != []
    migrate.downgrade(url, HEAD)
    assert migrate.differences(url) == []
    assert _counts(url) == before
    store = Records(open_engine(url))
    assert store.audit.check().ok
    assert [right.id for right in store.rights.all()] == ["GI-1", "TM-1"]
    store.audit.append("officer", "after", "x")
    store.close()


def test_the_copy_holds_what_was_there(later: Path, filled: Records, url: str, tmp_path: Path) -> None:
    before = _counts(url)
    filled.close()
    change = migrate.upgrade(url, copies=tmp_path / "copies")
    assert change.copy is not None
    if url.startswith("sqlite"):
        assert _counts(f"sqlite:///{change.copy}") == before
        return
    target = f"sqlite:///{tmp_path / 'from-copy.db'}"
    migrate.upgrade(target, HEAD)
    engine = open_engine(target)
    with engine.begin() as connection, gzip.open(change.copy) as stream:
        assert load_rows(connection, stream) == sum(before.values())
    engine.dispose()
    assert _counts(target) == before


def test_a_script_that_fails_at_its_end_changes_nothing(later: Path, filled: Records, url: str, tmp_path: Path) -> None:
    before = _counts(url)
    filled.close()
    script = SCRIPT.replace("{broken}", '\n    op.execute("INSERT INTO no_such_table VALUES (1)")')
    (later / "versions" / "9999_later.py").write_text(script, encoding="utf-8")
    with pytest.raises(Exception, match="no_such_table"):
        migrate.upgrade(url)
    assert migrate.current(url) == HEAD
    assert migrate.differences(url) == []
    assert _counts(url) == before


def test_rows_left_dangling_undo_the_change(later: Path, filled: Records, tmp_path: Path, url: str) -> None:
    if not url.startswith("sqlite"):
        return  # PostgreSQL checks its foreign keys itself, with every statement
    filled.close()
    script = SCRIPT.replace("{broken}", "\n    op.execute(\"DELETE FROM rights WHERE id = 'TM-1'\")")
    (later / "versions" / "9999_later.py").write_text(script, encoding="utf-8")
    with pytest.raises(RecordsError, match="dangling row"):
        migrate.upgrade(url)
    assert migrate.current(url) == HEAD
    assert _counts(url)["rights"] == 2


def test_the_older_program_refuses_the_newer_database(
    filled: Records, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    filled.close()
    with monkeypatch.context() as patched:
        scripts = tmp_path / "scripts"
        shutil.copytree(migrate.SCRIPTS, scripts)
        (scripts / "versions" / "9999_later.py").write_text(SCRIPT.replace("{broken}", ""), encoding="utf-8")
        patched.setattr(migrate, "SCRIPTS", scripts)
        migrate.upgrade(url)
    with pytest.raises(NewerDatabase, match="9999"):
        migrate.upgrade(url)


def test_dumps_of_every_table_name_them_in_an_order_that_loads(filled: Records, tmp_path: Path) -> None:
    with (tmp_path / "rows").open("wb") as stream:
        assert dump_rows(filled.engine, stream) > 10
    names = [line for line in (tmp_path / "rows").read_text("utf-8").splitlines() if line.startswith('{"table"')]
    assert len(names) == len(metadata.sorted_tables)

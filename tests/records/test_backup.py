"""Backup and restore: everything comes back byte for byte, on either engine; a changed file restores nothing."""

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect

from records import migrate
from records.backup import backup, restore
from records.engine import open_engine
from records.errors import BackupError, BackupTampered, Misconfigured, NewerDatabase, RecordsError
from records.rowdump import dump_rows, holds_rows, load_rows
from records.store import Records
from records.tables.registry import metadata

FILES = {
    "vault/ab/abcd": b"picture", "vault/ab/empty": b"", "keys/seal.key": b"secret", "proofs/p.ots": b"\x00proof",
    "packages/P1.zip": b"PK package", "vault/名/字": b"x" * 3_000_000,
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, url: str, filled: Records) -> Path:
    filled.close()
    home = tmp_path / "home"
    for name, data in FILES.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (home / "keys/seal.key").chmod(0o600)
    (home / "vault/ab/abcd").chmod(0o444)
    (home / "logs").mkdir()
    (home / "logs/markwatch.log").write_bytes(b"not kept")
    (home / "vault/.x.markwatch-tmp-1-ab").write_bytes(b"not kept")
    return home


def _rows(url: str, scratch: Path) -> bytes:
    engine = open_engine(url)
    with (scratch / "rows").open("wb") as stream:
        dump_rows(engine, stream)
    engine.dispose()
    return (scratch / "rows").read_bytes()


def _files(home: Path) -> dict[str, bytes]:
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def _parts(home: Path) -> dict[str, bytes]:
    return {name: data for name, data in _files(home).items() if not name.startswith(("markwatch.db", "logs/"))}


def test_everything_comes_back(home: Path, url: str, empty_url: str, tmp_path: Path) -> None:
    """Both ways over both engines: SQLite to PostgreSQL and back are moves, too."""
    report = backup(home, url, tmp_path / "b.zip")
    assert report.files == len(FILES) + 1 and report.skipped == ()
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    target = empty_url.replace("markwatch.db", "restored.db")
    done = restore(tmp_path / "b.zip", tmp_path / "new", target)
    assert done.files == report.files and done.upgraded_to == migrate.head()
    assert _parts(tmp_path / "new") == FILES
    assert stat.S_IMODE((tmp_path / "new/keys/seal.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new/keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new/vault/ab/abcd").stat().st_mode) == 0o444
    assert _rows(target, tmp_path) == _rows(url, tmp_path)
    assert migrate.differences(target) == []
    restored = Records(open_engine(target))
    assert restored.audit.check().ok
    assert restored.cases.all()[0].number == "MW-2026-000001"
    restored.audit.append("officer", "restore", "home")
    assert restored.audit.check().ok
    restored.close()


def test_the_copy_is_consistent_while_others_write(home: Path, url: str, tmp_path: Path) -> None:
    store = Records(open_engine(url))
    with store.sessions.begin() as session:
        session.add(store_row := _audit_like(store))
        session.flush()
        backup(home, url, tmp_path / "b.zip")
        session.expunge(store_row)
        session.rollback()
    store.close()
    restore(tmp_path / "b.zip", tmp_path / "new", f"sqlite:///{tmp_path / 'new.db'}")
    assert _rows(f"sqlite:///{tmp_path / 'new.db'}", tmp_path) == _rows(url, tmp_path)


def _audit_like(store: Records) -> object:
    from records.tables.sellers import SellerRow

    return SellerRow(id="uncommitted", source_id="s", name="n", location="", uscc="")


def _rewrite(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def _manifest(change: Callable[[dict[str, object]], None]) -> Callable[[dict[str, bytes]], None]:
    def apply(parts: dict[str, bytes]) -> None:
        manifest = json.loads(parts["backup.json"])
        change(manifest)
        parts["backup.json"] = json.dumps(manifest).encode()

    return apply


def _rename(old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def apply(parts: dict[str, bytes]) -> None:
        parts[new] = parts.pop(old)
        parts["backup.json"] = parts["backup.json"].replace(json.dumps(old).encode(), json.dumps(new).encode())

    return apply


def _set(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.update({name: data})


@pytest.fixture
def kept(tmp_path: Path, sqlite_template: Path) -> Path:
    """A backup of a small SQLite home."""
    home = tmp_path / "small"
    for name in ("vault/a", "keys/seal.key"):
        (home / name).parent.mkdir(parents=True)
        (home / name).write_bytes(b"data of " + name.encode())
    shutil.copy(sqlite_template, home / "markwatch.db")
    backup(home, f"sqlite:///{home / 'markwatch.db'}", tmp_path / "kept.zip")
    return tmp_path / "kept.zip"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (_set("vault/a", b"data of vault/b"), BackupTampered),
        (_set("vault/a", b"data of vault/a and more"), BackupTampered),
        (_set("vault/a", b""), BackupTampered),
        (_set("database.sqlite", b"SQLite format 3\x00"), BackupTampered),
        (_set("vault/extra", b"x"), BackupTampered),
        (lambda parts: parts.pop("vault/a"), BackupTampered),
        (lambda parts: parts.pop("backup.json"), BackupError),
        (_set("backup.json", b"{"), BackupTampered),
        (_set("backup.json", b"[]"), BackupError),
        (_set("backup.json", b"[" * 100_000), BackupTampered),
        (_manifest(lambda m: m.update(format="other/1")), BackupError),
        (_manifest(lambda m: m.update(schema="9999")), NewerDatabase),
        (_manifest(lambda m: m.update(files=[])), BackupTampered),
        (_manifest(lambda m: m.update(files=[7])), BackupTampered),
        (_manifest(lambda m: m["files"][1].update(size="7")), BackupTampered),  # type: ignore[index]
        (_manifest(lambda m: m["files"][1].update(sha256="AB" * 32)), BackupTampered),  # type: ignore[index]
        (_manifest(lambda m: m["files"].append(m["files"][1])), BackupTampered),  # type: ignore[attr-defined, index]
        (_rename("database.sqlite", "vault/db"), BackupTampered),
        (_rename("vault/a", "vault/../../evil"), BackupTampered),
        (_rename("vault/a", "/tmp/evil"), BackupTampered),
        (_rename("vault/a", "logs/evil"), BackupTampered),
        (_rename("vault/a", "vault"), BackupTampered),
        (_rename("vault/a", "vault/./a"), BackupTampered),
        (_rename("vault/a", "vault\\a"), BackupTampered),
    ],
)
def test_a_changed_backup_restores_nothing(
    kept: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], error: type[RecordsError]
) -> None:
    _rewrite(kept, change)
    new = tmp_path / "new"
    with pytest.raises(error) as caught:
        restore(kept, new, f"sqlite:///{new / 'markwatch.db'}")
    assert caught.value.next_step
    assert _files(new) == {}
    assert not (tmp_path / "evil").exists()


def test_a_flipped_byte_anywhere_restores_nothing_or_the_same(kept: Path, tmp_path: Path) -> None:
    data = kept.read_bytes()
    for index in range(0, len(data), max(1, len(data) // 30)):
        changed = bytearray(data)
        changed[index] ^= 0x10
        kept.write_bytes(bytes(changed))
        new = tmp_path / f"new{index}"
        try:
            restore(kept, new, f"sqlite:///{new / 'markwatch.db'}")
        except RecordsError:
            assert _files(new) == {}
        else:  # a byte that ZIP does not count, such as a date
            assert _parts(new) == {"vault/a": b"data of vault/a", "keys/seal.key": b"data of keys/seal.key"}


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"not a zip" * 100])
def test_a_file_that_is_no_backup(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(BackupError):
        restore(tmp_path / "b.zip", tmp_path / "new", f"sqlite:///{tmp_path / 'new/markwatch.db'}")
    assert _files(tmp_path / "new") == {}


def test_a_missing_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"none.zip"):
        restore(tmp_path / "none.zip", tmp_path / "new", f"sqlite:///{tmp_path / 'new/markwatch.db'}")


@pytest.mark.parametrize("name", ["vault/x", "keys/seal.key", "packages/P.zip"])
def test_a_home_in_use_is_refused_and_untouched(kept: Path, tmp_path: Path, name: str) -> None:
    new = tmp_path / "new"
    (new / name).parent.mkdir(parents=True)
    (new / name).write_bytes(b"mine")
    with pytest.raises(Misconfigured, match="empty home"):
        restore(kept, new, f"sqlite:///{new / 'markwatch.db'}")
    assert _files(new) == {name: b"mine"}


def test_a_home_that_was_only_made_may_be_restored_into(kept: Path, tmp_path: Path, empty_url: str) -> None:
    new = tmp_path / "new"
    (new / "vault").mkdir(parents=True)
    (new / "keys").mkdir()
    (new / "keys/.seal.lock").touch()
    migrate.upgrade(empty_url)
    restore(kept, new, empty_url)
    assert _parts(new) == {"vault/a": b"data of vault/a", "keys/seal.key": b"data of keys/seal.key"}
    migrate.check(empty_url)


def test_a_database_in_use_is_refused_and_untouched(kept: Path, tmp_path: Path, url: str, filled: Records) -> None:
    filled.close()
    before = _rows(url, tmp_path)
    with pytest.raises(Misconfigured, match="empty database"):
        restore(kept, tmp_path / "new", url)
    assert _rows(url, tmp_path) == before
    assert _files(tmp_path / "new") == {}


def test_a_failure_while_moving_in_takes_all_back(
    kept: Path, tmp_path: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("records.restore._place_database", fail)
    with pytest.raises(RecordsError, match="full") as caught:
        restore(kept, tmp_path / "new", empty_url)
    assert caught.value.exit_code == 4
    assert _files(tmp_path / "new") == {}
    monkeypatch.undo()
    restore(kept, tmp_path / "new", empty_url)
    migrate.check(empty_url)


def test_an_interrupted_restore_is_said_and_clears_nothing(kept: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    (new / "vault").mkdir(parents=True)
    (new / "vault/a").write_bytes(b"x")
    (new / ".restoring").write_text("{}")
    with pytest.raises(Misconfigured, match=r"interrupted.*remove vault"):
        restore(kept, new, f"sqlite:///{new / 'markwatch.db'}")
    assert (new / "vault/a").read_bytes() == b"x"


def test_an_existing_target_and_one_inside_the_home_are_refused(home: Path, url: str, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"mine")
    with pytest.raises(Misconfigured, match="new file"):
        backup(home, url, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_bytes() == b"mine"
    with pytest.raises(Misconfigured, match="inside"):
        backup(home, url, home / "vault" / "b.zip")
    with pytest.raises(BackupError):
        backup(home, url, tmp_path / "no" / "such" / "b.zip")


def test_links_are_left_out_and_named(home: Path, url: str, tmp_path: Path) -> None:
    (home / "vault/link").symlink_to("/etc/hostname")
    os.mkfifo(home / "vault/pipe")
    report = backup(home, url, tmp_path / "b.zip")
    assert sorted(report.skipped) == ["vault/link", "vault/pipe"]


def test_a_vault_elsewhere_is_kept_and_restored(home: Path, url: str, tmp_path: Path) -> None:
    shutil.move(home / "vault", tmp_path / "far")
    backup(home, url, tmp_path / "b.zip", vault=tmp_path / "far")
    restore(tmp_path / "b.zip", tmp_path / "new", f"sqlite:///{tmp_path / 'n.db'}", vault=tmp_path / "new far" / "v")
    assert (tmp_path / "new far/v/ab/abcd").read_bytes() == b"picture"
    assert not (tmp_path / "new/vault").exists()


def test_no_column_counts_by_itself() -> None:
    """A restored database would go on counting from 1: ids are ULIDs and digests, numbers have counters of ours."""
    for table in metadata.sorted_tables:
        for column in table.primary_key.columns:
            assert column.type.python_type is not int or column.autoincrement is False or len(table.primary_key) > 1


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"7", b'["a"]', b'{"table": "nothing", "columns": []}', b'{"table": "sellers", "columns": ["id"]}',
        b'{"table": "case_counters", "columns": ["year", "last"]}\n[1]',
        b'{"table": "case_counters", "columns": ["year", "last"]}\n[1, {"t": "soon"}]',
        b'{"table": "case_counters", "columns": ["year", "last"]}\n[1, {"a": 1, "b": 2}]', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_broken_dump_loads_nothing(url: str, tmp_path: Path, line: bytes) -> None:
    (tmp_path / "dump").write_bytes(line + b"\n")
    engine = open_engine(url)
    with pytest.raises(BackupError), engine.begin() as connection, (tmp_path / "dump").open("rb") as stream:
        load_rows(connection, stream)
    assert not holds_rows(engine)
    assert "sellers" in inspect(engine).get_table_names()
    engine.dispose()

"""The small pure parts: image paths, stated facts, row messages, copies of SQLite files, storable text."""

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.atomic import means_full
from records.errors import RecordsError, StorageFull
from records.image_paths import image_problem, is_url
from records.model import Text
from records.portfolio import RowError, RowWarning
from records.sqlite_copy import copy_sqlite
from records.stated import INGREDIENTS, ORIGIN, STANDARD, stated
from records.storable import storable, storable_tree


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a picture, beside a secret."""
    (tmp_path / "secret.png").write_bytes(b"x")
    (tmp_path / "files" / "deep").mkdir(parents=True)
    (tmp_path / "files" / "deep" / "图.png").write_bytes(b"x")
    (tmp_path / "files" / "inner.png").symlink_to("deep/图.png")
    (tmp_path / "files" / "outer.png").symlink_to("../secret.png")
    (tmp_path / "files" / "far").symlink_to(tmp_path)
    return tmp_path / "files"


@pytest.mark.parametrize(
    "image",
    ["deep/图.png", "./deep/图.png", "deep/../deep/图.png", "inner.png", "https://a.example/x.png", "HTTP://a/x"],
)
def test_pictures_inside_and_urls_are_fine(folder: Path, image: str) -> None:
    assert image_problem(folder, image) is None


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("../secret.png", "leads out"),
        ("deep/../../secret.png", "leads out"),
        ("outer.png", "leads out"),
        ("far/secret.png", "leads out"),
        ("/etc/hostname", "leads out"),
        ("deep", "no image file"),
        ("", "no image file"),
        ("deep\\图.png", "no image file"),
        ("none.png", "no image file"),
        ("a\x00b.png", "relative path or a URL"),
        ("file:///etc/hostname", "relative path or a URL"),
        ("data:image/png;base64,AAAA", "relative path or a URL"),
        ("ftp://a.example/x.png", "relative path or a URL"),
        ("https:///x.png", "relative path or a URL"),
        ("C:\\x.png", "relative path or a URL"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_other_pictures_are_refused_in_both_languages(folder: Path, image: str, said: str) -> None:
    problem = image_problem(folder, image)
    assert problem is not None and said in problem.en and problem.zh
    assert len(problem.en) < 300


@given(st.text(max_size=30))
def test_no_path_leads_out(text: str) -> None:
    here = Path(__file__).parent
    problem = image_problem(here, text)
    assert problem is not None or is_url(text) or (here / text).resolve().is_relative_to(here)


@pytest.mark.parametrize(
    ("labels", "attributes", "texts", "expected"),
    [
        (ORIGIN, {"产地": "某旗"}, (), "某旗"),
        (ORIGIN, {"产　地": "某旗"}, (), ""),
        (ORIGIN, {"【产地】": " 某旗 "}, (), "某旗"),
        (ORIGIN, {"Country of Origin:": "China"}, (), "China"),
        (ORIGIN, {"原产地": "乙", "产地": "甲"}, (), "甲"),
        (ORIGIN, {"发货地": "某旗", "所在地": "某旗", "店铺": "某旗"}, (), ""),
        (ORIGIN, {}, ("正品 产地：内蒙古 某旗；包邮",), "内蒙古 某旗"),
        (ORIGIN, {}, ("无", "原产地: 某旗|新货"), "某旗"),
        (ORIGIN, {}, ("产地内蒙古", "原产地直供"), ""),
        (INGREDIENTS, {"配料表": "羊奶、白砂糖"}, (), "羊奶、白砂糖"),
        (INGREDIENTS, {"材质": "羊绒"}, ("面料：羊绒",), ""),
        (STANDARD, {"产品标准号": "GB/T 1"}, (), "GB/T 1"),
        (STANDARD, {}, ("执行标准：GB/T 18267-2013\n其他",), "GB/T 18267-2013"),
    ],
)
def test_what_a_listing_states(
    labels: tuple[str, ...], attributes: dict[str, str], texts: tuple[str, ...], expected: str
) -> None:
    assert stated(labels, attributes, *texts) == expected


def test_a_stated_value_is_cut() -> None:
    assert len(stated(ORIGIN, {"产地": "字" * 9000})) == 500


def test_row_messages_name_line_and_column() -> None:
    error = RowError(7, "kind", Text("类型不对", "a bad kind"))
    assert str(error) == "line 7, kind: a bad kind"
    assert error.reason == "a bad kind" and error.text.in_lang("zh") == "类型不对"
    assert str(RowWarning(1, "", Text("", "odd"))) == "line 1, row: odd"


@given(st.text(st.characters(), max_size=40))
def test_storable_keeps_length_and_what_is_fine(text: str) -> None:
    kept = storable(text)
    assert len(kept) == len(text)
    assert storable(kept) == kept
    kept.encode("utf-8")
    assert all(new in (old, "\ufffd") for old, new in zip(text, kept, strict=True))
    assert storable_tree([text, {text: text}]) == [kept, {kept: kept}]


def _database(path: Path, rows: int = 10) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (x TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("y" * 100,)] * rows)


def _count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM t").fetchone()[0])


def test_a_copy_holds_what_is_committed_and_stands_alone(tmp_path: Path) -> None:
    source, copy = tmp_path / "a.db", tmp_path / "b.db"
    _database(source)
    with closing(sqlite3.connect(source)) as writer:
        writer.execute("INSERT INTO t VALUES ('not committed')")
        copy_sqlite(source, copy)
        writer.rollback()
    assert _count(copy) == 10
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("b.db?*"))


@pytest.mark.parametrize("data", [b"", b"no database " * 400])
def test_what_is_no_database_is_not_copied(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.db").write_bytes(data)
    if data:
        with pytest.raises(RecordsError, match="could not be copied"):
            copy_sqlite(tmp_path / "a.db", tmp_path / "b.db")
        assert not list(tmp_path.glob("b.db*"))
    else:  # an empty file is an empty database to SQLite
        copy_sqlite(tmp_path / "a.db", tmp_path / "b.db")
        assert (tmp_path / "b.db").exists()


def test_a_damaged_database_is_not_copied(tmp_path: Path) -> None:
    _database(tmp_path / "a.db", 500)
    data = bytearray((tmp_path / "a.db").read_bytes())
    data[4096:8192] = os.urandom(4096)
    (tmp_path / "a.db").write_bytes(bytes(data))
    with pytest.raises(RecordsError):
        copy_sqlite(tmp_path / "a.db", tmp_path / "b.db")
    assert not list(tmp_path.glob("b.db*"))


def test_a_missing_source_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"a\.db"):
        copy_sqlite(tmp_path / "a.db", tmp_path / "b.db")
    _database(tmp_path / "a.db")
    with pytest.raises(RecordsError, match="none"):
        copy_sqlite(tmp_path / "a.db", tmp_path / "none" / "b.db")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _database(tmp_path / "a.db")

    def full(_source: Path, _half: Path) -> None:
        with Path("/dev/full").open("wb", buffering=0) as device:
            device.write(b"x")

    monkeypatch.setattr("records.sqlite_copy._copy", full)
    with pytest.raises(StorageFull, match="disk is full"):
        copy_sqlite(tmp_path / "a.db", tmp_path / "b.db")
    assert not list(tmp_path.glob("b.db*"))


def test_room_is_told_by_the_disk_not_by_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from records import room

    assert not room.no_room(tmp_path / "not" / "yet" / "markwatch.db")
    monkeypatch.setattr(room.os, "statvfs", lambda _folder: SimpleNamespace(f_bavail=3, f_frsize=4096))
    assert room.no_room(tmp_path / "markwatch.db")
    assert means_full(OSError(28, "No space left on device"))
    assert not means_full(OSError(13, "Permission denied"))


def test_an_input_output_error_on_a_full_disk_sends_nobody_to_a_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records import migrate, room
    from records.errors import StorageFull

    path = tmp_path / "markwatch.db"
    path.write_bytes(b"no database" * 100)
    monkeypatch.setattr(room.os, "statvfs", lambda _folder: SimpleNamespace(f_bavail=0, f_frsize=4096))
    with pytest.raises(StorageFull, match="full") as caught:
        migrate.current(f"sqlite:///{path}")
    assert "backup" not in caught.value.next_step

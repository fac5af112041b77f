"""Rights files: every bad row is refused with its line, column and reason; the good rows of the same file are kept."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import Misconfigured
from records.model import Right
from records.portfolio import RightsFile, read_rights
from records.rights_rows import COLUMNS
from records.terms import GiRoute, RightKind

HEADER = ",".join(COLUMNS)
GOOD = "TM-1,trademark,驼铃坊,驼铃;TUOLING,25;35,围巾;披肩,,某公司,123456,2020-01-01,2030-01-01,甲店;乙店,,,,"
GI = "GI-1,gi,某地白绒山羊,,31,羊绒,某地,某协会,,,,,,protected_product,CN;MN,某旗"


def _read(tmp_path: Path, text: str | bytes, name: str = "rights.csv") -> RightsFile:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rights(path)


def _said(parsed: RightsFile) -> list[tuple[int, str]]:
    return [(error.line, error.column) for error in parsed.errors]


def _row(**cells: str) -> str:
    base = {"id": "X-1", "kind": "trademark", "name": "名称"} | cells
    return ",".join(f'"{base.get(name, "")}"' for name in COLUMNS)


def test_all_columns_are_read(tmp_path: Path) -> None:
    parsed = _read(tmp_path, f"{HEADER}\n{GOOD}\n{GI}\n")
    assert parsed.errors == () and parsed.warnings == ()
    assert parsed.rights == (
        Right(
            id="TM-1", kind=RightKind.TRADEMARK, name="驼铃坊", aliases=("驼铃", "TUOLING"), nice_classes=(25, 35),
            goods=("围巾", "披肩"), owner="某公司", registration_no="123456", valid_from=date(2020, 1, 1),
            valid_to=date(2030, 1, 1), authorized_sellers=("甲店", "乙店"),
        ),
        Right(
            id="GI-1", kind=RightKind.GI, name="某地白绒山羊", nice_classes=(31,), goods=("羊绒",), region="某地",
            owner="某协会", route=GiRoute.PROTECTED_PRODUCT, territory=("CN", "MN"), production_area="某旗",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_bom_and_newlines_do_not_matter(tmp_path: Path, newline: str, bom: bytes) -> None:
    parsed = _read(tmp_path, bom + newline.join([HEADER, GOOD, GI]).encode())
    assert [right.id for right in parsed.rights] == ["TM-1", "GI-1"]
    assert parsed.errors == ()


def test_the_last_three_columns_may_be_missing(tmp_path: Path) -> None:
    parsed = _read(tmp_path, ",".join(COLUMNS[:-3]) + "\n" + ",".join(GOOD.split(",")[:-3]) + "\n")
    assert [right.territory for right in parsed.rights] == [("CN",)]
    assert parsed.errors == () and parsed.warnings == ()


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"id": ""}, "id", "missing"),
        ({"id": "x" * 201}, "id", "at most 200"),
        ({"name": " "}, "name", "missing"),
        ({"kind": "brand"}, "kind", "expected trademark | gi | design | work | plant_variety, got 'brand'"),
        ({"kind": ""}, "kind", "expected trademark"),
        ({"valid_from": "01.02.2020"}, "valid_from", "expected a date like 2026-01-31, got '01.02.2020'"),
        ({"valid_to": "2020-02-30"}, "valid_to", "2020-02-30"),
        ({"valid_from": "2021-01-01", "valid_to": "2020-01-01"}, "valid_to", "before valid_from"),
        ({"nice_classes": "25;46"}, "nice_classes", "1 to 45, got '46'"),
        ({"nice_classes": "0"}, "nice_classes", "'0'"),
        ({"nice_classes": "²"}, "nice_classes", "1 to 45"),
        ({"territory": "China"}, "territory", "ISO country code"),
        ({"kind": "gi", "route": "appellation"}, "route", "protected_product"),
        ({"images": "../secret.png"}, "images", "leads out"),
        ({"images": "/etc/hostname"}, "images", "leads out"),
        ({"images": "missing.png"}, "images", "no image file"),
        ({"images": "file:///etc/hostname"}, "images", "relative path or a URL"),
        ({"images": "a\x01.png"}, "images", "control character"),
        ({"owner": "x" * 20_001}, "owner", "at most 20000"),
        ({"name": "a\x00b"}, "name", "control character"),
    ],
)
def test_a_bad_cell_refuses_its_row_alone(tmp_path: Path, cells: dict[str, str], column: str, reason: str) -> None:
    parsed = _read(tmp_path, "\n".join([HEADER, GOOD, _row(**cells), GI]))
    assert [right.id for right in parsed.rights] == ["TM-1", "GI-1"]
    assert (3, column) in _said(parsed)
    assert any(reason in error.reason for error in parsed.errors), parsed.errors
    assert all(error.text.zh and error.line == 3 for error in parsed.errors)


def test_all_that_is_wrong_in_a_row_is_said_at_once(tmp_path: Path) -> None:
    parsed = _read(tmp_path, HEADER + "\n" + _row(kind="x", name="", nice_classes="99", valid_to="soon"))
    assert sorted(column for _, column in _said(parsed)) == ["kind", "name", "nice_classes", "valid_to"]


def test_a_doubled_id_names_the_first_line_and_the_first_stays(tmp_path: Path) -> None:
    parsed = _read(tmp_path, "\n".join([HEADER, GOOD, "", _row(id="TM-1", name="另一个")]))
    assert [right.name for right in parsed.rights] == ["驼铃坊"]
    assert _said(parsed) == [(4, "id")]
    assert "line 2" in parsed.errors[0].reason


def test_an_unknown_column_is_warned_of_and_ignored(tmp_path: Path) -> None:
    parsed = _read(tmp_path, f"{HEADER},colour\n{GOOD},red\n")
    assert len(parsed.rights) == 1 and parsed.errors == ()
    assert [(warning.line, warning.column) for warning in parsed.warnings] == [(1, "colour")]


@pytest.mark.parametrize("header", ["id,kind\n", "foo;bar\n", "id,kind,name,name\n", "\x00\n"])
def test_a_header_that_is_none_is_said_at_its_line(tmp_path: Path, header: str) -> None:
    parsed = _read(tmp_path, header + GOOD)
    assert parsed.rights == () and parsed.errors
    assert {error.line for error in parsed.errors} == {1}


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_an_error(tmp_path: Path, text: str) -> None:
    assert "empty" in _read(tmp_path, text).errors[0].reason


def test_a_gi_without_a_route_is_kept_with_a_warning(tmp_path: Path) -> None:
    parsed = _read(tmp_path, HEADER + "\n" + _row(kind="gi"))
    assert [right.route for right in parsed.rights] == [None]
    assert [warning.column for warning in parsed.warnings] == ["route"]


def test_a_route_on_something_else_is_ignored_with_a_warning(tmp_path: Path) -> None:
    parsed = _read(tmp_path, HEADER + "\n" + _row(route="agri_gi"))
    assert [right.route for right in parsed.rights] == [None]
    assert [warning.column for warning in parsed.warnings] == ["route"]


def test_names_of_one_character_are_kept_with_a_warning(tmp_path: Path) -> None:
    parsed = _read(tmp_path, HEADER + "\n" + _row(name="驼", aliases="驼绒;绒"))
    assert [right.name for right in parsed.rights] == ["驼"]
    assert [warning.column for warning in parsed.warnings] == ["name", "aliases"]


def test_full_width_semicolons_separate_with_a_warning(tmp_path: Path) -> None:
    parsed = _read(tmp_path, HEADER + "\n" + _row(aliases="甲乙；丙丁"))
    assert parsed.rights[0].aliases == ("甲乙", "丙丁")
    assert [warning.column for warning in parsed.warnings] == ["aliases"]


def test_images_inside_the_folder_and_urls_are_kept_as_written(tmp_path: Path) -> None:
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "标.png").write_bytes(b"x")
    images = "logos/标.png;./logos/../logos/标.png;https://example.org/a.png"
    parsed = _read(tmp_path, HEADER + "\n" + _row(images=images))
    assert parsed.errors == ()
    assert parsed.rights[0].images == tuple(images.split(";"))
    assert parsed.folder == tmp_path


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(b"x")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.png").symlink_to(tmp_path / "outside.png")
    (inner / "loop.png").symlink_to(inner / "loop.png")
    parsed = _read(inner, "\n".join([HEADER, _row(images="link.png"), _row(images="loop.png")]))
    assert _said(parsed) == [(2, "images"), (3, "images"), (3, "id")]


def test_quoted_cells_hold_commas_quotes_and_newlines(tmp_path: Path) -> None:
    row = 'A,trademark,"名,称 ""驼""",,,,,"一\n二",,,,,,,,'
    parsed = _read(tmp_path, f"{HEADER}\n{row}\n{_row(kind='x')}\n")
    assert parsed.rights[0].name == '名,称 "驼"'
    assert _said(parsed) == [(4, "kind")]


def test_an_unclosed_quote_costs_its_own_line_only(tmp_path: Path) -> None:
    parsed = _read(tmp_path, "\n".join([HEADER, GOOD, 'B,trademark,"没有闭合,,,,,,,,,,,,,', GI, _row(id="C")]))
    assert [right.id for right in parsed.rights] == ["TM-1", "GI-1", "C"]
    assert _said(parsed) == [(3, "")]
    assert "quote" in parsed.errors[0].reason


def test_two_unclosed_quotes_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    open_quote = 'B,trademark,"没有闭合,,,,,,,,,,,,,'
    parsed = _read(tmp_path, "\n".join([HEADER, open_quote, GOOD, GI, open_quote, _row(id="C")]))
    assert [right.id for right in parsed.rights] == ["TM-1", "GI-1", "C"]
    assert [line for line, _ in _said(parsed)] == [2, 5]


def test_too_many_cells_are_refused_and_too_few_warned_of(tmp_path: Path) -> None:
    parsed = _read(tmp_path, "\n".join([HEADER, "A,trademark,甲乙", GOOD + ",多,余"]))
    assert [right.id for right in parsed.rights] == ["A"]
    assert _said(parsed) == [(3, "")]
    assert [(warning.line, warning.column) for warning in parsed.warnings] == [(2, "aliases")]


def test_gbk_is_read_with_a_warning(tmp_path: Path) -> None:
    parsed = _read(tmp_path, f"{HEADER}\n{GOOD}\n{GI}\n".encode("gbk"))
    assert [right.name for right in parsed.rights] == ["驼铃坊", "某地白绒山羊"]
    assert "GBK" in parsed.warnings[0].reason and "UTF-8" in parsed.warnings[0].reason


def test_damaged_utf8_costs_its_own_row_and_is_not_taken_for_gbk(tmp_path: Path) -> None:
    rows = [HEADER, GOOD, _row(id="B", name="坏的字"), GI]
    data = "\n".join(rows).encode().replace("坏".encode(), "坏".encode()[:2])
    parsed = _read(tmp_path, data)
    assert [right.id for right in parsed.rights] == ["TM-1", "GI-1"]
    assert _said(parsed) == [(3, "name")]


def test_bytes_in_no_known_encoding_are_an_error_with_a_line(tmp_path: Path) -> None:
    parsed = _read(tmp_path, HEADER.encode() + b"\nA,trademark,\xff\xff\xff\xff,,,,,,,,,,,,,\n")
    assert parsed.rights == ()
    assert _said(parsed) == [(2, "")]
    assert "UTF-8" in parsed.errors[0].reason


def test_utf16_from_a_spreadsheet_is_read_with_a_warning(tmp_path: Path) -> None:
    text = "\n".join(line.replace(",", "\t") for line in (HEADER, GOOD))
    parsed = _read(tmp_path, text.encode("utf-16"))
    assert [right.id for right in parsed.rights] == ["TM-1"]
    assert "UTF-16" in parsed.warnings[0].reason


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_the_csv_reader(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "noise"
    folder.mkdir(exist_ok=True)
    parsed = _read(folder, HEADER.encode() + b"\n" + GOOD.encode() + b"\n" + noise)
    assert all(right.id and right.name for right in parsed.rights)
    assert all(error.line > 0 and error.reason for error in parsed.errors)


def _book(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_xlsx_reads_like_csv(tmp_path: Path) -> None:
    row = ["TM-1", "trademark", "驼铃坊", "驼铃;TUOLING", "25;35", "围巾;披肩", None, "某公司", 123456,
           datetime.fromisoformat("2020-01-01"), date(2030, 1, 1), "甲店;乙店"]  # fmt: skip
    data = _book([list(COLUMNS), row, [], ["B", "brand", "乙"], ["C", "work", "丙", None, 25.0]])
    parsed = _read(tmp_path, data, "rights.xlsx")
    assert parsed.rights[0] == _read(tmp_path, f"{HEADER}\n{GOOD}").rights[0]
    assert [right.id for right in parsed.rights] == ["TM-1", "C"]
    assert parsed.rights[1].nice_classes == (25,)
    assert _said(parsed) == [(4, "kind")]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nonsense", b"\xd0\xcf\x11\xe0" * 20])
def test_a_workbook_that_is_none_is_an_error(tmp_path: Path, data: bytes) -> None:
    parsed = _read(tmp_path, data, "rights.xlsx")
    assert parsed.rights == () and len(parsed.errors) == 1


def test_a_zip_without_a_sheet_is_an_error(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert len(_read(tmp_path, stream.getvalue(), "rights.xlsx").errors) == 1


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.rights_xlsx.MAX_UNPACKED_BYTES", 1000)
    parsed = _read(tmp_path, _book([list(COLUMNS)]), "rights.xlsx")
    assert "unpacks to more" in parsed.errors[0].reason


def test_a_workbook_with_entities_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO(_book([list(COLUMNS)]))
    evil = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(evil, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename.endswith("sheet1.xml"):
                data = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + data
            new.writestr(info.filename, data)
    assert "entities" in _read(tmp_path, evil.getvalue(), "rights.xlsx").errors[0].reason


YAML = """
- id: TM-1
  kind: trademark
  name: 驼铃坊
  aliases: [驼铃, TUOLING]
  nice_classes: 25;35
  goods: [围巾, 披肩]
  owner: 某公司
  registration_no: 123456
  valid_from: 2020-01-01
  valid_to: 2030-01-01
  authorized_sellers:
    - 甲店
    - 乙店
"""


@pytest.mark.parametrize("text", [YAML, "rights:" + YAML, "\ufeff" + YAML])
def test_yaml_reads_like_csv(tmp_path: Path, text: str) -> None:
    parsed = _read(tmp_path, text, "rights.yaml")
    assert parsed.errors == ()
    assert parsed.rights == _read(tmp_path, f"{HEADER}\n{GOOD}").rights


def test_yaml_values_are_taken_as_written(tmp_path: Path) -> None:
    parsed = _read(tmp_path, "- {id: 007, kind: work, name: no, owner: ~, territory: [NO, SE]}\n", "rights.yml")
    right = parsed.rights[0]
    assert (right.id, right.name, right.owner, right.territory) == ("007", "no", "", ("NO", "SE"))


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: [", 1, "no YAML"),
        ("- {id: A, kind: work", 1, "no YAML"),
        ("just a text", 1, "list of rights"),
        ("", 1, "list of rights"),
        ("- &a {id: A, kind: work, name: 甲}\n- *a\n", 2, "aliases are not allowed"),
        ("[" * 20 + "]" * 20, 1, "levels"),
        ("- !!python/object/apply:os.system ['true']\n", 1, "expected a right's fields"),
        ("- {id: A, kind: work, name: [a, b]}\n", 1, "expected text"),
        ("- {id: A, kind: work, name: !!binary aGk=, owner: !x y}\n", 1, "expected text"),
        ("- {id: A, id: B, kind: work, name: 甲}\n", 1, "twice"),
        ("- id: A\n  kind: work\n  name: 甲\n- 7\n", 4, "a right's fields"),
    ],
)
def test_bad_yaml_is_said_with_its_line(tmp_path: Path, text: str, line: int, reason: str) -> None:
    parsed = _read(tmp_path, text, "rights.yaml")
    assert any(reason in error.reason and error.line == line for error in parsed.errors), parsed.errors


def test_a_bad_yaml_item_costs_no_other(tmp_path: Path) -> None:
    text = (
        "- {id: A, kind: work, name: 甲乙}\n- {id: B, kind: x, name: 乙}\n- {id: C, kind: work, name: 丙丁, size: 3}\n"
    )
    parsed = _read(tmp_path, text, "rights.yaml")
    assert [right.id for right in parsed.rights] == ["A", "C"]
    assert _said(parsed) == [(2, "kind")]
    assert [(warning.line, warning.column) for warning in parsed.warnings] == [(3, "size")]


@pytest.mark.parametrize("name", ["rights.txt", "rights", "rights.xls"])
def test_other_kinds_of_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match=r"csv, .xlsx or .yaml"):
        _read(tmp_path, HEADER, name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none.csv") as caught:
        read_rights(tmp_path / "none.csv")
    assert caught.value.exit_code == 3


def test_a_file_over_the_cap_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.rights_file.MAX_FILE_BYTES", 10)
    with pytest.raises(Misconfigured, match="at most 10 bytes"):
        _read(tmp_path, HEADER)

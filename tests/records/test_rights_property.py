"""The same portfolio as CSV, XLSX and YAML reads the same; whatever is broken in one row costs no other."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.model import Right
from records.portfolio import read_rights
from records.rights_rows import COLUMNS, SEVERAL
from records.terms import GiRoute, RightKind

LETTERS = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn", "Zl", "Zp"), exclude_characters=";；\ufeff\u200b_"
)
WORD = st.text(LETTERS, min_size=2, max_size=12).map(str.strip).filter(lambda text: len(text) > 1)
WORDS = st.lists(WORD, max_size=3, unique=True).map(tuple)
DAYS = st.dates(date(1980, 1, 1), date(2060, 1, 1))


@st.composite
def rights(draw: st.DrawFn, number: int) -> Right:
    kind = draw(st.sampled_from(RightKind))
    begins, ends = sorted([draw(DAYS), draw(DAYS)])
    return Right(
        id=f"R-{number}",
        kind=kind,
        name=draw(WORD),
        aliases=draw(WORDS),
        nice_classes=tuple(draw(st.lists(st.integers(1, 45), max_size=3, unique=True))),
        goods=draw(WORDS),
        region=draw(WORD | st.just("")),
        owner=draw(WORD | st.just("")),
        registration_no=draw(st.integers(0, 10**8).map(str)),
        valid_from=begins if draw(st.booleans()) else None,
        valid_to=ends if draw(st.booleans()) else None,
        authorized_sellers=draw(WORDS),
        images=("https://example.org/a.png",) if draw(st.booleans()) else (),
        route=draw(st.sampled_from(GiRoute)) if kind is RightKind.GI else None,
        territory=draw(st.sampled_from([("CN",), ("CN", "MN"), ("US",)])),
        production_area=draw(WORD | st.just("")),
    )


PORTFOLIO = st.integers(1, 5).flatmap(lambda count: st.tuples(*[rights(number) for number in range(count)]))


def _cells(right: Right) -> dict[str, str]:
    cells = {}
    for name in COLUMNS:
        value = getattr(right, name)
        cells[name] = ";".join(map(str, value)) if name in SEVERAL else ("" if value is None else str(value))
    return cells


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def _xlsx(rows: Sequence[dict[str, str]]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    for number, row in enumerate(rows, 2):
        for column, name in enumerate(COLUMNS, 1):
            cell = book.active.cell(number, column)
            cell.value, cell.data_type = row[name] or None, "s" if row[name] else "n"  # never a formula
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _yaml(rows: Sequence[dict[str, str]]) -> bytes:
    items = [
        {name: cell.split(";") if name in SEVERAL and cell else cell for name, cell in row.items()} for row in rows
    ]
    return yaml.safe_dump(items, allow_unicode=True, sort_keys=False).encode()


WRITERS = {"rights.csv": _csv, "rights.xlsx": _xlsx, "rights.yaml": _yaml}


@pytest.mark.parametrize("name", sorted(WRITERS))
@given(portfolio=PORTFOLIO)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_portfolio_comes_back_equal(tmp_path: Path, name: str, portfolio: tuple[Right, ...]) -> None:
    (tmp_path / name).write_bytes(WRITERS[name]([_cells(right) for right in portfolio]))
    parsed = read_rights(tmp_path / name)
    assert parsed.errors == ()
    assert parsed.rights == portfolio


BREAKS = {
    "id": "", "kind": "brand", "name": "", "nice_classes": "46", "valid_from": "next year", "valid_to": "31.12.2030",
    "images": "../../etc/passwd", "territory": "Elsewhere",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRITERS))
@given(portfolio=PORTFOLIO, data=st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_broken_cell_costs_its_own_row(
    tmp_path: Path, name: str, portfolio: tuple[Right, ...], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(portfolio) - 1))
    column = data.draw(st.sampled_from(sorted(BREAKS)))
    rows = [_cells(right) for right in portfolio]
    rows[index][column] = BREAKS[column]
    (tmp_path / name).write_bytes(WRITERS[name](rows))
    parsed = read_rights(tmp_path / name)
    assert parsed.rights == portfolio[:index] + portfolio[index + 1 :]
    assert column in {error.column for error in parsed.errors}
    assert len({error.line for error in parsed.errors}) == 1
    if name != "rights.yaml":
        assert {error.line for error in parsed.errors} == {index + 2}


@given(portfolio=PORTFOLIO, at=st.integers(0, 10_000), cut=st.integers(0, 60), noise=st.binary(max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_damage_to_a_csv_never_changes_the_rows_before_it(
    tmp_path: Path, portfolio: tuple[Right, ...], at: int, cut: int, noise: bytes
) -> None:
    data = _csv([_cells(right) for right in portfolio])
    at = len(data) - at % len(data)
    (tmp_path / "rights.csv").write_bytes(data[:at] + noise + data[at + cut :])
    parsed = read_rights(tmp_path / "rights.csv")
    whole = data[:at].count(b"\n") - 1  # rows that end before the damage; no cell of ours holds a newline
    if whole > 0 and not any("UTF-8" in error.reason for error in parsed.errors) and not parsed.warnings:
        assert parsed.rights[:whole] == portfolio[:whole]


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("name", ["rights.yaml", "rights.xlsx"])
def test_noise_is_an_error_and_never_a_crash(tmp_path: Path, name: str, noise: bytes) -> None:
    (tmp_path / name).write_bytes(noise)
    parsed = read_rights(tmp_path / name)
    assert parsed.rights == ()
    assert parsed.errors


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_yaml_text_never_crashes_the_reader(tmp_path: Path, text: str) -> None:
    (tmp_path / "rights.yml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert read_rights(tmp_path / "rights.yml").errors


ONE = Right("R-1", RightKind.WORK, "画作", images=("https://example.org/a.png",))
WORKBOOK = _xlsx([_cells(ONE)])


@given(st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.integers(0, 255)), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_workbook_gives_the_right_or_an_error(tmp_path: Path, damage: list[tuple[int, int]]) -> None:
    data = bytearray(WORKBOOK)
    for place, value in damage:
        data[place] = value
    (tmp_path / "rights.xlsx").write_bytes(bytes(data))
    parsed = read_rights(tmp_path / "rights.xlsx")
    assert parsed.rights == (ONE,) or (parsed.rights == () and parsed.errors)

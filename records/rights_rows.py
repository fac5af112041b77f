"""One row of a rights file → a `Right`, or all that is wrong with it. Shared by CSV, XLSX and YAML.

The columns and their rules are a promise to users: `id,kind,name,aliases,nice_classes,goods,region,owner,
registration_no,valid_from,valid_to,authorized_sellers,images,route,territory,production_area`.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from records.image_paths import image_problem
from records.model import Right, Text
from records.rows import RowError, RowWarning
from records.terms import GiRoute, RightKind

COLUMNS = (
    "id", "kind", "name", "aliases", "nice_classes", "goods", "region", "owner", "registration_no", "valid_from",
    "valid_to", "authorized_sellers", "images", "route", "territory", "production_area",
)  # fmt: skip
"""The columns of a rights file; the last three may be missing."""
REQUIRED = ("id", "kind", "name")
"""Columns without which no row can be read."""
OPTIONAL = ("route", "territory", "production_area")
"""Columns that a file may leave out without a warning."""
SEVERAL = frozenset(("aliases", "nice_classes", "goods", "authorized_sellers", "images", "territory"))
"""Columns that hold several values, separated by `;`."""
MAX_CELL_CHARS = 20_000
"""A longer cell is refused."""
MAX_ID_CHARS = 200
"""A longer id is refused."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_COUNTRY = re.compile(r"[A-Z]{2}")

Cells = Mapping[str, str | Sequence[str]]
"""A row's cells by column; a YAML list comes as a sequence."""
E = TypeVar("E", bound=StrEnum)


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one file; remembers the ids that it has met. `folder` is where image paths start."""

    folder: Path
    rights: list[Right] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def read(self, line: int, cells: Cells) -> None:
        """Take one row: add a right, or each error that it has."""
        row = _Row(line, cells)
        right = row.right(self.folder)
        first = self.lines.setdefault(right.id, line) if right.id else line
        if first != line:
            row.refuse("id", f"编号与第 {first} 行重复", f"the same id as in line {first}")
        self.errors += row.errors
        if not row.errors:
            self.rights.append(right)
            self.warnings += row.warnings

    def refuse(self, line: int, column: str, zh: str, en: str) -> None:
        """Refuse a row, or the file, that has no cells to read."""
        self.errors.append(RowError(line, column, Text(zh, en)))

    def warn(self, line: int, column: str, zh: str, en: str) -> None:
        """Note what is odd."""
        self.warnings.append(RowWarning(line, column, Text(zh, en)))


class _Row:
    """One row while it is read."""

    def __init__(self, line: int, cells: Cells) -> None:
        self.line, self.cells = line, cells
        self.errors: list[RowError] = []
        self.warnings: list[RowWarning] = []

    def refuse(self, column: str, zh: str, en: str) -> None:
        self.errors.append(RowError(self.line, column, Text(zh, en)))

    def warn(self, column: str, zh: str, en: str) -> None:
        self.warnings.append(RowWarning(self.line, column, Text(zh, en)))

    def said(self, column: str) -> bool:
        return any(error.column == column for error in self.errors)

    def right(self, folder: Path) -> Right:
        """Read every column, so that all that is wrong is said at once."""
        kind = self.choice("kind", RightKind, RightKind.TRADEMARK)
        begins, ends = self.day("valid_from"), self.day("valid_to")
        if begins and ends and ends < begins:
            self.refuse("valid_to", f"截止日期 {ends} 早于起始日期 {begins}", f"{ends} is before valid_from {begins}")
        return Right(
            id=self.identity(), kind=kind, name=self.name(), aliases=self.aliases(), nice_classes=self.classes(),
            goods=self.several("goods"), region=self.one("region"), owner=self.one("owner"),
            registration_no=self.one("registration_no"), valid_from=begins, valid_to=ends,
            authorized_sellers=self.several("authorized_sellers"), images=self.images(folder),
            route=self.route(kind), territory=self.territory(), production_area=self.one("production_area"),
        )  # fmt: skip

    def one(self, column: str) -> str:
        cell = self.cells.get(column, "")
        if not isinstance(cell, str):
            self.refuse(column, "此列只能有一个值", "expected one value, got a list")
            return ""
        return self.clean(column, cell)

    def clean(self, column: str, value: str) -> str:
        if len(value) > MAX_CELL_CHARS:
            self.refuse(column, f"内容超过 {MAX_CELL_CHARS} 个字符", f"expected at most {MAX_CELL_CHARS} characters")
            return ""
        if _CONTROL.search(value):
            self.refuse(column, "含有控制字符或无法识别的编码", "holds a control character or broken encoding")
            return ""
        return value.strip().strip("\ufeff\u200b").strip()

    def several(self, column: str) -> tuple[str, ...]:
        cell = self.cells.get(column, "")
        if isinstance(cell, str) and "；" in cell:
            self.warn(column, "全角分号“；”已按“;”处理", "the full-width semicolon was read as ';'")
            cell = cell.replace("；", ";")
        parts = cell.split(";") if isinstance(cell, str) else cell
        return tuple(dict.fromkeys(value for part in parts if (value := self.clean(column, part))))

    def identity(self) -> str:
        value = self.one("id")
        if not value and not self.said("id"):
            self.refuse("id", "缺少编号", "the id is missing")
        if len(value) > MAX_ID_CHARS:
            self.refuse("id", f"编号超过 {MAX_ID_CHARS} 个字符", f"expected at most {MAX_ID_CHARS} characters")
        return value

    def name(self) -> str:
        value = self.one("name")
        if not value and not self.said("name"):
            self.refuse("name", "缺少名称", "the name is missing")
        self.warn_if_short("name", value)
        return value

    def aliases(self) -> tuple[str, ...]:
        values = self.several("aliases")
        for value in values:
            self.warn_if_short("aliases", value)
        return values

    def warn_if_short(self, column: str, value: str) -> None:
        if len(unicodedata.normalize("NFKC", value)) == 1:
            self.warn(column, f"“{value}”只有一个字，极易误报", f"{value!r} is one character: expect wrong alerts")

    def choice(self, column: str, kind: type[E], fallback: E) -> E:
        value = self.one(column)
        try:
            return kind(value.lower())
        except ValueError:
            names = " | ".join(kind)
            self.refuse(column, f"应为 {names}，实为“{value[:40]}”", f"expected {names}, got {value[:40]!r}")
            return fallback

    def day(self, column: str) -> date | None:
        value = self.one(column)
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            zh = f"日期应如 2026-01-31，实为“{value[:40]}”"
            self.refuse(column, zh, f"expected a date like 2026-01-31, got {value[:40]!r}")
            return None

    def classes(self) -> tuple[int, ...]:
        found = []
        for value in self.several("nice_classes"):
            if value.isascii() and value.isdigit() and len(value) <= 2 and 1 <= int(value) <= 45:
                found.append(int(value))
            else:
                zh = f"尼斯分类应为 1–45，实为“{value[:20]}”"
                self.refuse("nice_classes", zh, f"expected a Nice class from 1 to 45, got {value[:20]!r}")
        return tuple(dict.fromkeys(found))

    def territory(self) -> tuple[str, ...]:
        found = tuple(value.upper() for value in self.several("territory"))
        for value in found:
            if not _COUNTRY.fullmatch(value):
                zh = f"应为两字母国家代码（如 CN），实为“{value[:20]}”"
                self.refuse("territory", zh, f"expected an ISO country code like CN, got {value[:20]!r}")
        return found or ("CN",)

    def images(self, folder: Path) -> tuple[str, ...]:
        found = self.several("images")
        for image in found:
            if problem := image_problem(folder, image):
                self.refuse("images", problem.zh, problem.en)
        return found

    def route(self, kind: RightKind) -> GiRoute | None:
        if not self.one("route"):
            if kind is RightKind.GI:
                self.warn(
                    "route", "地理标志未注明保护途径，法律依据待核对", "a GI without a route: its legal ground is open"
                )
            return None
        route = self.choice("route", GiRoute, GiRoute.PROTECTED_PRODUCT)
        if kind is not RightKind.GI and not self.errors:
            self.warn("route", "保护途径只用于地理标志，已忽略", "a route is for a GI only; it was ignored")
            return None
        return route


def check_header(reader: RowReader, line: int, header: Sequence[str]) -> list[str] | None:
    """Return a table's columns as read, unknown ones as "", or None (with the errors said) where it is no header."""
    names = [name.strip().strip("\ufeff").strip().lower() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    for name in missing:
        reader.refuse(line, name, f"表头缺少“{name}”列", f"the header lacks the column {name}")
    for name in doubled:
        reader.refuse(line, name, f"表头中“{name}”列重复", f"the header has the column {name} twice")
    if missing or doubled:
        return None
    for name in names:
        if name and name not in COLUMNS:
            reader.warn(
                line, name[:40], f"未知的列“{name[:40]}”已忽略", f"the unknown column {name[:40]!r} was ignored"
            )
    for name in COLUMNS:
        if name not in names and name not in OPTIONAL:
            reader.warn(line, name, f"缺少“{name}”列，按空处理", f"the column {name} is missing, read as empty")
    return [name if name in COLUMNS else "" for name in names]


def read_table_row(reader: RowReader, line: int, columns: Sequence[str], values: Sequence[str]) -> bool:
    """Read one row of a table; skip an empty one. Return False where the number of cells is wrong."""
    if not any(value.strip() for value in values):
        return True
    extra = values[len(columns) :]
    if any(value.strip() for value in extra):
        zh = f"应有 {len(columns)} 列，实有 {len(values)} 列（内容含逗号时请加引号）"
        reader.refuse(line, "", zh, f"expected {len(columns)} cells, got {len(values)}: quote cells that hold commas")
        return False
    if len(values) < len(columns):
        missing = next((name for name in columns[len(values) :] if name), "")
        zh = f"只有 {len(values)} 列，其余按空处理"
        reader.warn(line, missing, zh, f"only {len(values)} of {len(columns)} cells; the others were read as empty")
    reader.read(line, {name: value for name, value in zip(columns, values, strict=False) if name})
    return True


Reader = Callable[[bytes, RowReader], None]
"""Reads a file's bytes into a `RowReader`."""

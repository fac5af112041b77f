"""Rights from the first sheet of an XLSX file, read row by row under caps; formulas count as their stored values."""

import io
import lzma
import struct
import zipfile
import zlib
from datetime import date, datetime

from records.rights_rows import RowReader, check_header, read_table_row

MAX_UNPACKED_BYTES = 200_000_000
"""What the parts of the file may unpack to in all."""
MAX_PARTS = 2_000
"""How many parts the file may have."""
MAX_ROWS = 200_000
"""Rows beyond this are not read (and said so)."""
MAX_SHEET_ROWS = 1_048_576
"""The last row that a sheet can have; a file that claims a later one would have openpyxl count up to it."""
MAX_COLUMNS = 200
"""Cells to the right of this are not read."""
# What zipfile, the XML parser and openpyxl let escape on broken workbooks, found by damaging one.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
)


def read_xlsx(data: bytes, reader: RowReader) -> None:
    """Read an XLSX file's bytes."""
    try:
        if problem := _dangerous(data):
            reader.refuse(0, "", f"表格文件不可用：{problem}", f"this workbook is refused: {problem}")
            return
        _read_sheet(data, reader)
    except _BROKEN as error:
        kind = type(error).__name__
        reader.refuse(
            0, "", f"无法读取的表格文件（{kind}）", f"this is no workbook that can be read ({kind}: {str(error)[:100]})"
        )


def _dangerous(data: bytes) -> str:
    """Return why the parts must not be parsed: too many, too large when unpacked (counted, not believed), entities."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if len(archive.infolist()) > MAX_PARTS:
            return f"more than {MAX_PARTS} parts"
        for info in archive.infolist():
            with archive.open(info) as part:
                head = part.read(4096)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    return f"{info.filename[:60]} declares entities"
                total += len(head)
                while chunk := part.read(1 << 16):
                    total += len(chunk)
                    if total > MAX_UNPACKED_BYTES:
                        return f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes"
    return ""


def _read_sheet(data: bytes, reader: RowReader) -> None:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    try:
        columns: list[str] | None = None
        rows = book.worksheets[0].iter_rows(max_row=MAX_SHEET_ROWS, max_col=MAX_COLUMNS, values_only=True)
        for number, row in enumerate(rows, 1):
            cells = [_text(cell) for cell in row]
            if not any(cells):
                continue
            if columns is None:
                columns = check_header(reader, number, _trimmed(cells))
                if columns is None:
                    return
                continue
            if number > MAX_ROWS:
                reader.refuse(
                    number, "", f"超过 {MAX_ROWS} 行，其后未读", f"more than {MAX_ROWS} rows; the rest was not read"
                )
                return
            read_table_row(reader, number, columns, cells + [""] * (len(columns) - len(cells)))
        if columns is None:
            reader.refuse(1, "", "表格为空", "the sheet is empty: expected a header row")
    finally:
        book.close()


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _text(cell: object) -> str:
    """Return a cell as the text that a CSV would hold: dates as ISO 8601, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time().isoformat() == "00:00:00" else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()

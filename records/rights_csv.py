"""Rights from CSV: UTF-8 with or without a BOM; other encodings only where they are certain, and then with a warning.

A broken row costs no other: an unclosed quote is that line's error, and reading goes on at the next line.
"""

import csv
from collections.abc import Iterator

from records.rights_rows import RowReader, check_header, read_table_row

MAX_ROWS = 200_000
"""Rows beyond this are not read (and said so)."""
MAX_RECORD_LINES = 50
"""A quoted cell that spans more lines is taken for an unclosed quote."""


def read_csv(data: bytes, reader: RowReader) -> None:
    """Read a CSV file's bytes."""
    text = _decode(data, reader)
    if text is None:
        return
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    columns: list[str] | None = None
    skip_to = count = 0
    for index in range(len(lines)):
        if index < skip_to or not lines[index].strip():
            continue
        cells, used = _record(lines, index)
        number = index + 1
        if columns is None:
            columns = check_header(reader, number, cells or [])
            if columns is None:
                return
            skip_to = index + used
            continue
        if count >= MAX_ROWS:
            reader.refuse(
                number, "", f"超过 {MAX_ROWS} 行，其后未读", f"more than {MAX_ROWS} rows; the rest was not read"
            )
            return
        count += 1
        if cells is None:
            reader.refuse(number, "", "引号没有闭合", "a quote is not closed")
        elif read_table_row(reader, number, columns, cells):
            skip_to = index + used
    if columns is None:
        reader.refuse(1, "", "文件为空", "the file is empty: expected a header row")


def _record(lines: list[str], start: int) -> tuple[list[str] | None, int]:
    """Return the cells of the record that begins at `start`, None where its quotes do not close, and its lines."""
    text = ""
    for used, line in enumerate(_some(lines, start), 1):
        text += line + "\n"
        if text.count('"') % 2 == 0:
            try:
                return next(csv.reader([text], strict=True), []), used
            except csv.Error:
                return _loose(text) if used == 1 else None, used
    return None, 1


def _some(lines: list[str], start: int) -> Iterator[str]:
    yield from lines[start : start + MAX_RECORD_LINES]


def _loose(text: str) -> list[str] | None:
    """Read a line with quotes inside an unquoted or closed cell, as spreadsheets do; None where even that fails."""
    try:
        return next(csv.reader([text.rstrip("\n")], strict=False), [])
    except csv.Error:
        return None


def _decode(data: bytes, reader: RowReader) -> str | None:
    """Return the file's text; lines whose bytes are no UTF-8 keep them as surrogates, which their rows' check refuses."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_whole(data, "utf-16", reader)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    good = sum(1 for char in text if ord(char) > 0x7F and not "\ud800" <= char <= "\udfff")
    bad = sum(1 for char in text if "\ud800" <= char <= "\udfff")
    if bad > 2 * good:  # hardly anything outside ASCII is UTF-8: another encoding, not damage
        return _decode_whole(data, "gb18030", reader)
    return text


def _decode_whole(data: bytes, encoding: str, reader: RowReader) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        reader.refuse(
            line, "", f"不是 UTF-8 编码（字节 {error.start}），请另存为 UTF-8",
            f"expected UTF-8, byte {error.start} is not: save the file as UTF-8",
        )  # fmt: skip
        return None
    name = {"gb18030": "GBK/GB18030", "utf-16": "UTF-16"}[encoding]
    reader.warn(
        1,
        "",
        f"文件按 {name} 编码读取，请核对文字并另存为 UTF-8",
        f"read as {name}, not UTF-8: check the words and save it as UTF-8",
    )
    if "," not in text.split("\n", 1)[0] and "\t" in text.split("\n", 1)[0]:
        return "\n".join(",".join(f'"{cell}"' for cell in line.split("\t")) for line in text.splitlines())
    return text

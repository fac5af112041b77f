"""`listings.jsonl` → listings, line by line: a bad line is a `RowError` with its number, the rest is unharmed.

Nothing is held beyond one line and the ids met; a line over the cap is skipped without being read into memory.
"""

import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

from guards.caps import load_json_capped
from guards.errors import GuardError, both
from records.errors import Misconfigured
from records.model import Listing, Text
from records.prices import read_price
from records.rows import RowError
from records.stated import INGREDIENTS, ORIGIN, STANDARD, stated

MAX_LINE_BYTES = 1_000_000
"""A longer line is refused."""
MAX_DEPTH = 8
"""How deep a line's JSON may nest."""
MAX_IMAGES = 200
"""A listing with more images is refused."""
MAX_ATTRIBUTES = 500
"""A listing with more attributes is refused."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Refused(Exception):
    """A line's error on its way to `read_listings`."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.column, self.text = column, Text(zh, en)


def read_listings(path: Path) -> Iterator[Listing | RowError]:
    """Yield a `Listing` or a `RowError` for each line that is not empty.

    Raises `Misconfigured` where the file cannot be read. Images are left as written: paths relative to the file, or
    URLs; `records.image_paths.image_problem` checks one before it is opened.
    """
    try:
        with path.open("rb") as stream:
            yield from read_listing_lines(stream)
    except OSError as error:
        raise Misconfigured(
            both(f"无法读取 {path}:{error.strerror}", f"{path} cannot be read: {error.strerror}"),
            both("检查路径", "check the path"),
        ) from error


def read_listing_lines(stream: BinaryIO) -> Iterator[Listing | RowError]:
    """Yield what `read_listings` yields, from an open binary stream."""
    seen: dict[str, int] = {}
    for number, line in _lines(stream):
        if line is None:
            yield _error(number, "", f"超过 {MAX_LINE_BYTES} 字节", f"expected at most {MAX_LINE_BYTES} bytes a line")
            continue
        try:
            listing = _listing(_object(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line))
        except _Refused as refused:
            yield RowError(number, refused.column, refused.text)
            continue
        first = seen.setdefault(listing.id, number)
        if first != number:
            yield _error(number, "id", f"编号与第 {first} 行重复", f"the same id as in line {first}")
        else:
            yield listing


def _error(number: int, column: str, zh: str, en: str) -> RowError:
    return RowError(number, column, Text(zh, en))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line), None for a line over the cap; leave out empty ones."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := stream.readline(1 << 16)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.strip(b"\xef\xbb\xbf \t\r\n"):
            yield number, line


def _object(line: bytes) -> dict[str, object]:
    try:
        data = load_json_capped(line, max_bytes=MAX_LINE_BYTES + 1, max_depth=MAX_DEPTH)
    except GuardError as error:
        raise _Refused("", "不是有效的 JSON", error.message[:200]) from error
    if not isinstance(data, dict):
        raise _Refused("", "应为一个 JSON 对象", f"expected a JSON object, got {type(data).__name__}")
    return data


def _listing(data: dict[str, object]) -> Listing:
    known_as = _identity(data)
    title = _text(data, "title")
    if not title.strip():
        raise _Refused("title", "缺少标题", "the title is missing")
    attributes = _attributes(data)
    description = _text(data, "description")
    return Listing(
        id=known_as,
        key=known_as,
        title=title,
        url=_text(data, "url") or None,
        description=description,
        seller=_text(data, "seller"),
        seller_location=_text(data, "seller_location"),
        price=read_price(_price(data), _text(data, "currency")),
        images=_images(data),
        attributes=attributes,
        origin=stated(ORIGIN, attributes, description, title),
        ingredients=stated(INGREDIENTS, attributes, description),
        standard=stated(STANDARD, attributes, description),
        seen_on=_day(data, "seen_on"),
    )


def _identity(data: dict[str, object]) -> str:
    value = data.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise _Refused("id", "缺少编号", "the id is missing")
    return _checked("id", value)


def _text(data: dict[str, object], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Refused(name, "应为文字", f"expected text, got {type(value).__name__}")
    return _checked(name, value)


def _day(data: dict[str, object], name: str) -> date | None:
    value = _text(data, name)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise _Refused(name, "日期应如 2026-01-31", "expected a date like 2026-01-31") from error


def _checked(name: str, value: str) -> str:
    if _SURROGATE.search(value):
        raise _Refused(name, "含有不成对的代理字符", "holds half of a surrogate pair: no valid text")
    return value


def _price(data: dict[str, object]) -> object:
    value = data.get("price")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise _Refused("price", "应为数字或文字", "expected a number or text")


def _images(data: dict[str, object]) -> tuple[str, ...]:
    value = data.get("images")
    if value is None:
        return ()
    if not isinstance(value, list) or any(not isinstance(item, str) for item in value):
        raise _Refused("images", "应为路径或网址的列表", "expected a list of paths or URLs")
    if len(value) > MAX_IMAGES:
        raise _Refused("images", f"超过 {MAX_IMAGES} 张", f"expected at most {MAX_IMAGES} images, got {len(value)}")
    return tuple(_checked("images", item) for item in value)


def _attributes(data: dict[str, object]) -> dict[str, str]:
    value = data.get("attributes")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Refused("attributes", "应为名称到文字的对象", "expected an object of texts by name")
    if len(value) > MAX_ATTRIBUTES:
        raise _Refused("attributes", f"超过 {MAX_ATTRIBUTES} 项", f"expected at most {MAX_ATTRIBUTES} attributes")
    found = {}
    for name, item in value.items():
        if isinstance(item, bool) or not isinstance(item, str | int | float | None):
            raise _Refused(f"attributes.{name[:40]}", "应为文字", f"expected text, got {type(item).__name__}")
        found[_checked("attributes", name)] = _checked("attributes", "" if item is None else str(item))
    return found

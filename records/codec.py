"""JSON for the frozen dataclasses of `records.model`, strict in both directions.

Rules:
- enums as their values, dates as ISO 8601, times as ISO 8601 in UTC with `Z`, `Decimal` as a string, bytes as base64,
  tuples as lists, mappings as objects
- reading refuses unknown and missing fields, wrong types, naive times, NaN: `BadValue` names the place

Example:
>>> from records.model import Money
>>> to_json(Money(Decimal("36.50"), "CNY"))
{'amount': '36.50', 'currency': 'CNY'}
>>> from_json(Money, {"amount": "36.50", "currency": "CNY"})
Money(amount=Decimal('36.50'), currency='CNY')
"""

import base64
import binascii
import json
import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from records.errors import BadValue

T = TypeVar("T")


def to_json(value: object) -> Any:
    """Return a dataclass, or any value that one may hold, as a JSON tree. Raise `BadValue` for anything else."""
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
    raise BadValue(f"expected a value that a record holds, got {type(value).__name__}")


def from_json(cls: type[T], data: object) -> T:
    """Return the `cls` that `data` describes. Raise `BadValue`, with the place, where it does not fit."""
    result: T = _read(cls, data, cls.__name__)
    return result


def read_as(annotation: Any, data: object, where: str = "value") -> Any:
    """Return the value of any annotation, such as `tuple[str, ...]`, that `data` describes; `where` names it in errors."""
    return _read(annotation, data, where)


def dumps(value: object) -> str:
    """Return the canonical JSON text of a record: sorted keys, no spaces, not escaped."""
    return json.dumps(to_json(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def loads(cls: type[T], text: str | bytes) -> T:
    """Return the `cls` in a JSON text. Raise `BadValue` for a text that is no JSON or does not fit.

    The size is not capped here: read what comes from outside through `guards.caps.load_json_capped`.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"{cls.__name__}: expected JSON: {error}") from error
    return from_json(cls, data)


def utc_text(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC, ending in Z. Raise `BadValue` for a naive one."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise BadValue(f"expected an aware time, got the naive {moment.isoformat()}", "attach a time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _write_float(value: float) -> float:
    if not math.isfinite(value):
        raise BadValue(f"expected a finite number, got {value}")
    return value


def _write_mapping(value: Mapping[object, object]) -> dict[str, object]:
    if any(not isinstance(key, str) for key in value):
        raise BadValue("expected text as a mapping's keys")
    return {str(key): to_json(item) for key, item in value.items()}


def _write_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise BadValue(f"expected a finite amount, got {value}")
    return str(value)


_WRITERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: value.value),
    (str, lambda value: value),
    (float, _write_float),
    (datetime, utc_text),
    (date, lambda value: value.isoformat()),
    (Decimal, _write_decimal),
    (bytes, lambda value: base64.b64encode(value).decode("ascii")),
    (Mapping, _write_mapping),
    (tuple, lambda value: [to_json(item) for item in value]),
    (list, lambda value: [to_json(item) for item in value]),
)


def _wrong(where: str, expected: str, data: object) -> BadValue:
    return BadValue(f"{where}: expected {expected}, got {type(data).__name__} {str(data)[:80]!r}")


def _read_datetime(data: object, where: str) -> datetime:
    if not isinstance(data, str):
        raise _wrong(where, "a time", data)
    try:
        moment = datetime.fromisoformat(data)
    except ValueError as error:
        raise _wrong(where, "an ISO 8601 time", data) from error
    if moment.tzinfo is None:
        raise _wrong(where, "a time with its zone", data)
    return moment.astimezone(UTC)


def _read_date(data: object, where: str) -> date:
    if not isinstance(data, str) or len(data) != len("2026-01-01"):
        raise _wrong(where, "a date like 2026-01-31", data)
    try:
        return date.fromisoformat(data)
    except ValueError as error:
        raise _wrong(where, "a date like 2026-01-31", data) from error


def _read_decimal(data: object, where: str) -> Decimal:
    if not isinstance(data, str):
        raise _wrong(where, "an amount as text", data)
    try:
        value = Decimal(data)
    except InvalidOperation as error:
        raise _wrong(where, "an amount", data) from error
    if not value.is_finite():
        raise _wrong(where, "a finite amount", data)
    return value


def _read_bytes(data: object, where: str) -> bytes:
    if not isinstance(data, str):
        raise _wrong(where, "base64 text", data)
    try:
        return base64.b64decode(data.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _wrong(where, "base64 text", data) from error


def _read_float(data: object, where: str) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not math.isfinite(data):
        raise _wrong(where, "a finite number", data)
    return float(data)


def _read_int(data: object, where: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int):
        raise _wrong(where, "a whole number", data)
    return data


def _read_plain(kind: type[T]) -> Callable[[object, str], T]:
    def read(data: object, where: str) -> T:
        if not isinstance(data, kind):
            raise _wrong(where, kind.__name__, data)
        return data

    return read


_READERS: dict[object, Callable[[object, str], object]] = {
    str: _read_plain(str), bool: _read_plain(bool), types.NoneType: _read_plain(types.NoneType),
    int: _read_int, float: _read_float, Decimal: _read_decimal, bytes: _read_bytes,
    datetime: _read_datetime, date: _read_date,
}  # fmt: skip


def _read(kind: Any, data: object, where: str) -> Any:
    if (reader := _READERS.get(kind)) is not None:
        return reader(data, where)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_union(args, data, where)
    if origin is tuple:
        return _read_tuple(args, data, where)
    if origin in (Mapping, dict):
        return _read_mapping(args[1], data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_enum(kind, data, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_dataclass(kind, data, where)
    raise BadValue(f"{where}: no rule reads {kind}")


def _read_union(args: tuple[Any, ...], data: object, where: str) -> object:
    if data is None and types.NoneType in args:
        return None
    others = [arg for arg in args if arg is not types.NoneType]
    if len(others) != 1:
        raise BadValue(f"{where}: no rule reads a union of {len(others)} kinds")
    return _read(others[0], data, where)


def _read_tuple(args: tuple[Any, ...], data: object, where: str) -> tuple[object, ...]:
    if not isinstance(data, Sequence) or isinstance(data, str | bytes):
        raise _wrong(where, "a list", data)
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], item, f"{where}[{index}]") for index, item in enumerate(data))
    if len(args) != len(data):
        raise _wrong(where, f"a list of {len(args)}", data)
    return tuple(
        _read(arg, item, f"{where}[{index}]") for index, (arg, item) in enumerate(zip(args, data, strict=True))
    )


def _read_mapping(kind: Any, data: object, where: str) -> dict[str, object]:
    if not isinstance(data, dict):
        raise _wrong(where, "an object", data)
    return {str(key): _read(kind, item, f"{where}.{key}") for key, item in data.items()}


def _read_enum(kind: type[Enum], data: object, where: str) -> Enum:
    try:
        return kind(data)
    except ValueError as error:
        raise _wrong(where, "one of " + ", ".join(str(item.value) for item in kind), data) from error


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _required(item: Field[Any]) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _read_dataclass(kind: type, data: object, where: str) -> object:
    if not isinstance(data, dict):
        raise _wrong(where, "an object", data)
    known = {item.name: item for item in fields(kind)}
    if unknown := [str(key) for key in data if key not in known]:
        raise BadValue(f"{where}: unknown field {unknown[0][:80]!r}; expected {', '.join(known)}")
    if missing := [name for name, item in known.items() if _required(item) and name not in data]:
        raise BadValue(f"{where}: the field {missing[0]!r} is missing")
    hints = _hints(kind)
    return kind(**{str(key): _read(hints[key], item, f"{where}.{key}") for key, item in data.items()})

"""Column types that hold a model's values as they are, so that a row turns into its dataclass field by field."""

from dataclasses import fields
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Dialect, Text, TypeDecorator

from records.codec import read_as, to_json
from records.errors import BadValue
from records.tables.base import Json, storable_tree

T = TypeVar("T")


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


D = TypeVar("D", bound=_Dataclass)


class EnumText(TypeDecorator[Any]):
    """A member of one of `records.terms`' enums, kept as its value. An unknown stored value raises `BadValue`."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the member's value; a text that is no member's value raises `BadValue`."""
        return None if value is None else str(self._member(value).value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Enum | None:  # noqa: ARG002
        """Return the member."""
        return None if value is None else self._member(value)

    def _member(self, value: object) -> Enum:
        try:
            return self.kind(value)
        except ValueError as error:
            raise BadValue(
                f"expected a {self.kind.__name__}, got {str(value)[:80]!r}", "was the row written by a newer version?"
            ) from error


class Coded(TypeDecorator[Any]):
    """A value of any annotation that `records.codec` reads, kept as JSON text (`Coded(tuple[str, ...])`)."""

    impl = Json
    cache_ok = True

    def __init__(self, annotation: Any) -> None:
        super().__init__()
        self.annotation = annotation

    def process_bind_param(self, value: object, dialect: Dialect) -> object:  # noqa: ARG002
        """Return the value's JSON tree."""
        return None if value is None else storable_tree(to_json(value))

    def process_result_value(self, value: object, dialect: Dialect) -> object:  # noqa: ARG002
        """Return the value that the JSON tree describes."""
        return None if value is None else read_as(self.annotation, value, "stored value")


def columns_of(record: _Dataclass) -> dict[str, Any]:
    """Return a dataclass's fields as a row's values (not recursive: the column types do the rest)."""
    return {item.name: getattr(record, item.name) for item in fields(record)}


def record_of(cls: type[D], row: object) -> D:
    """Return the `cls` whose fields are the row's columns of the same names."""
    return cls(**{item.name: getattr(row, item.name) for item in fields(cls)})

"""The base of all tables, and the column types that behave alike on SQLite and PostgreSQL.

Rules:
- a time goes in aware and comes out aware and in UTC; a naive time is refused
- text goes through `storable`: NUL and lone surrogates, which PostgreSQL or UTF-8 cannot hold, each become U+FFFD.
  One character replaces one, so offsets into a text stay right
- JSON is kept as text: the same on both engines, in the order in which it was written
"""

import json
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

from records.errors import BadValue
from records.storable import storable, storable_tree

__all__ = ["Base", "Json", "SafeText", "UtcDateTime", "storable", "storable_tree"]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base of every table; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(naming_convention=_NAMES)


class SafeText(TypeDecorator[str]):
    """Text of any length that both engines can hold (see `storable`)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the text with unstorable characters replaced."""
        return None if value is None else storable(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive times, stores UTC, returns aware UTC. Microseconds are kept on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC; raise `BadValue` for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise BadValue(f"expected an aware time, got the naive {value.isoformat()}", "attach a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the stored instant as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[object]):
    """A JSON tree kept as text. NaN and infinities are refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the tree as compact JSON; raise `BadValue` where it is no JSON."""
        if value is None:
            return None
        try:
            return json.dumps(storable_tree(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError, RecursionError) as error:
            raise BadValue(f"expected a JSON tree: {error}", "convert it with records.codec.to_json first") from error

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002
        """Return the stored tree."""
        return None if value is None else json.loads(value)

"""All rows of a database as JSON lines, and back: for backups of PostgreSQL, and for moving between the engines.

Form: for each table, parents before children, `{"table": name, "columns": [...]}`, then one list a row. Times, dates
and bytes are tagged: `{"t": "2026-01-01T00:00:00Z"}`, `{"d": "2026-01-01"}`, `{"b": base64}`.
Tables are reflected, so a dump fits the schema version that it was taken from, whatever this program's is.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from gzip import GzipFile
from typing import BinaryIO

from sqlalchemy import Connection, Engine, MetaData, Table, insert, select

from records.codec import utc_text
from records.errors import BackupError

VERSION_TABLE = "alembic_version"
"""The table that holds the schema's version; it is made by the migrations, never loaded."""
MAX_LINE_BYTES = 64_000_000
"""A longer line of a dump is refused."""
_BATCH = 500


def dump_rows(engine: Engine, stream: BinaryIO | GzipFile) -> int:
    """Write every row of one consistent snapshot of the database; return how many."""
    level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else "SERIALIZABLE"
    count = 0
    with engine.connect().execution_options(isolation_level=level) as connection:
        for table in _tables(connection):
            head = {"table": table.name, "columns": [column.name for column in table.columns]}
            stream.write(_line(head))
            query = select(table).order_by(*table.primary_key.columns)
            for row in connection.execution_options(yield_per=_BATCH).execute(query):
                stream.write(_line([_tagged(value) for value in row]))
                count += 1
    return count


def holds_rows(engine: Engine) -> bool:
    """Return whether any table, the schema's version aside, holds a row."""
    with engine.connect() as connection:
        return any(connection.execute(select(table).limit(1)).first() is not None for table in _tables(connection))


def load_rows(connection: Connection, stream: BinaryIO | GzipFile) -> int:
    """Insert a dump's rows into empty tables of the same schema version, in the caller's transaction; return how many.

    Raises `BackupError` for a dump of other tables or a broken line.
    """
    tables = {table.name: table for table in _tables(connection)}
    count = 0
    for table, rows in _batches(tables, stream):
        connection.execute(insert(table), rows)
        count += len(rows)
    return count


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


def _batches(tables: dict[str, Table], stream: BinaryIO | GzipFile) -> Iterator[tuple[Table, list[dict[str, object]]]]:
    table: Table | None = None
    columns: list[str] = []
    rows: list[dict[str, object]] = []
    for item in _lines(stream):
        if isinstance(item, dict):
            if table is not None and rows:
                yield table, rows
            table, columns, rows = *_head(tables, item), []
            continue
        if table is None or len(item) != len(columns):
            raise BackupError("the dump is broken: a row that does not fit its table", "use another backup")
        rows.append({name: _untagged(value) for name, value in zip(columns, item, strict=True)})
        if len(rows) >= _BATCH:
            yield table, rows
            rows = []
    if table is not None and rows:
        yield table, rows


def _head(tables: dict[str, Table], item: dict[str, object]) -> tuple[Table, list[str]]:
    name, columns = item.get("table"), item.get("columns")
    table = tables.get(str(name))
    if table is None or not isinstance(columns, list) or {str(one) for one in columns} != set(table.columns.keys()):
        raise BackupError(f"the dump's table {str(name)[:60]} does not fit the schema", "use the version that wrote it")
    return table, [str(one) for one in columns]


def _lines(stream: BinaryIO | GzipFile) -> Iterable[dict[str, object] | list[object]]:
    while line := stream.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise BackupError(f"the dump is broken: a line over {MAX_LINE_BYTES} bytes", "use another backup")
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BackupError("the dump is broken: a line that is no JSON", "use another backup") from error
        if not isinstance(item, dict | list):
            raise BackupError("the dump is broken: a line that is no row", "use another backup")
        yield item


def _line(item: object) -> bytes:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def _tagged(value: object) -> object:
    if isinstance(value, datetime):
        return {"t": utc_text(value if value.tzinfo else value.replace(tzinfo=UTC))}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode("ascii")}
    return value


def _untagged(value: object) -> object:
    """Return a value for the driver. SQLite takes the aware time's fields as they are, which are UTC's."""
    if not isinstance(value, dict):
        return value
    try:
        ((tag, text),) = value.items()
        if tag == "t":
            return datetime.fromisoformat(text).astimezone(UTC)
        return date.fromisoformat(text) if tag == "d" else base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise BackupError("the dump is broken: a value that cannot be read", "use another backup") from error

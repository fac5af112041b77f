"""Tables that are only added to: triggers in the database refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE.

The triggers come with `metadata.create_all` and with the migrations alike. They stop a slip or a curious hand, not an
administrator who drops them: what proves the audit trail whole is its hash chain.
"""

from sqlalchemy import DDL, Connection, Table, event

APPEND_ONLY: set[str] = set()
"""Names of the tables that `append_only` marked."""
MARK = "append-only"
"""The word that each trigger's message holds."""


def trigger_sql(table: str, dialect: str) -> list[str]:
    """Return the statements that make `table` append-only on `dialect` ("sqlite" or "postgresql")."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is {MARK}'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    refuse = f"EXECUTE FUNCTION {table}_refuse()"
    body = f"$$ BEGIN RAISE EXCEPTION '{table} is {MARK}'; END $$"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS {body}",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


def install(connection: Connection, table: str) -> None:
    """Make `table` append-only over this connection."""
    for statement in trigger_sql(table, connection.dialect.name):
        connection.exec_driver_sql(statement)


def uninstall(connection: Connection, table: str) -> None:
    """Take the triggers away again; SQLite drops them with their table, PostgreSQL keeps their function otherwise."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {table}_refuse() CASCADE")
        return
    for verb in ("update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def append_only(table: Table) -> None:
    """Mark a table: `metadata.create_all` then makes its triggers too."""
    APPEND_ONLY.add(table.name)
    for dialect in ("sqlite", "postgresql"):
        for statement in trigger_sql(table.name, dialect):
            event.listen(table, "after_create", _ddl(statement).execute_if(dialect=dialect))


def _ddl(statement: str) -> DDL:
    made: DDL = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap
    return made

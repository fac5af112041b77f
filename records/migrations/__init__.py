"""Alembic's scripts: one file a schema version, named by four digits that count up.

A script is frozen once released. One that rebuilds an append-only table on SQLite must put its triggers back
(`records.tables.append_only.install`).
"""

"""The tables, one file per domain. `records.tables.all_tables.metadata` is the whole of them."""

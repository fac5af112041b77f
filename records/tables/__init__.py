"""The tables, one file per domain. `records.tables.registry.metadata` is the whole of them."""

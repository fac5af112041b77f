"""All tables in one metadata: importing this module imports every file of tables in this folder."""

import importlib
import pkgutil

from sqlalchemy import MetaData

import records.tables
from records.tables.base import Base

for _module in pkgutil.iter_modules(records.tables.__path__):
    if _module.name != "registry":
        importlib.import_module(f"records.tables.{_module.name}")

metadata: MetaData = Base.metadata
"""The metadata of every table of the records."""

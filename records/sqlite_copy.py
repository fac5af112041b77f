"""Consistent copies of SQLite databases through SQLite's own backup interface, while others write."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from records.errors import RecordsError, StorageFull


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the database at `source` to the new file `target` (mode 0600): whole and checked, or not at all.

    Raises `RecordsError` where the copy fails; `StorageFull` where the disk is full.
    """
    half = target.with_name(f"{target.name}.{os.getpid()}.half")
    try:
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _copy(source, half)
        descriptor = os.open(half, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        half.rename(target)
    except (sqlite3.Error, OSError) as error:
        if "full" in str(error) or "No space" in str(error):
            raise StorageFull(f"the disk is full: {target} was not written", "free some space and run again") from error
        raise RecordsError(f"the database {source} could not be copied to {target}: {error}", "check both") from error
    finally:
        half.unlink(missing_ok=True)


def _copy(source: Path, half: Path) -> None:
    read_only = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(read_only, uri=True)) as old, closing(sqlite3.connect(half)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file that stands alone, without -wal and -shm
        answer = new.execute("PRAGMA integrity_check").fetchone()[0]
    if answer != "ok":
        raise RecordsError(f"the copy of {source} is damaged: {answer}", "restore a backup")

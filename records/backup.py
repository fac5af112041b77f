"""One file that holds a whole home: database, vault, keys, proofs and packages, each with its digest.

Form: a ZIP with `database.sqlite` (a consistent copy through SQLite's backup interface) or `database.jsonl` (see
`records.rowdump`), the home's parts under their names, and `backup.json`: format, time, schema version, and path, size,
SHA-256 and mode of each file. The database is copied first: the files that it speaks of were there before it was.

The file holds the private keys: it is made with mode 0600, and is NOT encrypted.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from guards.atomic import AtomicFile
from guards.errors import both
from records import migrate
from records.clock import Clock, utc_now
from records.codec import utc_text
from records.engine import open_engine, parse_url
from records.errors import BackupError, Misconfigured
from records.restore import DUMP, FORMAT, MANIFEST, PARTS, SQLITE, Entry, RestoreReport, restore
from records.rowdump import dump_rows
from records.sqlite_copy import copy_sqlite

__all__ = ["PARTS", "BackupReport", "RestoreReport", "backup", "restore"]

_TEMPORARY = (".markwatch-tmp-", ".half")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds: how many files and bytes, the schema version, and what was left out (links, say)."""

    path: Path
    files: int
    size: int
    schema: str
    skipped: tuple[str, ...]


def backup(
    home: Path, database_url: str, target: Path, *, vault: Path | None = None, clock: Clock = utc_now
) -> BackupReport:
    """Write a backup of `home` and its database to the new file `target`, whole or not at all.

    `vault` is where the vault lies if not in the home. Others may go on writing meanwhile. Raises `Misconfigured` where
    `target` exists or the database is not of this program's schema; `BackupError` or `GuardError` where writing fails.
    """
    if target.exists():
        raise Misconfigured(
            both(f"{target} 已存在,备份只写入新文件", f"expected a new file, but {target} exists"),
            both("换一个文件名", "choose another name"),
        )
    migrate.check(database_url)
    folders = _folders(home, vault)
    if any(target.resolve().is_relative_to(folder.resolve()) for folder in folders.values()):
        raise Misconfigured(f"{target} lies inside what is to be kept", "choose a place outside")
    skipped: list[str] = []
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".markwatch-backup-") as scratch:
            database = _database(database_url, Path(scratch))
            with AtomicFile(target, mode=0o600) as stream:
                entries = _write(stream, database, folders, skipped, clock())
    except OSError as error:
        raise BackupError(f"the backup was not written: {error}", "check the disk and the files' rights") from error
    size = sum(entry.size for entry in entries)
    return BackupReport(target, len(entries), size, migrate.head(), tuple(skipped))


def _folders(home: Path, vault: Path | None) -> dict[str, Path]:
    places = {name: home / name for name in PARTS}
    if vault is not None:
        places["vault"] = vault
    return places


def _database(url: str, scratch: Path) -> Path:
    """Copy or dump the database into `scratch`; return the file."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        copy_sqlite(Path(parsed.database or ""), scratch / SQLITE)
        return scratch / SQLITE
    engine = open_engine(url)
    try:
        with (scratch / DUMP).open("wb") as stream:
            dump_rows(engine, stream)
    finally:
        engine.dispose()
    return scratch / DUMP


def _write(
    stream: BinaryIO, database: Path, folders: dict[str, Path], skipped: list[str], now: datetime
) -> list[Entry]:
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        entries = [_add(archive, database, database.name, zipfile.ZIP_DEFLATED)]
        for name, folder in folders.items():
            entries += [_add(archive, path, f"{name}/{inner}") for path, inner in _files(folder, skipped)]
        manifest = {
            "format": FORMAT,
            "created_at": utc_text(now),
            "schema": migrate.head(),
            "files": [{"path": e.path, "size": e.size, "sha256": e.sha256, "mode": e.mode} for e in entries],
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return entries


def _files(folder: Path, skipped: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield each regular file below `folder`, with its path inside, sorted; links and temporary files are left out."""
    for where, folders, names in os.walk(folder.resolve()):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            inner = path.relative_to(folder.resolve()).as_posix()
            if any(mark in name for mark in _TEMPORARY) or name.endswith(".lock"):
                continue
            if path.is_symlink() or not path.is_file():
                skipped.append(f"{folder.name}/{inner}")
                continue
            yield path, inner


def _add(archive: zipfile.ZipFile, path: Path, name: str, method: int = zipfile.ZIP_STORED) -> Entry:
    """Add a file while its digest is taken, from the same bytes."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type, info.external_attr = method, 0o600 << 16
    hasher, size = hashlib.sha256(), 0
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as sink:
        mode = os.fstat(source.fileno()).st_mode & 0o777
        while chunk := source.read(_CHUNK):
            hasher.update(chunk)
            size += len(chunk)
            sink.write(chunk)
    return Entry(name, size, hasher.hexdigest(), mode)

"""A backup back into an empty home, checked whole before anything of it can be seen.

Steps: 1. read the manifest, check each path and that the ZIP holds exactly its files; 2. unpack into a hidden folder of
the new home while each size and SHA-256 is checked; 3. only then move the parts into place and load the database;
4. bring the schema to the newest version. A failure before 3 leaves nothing, one in 3 takes back what was moved; after a
kill in 3 the marker `.restoring` stays, and the next restore says what to remove: nothing in use is ever cleared.

What this does NOT check: whether the vault's files are what exhibits claim; `markwatch verify` does, package by package.
"""

import hashlib
import json
import lzma
import os
import re
import secrets
import shutil
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import inspect

from guards.caps import load_json_capped
from guards.errors import GuardError, both
from records import migrate
from records.engine import open_engine, parse_url
from records.errors import BackupError, BackupTampered, Misconfigured, NewerDatabase, StorageFull
from records.rowdump import dump_rows, holds_rows, load_rows

FORMAT = "markwatch-backup/1"
"""The manifest's format."""
PARTS = ("vault", "keys", "proofs", "packages")
"""The folders of a home that a backup holds."""
SQLITE, DUMP, MANIFEST = "database.sqlite", "database.jsonl", "backup.json"
"""The names of a backup's own files."""
MAX_MANIFEST_BYTES = 256_000_000
"""A larger manifest is refused."""
MARKER = ".restoring"
"""Stands in the home while a restore moves things into place."""
_STAGING = ".restore-"
_CHUNK = 1 << 20
# What zipfile lets escape on broken archives: RuntimeError where a flipped flag says "encrypted".
_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
    struct.error,
)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup: its path there, size in bytes, SHA-256 and permission bits."""

    path: str
    size: int
    sha256: str
    mode: int


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored: how many files and bytes, and the schema versions before and after."""

    files: int
    size: int
    schema: str
    upgraded_to: str


def restore(archive: Path, home: Path, database_url: str, *, vault: Path | None = None) -> RestoreReport:
    """Restore a backup into `home`, whose parts and database must be empty. Files of keys get mode 0600.

    Raises `BackupTampered` for other bytes than the manifest's, `BackupError` for a file that is no backup,
    `Misconfigured` for a home or database in use, `NewerDatabase` for a backup by a newer version, `StorageFull`.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    places = {name: home / name for name in PARTS} | ({} if vault is None else {"vault": vault})
    _refuse_used(home, places, database_url)
    staging = home / f"{_STAGING}{secrets.token_hex(4)}"
    try:
        with zipfile.ZipFile(archive) as opened:
            schema, entries = _manifest(opened)
            staging.mkdir(mode=0o700)
            for entry in entries:
                _unpack(opened, entry, staging)
        _move_in(staging, home, places, database_url, schema)
    except _BROKEN_ZIP as error:
        raise BackupTampered(f"{archive} is no readable backup: {error}", "use another copy") from error
    except OSError as error:
        if error.errno in (28, 122):  # ENOSPC, EDQUOT
            raise StorageFull("the disk is full; nothing was restored", "free some space and restore again") from error
        raise BackupError(f"nothing was restored: {error}", "check the file and the folder") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    change = migrate.upgrade(database_url)
    return RestoreReport(len(entries), sum(entry.size for entry in entries), schema, change.after)


def check_complete(home: Path) -> None:
    """Raise `Misconfigured` where a restore into `home` was interrupted: what lies there is not whole."""
    if (home / MARKER).exists():
        todo = f"remove {', '.join(PARTS)}, {MARKER} and the database, or name a fresh MARKWATCH_HOME; restore again"
        raise Misconfigured(f"an earlier restore into {home} was interrupted", todo)


def _refuse_used(home: Path, places: dict[str, Path], url: str) -> None:
    check_complete(home)
    for left in home.glob(f"{_STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)
    for name, place in places.items():
        files = (path for path in place.rglob("*") if path.is_symlink() or path.is_file())
        if place.is_symlink() or any(not path.name.endswith(".lock") for path in files):
            raise Misconfigured(
                both(
                    f"只能恢复到空的数据目录,而 {name} 中已有文件:{place}",
                    f"expected an empty home, but {name} holds files: {place}",
                ),
                both("改用新的 MARKWATCH_HOME", "name a fresh MARKWATCH_HOME"),
            )
    if _database_used(url):
        raise Misconfigured("expected an empty database, but it holds data", "name a fresh MARKWATCH_DATABASE_URL")


def _database_used(url: str) -> bool:
    """Return whether the database holds a row, or tables that are not ours."""
    parsed = parse_url(url)
    path = Path(parsed.database or "")
    if parsed.get_backend_name() == "sqlite" and (not path.exists() or path.stat().st_size == 0):
        return False
    engine = open_engine(url)
    try:
        return holds_rows(engine) or (bool(inspect(engine).get_table_names()) and not migrate.current(url))
    finally:
        engine.dispose()


def _empty_database(url: str) -> None:
    """Remove the tables of a database that holds no rows (or only what this restore put there)."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        for tail in ("", "-wal", "-shm"):
            Path(f"{parsed.database}{tail}").unlink(missing_ok=True)
    elif migrate.current(url):
        migrate.downgrade(url, "base")


def _manifest(archive: zipfile.ZipFile) -> tuple[str, list[Entry]]:
    """Return the schema version and the entries, all checked; raise for a manifest that is none or does not fit."""
    names = [info.filename for info in archive.infolist()]
    if MANIFEST not in names:
        raise BackupError(f"this is no backup: it holds no {MANIFEST}", "use a file made by `markwatch backup`")
    with archive.open(MANIFEST) as stream:
        data = stream.read(MAX_MANIFEST_BYTES + 1)
    try:
        manifest = load_json_capped(data, max_bytes=MAX_MANIFEST_BYTES, max_depth=8)
    except GuardError as error:
        raise BackupTampered(f"the manifest cannot be read: {error.message}", "use another copy") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise BackupError(f"expected the format {FORMAT}, got {str(found)[:60]}", "use the markwatch that wrote it")
    files = manifest.get("files")
    entries = [_entry(item) for item in files] if isinstance(files, list) else []
    if sorted(names) != sorted([MANIFEST, *(entry.path for entry in entries)]):
        raise BackupTampered("the backup does not hold exactly the files of its manifest", "use another copy")
    if sum(entry.path in (SQLITE, DUMP) for entry in entries) != 1:
        raise BackupTampered("expected one database in the backup", "use another copy")
    schema = str(manifest.get("schema"))
    if schema not in migrate.known_versions():
        raise NewerDatabase(
            f"the backup has schema version {schema}, unknown here", "install the markwatch that wrote it"
        )
    return schema, entries


def _entry(item: object) -> Entry:
    try:
        entry = Entry(item["path"], item["size"], item["sha256"], item["mode"])  # type: ignore[index]  # checked below
        fits = isinstance(entry.size, int) and isinstance(entry.mode, int) and _SHA256.fullmatch(entry.sha256)
        if not fits or not _safe(entry.path):
            raise BackupTampered(f"the manifest has a bad entry: {str(item)[:120]}", "use another copy")
    except (KeyError, TypeError) as error:
        raise BackupTampered(f"the manifest has a bad entry: {str(item)[:120]}", "use another copy") from error
    return entry


def _safe(path: str) -> bool:
    """Return whether a path is plain, relative, and under one of the names that a backup has."""
    if path in (SQLITE, DUMP):
        return True
    pure = PurePosixPath(path)
    plain = "\x00" not in path and "\\" not in path and ".." not in pure.parts and pure.as_posix() == path
    return plain and not pure.is_absolute() and len(pure.parts) > 1 and pure.parts[0] in PARTS


def _unpack(archive: zipfile.ZipFile, entry: Entry, staging: Path) -> None:
    target = staging / entry.path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mode = 0o600 if entry.path.startswith("keys/") or "/" not in entry.path else (entry.mode & 0o755) | 0o400
    hasher, left = hashlib.sha256(), entry.size
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as sink, archive.open(entry.path) as source:
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                break
            hasher.update(chunk)
            sink.write(chunk)
        sink.flush()
        os.fsync(sink.fileno())
        os.fchmod(sink.fileno(), mode)
    if left != 0 or hasher.hexdigest() != entry.sha256:
        raise BackupTampered(f"{entry.path} has other bytes than the manifest says", "use another copy of the backup")


def _move_in(staging: Path, home: Path, places: dict[str, Path], url: str, schema: str) -> None:
    """Put the checked parts and the database in their places; take all back where that fails."""
    (home / MARKER).write_text(json.dumps({"database": parse_url(url).get_backend_name()}), encoding="utf-8")
    try:
        for name, place in places.items():
            if (staging / name).exists():
                shutil.rmtree(place, ignore_errors=True)  # empty folders only: `_refuse_used` looked
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(staging / name, place)
        _place_database(staging, url, schema)
    except BaseException:
        _take_back(places, url)
        (home / MARKER).unlink(missing_ok=True)
        raise
    (home / MARKER).unlink()


def _place_database(staging: Path, url: str, schema: str) -> None:
    _empty_database(url)
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and (staging / SQLITE).exists():
        path = Path(parsed.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staging / SQLITE, staging / "place")
        shutil.move(staging / "place", path)
        path.chmod(0o600)
        return
    if (staging / SQLITE).exists():
        source = open_engine(f"sqlite:///{staging / SQLITE}")
        with (staging / DUMP).open("wb") as stream:
            dump_rows(source, stream)
        source.dispose()
    migrate.upgrade(url, schema)
    engine = open_engine(url)
    try:
        with engine.begin() as connection, (staging / DUMP).open("rb") as stream:
            load_rows(connection, stream)
    finally:
        engine.dispose()


def _take_back(places: dict[str, Path], url: str) -> None:
    for place in places.values():
        shutil.rmtree(place, ignore_errors=True)
    _empty_database(url)

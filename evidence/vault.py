"""The vault: files by their SHA-256 in a local folder, written once, fsynced, re-hashed on every read.

Rules:
- a file's name is its digest: `<root>/ab/cd/<64 hex digits>`, mode 0440
- `put` and `put_file` return only when the bytes are on the disk; the same bytes twice are one file
- nothing goes but by `forget`, which takes what its caller knows nothing to need and nobody has put lately
- `get` never hands out bytes that do not fit their name; `open` does not check, so its caller compares the digest

NOT guaranteed: that nobody with write access to the folder deletes files; `check_all` finds that, a backup mends it.
"""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evidence.errors import BlobChanged, BlobMissing, VaultError, VaultReadOnly
from guards.atomic import AtomicFile, fsync_folder, remove_stale, write_atomic
from guards.errors import CapExceeded, both

CHUNK_BYTES = 1 << 20
"""How much of a file is held at once while it streams."""
MAX_BLOB_BYTES = 4_000_000_000
"""A larger file is refused: one ZIP entry could not hold it."""
FORGET_AFTER_S = 600.0
"""Seconds that a file stays after it was put, whatever is said of it."""
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_MODE = 0o440
_RESTORE = both(
    "从备份恢复该文件(markwatch restore),并查明谁改动了证据库",
    "restore this file from a backup (`markwatch restore`), and find out who wrote into the vault",
)


@dataclass(frozen=True, slots=True)
class VaultReport:
    """What `check_all` found: how many files are whole, which digests changed, which names are no digests."""

    ok: int
    changed: tuple[str, ...]
    strange: tuple[str, ...]


class Vault:
    """A content-addressed store in the folder `root` (see the module's rules)."""

    def __init__(self, root: Path, *, read_only: bool = False, max_blob_bytes: int = MAX_BLOB_BYTES) -> None:
        self.root = Path(root)
        self.read_only = read_only
        self._max = max_blob_bytes

    def path(self, sha256: str) -> Path:
        """Return where the file of this digest lies, or would lie. Raises `VaultError` for what is no digest."""
        if not _SHA256.match(sha256):
            message = f"expected 64 lower-case hex digits of a SHA-256, found {sha256[:80]!r}"
            raise VaultError(message)
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def put(self, data: bytes) -> str:
        """Store `data`; return its SHA-256. Raises `VaultReadOnly`, `CapExceeded`, `guards.errors.DiskFull`."""
        self._check_size(len(data))
        sha256 = hashlib.sha256(data).hexdigest()
        target = self._prepare(sha256)
        if not self._have(target, sha256):
            write_atomic(target, data, mode=_MODE)
        return sha256

    def put_file(self, path: Path) -> str:
        """Store a file's bytes in one stream; return their SHA-256.

        Raises as `put`, and `VaultError` where the file cannot be read or changed while it was stored.
        """
        try:
            with path.open("rb") as stream:
                sha256 = self._hash(stream)
                target = self._prepare(sha256)
                if not self._have(target, sha256):
                    stream.seek(0)
                    self._copy(stream, target, sha256)
        except FileNotFoundError as error:
            message = f"cannot read {path}: {error.strerror}"
            raise VaultError(message, "check the path and its rights") from error
        return sha256

    def get(self, sha256: str, *, max_bytes: int = MAX_BLOB_BYTES) -> bytes:
        """Return the bytes, compared with their digest. Raises `BlobMissing`, `BlobChanged`, `CapExceeded`."""
        with self.open(sha256) as stream:
            data = stream.read(max_bytes + 1)
        if len(data) > max_bytes:
            message = f"expected at most {max_bytes} bytes under {sha256}, found more"
            raise CapExceeded(message)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _changed(sha256, hashlib.sha256(data).hexdigest())
        return data

    def open(self, sha256: str) -> BinaryIO:
        """Open a file for reading, *not* compared with its digest. Raises `BlobMissing` or `VaultError`."""
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as error:
            message = f"the vault holds no file {sha256}"
            raise BlobMissing(message, _RESTORE) from error
        except OSError as error:
            message = f"cannot read {sha256} in the vault: {error.strerror}"
            raise VaultError(message, "check the vault folder and its rights") from error

    def has(self, sha256: str) -> bool:
        """Tell whether a file with this digest's name is there; its bytes are not read."""
        return self.path(sha256).is_file()

    def verify(self, sha256: str) -> int:
        """Re-hash one file and return its size. Raises `BlobMissing` or `BlobChanged`."""
        with self.open(sha256) as stream:
            found = self._hash(stream)
            size = stream.tell()
        if found != sha256:
            raise _changed(sha256, found)
        return size

    def check_all(self) -> VaultReport:
        """Re-hash every file; what is wrong is reported, not raised. A digest that should be there is not known here."""
        ok, changed, strange = 0, [], []
        for path in self._files():
            if not _SHA256.match(path.name) or self.path(path.name) != path or path.is_symlink():
                strange.append(str(path.relative_to(self.root)))
                continue
            with path.open("rb") as stream:
                if self._hash(stream) == path.name:
                    ok += 1
                else:
                    changed.append(path.name)
        return VaultReport(ok, tuple(changed), tuple(strange))

    def digests(self) -> Iterator[str]:
        """Yield the digest of every file, sorted; the bytes are not read."""
        return (path.name for path in self._files() if _SHA256.match(path.name))

    def forget(self, sha256: str, *, idle_s: float = FORGET_AFTER_S) -> int:
        """Remove one file that its caller knows nothing to need; return its size, 0 where there is none.

        A file that was put less than `idle_s` seconds ago stays (-1): what put it may not have written yet why.
        Raises `VaultReadOnly` or `VaultError`.
        """
        if self.read_only:
            message = "this vault is open for reading only"
            raise VaultReadOnly(message, "open it for writing")
        path = self.path(sha256)
        try:
            found = path.stat()
            if time.time() - found.st_mtime < idle_s:
                return -1
            path.unlink()
        except FileNotFoundError:
            return 0
        except OSError as error:
            message = f"cannot remove {sha256} from the vault: {error.strerror}"
            raise VaultError(message, "check the vault folder and its rights") from error
        fsync_folder(path.parent)
        return found.st_size

    def clean(self) -> int:
        """Remove what killed writers left behind; return how many files."""
        folders = {path.parent for path in self.root.glob("*/*/.*")}
        return sum(remove_stale(folder) for folder in folders)

    def _files(self) -> Iterator[Path]:
        return iter(
            sorted(path for path in self.root.rglob("*") if not path.is_dir() and ".markwatch-tmp-" not in path.name)
        )

    def _check_size(self, size: int) -> None:
        if size > self._max:
            message = f"expected at most {self._max} bytes for one vault file, found {size}"
            raise CapExceeded(message)

    def _prepare(self, sha256: str) -> Path:
        if self.read_only:
            message = "this vault is open for reading only"
            raise VaultReadOnly(message, "open it for writing")
        target = self.path(sha256)
        try:
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot make {target.parent}: {error.strerror}"
            raise VaultError(message, "check the vault folder, its rights and the disk") from error
        return target

    def _have(self, target: Path, sha256: str) -> bool:
        """Tell whether the file is there and whole; one that was changed is never silently written over."""
        if not target.exists():
            return False
        self.verify(sha256)
        with contextlib.suppress(PermissionError):  # another user's file: then only its age says that it is wanted
            os.utime(target)  # it was wanted just now: `forget` leaves it alone for a while
        return True

    def _hash(self, stream: BinaryIO) -> str:
        hasher, size = hashlib.sha256(), 0
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            self._check_size(size)
            hasher.update(chunk)
        return hasher.hexdigest()

    def _copy(self, stream: BinaryIO, target: Path, sha256: str) -> None:
        hasher = hashlib.sha256()
        with AtomicFile(target, mode=_MODE) as out:
            while chunk := stream.read(CHUNK_BYTES):
                hasher.update(chunk)
                out.write(chunk)
            if hasher.hexdigest() != sha256:
                message = f"the file changed while it was stored: expected {sha256}, found {hasher.hexdigest()}"
                raise VaultError(message, "let the writer end, then store it again")


def _changed(expected: str, found: str) -> BlobChanged:
    message = both(
        f"证据库文件被改动:SHA-256 应为 {expected},实为 {found}",
        f"a vault file was changed: expected SHA-256 {expected}, found {found}",
    )
    return BlobChanged(message, _RESTORE)

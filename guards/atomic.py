"""Atomic writes and file locks: a file is there whole, or as it was before.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as folder:
...     write_atomic(Path(folder) / "a", b"whole")
...     (Path(folder) / "a").read_bytes()
b'whole'
"""

import contextlib
import errno
import fcntl
import os
import secrets
import time
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from guards.errors import DiskFull, GuardError, TimedOut, both

_TEMP_MARK = ".markwatch-tmp-"
_POLL_S = 0.05


class AtomicFile:
    """A binary file that appears under its name only when the `with` block ends well.

    Writes to a temporary file in the same folder, then fsync, rename, fsync of the folder. On any error the temporary
    file is removed and what was there stays. A full disk raises `DiskFull`, another OSError `GuardError`.
    After a kill the temporary file may stay behind; `remove_stale` takes it away.
    """

    def __init__(self, path: Path, *, mode: int = 0o644) -> None:
        self.path = Path(path)
        self._mode = mode
        self._temp = self.path.with_name(f".{self.path.name[:80]}{_TEMP_MARK}{os.getpid()}-{secrets.token_hex(6)}")
        self._handle: BinaryIO | None = None

    def __enter__(self) -> BinaryIO:
        try:
            descriptor = os.open(self._temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, self._mode)
        except OSError as error:
            raise _disk_error(error, self.path) from error
        self._handle = os.fdopen(descriptor, "wb")
        return self._handle

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is None:
            return
        try:
            if error is None:
                self._publish(self._handle)
        except OSError as failure:
            raise _disk_error(failure, self.path) from failure
        finally:
            self._discard(self._handle)
        if isinstance(error, OSError) and means_full(error):
            raise _disk_error(error, self.path) from error

    def _publish(self, handle: BinaryIO) -> None:
        handle.flush()
        os.fsync(handle.fileno())
        self._temp.replace(self.path)
        fsync_folder(self.path.parent)

    def _discard(self, handle: BinaryIO) -> None:
        # The last flush of a full disk fails too: that error is already on its way.
        with contextlib.suppress(OSError):
            handle.close()
        self._temp.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` under `path`, whole or not at all, and on the disk when this returns. Raises `GuardError`."""
    with AtomicFile(path, mode=mode) as handle:
        handle.write(data)


def fsync_folder(folder: Path) -> None:
    """Make a rename inside `folder` last through a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_stale(folder: Path) -> int:
    """Remove the temporary files in `folder` whose writer is dead; return how many."""
    removed = 0
    for path in folder.glob(f".*{_TEMP_MARK}*"):
        pid = path.name.rpartition(_TEMP_MARK)[2].partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def means_full(error: OSError) -> bool:
    """Tell whether an error of the system speaks of a full disk, a quota or a file-size limit."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _disk_error(error: OSError, path: Path) -> GuardError:
    reason = error.strerror or str(error)
    if means_full(error):
        message = both(f"磁盘已满,无法写入 {path}:{reason}", f"no room left to write {path}: {reason}")
        return DiskFull(message, both("腾出空间后重新运行", "free some space, then run the command again"))
    message = both(f"无法写入 {path}:{reason}", f"cannot write {path}: {reason}")
    return GuardError(message, both("检查目录及其权限", "check the folder and its permissions"))


class FileLock:
    """A lock between processes and threads, held for the length of a `with` block; the kernel frees it on a kill.

    Not reentrant. Raises `TimedOut` after `timeout_s` seconds, `GuardError` where the lock file cannot be made.
    """

    def __init__(self, path: Path, timeout_s: float) -> None:
        self.path = Path(path)
        self._timeout_s = timeout_s
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _disk_error(error, self.path) from error
        deadline = time.monotonic() + self._timeout_s
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                message = f"waited {self._timeout_s:g} s for {self.path}, which another process holds"
                raise TimedOut(message, "let the other command end, then try again")
            time.sleep(_POLL_S)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Is a disk full? SQLite says only "disk I/O error" where its shared-memory file finds no room.

Taken by itself that message would send a user to a backup that he does not need.
"""

import os
from pathlib import Path

from guards.errors import both
from records.errors import StorageFull

LITTLE = 128 * 1024
"""With fewer bytes free than this a disk counts as full: SQLite asks for 32 KiB at once before it reads at all."""


def no_room(path: Path) -> bool:
    """Tell whether the disk that holds `path` (which need not exist) is full; False where that cannot be told."""
    for folder in (path.parent, *path.parent.parents):
        try:
            found = os.statvfs(folder)
        except FileNotFoundError:
            continue
        except OSError:
            return False
        return found.f_bavail * found.f_frsize < LITTLE
    return False


def storage_full(path: Path) -> StorageFull:
    """Return the error for a database that cannot be used because its disk is full."""
    message = both(
        f"磁盘已满:{path} 无法读写;数据未作改动", f"the disk is full: {path} cannot be used; nothing was changed"
    )
    return StorageFull(message, both("腾出空间后重新运行", "free some space and run again"))

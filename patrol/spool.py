"""Sweeping what killed crawls left: folders `crawl-<pid>-…` in the spool whose process is gone.

A folder of a live process is never touched, whoever's it is; a number that was given to another process since keeps its
folder until that one has ended too. Nothing in a spool is the only copy: what counts lies in the vault and the records.
"""

import os
import re
import shutil
from pathlib import Path

_OURS = re.compile(r"crawl-(\d{1,10})-\w+")


def sweep(spool: Path) -> list[str]:
    """Remove the folders of crawls whose process is gone; return their names. A folder that cannot be removed is left."""
    gone = []
    for folder in spool.glob("crawl-*"):
        owner = _OURS.fullmatch(folder.name)
        if owner is None or folder.is_symlink() or not folder.is_dir() or _alive(int(owner[1])):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            gone.append(folder.name)
    return sorted(gone)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except PermissionError:
        return True
    return True

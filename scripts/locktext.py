"""Reads the text of requirements.lock: its entries, and the sections that a plain installation passes over.

Standard library only, and any Python from 3.9: set-up uses it on a bare machine.
"""

from __future__ import annotations

import re

CUDA_MARKER = "extra == 'cuda'"
DOWNLOAD_MARKER = "extra == 'download'"
# What builds the dependencies that come as source (bagit by setuptools-scm, pdqhash by Cython); installed before all.
BUILD_TOOLS = ("cython", "numpy", "packaging", "setuptools", "setuptools-scm", "vcs-versioning", "wheel")


def split_lock(text: str) -> tuple[str, str]:
    """Return (build tools, CUDA packages without their switch) of a lock file, as requirement texts."""
    tools, cuda = [], []
    for entry in lock_entries(text):
        name = entry.partition("==")[0]
        if name in BUILD_TOOLS:
            tools.append(entry)
        elif CUDA_MARKER in entry:
            cuda.append(switched_on(entry))
    return "\n".join(tools) + "\n", "\n".join(cuda) + "\n"


def switched_on(entry: str) -> str:
    """Return an entry of the CUDA section without the marker that switches it off; any other as it is."""
    return re.sub(rf" ; {CUDA_MARKER}(?: and \((.*)\))?", lambda found: f" ; {found[1]}" if found[1] else "", entry)


def lock_entries(text: str) -> list[str]:
    """Return the entries of a lock file, each with its hash lines."""
    entries: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and entries:
            entries[-1] += "\n" + line
        elif line and not line.startswith("#"):
            entries.append(line)
    return entries


def downloads(text: str) -> str:
    """Return the entries of a lock that are only downloaded, without their switch."""
    entries = [entry for entry in lock_entries(text) if DOWNLOAD_MARKER in entry]
    return "\n".join(entries).replace(f" ; {DOWNLOAD_MARKER}", "") + "\n"

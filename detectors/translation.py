"""What goods are called in English listings: general words, from `data/translations.toml`."""

import tomllib
from functools import lru_cache
from importlib.resources import files

from detectors.normalise import key

_FILE = "translations.toml"


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, ...]]:
    raw = tomllib.loads(files("detectors").joinpath("data").joinpath(_FILE).read_text(encoding="utf-8"))["goods"]
    return {key(good): tuple(key(word) for word in words) for good, words in raw.items()}


@lru_cache(maxsize=4096)
def translations(good: str) -> tuple[str, ...]:
    """Return the folded English words for a folded Chinese good, by its longest known ending; () where none is known.

    >>> translations("头春绿茶")
    ('greentea',)
    """
    for start in range(len(good)):
        if found := _table().get(good[start:]):
            return found
    return ()

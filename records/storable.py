"""Text that every database, JSON file and manifest can hold. Pure.

NUL and lone surrogates, which PostgreSQL or UTF-8 cannot hold, each become U+FFFD. One character replaces one, so
offsets into a text stay right.
"""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    r"""Return `text` with NUL and lone surrogates replaced one by one with U+FFFD.

    >>> storable("a\x00b") == "a\ufffdb"
    True
    """
    return _UNSTORABLE.sub("\ufffd", text)


def storable_tree(value: object) -> object:
    """Return a JSON tree with `storable` applied to each string and key."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_tree(item) for item in value]
    return value

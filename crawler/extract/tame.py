"""Markup made harmless before it is parsed: too many elements are cut off, a tag with too many attributes loses them.

Rules: one linear scan; scripts and styles are passed over; a page within the limits comes back as it is. Nesting needs
nothing here: libxml2 ends at 256 levels.
"""

import re

MAX_ELEMENTS = 20_000
"""How many elements of a page are read; what follows them is cut off."""
MAX_ATTRIBUTES = 256
"""How many attributes a tag may have before it loses them all."""
_TAG = re.compile(r"<(?:(script|style)\b|[a-z])", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def tame(text: str) -> str:
    """Return a page's markup within the limits."""
    parts: list[str] = []
    kept = place = count = 0
    while (found := _TAG.search(text, place)) is not None:
        count += 1
        if count > MAX_ELEMENTS:
            return "".join((*parts, text[kept : found.start()]))
        end = text.find(">", found.end())
        end = len(text) if end < 0 else end
        if end - found.end() > 4 * MAX_ATTRIBUTES and _attributes(text[found.start() : end]) > MAX_ATTRIBUTES:
            parts += [text[kept : found.start()], _bare(text[found.start() : found.start() + 40])]
            kept = end
        place = end
        if found[1]:
            close = re.compile(rf"</{found[1]}", re.IGNORECASE).search(text, end)
            place = len(text) if close is None else close.start()
    return "".join((*parts, text[kept:])) if parts else text


def _attributes(tag: str) -> int:
    """Return about how many attributes a tag has."""
    return len(_QUOTED.sub("", tag).split())


def _bare(tag: str) -> str:
    """Return a tag's beginning without attributes."""
    name = re.match(r"<[a-z][\w-]*", tag, re.IGNORECASE)
    return name.group() if name else "<div"

"""Chinese numerals and figures: names that hold a numeral, or a character that sounds like one, written with digits."""

from functools import lru_cache

from detectors.sound import reading

_NUMERALS = {
    "零": "0",
    "一": "1",
    "二": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "七": "7",
    "八": "8",
    "九": "9",
}
_SPOKEN = {"yi": "1", "er": "2", "san": "3", "si": "4", "wu": "5", "liu": "6", "qi": "7", "ba": "8", "jiu": "9"}


def digit(char: str) -> str:
    """Return the digit that a character means or sounds like, or "".

    >>> digit("五"), digit("酒"), digit("茶")
    ('5', '9', '')
    """
    return _NUMERALS.get(char) or _SPOKEN.get(reading(char), "")


@lru_cache(maxsize=16_384)
def figures(text: str) -> str:
    """Return a folded text with its numerals as digits, or "" where it holds none.

    >>> figures("三门"), figures("岚沟")
    ('3门', '')
    """
    changed = "".join(_NUMERALS.get(char, char) for char in text)
    return changed if changed != text else ""

"""How a Chinese place is written in other systems than pinyin: in Russian letters (Palladius) and in Wade-Giles.

Both are built from the pinyin of each syllable by the systems' own rules; signs (apostrophes, hyphens, diaeresis) are
left to the folding. Ours, after the published tables; exceptions that are fixed by custom (Пекин, Kiangsu) are *not* known.
"""

import re
from functools import lru_cache

from detectors.normalise import is_han, key
from detectors.sound import reading

_SYLLABLE = re.compile("(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)([a-z]+)")
_SHORTEST = 5
_MOST = 8
_ROUNDED = frozenset("jqx")
_PALLADIUS = {
    "b": "б", "p": "п", "m": "м", "f": "ф", "d": "д", "t": "т", "n": "н", "l": "л", "g": "г", "k": "к", "h": "х",
    "j": "цз", "q": "ц", "x": "с", "zh": "чж", "ch": "ч", "sh": "ш", "r": "ж", "z": "цз", "c": "ц", "s": "с", "": "",
}  # fmt: skip
_RUSSIAN = {
    "a": "а", "o": "о", "e": "э", "i": "и", "u": "у", "v": "юй", "ai": "ай", "ei": "эй", "ao": "ао", "ou": "оу",
    "an": "ань", "en": "энь", "ang": "ан", "eng": "эн", "ong": "ун", "er": "эр", "ia": "я", "ie": "е", "iao": "яо",
    "iu": "ю", "ian": "янь", "in": "инь", "iang": "ян", "ing": "ин", "iong": "юн", "ua": "уа", "uo": "о",
    "uai": "уай", "ui": "уй", "uan": "уань", "un": "унь", "uang": "уан", "ve": "юэ", "van": "юань", "vn": "юнь",
    "ya": "я", "yan": "янь", "yang": "ян", "yao": "яо", "ye": "е", "yi": "и", "yin": "инь", "ying": "ин",
    "yo": "йо", "yong": "юн", "you": "ю", "yu": "юй", "yuan": "юань", "yue": "юэ", "yun": "юнь",
    "wa": "ва", "wai": "вай", "wan": "вань", "wang": "ван", "wei": "вэй", "wen": "вэнь", "weng": "вэн", "wo": "во",
    "wu": "у",
}  # fmt: skip
"""Pinyin's finals, and its syllables without a consonant, in Russian letters; `v` is ü."""
_WADE = {
    "b": "p", "p": "p", "d": "t", "t": "t", "g": "k", "k": "k", "j": "ch", "q": "ch", "x": "hs", "zh": "ch",
    "ch": "ch", "r": "j", "z": "ts", "c": "ts",
}  # fmt: skip
_WADE_FINALS = {
    "ian": "ien", "ie": "ieh", "ong": "ung", "iong": "iung", "er": "erh", "ve": "ueh", "v": "u", "van": "uan",
    "vn": "un", "yan": "yen", "ye": "yeh", "you": "yu", "yong": "yung", "yi": "i", "yue": "yueh",
}  # fmt: skip
_BUZZED = {
    "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "ssu",
}  # fmt: skip
_PLAIN_O = frozenset(["d", "t", "n", "l", "zh", "ch", "r", "z", "c", "s"])
_HARD = frozenset(["zi", "ci", "si"])


@lru_cache(maxsize=4096)
def romanised(place: str) -> tuple[str, ...]:
    """Return the folded spellings of a folded Chinese place in both systems that are not its pinyin; at most six.

    Each character is read as in the whole name, and as it is read mostly; capitals fold in another way than small letters. () for names of more than eight characters and
    of one, and for spellings shorter than five letters.

    >>> romanised("安溪") == (key("Аньси"), "anhsi")
    True
    """
    if not 1 < len(place) <= _MOST or not all(map(is_han, place)):
        return ()
    from pypinyin import lazy_pinyin

    made: list[str] = []
    for read in (lazy_pinyin(place, v_to_u=False), [reading(char) for char in place]):
        if len(read) == len(place) and all(part.isascii() and part.isalpha() for part in read):
            russian = _russian(read)
            made += [key(russian), key(russian.capitalize()), "".join(map(_wade, read))]
    plain = {"".join(map(reading, place)), "".join(lazy_pinyin(place, v_to_u=False))}
    return tuple(form for form in dict.fromkeys(made) if len(form) >= _SHORTEST and form not in plain)


def _parts(syllable: str) -> tuple[str, str]:
    """Return consonant and final; u after j, q, x is ü."""
    found = _SYLLABLE.fullmatch(syllable)
    first, last = found.groups() if found else ("", syllable)
    return first, f"v{last[1:]}" if first in _ROUNDED and last.startswith("u") else last


def _russian(read: list[str]) -> str:
    """Return the syllables in Russian letters, with a hard sign where н ends one and a vowel begins the next."""
    written = ""
    for syllable in read:
        first, last = _parts(syllable)
        part = _PALLADIUS[first] + _RUSSIAN.get(last, last)
        if syllable in _HARD:
            part = part[:-1] + "ы"
        if syllable == "hui":
            part = "хуэй"
        written += ("ъ" if written.endswith("н") and part[:1] in "аеиоуэюя" else "") + part
    return written


def _wade(syllable: str) -> str:
    if syllable in _BUZZED:
        return _BUZZED[syllable]
    first, last = _parts(syllable)
    if last == "e" and first in {"g", "k", "h"}:
        last = "o"
    if last == "uo" and first in _PLAIN_O:
        last = "o"
    return _WADE.get(first, first) + _WADE_FINALS.get(last, last)

"""The sound of a text: one symbol a syllable, whether written as a character or as pinyin letters.

Tones are left out. Latin letters that cannot be read as pinyin become symbols that match nothing.
"""

import itertools
import re
import unicodedata
from functools import lru_cache

from detectors.normalise import SEPARATOR, Folded, Gap, is_han

_BASE = 0xE000
_UNREADABLE = "\uf8ff"
_LATIN = re.compile(r"[a-z]+")
_LONGEST = 6
_MAX_READINGS = 8
_MAX_RUN = 60
_POLYPHONES_FROM = 3


@lru_cache(maxsize=1)
def _readings() -> dict[str, tuple[str, ...]]:
    """Return character → toneless readings, the most common first (pypinyin's table)."""
    from pypinyin import pinyin_dict

    table: dict[str, tuple[str, ...]] = {}
    for code, marked in pinyin_dict.pinyin_dict.items():
        table[chr(code)] = tuple(dict.fromkeys(_toneless(reading) for reading in marked.split(",")))
    return table


def _toneless(reading: str) -> str:
    """Drop tone marks: `lǚ` → `lv`."""
    bare = unicodedata.normalize("NFD", reading.replace("ü", "v"))
    for marked in "ǖǘǚǜ":
        bare = bare.replace(unicodedata.normalize("NFD", marked), "v")
    return "".join(c for c in bare if c.isascii() and c.isalpha())


@lru_cache(maxsize=1)
def syllables() -> dict[str, str]:
    """Return syllable → its symbol, for the syllables of everyday characters."""
    known: set[str] = set()
    for char, readings in _readings().items():
        try:
            char.encode("gb2312")
        except UnicodeEncodeError:
            continue
        known.update(reading for reading in readings[:2] if len(reading) > 1 or reading in {"a", "e", "o"})
    return {syllable: chr(_BASE + index) for index, syllable in enumerate(sorted(known))}


def reading(char: str) -> str:
    """Return the most common toneless reading of a character, or ""."""
    return _readings().get(char, ("",))[0]


@lru_cache(maxsize=16_384)
def spell(run: str) -> tuple[str, ...]:
    """Split a run of letters into the fewest pinyin syllables; () where it cannot be read.

    >>> spell("yanxi")
    ('yan', 'xi')
    """
    if len(run) > _MAX_RUN:
        return ()
    table = syllables()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
    for end in range(1, len(run) + 1):
        for start in range(max(0, end - _LONGEST), end):
            before = best[start]
            if before is None or run[start:end] not in table:
                continue
            here = best[end]
            if here is None or len(before) + 1 < len(here):
                best[end] = (*before, run[start:end])
    return best[-1] or ()


def sounded(folded: Folded) -> Folded:
    """Return the sound layer of a folded text: one symbol a syllable, spans kept."""
    chars: list[str] = []
    spans: list[tuple[int, int]] = []
    gaps: list[Gap] = []
    table, position, text = syllables(), 0, folded.text

    def put(symbol: str, start: int, end: int) -> None:
        chars.append(symbol)
        spans.append((folded.origins[start], folded.ends[end - 1]))
        gaps.append(folded.gaps[start])

    while position < len(text):
        run = _LATIN.match(text, position) if text[position].isascii() else None
        if run is None:
            symbol = table.get(reading(text[position]), _UNREADABLE) if is_han(text[position]) else text[position]
            put(symbol, position, position + 1)
            position += 1
            continue
        stop = _run_end(folded, position, run.end())
        parts = spell(text[position:stop])
        for part in parts:
            put(table[part], position, position + len(part))
            position += len(part)
        if not parts:
            put(_UNREADABLE, position, stop)
            position = stop
    return Folded("".join(chars), tuple(s for s, _ in spans), tuple(e for _, e in spans), tuple(gaps))


class _Sounds(dict[int, str]):
    """Folded character → its symbol, filled as characters are met: for `str.translate`."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        symbol = syllables().get(reading(char), _UNREADABLE) if is_han(char) else char
        self[code] = symbol
        return symbol


_SOUNDS = _Sounds()


@lru_cache(maxsize=16_384)
def symbols(run: str) -> str:
    """Return the symbols of a run of letters."""
    table = syllables()
    return "".join(table[part] for part in spell(run)) or _UNREADABLE


def sounded_text(marked: str) -> str:
    """Return the text of the sound layer, without spans, of a marked text (see `normalise.marked`)."""
    spelt = _LATIN.sub(lambda run: symbols(run.group()), marked)
    return spelt.replace(SEPARATOR, "").translate(_SOUNDS)


def _run_end(folded: Folded, start: int, end: int) -> int:
    """Return where a run of letters ends: at a space or sign, so that `golden heron` is two runs."""
    for position in range(start + 1, end):
        if folded.gaps[position] > Gap.INVISIBLE:
            return position
    return end


@lru_cache(maxsize=65_536)
def name_sounds(name: str) -> tuple[str, ...]:
    """Return the sound needles of a folded Chinese name, at most 8; () unless it is Chinese throughout."""
    if not name or not all(is_han(char) for char in name):
        return ()
    from pypinyin import lazy_pinyin

    table = syllables()
    phrase = lazy_pinyin(name, v_to_u=False)
    if len(phrase) != len(name):
        phrase = [reading(char) for char in name]
    choices = [
        tuple(dict.fromkeys((told, *_readings().get(char, ())[: 1 + (len(name) > _POLYPHONES_FROM)])))
        for told, char in zip(phrase, name, strict=True)
    ]
    needles = (
        "".join(table[part] for part in combination)
        for combination in itertools.islice(itertools.product(*choices), _MAX_READINGS)
        if all(part in table for part in combination)
    )
    return tuple(dict.fromkeys(needles))


def same_sound(one: str, other: str) -> bool:
    """Whether two characters share a reading, tones left out."""
    return bool(set(_readings().get(one, ())) & set(_readings().get(other, ())))


@lru_cache(maxsize=1)
def _everyday_by_sound() -> dict[str, str]:
    """Return toneless reading → the characters of GB 2312 with it as their most common one."""
    table: dict[str, str] = {}
    for char, readings in _readings().items():
        if not is_han(char):
            continue
        try:
            char.encode("gb2312")
        except UnicodeEncodeError:
            continue
        table[readings[0]] = table.get(readings[0], "") + char
    return table


def homophones(char: str) -> str:
    """Return the everyday characters that share a character's most common reading, itself left out.

    >>> "膳" in homophones("善"), homophones("x")
    (True, '')
    """
    return _everyday_by_sound().get(reading(char), "").replace(char, "")


def spoken(one: str, other: str) -> str:
    """Return the sound that two characters share, with its tone where that is the same, else without; "" for none.

    >>> spoken("善", "膳")
    'shàn'
    """
    from pypinyin import pinyin_dict

    mine, theirs = (pinyin_dict.pinyin_dict.get(ord(char), "").split(",") for char in (one, other))
    toned = next((said for said in mine if said and said in theirs), "")
    return toned or next((said for said in _readings().get(one, ()) if said in _readings().get(other, ())), "")

"""Latin spellings of one place: official pinyin, and what is used for its Mongolian, Turkic or Tibetan name.

Such spellings differ in vowels and in how a consonant is written, hardly in which consonants there are. So words of
letters are compared by their *skeleton* (classes of consonants, and whether a vowel comes first), and those with
the same skeleton by what it costs to turn one into the other. Ours, from how such names are usually romanised.
"""

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache

from detectors.english import is_english
from detectors.normalise import SEPARATOR, Folded, Gap, fold_char, is_han
from detectors.sound import reading

_TOKEN = re.compile("sh|hs|ch|zh|kh|gh|dz|ds|ts|ng(?![aeiou])|[a-z]")
_WORD = re.compile("[a-z]+")
_CLASSES = {
    "s": ("s", "sh", "x", "hs"),
    "j": ("j", "zh", "z", "q", "ch", "c", "dz", "ds", "ts"),
    "g": ("g", "gh", "k", "kh", "h"),
    "b": ("b", "p", "f", "v"),
    "d": ("d", "t"),
    "l": ("l", "r"),
    "m": ("m",),
    "n": ("n", "ng"),
}
"""Class → the letters that stand for one another in spellings of such names."""
_CLASS = {token: name for name, tokens in _CLASSES.items() for token in tokens}
_VOWELS = frozenset("aeiou")
_GLIDES = frozenset("wy")
_NEAR = {frozenset("ou"): 0.0, frozenset("ei"): 0.1, frozenset("ae"): 0.2, frozenset("ao"): 0.35, frozenset("eo"): 0.3}
_FAR, _VOWEL, _DOUBLED, _GLIDE, _WRITTEN, _FINAL_N, _C = 0.5, 0.25, 0.1, 0.05, 0.1, 0.15, 0.25
_ALLOWED = 0.19
"""The cost that is allowed for each symbol of the skeleton."""
_SHORTEST, _LONGEST = 3, 24
_FEWEST_SYLLABLES = 2
_SAFE_SYLLABLES = 3
_STRICT = 0.12
"""The cost that is allowed for each symbol of a mark."""
_SHORT_NAME, _LONG_WORD = 0.22, 5
"""The cost that is allowed in all for a name of two syllables, and how long the word must be."""
_PART = 2
_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуүфхцчшщъыьэюяө",
        (
            *("a", "b", "v", "g", "d", "e", "yo", "j", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u"),
            *("u", "f", "h", "ts", "ch", "sh", "sh", "", "y", "", "e", "yu", "ya", "o"),
        ),
        strict=True,
    )
)
"""Cyrillic letters by sound. Folding knows them by shape: c for с, p for р, x for х, y for у, r for г."""
_BY_SHAPE = {"s": "c", "x": "c", "u": "y", "r": "p", "h": "x", "kh": "x", "g": "r", "gh": "r", "w": "b"}
"""What a sound looks like once a Cyrillic letter for it was folded by shape."""


@lru_cache(maxsize=65_536)
def skeleton(word: str) -> str:
    """Return the classes of a word's consonants, with `a` for a vowel at its beginning.

    >>> skeleton("hulunbeier") == skeleton("khulunbuir")
    True
    """
    tokens = _TOKEN.findall(word[:_LONGEST])
    start = next((token for token in tokens if token not in _GLIDES), "")
    return ("a" if start in _VOWELS else "") + "".join(_CLASS.get(token, "") for token in tokens)


def spelt_text(marked: str) -> str:
    """Return the layer of skeletons of a marked text: each word's between two separators."""
    return "".join([_between(skeleton(word)) for word in _WORD.findall(marked)])


def spelt(folded: Folded) -> Folded | None:
    """Return the layer of skeletons of a folded text, each symbol with its word's span; None without letters."""
    chars: list[str] = []
    spans: list[tuple[int, int]] = []
    gaps: list[Gap] = []
    for start, end in latin_words(folded):
        symbols = f"{SEPARATOR}{skeleton(folded.text[start:end])}{SEPARATOR}"
        chars += symbols
        spans += [(folded.origins[start], folded.ends[end - 1])] * len(symbols)
        gaps += [folded.gaps[start]] + [Gap.NONE] * (len(symbols) - 1)
    if not chars:
        return None
    return Folded("".join(chars), tuple(s for s, _ in spans), tuple(e for _, e in spans), tuple(gaps))


def latin_words(folded: Folded) -> Iterator[tuple[int, int]]:
    """Yield the folded spans of the words of letters, split where signs or spaces stand."""
    for run in _WORD.finditer(folded.text):
        start = run.start()
        for position in range(run.start() + 1, run.end()):
            if folded.gaps[position] > Gap.INVISIBLE:
                yield start, position
                start = position
        yield start, run.end()


@lru_cache(maxsize=4096)
def needles(place: str) -> tuple[str, ...]:
    """Return what to look for in the layer of skeletons for a folded Chinese place name.

    () for names of one character or fewer than three symbols: too much else is spelt like them.
    """
    if len(place) < _FEWEST_SYLLABLES or not all(is_han(char) for char in place):
        return ()
    syllables = [reading(char) for char in place]
    whole = skeleton("".join(syllables))
    if len(whole) < _SHORTEST:
        return ()
    made = [_between(form) for form in _written("".join(syllables)) if len(form) >= _SHORTEST]
    if whole.endswith("n") and len(whole) > _SHORTEST:
        made.append(_between(whole[:-1]))
    for cut in range(_PART, len(syllables)):
        parts = (_written("".join(syllables[:cut])), _written("".join(syllables[cut:])))
        made += [
            _between(head) + _between(tail)
            for head, tail in itertools.product(*parts)
            if len(head) >= _PART and len(tail) >= _PART
        ]
    return tuple(dict.fromkeys(made))


def _written(word: str) -> tuple[str, ...]:
    """Return the skeletons of a word as it comes out of Latin and of Cyrillic letters.

    l may stand for r, k for х, h for a capital Н, нг looks like nr, and w at the beginning is no letter of its own.
    """
    tokens = _TOKEN.findall(word[:_LONGEST])
    ways: tuple[dict[str, str], ...] = ({}, {"l": "p"}, {"k": "x"}, {"w": ""}, {"w": "", "ng": "nr"})
    shapes = ["".join({**_BY_SHAPE, **more}.get(part, part) for part in tokens) for more in ways]
    capital = ["h" + shape[1:] for shape in shapes[:1] if shape.startswith("n")]
    return tuple(dict.fromkeys((skeleton(word), *map(skeleton, (*shapes, *capital)))))


@lru_cache(maxsize=4096)
def word_needles(name: str) -> tuple[str, ...]:
    """Return what to look for in the layer of skeletons for a folded Latin name: in one word, and cut in two.

    () for names of fewer than four symbols.
    """
    whole = skeleton(name)
    if len(whole) <= _SHORTEST:
        return ()
    made = [_between(form) for form in _written(name) if len(form) >= _SHORTEST]
    made += [_between(whole[:cut]) + _between(whole[cut:]) for cut in range(_PART, len(whole) - 1)]
    return tuple(dict.fromkeys(made))


def heard(text: str) -> str:
    """Return the Latin letters of an original text, Cyrillic ones by sound.

    >>> heard("Сөнид"), heard("Odon Zul")
    ('sonid', 'odonzul')
    """
    return "".join(_LETTERS[low] if (low := char.casefold()) in _LETTERS else fold_char(char) for char in text)


def _between(symbols: str) -> str:
    return f"{SEPARATOR}{symbols}{SEPARATOR}"


@lru_cache(maxsize=16_384)
def spells(word: str, place: str, *, foreign: bool = False) -> bool:
    """Whether a word of letters is a spelling of a folded Chinese place name, other than its pinyin.

    `foreign` says that it was written in other letters than Latin, which nobody does by chance. Names of two syllables
    must be spelt nearly as in pinyin otherwise, and be no English words.
    """
    pinyin = "".join(reading(char) for char in place)
    if word == pinyin:
        return foreign
    if pinyin.endswith("n") and word[-1:] not in {*_VOWELS, "n", "g"}:
        return False
    sure = foreign or len(place) >= _SAFE_SYLLABLES
    if not sure and (len(word) < _LONG_WORD or is_english(word)):
        return False
    allowed = _ALLOWED * len(skeleton(word)) if sure else _SHORT_NAME
    return _cost(tuple(_TOKEN.findall(word)), tuple(_TOKEN.findall(pinyin))) <= allowed


@lru_cache(maxsize=16_384)
def sounds_like(word: str, name: str) -> bool:
    """Whether a word of letters is another spelling of a Latin name: as near as romanisations of one word are."""
    cost = _cost(tuple(_TOKEN.findall(word)), tuple(_TOKEN.findall(name)))
    return word != name and cost <= _STRICT * len(skeleton(name))


def _cost(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Return the least cost of turning one row of tokens into the other."""
    row = [0.0]
    for place in range(len(other)):
        row.append(row[-1] + _left_out(other, place))
    for mine, token in enumerate(one):
        below = [row[0] + _left_out(one, mine)]
        for place, wanted in enumerate(other):
            below.append(
                min(
                    row[place] + _swapped(token, wanted),
                    row[place + 1] + _left_out(one, mine),
                    below[-1] + _left_out(other, place),
                )
            )
        row = below
    return row[-1]


def _left_out(tokens: tuple[str, ...], place: int) -> float:
    """Return what it costs that a token has no counterpart."""
    letter, before = tokens[place], tokens[place - 1] if place else ""
    if letter in _VOWELS:
        return _DOUBLED if before in _VOWELS and _vowels(before, letter) <= _NEAR[frozenset("ei")] else _VOWEL
    if letter in _GLIDES:
        return _GLIDE
    return _FINAL_N if letter == "n" and place == len(tokens) - 1 else 1.0


def _swapped(token: str, wanted: str) -> float:
    if token == wanted:
        return 0.0
    if {token, wanted} == {"v", "w"}:
        return _WRITTEN
    if token in _VOWELS and wanted in _VOWELS:
        return _vowels(token, wanted)
    if token in _CLASS and _CLASS[token] == _CLASS.get(wanted):
        return _C if "c" in {token, wanted} else _WRITTEN
    return 1.0


def _vowels(one: str, other: str) -> float:
    return 0.0 if one == other else _NEAR.get(frozenset((one, other)), _FAR)

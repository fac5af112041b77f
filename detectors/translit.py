"""How a Latin name is written in Chinese characters by its sound: the syllables that are used for it.

Ours, after the customs of rendering foreign names: a vowel is kept with the consonant before it, a consonant by itself gets
a syllable of its own, n closes the syllable before it. Which characters are chosen does not matter.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from detectors.sound import syllables

_TOKEN = re.compile("sh|ch|th|ph|kh|qu|ck|[bcdfghjklmnpqrstvwxz]|y(?=[aeiou])|ee|ea|oo|ou|ai|ay|ey|[aeiouy]")
_VOWEL = {"ee": "i", "ea": "i", "oo": "u", "ou": "u", "ay": "ai", "ey": "i", "y": "i"}
_VOWELS = ("a", "e", "i", "o", "u", "ai", "")
_SAME = {"c": "k", "q": "k", "ck": "k", "qu": "kw", "th": "s", "ph": "f", "kh": "h", "x": "s", "w": "v", "r": "l"}
_TABLE = {
    "": "a ai,e yi ao,ou wu,you ai ",
    "b": "ba bei,bo bi bo bu bai bu",
    "p": "pa pei,pe pi po,bo pu pai pu",
    "d": "da de,dai di duo du dai de",
    "t": "ta te,tai ti tuo tu tai te",
    "g": "ge,jia ge,gai ji ge,gao gu gai ge",
    "k": "ka ke,kai ji,qi ke,kao ku kai ke",
    "kw": "kua kui,ke kui,qi kuo,ke ku kuai ku",
    "v": "wa,fa,wo wei,fei wei wo,fu wu wei,wai fu",
    "f": "fa fei fei fu,fo fu fei fu",
    "z": "za ze,cai qi,ji zuo zu zai zi",
    "s": "sa sai,se xi suo su sai si",
    "sh": "sha she xi xiao,shuo shu shai shi",
    "j": "jia jie,ji ji qiao,zhuo zhu jie ji",
    "ch": "cha qie,che qi qiao,chuo qiu chai qi",
    "h": "ha he,hai xi huo hu hai ",
    "m": "ma,mo mei,mo mi mo mu mai mu",
    "n": "na ne,nei,nai ni nuo nu,niu nai ",
    "l": "la lei,lai,le li luo lu lai er",
    "y": "ya ye yi yue yu ya ",
}
"""Consonant → what stands for it with each vowel in turn, the last without a vowel."""
_CLOSED = {"a": ("an",), "e": ("en", "eng"), "i": ("in",), "o": ("ong", "un", "eng"), "u": ("un", "ong")}
_INITIALS = {"v": ("w", "f"), "kw": ("k", "ku"), "": ("",)}
_BARE = {"an": "an", "en": "en", "in": "yin", "un": "wen", "ong": "ang", "eng": "en"}
_FEWEST, _MOST = 3, 32
_LONGEST = 16


@lru_cache(maxsize=1)
def _syllables() -> Mapping[tuple[str, str], tuple[str, ...]]:
    return {
        (onset, vowel): tuple(filter(None, options.split(",")))
        for onset, row in _TABLE.items()
        for vowel, options in zip(_VOWELS, row.split(" "), strict=True)
    }


def _pieces(name: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (consonant, vowel, closed by n) of a folded name."""
    tokens = _TOKEN.findall(re.sub(r"(?<=[aeiou])x", "ks", re.sub(r"([^aeiou])\1", r"\1", name)))
    vowel = {at for at, token in enumerate(tokens) if token in _VOWEL or token[0] in "aeiou"}
    position = 0
    while position < len(tokens):
        onset = "" if position in vowel else tokens[position]
        at = position if onset == "" else position + 1
        sounded = at < len(tokens) and at in vowel
        after = at + sounded
        closed = sounded and after < len(tokens) and tokens[after] == "n" and after + 1 not in vowel
        yield _SAME.get(onset, onset), _VOWEL.get(tokens[at], tokens[at]) if sounded else "", closed
        position = after + closed


def _options(onset: str, vowel: str, *, closed: bool) -> tuple[str, ...]:
    """Return what may stand for one piece; "" where it may be left out."""
    if closed and vowel in _CLOSED:
        ends = _CLOSED[vowel]
        made = [_BARE[end] for end in ends] if not onset else []
        made += [f"{initial}{end}" for end in ends for initial in _INITIALS.get(onset, (onset,)) if onset]
        return tuple(dict.fromkeys(item for item in made if item in syllables()))
    found = _syllables().get((onset, vowel), ())
    return (*found, "") if onset == "l" and not vowel else found or ("",)


@lru_cache(maxsize=4096)
def transliterations(name: str) -> tuple[str, ...]:
    """Return the symbols of the sound layer that may stand for a folded Latin name, at most 32 rows of three or more.

    >>> from detectors.sound import name_sounds
    >>> set(name_sounds("特尔莫拉")) <= set(transliterations("telmora"))
    True
    """
    if len(name) > _LONGEST:
        return ()
    table = syllables()
    pieces = [_options(onset, vowel, closed=closed) for onset, vowel, closed in _pieces(name)]
    if pieces and len(pieces) > _FEWEST and name.endswith("e"):
        pieces[-1] = (*pieces[-1][:1], *_options(next(reversed(list(_pieces(name))))[0], "", closed=False)[:1])
    rows = ([part for part in row if part] for row in itertools.islice(itertools.product(*pieces), 4 * _MOST))
    kept = (
        "".join(table[part] for part in row) for row in rows if len(row) >= _FEWEST and all(p in table for p in row)
    )
    return tuple(itertools.islice(dict.fromkeys(kept), _MOST))

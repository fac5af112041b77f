"""A place and goods found near one another: whether each stands there in earnest, and whether they belong together."""

import unicodedata
from dataclasses import dataclass

from detectors import words
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, is_han, key
from detectors.places import places_in
from detectors.sound import reading
from detectors.spelling import heard, spells
from detectors.types import Match
from detectors.view import FieldView
from detectors.wares import names_core

TITLES = frozenset({"title", "~emoji", "~codes"})
"""The title, and readings of all of it."""
_REACH = 16
_REACH_ELSEWHERE = 8
_REACH_LETTERS = 60
_REACH_CORE = 9
_REACH_CLAUSES = 6
_HOMOPHONES_FROM = 3
_KIND_SHORT = 2
_CODED = 4
_KILN = "窑"
_ADJECTIVE = key("ск")
"""What an adjective in Russian begins with after the place: Аньси|ский."""
_PARTICLES = "的之和与王干片粉"
CORE = "goods-core"


@dataclass(frozen=True, slots=True)
class Pair:
    """A place and a product in one field, folded positions."""

    place: Match
    goods: Match
    low: int
    high: int
    between: str


def kind(match: Match) -> str:
    """Return what a needle of the grammar is: the first word of its note."""
    return match.needle.meta.split(" ")[0]


def stands(view: FieldView, match: Match) -> bool:
    """Whether a match is what it was looked for as: a word of letters by itself, or a homophone that is no other word."""
    what, written = kind(match), view.text[match.span.start : match.span.end]
    start, end = view.plain.locate(match.span.start, match.span.end)
    lettered = any(char.isascii() and char.isalpha() for char in view.plain.text[start:end])
    if what == "place-spelt":
        foreign = any(char.isalpha() and not char.isascii() for char in unicodedata.normalize("NFKD", written))
        return spells(heard(written), match.needle.meta.split(" ")[1], foreign=foreign)
    if what == "place-coded":
        return _in_code(view, match)
    if what == "place-english" and not written.isascii() and view.plain.text.startswith(_ADJECTIVE, end):
        return True
    if what == CORE or (what == "product" and len(match.needle.text) == 1):
        return _named_for_short(view, match)
    if what == "goods-kind" and len(match.needle.text) <= _KIND_SHORT:
        return not words.crossing(view.simplified, match.span.start, match.span.end)
    if what == "product-sound":
        return view.plain.is_word(start, end) if lettered else _homophone(view, match, view.plain.text[start:end])
    if what == "place-sound" and not lettered:
        return _homophone(view, match, view.plain.text[start:end])
    return view.plain.is_word(start, end) if lettered else bool(written)


def coded(place: str) -> tuple[str, ...]:
    """Return a folded Chinese place of two to four characters with one of them hidden: behind 某 or its initial.

    >>> coded("岚沟")
    ('l沟', '某沟', '岚g', '岚某')
    """
    if not 1 < len(place) <= _CODED or not all(map(is_han, place)):
        return ()
    hidden = ((at, sign) for at, char in enumerate(place) for sign in (reading(char)[:1], "某"))
    return tuple(place[:at] + sign + place[at + 1 :] for at, sign in hidden)


def _in_code(view: FieldView, match: Match) -> bool:
    """Whether a coded place stands at the beginning of a word, and its letter by itself."""
    text, gaps = view.plain.text, view.plain.gaps
    start, end = view.plain.locate(match.span.start, match.span.end)
    before = start > 0 and (gaps[start] <= Gap.INVISIBLE or text[start - 1].isdigit())
    after = end < len(text) and text[end - 1].isascii() and text[end].isascii()
    return not before and not after and not words.crossing(view.simplified, match.span.start, match.span.end)


def _named_for_short(view: FieldView, match: Match) -> bool:
    """Whether a single character stands for the goods: as a word, or at the end of one for a kind of them."""
    at = match.span.start
    counted = at > 0 and (view.text[at - 1].isdigit() or (view.text[at - 1].isascii() and view.text[at - 1].isalpha()))
    word = words.around(view.simplified, at)
    follows = view.simplified[at + 1 : at + 2]
    glued = (
        word == match.needle.text and follows and is_han(follows) and len(words.around(view.simplified, at + 1)) == 1
    )
    return (
        not counted
        and not (glued and follows not in _PARTICLES)
        and names_core(word, match.needle.text, bare=match.needle.meta.endswith(" bare"))
    )


def _homophone(view: FieldView, match: Match, written: str) -> bool:
    """Whether other characters of the same sound stand for a place: one may differ in three, and none is a word."""
    place = match.needle.meta.split(" ")[1]
    if len(place) < _HOMOPHONES_FROM or len(written) != len(place) or not all(map(is_han, written)):
        return False
    differing = sum(own != seen for own, seen in zip(place, written, strict=True))
    natural = words.natural(view.simplified, match.span.start, match.span.end)
    crossed = words.crossing(view.simplified, match.span.start, match.span.end)
    return differing == 1 and not natural and not crossed


def _foreign(name: str, place: str) -> bool:
    """Whether a place between place and product is another one; 东北 and the like are not, nor is a kiln (a kind of ware)."""
    other = name not in place and place not in name and not name.endswith(_KILN)
    return other and name not in lexicon("places", "macro")


def pair_of(view: FieldView, place: Match, goods: Match) -> Pair | None:
    """Return the pair where both stand near enough, in one clause outside titles, with no other place between."""
    plain = view.plain
    one = plain.locate(place.span.start, place.span.end)
    other = plain.locate(goods.span.start, goods.span.end)
    low, high = min(one[0], other[0]), max(one[1], other[1])
    inner = min(one[1], other[1]), max(one[0], other[0])
    between = plain.text[inner[0] : inner[1]]
    titled = view.name in TITLES
    reach = _REACH_LETTERS if between.isascii() else _REACH if titled else _REACH_ELSEWHERE
    if kind(goods) == CORE:
        reach = _REACH_CORE if titled else 0
    if inner[1] < inner[0] or len(between) > reach:
        return None
    loose = titled and (len(between) <= _REACH_CLAUSES or kind(goods).startswith("product"))
    if not loose and plain.widest_gap(low, high) >= Gap.CLAUSE:
        return None
    if one[0] < other[0] and any(_foreign(found[0], place.needle.text) for found in places_in(between)):
        return None
    return Pair(place, goods, low, high, between)

"""Latin names in code: letters hidden behind signs, 某 or 什么 (Dol**ne), or only told how the name begins (DOL开头那个)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from detectors.case import Case, first_cue
from detectors.english import is_english
from detectors.normalise import SEPARATOR
from detectors.profile import Name, Profile, latin_words
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Needle, Span, Stage
from records.model import Text

_SHORTEST = 5
_ENDS = ((3, 1), (4, 1), (2, 2), (3, 2), (2, 3), (3, 3))
"""How many letters stand at either end of a word whose middle is hidden."""
_READ = 400
_FEWEST = 3
_SPOKEN = "某啥么头字家牌"
_MASK = r"[*×✕✖#@$€!○●◯□■?\uff0a\uff1f\uff03]{1,8}|某某|某|什么|甚么|啥"
_TOKEN = re.compile(rf"(?<![A-Za-z])[A-Za-z]*(?:(?:{_MASK})[A-Za-z]*)+")
_PIECE = re.compile(rf"[A-Za-z]|{_MASK}")
_HINT = re.compile(
    r"(?<![A-Za-z])(?P<before>[A-Za-z]{3,12})\s?(?:字母)?(?:开头|打头|字头|起头|那个牌|那牌|这个牌|那个品牌|家同款)"
    r"|(?:打头|开头|首字母)(?:是|为|的是)?\s?(?P<after>[A-Za-z]{3,12})(?![A-Za-z])"
)
_FIELDS = {"title": 1.0, "description": 0.9}


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a name is in code, how many of its letters are its own, and whether they are only told as its beginning."""

    span: Span
    own: int
    size: int
    told: bool = False


class CodedLatinRule(Rule):
    """`coded.letters`: a word of a Latin name with some of its letters hidden behind signs, 某 or 什么, at most half of them.

    `coded.told`: the page only says how the name begins (three letters and more) and offers goods of its classes.
    """

    name = "coded_latin"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return what is left of each word once some of its letters are hidden: its beginning, with its end, its consonants."""
        for number, name in enumerate(profile.names):
            for word in _words(name):
                yield Needle(Layer.PLAIN, word[:_FEWEST], self.name, f"{number} {word}", beside=_SPOKEN)
                for form in _left(word):
                    yield Needle(Layer.PLAIN, form, self.name, f"{number} {word}")
                for size in range(_FEWEST + 1, min(len(word) - 1, _SHORTEST + 1)):
                    for part in (word[:size] + SEPARATOR, SEPARATOR + word[-size:]):
                        if not is_english(part.strip(SEPARATOR)):
                            yield Needle(Layer.MARKED, part, self.name, f"{number} {word}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a name and field."""
        seen: set[tuple[str, str]] = set()
        for match in case.mine(self.name):
            number, word = match.needle.meta.split(" ")
            field = match.span.field
            if (field, number) in seen or field in {"seller", *case.view.readings}:
                continue
            name = case.profile.names[int(number)]
            found = next(_coded(case, field, name, word), None) or next(_told(case, field, word), None)
            if found is not None:
                seen.add((field, number))
                yield self._clue(case, found, name)

    def _clue(self, case: Case, found: _Found, name: Name) -> Clue:
        where, right, tail = case.where(found.span), kind_label(case.profile.right), standing(case)
        if found.told:
            score, how = 0.6, Text("只说出开头的字母", "only tells the letters that it begins with")
        else:
            score = (0.76 if found.own * 3 >= found.size * 2 else 0.66) - 0.08 * (not case.sold)
            how = Text(f"遮掩了其中部分字母(写出{found.own}个)", f"hides some of its letters ({found.own} are written)")
        return Clue(
            self.name,
            "coded.told" if found.told else "coded.letters",
            round(score * _FIELDS.get(found.span.field, 0.95), 4),
            Text(
                f"{where.zh}以暗语写{right.zh}的名称“{name.original}”:{how.zh};{tail.zh}。",
                f"{where.en} writes “{name.original}”, the name of {right.en}, in code: it {how.en}; {tail.en}.",
            ),
            span=found.span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods, rule = ("围巾",), "coded.letters"
        for title in ("Dol什么ne 羊毛围巾", "D*lv*ne 羊毛围巾", "Dolv**** 羊毛围巾", "Dol某vane 羊毛围巾"):
            yield example("Dolvane", title, rule=rule, says=True, goods=goods, alert=True)
        yield example("Dolvane", "Dol** 羊毛围巾 D**", rule=rule, says=False, goods=goods, alert=False)
        yield example("Dolvane", "Dolly什么都有 羊毛围巾", rule=rule, says=False, goods=goods, alert=False)
        told = "DOLV开头那个牌子 羊毛围巾"
        yield example("Dolvane", told, rule="coded.told", says=True, goods=goods, alert=True)
        yield example("Dolvane", "DORA开头 羊毛围巾", rule="coded.told", says=False, goods=goods, alert=False)


def _words(name: Name) -> tuple[str, ...]:
    """Return the words of a Latin name that are long enough and no English ones, and the whole where it has several."""
    if not (name.folded.isascii() and name.folded.isalpha()):
        return ()
    words = [word for word in latin_words(name.original) if len(word) >= _SHORTEST and not is_english(word)]
    return tuple(dict.fromkeys((*words, *([name.folded] if words else []))))


def _left(word: str) -> Iterator[str]:
    """Yield what is left of a word, joined, when its middle or its vowels are hidden."""
    bare = ("".join(char for char in word if char not in vowels) for vowels in ("aeiou", "aeiouy"))
    forms = [word[:head] + word[-tail:] for head, tail in _ENDS if head + tail < len(word)]
    forms += [consonants for consonants in bare if len(consonants) > _FEWEST]
    forms += [
        word[:at] + word[at + 1 :] for at in range(1, len(word) - 1) if word[at] in "aeiou" and len(word) > _SHORTEST
    ]
    yield from (form for form in dict.fromkeys(forms) if form != word and not is_english(form))


@lru_cache(maxsize=4096)
def _fits(token: str, word: str) -> int:
    """Return how many of a word's letters a coded token writes; 0 where it is no code for it."""
    pieces = _PIECE.findall(token)
    pattern = "".join(piece.lower() if piece.isascii() and piece.isalpha() else "[a-z]*" for piece in pieces)
    own = sum(piece.isascii() and piece.isalpha() for piece in pieces)
    return own if own < len(word) + 1 and re.fullmatch(pattern, word) else 0


def _coded(case: Case, field: str, name: Name, word: str) -> Iterator[_Found]:
    """Yield where a field writes the word with some letters hidden: half of them are its own, or a third in plain code."""
    spoken = bool(first_cue(case.view.whole, "coded", "cues"))
    for token in _TOKEN.finditer(case.view.fields[field].text[:_READ]):
        own = _fits(token.group(), word)
        enough = own * (3 if spoken else 2) >= len(word)
        if own >= _FEWEST and enough and len(token.group()) <= 3 * len(name.folded):
            yield _Found(Span(field, token.start(), token.end()), own, len(word))


def _told(case: Case, field: str, word: str) -> Iterator[_Found]:
    """Yield where a field says how the name begins, and goods of the right's classes are for sale."""
    for hint in _HINT.finditer(case.view.fields[field].text[:_READ]):
        letters = (hint["before"] or hint["after"]).lower()
        if case.sold and word.startswith(letters) and (len(letters) == _FEWEST or not is_english(letters)):
            yield _Found(Span(field, hint.start(), hint.end()), len(letters), len(word), told=True)


DETECTOR = CodedLatinRule()

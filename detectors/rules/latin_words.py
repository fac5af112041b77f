"""Latin marks of several words: with words put between, in another order, over two fields, or only their first word."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from detectors.case import Case
from detectors.english import is_english
from detectors.normalise import Gap
from detectors.profile import Name, Profile, latin_words
from detectors.rulekit import Rule, example, kind_label, marked, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_SHORTEST = 3
_SHORTEST_ALONE = 5
_MOST_WORDS = 4
_BETWEEN = 18
_FIELDS = {"title": 1.0, "description": 0.85}


@dataclass(frozen=True, slots=True)
class _Found:
    """All words of a name near one another: their span, what stands between them, whether in the name's order."""

    span: Span
    between: str
    ordered: bool


class LatinWordsRule(Rule):
    """`words.inserted`: all words of a Latin mark of two to four words, with other words between them.

    `words.reordered`: in another order. `words.two_fields`: one in the title or as the brand, the rest as an attribute's value.
    `words.first`: its first word alone, where that is no English word and the right's goods are named. Marks that are
    English words throughout need their goods named for any of it.
    """

    name = "latin_words"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the words: one that is no English word by itself, others as halves."""
        for number, name in enumerate(profile.names):
            for place, word in enumerate(_words(name)):
                alone = not is_english(word) and len(word) >= _SHORTEST_ALONE
                yield Needle(
                    Layer.PLAIN, word, self.name, f"{number} {place}", "" if alone else "tail" if place else "head"
                )

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the first clue of each name: the words together, else in two fields, else the first alone."""
        for number, name in enumerate(case.profile.names):
            words = _words(name)
            if not words or (all(map(is_english, words)) and not case.goods_named):
                continue
            places = [list(self._standing(case, f"{number} {place}")) for place in range(len(words))]
            together = next(_together(case, name, places), None)
            if together is not None:
                yield self._near(case, name, together)
            elif (apart := next(_apart(case, places), None)) is not None:
                yield self._two_fields(case, name, *apart)
            elif (first := next(_alone(case, name, words, places), None)) is not None:
                yield self._first(case, name, first)

    def _standing(self, case: Case, meta: str) -> Iterator[Match]:
        """Yield where a word of the name stands as a word."""
        for match in case.mine(self.name, meta):
            if match.span.field != "seller" and case.is_word(match.span):
                yield match

    def _near(self, case: Case, name: Name, found: _Found) -> Clue:
        where, right, tail = case.where(found.span), kind_label(case.profile.right), standing(case)
        distinct = not all(map(is_english, latin_words(name.original)))
        score = (0.72 if distinct else 0.58) * _FIELDS.get(found.span.field, 0.95)
        how = Text("词序颠倒", "its words are in another order")
        if found.ordered:
            how = Text(f"中间插入“{found.between}”", f"“{found.between}” put between its words")
        return Clue(
            self.name,
            "words.inserted" if found.ordered else "words.reordered",
            round(score, 4),
            Text(
                f"{where.zh}含有{right.zh}的名称“{name.original}”的全部单词,{how.zh};{tail.zh}。",
                f"{where.en} holds all words of “{name.original}”, the name of {right.en}; {how.en}; {tail.en}.",
            ),
            span=found.span,
        )

    def _two_fields(self, case: Case, name: Name, one: Span, other: Span) -> Clue:
        here, there, right, tail = case.where(one), case.where(other), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            "words.two_fields",
            0.66 if case.goods_named else 0.56,
            Text(
                f"{here.zh}与{there.zh}相连即为{right.zh}的名称“{name.original}”;{tail.zh}。",
                f"{here.en} and {there.en}, put together, are “{name.original}”, the name of {right.en}; {tail.en}.",
            ),
            span=one,
        )

    def _first(self, case: Case, name: Name, span: Span) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        score = (0.64 if marked(case, span) else 0.58) * _FIELDS.get(span.field, 0.95)
        return Clue(
            self.name,
            "words.first",
            round(score, 4),
            Text(
                f"{where.zh}是{right.zh}的名称“{name.original}”的首词,用在其核定的商品“{case.goods_named}”上;{tail.zh}。",
                f"{where.en} is the first word of “{name.original}”, the name of {right.en}, used for its goods "
                f"(“{case.goods_named}”); {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("Dolvane Peak", "Dolvane Alpine Peak 羊毛围巾", rule="words.inserted", says=True, goods=goods)
        yield example(
            "Dolvane Peak", "Peak Dolvane 羊毛围巾", rule="words.reordered", says=True, goods=goods, alert=True
        )
        series = {"attributes": {"系列": "Peak"}}
        yield example("Dolvane Peak", "Dolvane 女士", rule="words.two_fields", says=True, listing=series, alert=True)
        yield example("Dolvane Peak", "Dolvane 羊毛围巾", rule="words.first", says=True, goods=goods, alert=True)
        yield example("Dolvane Peak", "Dolvane 汽车脚垫", rule="words.first", says=False, goods=goods)
        yield example("Golden Heron", "Golden 羊毛围巾", rule="words.first", says=False, goods=goods, alert=False)
        title = "heron print, golden frame"
        yield example("Golden Heron", title, rule="words.reordered", says=False, goods=goods, alert=False)


def _words(name: Name) -> tuple[str, ...]:
    """Return the words of a Latin name of two to four words; () for other names."""
    words = latin_words(name.original)
    whole = 2 <= len(words) <= _MOST_WORDS and "".join(words) == name.folded and len(set(words)) == len(words)
    return words if whole and all(len(word) >= _SHORTEST and word.isalpha() for word in words) else ()


def _together(case: Case, name: Name, places: list[list[Match]]) -> Iterator[_Found]:
    """Yield where all words stand in one field, in one clause, few letters apart, and not as the name itself."""
    for row in product(*(found[:6] for found in places)):
        field = row[0].span.field
        if any(match.span.field != field for match in row):
            continue
        plain = case.view.fields[field].plain
        inside = sorted(row, key=lambda match: match.start)
        low, high = inside[0].start, inside[-1].end
        if high - low - len(name.folded) > _BETWEEN or plain.widest_gap(low, high) >= Gap.CLAUSE:
            continue
        ordered, span = inside == list(row), Span(field, *plain.original(low, high))
        between = case.view.fields[field].text[inside[0].span.end : inside[1].span.start].strip(" -'’.&·")
        if plain.text[low:high] != name.folded and (between.isascii() or not ordered):
            yield _Found(span, between, ordered)


def _apart(case: Case, places: list[list[Match]]) -> Iterator[tuple[Span, Span]]:
    """Yield a word in the title or as a brand and another that is all of an attribute's value: a name of two words."""
    if len(places) != 2:
        return
    for one, other in (*product(*places), *product(*reversed(places))):
        whole = case.field(other.span).plain.text == other.needle.text
        leads = one.span.field == "title" or case.view.is_attribute(one.span.field, "brand")
        if leads and one.span.field != other.span.field and other.span.field.startswith("attributes.") and whole:
            yield one.span, other.span


def _alone(case: Case, name: Name, words: tuple[str, ...], places: list[list[Match]]) -> Iterator[Span]:
    """Yield where the first word stands without the rest, beside the right's goods."""
    if is_english(words[0]) or len(words[0]) < _SHORTEST_ALONE or not case.goods_named:
        return
    for match in places[0]:
        plain = case.field(match.span).plain
        start = plain.locate(match.span.start, match.span.end)[0]
        if not plain.text.startswith(name.folded, start) and match.span.field != "description":
            yield match.span


DETECTOR = LatinWordsRule()

"""A Chinese mark of three characters and more that is said for short, or has other words put between its halves."""

from collections.abc import Iterable, Iterator
from itertools import product

from detectors import words
from detectors.case import Case
from detectors.normalise import Folded, Gap, is_han
from detectors.profile import Name, Profile, latin_words
from detectors.rulekit import Rule, example, kind_label, marked, standing
from detectors.types import Clue, Example, Layer, Needle, Span, Stage
from records.model import Text

_SHORTEST = 4
_BETWEEN = 7
_SURE = 3
_INITIALED = 4
_THREE = 3
_LINKS = ("", "家", "某", "什么", "牌")
_FAMILIAR = "小大老阿新"


class ShortenedRule(Rule):
    """`shortened.head`: the first part of a mark, no dictionary word, stands as a brand before the right's goods; of three
    characters the first two, or the last two of 小某某 and the like, set off by a space.

    `shortened.initial`: the initial of a Latin mark's first word with its second word, also as “N家…”. `shortened.parted`: both halves of a
    mark with up to seven other characters between them. The right's goods must be named, and one half be no dictionary word.
    """

    name = "shortened"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the first part of each long Chinese name, its halves, and an initial with the second word."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) == _THREE:
                for part in _two_of_three(name.folded):
                    yield Needle(Layer.PLAIN, part, self.name, f"{number} short")
            if name.han and len(name.folded) >= _SHORTEST:
                head, tail = _halves(name)
                for size in range(len(head), len(name.folded)):
                    if not words.is_word(name.folded[:size]):
                        yield Needle(Layer.PLAIN, name.folded[:size], self.name, f"{number} alone")
                        break
                yield Needle(Layer.PLAIN, head, self.name, f"{number} head", "head")
                yield Needle(Layer.PLAIN, tail, self.name, f"{number} tail", "tail")
            parts = latin_words(name.original)
            if len(parts) == 2 and "".join(parts) == name.folded and len(parts[1]) >= _INITIALED:
                for link in _LINKS:
                    yield Needle(Layer.PLAIN, parts[0][0] + link + parts[1], self.name, f"{number} initial")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a name: its halves, its first part, its initial."""
        if not case.sold:
            return
        for number, name in enumerate(case.profile.names):
            if (parted := next(_parted(case, self.name, number, name), None)) is not None:
                yield self._clue(case, name, parted, "parted")
            elif (head := next(_alone(case, self.name, number, name), None)) is not None:
                yield self._clue(case, name, head, "head")
            elif (short := next(_set_apart(case, self.name, number), None)) is not None:
                yield self._clue(case, name, short, "head")
            for match in case.mine(self.name, f"{number} initial"):
                if match.span.field != "seller" and case.is_word(match.span):
                    yield self._clue(case, name, match.span, "initial")
                    break

    def _clue(self, case: Case, name: Name, span: Span, rule: str) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        score = 0.6 if rule == "parted" or len(_halves(name)[0]) >= _SURE or marked(case, span) else 0.56
        how = {
            "parted": Text("前后两部分之间插入了其他文字", "with other words between its two halves"),
            "head": Text("只取其中一部分", "by one part of it only"),
            "initial": Text("首词缩写为首字母", "with its first word cut to the initial"),
        }[rule]
        return Clue(
            self.name,
            f"shortened.{rule}",
            score * (0.85 if span.field == "description" else 1.0),
            Text(
                f"{where.zh}近似{right.zh}的名称“{name.original}”({how.zh}),用在“{case.sold}”上;{tail.zh}。",
                f"{where.en} is close to “{name.original}”, the name of {right.en} ({how.en}), used for "
                f"“{case.sold}”; {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("岚鹿山坡", "岚鹿 羊毛围巾", rule="shortened.head", says=True, goods=goods, alert=True)
        yield example("岚鹿山坡", "冬日岚鹿谷 羊毛围巾", rule="shortened.head", says=False, goods=goods)
        yield example("岚鹿坡", "岚鹿 羊毛围巾", rule="shortened.head", says=True, goods=goods, alert=True)
        yield example("岚鹿坡", "岚鹿釉 羊毛围巾", rule="shortened.head", says=False, goods=goods, alert=False)
        yield example("山坡岚鹿", "山坡 羊毛围巾", rule="shortened.head", says=False, goods=goods)
        yield example(
            "岚鹿匠织", "岚鹿工业级匠织 羊毛围巾", rule="shortened.parted", says=True, goods=goods, alert=True
        )
        yield example("岚鹿匠织", "岚鹿。羊毛匠织围巾", rule="shortened.parted", says=False, goods=goods)
        yield example("Dolvane Forge", "D.Forge 羊毛围巾", rule="shortened.initial", says=True, goods=goods, alert=True)
        yield example("Dolvane Forge", "Forge 羊毛围巾", rule="shortened.initial", says=False, goods=goods)


def _halves(name: Name) -> tuple[str, str]:
    """Return both parts of a Chinese name; of an odd number the first is the longer."""
    half = (len(name.folded) + 1) // 2
    return name.folded[:half], name.folded[half:]


def _parted(case: Case, detector: str, number: int, name: Name) -> Iterator[Span]:
    """Yield where the halves stand in order in one clause of a title or brand, few characters apart."""
    if not name.han or all(map(words.is_word, _halves(name))):
        return
    for head, tail in product(case.mine(detector, f"{number} head"), case.mine(detector, f"{number} tail")):
        view = case.field(head.span)
        between = tail.start - head.end
        if head.span.field != tail.span.field or head.span.field in {"seller", "description"}:
            continue
        if 1 < between <= _BETWEEN and view.plain.widest_gap(head.start, tail.end) < Gap.CLAUSE:
            yield Span(head.span.field, head.span.start, tail.span.end)


def _alone(case: Case, detector: str, number: int, name: Name) -> Iterator[Span]:
    """Yield where the first part begins the title, is quoted or a brand, and is set off or joined to the goods."""
    for match in case.mine(detector, f"{number} alone"):
        plain = case.field(match.span).plain
        if match.span.field in {"seller", "description"} or plain.text.startswith(name.folded, match.start):
            continue
        if words.crossing(case.field(match.span).simplified, match.span.start, match.span.end):
            continue
        begins = match.start == 0 or plain.gaps[match.start] >= Gap.SYMBOL or marked(case, match.span)
        end = match.end
        while end < len(plain.text) and plain.text[match.start : end + 1] == name.folded[: end + 1 - match.start]:
            end += 1
        if begins and _set_off(case, plain, end):
            yield Span(match.span.field, *plain.original(match.start, end))


def _two_of_three(name: str) -> tuple[str, ...]:
    """Return two characters that may stand for a name of three: no dictionary words."""
    parts = (name[:2], name[1:]) if name[0] in _FAMILIAR else (name[:2],)
    return tuple(part for part in parts if part[0] not in _FAMILIAR and not words.is_word(part))


def _set_apart(case: Case, detector: str, number: int) -> Iterator[Span]:
    """Yield where two of three characters open the title, or are a brand, and a space or sign follows."""
    for match in case.mine(detector, f"{number} short"):
        plain = case.field(match.span).plain
        branded = case.view.is_attribute(match.span.field, "brand")
        if not (branded or (match.span.field == "title" and match.start == 0)):
            continue
        if plain.widest_gap(match.start, match.end) > Gap.INVISIBLE:
            continue
        if match.end == len(plain.text) or plain.gaps[match.end] >= Gap.SYMBOL:
            yield match.span


def _set_off(case: Case, plain: Folded, end: int) -> bool:
    """Whether a gap, the goods or letters follow."""
    if end == len(plain.text) or plain.gaps[end] >= Gap.SYMBOL:
        return True
    rest = plain.text[end:]
    return rest.startswith(case.sold) or not is_han(rest[0])


DETECTOR = ShortenedRule()

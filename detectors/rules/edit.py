"""One change: a character put in, left out or replaced by one that looks or sounds like it; letters mistyped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from detectors import words
from detectors.case import Case
from detectors.normalise import Folded, Gap, is_han
from detectors.profile import Name, Profile, latin_words
from detectors.rulekit import Rule, example, kind_label, marked, standing
from detectors.shapes import likeness, neighbours
from detectors.sound import same_sound
from detectors.types import Clue, Example, Layer, Needle, Span, Stage
from detectors.view import LEET
from records.model import Text

_HAN_MIN = 3
_SWAPPED = 5
_MASKS = "某几口"
_SURE_SHAPE = 0.7
_LATIN_MIN = 6
_LATIN_SHORT = 4
_LATIN_LONG = 10
_ONE_FORM = str.maketrans("01345789|i", "oleastbgll")
_WEAK_TYPO = 0.42


@dataclass(frozen=True, slots=True)
class _Change:
    """What was changed: the rule, how suspicious, and the step in words."""

    rule: str
    score: float
    step: Text
    weak: bool = False


class EditRule(Rule):
    """`edit.inserted`, `edit.left_out`, `edit.lookalike`, `edit.replaced`: one character of a Chinese name.

    `edit.typo`, `edit.digits`: letters of a Latin name, within one change (two from ten letters on). Anchored on
    an unchanged half of the name. A name of several words with one of them mistyped may be other words: without the right's goods
    or a brand's signs it scores low. `edit.masked`: 某, a letter or the like stands for a character. `edit.reordered`: the
    halves of a name of four characters and more are swapped, or two neighbours of a mark.
    For geographical indications a character must look or sound like the one that it replaces.
    """

    name = "edit"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the halves of each name that is long enough to survive a change."""
        for number, name in enumerate(profile.names):
            makers = _han_needles(name.folded, swaps=not profile.is_gi) if name.han else _latin_needles(name.folded)
            for layer, text, note, beside in makers:
                yield Needle(layer, text, self.name, f"{number} {note}", "", beside, max(1, len(beside) - 1))

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a place."""
        taken: list[Span] = []
        for match in case.mine(self.name):
            number, offset = (int(part) for part in match.needle.meta.split())
            name, layer = case.profile.names[number], case.field(match.span).plain
            start = layer.locate(match.span.start, match.span.end)[0]
            found = _found(case, match.span, start, offset, name)
            if found is None:
                continue
            low, high, change = found
            span = Span(match.span.field, *layer.original(low, high))
            if not any(span.overlaps(other) for other in taken):
                taken.append(span)
                yield _clue(case, span, name, change)

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("岚鹿山坡", "岚鹿之山坡 羊毛围巾", rule="edit.inserted", says=True, goods=("围巾",))
        yield example("岚鹿山坡", "岚鹿山陂 羊毛围巾", rule="edit.lookalike", says=True, goods=("围巾",))
        yield example("岚鹿山坡", "某鹿山坡 羊毛围巾", rule="edit.masked", says=True, goods=("围巾",))
        yield example("Dolvane", "D0lvane shirt", rule="edit.digits", says=True, goods=("服装",))
        yield example("岚鹿山坡", "山坡·岚鹿 羊毛围巾", rule="edit.reordered", says=True, goods=("围巾",), alert=True)
        yield example("Silvan Hoof", "S1LVAN H00F boots", rule="edit.digits", says=True, goods=("皮靴",), alert=True)
        yield example("Silvan Hoof", "silvan roof coating", rule="edit.typo", says=True, goods=("皮靴",), alert=False)
        yield example("岚鹿山坡", "岚鹿 羊毛围巾", rule="edit.left_out", says=False, goods=("围巾",))


_Anchor = tuple[Layer, str, int, str]
_ANYWHERE = ""


def _han_needles(name: str, *, swaps: bool) -> Iterator[_Anchor]:
    """Yield layer, text, offset in the name (below 0 for changed orders), and characters that must stand beside it."""
    size = len(name)
    if size < _HAN_MIN:
        return
    half = max(2, size // 2)
    for part, at, other in ((name[:half], 0, name[half:]), (name[-half:], size - half, name[:-half])):
        yield Layer.PLAIN, part, at, "".join(dict.fromkeys(other)) if len(other) > 1 else _ANYWHERE
    if size > _HAN_MIN:
        yield Layer.PLAIN, name[half:] + name[:half], -1, _ANYWHERE
    if swaps and size <= _SWAPPED:
        yield from ((Layer.PLAIN, form, -2, _ANYWHERE) for form in _swapped(name))
    if size == _HAN_MIN:
        yield from ((Layer.PLAIN, name[0] + other + name[2], 0, _ANYWHERE) for other in neighbours(name[1]))


def _latin_needles(name: str) -> Iterator[_Anchor]:
    """Yield the same for a Latin name."""
    size, half = len(name), len(name) // 2
    if size < _LATIN_SHORT:
        return
    if size >= _LATIN_MIN:
        yield Layer.PLAIN, name[:half], 0, _ANYWHERE
        yield Layer.PLAIN, name[half:], half, _ANYWHERE
    for form in dict.fromkeys((name.translate(LEET), name.translate(_ONE_FORM))):
        yield Layer.SKELETON, form, 0, _ANYWHERE


def _swapped(name: str) -> tuple[str, ...]:
    """Return a name with two neighbouring characters swapped."""
    forms = (name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1))
    return tuple(dict.fromkeys(form for form in forms if form != name))


def _found(case: Case, span: Span, start: int, offset: int, name: Name) -> tuple[int, int, _Change] | None:
    """Return the folded span and the change at an anchor, or None."""
    layer = case.field(span).plain
    if offset < 0:
        end = start + len(name.folded)
        if layer.widest_gap(start, end) >= Gap.CLAUSE or name.folded == layer.text[start:end]:
            return None
        score = 0.66 if case.goods_named else 0.45
        if offset < -1:
            text, at = case.field(span).simplified, (span.start, span.end)
            if not case.goods_named or words.natural(text, *at) or words.crossing(text, *at):
                return None
            score = 0.57
            return (
                start,
                end,
                _Change("reordered", score, Text("相邻两字对调", "two neighbouring characters are swapped")),
            )
        return start, end, _Change("reordered", score, Text("前后两部分对调", "its halves are swapped"))
    return _han(case, layer, start, offset, name) if name.han else _latin(case, span.field, start, offset, name)


def _han(case: Case, layer: Folded, start: int, offset: int, name: Name) -> tuple[int, int, _Change] | None:
    """Try one change in a Chinese name whose unchanged half was found."""
    size = len(name.folded)
    for length in (size, size + 1, size - 1):
        shift = offset + (length - size if offset else 0)
        low, high = start - shift, start - shift + length
        if low < 0 or high > len(layer.text) or layer.widest_gap(low, high) >= Gap.CLAUSE:
            continue
        change = _change(name.folded, layer.text[low:high])
        if (
            change is None
            or (case.profile.is_gi and _cuts_into(layer, low, name, change))
            or not _unusual(layer, low, high, change, sold=bool(case.sold))
            or (case.profile.is_gi and change.weak)
        ):
            continue
        return low, high, change
    return None


def _cuts_into(layer: Folded, low: int, name: Name, change: _Change) -> bool:
    """Whether a place that lost a character only begins inside another word: 景|德白瓷."""
    left = change.rule == "left_out" and layer.text[low + 1 : low + 2] != name.folded[1]
    return left and low > 0 and layer.gaps[low] <= Gap.INVISIBLE and is_han(layer.text[low - 1])


def _unusual(layer: Folded, low: int, high: int, change: _Change, *, sold: bool) -> bool:
    """Whether the place is not just everyday words side by side."""
    text = layer.text[max(0, low - 12) : high + 12]
    start = low - max(0, low - 12)
    if change.rule == "inserted" and not sold and layer.widest_gap(low, high) >= Gap.SPACE:
        return False
    loose = change.rule in {"left_out", "replaced"} or change.score < _SURE_SHAPE
    if loose and words.natural(text, start, start + high - low):
        return False
    crossed = words.crossing(text, start, start + high - low)
    begun = change.rule == "inserted" and change.score < _SURE_SHAPE and crossed[:1] == text[start - 1 : start]
    return not crossed or not (high - low < 4 or begun)


def _change(name: str, other: str) -> _Change | None:
    """Return the one change that turns `name` into `other`, or None."""
    if name == other or sum(not is_han(char) for char in other) > (len(other) == len(name) > _HAN_MIN):
        return None
    if len(other) == len(name):
        differing = [(own, seen) for own, seen in zip(name, other, strict=True) if own != seen]
        return _replaced(name, other, *differing[0]) if len(differing) == 1 else None
    longer, shorter = (other, name) if len(other) > len(name) else (name, other)
    for position in range(1, len(longer) - 1):
        if longer[:position] + longer[position + 1 :] == shorter:
            char = longer[position]
            if longer is other:
                score = 0.72 if len(name) > _HAN_MIN else 0.5
                return _Change("inserted", score, Text(f"插入“{char}”字", f"“{char}” put in"))
            if len(name) > 3:
                return _Change("left_out", 0.62, Text(f"略去“{char}”字", f"“{char}” left out"))
    return None


def _replaced(name: str, other: str, own: str, seen: str) -> _Change | None:
    if len(name) > _HAN_MIN and (seen in _MASKS or seen.isascii()):
        return _Change("masked", 0.74, Text(f"以“{seen}”代替“{own}”", f"“{seen}” stands for “{own}”"))
    if like := likeness(own, seen):
        score = (0.84 if len(name) > 3 else 0.72) if like == 1 else (0.72 if len(name) > 3 else 0.6)
        return _Change("lookalike", score, Text(f"{own}→{seen}(字形相近)", f"{own}→{seen}, similar in shape"))
    if same_sound(own, seen):
        return _Change(
            "replaced", 0.8 if len(name) > 3 else 0.66, Text(f"{own}→{seen}(同音)", f"{own}→{seen}, same sound")
        )
    if len(name) > 3 and name[0] == other[0]:
        return _Change("replaced", 0.45, Text(f"{own}→{seen}", f"{own}→{seen}"), weak=True)
    return None


def _latin(case: Case, field: str, start: int, offset: int, name: Name) -> tuple[int, int, _Change] | None:
    """Try small changes in a Latin name whose unchanged half was found."""
    layer, size = case.view.fields[field].plain, len(name.folded)
    limit = 2 if size >= _LATIN_LONG else 1
    for length in (size, size + 1, size - 1):
        shift = offset + (length - size if offset else 0)
        low, high = start - shift, start - shift + length
        if low < 0 or high > len(layer.text) or not _bordered(layer, low, high):
            continue
        seen = layer.text[low:high]
        if seen == name.folded:
            return None
        if size < _LATIN_MIN and not (case.goods_named and seen[0].isalpha() and any(map(str.isdigit, seen))):
            continue
        if seen.translate(_ONE_FORM) == name.folded.translate(_ONE_FORM):
            return (
                low,
                high,
                _Change("digits", 0.86, Text("以数字代替形近字母", "digits for letters that look like them")),
            )
        if (
            size >= _LATIN_MIN
            and _distance(seen, name.folded) <= limit
            and seen not in {name.folded + "s", name.folded + "es"}
        ):
            return (
                low,
                high,
                _Change(
                    "typo",
                    _typo_score(case, Span(field, *layer.original(low, high)), name),
                    Text("字母增减、替换或换位", "letters added, left out, replaced or swapped"),
                ),
            )
    return None


def _distance(seen: str, name: str) -> int:
    """Return how many changes turn one into the other; all digits for letters that look like them count as one."""
    alike = OSA.distance(seen.translate(_ONE_FORM), name.translate(_ONE_FORM)) + (seen.isalpha() is False)
    return min(OSA.distance(seen, name), alike)


def _typo_score(case: Case, span: Span, name: Name) -> float:
    """Return how suspicious a mistyped name is: other words may stand there where it has several."""
    several = len(latin_words(name.original)) > 1
    return _WEAK_TYPO if several and not (case.goods_named or case.profile.is_gi or marked(case, span)) else 0.66


def _bordered(layer: Folded, low: int, high: int) -> bool:
    """Whether the span is whole words."""

    def letter(position: int) -> bool:
        return 0 <= position < len(layer.text) and layer.text[position].isascii()

    before = letter(low - 1) and layer.gaps[low] <= Gap.INVISIBLE
    after = letter(high) and layer.gaps[high] <= Gap.INVISIBLE
    return not before and not after and layer.widest_gap(low, high) < Gap.CLAUSE


def _clue(case: Case, span: Span, name: Name, change: _Change) -> Clue:
    where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
    score = change.score * {"title": 1.0, "seller": 0.6, "description": 0.85}.get(span.field, 0.95)
    return Clue(
        "edit",
        f"edit.{change.rule}",
        round(score, 4),
        Text(
            f"{where.zh}与{right.zh}的名称“{name.original}”近似:{change.step.zh};{tail.zh}。",
            f"{where.en} is close to “{name.original}”, the name of {right.en}: {change.step.en}; {tail.en}.",
        ),
        span=span,
    )


DETECTOR = EditRule()

"""Coded words of livestreams: filler words between a name's characters, with or without a letter for one of them."""

from collections.abc import Iterable

from detectors.case import Case
from detectors.grounds import shown as ground
from detectors.normalise import Folded, Gap
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import NAME_KINDS, Clue, Example, Layer, Needle, Span, Stage
from records.model import Text

_MIN = 3
_MIN_MASKED = 4
_MASKS = "某几口"
_MASKED_SCORE, _WHOLE_SCORE = 0.72, 0.7
_WEIGHTS = {"title": 1.0, "seller": 0.6, "description": 0.85}


class CodedRule(Rule):
    """`coded.fillers`: once fillers like 什么 and 的 are left out, the name stands there.

    At least two fillers inside the name, or one where a letter or 某 stands for a character besides: a single 的 between
    a place and a product is ordinary speech.
    """

    name = "coded"
    kinds = NAME_KINDS
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return each Chinese name, and its halves where one character may be masked."""
        for number, name in enumerate(profile.names):
            size = len(name.folded)
            if not name.han or size < _MIN:
                continue
            yield Needle(Layer.BARE, name.folded, self.name, f"{number} 0")
            if size >= _MIN_MASKED:
                half = size // 2
                yield Needle(Layer.BARE, name.folded[:half], self.name, f"{number} 0")
                yield Needle(Layer.BARE, name.folded[half:], self.name, f"{number} {half}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a place."""
        taken: set[Span] = set()
        for match in case.mine(self.name):
            number, offset = (int(part) for part in match.needle.meta.split())
            name, bare = case.profile.names[number], case.field(match.span).layer(Layer.BARE)
            if bare is None:
                continue
            low = match.start - offset
            masked = _masked(bare, low, name)
            if masked is None:
                continue
            span = Span(match.span.field, *bare.original(low, low + len(name.folded)))
            if span not in taken and _fillers(case, span, name) > (0 if masked else 1):
                taken.add(span)
                yield _clue(case, span, name, masked)

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("岚鹿山坡", "岚N的山什么坡 羊毛围巾", rule="coded.fillers", says=True, goods=goods)
        yield example("岚鹿山坡", "岚的鹿什么山坡 羊毛围巾", rule="coded.fillers", says=True, goods=goods)
        yield example("岚鹿山坡", "岚鹿的山坡 羊毛围巾", rule="coded.fillers", says=False, goods=goods)


def _masked(bare: Folded, low: int, name: Name) -> str | None:
    """Return the character that stands for one of the name's at `low` ("" for none), or None where the name is not."""
    seen = bare.text[max(0, low) : low + len(name.folded)]
    if low < 0 or len(seen) != len(name.folded) or bare.widest_gap(low, low + len(seen)) >= Gap.CLAUSE:
        return None
    others = [other for own, other in zip(name.folded, seen, strict=True) if own != other]
    if not others:
        return ""
    fits = len(others) == 1 and len(seen) >= _MIN_MASKED and (others[0].isascii() or others[0] in _MASKS)
    return others[0] if fits else None


def _fillers(case: Case, span: Span, name: Name) -> int:
    """Return how many runs of fillers lie inside the span."""
    plain = case.field(span).plain
    start, end = plain.locate(span.start, span.end)
    bare = case.field(span).layer(Layer.BARE)
    if bare is None or end - start == len(name.folded):
        return 0
    low, high = bare.locate(span.start, span.end)
    return sum(bare.origins[at] > bare.ends[at - 1] for at in range(low + 1, high))


def _clue(case: Case, span: Span, name: Name, masked: str) -> Clue:
    where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
    step = f",并以“{masked}”代替其中一字" if masked else ""
    step_en = f", with “{masked}” for one of its characters" if masked else ""
    score = (_MASKED_SCORE if masked else _WHOLE_SCORE) * _WEIGHTS.get(span.field, 0.95)
    return Clue(
        "coded",
        "coded.fillers",
        round(score, 4),
        Text(
            f"{where.zh}去掉插入的虚词后,与{right.zh}的名称“{name.original}”相同{step};{tail.zh}。",
            f"{where.en} reads “{name.original}”, the name of {right.en}, once filler words are left out{step_en}; "
            f"{tail.en}.",
        ),
        span=span,
        ground=ground("gi" if case.profile.is_gi else "trademark", case.profile.right, case.options.today),
    )


DETECTOR = CodedRule()

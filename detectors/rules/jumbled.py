"""Names with two neighbours swapped, or with more than one character replaced by others that look or sound alike."""

from collections.abc import Iterable, Iterator

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.shapes import likeness, neighbours
from detectors.sound import same_sound
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text
from records.terms import RightKind

_SHORTEST = 4
_SWAPPED_BY_EDIT = 5
"""Marks up to here are `edit.reordered`."""
_TURNED_FROM = 3
_TOLD = 8
_FIELDS = {"title": 1.0, "seller": 0.6, "description": 0.85}


class JumbledRule(Rule):
    """`jumbled.order`: two neighbouring characters of a name of four and more are swapped (of an indication's, or of a
    mark's that is longer than `edit` looks at).

    `jumbled.turned`: a name of three and more is written backwards, or with its end put first, beside its goods.
    `jumbled.alike`: two characters and more, at most half of the name, are replaced by others that look or sound like
    them. Everyday words side by side are no name.
    """

    name = "jumbled"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return swapped forms, and halves and middles that stand beside look-alikes of the rest."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) >= _TURNED_FROM:
                for form in _turned(name.folded):
                    yield Needle(Layer.PLAIN, form, self.name, f"{number} turned")
            if not name.han or len(name.folded) < _SHORTEST:
                continue
            if profile.is_gi or len(name.folded) > _SWAPPED_BY_EDIT:
                for form in _swapped(name.folded):
                    yield Needle(Layer.PLAIN, form, self.name, f"{number} order")
            for part, at in _kept(name.folded):
                others = name.folded[:at] + name.folded[at + len(part) :]
                beside = "".join(dict.fromkeys("".join("".join(neighbours(char)[:_TOLD]) for char in others)))
                if len(beside) > 1:
                    yield Needle(Layer.PLAIN, part, self.name, f"{number} {at}", beside=beside, least=2)

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a place."""
        taken: list[Span] = []
        for match in case.mine(self.name):
            number, how = match.needle.meta.split(" ")
            name = case.profile.names[int(number)]
            order = how in {"order", "turned"}
            found = self._order(case, match, name, how) if order else self._alike(case, match, name, int(how))
            if found is not None and found.span and not any(found.span.overlaps(other) for other in taken):
                taken.append(found.span)
                yield found

    def _order(self, case: Case, match: Match, name: Name, rule: str) -> Clue | None:
        view = case.field(match.span)
        plain, text = view.plain, view.simplified
        if plain.text[match.start : match.end] == name.folded or plain.widest_gap(match.start, match.end) >= Gap.CLAUSE:
            return None
        if words.natural(text, match.span.start, match.span.end):
            return None
        if rule == "turned":
            if not case.goods_named or not plain.is_word(match.start, match.end):
                return None
            how = Text("倒写或首尾换位", "it is written backwards, or with its end put first")
            return self._clue(case, match.span, name, rule, 0.6, how)
        score = 0.66 if case.profile.is_gi or case.goods_named else 0.5
        return self._clue(case, match.span, name, rule, score, Text("相邻两字对调", "two neighbours are swapped"))

    def _alike(self, case: Case, match: Match, name: Name, at: int) -> Clue | None:
        view = case.field(match.span)
        low = view.plain.locate(match.span.start, match.span.end)[0] - at
        high = low + len(name.folded)
        written = view.plain.text[max(0, low) : high]
        if low < 0 or len(written) != len(name.folded) or view.plain.widest_gap(low, high) >= Gap.CLAUSE:
            return None
        changed = [(own, seen) for own, seen in zip(name.folded, written, strict=True) if own != seen]
        if not 1 < len(changed) <= len(name.folded) // 2 or not all(_like(own, seen) for own, seen in changed):
            return None
        span = Span(view.name, *view.plain.original(low, high))
        if words.natural(view.simplified, span.start, span.end):
            return None
        steps = "、".join(f"{own}→{seen}" for own, seen in changed)
        how = Text(f"{steps},字形或读音相近", f"{steps}, alike in shape or sound")
        return self._clue(case, span, name, "alike", 0.72, how)

    def _clue(self, case: Case, span: Span, name: Name, rule: str, score: float, how: Text) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            f"jumbled.{rule}",
            round(score * _FIELDS.get(span.field, 0.95), 4),
            Text(
                f"{where.zh}与{right.zh}的名称“{name.original}”近似:{how.zh};{tail.zh}。",
                f"{where.en} is close to “{name.original}”, the name of {right.en}: {how.en}; {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        right = {"region": "砂陵省岚砾沟县", "goods": ("苦荞米",)}
        gi, goods = RightKind.GI, ("围巾",)
        yield example(
            "岚砾沟苦荞", "岚沟砾苦荞 500g", rule="jumbled.order", says=True, kind=gi, right=right, alert=True
        )
        yield example(
            "岚砾沟苦荞", "岚砾苦沟荞 500g", rule="jumbled.order", says=True, kind=gi, right=right, alert=True
        )
        yield example("岚砾沟苦荞", "岚砾沟苦荞 500g", rule="jumbled.order", says=False, kind=gi, right=right)
        for title, says in (("坡鹿岚 羊毛围巾", True), ("鹿坡岚 羊毛围巾", True), ("坡鹿岚 汽车脚垫", False)):
            yield example("岚鹿坡", title, rule="jumbled.turned", says=says, goods=goods, alert=says)
        yield example("丹鹿坡溪酒", "舟鹿坡溪洒 羊毛围巾", rule="jumbled.alike", says=True, goods=goods, alert=True)
        yield example("丹鹿坡溪酒", "小鹿坡溪边 羊毛围巾", rule="jumbled.alike", says=False, goods=goods, alert=False)


def _turned(name: str) -> tuple[str, ...]:
    """Return a name backwards, and with one or more of its last characters put first."""
    forms = (name[::-1], *(name[at:] + name[:at] for at in range(1, len(name))))
    return tuple(dict.fromkeys(form for form in forms if form != name))


def _swapped(name: str) -> tuple[str, ...]:
    forms = (name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1))
    return tuple(dict.fromkeys(form for form in forms if form != name))


def _kept(name: str) -> Iterator[tuple[str, int]]:
    """Yield what may be left of a name where two of its characters were replaced, with its place in it."""
    half = len(name) // 2
    yield name[:half], 0
    yield name[-half:], len(name) - half
    if len(name) > _SHORTEST:
        yield name[1:-1], 1


def _like(own: str, seen: str) -> bool:
    return is_han(seen) and (likeness(own, seen) > 0 or same_sound(own, seen))


DETECTOR = JumbledRule()

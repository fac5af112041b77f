"""Evocation of a geographical indication: 型, 式, 类, 风味, 同款, 仿, "style", "type", "like" beside its name or place."""

from collections.abc import Iterable

from detectors import kinds
from detectors.case import Case
from detectors.lexicon import Evocation, evocations
from detectors.normalise import Gap
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Example, Layer, Match, Needle, Stage
from records.model import Text
from records.terms import RightKind

_WORDS = {
    "type": Text("型", "“type”"),
    "style": Text("式、风格", "“style”"),
    "kind": Text("类", "“kind”"),
    "flavour": Text("风味", "“flavour”"),
    "same_model": Text("同款", "“same as”"),
    "imitation": Text("仿制", "“imitation”"),
}


class GiEvocationRule(Rule):
    """`evocation.type`, `.style`, `.kind`, `.flavour`, `.same_model`, `.imitation`: a word that leans on the name.

    Whether a true origin that is stated matters follows from the right's route, and is said. Beside the place alone, the
    goods must be named as well.
    """

    name = "gi_evocation"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the names and the places."""
        for name in profile.names:
            yield Needle(Layer.PLAIN, name.folded, self.name, "name")
        for place in profile.places:
            yield Needle(Layer.PLAIN, place, self.name, "place", "place")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a field and rule."""
        seen: set[tuple[str, str]] = set()
        for match in case.mine(self.name):
            if match.span.field == "seller" or (match.needle.meta == "place" and not case.goods_named):
                continue
            for way in evocations():
                cue = _cue(case, match, way)
                if cue and (match.span.field, way.rule) not in seen:
                    seen.add((match.span.field, way.rule))
                    yield self._clue(case, match, way.rule, cue)

    def _clue(self, case: Case, match: Match, rule: str, cue: str) -> Clue:
        where, right, word = case.where(match.span), kind_label(case.profile.right), _WORDS[rule]
        law = kinds.of(case.profile.right).test(case.profile.right).evoked
        score = (0.84 if match.needle.meta == "name" else 0.76) * (1.0 if match.span.field == "title" else 0.9)
        return Clue(
            self.name,
            f"evocation.{rule}",
            round(score, 4),
            Text(
                f"{where.zh}与“{cue}”连用,以“{word.zh}”的方式攀附{right.zh};{law.zh}。",
                f"{where.en} is used with “{cue}” and so leans on {right.en} by {word.en}; {law.en}.",
            ),
            span=match.span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented places and products."""
        right = {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        gi = RightKind.GI
        yield example("岚沟苦荞", "岚沟风味 苦荞面", rule="evocation.flavour", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "仿岚沟苦荞 500g", rule="evocation.imitation", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "岚沟苦荞 500g", rule="evocation.style", says=False, kind=gi, right=right)
        yield example("岚沟苦荞", "岚沟风味小馆 菜单", rule="evocation.flavour", says=False, kind=gi, right=right)


def _cue(case: Case, match: Match, way: Evocation) -> str:
    """Return the word straight after or before the match, or ""."""
    plain = case.field(match.span).plain
    start, end = plain.locate(match.span.start, match.span.end)
    low, high = plain.clause(start, end)
    for cue in way.after:
        if plain.text[end:high].startswith(cue) and _whole(plain.text, plain.gaps, end + len(cue), cue):
            return cue
    for cue in way.before:
        if plain.text[low:start].endswith(cue):
            return cue
    return ""


def _whole(text: str, gaps: tuple[Gap, ...], end: int, cue: str) -> bool:
    """Whether a Latin cue ends at a word border (a Chinese one always does)."""
    if not cue.isascii() or end >= len(text):
        return True
    return not text[end].isascii() or gaps[end] > Gap.INVISIBLE


DETECTOR = GiEvocationRule()

"""What the trade calls an indication for short: the first character of its place with the first or last of its product."""

from collections.abc import Iterable, Iterator

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Stage
from detectors.usage import by_measure
from records.model import Text
from records.terms import RightKind

_SHORTEST = 2
_SCORE = 0.57


class NicknameRule(Rule):
    """`nickname.short`: 岚荞 for 岚沟苦荞. As the first word of the title, set off, no dictionary word, and the
    product, one of the goods or a kind of them must be named beside it, or a weight of what the form itself names.
    """

    name = "nickname"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the short forms of each Chinese place and product."""
        for form in dict.fromkeys(_forms(profile)):
            yield Needle(Layer.PLAIN, form, self.name)

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where a short form opens the title."""
        match = next((match for match in case.mine(self.name) if _opens(case, match)), None)
        if match is None or not (sold := case.goods_named or _measured(case, match)):
            return
        where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
        yield Clue(
            self.name,
            "nickname.short",
            _SCORE,
            Text(
                f"{where.zh}是{right.zh}的地名与产品各取一字的简称,用在“{sold}”上;{tail.zh}。",
                f"{where.en} shortens {right.en} to one character each of its place and product, used for "
                f"“{sold}”; {tail.en}.",
            ),
            span=match.span,
        )

    def examples(self) -> Iterable[Example]:
        """An invented place and product."""
        right = {"region": "砂陵省岚沟县", "goods": ("苦荞", "苦荞米")}
        gi = RightKind.GI
        yield example(
            "岚沟苦荞", "岚荞 苦荞米 500g", rule="nickname.short", says=True, kind=gi, right=right, alert=True
        )
        yield example("岚沟苦荞", "岚荞 旅游地图", rule="nickname.short", says=False, kind=gi, right=right)
        yield example("岚沟苦荞", "山岚荞麦 苦荞米", rule="nickname.short", says=False, kind=gi, right=right)


def _forms(profile: Profile) -> Iterator[str]:
    """Yield the short forms: no dictionary words, and none of the right's own names."""
    known = {name.folded for name in profile.names}
    places = (place for place in profile.places if all(map(is_han, place)) and len(place) >= _SHORTEST)
    products = [item for item in profile.products if all(map(is_han, item))]
    for place in places:
        for item in products:
            for form in (place[0] + item[-1], place[0] + item[0]):
                if not words.is_word(form) and form not in known:
                    yield form


def _measured(case: Case, match: Match) -> str:
    """Return the character that names the product at the form's end where the title tells a weight: 岚醋 500ml; or ""."""
    last = match.needle.text[-1]
    return last if last in case.profile.cores and by_measure(case.view.fields["title"].plain_text) else ""


def _opens(case: Case, match: Match) -> bool:
    """Whether the form opens the title and a space or sign follows."""
    plain = case.field(match.span).plain
    if match.span.field != "title" or match.start or plain.widest_gap(0, match.end) > Gap.INVISIBLE:
        return False
    if words.crossing(case.field(match.span).simplified, match.span.start, match.span.end):
        return False
    return match.end < len(plain.text) and plain.gaps[match.end] >= Gap.SYMBOL


DETECTOR = NicknameRule()

"""Whether a page uses an indication's place and goods as one would use its name, though not the name itself.

Such a use is not excused by another origin that the page states: the law of indications forbids the name for goods from
elsewhere, their true origin given or not, in translation or shortened as well.
"""

from detectors.case import Case, first_cue
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap
from detectors.pairs import kind
from detectors.types import Match, Span

_PARTICLES = frozenset("的产之")
_CLAIM_REACH = 400
_LETTERS = 12


def like_a_name(case: Case) -> bool:
    """Whether the place stands straight before the goods in the title, or the page claims to be of an indication.

    A place that is the title's first word, set off, with the goods in another field, counts as well.
    """
    loose = [(clue.rule, span) for clue, span in case.text_finds if span.field == "title"]
    return any(
        _leads(case, span)
        if rule == "gi.across_fields"
        else rule == "gi.place_goods" and (_joined(case, span) or _claimed(case))
        for rule, span in loose
    )


def _leads(case: Case, place: Span) -> bool:
    """Whether the place begins the title as a word by itself."""
    plain = case.field(place).plain
    start, end = plain.locate(place.start, place.end)
    return start == 0 and end < len(plain.text) and plain.gaps[end] > Gap.INVISIBLE


def _joined(case: Case, span: Span) -> bool:
    """Whether goods follow a place of a find straight away, but for a particle, or a few letters in English."""
    plain = case.field(span).plain
    inside = [match for match in case.matches if match.span.field == span.field and match.span.overlaps(span)]
    ends = [_at(case, match)[1] for match in inside if kind(match).startswith("place")]
    starts = [_at(case, match)[0] for match in inside if kind(match).startswith(("goods", "product"))]
    if any(_beside(plain.text[end:start]) for end in ends for start in starts if start >= end):
        return True
    goods = (*case.profile.goods, *case.profile.products, *case.profile.kinds)
    goods += tuple(part for item in case.profile.products if len(item) > 1 for part in (item[-1], item[:-1]))
    return any(plain.text.startswith(goods, end) for end in ends)


def _at(case: Case, match: Match) -> tuple[int, int]:
    return case.field(match.span).plain.locate(match.span.start, match.span.end)


def _beside(between: str) -> bool:
    english = between.isascii() and between.isalpha() and len(between) <= _LETTERS
    return not between or between in _PARTICLES or english


def _claimed(case: Case) -> bool:
    """Whether the title or the beginning of the description claims the standing of an indication."""
    texts = (
        case.view.fields[name].plain.text[:_CLAIM_REACH]
        for name in ("title", "description")
        if name in case.view.fields
    )
    return any(
        bool(first_cue(text, "official_mark", "claims")) or any(cue in text for cue in lexicon("official_mark", "said"))
        for text in texts
    )

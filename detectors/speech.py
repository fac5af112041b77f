"""What is said around a name: that it is denied, or compared with. Shared by the weighing rules; general words only."""

import re
from collections.abc import Iterator
from functools import lru_cache

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap
from detectors.types import Clue, Span

_FILLERS = "真正宗产自来于的是纯原版装本品地道任何"
_NOT_NEGATING = ("莫非", "除非", "是非", "无非")
_NOT_COMPARING = ("性价比", "无比", "好比", "配比")
_REACH = 24
_BEYOND = 14
_TRIED = ("吃过", "喝过", "用过", "穿过", "买过", "试过")
_BETTER = ("更", "还好", "不如", "不比")


def parts(case: Case, clue: Clue, span: Span) -> Iterator[Span]:
    """Yield the places of an indication's name that lie inside a clue of the grammar, then the clue's own span."""
    if clue.rule.startswith("gi."):
        for match in case.matches:
            if match.needle.meta.startswith("place") and match.span.overlaps(span):
                yield match.span
    yield span


@lru_cache(maxsize=1)
def _before() -> re.Pattern[str]:
    cues = "|".join(map(re.escape, lexicon("negation", "before")))
    particles = "|".join(map(re.escape, lexicon("negation", "particles")))
    verbs = "|".join(map(re.escape, lexicon("negation", "verbs")))
    return re.compile(rf"({cues}|(?:{particles})(?:{verbs}))[{_FILLERS}]{{0,4}}$")


@lru_cache(maxsize=1)
def _english() -> re.Pattern[str]:
    cues = "|".join(map(re.escape, lexicon("negation", "english")))
    return re.compile(rf"({cues})(?:a|an|the|any)?$")


@lru_cache(maxsize=1)
def _after() -> re.Pattern[str]:
    cues = "|".join(map(re.escape, lexicon("negation", "after")))
    return re.compile(
        rf"(?:的|品牌|公司|官方|旗舰店|产品|产区|集团|店|家){{0,2}}(?:并|也|都|均)?({cues}|(?:没有|毫无|并无|无|没)"
        r"(?:任何|半点|一点|直接|什么)?(?:关系|关联|瓜葛|联系|合作|干系))"
    )


def denial(case: Case, span: Span) -> tuple[str, str]:
    """Return the word that denies the name or place at a span and "before" or "after", or ("", "").

    A promise is no denial: “不是…包退” and “非…不卖” affirm.
    """
    before, after = case.before(span, _REACH), case.after(span, _BEYOND)
    if any(cue in case.after(span, _BEYOND, clause=False) for cue in lexicon("negation", "affirming")):
        return "", ""
    if after.startswith(lexicon("negation", "affirming_next")):
        return "", ""
    found = _before().search(before)
    if found and not before[: found.end(1)].endswith(_NOT_NEGATING) and "是不是" not in before:
        return found.group(1), "before"
    found = _english().search(before)
    if found and _own_word(case, span, before, found.start()):
        return found.group(1), "before"
    found = _after().match(after)
    return (found.group(1), "after") if found else ("", "")


def comparison(case: Case, span: Span) -> str:
    """Return the word that compares with the name or place at a span, or ""."""
    before, after = case.before(span, _REACH), case.after(span, _BEYOND)
    for cue in lexicon("comparison", "before"):
        if not before.endswith(cue) or before.endswith(_NOT_COMPARING):
            continue
        if not cue.isascii() or _own_word(case, span, before, len(before) - len(cue)):
            return cue
    tried = next((word for word in _TRIED if before.endswith(word)), "")
    return tried if tried and after.startswith("的") and any(word in after for word in _BETTER) else ""


def _own_word(case: Case, span: Span, before: str, at: int) -> bool:
    """Whether letters that begin at `at` of the text before a span begin a word."""
    plain = case.field(span).plain
    start = plain.locate(span.start, span.end)[0] - (len(before) - at)
    return start == 0 or plain.gaps[start] > Gap.INVISIBLE or not plain.text[start - 1].isascii()

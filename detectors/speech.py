"""What is said around a name: that it is denied, or compared with. Shared by the weighing rules; general words only."""

import re
from collections.abc import Iterator
from functools import lru_cache

from detectors.case import Case, first_cue
from detectors.fitting import listed
from detectors.identity import own_identity
from detectors.lexicon import words as lexicon
from detectors.normalise import Folded, Gap, key
from detectors.types import Clue, Span

_FILLERS = "真正宗产自来于的是纯原版装本品地道任何"
_NOT_NEGATING = ("莫非", "除非", "是非", "无非")
_NOT_COMPARING = ("性价比", "无比", "好比", "配比", "计较", "占比", "对比度")
_REACH = 24
_BEYOND = 14
_ANSWER = 16
_SENTENCE = 30
_JOINED = ("与", "和", "跟", "同")
_TRIED = ("吃过", "喝过", "用过", "穿过", "买过", "试过")
_BETTER = ("更", "还好", "不如", "不比")
_PRICED = re.compile("(?:价格|价钱|售价|单价|只要|只需|仅需|不到|只有|相当于|为|是|约)$")
_FRACTION = re.compile("[^。]{0,6}?(一半|半价|三分之一|几分之一|[一二三四五六七八九]分之[一二三四]|零头)")
_LACKING = re.compile("(?:没有|并无|无|未获得?|未取得|未得到|未经|不具有|不是|非)$")
_LEAVE = re.compile("(?:品牌|官方|公司|商标)?的?(授权|许可|代理权|经销权|经销商|代理商|合作方)(?!店|书|证|可查|齐)")
_HOLDER = "的|品牌|公司|官方|旗舰店|商标|持有人|权利人|注册人|产品|产区|集团|原厂|厂家|厂商|协会|店|家"


def parts(case: Case, clue: Clue, span: Span) -> Iterator[Span]:
    """Yield the places of an indication's name that lie inside a clue of the grammar, then the clue's own span."""
    if clue.rule.startswith("gi."):
        for match in case.matches:
            if match.needle.meta.startswith("place") and match.span.overlaps(span):
                yield match.span
    yield span


def _any(table: str, name: str) -> str:
    return "|".join(map(re.escape, lexicon(table, name)))


@lru_cache(maxsize=1)
def _before() -> re.Pattern[str]:
    cues, particles, verbs = _any("negation", "before"), _any("negation", "particles"), _any("negation", "verbs")
    return re.compile(rf"({cues}|(?:{particles})(?:{verbs}))[{_FILLERS}]{{0,4}}$")


@lru_cache(maxsize=1)
def _english() -> re.Pattern[str]:
    return re.compile(rf"({_any('negation', 'english')})(?:a|an|the|any)?$")


@lru_cache(maxsize=1)
def _after() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{_HOLDER}){{0,4}}(?:产地|产区|产品|商品|品种|品牌)?(?:并|也|都|均|相)?({_any('negation', 'after')}|(?:没有|毫无|并无|无|没)"
        r"(?:任何|半点|一点|直接|什么)?(?:授权)?(?:关系|关联|瓜葛|联系|合作|干系|隶属))"
    )


@lru_cache(maxsize=1)
def _asked() -> re.Pattern[str]:
    return re.compile(rf"(?:{_any('negation', 'asking')})[^。]{{0,10}}$")


@lru_cache(maxsize=1)
def _answer() -> re.Pattern[str]:
    return re.compile(
        r"(?:不好意思|抱歉|答|回复|统一回复|解释一下|说明|这里|我们|本店|本品|其实|亲){0,3}"
        r"(不是|并不是|并非|不属于|否|没有关系|没有任何关系|没关系|无关|不一样|不卖|不售)"
    )


def denial(case: Case, span: Span) -> tuple[str, str]:
    """Return the word that denies the name or place at a span and "before" or "after", or ("", "").

    A promise is no denial: “不是…包退” and “非…不卖” affirm, and “如果不是…” and “难道不是…” deny nothing.
    """
    before, after = case.before(span, _REACH), case.after(span, _BEYOND)
    if answer := _answered(case, span, before):
        return answer, "after"
    if any(cue in case.after(span, _BEYOND, clause=False) for cue in lexicon("negation", "affirming")):
        return "", ""
    promises, goods = lexicon("negation", "affirming_next"), (*case.profile.products, *case.profile.goods)
    rest = next((after.removeprefix(good) for good in goods if after.startswith(good)), after)
    if (
        after.startswith(promises)
        or rest.startswith(promises)
        or any(cue in key(case.excerpt(span)) for cue in promises)
    ):
        return "", ""
    found = _before().search(_bare(case, before))
    if found and not _hollow(before, found) and "是不是" not in before:
        return found.group(1), "before"
    found = _english().search(before)
    if found and _own_word(case, span, before, found.start()):
        return found.group(1), "before"
    if leave := _without_leave(before, rest):
        return leave, "before"
    if before.endswith(_JOINED) and (told := _apart(after) or _apart(rest)):
        return told, "after"
    found = _after().match(after) or _after().match(rest)
    return (found.group(1), "after") if found else ("", "")


def _apart(after: str) -> str:
    """Return the word by which a text that follows two joined names tells them apart, or ""."""
    return next((cue for cue in lexicon("negation", "apart") if after.startswith(cue)), "")


def _without_leave(before: str, after: str) -> str:
    """Return the word by which a page says that it has no leave to use the name, or "": 无…授权, 未获…许可."""
    denied, leave = _LACKING.search(before), _LEAVE.match(after)
    return f"{denied.group()}…{leave.group(1)}" if denied and leave else ""


def _bare(case: Case, before: str) -> str:
    """Return the text before an indication's name without the wider places that belong to it: 不是某省|某某."""
    forms = sorted(case.profile.area.near | case.profile.area.wide, key=lambda form: (-len(form), form))
    for _ in range(3):
        before = before.rstrip("省市县旗盟区")
        before = next((before.removesuffix(form) for form in forms if before.endswith(form)), before)
    return before


def _hollow(before: str, found: re.Match[str]) -> bool:
    """Whether the word that denies belongs to a condition, a rhetorical question or another word."""
    if before[: found.end(1)].endswith(_NOT_NEGATING):
        return True
    return before[: found.start(1)].endswith(lexicon("negation", "supposing"))


def _answered(case: Case, span: Span, before: str) -> str:
    """Return the word by which a question that names the span is answered with no, or "": 是不是…?不是的。

    The answer must open a clause, and promise nothing (“不是…包退”).
    """
    plain = case.field(span).plain
    end = plain.locate(span.start, span.end)[1]
    asked = bool(_asked().search(before))
    for at in range(end, min(len(plain.text), end + _ANSWER)):
        asked = asked or plain.text[at - 1] in "吗么嘛"
        if plain.gaps[at] >= Gap.CLAUSE and asked:
            rest = plain.text[at : at + _REACH]
            found = _answer().match(rest)
            promised = any(cue in rest for cue in lexicon("negation", "affirming"))
            return found.group(1) if found and not promised and "不卖" not in rest[found.end() :] else ""
    return ""


@lru_cache(maxsize=1)
def _beside() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return patterns of a comparison: what ends before the name, what follows it then, and what follows it alone."""
    question, joining = _any("comparison", "question"), _any("comparison", "joining")
    return (
        re.compile(rf"({joining})$"),
        re.compile(rf"[^。]{{0,8}}?({question})|(比)(?![如例特赛])"),
        re.compile(rf"[^。]{{0,6}}?(?:(vs|pk|对比|对决)|(?:{joining}|还是)[^。]{{1,12}}?({question}))"),
    )


@lru_cache(maxsize=1)
def _cheaper() -> re.Pattern[str]:
    return re.compile(r"[^。]{0,4}?(?:更|还|要|都)?(?:便宜|划算|实惠|省钱|低价|优惠|一半|零头)")


def comparison(case: Case, span: Span) -> str:
    """Return the word that compares with the name or place at a span, or "".

    A mere price (“比…便宜”), a question (“…和…哪个好”) and “vs” compare only where the page shows that its goods go
    under another brand or come from another place: else the goods themselves may be meant.
    """
    before, after = case.before(span, _REACH), case.after(span, _BEYOND)
    for cue in lexicon("comparison", "before"):
        if not before.endswith(cue) or before.endswith(_NOT_COMPARING):
            continue
        if not cue.isascii() or _own_word(case, span, before, len(before) - len(cue)):
            weak = bool(_cheaper().match(after)) or cue in lexicon("comparison", "weak")
            return cue if not weak or own_identity(case) else ""
    tried = next((word for word in _TRIED if before.endswith(word)), "")
    if tried and after.startswith("的") and any(word in after for word in _BETTER):
        return tried
    return _side_by_side(case, span, before, after) or _tested(case, span)


def _tested(case: Case, span: Span) -> str:
    """Return the word by which a sentence tests or compares several names in a list that holds the span, or "".

    Only where the page's attributes state another brand, or an own one is spoken of.
    """
    before, after = listed(case, span)
    around = before[-1:] + after[:1]
    if not (set(around) & set("\u3001/\uff0f&") or before.endswith(_JOINED)) or not own_identity(case):
        return ""
    return first_cue(key(before[-_SENTENCE:] + after[:_SENTENCE]), "comparison", "tests")


def _side_by_side(case: Case, span: Span, before: str, after: str) -> str:
    """Return the word by which two names are set side by side, where the page's own goods go under another."""
    joined, then, alone = _beside()
    found = then.match(after) if joined.search(before) else None
    found = found or (_FRACTION.match(after) if _PRICED.search(before) else None)
    found = found or alone.match(after)
    if found is None or not own_identity(case):
        return ""
    word = str(next(filter(None, found.groups())))
    if not word.isascii():
        return word
    plain = case.field(span).plain
    start = plain.locate(span.start, span.end)[1] + found.start(found.lastindex or 0)
    return word if _word_at(plain, start, start + len(word)) else ""


def _word_at(plain: Folded, start: int, end: int) -> bool:
    return plain.is_word(start, min(end, len(plain.text)))


def _own_word(case: Case, span: Span, before: str, at: int) -> bool:
    """Whether letters that begin at `at` of the text before a span begin a word."""
    plain = case.field(span).plain
    start = plain.locate(span.start, span.end)[0] - (len(before) - at)
    return start == 0 or plain.gaps[start] > Gap.INVISIBLE or not plain.text[start - 1].isascii()

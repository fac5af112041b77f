"""What a title offers: the right's own goods, other goods made of them, and who is said to supply these. General words only."""

import re
from collections.abc import Iterator

from detectors import words
from detectors.case import Case, given
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, fold_char, key
from detectors.types import Span
from detectors.view import FieldView

_TITLE = 300
_READ = 1500
_CORE = 4
_HEAD = 2
_NEAR = 6
_GIFT = frozenset("送赠")
_WEIGHT = re.compile(r"\d(?:g|克|kg|千克|公斤|斤|ml|毫升)(?![a-z])")
_PACKAGES = "盒箱袋罐瓶坛桶"
_TAILS = "糕饼酥粥羹粽酒茶醋酱膏汤饭丸汁糖"
_SPARE = ("替换", "维修", "零件", "备件", "配件", "修补")
_SIZE = re.compile(r"\d{1,4}[a-z寸升码号]{0,2}")
_FIRM = (
    "有限责任公司|股份有限公司|有限公司|公司|合作社|合作联社|农场|牧场|茶厂|酒厂|酒庄|果业|米业|茶业|药业|酒业|牧业|肉业|"
    "乳业|枣业|粮业|农业|食品厂|加工厂|制品厂|集团"
)
_SUPPLIES = "供货|供应|供料|供果|供原料|提供|直供|授权供|供"
_FROM = "采购自|采自|购自|购于|来自|源自|由|向|供应商[为是]?|供货商[为是]?|供货方[为是]?|供应方[为是]?|原料商[为是]?"
_NAMED = re.compile(
    rf"[\u4e00-\u9fff]{{2,14}}?(?:{_FIRM})[^\u3002]{{0,4}}?(?:{_SUPPLIES})"
    rf"|(?:{_FROM})[\u4e00-\u9fff]{{2,14}}?(?:{_FIRM})"
)


def _own(case: Case) -> tuple[str, ...]:
    profile = case.profile
    return (*profile.goods, *profile.products, *(name.folded for name in profile.names))


def composite(case: Case, title: str = "") -> str:
    """Return the goods that the title offers where they are made of several things, and none of the right's: 月饼, 果酒.

    `title` stands for the listing's own where given. A gift (送月饼) is none, nor is a word that ends as the right's
    own goods do, unless it is known as another food.
    """
    given_title, own = title or case.view.listing.title[:_TITLE], _own(case)
    folded = key(given_title)
    for word in lexicon("composite", "foods"):
        if word in folded and not any(word in item for item in own) and not given(folded, word):
            return word
    ends = {item[-1] for item in (*case.profile.goods, *case.profile.products, *case.profile.kin)}
    for run in runs(given_title):
        if run[-1] in _TAILS and run[-1] not in ends and not set(run[-_NEAR:]) & _GIFT:
            return run[-_CORE:]
    return ""


def runs(title: str) -> list[str]:
    """Return a text's runs of Chinese characters, in simplified forms, of two characters and more."""
    return re.findall("[\u4e00-\u9fff]{2,}", "".join(fold_char(char) or char for char in title))


def sells_itself(case: Case, title: str = "") -> bool:
    """Whether the title (`title` where given) offers the right's goods and nothing made of them.

    Those are an indication's product, or a kind of a mark's goods.
    """
    folded, profile = key(title or case.view.listing.title[:_TITLE]), case.profile
    named = any(good in folded for good in (*profile.goods, *profile.products)) or (
        bool(profile.kin) and not profile.is_gi and any(word.endswith(profile.kin) for word, _, _ in words.cut(folded))
    )
    loosely = any(kind in folded for kind in profile.kinds) and not supplier(case)[0]
    return (named or loosely) and not composite(case, title)


def implement(case: Case, *, holding: bool = False) -> str:
    """Return the thing to work on, serve or keep goods with that the title offers, or "": 火腿架, 黄酒空坛.

    None where it tells a weight (unless `holding`: what a vessel can hold) or praises the goods, or where the thing
    is of the right's own goods or a gift.
    """
    title, own = case.view.listing.title[:_TITLE], _own(case)
    folded = key(title)
    if (_WEIGHT.search(folded) and not holding) or fresh(folded):
        return ""
    for run in runs(title):
        ends = run.endswith(lexicon("reference", "implement")) and not run.endswith(("装", *own))
        if run[-1] in _PACKAGES and not (holding or "空" in run):
            continue
        if ends and not set(run[-_NEAR:]) & _GIFT and not any(item in run for item in own if item[-1] == run[-1]):
            return run[-_CORE:]
    return ""


def accessory(case: Case) -> str:
    """Return the part or accessory that the title offers, or "": 密封圈, 背包防雨罩. None where a weight is told."""
    title, own = case.view.listing.title[:_TITLE], _own(case)
    if _WEIGHT.search(key(title)):
        return ""
    ends = lexicon("fitting", "ends")
    found = (
        run
        for run in runs(title)
        if (run.endswith(ends) or any(cue in run for cue in _SPARE))
        and not run.endswith(own)
        and not set(run[-_NEAR:]) & _GIFT
    )
    return next((run[-_CORE:] for run in found), "")


def goes_with(case: Case, span: Span) -> str:
    """Return the word at the end of a phrase that says what fits a name, after its goods or a size: 某某保温杯可用; or ""."""
    plain = case.field(span).plain
    end = plain.locate(span.start, span.end)[1]
    at = end + (size.end() if (size := _SIZE.match(plain.text[end : end + _NEAR])) else 0)
    wares = (*case.profile.goods, *case.profile.kinds, *case.profile.cores, case.sold)
    at += max((len(ware) for ware in wares if plain.text.startswith(ware, at)), default=0)
    for cue in (*lexicon("fitting", "after"), "用"):
        stop = at + len(cue)
        ends = stop >= len(plain.text) or plain.gaps[stop] >= Gap.SYMBOL
        if plain.text.startswith(cue, at) and (ends or plain.text.startswith(lexicon("fitting", "ends"), stop)):
            return cue
    return ""


def fresh(title: str) -> str:
    """Return the word of a folded title that praises goods as eaten, drunk or picked: 脆甜, 现摘; or ""."""
    return next((cue for cue in lexicon("goods", "praised") if cue in title), "")


def core(case: Case, firm: str) -> str:
    """Return what tells a firm's folded name from others: without its form, and without places of the right's area."""
    for suffix in lexicon("shop", "suffixes"):
        if firm.endswith(suffix):
            firm = firm.removesuffix(suffix)
            break
    forms = sorted(case.profile.area.near | case.profile.area.wide, key=lambda form: (-len(form), form))
    stripped = True
    while stripped:
        stripped = False
        for form in (*forms, "省", "市", "县", "旗"):
            if firm.startswith(form) and len(firm) - len(form) >= _HEAD:
                firm, stripped = firm.removeprefix(form), True
                break
    return firm


def listed_firms(case: Case) -> Iterator[str]:
    """Yield the forms in which the authorised sellers and the owner may be named in a text, fullest first."""
    for firm in sorted({*case.profile.sellers, key(case.profile.right.owner)}):
        own = core(case, firm)
        yield from (form for form in (firm, own) if len(form) >= _CORE)
        if len(own) > _CORE and not words.is_everyday(own[:_HEAD]):
            yield own[:_CORE]


def _texts(case: Case) -> Iterator[FieldView]:
    return (view for view in case.view if view.name != "seller")


def supplier(case: Case) -> tuple[str, bool]:
    """Return the firm that is said to supply, as written, and whether it is an authorised seller; ("", False) if none.

    What it does not show: that the firm did supply.
    """
    for view in _texts(case):
        text = view.plain_text[:_READ]
        for form in listed_firms(case):
            at = text.find(form)
            if at >= 0 and _supplies(text, at, at + len(form)):
                return form, True
    for view in _texts(case):
        if found := _NAMED.search(view.plain_text[:_READ]):
            return found.group()[:30], False
    return "", False


def _supplies(text: str, start: int, end: int) -> bool:
    """Whether a firm's name at a place of a folded text stands as a supplier's: 由…供货, 采购自…."""
    after = re.match(rf"[^\u3002]{{0,{_NEAR + 2}}}?(?:{_SUPPLIES})", text[end:])
    return bool(after) or bool(re.search(rf"(?:{_FROM})[^\u3002]{{0,{_NEAR}}}$", text[max(0, start - 14) : start]))


def in_firm(view: FieldView, start: int, end: int) -> str:
    """Return the firm's name that begins with the folded span of a field (a place), or ""."""
    found = re.match(rf"[\u4e00-\u9fff]{{0,12}}?(?:{_FIRM})", view.plain.text[end : end + 20])
    return view.plain.text[start:end] + found.group() if found else ""

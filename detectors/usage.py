"""What a name is used for on a page: the right's own goods, an ingredient of other goods, packaging that bears it.

Shared by the weighing rules, so that they do not contradict one another. Pure; general words only.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

from detectors import words
from detectors.case import Case, first_cue, given
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, is_han, key
from detectors.offer import composite, in_firm, listed_firms, sells_itself, supplier
from detectors.profile import Name
from detectors.types import Clue, Span

_LIST_REACH = 80
_ENDS = re.compile("[\u3002\uff1b;\n!?\uff01\uff1f]")
_MEASURE = re.compile(r"\d+(克|g|kg|斤|公斤|毫升|ml|升|袋|罐|包|条|件|粒)")
_PIECES = re.compile(r"\d+(个|只|张|枚|套|卷|捆)")
_COUNTED = re.compile(r"(\d{1,6})(?:个|只|张|枚|套|卷|捆|pcs|pieces)")
_A_LOT = 20
_STILL_THERE = re.compile("[^\\d]{0,4}?(?:都在|还在|均在|全在|在|齐|未剪|没剪|未拆|留着|完好|完整|俱全|都有)")
"""After a tag or box: it is still there, on goods of somebody's own."""
_EMPTY = re.compile("(?<![真太镂航])空[^\\d\\W]{0,3}?[瓶盒罐袋箱坛缸桶壶篓筐]")
_HEAD = 10
_SHARE_REACH = 16
_FIRM_REACH = 24
_BASES = ("茶底", "做底", "为底", "底料", "内馅", "馅", "夹心", "风味酱", "底")
_PACKS = ("袋", "盒", "箱", "罐", "瓶")
_READ = 300


class Packaging(StrEnum):
    """What the title offers of packaging: none, blank, an emptied one, or such that bears the name."""

    NONE = ""
    BLANK = "blank"
    EMPTY = "empty"
    PRINTED = "printed"


def by_measure(title: str) -> bool:
    """Whether a folded title tells a weight or a number of portions, as goods do."""
    return bool(_MEASURE.search(title))


def own_words(case: Case) -> str:
    """Return all words of the right itself, joined: a cue that stands in them is none."""
    profile = case.profile
    return "".join((*profile.goods, *profile.products, *(name.folded for name in profile.names)))


def packaging(case: Case) -> tuple[Packaging, str]:
    """Return what the title offers of packaging, and the word that says so.

    Packaging that is sold under the name of an indication bears that name unless it is said to be blank or used;
    under a mark only where the name stands straight before it, or where printing, tags or labels are named.
    """
    title, own = key(case.view.listing.title[:300]), own_words(case)
    boxes = _offered(title, own, _emptied(title) or first_cue(title, "reference", "packaging"))
    printed = _offered(title, own, first_cue(title, "packaging", "printed"))
    if not boxes and not (printed and not by_measure(title)):
        return Packaging.NONE, ""
    blank = first_cue(title, "packaging", "blank")
    if blank:
        return Packaging.BLANK, blank
    if printed:
        return Packaging.PRINTED, printed
    if first_cue(title, "packaging", "neutral") or first_cue(title, "packaging", "used") or _only_held(case):
        return Packaging.BLANK, boxes
    if case.profile.is_gi or _adjoins(case) or _by_lots(title):
        return Packaging.PRINTED, boxes
    return Packaging.EMPTY, boxes


def _by_lots(title: str) -> bool:
    """Whether packaging is sold in lots, as to those who fill it: 定制, 起批, 100个."""
    counts = [int(found.group(1)) for found in _COUNTED.finditer(title)]
    return bool(first_cue(title, "packaging", "lots")) or max(counts, default=0) >= _A_LOT


def _emptied(title: str) -> str:
    """Return what a title calls empty in so many words: 空酒瓶."""
    found = _EMPTY.search(title)
    return found.group() if found else ""


def _offered(title: str, own: str, cue: str) -> str:
    """Return the cue where the thing itself is for sale: not a gift, not the box that measured goods come in."""
    if cue and (first_cue(title, "packaging", "growing") or _vacuum(title, cue)):
        return ""
    if not cue or cue in own or given(title, cue) or _STILL_THERE.match(title, title.find(cue) + len(cue)):
        return ""
    unlabelled = "空" in title or bool(first_cue(title, "packaging", "blank"))
    boxed_goods = by_measure(title) and not unlabelled and not _PIECES.search(title)
    return "" if boxed_goods and cue in lexicon("reference", "packaging") else cue


def _vacuum(title: str, cue: str) -> bool:
    """Whether a word for empty packaging is only a part of 真空包装: how goods are packed."""
    return cue.startswith("空") and f"真{cue}" in title and title.count(cue) == title.count(f"真{cue}")


def _only_held(case: Case) -> bool:
    """Whether every place of the name in the title says what the packaging holds: 可放某某."""
    named = [span for clue, span in case.text_finds if clue.detector == "name" and span.field == "title"]
    before = [case.before(span, _HEAD + 2, clause=False) for span in named]
    return bool(before) and all(any(cue in text for cue in lexicon("packaging", "holds")) for text in before)


def _adjoins(case: Case) -> bool:
    """Whether a packaging word follows the name without a gap: 某某包装袋."""
    for _, span in case.text_finds:
        plain = case.field(span).plain
        start, end = plain.locate(span.start, span.end)
        rest = plain.text[end : end + _HEAD]
        rest = rest[measure.end() :] if (measure := _MEASURE.match(rest)) else rest
        ware = next((good for good in case.profile.goods if rest.startswith(good)), "")
        rest = rest.removeprefix(ware)
        if span.field == "title" and ware and rest.startswith((*_PACKS, "空", *lexicon("reference", "packaging"))):
            return True
        joined = end < len(plain.text) and plain.gaps[end] <= Gap.INVISIBLE and end > start
        if span.field == "title" and joined and rest.startswith(lexicon("reference", "packaging")):
            return True
    return False


def ingredient(case: Case, span: Span) -> str:
    """Return the word that makes the span an ingredient of other goods (配料:…), or "".

    Never where the title offers the right's goods themselves. In a title only where other goods are offered, and the
    page's own list of ingredients names it too or a firm is said to supply it.
    """
    rest = _rest(case)
    if sells_itself(case, rest):
        return ""
    if span.field.startswith("attributes."):
        return _ingredients_field(span.field) or _of_supplier(case, span, rest)
    if span.field == "title":
        known = _declared(case, key(case.excerpt(span))) or (composite(case, rest) and supplier(case)[0])
        return (made_of(case, span) if known else "") or _of_supplier(case, span, rest)
    if span.field != "description":
        return ""
    return made_of(case, span) or _listed(case, span) or _of_supplier(case, span, rest)


def _rest(case: Case) -> str:
    """Return the title without the names in it that are said to be what other goods hold or are made of."""
    rest = case.view.listing.title[:_READ]
    for clue in case.found:  # not its cached reasons: this is also asked while they are being looked for
        span = clue.span
        if span and span.field == "title" and not clue.rule.startswith("gi.") and made_of(case, span):
            rest = rest.replace(case.excerpt(span), " ")
    return rest


def made_of(case: Case, span: Span) -> str:
    """Return the word beside a span by which other goods hold it or are made of it: 含…, 原料为…, 以…酿造; or ""."""
    before, after = case.before(span, 6), case.after(span, 6)
    if cue := first_cue(before, "ingredient", "cues") or ("含" if before.endswith("含") else ""):
        return cue
    if cue := next((cue for cue in _BASES if after.startswith(cue)), ""):
        return cue
    if before.endswith(("以", "用", "由", "把", "将", "拿")):
        return next((cue for cue in lexicon("ingredient", "after") if after.startswith(cue)), "")
    return _share(case, span) or _of_firm(case, span)


def _share(case: Case, span: Span) -> str:
    """Return the share of the whole that follows a name or place, as of one ingredient of several: 20%; or "" (100%)."""
    after = case.field(span).text[span.end : span.end + _SHARE_REACH]
    goods = "|".join(map(re.escape, (*case.profile.products, *case.profile.goods))) or "(?!)"
    found = re.match(
        rf"(?:{goods})?[粒粉片丁酱汁浆末碎段]?\s*[A-Za-z]{{0,6}}\s*[(\uff08:\uff1a\u2265]?\s*(\d{{1,2}}(?:\.\d)?\s*[%\uff05])",
        after,
    )
    return found.group(1) if found else ""


def _of_firm(case: Case, span: Span) -> str:
    """Return the authorised firm whose goods, in so many words, the name stands for: 用某某有限公司的…; or ""."""
    before = case.before(span, _FIRM_REACH, clause=False).removesuffix("的")
    return next((form for form in listed_firms(case) if before.endswith(form)), "")


def _of_supplier(case: Case, span: Span, rest: str) -> str:
    """Return the firm in whose name the span's place stands where it is said to supply other goods' ingredient, or ""."""
    places = [m.span for m in case.matches if m.needle.meta.startswith("place") and m.span.overlaps(span)]
    if not places or not composite(case, rest) or not supplier(case)[0]:
        return ""
    view = case.field(span)
    firms = (in_firm(view, *view.plain.locate(place.start, place.end)) for place in places)
    return next(filter(None, firms), "")


def _ingredients_field(field: str) -> str:
    """Return the word that makes an attribute a list of ingredients, or ""."""
    name = key(field.removeprefix("attributes."))
    return next((cue for cue in lexicon("ingredient", "cues") if cue in name), "")


def _declared(case: Case, name: str) -> bool:
    """Whether the page's list of ingredients holds a folded name beside others."""
    lists = [view for view in case.view if view.name.startswith("attributes.") and _ingredients_field(view.name)]
    return any(name in view.plain.text and view.plain.text != name for view in lists)


def _listed(case: Case, span: Span) -> str:
    """Return the word that opens a list of ingredients which the span stands in, or ""."""
    sentence = _ENDS.split(case.field(span).text[max(0, span.start - _LIST_REACH) : span.start])[-1]
    return next((cue for cue in ("配料", "原料", "成分", "馅料") if cue in sentence), "")


def listed_as_ingredient(case: Case, span: Span) -> str:
    """Return the word that opens a list of ingredients which the span stands in, whatever is sold; or ""."""
    if span.field.startswith("attributes."):
        return _ingredients_field(span.field)
    return _listed(case, span) if span.field == "description" else ""


def only_ingredient(case: Case) -> bool:
    """Whether every place of the name is in a list of ingredients, and the title holds none."""
    spans = [span for _, span in case.text_finds]
    return bool(spans) and all(ingredient(case, span) for span in spans)


def weak_alias(case: Case, clue: Clue, span: Span) -> bool:
    """Whether the place only holds an alias of an indication that names neither its place nor its goods."""
    if not case.profile.is_gi or clue.detector not in {"name", "sound", "edit", "split"}:
        return False
    held = [
        name
        for match in case.matches
        if match.span.overlaps(span) and match.needle.detector == clue.detector
        if (name := _name_of(case, match.needle.meta)) is not None
    ]
    parts = (*case.profile.places, *case.profile.products, *case.profile.goods)
    return bool(held) and all(name.alias and not any(part in name.folded for part in parts) for name in held)


def _name_of(case: Case, meta: str) -> Name | None:
    number = meta.split(" ", maxsplit=1)[0]
    return case.profile.names[int(number)] if number.isdigit() else None


def leans_on_alias(case: Case) -> bool:
    """Whether nothing but weak aliases was found, and none of the right's goods is named elsewhere."""
    finds = case.text_finds
    return bool(finds) and not case.goods_named and all(weak_alias(case, clue, span) for clue, span in finds)


def other_goods(case: Case, spans: Iterable[Span]) -> str:
    """Return the goods that a name is joined to where they are none of the right's: 某某花椒 under a tea's alias.

    A common noun straight after the name counts, unless it shares its last character with one of the right's goods
    or says only how goods are packed and sold.
    """
    tails = {good[-1] for good in (*case.profile.goods, *case.profile.products)}
    for span in spans:
        plain = case.field(span).plain
        end = plain.locate(span.start, span.end)[1]
        if end >= len(plain.text) or plain.gaps[end] > Gap.SPACE:
            continue
        head = next(iter(words.cut(plain.text[end : end + _HEAD])), ("", 0, 0))[0]
        if _names_goods(head) and head[-1] not in tails:
            return head
    return ""


def _names_goods(head: str) -> bool:
    """Whether a word may name goods: a common noun that does not only say how goods are packed and sold."""
    if len(head) < 2 or not all(map(is_han, head)) or not words.is_common_noun(head):
        return False
    return head not in lexicon("goods", "packed") and not head.startswith(lexicon("goods", "containers"))

"""What goes with a brand's goods: 适用于…, lists of several brands, fields such as 适用型号. General words only.

Whoever sells the brand's own goods says such words too (“适用…原装正品”), so that they count in full only where something
else is seen to be for sale: a part or an accessory, or goods said to be another maker's.
"""

import re

from detectors.case import Case, first_cue, given
from detectors.identity import own_brand
from detectors.lexicon import words as lexicon
from detectors.normalise import is_han, key
from detectors.offer import runs
from detectors.types import Span

_TITLE, _READ = 300, 600
_LIST = 48
_ITEM = 16
_SHOWN = 4
_SENTENCE = re.compile("[\u3002\uff1b;!?\uff01\uff1f\n|\uff5c]")
_BETWEEN = re.compile("[\u3001/\uff0f,\uff0c&+]|和|与|及|或| or | and ")
_ENDS = re.compile("[\u3001/\uff0f,\uff0c&+ ]|和|与|及|或|等")
_DENIED = ("非", "不是", "并非", "not", "无")


def listed(case: Case, span: Span) -> tuple[str, str]:
    """Return the text of a span's sentence before and after it, as far as it may be a list of brands that holds the name."""
    text = case.field(span).text
    before = _SENTENCE.split(text[max(0, span.start - _LIST) : span.start])[-1]
    after = _SENTENCE.split(text[span.end : span.end + _LIST])[0]
    return before, after


def fit_before(case: Case, span: Span) -> str:
    """Return the fitting word that opens a list in which the name at a span stands: 适用 甲 / 乙 / 某某; or ""."""
    before = listed(case, span)[0].lower()
    for cue in lexicon("fitting", "before"):
        at = before.rfind(cue)
        if at < 0 or (cue.isascii() and not _stands(before, at, at + len(cue))):
            continue
        items = [item for item in _BETWEEN.split(before[at + len(cue) :]) if item.strip()]
        own = all(_own(case, item) for item in items)
        if own or (_BETWEEN.search(before[at + len(cue) :]) and all(len(item) <= _ITEM for item in items)):
            return cue
    return ""


def fit_after(case: Case, span: Span) -> str:
    """Return the fitting word that closes the list in which the name at a span stands: 某某、甲、乙通用; or ""."""
    after = listed(case, span)[1]
    listing = bool(_BETWEEN.search(after))
    for number, part in enumerate(part for part in _ENDS.split(after) if part.strip()):
        folded = key(part)
        if cue := _closes(folded):
            return cue
        own = any(good in folded for good in case.profile.goods)
        if len(part) > _ITEM or (own and (number == 0 or not listing)):
            return ""
    return ""


def _closes(part: str) -> str:
    """Return the word that ends a folded part of a list: 小松可用, 都能挂; not 适用多机型, which speaks of the name's own goods."""
    for cue in lexicon("fitting", "after"):
        at = part.find(cue)
        if at >= 0 and len(part) - at - len(cue) <= 1:
            return cue
    return ""


def _stands(text: str, start: int, end: int) -> bool:
    around = text[max(0, start - 1) : start] + text[end : end + 1]
    return not any(char.isascii() and char.isalnum() for char in around)


def _own(case: Case, item: str) -> bool:
    """Whether an item of a list is one of the right's own names."""
    return key(item) in {name.folded for name in case.profile.names}


def fitting_field(span: Span) -> bool:
    """Whether a span lies in an attribute that says what the goods go with: 适用型号, 兼容品牌."""
    name = key(span.field.removeprefix("attributes."))
    return span.field.startswith("attributes.") and any(word in name for word in lexicon("fitting", "fields"))


def other_makers(case: Case) -> str:
    """Return what shows that the goods are a part or an accessory, or another maker's; "" where nothing does.

    Silent where the page claims to sell the brand's own: 原装, 正品, 官方 and the like, not denied.
    """
    title = key(case.view.listing.title[:_TITLE])
    told = title + "\n" + key(case.view.listing.description[:_READ])
    third = first_cue(told, "fitting", "third")
    if _claimed(title) and not third:
        return ""
    own = "".join((*case.profile.goods, *case.profile.products, *(name.folded for name in case.profile.names)))
    parts = (word for word in lexicon("fitting", "parts") if word in title and word not in own)
    part = next((word for word in parts if not given(title, word)), "") or _part(case)
    return third or part or own_brand(case) or _head(case)


def _part(case: Case) -> str:
    """Return the end of a run of the title that is a part by its last character, as none of the right's goods is; or ""."""
    goods = {item[-1] for item in (*case.profile.goods, *case.profile.products, *case.profile.kinds)}
    ends = tuple(end for end in lexicon("fitting", "ends") if end not in goods)
    found = (run[-_SHOWN:] for run in runs(case.view.listing.title[:_TITLE]) if run.endswith(ends))
    return next((run for run in found if not given(key(case.view.listing.title[:_TITLE]), run)), "")


def _head(case: Case) -> str:
    """Return what the title offers before it says what that fits: a thing that is none of the right's goods, or ""."""
    title = case.view.listing.title[:_TITLE]
    low = title.lower()
    at = min((low.find(cue) for cue in lexicon("fitting", "before") if cue in low), default=-1)
    head = title[: max(at, 0)].strip()
    run = next(iter(reversed(runs(head))), "") if head and is_han(head[-1]) else ""
    named = (*case.profile.goods, *case.profile.products, *case.profile.kinds, *(n.folded for n in case.profile.names))
    if not run or any(item in key(head) for item in named) or run.endswith(lexicon("goods", "packed")):
        return ""
    return run[-_SHOWN:]


def _claimed(title: str) -> str:
    """Return the word by which a folded title claims to offer the brand's own goods, or ""."""
    for word in lexicon("fitting", "claims"):
        at = title.find(word)
        if at >= 0 and not title[:at].endswith(_DENIED):
            return word
    return ""

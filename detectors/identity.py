"""Under which name a page's own goods go: another brand than the right's, or another place. General words only."""

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.places import places_in

_CORE = 2
_READ = 600


def own_identity(case: Case) -> str:
    """Return what shows that the goods go under another name than the right's, or "".

    That is: another brand in the attributes, words such as 自有品牌 or 自家, the shop's own name at the head of the
    title, or for an indication another place as the stated origin or before the goods. What it does not show: that
    the statement is true.
    """
    return own_brand(case) or _said(case) or _shop(case) or (_place(case) if case.profile.is_gi else "")


def _near_name(case: Case, text: str) -> bool:
    """Whether a folded text holds one of the right's names, or a part of one is all that it holds."""
    return any(name.folded in text or text in name.folded for name in case.profile.names)


def own_brand(case: Case) -> str:
    """Return the brand that the page's attributes state, where it is none of the right's names; or ""."""
    for view in case.view.attribute_fields("brand"):
        text = view.plain_text[:40]
        if text and text not in lexicon("identity", "none") and not _near_name(case, text):
            return view.text[:20]
    return ""


def _said(case: Case) -> str:
    text = key(case.view.listing.title[:300] + "\n" + case.view.listing.description[:_READ])
    return next((cue for cue in lexicon("identity", "own") if cue in text), "")


def _shop(case: Case) -> str:
    """Return the head of the shop's name where the title holds it and it is none of the right's."""
    seller, title = key(case.view.listing.seller[:60]), key(case.view.listing.title[:300])
    for length in range(min(4, len(seller)), _CORE - 1, -1):
        head = seller[:length]
        if head in title and not _near_name(case, head) and not _common(case, head):
            return head
    return ""


def _common(case: Case, head: str) -> bool:
    """Whether the head of a shop's name says nothing of who it is: goods, or the area of the right."""
    profile = case.profile
    return (
        any(head in good or good in head for good in (*profile.goods, *profile.products))
        or any(head in form or form in head for form in (*profile.places, *profile.area.near, *profile.area.wide))
        or head in lexicon("goods", "packed")
        or head in lexicon("places", "relative")
    )


def _place(case: Case) -> str:
    """Return a place outside the area that the page states as origin, or that stands before the goods in the title."""
    area, stated = case.profile.area, case.view.origin
    known = area.near | area.wide
    if stated and not area.speaks_of(stated):
        rest = stated
        for form in sorted(known, key=lambda form: (-len(form), form)):
            rest = rest.replace(form, "")
        if len(rest.strip("省市县区旗盟自治")) >= _CORE and not rest.startswith(lexicon("origin", "vague")):
            return stated[:20]
    title = key(case.view.listing.title[:100])
    for name, _, end in places_in(title):
        outside = not any(name in form or form in name for form in known)
        if outside and title[end : end + 6].startswith((*case.profile.products, *case.profile.goods)):
            return name
    return ""

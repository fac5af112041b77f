"""The origin that a page states, against the area of a geographical indication. Shared by the weighing rules."""

from dataclasses import dataclass

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.places import places_in

_AFTER_CUE = 10
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Stated:
    """The origin that a page states, and how it relates to the area."""

    text: str
    local: bool
    elsewhere: bool


def stated_origin(case: Case) -> Stated:
    """Return the origin that the page states: the attribute first, then what follows 产自 or 产地 in the texts."""
    area, text = case.profile.area, case.view.origin
    shown = case.view.listing.origin or next((view.text for view in case.view.attribute_fields("origin")), "")
    if not text:
        text = shown = _told(case)
    if not text or any(text.startswith(word) and len(text) <= len(word) + 1 for word in lexicon("origin", "vague")):
        return Stated("", local=False, elsewhere=False)
    if area.speaks_of(text):
        return Stated(shown[:_SHOWN], local=True, elsewhere=False)
    return Stated(shown[:_SHOWN], local=False, elsewhere=not area.may_hold(text))


def other_province(case: Case) -> str:
    """Return the origin as a field of the page states it where it names another province or country, or ""."""
    area, text = case.profile.area, case.view.origin
    known = area.near | area.wide
    if not text or area.speaks_of(text) or any(form in text for form in area.wide):
        return ""
    passed = known.union(lexicon("places", "macro"))
    abroad = [place for place in lexicon("places", "relative") if text.startswith(place) and place not in passed]
    if not abroad or any(text.startswith(word) for word in lexicon("origin", "vague")):
        return ""
    return (case.view.listing.origin or next((v.text for v in case.view.attribute_fields("origin")), ""))[:_SHOWN]


def _told(case: Case) -> str:
    """Return the place that follows an origin word in title or description, or ""."""
    for name in ("title", "description"):
        view = case.view.fields.get(name)
        if view is None:
            continue
        text = view.plain.text[:2000]
        for cue in lexicon("origin", "cues"):
            at = text.find(cue)
            if at < 0 or cue.isascii():
                continue
            rest = text[at + len(cue) : at + len(cue) + _AFTER_CUE]
            if case.profile.area.speaks_of(rest[:_AFTER_CUE]):
                return rest
            places = places_in(rest)
            if places and places[0][1] <= 2:
                return places[0][0]
    return ""

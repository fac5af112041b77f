"""Names of places: administrative units, their short forms, and which place a text speaks of.

Everything particular comes from a right's `region` and `production_area`; only suffixes and the names of
provinces and countries are general knowledge.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from detectors import words
from detectors.lexicon import words as lexicon
from detectors.normalise import key

_SHORTEST = 2
_LONG_STEM = 3
_LEAGUE = 4
_WATERS = ("湖", "泊", "淖尔", "诺尔", "淖")
_BANNERS = ("蒙古", "盟", "旗")
_OTHERWISE = {"淖": "诺", "诺": "淖", "勒": "乐", "额": "鄂"}
"""Characters that write one Mongolian syllable, and do not sound alike in Chinese or are taken for one another."""
_NUUR = ("诺尔", "淖尔", "湖")
_WIDE = ("省", "自治区", "特别行政区")
_INNER = ("旗", "县", "市", "区", "镇", "乡", "苏木", "嘎查")
_UNIT = re.compile("[^0-9a-z个各等现全共及其和与]{3,8}")


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative unit: its full name and the forms that people use for it, longest first.

    `brief` is the first character with the last ones, as long names are said for short: 苏尼特左旗 → 苏左旗.
    """

    full: str
    forms: tuple[str, ...]
    brief: str = ""


@lru_cache(maxsize=1)
def _unit_pattern() -> re.Pattern[str]:
    suffixes = "|".join(lexicon("places", "suffixes"))
    return re.compile(rf".{{1,12}}?(?:{suffixes})")


def _short_forms(full: str) -> tuple[str, ...]:
    """Return the full name and its shorter forms: suffix, people and side dropped, at least two characters."""
    forms = [full]
    for suffix in lexicon("places", "suffixes"):
        if full.endswith(suffix) and len(full) - len(suffix) >= _SHORTEST:
            forms.append(full[: -len(suffix)])
            break
    for group in ("peoples", "sides"):
        for tail in lexicon("places", group):
            if forms[-1].endswith(tail) and len(forms[-1]) - len(tail) >= _SHORTEST:
                forms.append(forms[-1][: -len(tail)])
                break
    return tuple(dict.fromkeys(forms))


def _said_short(full: str, suffix: str, kind: str, shortest: int) -> str:
    """Return a unit's first character with its side and kind, or "" where its name without them is too short."""
    stem = full.removesuffix(suffix)
    side = next((side for side in lexicon("places", "sides") if stem.endswith(side) and kind == "旗"), "")
    stem = stem.removesuffix(side)
    return f"{stem[0]}{side}{kind}" if len(stem) >= shortest else ""


def _brief(full: str) -> str:
    """Return how a unit with a long name is said for short, or "": 苏尼特左旗 → 苏左旗, 呼伦贝尔市 → 呼市."""
    unit = full[-1]
    return _said_short(full, unit, unit, _LONG_STEM) if unit in lexicon("places", "brief_units") else ""


@lru_cache(maxsize=4096)
def units(text: str) -> tuple[Unit, ...]:
    """Return the units that a region's text names, widest first.

    >>> [unit.forms[-1] for unit in units("砂陵省岚沟市")]
    ['砂陵', '岚沟']
    """
    folded = key(text)
    found: list[Unit] = []
    position = 0
    for province in lexicon("places", "relative"):
        rest = folded[len(province) :]
        if folded.startswith(province) and not rest.startswith(("省", "市", "自治", "回族", "壮族", "维吾尔", "特别")):
            found.append(Unit(province, (province,)))
            position = len(province)
            break
    for match in _unit_pattern().finditer(folded, position):
        found.append(Unit(match.group(), _short_forms(match.group()), _brief(match.group())))
        position = match.end()
    tail = folded[position:]
    if len(tail) >= _SHORTEST:
        found.append(Unit(tail, (tail,)))
    return tuple(found)


def abbreviations(full: str) -> tuple[str, ...]:
    """Return the abbreviations of a folded unit's name: its first character with the side and the kind of unit.

    >>> abbreviations("岚砾勒右旗"), abbreviations("岚砾勒蒙古自治州")
    (('岚右旗',), ('岚州',))
    """
    for suffix, kind in (("自治州", "州"), ("盟", "盟"), ("旗", "旗")):
        if full.endswith(suffix):
            return tuple(filter(None, (_said_short(full, suffix, kind, _SHORTEST),)))
    return ()


_BANNER = re.compile("(.{2,8}?)(左|右)?(翼)?(前|后|中)?旗")
_FACING = {"左": "东", "右": "西"}


def _banner(full: str) -> Iterator[str]:
    """Yield how a banner with a long name is said for short: by its first character, with left as east.

    >>> list(_banner("岚砾勒左旗")), list(_banner("岚砾勒右翼前旗")), list(_banner("东岚砾勒旗"))
    (['东岚旗', '东岚'], ['岚砾勒', '岚右前旗', '岚右前'], ['东岚旗', '东岚'])
    """
    named = _BANNER.fullmatch(full)
    if named is None:
        return
    stem, side, wing, end = (part or "" for part in named.groups())
    if stem[0] in "东西" and len(stem) > _LONG_STEM - 1 and not side:
        yield from (f"{stem[:2]}旗", stem[:2])
    elif side and not wing and not end and len(stem) >= _SHORTEST:
        yield from (f"{_FACING[side]}{stem[0]}旗", f"{_FACING[side]}{stem[0]}")
    elif side and wing and end:
        yield stem
        yield from (f"{stem[0]}{side}{end}旗", f"{stem[0]}{side}{end}")


def _wing(full: str) -> Iterator[str]:
    """Yield the short name of one of the banners that a wing was parted into: 岚砾勒右翼前旗 → 岚右前旗."""
    named = _BANNER.fullmatch(full)
    if named is not None and named[3] and named[4]:
        yield f"{named[1][0]}{named[2]}{named[4]}旗"
        yield f"{named[1][: _SHORTEST - 1]}{named[2]}{named[4]}"


def _cut(place: str) -> Iterator[str]:
    """Yield what a place of four syllables and more is cut to, a league or banner without that word, a lake's other names, and
    the place with a character that writes the same Mongolian syllable.

    >>> list(_cut("岚砾勒浑")), list(_cut("岚砾湖")), list(_cut("岚砾盟"))
    (['岚砾', '岚砾乐浑'], ['岚砾诺尔', '岚砾淖尔'], ['岚砾'])
    """
    if place[-1:] in {"盟", "旗"} and len(place) > _SHORTEST:
        yield place[:-1]
    if len(place) >= _LEAGUE and not words.is_everyday(place[:_SHORTEST]):
        yield place[:_SHORTEST]
    if len(place) > _SHORTEST:
        yield from (place.replace(char, other) for char, other in _OTHERWISE.items() if char in place)
    water = next((word for word in _WATERS if place.endswith(word) and len(place) - len(word) >= _SHORTEST), "")
    if water:
        yield from (place.removesuffix(water) + word for word in _NUUR if word != water)


def stems(place: str) -> tuple[str, ...]:
    """Return a folded place without the words for mountains, waters and sides at its end, and without those inside.

    Two characters stay at least; what is left is no everyday word.

    >>> stems("岚砾山东麓"), stems("砂陵湖"), stems("岚沟")
    (('岚砾山', '岚砾', '岚砾东麓'), ('砂陵',), ())
    """
    found: dict[str, None] = {}
    rest, dropped = place, ""
    while tail := next((t for t in lexicon("places", "landforms") if rest.endswith(t) and len(rest) - len(t) > 1), ""):
        rest = rest[: -len(tail)]
        found[rest] = None
        if dropped:
            found[rest + dropped] = None
        dropped = tail + dropped
    return tuple(stem for stem in found if not words.is_everyday(stem) and stem != place)


def nearby(places: Iterable[str], region: str, production_area: str) -> tuple[str, ...]:
    """Return the names that stand for a place beside its own: abbreviations, and units of the demarcated area.

    A long place name may be that of a league, whose banners are named after it by side (岚砾勒 → 岚右旗).
    """
    places = tuple(places)
    around, inside = units(region), units(production_area)
    found: dict[str, None] = dict.fromkeys(stem for place in places for stem in stems(place))
    for unit in (*around, *inside):
        if any(place in unit.full for place in places):
            found.update(dict.fromkeys(_banner(unit.full)))
    for place in places:
        found.update(dict.fromkeys(_cut(place)))
        for unit in (*around, *inside):
            if place in unit.full:
                found.update(dict.fromkeys(abbreviations(unit.full)))
            if place == unit.full:
                found[unit.forms[-1]] = None
        if len(place) > _SHORTEST and any(cue in region + production_area for cue in _BANNERS):
            found.update(dict.fromkeys(f"{place[0]}{side}旗" for side in "左右前后中"))
            found[f"{place[0]}盟"] = None
    outer = {unit.full for unit in around[:-1]}
    for unit in inside:
        if unit.full.endswith(_INNER) and unit.full not in outer and _UNIT.fullmatch(unit.full):
            found.update(dict.fromkeys((*unit.forms, *abbreviations(unit.full), *_wing(unit.full))))
    return tuple(name for name in found if name not in places and not any(place in name for place in places))


@dataclass(frozen=True, slots=True)
class Area:
    """Where a right's goods may come from: `wide` holds provinces and above, `near` the units below them."""

    near: frozenset[str]
    wide: frozenset[str]

    def speaks_of(self, text: str) -> bool:
        """Whether a folded text names the area itself (or, where only a province is known, the province)."""
        return any(form in text for form in self.near or self.wide)

    def may_hold(self, text: str) -> bool:
        """Whether a folded text names nothing narrower than what the area lies in."""
        rest = text
        for form in sorted(self.wide | self.near, key=len, reverse=True):
            rest = rest.replace(form, "")
        return rest != text and len(rest) <= len("自治区")


def area(region: str, production_area: str, place: str, short: Iterable[str] = ()) -> Area:
    """Return the area of a right from its region, its demarcated area, the place in its name and its `short` names."""
    near: set[str] = set(short)
    wide: set[str] = set()
    for text in (region, production_area):
        for unit in units(text):
            is_wide = unit.full.endswith(_WIDE) or any(form in lexicon("places", "relative") for form in unit.forms)
            (wide if is_wide else near).update(unit.forms)
    if place:
        (wide if place in lexicon("places", "relative") else near).add(place)
    return Area(frozenset(near), frozenset(wide - near))


def places_in(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return the places that a short folded text names, by dictionary, with their spans."""
    return tuple(
        item
        for item in words.cut(text)
        if len(item[0]) >= _SHORTEST and words.is_place(item[0]) and item[0] not in lexicon("places", "no_places")
    )


def split_name(
    name: str, forms: frozenset[str], goods: tuple[str, ...], kinds: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Split a folded GI name into place and product; ("", "") where no border is found.

    The place is the longest prefix that the region names, else what is left before one of the goods, else a
    dictionary place at the start, else what is left before one of the `kinds` of the goods.
    """
    for end in range(len(name) - 1, 1, -1):
        prefix = name[:end]
        if prefix in forms or any(form.startswith(prefix) for form in forms):
            return prefix, name[end:]
    for good in sorted(goods, key=len, reverse=True):
        if name.endswith(good) and len(name) - len(good) >= _SHORTEST:
            return name[: -len(good)], good
    for end in range(len(name) - 1, 1, -1):
        if words.is_place(name[:end]):
            return name[:end], name[end:]
    for kind in kinds:
        if name.endswith(kind) and len(name) - len(kind) >= _SHORTEST:
            return name[: -len(kind)], kind
    return "", ""

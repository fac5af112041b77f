"""A right as the detectors see it: folded names, place and product, area, goods, who may use it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from detectors import words
from detectors.lexicon import words as lexicon
from detectors.normalise import fold, is_han, key
from detectors.numerals import figures
from detectors.places import Area, Unit, area, nearby, split_name, units
from detectors.romanise import romanised
from detectors.sound import reading
from detectors.spelling import spells
from detectors.translation import english_place, translations
from detectors.types import ReferenceImage
from detectors.wares import core, heads, is_wide, kinds
from records.model import Authorization, Right
from records.terms import RightKind

_LATIN_TAIL = 2
_UNITS = "市县区盟旗州省"
_LATIN = re.compile(r"[a-z0-9]+")
_ADMINISTRATIVE = (
    "league",
    "banner",
    "city",
    "county",
    "prefecture",
    "district",
    "aimag",
    "province",
    "region",
    "meng",
)


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a right: as registered, folded, its Latin words, and what makes it weak on its own."""

    original: str
    folded: str
    alias: bool
    han: bool
    everyday: bool

    @property
    def single(self) -> bool:
        """Whether it is one character: matched only with context."""
        return len(self.folded) == 1


@dataclass(frozen=True, slots=True)
class Profile:
    """A right, prepared: built once, used for every listing. `places` × `products` feed the GI grammar.

    `nearby` are weaker names of an indication's place, `abroad` those in English and in other systems than pinyin, `translated` English words for the right's
    goods, `kin` what the Chinese words for kinds of a trademark's goods end with. `kinds` are words for kinds and forms of an
    indication's product, or of a mark's goods; `cores` single characters that name an indication's product for short.
    """

    right: Right
    names: tuple[Name, ...]
    places: tuple[str, ...]
    products: tuple[str, ...]
    goods: tuple[str, ...]
    nearby: tuple[str, ...]
    translated: tuple[str, ...]
    kin: tuple[str, ...]
    kinds: tuple[str, ...]
    cores: tuple[str, ...]
    abroad: tuple[str, ...]
    area: Area
    sellers: frozenset[str]
    authorizations: tuple[Authorization, ...]
    references: tuple[ReferenceImage, ...]

    @property
    def is_gi(self) -> bool:
        """Whether the right is a geographical indication."""
        return self.right.kind is RightKind.GI

    def holding(self, day: date) -> tuple[bool, ...]:
        """Whether the right, and each authorisation, holds on that day: what makes old hits out of date."""
        dated = [(self.right.valid_from, self.right.valid_to)]
        dated += [(item.valid_from, item.valid_to) for item in self.authorizations]
        return tuple((start is None or start <= day) and (end is None or day <= end) for start, end in dated)

    @property
    def title(self) -> str:
        """The registered name, for explanations."""
        return self.right.name


def _name(original: str, *, alias: bool) -> Name | None:
    folded = key(original)
    if not folded:
        return None
    han = all(is_han(char) for char in folded)
    return Name(original, folded, alias, han, words.is_everyday(folded) if len(folded) > 1 else True)


def _names(right: Right) -> tuple[Name, ...]:
    made = [_name(right.name, alias=False), *(_name(alias, alias=True) for alias in right.aliases)]
    unique: dict[str, Name] = {}
    for name in made:
        if name is not None:
            unique.setdefault(name.folded, name)
    return tuple(unique.values())


def _goods(right: Right) -> tuple[str, ...]:
    generic = lexicon("goods", "generic")
    folded = (key(good) for good in right.goods)
    return tuple(dict.fromkeys(good for good in folded if len(good) > 1 and good not in generic))


def _kinds(products: Sequence[str], goods: Sequence[str], *, is_gi: bool) -> tuple[str, ...]:
    """Return words for kinds and forms of an indication's product, or of a mark's goods, that are none of these."""
    found: dict[str, None] = {}
    for item in (*products, *(good for good in goods if not (is_gi and is_wide(good)))):
        found.update(dict.fromkeys(kinds(item)))
        tails = (item[start:] for start in range(1, len(item) - 1)) if item in products and is_han(item[0]) else ()
        if tail := next((tail for tail in tails if words.is_common_noun(tail)), ""):
            found[tail] = None
    return tuple(word for word in found if word not in products and (is_gi or word not in goods))


def _stem(good: str) -> str:
    """Return what words for kinds of a good end with (茶叶 → 茶), or ""."""
    for tail in ("叶", "制品", "产品"):
        if good.endswith(tail) and len(good) > len(tail):
            return good.removesuffix(tail)
    return ""


def _grammar(right: Right, names: Sequence[Name], goods: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the places and products that a GI's names hold."""
    if right.kind is not RightKind.GI:
        return (), ()
    named = units(right.region)
    forms = frozenset(form for unit in named for form in unit.forms)
    places: dict[str, None] = {}
    products: dict[str, None] = {}
    for name in names:
        place, product = (
            split_name(name.folded, forms, goods, _forms_of(goods))
            if name.han
            else _latin_split(name.original, tuple(places), tuple(products), goods)
        )
        if not place:
            place, product = _abbreviated(name.folded, named, goods)
        if place and product:
            places[place] = None
            places.update(dict.fromkeys(_bare_place(place)))
            places.update(dict.fromkeys(form for form in forms if form.startswith(place)))
            places.update(dict.fromkeys(unit.brief for unit in named if unit.brief and place in unit.forms))
            products[product] = None
            places.update(dict.fromkeys(inner := _inner(product, goods)))
            products.update(dict.fromkeys(product.removeprefix(place) for place in inner))
    return (*places, *filter(None, map(figures, places))), tuple(products)


def _inner(product: str, goods: tuple[str, ...]) -> tuple[str, ...]:
    """Return a second, narrower place in what follows the place of a name: three characters and more that are no words."""
    if not all(map(is_han, product)):
        return ()
    tails = sorted((good for good in goods if product.endswith(good)), key=len, reverse=True)
    head = product.removesuffix(tails[0]) if tails else ""
    return (head,) if len(head) > _LATIN_TAIL and not words.natural(head, 0, len(head)) else ()


def _latin_split(
    original: str, places: tuple[str, ...], products: tuple[str, ...], goods: tuple[str, ...]
) -> tuple[str, str]:
    """Split a Latin name into place and product; ("", "") where no border is found.

    The place is known by its pinyin or another spelling of it, else as what stands before the goods' pinyin or English.
    """
    parts = latin_words(original)
    for end in range(1, len(parts)):
        head, tail = "".join(parts[:end]), "".join(parts[end:])
        known = any("".join(map(reading, place)) == head or spells(head, place) for place in places if place)
        if known and len(tail) > _LATIN_TAIL:
            return head, tail
    tails = {word for good in (*products, *goods) for word in (_pinyin(good), *translations(good))}
    for end in range(1, len(parts)):
        head, tail = "".join(parts[:end]), "".join(parts[end:])
        if tail in tails and len(head) > _LATIN_TAIL:
            return head, tail
    return "", ""


def _forms_of(goods: Sequence[str]) -> tuple[str, ...]:
    """Return what the trade calls kinds of the goods, two characters and more, longest first: what a name may end with."""
    found = dict.fromkeys(kind for good in goods for kind in kinds(good) if len(kind) > 1)
    return tuple(sorted(found, key=lambda kind: (-len(kind), kind)))


def _abbreviated(name: str, named: Sequence[Unit], goods: tuple[str, ...]) -> tuple[str, str]:
    """Return the unit and the product of a name that holds only the unit's first character (岚砚, of 岚县), or ("", "")."""
    unit = next((unit.full for unit in reversed(named) if unit.full.startswith(name[:1]) and len(unit.full) > 1), "")
    known = any(good.startswith(name[1:]) for good in goods)
    return (unit, name[1:]) if unit and known and len(name) > 1 else ("", "")


def _bare_place(place: str) -> tuple[str, ...]:
    """Return a folded Latin place without the word for its kind of unit (hinggan|league); () where it has none."""
    kind = next((word for word in _ADMINISTRATIVE if place.endswith(word)), "")
    stem = place.removesuffix(kind)
    return (stem,) if kind and place.isascii() and len(stem) > _LATIN_TAIL + 1 else ()


def _pinyin(text: str) -> str:
    return "".join(map(reading, text)) if all(map(is_han, text)) else ""


def build(
    right: Right, references: Sequence[ReferenceImage] = (), authorizations: Sequence[Authorization] = ()
) -> Profile:
    """Prepare one right. Pure; milliseconds."""
    names, goods = _names(right), _goods(right)
    places, products = _grammar(right, names, goods)
    cores = tuple(dict.fromkeys(last for item in products if len(item) > 1 and (last := core(item))))
    kin = tuple(dict.fromkeys(heads(products)))
    chinese = tuple(place for place in places if all(map(is_han, place)))
    bare = [place for place in chinese if len(place) <= _LATIN_TAIL or place[-1] not in _UNITS]
    near = nearby(chinese, right.region, right.production_area)
    return Profile(
        right=right,
        names=names,
        places=places,
        products=products,
        goods=goods,
        nearby=near,
        translated=tuple(
            dict.fromkeys(
                chain(
                    *map(translations, (*products, *goods)),
                    *(romanised(item) for item in products if not translations(item)),
                )
            )
        ),
        kinds=_kinds(products, goods, is_gi=right.kind is RightKind.GI),
        cores=cores,
        abroad=tuple(dict.fromkeys(chain(*map(english_place, chinese), *map(romanised, bare)))),
        kin=tuple(dict.fromkeys(filter(None, map(_stem, goods)))) if right.kind is not RightKind.GI else kin,
        area=area(right.region, right.production_area, places[0] if places else "", (*near, *places)),
        sellers=frozenset(filter(None, (key(seller) for seller in right.authorized_sellers))),
        authorizations=tuple(item for item in authorizations if item.right_id == right.id),
        references=tuple(references),
    )


def latin_words(original: str) -> tuple[str, ...]:
    """Return the folded Latin words of a name, split where the original has spaces or signs.

    >>> latin_words("Golden-Heron 茶")
    ('golden', 'heron')
    """
    folded = fold(original)
    spaced = "".join((" " if gap else "") + char for char, gap in zip(folded.text, folded.gaps, strict=True))
    return tuple(_LATIN.findall(spaced))

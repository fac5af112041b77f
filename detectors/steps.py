"""The steps in words that lead from a right's name to what stands on the page: 善→膳, same sound shàn.

A weighted alignment of the folded name with the folded place: equal characters cost nothing, the same sound, a similar
shape, a spelling in pinyin or in components little, anything put in or left out more. The cheapest way is told;
where even that costs too much, the two are not versions of one another and nothing is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from detectors.normalise import fold, fold_char, is_han
from detectors.shapes import alike, parts
from detectors.sound import reading, same_sound, spoken
from detectors.view import LEET, visible
from records.model import Text

_MAX_NAME, _MAX_SHOWN = 40, 60
_LETTERS = 6
_PARTS = 3
_TOO_MUCH = 0.55
_COSTS = {
    "sound": 0.3,
    "shape": 0.3,
    "letters": 0.3,
    "parts": 0.3,
    "digit": 0.3,
    "other": 0.8,
    "put_in": 0.5,
    "left": 0.6,
}


@dataclass(frozen=True, slots=True)
class _Move:
    """One step of the alignment: `own` of the name became `seen`."""

    kind: str
    own: str
    seen: str


@lru_cache(maxsize=4096)
def steps(name: str, shown: str) -> tuple[Text, ...]:
    """Return how `shown` (a place of the original text) came of `name` (as registered), in order; () where it is equal.

    >>> [step.en for step in steps("岚鹿坡", "岚路★坡")]
    ['鹿→路, same sound lù', '“★” taken out']
    """
    own, folded = fold(name[:_MAX_NAME]), fold(shown[:_MAX_SHOWN])
    if own.text != folded.text and sorted(own.text) == sorted(folded.text):
        return (Text("各字相同,顺序不同", "the same characters in another order"),)
    moves = _moves(own.text, folded.text) if own.text != folded.text else ()
    if moves is None:
        return ()
    told = [_told(move) for move in _joined(moves)]
    told += _forms(name, shown) if not moves else []
    told += _taken_out(name, shown)
    return tuple(dict.fromkeys(told))


def _moves(name: str, seen: str) -> tuple[_Move, ...] | None:
    """Return the cheapest moves other than equal characters, or None where they cost too much."""

    @cache
    def best(i: int, j: int) -> tuple[float, tuple[_Move, ...]]:
        if i == len(name) and j == len(seen):
            return 0.0, ()
        found = []
        for cost, use, take, move in _ways(name, seen, i, j):
            rest, moves = best(i + use, j + take)
            found.append((cost + rest, (move, *moves) if move else moves))
        return min(found, key=lambda way: way[0])

    for diagonal in range(len(name) + len(seen), 0, -1):  # from the end, so that no call goes deep
        for i in range(max(0, diagonal - len(seen)), min(len(name), diagonal) + 1):
            best(i, diagonal - i)
    cost, moves = best(0, 0)
    return moves if cost <= _TOO_MUCH * max(2, len(name)) else None


def _ways(name: str, seen: str, i: int, j: int) -> Iterator[tuple[float, int, int, _Move | None]]:
    """Yield (cost, characters of the name used, characters seen used, move) of each way on from here."""
    if i < len(name) and j < len(seen):
        own, char = name[i], seen[j]
        if own == char:
            yield 0.0, 1, 1, None
        else:
            kind = _replaced(own, char)
            yield _COSTS[kind], 1, 1, _Move(kind, own, char)
        yield from _spelt(name, seen, i, j)
    if j < len(seen):
        yield _COSTS["put_in"], 0, 1, _Move("put_in", "", seen[j])
    if i < len(name):
        yield _COSTS["left"], 1, 0, _Move("left", name[i], "")


def _replaced(own: str, seen: str) -> str:
    if own.isascii() and own.translate(LEET) == seen.translate(LEET):
        return "digit"
    if is_han(own) and is_han(seen):
        return "sound" if same_sound(own, seen) else "shape" if alike(own, seen) else "other"
    return "other"


def _spelt(name: str, seen: str, i: int, j: int) -> Iterator[tuple[float, int, int, _Move | None]]:
    """Yield a character written as its pinyin or its components."""
    own = name[i]
    if not is_han(own):
        return
    sound = reading(own)
    if 0 < len(sound) <= _LETTERS and seen.startswith(sound, j):
        yield _COSTS["letters"], 1, len(sound), _Move("letters", own, sound)
    pieces = parts(own)
    for size in range(2, _PARTS + 1):
        piece = seen[j : j + size]
        if len(piece) == size == len(pieces) and {*map(_plain, piece)} <= {*map(_plain, pieces)}:
            yield _COSTS["parts"], 1, size, _Move("parts", own, piece)


def _plain(part: str) -> str:
    return fold_char(part) or part


def _joined(moves: tuple[_Move, ...]) -> Iterator[_Move]:
    """Join neighbouring characters that were put in, or left out, to one step."""
    held: _Move | None = None
    for move in moves:
        if held and move.kind == held.kind and move.kind in {"put_in", "left"}:
            held = _Move(held.kind, held.own + move.own, held.seen + move.seen)
            continue
        if held:
            yield held
        held = move
    if held:
        yield held


def _told(move: _Move) -> Text:
    own, seen = move.own, move.seen
    match move.kind:
        case "sound":
            said = spoken(own, seen)
            return Text(f"{own}→{seen},同音{said}", f"{own}→{seen}, same sound {said}")
        case "shape":
            return Text(f"{own}→{seen},字形相近", f"{own}→{seen}, similar in shape")
        case "letters":
            return Text(f"{own}→{seen},写成拼音", f"{own}→{seen}, written in pinyin")
        case "parts":
            return Text(f"{own}→{seen},拆成偏旁", f"{own}→{seen}, split into its components")
        case "digit":
            return Text(f"{own}→{seen},以形近字符代替", f"{own}→{seen}, a sign that looks like it")
        case "put_in":
            return Text(f"插入“{seen}”", f"“{seen}” put in")
        case "left":
            return Text(f"略去“{own}”", f"“{own}” left out")
    return Text(f"{own}→{seen}", f"{own}→{seen}")


def _forms(name: str, shown: str) -> list[Text]:
    """Say which characters are other forms of the same ones (traditional, full width); case is not told."""
    own = [char for char in name if fold_char(char)]
    seen = [char for char in shown if fold_char(char)]
    if len(own) != len(seen):
        return []
    return [
        Text(f"{a}→{b},同一字的另一写法", f"{a}→{b}, another form of the same character")
        for a, b in zip(own, seen, strict=True)
        if a.casefold() != b.casefold()
    ]


def _taken_out(name: str, shown: str) -> list[Text]:
    """Say which signs, spaces and invisible characters inside the place were taken out."""
    kept = set(name)
    out = "".join(dict.fromkeys(char for char in shown[:_MAX_SHOWN] if not fold_char(char) and char not in kept))
    if not out:
        return []
    seen = visible(out).strip()
    if not seen:
        return [Text("去掉空格或不可见字符", "spaces or invisible characters taken out")]
    return [Text(f"去掉“{seen}”", f"“{seen}” taken out")]

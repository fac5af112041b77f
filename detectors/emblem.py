"""The official marks of indications inside pictures: round emblems known by the words that run along them.

1. round and oval outlines are looked for (`detectors.rings`): a picture without one costs no more than that
2. the band along each is laid out straight and read as any text is (`detectors.reader`), whatever its colours and turn
3. what was read is compared with the wordings of the marks; a few misread characters do no harm
4. beneath a mark its user's code is looked for (统一社会信用代码) and checked

Wordings, and where they were read: the current mark (中华人民共和国地理标志 · GEOGRAPHICAL INDICATION OF P.R.CHINA) in
logonews.cn/2019120407490635; that of the protected products (PGI, oval) in 国家质检总局2006年第109号公告 as fzcpr.com
shows it; that of the trademark office (中国地理标志, GI) as twwiki.net quotes its rules; that of the ministry of
agriculture in 农产品地理标志使用规范 as ws-fest.com shows it. These are public copies, not the official texts 〔待核对〕, and
*no genuine picture of any mark was at hand*: globe, wall, ears and colours are not looked at.

NOT guaranteed: that an emblem with these words is the mark as registered and no imitation of it (an imitation claims as
much); that one of less than about a hundred pixels is read; that one without an outline, or half covered, is seen.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import permutations

import cv2
import numpy as np
from PIL import Image
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from detectors.answers import Answers
from detectors.pictures import on_white
from detectors.reader import PictureReader
from detectors.rings import Pixels, Ring, rings, share_at, straightened
from detectors.types import ReadLine
from guards.caps import open_image_capped
from guards.errors import GuardError
from records.uscc import LENGTH, is_uscc

_CACHE = 512
_SIDE = 1_600
_MIN_SIDE = 48
_TALL = 1.6
_WINDOWS = 6
_READ = 4
_MOST = 3
_CODE_DIAMETER = 480
_CODE_LEGIBLE = 140
_CODE_SURE = 0.95
_CORE = "地理标志"
_CORE_SHARE = 0.74
_SHAPED = str.maketrans("OILZS", "01125")
"""Letters that no code holds → what they stand for when a reader sees them."""


class Mark(StrEnum):
    """Which mark: the current one, or one of those before it."""

    CURRENT = "current"
    PGI = "pgi"
    SAIC = "saic"
    AGRI = "agri"


class Code(StrEnum):
    """What stands beneath a mark: a valid code, one whose check fails, none, or nothing that can be told."""

    VALID = "valid"
    WRONG = "wrong"
    MISSING = "missing"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Seen:
    """A mark in a picture: its box (x, y, w, h) in pixels, the share (0..1) of its wording that was read, the words read.

    `certain`: enough was read to tell it from emblems that share a part of its words. `code` is what was read beneath
    ("" for none), `code_state` what that is.
    """

    mark: Mark
    box: tuple[int, int, int, int]
    share: float
    certain: bool
    words: str
    code: str = ""
    code_state: Code = Code.UNCLEAR


@dataclass(frozen=True, slots=True)
class Sightings:
    """The marks in each picture that shows one, and the pictures that were not looked at."""

    found: Mapping[int, tuple[Seen, ...]]
    passed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Wording:
    """One mark's words: `main` must be read to `least`; `beside` makes it certain; `tail` must be read of it, `without` must not follow."""

    mark: Mark
    main: str
    least: float
    beside: tuple[str, ...] = ()
    tail: str = ""
    without: str = ""


_WORDINGS = (
    _Wording(Mark.PGI, "中华人民共和国地理标志保护产品", 0.75, tail="保护产品"),
    _Wording(Mark.CURRENT, "中华人民共和国地理标志", 0.80, without="保护产品"),
    _Wording(Mark.CURRENT, "GEOGRAPHICALINDICATIONOFPRCHINA", 0.80, tail="PRCHINA"),
    _Wording(Mark.AGRI, "农产品地理标志", 0.85, ("中华人民共和国农业部", "中华人民共和国农业农村部")),
    _Wording(Mark.SAIC, "中国地理标志", 0.83, ("国家工商行政管理总局商标局",)),
)
_BESIDE = 0.6
_HINT = 0.3
_JOINED = 5
_TAIL = 0.7
_FOLLOWS = 0.5


class EmblemReader:
    """Looks for the marks in pictures with a reader of text; recent pictures' answers are kept."""

    def __init__(self, reader: PictureReader) -> None:
        self._reader = reader
        self._answers = Answers[tuple[Seen, ...]](_CACHE)

    def seen(self, data: bytes) -> tuple[Seen, ...]:
        """Return the marks in a picture, at most three, surest first; () for what is no picture."""
        return self._answers.get(data, lambda found, _: self._looked(found))

    def seen_in(self, pictures: Mapping[int, bytes], most: int, seconds: float) -> Sightings:
        """Look in the first `most` pictures; none is begun once `seconds` are over. The others are named."""
        end, found, passed = time.monotonic() + seconds, {}, []
        for count, number in enumerate(sorted(pictures)):
            if count >= most or time.monotonic() >= end:
                passed.append(number)
            elif marks := self.seen(pictures[number]):
                found[number] = marks
        return Sightings(found, tuple(passed))

    def _looked(self, data: bytes) -> tuple[Seen, ...]:
        opened = _opened(data)
        if opened is None:
            return ()
        pixels, scale = opened
        found: list[Seen] = []
        for number, ring in enumerate(_all_rings(pixels)):
            if number >= _READ or len(found) >= _MOST:
                break
            if (mark := self._mark(pixels, ring)) is not None and not any(_overlap(mark.box, one.box) for one in found):
                found.append(self._with_code(pixels, mark))
        ranked = sorted(found, key=lambda one: (not one.certain, -one.share, one.box))
        return tuple(_scaled(one, scale) for one in ranked)

    def _mark(self, pixels: Pixels, ring: Ring) -> Seen | None:
        """Return the mark whose words run along an outline, or None. Read upside down only where something was read."""
        band = straightened(pixels, ring)
        lines = self._reader.lines(Image.fromarray(band))
        best = _known(lines)
        if (best is None or not best[2]) and _promising(lines):
            turned = self._reader.lines(Image.fromarray(np.ascontiguousarray(band[::-1, ::-1])))
            best = _known((*lines, *turned)) or best
        if best is None:
            return None
        mark, share, certain, words = best
        return Seen(mark, _grown(ring, lines).box((pixels.shape[1], pixels.shape[0])), round(share, 2), certain, words)

    def _with_code(self, pixels: Pixels, seen: Seen) -> Seen:
        """Return the mark with what is printed beneath it. A wrong code must be read alike in two sizes."""
        below = _below(pixels, seen.box)
        if below is None:
            return seen
        first, sure = self._code(below, 1.0)
        if is_uscc(first):
            return replace(seen, code=first, code_state=Code.VALID)
        second, surer = self._code(below, 1.5)
        if is_uscc(second):
            return replace(seen, code=second, code_state=Code.VALID)
        if first and first == second and len(first) == LENGTH and min(sure, surer) >= _CODE_SURE:
            return replace(seen, code=first, code_state=Code.WRONG)
        legible = seen.box[2] >= _CODE_LEGIBLE and _ends_inside(pixels, seen.box)
        return seen if first or second or not legible else replace(seen, code="", code_state=Code.MISSING)

    def _code(self, below: Pixels, scale: float) -> tuple[str, float]:
        """Return what looks like a code there, and how surely it was read; ("", 0) for nothing."""
        shown = cv2.resize(below, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        for line in self._reader.lines(Image.fromarray(shown)):
            text = "".join(char for char in line.text.upper() if char.isascii() and char.isalnum())
            if LENGTH - 3 <= len(text) <= LENGTH + 2 and sum(map(str.isdigit, text)) >= LENGTH // 2:
                return text.translate(_SHAPED), line.confidence
        return "", 0.0


def _opened(data: bytes) -> tuple[Pixels, float] | None:
    """Return the picture as RGB on white, its short side shrunk to what is looked at, and by how much; None for none."""
    try:
        image = open_image_capped(data)
    except GuardError:
        return None
    if min(image.size) < _MIN_SIDE:
        return None
    share = min(1.0, _SIDE / max(min(image.size), max(image.size) / _WINDOWS))
    size = max(1, round(image.size[0] * share)), max(1, round(image.size[1] * share))
    if min(size) < _MIN_SIDE:
        return None
    if share < 1:
        image = image.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(on_white(image), dtype=np.uint8), 1 / share


def _all_rings(pixels: Pixels) -> Iterator[Ring]:
    """Yield the outlines of a picture; a long one is looked at in overlapping windows, the first six of them."""
    high, wide = pixels.shape[:2]
    short = min(high, wide)
    if max(high, wide) <= _TALL * short:
        yield from rings(pixels)
        return
    for number in range(_WINDOWS):
        start = number * short
        if start and start + short // 4 >= max(high, wide):
            return
        part = pixels[start : start + _reach(short)] if high > wide else pixels[:, start : start + _reach(short)]
        for ring in rings(np.ascontiguousarray(part)):
            x, y = (0, start) if high > wide else (start, 0)
            yield Ring(ring.x + x, ring.y + y, ring.a, ring.b, ring.angle, ring.followed)


def _reach(short: int) -> int:
    """Return the length of a window: a half more than it is wide."""
    return short + short // 2


def _plain(text: str) -> str:
    """Return a line's letters and Chinese characters alone, in capitals."""
    return "".join(char for char in text.upper() if char.isalpha())


def _share(wording: str, line: str) -> float:
    """Return the share of a wording that stands in a line, in its order, within as many characters."""
    if len(line) > len(wording):
        place = fuzz.partial_ratio_alignment(wording, line)
        if place is None:
            return 0.0
        line = line[place.dest_start : place.dest_end]
    return LCSseq.similarity(wording, line) / len(wording)


def _texts(lines: Sequence[ReadLine]) -> list[str]:
    """Return what the lines say, and what up to four of Latin letters say together: a long wording is read in parts."""
    plain = [text for line in lines if (text := _plain(line.text))]
    latin = [text for text in plain if text.isascii()][:_JOINED]
    return plain + ["".join(parts) for count in range(2, 5) for parts in permutations(latin, count)]


def _promising(lines: Sequence[ReadLine]) -> bool:
    """Whether as much of a mark's words was read as to read the band once more, upside down."""
    return any(
        _share(words, text) >= _HINT
        for line in lines
        if (text := _plain(line.text))
        for wording in _WORDINGS
        for words in (wording.main, *wording.beside)
    )


def _known(lines: Sequence[ReadLine]) -> tuple[Mark, float, bool, str] | None:
    """Return which mark the lines are of: the mark, the share of its words, whether it is certain, the words read."""
    plain = _texts(lines)
    found = [
        (share, wording, text)
        for wording in _WORDINGS
        for text in plain
        if (share := _share(wording.main, text)) >= wording.least and _holds(wording, text)
    ]
    if not found:
        return None
    share, wording, text = max(found, key=lambda item: (_certain(item[1], plain), item[0], len(item[1].main), item[2]))
    return wording.mark, share, _certain(wording, plain), text


def _holds(wording: _Wording, text: str) -> bool:
    """Whether a line holds what tells the wording from others: 地理标志, its tail, and not what another goes on with."""
    if not wording.main.isascii() and _share(_CORE, text) <= _CORE_SHARE:
        return False
    if wording.without and _share(wording.without, text) >= _FOLLOWS:
        return False
    return not wording.tail or _share(wording.tail, text) > _TAIL


def _certain(wording: _Wording, plain: Sequence[str]) -> bool:
    """Whether the words beside were read too, where the main ones alone stand on other emblems as well."""
    return not wording.beside or any(_share(words, text) >= _BESIDE for words in wording.beside for text in plain)


def _grown(ring: Ring, lines: Sequence[ReadLine]) -> Ring:
    """Return the outline as it would be around what was read along it: the words may stand outside the one that was found."""
    longest = max(lines, key=lambda line: (len(_plain(line.text)), -line.start), default=None)
    by = max(1.0, share_at(longest.box[1])) if longest else 1.0
    return replace(ring, a=ring.a * by, b=ring.b * by)


def _below(pixels: Pixels, box: tuple[int, int, int, int]) -> Pixels | None:
    """Return what lies beneath an emblem, at a size at which its code would be read; None at the picture's edge."""
    x, y, w, h = box
    part = pixels[y + round(0.92 * h) : y + round(1.45 * h), max(0, x - w // 4) : x + w + w // 4]
    if min(part.shape[:2]) < 8:
        return None
    scale = min(8.0, _CODE_DIAMETER / w)
    return np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _ends_inside(pixels: Pixels, box: tuple[int, int, int, int]) -> bool:
    """Whether the picture goes on far enough beneath an emblem to show a code."""
    _, y, _, h = box
    return bool(y + 1.2 * h <= pixels.shape[0])


def _scaled(seen: Seen, by: float) -> Seen:
    x, y, w, h = (round(value * by) for value in seen.box)
    return replace(seen, box=(x, y, w, h))


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether the middle of the one lies in the other."""
    x, y = one[0] + one[2] / 2, one[1] + one[3] / 2
    return other[0] <= x <= other[0] + other[2] and other[1] <= y <= other[1] + other[3]

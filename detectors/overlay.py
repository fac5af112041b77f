"""A picture for the eye: a reference, a shop's picture, and the one laid over the other, drawn from what a finding kept.

Rules:
- pure: the bytes of both pictures and the finding in, the bytes of a PNG of at most 1600 pixels a side out
- only the very pictures that the finding speaks of are drawn: their SHA-256 digests are compared
- pictures are strangers': decoded under `guards.caps`; whatever cannot be drawn raises `NoOverlay` and nothing else
- the same input gives the same bytes on one machine (words depend on whether the font is there)

Above lie the reference and the shop's picture, each with the reference's corners, numbered from its top-left on, and lines
between a few keypoints that agree. Below lie, at one size, the reference, what the shop's picture shows there (brought
to the reference's form), both in turn as a checkerboard, and the reference laid half-transparent over the shop's picture.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image, ImageDraw

from detectors import features as local
from detectors import overlay_paint as paint
from detectors.alignment import laid
from detectors.errors import NoOverlay
from detectors.overlay_paint import Panel, Pixels, Points
from detectors.pictures import Picture, on_white, picture
from guards.caps import open_image_capped
from guards.errors import GuardError, both
from records.alignment import Alignment, Quad
from records.model import Finding, Text

SIDE = 1_600
"""The sheet's width; its height is less."""
_GAP = 16
_LABEL = 30
_HEAD = 78
_FOOT = 40
_UPPER = ((SIDE - 3 * _GAP) // 2, 560)
_TILE = (SIDE - 5 * _GAP) // 4
_LINES = 12
_CELLS = 8
_BEYOND = 0.5
"""By which share of its sides the ground about a shop's picture is shown, where the reference goes on beyond it."""
_AROUND = 0.06
_HASHES = ("phash", "pdq", "edges")
_ALIKE = 0.5
_WARPABLE = 32_000
"""Pixels a side that OpenCV can warp."""
_SINGULAR = 1e12
"""Of a map's condition number: above it, nothing can be brought back through it."""
_REFERENCE = Text("比对样本", "reference")
_LABELS = (
    _REFERENCE,
    Text("商品图片同一区域(已校正)", "listing, aligned"),
    Text("棋盘格对照", "checkerboard"),
    Text("样本叠于商品图片", "reference over listing"),
)
_METHODS = {
    "sha256": Text("文件逐字节相同", "identical bytes"),
    "phash": Text("pHash-256", "pHash-256"),
    "pdq": Text("PDQ", "PDQ"),
    "edges": Text("边缘分布", "edges"),
    "sift": Text("SIFT局部特征", "SIFT"),
    "edge_sift": Text("轮廓SIFT局部特征", "SIFT of edges"),
    "outline": Text("标志轮廓", "outline of the mark"),
}


@dataclass(frozen=True)
class Sheet:
    """A drawn overlay: the picture, and where the reference and the shop's picture lie in it."""

    image: Image.Image
    reference: Panel
    listing: Panel


def draw(shown: bytes, reference: bytes, finding: Finding, hit_id: str = "") -> bytes:
    """Return the overlay of a finding as PNG; `shown` are the bytes of the listing's picture. Raises `NoOverlay`."""
    stream = io.BytesIO()
    compose(shown, reference, finding, hit_id).image.save(stream, "PNG")
    return stream.getvalue()


def compose(shown: bytes, reference: bytes, finding: Finding, hit_id: str = "") -> Sheet:
    """Return the overlay of a finding, not yet encoded. Raises `NoOverlay`."""
    kept = finding.alignment
    if kept is None:
        raise _no_place()
    _same(shown, kept.image_sha256, Text("商品图片", "the listing's picture"))
    _same(reference, kept.reference_sha256, Text("比对样本", "the reference picture"))
    try:
        pictures = on_white(open_image_capped(reference)), on_white(open_image_capped(shown))
    except GuardError as error:
        raise NoOverlay(
            both(f"图片无法读取:{error.in_lang('zh')}", f"a picture cannot be read: {error}"),
            both("重新巡查或重新导入权利清单", "patrol again, or import the rights file again"),
        ) from error
    exact, points = _exact(kept, shown, reference)
    return _laid_out(*pictures, exact, _told(finding, kept, hit_id, points))


def _no_place() -> NoOverlay:
    return NoOverlay(
        both("该理由没有图片对齐信息", "this finding keeps no place of a reference in a picture"),
        both(
            "只有图片理由可绘对照图;旧线索请重新巡查", "only findings about pictures have one; older hits: patrol again"
        ),
    )


def _same(data: bytes, expected: str, what: Text) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise NoOverlay(
            both(
                f"{what.zh}不是线索所指的那一张:SHA-256 应为 {expected[:16]}…,实为 {found[:16]}…",
                f"{what.en} is not the one that the hit speaks of: expected SHA-256 {expected[:16]}…, found {found[:16]}…",
            ),
            both("使用未经改动的原图", "use the picture as it was"),
        )


def _exact(kept: Alignment, shown: bytes, reference: bytes) -> tuple[Alignment, int]:
    """Return the alignment, brought nearer where a hash gave it, and by how many keypoints (0: as it was kept).

    A hash says which picture and which turn; up to a tenth may be cut off, or it may be turned by a few degrees.
    """
    one, other = (picture(reference), picture(shown)) if kept.method in _HASHES else (None, None)
    if one is None or other is None:
        return kept, 0
    mirrored = _area(kept.quad) < 0
    for view, (_, turned, _) in enumerate(local.VIEWS):
        if turned != mirrored:
            continue
        placed = _placed(one, other, view)
        if placed is not None:
            quad, pairs = laid(other, one, placed, mirrored=mirrored)
            if _overlap(quad, kept.quad) >= _ALIKE:
                return replace(kept, quad=quad, pairs=pairs), placed.inliers
    return kept, 0


def _placed(one: Picture, other: Picture, view: int) -> local.Placed | None:
    seen = local.seen(one.features, one.small.size[0], view)
    return local.place(seen, other.features, one.small.size, other.small.size)


def _area(quad: Quad) -> float:
    """Return the area within four corners: below 0 where they run against the clock, as of a mirror image."""
    return float(cv2.contourArea(np.array(quad, dtype=np.float32), oriented=True))


def _overlap(one: Quad, other: Quad) -> float:
    """Return the share that two convex forms have in common of what both cover; 0 where a corner lies elsewhere."""
    a, b = np.array(one, dtype=np.float32), np.array(other, dtype=np.float32)
    if np.linalg.norm(a - b, axis=1).max() > 0.5 * np.linalg.norm(np.ptp(b, axis=0)):
        return 0.0
    common, _ = cv2.intersectConvexConvex(a, b)
    return common / max(1.0, abs(_area(one)) + abs(_area(other)) - common)


def _told(finding: Finding, kept: Alignment, hit_id: str, points: int) -> tuple[Text, ...]:
    """Return the lines of words: two above, one below."""
    how = _METHODS.get(kept.method, Text(kept.method, kept.method))
    count = Text(f" · 吻合点{kept.inliers}个", f" · {kept.inliers} agreeing points") if kept.inliers else Text("", "")
    if points:
        count = Text(f" · 经{points}个SIFT点细化对齐", f" · aligned by {points} SIFT points")
    known = hit_id[:16] or "-", finding.reference_id[:32] or "-"
    head = Text(f"线索 {known[0]} · 比对样本 {known[1]} · 方法:{how.zh}{count.zh}", "")
    second = Text("", f"hit {known[0]} · reference {known[1]} · method: {how.en}{count.en}")
    digests = f"SHA-256 {kept.reference_sha256[:16]}… / {kept.image_sha256[:16]}…"
    foot = Text("涉嫌线索对照图,供人工核查 ·", f"a comparison for the review of a suspicion · {digests}")
    return head, second, foot


def _laid_out(reference: Image.Image, shown: Image.Image, kept: Alignment, words: Sequence[Text]) -> Sheet:
    """Return the sheet: two panels, lines between them, four tiles, words."""
    matrix = _matrix(kept, reference.size)
    left, right = _whole(reference, kept.part), _window(shown, kept.quad)
    right = replace(right, corner=(2 * _GAP + _UPPER[0], right.corner[1]))
    tiles = [*_tiles(reference, shown, kept, matrix), _blended(reference, shown, kept, matrix)]
    upper = max(left.pixels.shape[0], right.pixels.shape[0])
    lower = _HEAD + _LABEL + upper + _LABEL + _GAP
    height = lower + max(tile.shape[0] for tile in tiles) + _FOOT
    sheet = np.full((height, SIDE, 3), paint.PAPER, dtype=np.uint8)
    for panel in (left, right):
        _put(sheet, panel.pixels, panel.corner)
    for number, tile in enumerate(tiles):
        _put(sheet, tile, (_GAP + number * (_TILE + _GAP), lower))
    some = kept.pairs[:: max(1, -(-len(kept.pairs) // _LINES))]
    paint.joined(sheet, left.at([(a, b) for a, b, _, _ in some]), right.at([(x, y) for _, _, x, y in some]))
    image = Image.fromarray(sheet)
    _lettered(image, left, right, kept, words, lower)
    return Sheet(image, left, right)


def _put(sheet: Pixels, pixels: Pixels, corner: tuple[int, int]) -> None:
    x, y = corner
    sheet[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels


def _lettered(
    image: Image.Image, left: Panel, right: Panel, kept: Alignment, words: Sequence[Text], lower: int
) -> None:
    """Write the words and number the corners."""
    pen, wide = ImageDraw.Draw(image), SIDE - 2 * _GAP
    paint.write(pen, (_GAP, 10), words[0], 22, wide)
    paint.write(pen, (_GAP, 42), words[1], 20, wide)
    for panel, text in ((left, _REFERENCE), (right, Text("商品图片", "listing's picture"))):
        paint.write(pen, (panel.corner[0], _HEAD), text, 18, _UPPER[0])
    for number, text in enumerate(_LABELS):
        paint.write(pen, (_GAP + number * (_TILE + _GAP), lower - _LABEL), text, 18, _TILE)
    paint.write(pen, (_GAP, image.size[1] - _FOOT + 10), words[2], 15, wide)
    for panel, corners in ((left, _corners(kept)), (right, kept.quad)):
        x, y = panel.corner
        paint.numbered(pen, panel.at(corners), (x, y, x + panel.pixels.shape[1], y + panel.pixels.shape[0]))


def _corners(kept: Alignment) -> Quad:
    x, y, w, h = kept.part
    return (x, y), (x + w, y), (x + w, y + h), (x, y + h)


def _matrix(kept: Alignment, size: tuple[int, int]) -> Points:
    """Return the map from the reference's pixels to the listing's (3×3). Raises `NoOverlay` where there is none."""
    x, y, w, h = kept.part
    goal = np.array(kept.quad, dtype=np.float32)
    inside = x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= size[0] and y + h <= size[1]
    if not inside or abs(_area(kept.quad)) < 4 or not cv2.isContourConvex(goal):
        raise _no_form()
    matrix = cv2.getPerspectiveTransform(np.array(_corners(kept), dtype=np.float32), goal)
    if not np.isfinite(matrix).all() or np.linalg.cond(matrix) > _SINGULAR:
        raise _no_form()
    return np.asarray(matrix, dtype=np.float64)


def _no_form() -> NoOverlay:
    return NoOverlay(
        both("对齐信息不成形", "the corners that the finding keeps are no form of a picture"),
        both("重新巡查", "patrol again"),
    )


def _whole(image: Image.Image, part: tuple[int, int, int, int]) -> Panel:
    """Return the reference with the outline of the part that was laid."""
    scale = paint.fitted(image.size, _UPPER)
    size = max(1, round(image.size[0] * scale)), max(1, round(image.size[1] * scale))
    panel = Panel(paint.resized(image, size).copy(), (_GAP, _HEAD + _LABEL), scale, (0.0, 0.0))
    x, y, w, h = part
    paint.outline(panel.pixels, panel.inside([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]))
    return panel


def _window(image: Image.Image, quad: Quad) -> Panel:
    """Return the shop's picture, with as much ground about it as the corners need, and their outline."""
    size, places = np.array(image.size, dtype=np.float64), np.array(quad, dtype=np.float64)
    low = np.maximum(np.minimum(0, places.min(axis=0)), -_BEYOND * size).round()
    high = np.minimum(np.maximum(size, places.max(axis=0)), (1 + _BEYOND) * size).round()
    room = float(high[0] - low[0]), float(high[1] - low[1])
    scale = paint.fitted(room, _UPPER)
    wide, tall = max(1, round(room[0] * scale)), max(1, round(room[1] * scale))
    pixels = np.full((tall, wide, 3), paint.OUTSIDE, dtype=np.uint8)
    shift = -low * scale
    x, y = round(float(shift[0])), round(float(shift[1]))
    w, h = max(1, min(wide - x, round(image.size[0] * scale))), max(1, min(tall - y, round(image.size[1] * scale)))
    _put(pixels, paint.resized(image, (w, h))[: tall - y, : wide - x], (x, y))
    panel = Panel(pixels, (_GAP, _HEAD + _LABEL), scale, (float(shift[0]), float(shift[1])))
    paint.outline(pixels, panel.inside(quad))
    return panel


def _tiles(reference: Image.Image, shown: Image.Image, kept: Alignment, matrix: Points) -> list[Pixels]:
    """Return the reference's part, the listing's brought to its form, and both in turn, at one size."""
    x, y, w, h = kept.part
    scale = paint.fitted((w, h), (_TILE, _TILE), most=8.0)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    first = paint.resized(reference.crop((x, y, x + w, y + h)), size)
    small, shrunk = _lens(shown, (abs(_area(kept.quad)) / (size[0] * size[1])) ** 0.5)
    into = np.array([[w / size[0], 0, x], [0, h / size[1], y], [0, 0, 1]])
    second = _warped(small, np.linalg.inv(shrunk @ matrix @ into), size)
    return [first, second, paint.checkered(first, second, _CELLS)]


def _blended(reference: Image.Image, shown: Image.Image, kept: Alignment, matrix: Points) -> Pixels:
    """Return the listing's region with the reference laid half-transparent over it."""
    places, size = np.array(kept.quad, dtype=np.float64), np.array(shown.size, dtype=np.float64)
    rim = _AROUND * np.ptp(places, axis=0)
    low = np.floor(np.clip(places.min(axis=0) - rim, 0, size - 1))
    high = np.ceil(np.clip(places.max(axis=0) + rim, low + 1, size))
    wide, tall = (int(value) for value in high - low)
    scale = paint.fitted((wide, tall), (_TILE, _TILE), most=8.0)
    room = max(1, round(wide * scale)), max(1, round(tall * scale))
    box = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    ground = paint.resized(shown.crop(box), room)
    x, y, w, h = kept.part
    small, shrunk = _lens(reference, (w * h / max(1.0, abs(_area(kept.quad)) * scale**2)) ** 0.5)
    onto = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1]])
    into = onto @ matrix @ np.linalg.inv(shrunk)
    cover = np.zeros(small.shape[:2], dtype=np.uint8)
    corner = np.rint(shrunk @ [[x, x + w], [y, y + h], [1, 1]]).astype(int)
    cover[corner[1, 0] : corner[1, 1], corner[0, 0] : corner[0, 1]] = 255
    share = cv2.warpPerspective(cover, into, room, flags=cv2.INTER_LINEAR)[..., None] / 510.0
    mixed = ground * (1 - share) + _warped(small, into, room) * share
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def _lens(image: Image.Image, times: float) -> tuple[Pixels, Points]:
    """Return a picture made smaller so that nothing flickers when it is warped `times` smaller, and the map to that."""
    times = max(times, max(image.size) / _WARPABLE)
    wide, high = (max(1, round(side / max(1.0, times))) for side in image.size)
    shrunk = np.diag([wide / image.size[0], high / image.size[1], 1.0])
    return (np.asarray(image) if times <= 1 else paint.resized(image, (wide, high))), shrunk


def _warped(pixels: Pixels, matrix: Points, size: tuple[int, int]) -> Pixels:
    how = cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpPerspective(pixels, matrix, size, flags=how, borderMode=cv2.BORDER_CONSTANT, borderValue=paint.OUTSIDE),
        dtype=np.uint8,
    )

"""Where a reference lies over a shop's picture, against edits whose places are known; and the picture that is drawn of it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from bench.detection.edits import EDITS, encoded
from bench.detection.pictures import photos, scene
from detectors import overlay_paint
from detectors.alignment import MOST_PAIRS, PDQ_TURNS, whole_quad
from detectors.engine import Engine
from detectors.errors import NoOverlay
from detectors.overlay import SIDE, Sheet, compose, draw
from detectors.overlay_paint import FRAME, OUTSIDE
from detectors.pictures import TURNS, picture
from detectors.types import Options, ReferenceImage
from records.alignment import Alignment
from records.codec import dumps, loads
from records.hits_file import hit_document
from records.model import Finding, Hit, Listing, Right, Text
from records.terms import RightKind

RIGHT = Right("work", RightKind.WORK, "砂岭晚照")
PHOTO = photos()[5]
W, H = PHOTO.size
FULL = [(0, 0), (W, 0), (W, H), (0, H)]
Places = list[tuple[float, float]]


def _boxed(x: float, y: float, w: float, h: float) -> Places:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def _cropped(share: float, across: float = 0.4, down: float = 0.6) -> Places:
    keep = (1 - share) ** 0.5
    return _boxed(-int(W * (1 - keep) * across), -int(H * (1 - keep) * down), W, H)


def _mirrored(places: Places, width: float) -> Places:
    return [(width - x, y) for x, y in places]


def _rotated(degrees: float) -> Places:
    turn = np.deg2rad(degrees)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    places = (np.array(FULL) - (W / 2, H / 2)) @ spin.T
    return [(float(x), float(y)) for x, y in places - places.min(axis=0)]


_KEPT = int(W * 0.75**0.5)
_INSET = int(900 * 0.12**0.5), int(675 * 0.12**0.5)
TRUTH: dict[str, Places] = {
    "resize 50 %": _boxed(0, 0, W // 2, H // 2),
    "jpeg 30": _boxed(0, 0, W, H),
    "crop 10 %": _cropped(0.10),
    "crop 25 %": _cropped(0.25),
    "crop 50 %": _cropped(0.50),
    "rotate 5": _rotated(5),
    "rotate 90": [(0, W), (0, 0), (H, 0), (H, W)],
    "rotate 12 + text": _rotated(12),
    "mirror": _mirrored(_boxed(0, 0, W, H), W),
    "crop + mirror": _mirrored(_cropped(0.25), _KEPT),
    "invert + crop": _cropped(0.25),
    "screenshot": _boxed(20, 100, 500, int(500 * H / W)),
    "mirror + screenshot": _mirrored(_boxed(20, 100, 500, int(500 * H / W)), 540),
    "4-collage": _boxed(0, 304, 396, 296),
    "recolour + collage": _boxed(0, 304, 396, 296),
    "inset 12 %": _boxed(520, 60, *_INSET),
    "perspective": [(W * 0.14, H * 0.14 * 0.6), (W * (1 - 0.14 * 0.3), 0), (W, H), (0, H * (1 - 0.14 * 0.5))],
    "perspective + mask": [(W * 0.10, H * 0.10 * 0.6), (W * (1 - 0.10 * 0.3), 0), (W, H), (0, H * (1 - 0.10 * 0.5))],
    "frame": _boxed(W // 8, H // 6, W, H),
    "masked": _boxed(0, 0, W, H),
}
"""Where each edit puts the reference's top-left, top-right, bottom-right and bottom-left."""
RICH = photos()[1]
"""A photo with detail all over it, of the same size."""
HASHED = {"phash", "pdq", "edges"}


@lru_cache(maxsize=1)
def _engine() -> Engine:
    references = {"work": [ReferenceImage("ref", encoded(PHOTO))]}
    return Engine([RIGHT], references, Options(today=date(2026, 6, 1)))


@lru_cache(maxsize=1)
def _rich() -> Engine:
    return Engine([RIGHT], {"work": [ReferenceImage("ref", encoded(RICH))]}, Options(today=date(2026, 6, 1)))


@lru_cache(maxsize=64)
def _shown(edit: str) -> bytes:
    return encoded(EDITS[edit](PHOTO, scene(77)), "JPEG", quality=85)


@lru_cache(maxsize=64)
def _hit(edit: str) -> Hit:
    (hit,) = _engine().detect(Listing("1", "装饰画", images=("a.jpg",)), {0: _shown(edit)})
    return hit


def _finding(edit: str) -> Finding:
    return next(one for one in _hit(edit).findings if one.alignment is not None)


def _overlap(one: Places, other: Places) -> float:
    """Return the share of both convex shapes that they have in common."""
    a, b = (cv2.convexHull(np.asarray(places, dtype=np.float32)) for places in (one, other))
    both, _ = cv2.intersectConvexConvex(a, b)
    return float(both / (cv2.contourArea(a) + cv2.contourArea(b) - both))


@pytest.mark.parametrize("edit", sorted(TRUTH))
def test_the_corners_lie_where_the_edit_put_them(edit: str) -> None:
    kept = _finding(edit).alignment
    assert kept is not None
    assert kept.part == (0, 0, W, H)
    assert _overlap(list(kept.quad), TRUTH[edit]) >= 0.8
    far = np.linalg.norm(np.array(kept.quad) - np.array(TRUTH[edit]), axis=1).max()
    shown = Image.open(io.BytesIO(_shown(edit))).size
    # a hash says which turn, not by how much a copy is cut or tilted; local features do
    assert far <= (0.16 if kept.method in HASHED else 0.02) * np.hypot(*shown)


@pytest.mark.parametrize("edit", ["crop 50 %", "crop + mirror", "perspective", "4-collage", "recolour + collage"])
def test_kept_pairs_agree_with_the_corners(edit: str) -> None:
    kept = _finding(edit).alignment
    assert kept is not None
    assert MOST_PAIRS // 2 <= len(kept.pairs) <= min(MOST_PAIRS, kept.inliers)
    import cv2

    matrix = cv2.getPerspectiveTransform(np.array(FULL, np.float32), np.array(kept.quad, np.float32))
    pairs = np.array(kept.pairs, np.float32)
    laid = cv2.perspectiveTransform(pairs[None, :, :2], matrix)[0]
    assert np.linalg.norm(laid - pairs[:, 2:], axis=1).max() < 12
    assert np.ptp(pairs[:, 0]) > 0.2 * W


@pytest.mark.parametrize("turn", range(8))
def test_each_turn_of_the_whole_has_its_corners(turn: int) -> None:
    """Four dots of four colours tell where the corners went when Pillow turned the picture."""
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
    dotted = Image.new("RGB", (60, 40))
    for (x, y), colour in zip([(0, 0), (59, 0), (59, 39), (0, 39)], colours, strict=True):
        dotted.putpixel((x, y), colour)
    how = TURNS[turn][1]
    turned = dotted if how is None else dotted.transpose(how)
    w, h = turned.size
    for (x, y), colour in zip(whole_quad((w, h), turn), colours, strict=True):
        assert turned.getpixel((min(x, w - 1), min(y, h - 1))) == colour


@pytest.mark.parametrize("turn", range(8))
def test_pdqs_hashes_are_of_the_turns_that_are_said(turn: int) -> None:
    how = TURNS[turn][1]
    mine = picture(encoded(PHOTO))
    turned = picture(encoded(PHOTO if how is None else PHOTO.transpose(how)))
    assert mine is not None
    assert turned is not None
    far = [int(np.bitwise_count(bits ^ turned.pdq[0][0]).sum()) for bits in mine.pdq[0]]
    assert PDQ_TURNS[int(np.argmin(far))] == turn


@pytest.mark.parametrize("turn", range(8))
def test_a_turned_copy_is_found_with_its_corners(turn: int) -> None:
    how = TURNS[turn][1]
    shown = PHOTO if how is None else PHOTO.transpose(how)
    (hit,) = _engine().detect(Listing("1", "画", images=("a",)), {0: encoded(shown, "JPEG", quality=80)})
    kept = hit.findings[0].alignment
    assert kept is not None
    assert kept.quad == whole_quad(shown.size, turn)


@settings(max_examples=12, deadline=None)
@given(
    st.floats(0.05, 0.45), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.booleans(), st.integers(-20, 20), st.floats(0.7, 1.4)
)  # fmt: skip
def test_any_crop_turn_and_size_keeps_the_corners(
    share: float, across: float, down: float, mirror: bool, degrees: int, size: float
) -> None:
    w, h = round(W * (1 - share)), round(H * (1 - share))
    x, y = round((W - w) * across), round((H - h) * down)
    shown = RICH.crop((x, y, x + w, y + h))
    truth = np.array(_boxed(-x, -y, W, H), dtype=np.float64)
    if mirror:
        shown, truth[:, 0] = ImageOps.mirror(shown), w - truth[:, 0]
    shown = shown.resize((round(w * size), round(h * size)))
    truth *= np.array(shown.size) / (w, h)
    middle = np.array(shown.size) / 2
    shown = shown.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    turn = np.deg2rad(degrees)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    truth = (truth - middle) @ spin.T + np.array(shown.size) / 2
    hits = _rich().detect(Listing("1", "画", images=("a",)), {0: encoded(shown)})
    assume(hits)
    kept = hits[0].findings[0].alignment
    assert kept is not None
    assert _overlap(list(kept.quad), [(float(a), float(b)) for a, b in truth]) >= 0.8


def test_what_is_kept_is_enough_and_the_same_again() -> None:
    kept = _finding("crop 50 %").alignment
    assert kept is not None
    assert loads(Alignment, dumps(kept)) == kept
    (again,) = Engine([RIGHT], {"work": [ReferenceImage("ref", encoded(PHOTO))]}, Options(today=date(2026, 6, 1))).detect(
        Listing("1", "装饰画", images=("a.jpg",)), {0: _shown("crop 50 %")}
    )  # fmt: skip
    assert again == _hit("crop 50 %")
    document = hit_document(again, "zh")["findings"][0]["alignment"]
    assert set(document) == {"method", "part", "quad", "inliers", "pairs", "reference_sha256", "image_sha256"}
    assert len(document["reference_sha256"]) == len(document["image_sha256"]) == 64


def _sheet(edit: str) -> Sheet:
    return compose(_shown(edit), encoded(PHOTO), _finding(edit), _hit(edit).id)


def _near_frame(sheet: Sheet, place: tuple[float, float]) -> bool:
    """Whether the frame's colour lies within three pixels of a place on the sheet."""
    x, y = round(place[0]), round(place[1])
    around = np.asarray(sheet.image)[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].reshape(-1, 3).astype(int)
    return bool((np.abs(around - FRAME).max(axis=1) < 60).any())


@pytest.mark.parametrize("edit", ["crop 50 %", "mirror", "rotate 12 + text", "perspective", "inset 12 %", "4-collage"])
def test_the_frame_is_drawn_on_the_corners_and_sides(edit: str) -> None:
    sheet, quad = _sheet(edit), TRUTH[edit]
    panel = sheet.listing
    high, wide = panel.pixels.shape[:2]
    seen = []
    for number in range(4):
        one, other = np.array(quad[number]), np.array(quad[(number + 1) % 4])
        for share in np.linspace(0.06, 0.94, 23):
            (place,) = panel.at([tuple(one + share * (other - one))])
            x, y = place - np.array(panel.corner)
            if 0 <= x < wide and 0 <= y < high:
                seen.append(_near_frame(sheet, tuple(place)))
    assert len(seen) > 50
    assert np.mean(seen) >= 0.85
    (middle,) = panel.at([tuple(np.mean(quad, axis=0))])
    assert not _near_frame(sheet, tuple(middle))


@pytest.mark.parametrize("edit", sorted(TRUTH))
def test_an_overlay_is_a_png_of_bounded_size(edit: str) -> None:
    data = draw(_shown(edit), encoded(PHOTO), _finding(edit), _hit(edit).id)
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
        assert opened.format == "PNG"
        assert max(opened.size) <= SIDE


def test_the_same_input_gives_the_same_bytes() -> None:
    one, other = (draw(_shown("perspective"), encoded(PHOTO), _finding("perspective"), "h") for _ in range(2))
    assert one == other


@pytest.mark.parametrize("edit", ["crop 50 %", "perspective", "rotate 5", "mirror"])
def test_the_listing_brought_to_the_references_form_looks_like_it(edit: str) -> None:
    """The second tile of the lower row against the first, where the listing shows anything."""
    sheet = np.asarray(_sheet(edit).image).astype(int)
    tile, gap = (SIDE - 5 * 16) // 4, 16
    high = round(tile * H / W)
    top = sheet.shape[0] - 40 - high
    first, second = (sheet[top : top + high, gap + n * (tile + gap) : gap + n * (tile + gap) + tile] for n in (0, 1))
    there = np.abs(second - OUTSIDE).max(axis=2) > 8
    assert there.mean() > 0.4
    assert np.abs(first - second)[there].mean() < 16


def test_without_the_font_it_is_drawn_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay_paint, "_FONT", "no-such-font.ttc")
    overlay_paint._chinese.cache_clear()
    try:
        assert draw(_shown("mirror"), encoded(PHOTO), _finding("mirror"), "h").startswith(b"\x89PNG")
    finally:
        overlay_paint._chinese.cache_clear()


def _mark(scene_too: bool) -> Image.Image:
    sheet = Image.new("RGB", (900, 620) if scene_too else (400, 300), (40, 84, 92) if scene_too else "white")
    pen = ImageDraw.Draw(sheet)
    left, top, size, colour = (520, 210, 160, (240, 220, 120)) if scene_too else (120, 60, 200, (0, 0, 0))
    parts = (
        ((0, 60), (34, 44), (52, 56), (92, 0), (82, 50), (100, 46), (70, 74), (44, 80), (20, 70)),
        ((12, 88), (48, 94), (90, 82), (90, 90), (48, 100), (12, 96)),
        ((8, 6), (34, 6), (34, 14), (16, 14), (16, 34), (8, 34)),
    )
    for part in parts:
        pen.polygon([(left + x * size / 100, top + y * size / 100) for x, y in part], fill=colour)
    return sheet


def test_a_mark_is_laid_by_what_is_drawn_in_its_reference() -> None:
    right = Right("tm", RightKind.TRADEMARK, "砚溪雁")
    reference, shown = encoded(_mark(False)), encoded(_mark(True))
    engine = Engine([right], {"tm": [ReferenceImage("ref", reference)]}, Options(today=date(2026, 6, 1)))
    (hit,) = engine.detect(Listing("1", "帆布包", images=("a",)), {0: shown})
    finding = next(one for one in hit.findings if one.rule == "image.logo")
    kept = finding.alignment
    assert kept is not None
    assert (kept.method, kept.inliers, kept.pairs) == ("outline", 0, ())
    assert np.abs(np.array(kept.part) - (120, 60, 200, 200)).max() <= 3
    assert _overlap(list(kept.quad), _boxed(520, 210, 160, 160)) >= 0.8
    sheet = compose(shown, reference, finding, hit.id)
    (corner,) = sheet.listing.at([kept.quad[1]])
    assert _near_frame(sheet, (corner[0] - 40 * sheet.listing.scale, corner[1]))


# hostile input


def _given(**fields: object) -> Finding:
    import hashlib

    sha = hashlib.sha256(SMALL).hexdigest()
    kept = replace(Alignment("sift", (0, 0, 64, 48), ((0, 0), (64, 0), (64, 48), (0, 48)), 20, (), sha, sha), **fields)
    return Finding("image_copy", "image.part", "images[0]", 0.9, Text("", ""), reference_id="ref", alignment=kept)


SMALL = encoded(PHOTO.resize((64, 48)))
Corner = st.tuples(st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7))
Near = st.tuples(st.integers(-80, 150), st.integers(-80, 150))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(Near, Near, Near, Near) | st.tuples(Corner, Corner, Corner, Corner), st.lists(Corner | Near, max_size=50)
)
def test_any_corners_are_drawn_or_refused(quad: tuple[tuple[int, int], ...], places: list[tuple[int, int]]) -> None:
    pairs = tuple((x, y, y, x) for x, y in places)
    try:
        data = draw(SMALL, SMALL, _given(quad=quad, pairs=pairs), "h")
    except NoOverlay:
        return
    with Image.open(io.BytesIO(data)) as opened:
        assert max(opened.size) <= SIDE


@pytest.mark.parametrize(
    "part", [(0, 0, 0, 0), (0, 0, 65, 48), (-1, 0, 64, 48), (0, 0, 64, -48), (60, 40, 10, 10), (10**9, 0, 10**9, 1)]
)
def test_a_part_outside_the_reference_is_refused(part: tuple[int, int, int, int]) -> None:
    with pytest.raises(NoOverlay):
        draw(SMALL, SMALL, _given(part=part))


def _spoilt() -> dict[str, Callable[[], bytes]]:
    return {
        "empty": lambda: b"",
        "text": lambda: b"no picture",
        "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "half": lambda: SMALL[: len(SMALL) // 2],
        "bomb": lambda: encoded(Image.new("1", (9000, 9000))),
    }


@pytest.mark.parametrize("what", sorted(_spoilt()))
def test_bytes_that_are_no_picture_are_refused_and_named(what: str) -> None:
    import hashlib

    data = _spoilt()[what]()
    sha = hashlib.sha256(data).hexdigest()
    for fields in ({"image_sha256": sha}, {"reference_sha256": sha}):
        for method in ("sift", "phash"):
            shown, reference = (data, SMALL) if "image_sha256" in fields else (SMALL, data)
            with pytest.raises(NoOverlay, match="cannot be read"):
                draw(shown, reference, _given(method=method, **fields))


def test_other_bytes_than_those_of_the_finding_are_refused() -> None:
    with pytest.raises(NoOverlay, match="not the one that the hit speaks of") as refused:
        draw(SMALL + b"\0", SMALL, _given())
    assert "不是线索所指" in refused.value.in_lang("zh")


def test_a_finding_without_a_place_is_refused() -> None:
    with pytest.raises(NoOverlay, match="keeps no place"):
        draw(SMALL, SMALL, replace(_given(), alignment=None))


@pytest.mark.parametrize("name", ["a\nb", "\ud800", "\u202e\x1b[2J", "字" * 5_000, ""])
def test_odd_ids_are_written_harmlessly(name: str) -> None:
    assert draw(SMALL, SMALL, replace(_given(method=name), reference_id=name), name).startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000)])
def test_pictures_of_odd_forms_are_drawn(size: tuple[int, int]) -> None:
    import hashlib

    thin = encoded(Image.new("RGB", size, "red"))
    sha, (w, h) = hashlib.sha256(thin).hexdigest(), size
    kept = {"part": (0, 0, w, h), "quad": ((0, 0), (w * 8, 0), (w * 8, h * 8), (0, h * 8))}
    assert draw(thin, thin, _given(image_sha256=sha, reference_sha256=sha, **kept)).startswith(b"\x89PNG")


@pytest.mark.parametrize("size", [(40_000, 30), (30, 40_000)])
def test_a_picture_longer_than_can_be_warped_is_drawn(size: tuple[int, int]) -> None:
    import hashlib

    long = encoded(Image.new("RGB", size, "red"))
    sha, kept = hashlib.sha256(long).hexdigest(), ((2, 2), (22, 2), (22, 20), (2, 20))
    assert draw(long, SMALL, _given(image_sha256=sha, quad=kept)).startswith(b"\x89PNG")
    part = (0, 0, *size)
    assert draw(SMALL, long, _given(reference_sha256=sha, quad=kept, part=part)).startswith(b"\x89PNG")


def test_a_transparent_reference_is_shown_on_white() -> None:
    import hashlib

    clear = encoded(Image.new("RGBA", (64, 48), (0, 0, 0, 0)))
    sheet = compose(SMALL, clear, _given(reference_sha256=hashlib.sha256(clear).hexdigest()))
    assert sheet.reference.pixels[20, 20].tolist() == [255, 255, 255]

"""Small pictures that the logo stage's embedding is learned from: a mark in some surroundings, and the mark alone.

All marks are of the learning part of the brands or nobody's (see `marks`), all photos of wallpapers; nothing is shared with the
scenes that the benchmark reports on but the names of the colours.
"""

import io
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.corpora import cache, fetched
from bench.detection.marks import Mark

WINDOW = 96
"""Pixels a side of what the embedding sees at once."""
MARK = 52
"""Pixels of a mark's longer side in the middle of a window."""
_WALLPAPERS = "mate-backgrounds_1.26.0-1_all.deb"
_WALLPAPERS_SHA256 = "7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04"
_SECONDS = 120
_LIKE_SHAPE = 0.1
_TONES = 24.0
"""Spread of a channel above which a drawing has several colours of its own."""
_WIDE = 2.2
"""Longer than this by its height, a mark is seen in pieces."""

Pixels = NDArray[Any]
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class View:
    """Which square of a mark lies in the middle of the window: its centre and side in pixels of the mark's drawing."""

    x: float
    y: float
    side: float


def view_of(mark: Pixels, rng: Random) -> View:
    """Return the view of a whole mark, or of a piece by chance where it is long."""
    height, width = mark.shape[:2]
    long, short = max(width, height), min(width, height)
    if long <= _WIDE * short:
        return View(width / 2, height / 2, long)
    side = 1.6 * short
    at = rng.uniform(side / 2, long - side / 2)
    return View(at, height / 2, side) if width > height else View(width / 2, at, side)


def _colour(rng: Random) -> NDArray[np.float32]:
    if rng.random() < 0.3:
        return np.full(3, rng.choice([0, 20, 128, 235, 255]), np.float32)
    return rng.integers(0, 256, 3).astype(np.float32)


def ground(rng: Random, photos: Sequence[Pixels]) -> Pixels:
    """Return a window of photo, soft colour, stripes, noise or one colour."""
    kind = rng.random()
    if kind < 0.45 and photos:
        photo = photos[int(rng.integers(len(photos)))]
        side = int(rng.integers(WINDOW, min(photo.shape[:2])))
        y, x = (int(rng.integers(0, size - side + 1)) for size in photo.shape[:2])
        return cv2.resize(photo[y : y + side, x : x + side], (WINDOW, WINDOW), interpolation=cv2.INTER_AREA)
    if kind < 0.6:
        rough = rng.integers(0, 256, (int(rng.integers(2, 14)),) * 2 + (3,), dtype=np.uint8)
        return cv2.resize(
            rough, (WINDOW, WINDOW), interpolation=cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_NEAREST
        )
    flat = np.broadcast_to(_colour(rng), (WINDOW, WINDOW, 3)).astype(np.float32).copy()
    if kind < 0.7:
        angle, step = rng.uniform(0, np.pi), rng.uniform(3, 30)
        y, x = np.mgrid[:WINDOW, :WINDOW]
        bars = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / step) > rng.uniform(-0.7, 0.7)
        flat[bars] = _colour(rng)
    if kind < 0.8:
        for _ in range(int(rng.integers(1, 6))):
            a, b = (tuple(int(v) for v in rng.integers(-20, WINDOW + 20, 2)) for _ in range(2))
            colour = tuple(float(v) for v in _colour(rng))
            if rng.random() < 0.5:
                cv2.rectangle(flat, a, b, colour, -1 if rng.random() < 0.5 else 2)
            else:
                cv2.circle(flat, a, int(rng.integers(4, 50)), colour, -1 if rng.random() < 0.5 else 2)
    return flat.clip(0, 255).astype(np.uint8)


def _matrix(view: View, rng: Random, *, scene: bool, off: bool = False) -> NDArray[np.float64]:
    """Return the perspective from a mark's drawing to the window."""
    half = view.side / 2
    source = np.array(
        [
            [view.x - half, view.y - half],
            [view.x + half, view.y - half],
            [view.x + half, view.y + half],
            [view.x - half, view.y + half],
        ],
        np.float32,
    )
    size = MARK * float(np.exp(rng.uniform(-0.14, 0.14) if scene else rng.uniform(-0.02, 0.02)))
    turn = np.deg2rad(rng.normal(0, 7.5) if scene else 0.0)
    centre = WINDOW / 2 + (rng.uniform(-5, 5, 2) if scene else 0.0)
    if off:
        if rng.random() < 0.5:
            angle = rng.uniform(0, 2 * np.pi)
            centre = centre + rng.uniform(20, 42) * np.array([np.cos(angle), np.sin(angle)])
        else:
            size *= float(rng.choice([0.5, 0.6, 1.7, 2.0]))
    aspect = float(np.exp(rng.normal(0, 0.08))) if scene else 1.0
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2 * np.array([aspect**0.5, aspect**-0.5])
    if scene:
        square = square + rng.normal(0, 0.03 * size, (4, 2))
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    goal = (square @ rotation + centre).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, goal), dtype=np.float64)


def _dress(mark: Pixels, rng: Random) -> Pixels:
    """Return the drawing in other colours, perhaps with lines a bit thicker or thinner, in lines only, or filled."""
    alpha = mark[:, :, 3]
    if float(mark[alpha > 127, :3].std(axis=0).max(initial=0.0)) > _TONES:
        return _recoloured(mark, rng)
    if rng.random() < 0.3:
        size = int(rng.integers(2, 5))
        alpha = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(alpha, np.ones((size, size), np.uint8))
    flat: Pixels = np.broadcast_to(_colour(rng), (*alpha.shape, 3)).astype(np.float32)
    kind = rng.random()
    if kind < 0.12:
        slope: Pixels = np.linspace(0, 1, alpha.shape[int(rng.integers(2))])
        slope = slope[:, None, None] if len(slope) == alpha.shape[0] else slope[None, :, None]
        flat = flat * (1 - slope) + _colour(rng) * slope
    elif kind < 0.24:
        _, parts = cv2.connectedComponents((alpha > 127).astype(np.uint8))
        flat = rng.integers(0, 256, (parts.max() + 1, 3))[parts].astype(np.float32)
    elif kind < 0.40:
        size = int(rng.integers(3, 8))
        alpha = cv2.subtract(alpha, cv2.erode(alpha, np.ones((size, size), np.uint8)))
    elif kind < 0.50:
        y, x = (np.linspace(-1, 1, size) for size in alpha.shape)
        angle = rng.uniform(0, 2 * np.pi)
        flat[np.cos(angle) * x[None] + np.sin(angle) * y[:, None] > rng.uniform(-0.4, 0.4)] = _colour(rng)
    elif kind < 0.58:
        flat, alpha = _filled(flat, alpha, rng)
    return np.dstack([flat.clip(0, 255).astype(np.uint8), alpha])


def _recoloured(mark: Pixels, rng: Random) -> Pixels:
    """Return a drawing of several colours in others: channels exchanged, some of them in negative, paler or darker."""
    colours: Pixels = mark[:, :, rng.permutation(3)].astype(np.float32)
    negative = rng.random(3) < 0.5
    colours[:, :, negative] = 255 - colours[:, :, negative]
    share = rng.uniform(0.4, 1.0)
    colours = colours * share + rng.uniform(0, 255 * (1 - share), 3)
    return np.dstack([colours.clip(0, 255).astype(np.uint8), mark[:, :, 3]])


def _filled(flat: Pixels, alpha: Pixels, rng: Random) -> tuple[Pixels, Pixels]:
    """Return colours and cover of a drawing whose holes are filled with another colour."""
    around, _ = cv2.findContours((alpha > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros(alpha.shape, np.uint8)
    cv2.drawContours(whole, around, -1, 255, cv2.FILLED)
    share = alpha[:, :, None] / 255.0
    return flat * share + _colour(rng) * (1 - share), cv2.max(whole, alpha)


def _bent(mark: Pixels, rng: Random) -> Pixels:
    """Return the drawing with its lines a little displaced, as another hand draws it."""
    height, width = mark.shape[:2]
    rough = rng.normal(0, rng.uniform(0, 0.011) * max(height, width), (2, 5, 5)).astype(np.float32)
    across, down = (cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC) for part in rough)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return cv2.remap(mark, x + across, y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _laid(mark: Pixels, base: Pixels, matrix: NDArray[np.float64], opacity: float) -> Pixels:
    """Lay a drawing on a ground by a perspective, drawn at twice the size and brought down."""
    twice = np.diag([2.0, 2.0, 1.0]) @ matrix
    side = 2 * WINDOW
    premultiplied = cv2.multiply(
        mark, cv2.merge([mark[:, :, 3]] * 3 + [np.full(mark.shape[:2], 255, np.uint8)]), scale=1 / 255
    )
    warped = cv2.warpPerspective(premultiplied, twice, (side, side), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    warped = cv2.resize(warped, (WINDOW, WINDOW), interpolation=cv2.INTER_AREA).astype(np.float32) * opacity
    return (warped[:, :, :3] + base * (1 - warped[:, :, 3:] / 255)).clip(0, 255).astype(np.uint8)


def _badge(base: Pixels, rng: Random) -> Pixels:
    """Return the ground with a plate under the mark's place."""
    plate, colour = base.copy(), tuple(int(v) for v in _colour(rng))
    half = [int(v) for v in rng.integers(28, 52, 2)]
    middle = WINDOW // 2 + rng.integers(-6, 7, 2)
    if rng.random() < 0.4:
        cv2.circle(plate, tuple(int(v) for v in middle), max(half), colour, -1, cv2.LINE_AA)
    else:
        low, high = (tuple(int(v) for v in middle + sign * np.array(half)) for sign in (-1, 1))
        cv2.rectangle(plate, low, high, colour, -1)
    return plate


def spoil(pixels: Pixels, rng: Random) -> Pixels:
    """Return the window blurred, paled, noisy, packed as JPEG, each by chance."""
    if rng.random() < 0.5:
        pixels = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.3, 1.4)))
    if rng.random() < 0.4:
        pixels = (pixels * rng.uniform(0.35, 1.0) + rng.uniform(0, 120)).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        pixels = (pixels + rng.normal(0, rng.uniform(1, 12), pixels.shape)).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])[1]
        pixels = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
    return pixels


def scene_window(mark: Pixels, view: View, rng: Random, photos: Sequence[Pixels], *, off: bool = False) -> Pixels:
    """Return a window with the mark in its middle (or, with `off`, beside it or in another size)."""
    base = ground(rng, photos)
    if rng.random() < 0.35:
        base = _badge(base, rng)
    if rng.random() < 0.5:
        mark = _bent(mark, rng)
    dressed = mark if rng.random() < 0.4 else _dress(mark, rng)
    for _ in range(4):
        laid = _laid(dressed, base, _matrix(view, rng, scene=True, off=off), float(rng.uniform(0.75, 1)))
        if float(np.abs(laid.astype(np.int16) - base).max(axis=2)[24:72, 24:72].mean()) > 6 or off:
            break
        dressed = _dress(mark, rng)
    if rng.random() < 0.2:
        x, y = (int(v) for v in rng.integers(10, WINDOW - 10, 2))
        w, h = (int(v) for v in rng.integers(4, 22, 2))
        laid[y : y + h, x : x + w] = ground(rng, photos)[y : y + h, x : x + w]
    return spoil(laid, rng)


def clean_window(mark: Pixels, view: View, rng: Random) -> Pixels:
    """Return the mark as registered: on one colour, upright, in its own colours or others."""
    base = np.full((WINDOW, WINDOW, 3), 255, np.uint8)
    return _laid(mark, base, _matrix(view, rng, scene=False), 1.0)


def moved(view: View, registered: Pixels, shown: Pixels) -> View:
    """Return the view of another drawing that shows the same part of the mark."""
    share_x, share_y = shown.shape[1] / registered.shape[1], shown.shape[0] / registered.shape[0]
    return View(view.x * share_x, view.y * share_y, view.side * max(shown.shape[:2]) / max(registered.shape[:2]))


def wallpapers() -> list[Pixels]:
    """Return the photos of Debian's mate-backgrounds, at most 500 px a side; fetched by apt-get once."""
    package = fetched(_WALLPAPERS, ["apt-get", "download", "mate-backgrounds"], _WALLPAPERS_SHA256)
    folder = cache() / package.stem
    if not folder.is_dir():
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True, timeout=_SECONDS)
    made = []
    for path in sorted(folder.rglob("nature/*.jpg")):
        image = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
        image.thumbnail((500, 500))
        made.append(np.asarray(image))
    return made


def _smaller(mark: Mark) -> Mark:
    """Return the mark at 128 px: more than twice what a window shows of it."""
    height, width = mark.pixels.shape[:2]
    share = 128 / max(height, width)
    size = max(8, round(width * share)), max(8, round(height * share))
    smaller = cv2.resize(mark.pixels, size, interpolation=cv2.INTER_AREA)
    return Mark(mark.brand, mark.name, np.asarray(smaller, dtype=np.uint8))


def hands(mark: Mark, others: Sequence[Mark]) -> tuple[Pixels, list[Pixels]]:
    """Return a drawing, and it and those of the others that have its proportions; all at 128 px."""
    own, shape = _smaller(mark).pixels, _shape(mark)
    return own, [own, *(_smaller(other).pixels for other in others if abs(_shape(other) - shape) < _LIKE_SHAPE)]


def _shape(mark: Mark) -> float:
    return float(np.log(mark.pixels.shape[1] / mark.pixels.shape[0]))


def brands(marks: Sequence[Mark], others: Sequence[Mark]) -> list[tuple[Pixels, list[Pixels]]]:
    """Return (registered drawing, all drawings in like proportions) of each brand; others' alone stand for themselves."""
    by_brand: dict[str, list[Mark]] = {}
    for mark in others:
        by_brand.setdefault(mark.brand, []).append(mark)
    made = [hands(mark, by_brand.pop(mark.brand, [])) for mark in marks]
    return made + [hands(mark, []) for name in sorted(by_brand) for mark in by_brand[name]]

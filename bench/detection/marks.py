"""Real marks for the logo benchmark: one set to register, and the same brands' marks as others drew them.

`simple-icons` (black drawings, what is registered here) and `@iconify-json/logos` (others' drawings, in colour) are
fetched by `npm pack` into a cache below the user's home and drawn by the installed Chromium, once; nothing of them is
kept in this repository. Brands are split in three by the digest of their family, so that what is learned, what is tuned
and what is reported share no brand, and no brand's sister either. Learning also sees drawings of things that are nobody's
mark, each in several hands: emoji in one colour and in many, and icons filled, in lines and in two tones.
"""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.corpora import cache, fetched

SPLIT_SEED = "20260303"
"""Part of what decides a family's split: another one makes another split."""
SIDE = 256
"""Pixels of the square that a mark is drawn into."""
_PACKAGES = {
    "registered": ("simple-icons@16.37.0", "simple-icons-16.37.0.tgz",
                   "cd9faf0e6faa8a8fdd15e9632ab4c86fcae4b986fe552b87673149847f2f671d"),
    "others": ("@iconify-json/logos@1.2.19", "iconify-json-logos-1.2.19.tgz",
               "1e8907c088bbf02eab8ee1b28f37e68ef22c380f2fb579ff99736b8ce5abf13a"),
    "emoji": ("@iconify-json/fluent-emoji-high-contrast@1.2.6", "iconify-json-fluent-emoji-high-contrast-1.2.6.tgz",
              "0b92d48c90d2200bd499e3cdd09a127ca6a8c8ddefd34c35eb5a1e4994012ae0"),
    "emoji in colour": ("@iconify-json/fluent-emoji-flat@1.2.6", "iconify-json-fluent-emoji-flat-1.2.6.tgz",
                        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175"),
    "icons": ("@iconify-json/ph@1.2.2", "iconify-json-ph-1.2.2.tgz",
              "e3a582a047d9829fc7e8842c660d8065e598d1b68bb58cb68e75a1f1e5a614cc"),
}  # fmt: skip
"""Kind of drawing → package, its archive's name, and the archive's SHA-256."""
_ICON = re.compile(r"(?!.*-logo).*-(?:fill|bold|duotone)$")
"""Of the icons, these hands; none that draws a firm's mark."""
_CHROMIUM = Path("/usr/bin/chromium")
"""Where it is missing playwright's own is asked."""
_ACROSS = 8
_FAMILY = 5
"""Letters that sister brands share: googlecloud and googlepay are of one family."""

Drawing = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """One drawing: the brand (or thing) it stands for, the name of the drawing, and RGBA pixels cropped to what is drawn."""

    brand: str
    name: str
    pixels: Drawing


def family(brand: str) -> str:
    """Return what a brand's name begins with: sister brands share it."""
    return brand[:_FAMILY]


def split_of(brand: str) -> str:
    """Return the part that a brand's family belongs to: learn (about 60 %), tune (15 %) or report (25 %)."""
    share = int.from_bytes(hashlib.sha256(f"{SPLIT_SEED} {family(brand)}".encode()).digest()[:4], "big") / 2**32
    if share < 0.60:
        return "learn"
    return "tune" if share < 0.75 else "report"


def brand_of(name: str) -> str:
    """Return the brand of a drawing's name: letters and digits only, without `icon`."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"-icon$", "", name.lower()))


def _packed(kind: str) -> tarfile.TarFile:
    """Return the npm package of a kind, fetched where the cache does not hold it."""
    name, archive, sha256 = _PACKAGES[kind]
    return tarfile.open(fetched(archive, ["npm", "pack", name], sha256))


def _registered() -> dict[str, str]:
    """Return name → SVG of simple-icons."""
    with _packed("registered") as archive:
        members = [m for m in archive.getmembers() if m.name.startswith("package/icons/") and m.name.endswith(".svg")]
        read = {Path(m.name).stem: archive.extractfile(m) for m in members}
        return {name: file.read().decode() for name, file in sorted(read.items()) if file is not None}


def _iconify(kind: str) -> dict[str, str]:
    """Return name → SVG of one of iconify's packages."""
    with _packed(kind) as archive:
        file = archive.extractfile("package/icons.json")
        assert file is not None
        whole = json.loads(file.read())
    made = {}
    for name, icon in sorted(whole["icons"].items()):
        w, h = (icon.get(side, whole.get(side, 256)) for side in ("width", "height"))
        made[name] = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {w} {h}">{icon["body"]}</svg>'
        )
    return made


def _drawings(kind: str) -> dict[str, str]:
    """Return name → SVG of all drawings of a kind that are used."""
    if kind == "registered":
        return _registered()
    read = _iconify(kind)
    if kind == "emoji in colour":
        known = _iconify("emoji")
        return {name: svg for name, svg in read.items() if name in known}
    return {name: svg for name, svg in read.items() if kind != "icons" or _ICON.match(name)}


def _sheets(drawings: Mapping[str, str]) -> Iterator[tuple[str, Image.Image]]:
    """Draw SVGs by Chromium, many a page, and yield each by its name (RGBA, SIDE × SIDE)."""
    from playwright.sync_api import sync_playwright

    names, per_page = list(drawings), _ACROSS * _ACROSS
    if not names:
        return
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(_CHROMIUM) if _CHROMIUM.exists() else None)
        page = browser.new_page(viewport={"width": _ACROSS * SIDE, "height": _ACROSS * SIDE})
        for first in range(0, len(names), per_page):
            some = names[first : first + per_page]
            page.set_content(_page([drawings[name] for name in some]), wait_until="load")
            sheet = Image.open(io.BytesIO(page.screenshot(omit_background=True))).convert("RGBA")
            for number, name in enumerate(some):
                x, y = SIDE * (number % _ACROSS), SIDE * (number // _ACROSS)
                yield name, sheet.crop((x, y, x + SIDE, y + SIDE))
        browser.close()


def _page(drawings: list[str]) -> str:
    from base64 import b64encode

    inner = SIDE - 16
    images = "".join(
        f'<div><img src="data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"></div>' for svg in drawings
    )
    return (
        "<style>body{margin:0;background:transparent;display:flex;flex-wrap:wrap;align-content:flex-start}"
        f"div{{width:{SIDE}px;height:{SIDE}px;display:flex;align-items:center;justify-content:center}}"
        f"img{{width:{inner}px;height:{inner}px;object-fit:contain}}</style>{images}"
    )


def _drawn(kind: str, among: frozenset[str] | None) -> dict[str, Image.Image]:
    """Return name → RGBA of one package (of these names, where some are given), from the cache where drawn before."""
    folder = cache() / "marks" / kind.replace(" ", "-")
    done = folder / "done"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        known = _drawings(kind)
        asked = sorted(known if among is None else among & known.keys())
        for name, image in _sheets({name: known[name] for name in asked if not (folder / f"{name}.png").is_file()}):
            image.save(folder / f"{name}.png")
        if among is None:
            done.touch()
    paths = sorted(path for path in folder.glob("*.png") if among is None or path.stem in among)
    return {path.stem: Image.open(path).convert("RGBA") for path in paths}


def _cropped(image: Image.Image) -> Drawing | None:
    """Return the pixels within the box of what is drawn; None for an empty or thread-like drawing."""
    box = image.getchannel("A").point(lambda value: 255 if value > 16 else 0).getbbox()
    if box is None or min(box[2] - box[0], box[3] - box[1]) < 12:
        return None
    return np.asarray(image.crop(box), dtype=np.uint8)


@lru_cache(maxsize=1)
def names(kind: str) -> tuple[str, ...]:
    """Return the names of all drawings of a kind, in order. Raises CorpusMissing as `marks` does."""
    return tuple(sorted(_drawings(kind)))


@lru_cache(maxsize=2)
def marks(kind: str, among: frozenset[str] | None = None) -> tuple[Mark, ...]:
    """Return all drawings of a kind, sorted by name: `registered`, `others`, `emoji`, `emoji in colour` or `icons`.

    With `among` only those of these names, so that a few need little drawing.
    Needs npm and Chromium the first time. Raises CorpusMissing where the package cannot be fetched.
    """
    made = ((name, _cropped(image)) for name, image in _drawn(kind, among).items())
    return tuple(Mark(brand_of(name), name, pixels) for name, pixels in made if pixels is not None)


def nobodys() -> list[tuple[Mark, list[Mark]]]:
    """Return drawings that are nobody's mark, each with the same thing in other hands: emoji, then icons.

    Raises CorpusMissing as `marks` does.
    """
    coloured = {mark.name: mark for mark in marks("emoji in colour")}
    pairs = [(mark, [coloured[mark.name]]) for mark in marks("emoji") if mark.name in coloured]
    hands = {mark.name: mark for mark in marks("icons")}
    for name, mark in hands.items():
        if name.endswith("-fill"):
            names = (f"{name.removesuffix('fill')}{hand}" for hand in ("bold", "duotone"))
            pairs.append((mark, [hands[other] for other in names if other in hands]))
    return pairs

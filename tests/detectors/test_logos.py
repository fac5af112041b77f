"""Marks inside pictures, with marks drawn here: found in other dress, and nothing found where none is."""

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from bench.detection.pictures import encoded, plain, product, scene
from detectors.engine import Engine
from detectors.images import ReferenceBank
from detectors.logo_head import windows
from detectors.logo_marks import distinctive, drawing
from detectors.logo_verdict import THRESHOLD
from detectors.logos import LogoBank
from detectors.types import Options, ReferenceImage
from records.model import Listing, Right
from records.terms import RightKind

CRANE = (
    ((0, 60), (34, 44), (52, 56), (92, 0), (82, 50), (100, 46), (70, 74), (44, 80), (20, 70)),
    ((12, 88), (48, 94), (90, 82), (90, 90), (48, 100), (12, 96)),
    ((8, 6), (34, 6), (34, 14), (16, 14), (16, 34), (8, 34)),
)
KEY = (
    ((0, 40), (60, 40), (60, 54), (26, 54), (26, 74), (14, 74), (14, 54), (0, 54)),
    ((64, 20), (100, 20), (100, 74), (64, 74), (64, 62), (86, 62), (86, 32), (64, 32)),
)
TREE = (((44, 60), (56, 60), (56, 100), (44, 100)), ((50, 0), (90, 62), (62, 54), (50, 70), (38, 54), (10, 62)))
TOOLS = (
    *(tuple((x + shift, y) for x, y in part) for shift in (0, 110, 220) for part in KEY),
    tuple((x + 330, y) for x, y in TREE[1]),
)
MARKS = {"crane": CRANE, "key": KEY, "tree": TREE}


def _drawn(name, size, colour, turn=0.0):
    layer = Image.new("RGBA", (2 * size, 2 * size), (*colour, 0))
    pen = ImageDraw.Draw(layer)
    for part in MARKS[name]:
        pen.polygon([(x * size / 50, y * size / 50) for x, y in part], fill=(*colour, 255))
    return layer.resize((size, size), Image.Resampling.LANCZOS).rotate(turn, Image.Resampling.BICUBIC, expand=True)


def _reference(name):
    sheet = Image.new("RGB", (260, 260), "white")
    layer = _drawn(name, 220, (0, 0, 0))
    sheet.paste(layer, (20, 20), layer)
    return encoded(sheet)


def _with(name, ground, size=140, colour=(230, 40, 60), at=(180, 120), turn=0.0):
    picture, layer = ground.convert("RGB").copy(), _drawn(name, size, colour, turn)
    picture.paste(layer, at, layer)
    return picture


def _cloth(colour=(60, 90, 120), side=640):
    y, x = np.mgrid[:side, :side]
    wave = 14 * np.sin(x / 2.3) * np.sin(y / 2.9)
    noise = np.random.default_rng(3).normal(0, 4, (side, side, 3))
    return Image.fromarray((np.array(colour) + wave[:, :, None] + noise).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def bank():
    return LogoBank({name: [ReferenceImage(f"{name}.png", _reference(name))] for name in MARKS})


SHOWN = {
    "recoloured": lambda: _with("crane", _cloth()),
    "light on dark": lambda: _with("crane", _cloth((20, 24, 30)), colour=(250, 250, 250)),
    "small": lambda: _with("crane", _cloth(), size=64, at=(400, 300)),
    "large": lambda: _with("crane", _cloth(), size=250, at=(200, 200)),
    "turned": lambda: _with("crane", _cloth(), turn=11),
    "turned back": lambda: _with("crane", _cloth(), turn=-9),
    "on a wavy ground": lambda: _with("crane", scene(4, (700, 640)).filter(ImageFilter.GaussianBlur(3)), size=190),
    "soft": lambda: _with("crane", _cloth()).filter(ImageFilter.GaussianBlur(1.6)),
}


@pytest.mark.parametrize("how", SHOWN)
def test_mark_is_found_in_other_dress(bank, how):
    found = bank.scan(encoded(SHOWN[how]()))
    assert list(found) == ["crane"]
    assert found["crane"][0].probability >= THRESHOLD


def test_place_is_given_in_pixels_of_the_picture(bank):
    (match, *_) = bank.matches(encoded(_with("key", _cloth(side=1300), size=300, at=(700, 600))), "key")
    x, y, w, h = match.region
    assert abs(x - 700) < 20
    assert abs(y - 660) < 20
    assert abs(w - 300) < 30
    assert abs(h - 162) < 30
    assert len(match.quad) == 4


NONE = {
    "another mark": lambda: encoded(_with("tree", _cloth())),
    "cloth": lambda: encoded(_cloth()),
    "scene": lambda: encoded(scene(8)),
    "product": lambda: encoded(product(2)),
    "plain": lambda: encoded(plain(1)),
    "noise": lambda: encoded(Image.fromarray(np.random.default_rng(1).integers(0, 256, (500, 500, 3), dtype=np.uint8))),
    "one pixel": lambda: encoded(Image.new("RGB", (1, 1))),
    "one line": lambda: encoded(Image.new("RGB", (3000, 24), "red")),
    "no bytes": lambda: b"",
    "no picture": lambda: b"<svg/>",
    "too many pixels": lambda: encoded(Image.new("1", (9000, 9000))),
}


@pytest.mark.parametrize("what", NONE)
def test_nothing_is_found_where_no_mark_is(what):
    bank = LogoBank({name: [ReferenceImage(name, _reference(name))] for name in ("crane", "key")})
    assert bank.scan(NONE[what]()) == {}


def test_same_bytes_give_the_same_answer():
    data = encoded(_with("crane", _cloth(), turn=5))
    first, second = (
        LogoBank({name: [ReferenceImage(name, _reference(name))] for name in MARKS}).scan(data) for _ in range(2)
    )
    assert first
    assert first == second


def _sheet(draw):
    image = Image.new("RGB", (240, 240), "white")
    draw(ImageDraw.Draw(image))
    return encoded(image)


def test_a_long_mark_is_looked_for_as_a_whole_and_in_pieces():
    sheet = Image.new("RGB", (920, 260), "white")
    pen = ImageDraw.Draw(sheet)
    for part in TOOLS:
        pen.polygon([(20 + 2 * x, 20 + 2 * y) for x, y in part], fill="black")
    mark = drawing(encoded(sheet))
    assert mark is not None
    assert mark.views[0].side == 1.0
    assert len(mark.views) >= 3
    assert all(view.side < 0.6 for view in mark.views[1:])


WEAK = {
    "disc": lambda pen: pen.ellipse((20, 20, 220, 220), fill="black"),
    "ring": lambda pen: pen.ellipse((20, 20, 220, 220), outline="black", width=20),
    "bar": lambda pen: pen.rectangle((20, 100, 220, 140), fill="blue"),
    "frame": lambda pen: pen.rectangle((20, 20, 220, 220), outline="red", width=10),
    "triangle": lambda pen: pen.polygon(((120, 20), (220, 200), (20, 200)), fill="black"),
    "dots": lambda pen: (pen.ellipse((20, 80, 100, 160), fill="blue"), pen.ellipse((130, 80, 210, 160), fill="red")),
}


@pytest.mark.parametrize("form", WEAK)
def test_featureless_marks_are_refused(form):
    mark = drawing(_sheet(WEAK[form]))
    assert mark is None or not distinctive(mark)
    assert LogoBank({"a": [ReferenceImage("a", _sheet(WEAK[form]))]}).marks() == ()


@pytest.mark.parametrize("name", MARKS)
def test_drawn_marks_are_taken(name):
    mark = drawing(_reference(name))
    assert mark is not None
    assert distinctive(mark)


def test_photos_and_broken_references_never_run_here():
    samples = [encoded(scene(1)), encoded(product(3)), b"junk", b"", encoded(Image.new("RGB", (20, 20), "white"))]
    bank = LogoBank({"a": [ReferenceImage(str(n), data) for n, data in enumerate(samples)]})
    assert bank.marks() == ()
    assert bank.scan(encoded(_cloth())) == {}


def test_colours_do_not_change_what_the_network_sees():
    one = np.asarray(_with("crane", Image.new("RGB", (240, 240), "white"), size=52, at=(94, 94), colour=(0, 0, 0)))
    vectors, _ = windows(one)
    inverted, _ = windows(255 - one)
    assert np.allclose(vectors, inverted, atol=1e-3)


def _engine(**given):
    right = Right("r1", RightKind.TRADEMARK, "砚溪雁", valid_from=date(2020, 1, 1), valid_to=date(2040, 1, 1))
    return Engine(
        [right], {"r1": [ReferenceImage("crane.png", _reference("crane"))]}, Options(today=date(2026, 6, 1), **given)
    )


def test_mark_alerts_where_the_text_says_nothing():
    listing = Listing("1", "帆布包 大容量", images=("a.jpg",))
    (hit,) = _engine().detect(listing, {0: encoded(_with("crane", _cloth()))})
    (finding,) = [item for item in hit.findings if item.rule == "image.logo"]
    assert hit.alert
    assert finding.reference_id == "crane.png"
    assert finding.region is not None
    assert "涉嫌" in finding.explanation.zh
    assert _engine().detect(listing, {0: encoded(_cloth())}) == []


def test_a_copy_is_spoken_of_once():
    (hit,) = _engine().detect(Listing("1", "帆布包", images=("a.png",)), {0: _reference("crane")})
    assert [item.rule for item in hit.findings if item.rule.startswith("image.")] == ["image.identical"]


def test_without_local_features_no_mark_is_looked_for():
    bank = ReferenceBank({"a": [ReferenceImage("a", _reference("crane"))]}, local_features=False)
    assert bank.logos(encoded(_with("crane", _cloth())), "a") == ()


def test_a_drawing_with_a_gap_in_its_bytes_is_no_mark():
    whole = _reference("crane")
    assert drawing(whole[: len(whole) // 3]) is None
    buffer = io.BytesIO()
    Image.new("L", (200, 200), 255).save(buffer, "PNG")
    assert drawing(buffer.getvalue()) is None

"""Pictures are the same every time, differ from one another, and copies stay near what they copy."""

import io
import itertools
import subprocess
import sys

import imagehash
import pytest
from PIL import Image, ImageChops, ImageStat

from demo import assets, data, drawing, pictures

FEW = [item for item in data.listings() if ":" not in item.picture][::6]


def _hash(picture: Image.Image) -> imagehash.ImageHash:
    return imagehash.phash(picture, hash_size=16)


def test_another_process_draws_the_same_bytes():
    code = "import hashlib; from demo import pictures; print(hashlib.sha256(pictures.jpeg_of('bag', 'k')).hexdigest())"
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


def test_no_two_products_look_alike():
    hashes = [_hash(pictures.by_recipe(item.picture, item.key)) for item in FEW]
    assert min(a - b for a, b in itertools.combinations(hashes, 2)) > 40


@pytest.mark.parametrize("how", ["same", "resize", "watermark", "jpeg30", "bright"])
def test_light_changes_stay_near(how):
    original = drawing.product("scene", "a")
    assert _hash(drawing.altered(original, how)) - _hash(original) <= 40


def test_mirroring_twice_gives_the_picture_back():
    original = drawing.product("lamp", "a")
    twice = drawing.altered(drawing.altered(original, "mirror"), "mirror")
    assert twice.tobytes() == original.tobytes()


@pytest.mark.parametrize(("how", "share"), [("crop10", 0.90), ("crop25", 0.75)])
def test_a_crop_keeps_its_share(how, share):
    assert drawing.altered(drawing.product("bag", "a"), how).width == pytest.approx(drawing.SIDE * share, abs=2)


def test_a_screenshot_frames_the_whole_picture():
    original = drawing.product("bag", "a")
    framed = drawing.altered(original, "screenshot")
    assert framed.crop((60, 120, 60 + original.width, 120 + original.height)).tobytes() == original.tobytes()


def test_an_unknown_change_is_an_error():
    with pytest.raises(KeyError):
        pictures.by_recipe("copy:design-lamp.jpg:melted", "k")


def test_an_unknown_kind_draws_a_box():
    assert drawing.product("nothing such", "a").size == (drawing.SIDE, drawing.SIDE)


@pytest.mark.parametrize("kind", sorted(drawing.SHAPES))
def test_every_shape_can_be_drawn(kind):
    picture = drawing.product(kind, "x")
    assert picture.mode == "RGB"
    assert max(ImageStat.Stat(picture).stddev) > 10


def test_a_logo_lies_on_the_goods():
    plain = drawing.product("bag", "k")
    logo = Image.open(data.IMAGES / "tm-limoyuan.png")
    box = ImageChops.difference(plain, drawing.with_logo(plain, logo, "k")).getbbox()
    assert box is not None
    assert (box[2] - box[0]) < drawing.SIDE // 2


def test_the_committed_references_are_what_the_script_draws(tmp_path):
    assets.build(tmp_path)
    for path in data.IMAGES.iterdir():
        drawn = Image.open(tmp_path / path.name).convert("RGB")
        kept = Image.open(path).convert("RGB")
        assert drawn.size == kept.size
        assert max(ImageStat.Stat(ImageChops.difference(drawn, kept)).mean) < 3  # another FreeType may round otherwise


def test_every_listings_recipe_can_be_drawn():
    for item in data.listings():
        if ":" in item.picture:
            assert Image.open(io.BytesIO(pictures.jpeg_of(item.picture, item.key))).format == "JPEG"

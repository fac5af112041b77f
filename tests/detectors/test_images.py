"""Pictures: copies under everyday edits are found, other pictures are not, and no file does harm."""

import io
from collections.abc import Callable
from datetime import date

import pytest
from PIL import Image, ImageDraw, ImageOps

from detectors import images
from detectors.engine import Engine
from detectors.types import Options, ReferenceImage
from records.model import Hit, Listing, Right
from records.terms import RightKind

DAY = date(2026, 6, 1)
Photo = Callable[..., Image.Image]
Encoded = Callable[..., bytes]
RIGHT = Right("work", RightKind.WORK, "砂岭晚照")


def _detect(reference: bytes, shown: bytes, **options: object) -> list[Hit]:
    engine = Engine([RIGHT], {"work": [ReferenceImage("ref", reference)]}, Options(today=DAY, **options))  # type: ignore[arg-type]
    return engine.detect(Listing("1", "装饰画", images=("a.png",)), {0: shown})


def _crop(image: Image.Image, share: float) -> Image.Image:
    w, h = image.size
    return image.crop((int(w * share / 2), int(h * share / 2), int(w * (1 - share / 2)), int(h * (1 - share / 2))))


def _collage(image: Image.Image, other: Image.Image) -> Image.Image:
    sheet = Image.new("RGB", (960, 720), "white")
    for place, part in (((0, 0), other), ((480, 0), image), ((0, 360), ImageOps.invert(other))):
        sheet.paste(part, place)
    return sheet


def _written_over(image: Image.Image) -> Image.Image:
    copy = image.copy()
    ImageDraw.Draw(copy).text((120, 150), "SALE 50% OFF", fill="red", font_size=40)
    return copy


EDITS: dict[str, Callable[[Image.Image, Image.Image], Image.Image]] = {
    "smaller": lambda image, _: image.resize((240, 180)),
    "other aspect": lambda image, _: image.resize((480, 300)),
    "grey": lambda image, _: image.convert("L"),
    "mirrored": lambda image, _: ImageOps.mirror(image),
    "turned": lambda image, _: image.rotate(90, expand=True),
    "cropped by a tenth": lambda image, _: _crop(image, 0.1),
    "cropped by half": lambda image, _: _crop(image, 0.5),
    "in a collage": _collage,
    "written over": lambda image, _: _written_over(image),
}


@pytest.mark.parametrize("edit", EDITS)
def test_copies_are_found(photo: Photo, encoded: Encoded, edit: str) -> None:
    shown = EDITS[edit](photo(1), photo(2))
    hits = _detect(encoded(photo(1)), encoded(shown, "PNG"))
    assert [hit.alert for hit in hits] == [True]
    finding = hits[0].findings[0]
    assert finding.field == "images[0]"
    assert finding.reference_id == "ref"
    assert finding.region is not None
    x, y, w, h = finding.region
    assert x >= 0
    assert y >= 0
    assert x + w <= shown.size[0] + 1
    assert y + h <= shown.size[1] + 1


@pytest.mark.parametrize("quality", [30, 70])
def test_jpeg_copies_say_hash_distance_and_threshold(photo: Photo, encoded: Encoded, quality: int) -> None:
    (hit,) = _detect(encoded(photo(3)), encoded(photo(3), "JPEG", quality=quality))
    words = hit.findings[0].explanation
    assert "pHash-256距离" in words.zh
    assert f"阈值{images.PHASH_THRESHOLD}位" in words.zh
    assert f"threshold {images.PHASH_THRESHOLD} of 256" in words.en


def test_the_region_of_a_collage_is_where_the_copy_lies(photo: Photo, encoded: Encoded) -> None:
    (hit,) = _detect(encoded(photo(1)), encoded(_collage(photo(1), photo(2))))
    assert hit.findings[0].region is not None
    x, y, w, h = hit.findings[0].region
    assert abs(x - 480) < 25
    assert y < 25
    assert abs(w - 480) < 30
    assert abs(h - 360) < 30


def test_equal_bytes_are_said_to_be_identical(photo: Photo, encoded: Encoded) -> None:
    data = encoded(photo(4))
    (hit,) = _detect(data, data)
    assert hit.findings[0].rule == "image.identical"


def test_other_pictures_are_not_found(photo: Photo, encoded: Encoded) -> None:
    reference = encoded(photo(1))
    assert [seed for seed in range(10, 16) if _detect(reference, encoded(photo(seed)))] == []


def test_without_local_features_only_whole_copies_are_found(photo: Photo, encoded: Encoded) -> None:
    reference = encoded(photo(1))
    assert _detect(reference, encoded(photo(1).resize((300, 220))), local_features=False)
    assert _detect(reference, encoded(_crop(photo(1), 0.5)), local_features=False) == []


@pytest.mark.parametrize("colour", ["white", "black", "gray"])
def test_plain_pictures_match_nothing(photo: Photo, encoded: Encoded, colour: str) -> None:
    plain = encoded(Image.new("RGB", (300, 300), colour))
    other = encoded(Image.new("RGB", (200, 200), colour))
    assert _detect(plain, other) == []
    assert _detect(encoded(photo(1)), plain) == []


def _bad() -> dict[str, bytes]:
    buffer = io.BytesIO()
    Image.new("RGB", (100, 100), "red").save(buffer, "PNG")
    small = io.BytesIO()
    Image.new("RGB", (1, 1)).save(small, "PNG")
    return {
        "empty": b"",
        "text": b"no picture at all",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><rect/></svg>",
        "truncated": buffer.getvalue()[:60],
        "one pixel": small.getvalue(),
        "html": b"<html>404</html>",
    }


@pytest.mark.parametrize("what", _bad())
def test_bad_files_are_passed_over_on_both_sides(photo: Photo, encoded: Encoded, what: str) -> None:
    good = encoded(photo(1))
    assert _detect(good, _bad()[what]) == []
    assert _detect(_bad()[what], good) == []


def test_a_bad_picture_does_not_harm_its_neighbours(photo: Photo, encoded: Encoded) -> None:
    engine = Engine([RIGHT], {"work": [ReferenceImage("ref", encoded(photo(1)))]}, Options(today=DAY))
    listing = Listing("1", "画", images=("a", "b", "c"))
    (hit,) = engine.detect(listing, {0: b"junk", 1: encoded(photo(1), "JPEG"), 2: b""})
    assert hit.findings[0].field == "images[1]"


def test_odd_modes_are_read(photo: Photo, encoded: Encoded) -> None:
    reference = encoded(photo(1))
    frames = [photo(1).convert("P"), photo(2).convert("P")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    rgba = photo(1).convert("RGBA")
    for data in (
        buffer.getvalue(),
        encoded(photo(1).convert("CMYK"), "JPEG"),
        encoded(rgba),
        encoded(photo(1).convert("P")),
    ):
        assert _detect(reference, data)[0].alert


def test_unusable_references_are_named(photo: Photo, encoded: Encoded) -> None:
    engine = Engine([RIGHT], {"work": [ReferenceImage("good", encoded(photo(1))), ReferenceImage("bad", b"<svg/>")]})
    assert engine.unusable_references() == (("work", "bad"),)


def test_an_authorised_seller_may_use_the_picture(photo: Photo, encoded: Encoded) -> None:
    right = Right("work", RightKind.WORK, "砂岭晚照", authorized_sellers=("甲店",))
    engine = Engine([right], {"work": [ReferenceImage("ref", encoded(photo(1)))]}, Options(today=DAY))
    (hit,) = engine.detect(Listing("1", "画", seller="甲店", images=("a",)), {0: encoded(photo(1))})
    assert not hit.alert


def test_distance_counts_bits() -> None:
    one = images.np.array([0b1010, 0], dtype=images.np.uint8)
    other = images.np.array([0b0101, 1], dtype=images.np.uint8)
    assert images.distance(one, other) == 5

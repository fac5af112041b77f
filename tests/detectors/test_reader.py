"""Text in pictures is read, goes down the text path with its place, once a picture, and within its bounds."""

import io
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from detectors.engine import Engine
from detectors.reader import PictureReader, available
from detectors.types import Options
from records.model import Hit, Listing, Right
from records.terms import RightKind

_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
_ASCII = "Golden Heron"
DAY = date(2026, 6, 1)
MARK = Right("m", RightKind.TRADEMARK, "砚溪雁", aliases=(_ASCII,), goods=("茶叶",))

pytestmark = pytest.mark.skipif(not available(), reason="rapidocr is not installed")
chinese = pytest.mark.skipif(not _FONT.exists(), reason="the CJK fonts of Debian (fonts-noto-cjk) are not installed")


def _written(
    text: str, *, size: tuple[int, int] = (640, 480), at: tuple[int, int] = (60, 200), form: str = "PNG"
) -> bytes:
    sheet = Image.new("RGB", size, "#e8dcc8")
    font = ImageFont.truetype(str(_FONT), size[1] // 9) if _FONT.exists() else ImageFont.load_default(size[1] // 9)
    ImageDraw.Draw(sheet).text(at, text, fill="#402010", font=font)
    buffer = io.BytesIO()
    sheet.save(buffer, form)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    return PictureReader()


def _detect(pictures: dict[int, bytes], **options: object) -> list[Hit]:
    engine = Engine([MARK], options=Options(today=DAY, ocr=True, **options))  # type: ignore[arg-type]
    return engine.detect(Listing("1", "礼盒装 送礼佳品", images=("a",) * len(pictures)), pictures)


def test_a_line_has_its_box_in_pixels_of_the_picture(reader: PictureReader) -> None:
    (line,) = reader.read(_written(_ASCII, size=(2560, 1920), at=(240, 800)))
    assert line.text.replace(" ", "") == "GoldenHeron"
    assert line.confidence >= 0.6
    x, y, w, h = line.box
    assert 200 <= x <= 280
    assert 780 <= y <= 860
    assert w > 4 * h


@chinese
def test_a_name_in_a_picture_is_found_with_its_region() -> None:
    (hit,) = _detect({0: _written("ordinary"), 1: _written("砚溪雁 茶叶")})
    assert hit.alert
    finding = hit.findings[0]
    assert finding.field == "images[1]"
    assert finding.text == "砚溪雁"
    assert (finding.start, finding.end) == (0, 0)
    assert finding.region is not None
    assert abs(finding.region[0] - 60) < 20
    assert "机器识别,置信度" in finding.explanation.zh
    assert finding.versions["ocr"] != "off"


def test_nothing_is_read_where_it_is_off_or_no_name_is_looked_for() -> None:
    shown = {0: _written(_ASCII)}
    listing = Listing("1", "礼盒", images=("a",))
    assert Engine([MARK], options=Options(today=DAY)).detect(listing, shown) == []
    assert Engine([MARK], options=Options(today=DAY)).versions["ocr"] == "off"
    assert Engine([MARK], options=Options(today=DAY, ocr=True)).detect(listing, shown)


def test_equal_pixels_are_read_once() -> None:
    fresh = PictureReader()
    first = fresh.read(_written(_ASCII))
    assert fresh.read(_written(_ASCII)) is first
    assert fresh.read(_written(_ASCII, form="BMP")) is first
    assert fresh.reads == 1


@pytest.mark.parametrize("data", [b"", b"junk", b"<svg/>", _written(_ASCII)[:300]], ids=["empty", "junk", "svg", "cut"])
def test_what_is_no_picture_is_passed_over(reader: PictureReader, data: bytes) -> None:
    assert reader.read(data) == ()


@pytest.mark.parametrize(
    ("size", "mode"), [((1, 1), "RGB"), ((5000, 20), "RGB"), ((40, 3000), "RGBA"), ((300, 200), "CMYK")]
)
def test_odd_pictures_are_read_without_harm(reader: PictureReader, size: tuple[int, int], mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    assert reader.read(buffer.getvalue()) == ()


def test_a_page_full_of_lines_has_an_end(reader: PictureReader) -> None:
    sheet = Image.new("RGB", (800, 800), "white")
    pen = ImageDraw.Draw(sheet)
    for row in range(40):
        for column in range(8):
            pen.text((column * 100, row * 20), "word 12", fill="black", font_size=14)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    assert 0 < len(reader.read(buffer.getvalue())) <= 120


@pytest.mark.parametrize("bound", [{"ocr_images": 1}, {"ocr_seconds": 0.0}], ids=["number", "time"])
def test_pictures_that_were_not_read_are_told(bound: dict[str, object]) -> None:
    pictures = {0: _written("ordinary"), 1: _written(_ASCII)}
    engine = Engine([MARK], options=Options(today=DAY, ocr=True, **bound))  # type: ignore[arg-type]
    (hit,) = engine.detect(Listing("1", "砚溪雁 茶叶", images=("a", "b")), pictures)
    assert [f.rule for f in hit.findings if f.detector == "limits"] == ["limits.pictures_unread"]
    assert all(not finding.field.startswith("images") for finding in hit.findings)


def test_reading_again_gives_the_same() -> None:
    data = _written(_ASCII)
    assert PictureReader().read(data) == PictureReader().read(data)

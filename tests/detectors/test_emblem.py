"""The official marks in pictures: found by the words along their rim, tied to a right by the page, never by themselves."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from detectors.emblem import Code, EmblemReader, Mark
from detectors.engine import Engine
from detectors.official import drawn
from detectors.reader import PictureReader, available
from detectors.rings import Ring, rings, straightened
from detectors.types import Options
from records.model import Authorization, Hit, Listing, Right
from records.terms import Outcome, RightKind

_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
DAY = date(2026, 6, 1)
VALID, WRONG = "91350100M000100Y43", "91350100M000100Y44"
MADE = drawn("GEOGRAPHICAL INDICATION", "OF P.R.CHINA")
RIGHT = Right("g", RightKind.GI, "岚沟苦荞", goods=("苦荞米",), region="砂陵省岚沟县", authorized_sellers=("岚沟甲社",))

pytestmark = pytest.mark.skipif(not available(), reason="rapidocr is not installed")
chinese = pytest.mark.skipif(not _FONT.exists(), reason="the CJK fonts of Debian (fonts-noto-cjk) are not installed")


@pytest.fixture(scope="module")
def reader() -> EmblemReader:
    return EmblemReader(PictureReader())


@pytest.fixture(scope="module")
def hits() -> Callable[..., list[Hit]]:
    """Detect a listing with a picture; the models are loaded once for all rights."""
    shared = EmblemReader(PictureReader())

    def run(
        title: str, *, right: Right = RIGHT, data: bytes = MADE, given: tuple[Authorization, ...] = (), **more: object
    ) -> list[Hit]:
        engine = Engine([right], options=Options(today=DAY, ocr=True), authorizations=given)
        engine._emblems, engine._reader = shared, shared._reader
        return engine.detect(Listing("1", title, images=("a",), **{"seller": "乙店", **more}), {0: data})  # type: ignore[arg-type]

    return run


def _rules(found: list[Hit]) -> set[str]:
    return {finding.rule for hit in found for finding in hit.findings}


def _ringed(upper: str, code: str = "") -> bytes:
    """A ring with Chinese words along its upper half, and a code beneath."""
    sheet = Image.new("RGB", (620, 700), "#f4efe2")
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((80, 60, 540, 520), outline="#a01020", width=5)
    font = ImageFont.truetype(str(_FONT), 44)
    for number, char in enumerate(upper):
        angle = np.radians(15) * (number - (len(upper) - 1) / 2)
        tile = Image.new("L", (90, 90))
        ImageDraw.Draw(tile).text((45, 45), char, font=font, fill=255, anchor="mm")
        at = round(310 + 190 * np.sin(angle)) - 45, round(290 - 190 * np.cos(angle)) - 45
        sheet.paste("#a01020", at, tile.rotate(-float(np.degrees(angle)), Image.Resampling.BICUBIC))
    pen.text((310, 570), code, font=ImageFont.truetype(str(_FONT), 40), fill="black", anchor="mm")
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


class TestRings:
    """Outlines, whatever their colours; nothing of what is not round."""

    def test_a_printed_ring_has_its_place_and_a_bare_one_is_none(self) -> None:
        found = rings(np.asarray(Image.open(io.BytesIO(MADE)).convert("RGB"), dtype=np.uint8))
        assert found
        assert all(abs(ring.x - 260) < 3 and abs(ring.y - 260) < 3 for ring in found)
        bare = Image.new("RGB", (400, 400), "white")
        ImageDraw.Draw(bare).ellipse((60, 60, 340, 340), outline="black", width=6)
        assert rings(np.asarray(bare, dtype=np.uint8)) == ()

    def test_a_square_noise_and_a_single_colour_are_none(self) -> None:
        square = Image.new("RGB", (300, 300), "white")
        ImageDraw.Draw(square).rectangle((60, 60, 240, 240), outline="black", width=6)
        noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
        for pixels in (np.asarray(square, dtype=np.uint8), noise, np.zeros((300, 300, 3), np.uint8)):
            assert rings(pixels) == ()

    def test_a_band_beyond_the_border_is_still_laid_out(self) -> None:
        pixels = np.full((60, 80, 3), 200, np.uint8)
        band = straightened(pixels, Ring(79.0, 0.0, 50.0, 40.0, 0.3, 1.0))
        assert band.dtype == np.uint8
        assert (band == 200).all()


class TestReading:
    """Which mark, where, and the code beneath."""

    def test_the_current_mark_in_english_has_its_box(self, reader: EmblemReader) -> None:
        (seen,) = reader.seen(MADE)
        assert (seen.mark, seen.certain, seen.share) == (Mark.CURRENT, True, 1.0)
        x, y, w, h = seen.box
        assert 40 <= x <= 130
        assert 40 <= y <= 130
        assert 270 <= w <= 440
        assert 270 <= h <= 440

    @pytest.mark.parametrize(
        "words", [("GEOGRAPHICAL SOCIETY", "OF P.R.CHINA"), ("GEOGRAPHICAL INDICATION", "OF INDIA")]
    )
    def test_other_words_are_no_mark(self, reader: EmblemReader, words: tuple[str, str]) -> None:
        assert reader.seen(drawn(*words)) == ()

    @chinese
    @pytest.mark.parametrize(
        ("words", "mark"),
        [
            ("中华人民共和国地理标志", Mark.CURRENT),
            ("中华人民共和国地理标志保护产品", Mark.PGI),
            ("中华人民共和国农业农村部", None),
            ("岚沟县地理标志产品保护办公室", None),
            ("中国有机产品", None),
        ],
    )
    def test_chinese_words_name_the_mark(self, reader: EmblemReader, words: str, mark: Mark | None) -> None:
        assert [seen.mark for seen in reader.seen(_ringed(words))] == ([mark] if mark else [])

    @chinese
    def test_words_that_other_emblems_bear_too_are_not_certain(self, reader: EmblemReader) -> None:
        (seen,) = reader.seen(_ringed("国家级农产品地理标志"))
        assert (seen.mark, seen.certain) == (Mark.AGRI, False)

    @chinese
    @pytest.mark.parametrize(
        ("code", "state"),
        [(VALID, Code.VALID), (WRONG, Code.WRONG), ("", Code.MISSING)],
        ids=["valid", "wrong", "none"],
    )
    def test_a_code_beneath_is_checked(self, reader: EmblemReader, code: str, state: Code) -> None:
        (seen,) = reader.seen(_ringed("中华人民共和国地理标志", code))
        assert (seen.code, seen.code_state) == (code, state)

    @pytest.mark.parametrize("data", [b"", b"GIF89a", MADE[:200], MADE[:-400]], ids=["empty", "head", "cut", "short"])
    def test_what_is_no_picture_shows_no_mark(self, reader: EmblemReader, data: bytes) -> None:
        assert reader.seen(data) == ()

    @pytest.mark.parametrize("size", [(1, 1), (20, 4000), (60, 9000), (3000, 50)])
    def test_odd_sizes_end_and_show_none(self, reader: EmblemReader, size: tuple[int, int]) -> None:
        buffer = io.BytesIO()
        Image.new("RGB", size, "#803020").save(buffer, "PNG")
        assert reader.seen(buffer.getvalue()) == ()

    def test_hundreds_of_rings_are_read_four_times_at_most(self) -> None:
        sheet = Image.new("RGB", (1200, 1200), "white")
        pen = ImageDraw.Draw(sheet)
        for number in range(400):
            x, y = 60 * (number % 20), 60 * (number // 20)
            pen.ellipse((x + 4, y + 4, x + 56, y + 56), outline="black", width=2)
            pen.ellipse((x + 14, y + 14, x + 46, y + 46), outline="black", width=6)
        buffer = io.BytesIO()
        sheet.save(buffer, "PNG")
        reader = PictureReader()
        assert EmblemReader(reader).seen(buffer.getvalue()) == ()
        assert reader.reads <= 8


class TestFindings:
    """What the engine says: a mark names no indication, so the page must."""

    def test_place_goods_and_the_mark_find_and_ask_a_person(self, hits: Callable[..., list[Hit]]) -> None:
        (hit,) = hits("苦荞米 500g", attributes={"产地": "岚沟县"})
        assert hit.alert
        assert hit.outcome is Outcome.VERIFY_ORIGIN
        found = next(finding for finding in hit.findings if finding.rule == "mark.seen")
        assert (found.detector, found.field) == ("mark_seen", "images[0]")
        assert found.region is not None
        assert "〔待核对〕" in found.ground
        assert "涉嫌" in found.explanation.zh
        assert "mark.unlisted" in _rules([hit])

    @pytest.mark.parametrize(
        ("title", "more"),
        [
            ("荞麦枕 45×70", {"attributes": {"产地": "岚沟县"}}),
            ("苦荞米 500g", {}),
            ("苦荞米 500g", {"attributes": {"产地": "青海"}}),
            ("苦荞米 500g 非岚沟产", {"attributes": {"产地": "青海"}}),
        ],
        ids=["other goods", "no place", "another origin", "denied"],
    )
    def test_the_mark_alone_is_no_reason(
        self, hits: Callable[..., list[Hit]], title: str, more: dict[str, object]
    ) -> None:
        assert "mark.seen" not in {
            f.rule for hit in hits(title, **more) for f in hit.findings if f.detector == "mark_seen"
        }

    def test_who_may_use_it_and_where_no_list_is_are_not_found(self, hits: Callable[..., list[Hit]]) -> None:
        local = {"attributes": {"产地": "岚沟县"}}
        assert hits("苦荞米 500g", seller="岚沟甲社", **local) == []
        open_right = Right("g", RightKind.GI, "岚沟苦荞", goods=("苦荞米",), region="砂陵省岚沟县")
        assert hits("苦荞米 500g", right=open_right, **local) == []

    @chinese
    def test_a_listed_users_code_speaks_for_his_goods(self, hits: Callable[..., list[Hit]]) -> None:
        data = _ringed("中华人民共和国地理标志", VALID)
        given = (Authorization("a", "g", "岚沟甲社", uscc=VALID),)
        said = _rules(hits("岚沟苦荞 500g", data=data, given=given))
        assert "mark.seen_listed_code" in said
        assert "mark.unlisted" not in said
        other = _rules(hits("岚沟苦荞 500g", data=data, seller_uscc="91350100M000100Y51"))
        assert {"mark.seen_other_code", "mark.unlisted"} <= other

    @chinese
    def test_a_wrong_code_asks_a_person_and_weighs_nothing(self, hits: Callable[..., list[Hit]]) -> None:
        (hit,) = hits("岚沟苦荞 500g", data=_ringed("中华人民共和国地理标志", WRONG))
        (found,) = [finding for finding in hit.findings if finding.rule == "mark.seen_wrong_code"]
        assert found.score == 0
        assert WRONG in found.explanation.zh

    @chinese
    def test_a_former_mark_is_named_with_the_day_it_ended(self, hits: Callable[..., list[Hit]]) -> None:
        data = _ringed("中华人民共和国地理标志保护产品")
        (hit,) = hits("岚沟苦荞 500g", data=data)
        assert "mark.retired_seen" in _rules([hit])
        assert "mark.seen" not in _rules([hit])

    def test_the_same_picture_says_the_same(self, hits: Callable[..., list[Hit]]) -> None:
        first, second = (hits("岚沟苦荞 500g", attributes={"产地": "岚沟县"}) for _ in range(2))
        assert first == second

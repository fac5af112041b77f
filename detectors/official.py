"""What the rules about the official mark in pictures share: the marks of a case, its words for them, and whose code it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from detectors.case import Case
from detectors.emblem import Mark, Seen, Sightings
from detectors.normalise import key
from detectors.sellers import permission
from records.model import Text

OVER_FROM = date(2021, 1, 1)
"""The first day after the time that the announcement of the current mark left for the marks before it (see `emblem`)."""
_NAMES = {
    Mark.CURRENT: Text("地理标志专用标志", "the official mark of geographical indications"),
    Mark.PGI: Text("原地理标志保护产品专用标志(PGI)", "the former mark of protected products (PGI)"),
    Mark.SAIC: Text("原工商总局地理标志产品专用标志(GI)", "the former mark of the trademark office (GI)"),
    Mark.AGRI: Text("农产品地理标志公共标识(AGI)", "the emblem of agricultural indications (AGI)"),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark and the place of its picture among the listing's."""

    image: int
    seen: Seen

    @property
    def name(self) -> Text:
        """What the mark is called."""
        return _NAMES[self.seen.mark]

    @property
    def where(self) -> Text:
        """Where it lies, and what was read of it."""
        x, y, w, h = self.seen.box
        share = round(100 * self.seen.share)
        return Text(
            f"第{self.image + 1}张图片左上角({x},{y})起{w}×{h}像素处的圆形标志,环形文字识别为“{self.seen.words}”"
            f"(与{self.name.zh}的文字相符{share}%,机器识别)",
            f"The round emblem in picture {self.image + 1}, {w}×{h} pixels from ({x}, {y}) on, reads “{self.seen.words}” "
            f"around its rim ({share} % of the words of {self.name.en}, read by machine)",
        )


def marks(case: Case) -> Iterator[Placed]:
    """Yield the marks in the listing's pictures, in order; none where pictures are not read."""
    found = sightings(case).found
    for number in sorted(found):
        yield from (Placed(number, seen) for seen in found[number])


def sightings(case: Case) -> Sightings:
    """Look for the marks in the listing's pictures, within the bounds that hold for reading them."""
    if case.emblems is None or not case.images:
        return Sightings({}, ())
    return case.emblems.seen_in(case.images, case.options.ocr_images, case.options.ocr_seconds)


def unlisted(case: Case) -> bool:
    """Whether a list of users is on record, and the seller is not on it on the day. Without a list nothing can be said."""
    known = bool(case.profile.sellers or case.profile.authorizations)
    return known and not permission(case).holds


def is_listed(case: Case, code: str) -> bool:
    """Whether a code is that of a user on the list, or of a permission of any date."""
    held = {key(item.uscc) for item in case.profile.authorizations if item.uscc}
    return bool(code) and key(code) in held | case.profile.sellers


def drawn(upper: str, lower: str = "") -> bytes:
    """Return a PNG of a ring with words along it, for examples: none is the mark as registered."""
    import io
    import math

    from PIL import Image, ImageDraw, ImageFont

    sheet = Image.new("RGB", (520, 640), "white")
    pen = ImageDraw.Draw(sheet)
    pen.ellipse((60, 60, 460, 460), outline="black", width=4)
    pen.ellipse((120, 120, 400, 400), outline="black", width=3)
    font = ImageFont.load_default(30)
    for text, sign in ((upper, -1), (lower, 1)):
        for number, char in enumerate(text):
            angle = math.radians(9.0) * (number - (len(text) - 1) / 2)
            tile = Image.new("L", (60, 60))
            ImageDraw.Draw(tile).text((30, 30), char, font=font, fill=255, anchor="mm")
            tile = tile.rotate(sign * math.degrees(angle), Image.Resampling.BICUBIC)
            x, y = 260 + 170 * math.sin(angle), 260 + sign * 170 * math.cos(angle)
            sheet.paste("black", (round(x) - 30, round(y) - 30), tile)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()

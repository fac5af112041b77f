"""A registered mark inside a picture: on the goods, the package or in the scene, in whatever colours."""

from collections.abc import Iterable

from detectors.alignment import aligned
from detectors.case import Case, LogoMatch
from detectors.rulekit import Rule, kind_label, standing
from detectors.types import Clue, Example, ReferenceImage, Stage
from records.model import Listing, Right, Text
from records.terms import RightKind

_MAX_IMAGES = 20


class LogoRule(Rule):
    """`image.logo`: the outline of a right's mark lies on edges of a part of the picture, in any colours.

    It runs for every right whose reference picture is a flat, telling mark on plain ground, and says nothing of a
    picture that is a copy of the reference as a whole. The explanation names the box, how much of the outline coincides, and
    how much of its weakest part; the region is in pixels of the shop's picture.
    """

    name = "logo"
    stage = Stage.FIND

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the surest mark of each picture."""
        if case.matcher is None or not case.profile.references:
            return
        right = case.profile.right.id
        for position in sorted(case.images)[:_MAX_IMAGES]:
            if any(match.whole for match in case.matcher.matches(case.images[position], right)):
                continue
            found = case.matcher.logos(case.images[position], right)
            if found:
                yield self._clue(case, position, found[0])

    def _clue(self, case: Case, position: int, match: LogoMatch) -> Clue:
        right, tail = kind_label(case.profile.right), standing(case)
        x, y, w, h = match.region
        covered, weakest = round(100 * match.covered), round(100 * match.weakest)
        return Clue(
            self.name,
            "image.logo",
            match.probability,
            Text(
                f"第{position + 1}张图片左上角({x},{y})起{w}×{h}像素处,涉嫌使用与{right.zh}相同或近似的图形标志:"
                f"比对样本的轮廓有{covered}%与图中边缘重合,最弱部分为{weakest}%;{tail.zh}。",
                f"Picture {position + 1} shows, {w}×{h} pixels from ({x}, {y}) on, what is suspected to be the mark of "
                f"{right.en} or one close to it: {covered} % of the reference's outline lies on edges of the picture, "
                f"{weakest} % in its weakest part; {tail.en}.",
            ),
            image=position,
            region=match.region,
            reference_id=match.reference_id,
            alignment=aligned(case, position, match),
        )

    def examples(self) -> Iterable[Example]:
        """A mark drawn on the spot: in other colours on a striped ground, another mark, a ring, no picture."""
        right = Right("example-right", RightKind.TRADEMARK, "砚溪雁")
        listing = Listing("example-listing", "帆布包", images=("a.png",))
        sample, ring = ReferenceImage("ref-1", _sheet("goose")), ReferenceImage("ref-1", _sheet("ring"))
        scene = {0: _sheet("goose", scene=True)}
        yield Example(right, listing, True, "image.logo", alert=True, references=(sample,), images=scene)
        yield Example(right, listing, False, "image.logo", references=(sample,), images={0: _sheet("boat", scene=True)})
        yield Example(right, listing, False, "image.logo", references=(ring,), images={0: _sheet("ring", scene=True)})
        yield Example(right, listing, False, "image.logo", references=(sample,), images={0: b"GIF89a"})


def _sheet(form: str, *, scene: bool = False) -> bytes:
    """Return a PNG of a drawn form: black on white, or small and light on a striped ground."""
    import io

    from PIL import Image, ImageDraw

    side = 600 if scene else 240
    sheet = Image.new("RGB", (side, side), (40, 84, 92) if scene else "white")
    pen = ImageDraw.Draw(sheet)
    if scene:
        for row in range(0, side, 24):
            pen.rectangle((0, row, side, row + 8), fill=(58, 104, 110))
    left, top, size, colour = (330, 180, 110, (240, 220, 120)) if scene else (20, 20, 200, (0, 0, 0))
    for part in _FORMS[form]:
        pen.polygon([(left + x * size / 100, top + y * size / 100) for x, y in part], fill=colour)
    if form == "ring":
        pen.ellipse((left, top, left + size, top + size), outline=colour, width=size // 8)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


_FORMS: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "goose": (
        ((0, 50), (30, 40), (48, 52), (88, 4), (80, 48), (100, 42), (72, 70), (44, 78), (20, 66)),
        ((10, 84), (46, 92), (90, 80), (90, 88), (46, 100), (10, 92)),
        ((8, 8), (30, 8), (30, 30), (8, 30)),
    ),
    "boat": (
        ((0, 70), (100, 70), (80, 100), (20, 100)),
        ((46, 0), (54, 0), (54, 64), (46, 64)),
        ((58, 6), (92, 60), (58, 60)),
        ((42, 20), (42, 60), (12, 60)),
    ),
    "ring": (),
}


DETECTOR = LogoRule()

"""Pictures that copy a reference: product photos, works, designs, logos."""

from collections.abc import Iterable

from detectors.alignment import aligned
from detectors.case import Case, ImageMatch
from detectors.rulekit import Rule, kind_label, standing
from detectors.types import Clue, Example, ReferenceImage, Stage
from records.model import Listing, Right, Text
from records.terms import RightKind

_MAX_IMAGES = 20
_METHODS = {"phash": "pHash-256", "pdq": "PDQ"}
_TURNED = {
    "mirrored": "左右镜像",
    "upside down and mirrored": "上下镜像",
    "turned by 180°": "旋转180°",
    "turned by 90°": "旋转90°",
    "turned by 270°": "旋转270°",
    "turned and mirrored": "旋转并镜像",
    "turned or mirrored": "旋转或镜像",
    "colours inverted": "反色",
    "mirrored, colours inverted": "左右镜像并反色",
}


class ImageCopyRule(Rule):
    """`image.identical`: the same bytes. `image.copy`: a perceptual hash within its threshold, whole picture.

    `image.part`: local features of the reference lie in part of the picture, or in a turned or distorted one.
    The explanation names the hash, the distance and the threshold; the region is in pixels of the shop's picture.
    """

    name = "image_copy"
    stage = Stage.FIND

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the surest match of each picture."""
        if case.matcher is None or not case.profile.references:
            return
        for position in sorted(case.images)[:_MAX_IMAGES]:
            found = case.matcher.matches(case.images[position], case.profile.right.id)
            if found:
                yield self._clue(case, position, found[0])

    def _clue(self, case: Case, position: int, match: ImageMatch) -> Clue:
        right, tail = kind_label(case.profile.right), standing(case)
        rule, how = _how(match)
        return Clue(
            self.name,
            f"image.{rule}",
            match.probability,
            Text(
                f"第{position + 1}张图片与{right.zh}的比对样本相同或高度近似:{how.zh};{tail.zh}。",
                f"Picture {position + 1} is the same as, or very close to, a reference of {right.en}: {how.en}; {tail.en}.",
            ),
            image=position,
            region=match.region,
            reference_id=match.reference_id,
            alignment=aligned(case, position, match),
        )

    def examples(self) -> Iterable[Example]:
        """Pictures made on the spot: the same one, smaller, and another."""
        right = Right("example-right", RightKind.WORK, "砂岭晚照")
        listing = Listing("example-listing", "装饰画", images=("a.png",))
        sample = ReferenceImage("ref-1", _pattern(7, 320))
        yield Example(right, listing, True, "image.copy", references=(sample,), images={0: _pattern(7, 200)})
        yield Example(right, listing, True, "image.identical", references=(sample,), images={0: _pattern(7, 320)})
        yield Example(right, listing, False, "image.copy", references=(sample,), images={0: _pattern(8, 320)})
        yield Example(right, listing, False, "image.copy", references=(sample,), images={0: b"<svg/>"})


def _how(match: ImageMatch) -> tuple[str, Text]:
    turned = (
        Text(f",经{_TURNED.get(match.turned, match.turned)}", f", {match.turned}") if match.turned else Text("", "")
    )
    if match.method == "sha256":
        return "identical", Text("文件逐字节相同(SHA-256一致)", "the files are equal byte for byte (SHA-256)")
    if match.method == "sift":
        return "part", Text(
            f"局部特征SIFT有{match.distance}个点在同一透视变换下吻合(阈值{match.threshold}个){turned.zh}",
            f"{match.distance} SIFT points agree under one perspective (threshold {match.threshold}){turned.en}",
        )
    if match.method == "light_sift":
        return "part", Text(
            f"明度的局部特征SIFT有{match.distance}个点在同一透视变换下吻合(阈值{match.threshold}个),色相不同{turned.zh}",
            f"{match.distance} SIFT points of the lightness agree under one perspective (threshold {match.threshold}), in "
            f"other hues{turned.en}",
        )
    if match.method == "edge_sift":
        return "part", Text(
            f"轮廓的局部特征SIFT有{match.distance}个点在同一透视变换下吻合(阈值{match.threshold}个),颜色不同{turned.zh}",
            f"{match.distance} SIFT points of the edges agree under one perspective (threshold {match.threshold}), in "
            f"other colours{turned.en}",
        )
    if match.method == "edges":
        return "copy", Text(
            f"轮廓边缘分布的相关度为{match.distance}%(阈值{match.threshold}%),颜色不同{turned.zh}",
            f"the edges correlate by {match.distance} % (threshold {match.threshold} %), in other colours{turned.en}",
        )
    method = _METHODS[match.method]
    return "copy", Text(
        f"{method}距离{match.distance}位(阈值{match.threshold}位,共256位){turned.zh}",
        f"{method} distance {match.distance} bits (threshold {match.threshold} of 256){turned.en}",
    )


def _pattern(seed: int, side: int) -> bytes:
    """Return a PNG of soft blobs that depends on the seed only."""
    import io

    import numpy as np
    from PIL import Image

    rough = np.random.default_rng(seed).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rough).resize((side, side), Image.Resampling.BICUBIC).save(buffer, "PNG")
    return buffer.getvalue()


DETECTOR = ImageCopyRule()

"""Text in pictures, read by RapidOCR (PP-OCR models that come with the package; nothing is fetched).

- a picture's bytes are read once, and so are different bytes that decode to the same pixels: exact on purpose, since
  a near copy's text would depend on which of the two came first, and a decision could not be replayed
- bounded: pixels (a large picture is shrunk first), lines of a picture, characters of a line
- what is read may be wrong: every line keeps its confidence, and lines below `_SURE` are left out

NOT guaranteed: small print below about ten pixels of height, handwriting, Mongolian script, text that is mirrored.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detectors.types import ReadLine
from guards.caps import open_image_capped
from guards.errors import GuardError

if TYPE_CHECKING:
    from PIL import Image

_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
_MAX_PIXELS = 640_000
_MAX_SIDE = 1_984
_MIN_SIDE = 32
_MAX_LINES = 120
_MAX_CHARS = 200
_SURE = 0.6
_CACHE = 1_024

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Readings:
    """The lines of each picture that holds text, and the pictures that were not looked at."""

    lines: Mapping[int, tuple[ReadLine, ...]]
    unread: tuple[int, ...]


def available() -> bool:
    """Whether the reading of pictures is installed, models included."""
    folder = _folder()
    return folder is not None and all((folder / name).is_file() for name in _MODELS.values())


def _folder() -> Path | None:
    found = find_spec("rapidocr")
    return Path(found.origin).parent / "models" if found and found.origin else None


class PictureReader:
    """Reads pictures one by one, and keeps the answers of the last thousand. The models load at the first picture."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[ReadLine, ...]] = OrderedDict()
        self.reads = 0

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the package's version and its models: what a reading depends on beside the picture."""
        hasher = hashlib.sha256(metadata.version("rapidocr").encode())
        folder = _folder()
        for name in sorted(_MODELS.values()):
            hasher.update((folder / name).read_bytes() if folder else b"")
        return hasher.hexdigest()

    @cached_property
    def _engine(self) -> Any:
        from rapidocr import RapidOCR

        folder = _folder()
        assert folder is not None  # noqa: S101  # the import above would have failed
        paths = {f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()}
        bounds = {"Det.limit_type": "max", "Det.limit_side_len": _MAX_SIDE, "Det.max_candidates": _MAX_LINES}
        quiet = {"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": 2}
        return RapidOCR(params={**paths, **bounds, **quiet})

    def read_all(self, pictures: Mapping[int, bytes], most: int, seconds: float) -> Readings:
        """Read the first `most` pictures; none is begun once `seconds` are over. The others are named."""
        end = time.monotonic() + seconds
        lines, unread = {}, []
        for count, number in enumerate(sorted(pictures)):
            if count >= most or time.monotonic() >= end:
                unread.append(number)
            elif found := self.read(pictures[number]):
                lines[number] = found
        return Readings(lines, tuple(unread))

    def read(self, data: bytes) -> tuple[ReadLine, ...]:
        """Return the lines from top to bottom, boxes in pixels of the picture as it is; () for what is no picture.

        `start` and `end` are places in the lines' texts joined by line ends.
        """
        sha = hashlib.sha256(data).hexdigest()
        if sha not in self._answers:
            self._keep(sha, self._fresh(data))
        return self._answers[sha]

    def _fresh(self, data: bytes) -> tuple[ReadLine, ...]:
        try:
            image = open_image_capped(data)
        except GuardError:
            return ()
        if min(image.size) < _MIN_SIDE:
            return ()
        whole = image.size
        shown = _fitted(image)
        if min(shown.size) < _MIN_SIDE:
            return ()
        pixels = hashlib.sha256(repr((whole, shown.size)).encode() + shown.tobytes()).hexdigest()
        if pixels not in self._answers:
            self._keep(pixels, self._recognised(shown, whole))
        return self._answers[pixels]

    def recognise(self, data: bytes) -> tuple[ReadLine, ...]:
        """Read a picture anew, whether or not its answer is known. Raises GuardError for what is no picture."""
        image = open_image_capped(data)
        return self._recognised(_fitted(image), image.size)

    def lines(self, image: "Image.Image") -> tuple[ReadLine, ...]:
        """Read pixels that a detector made of a picture's part; nothing is kept. Bounded as pictures are."""
        shown = _fitted(image)
        return self._recognised(shown, image.size) if min(shown.size) >= _MIN_SIDE else ()

    def _keep(self, key: str, lines: tuple[ReadLine, ...]) -> None:
        self._answers[key] = lines
        while len(self._answers) > _CACHE:
            self._answers.popitem(last=False)

    def _recognised(self, image: "Image.Image", whole: tuple[int, int]) -> tuple[ReadLine, ...]:
        self.reads += 1
        import cv2
        from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError
        from rapidocr.utils.process_img import ResizeImgError

        try:
            found = self._engine(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))
        except (ONNXRuntimeError, ResizeImgError, RuntimeError, ValueError, cv2.error):
            return ()
        if getattr(found, "txts", None) is None or found.boxes is None:
            return ()
        scale = whole[0] / image.size[0], whole[1] / image.size[1]
        lines: list[ReadLine] = []
        start = 0
        for text, score, quad in zip(found.txts, found.scores, found.boxes, strict=True):
            clean = " ".join(str(text).split())[:_MAX_CHARS]
            if clean and score >= _SURE:
                lines.append(ReadLine(clean, start, start + len(clean), _box(quad, scale, whole), round(score, 2)))
                start += len(clean) + 1
        return tuple(lines)


def _fitted(image: "Image.Image") -> "Image.Image":
    """Return the picture as RGB on white, shrunk to what is read."""
    from PIL import Image

    w, h = image.size
    share = min(1.0, (_MAX_PIXELS / (w * h)) ** 0.5, _MAX_SIDE / max(w, h))
    if share < 1:
        image = image.resize((max(1, round(w * share)), max(1, round(h * share))), Image.Resampling.BILINEAR)
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _box(quad: Any, scale: tuple[float, float], whole: tuple[int, int]) -> Box:
    points = np.asarray(quad, dtype=np.float64) * scale
    low = np.clip(np.floor(points.min(axis=0)), 0, whole)
    high = np.clip(np.ceil(points.max(axis=0)), 0, whole)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])

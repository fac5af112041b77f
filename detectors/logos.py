"""Marks inside pictures: recoloured, small, a little turned or leaning, on a product, a cloth or in a scene.

A learned index of all references proposes a few places (`logo_search`); each is decided by laying the reference's
outline over the picture (`logo_fit`) and weighing what was measured then (`logo_verdict`). Only flat marks on plain
ground take part, and of these only telling ones: a ring or a bar is in every picture. A reference that is a photo is
never looked for here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detectors.alignment import rounded
from detectors.answers import Answers
from detectors.case import LogoMatch
from detectors.logo_fit import Pieces, Start, finish
from detectors.logo_marks import Drawing, distinctive, drawing
from detectors.logo_measures import Fit, measured
from detectors.logo_search import Index, Pixels, pyramid
from detectors.logo_verdict import THRESHOLD, probability
from detectors.pictures import picture, stored_size
from detectors.types import ReferenceImage

_CACHE = 512
FINISHED = 10
"""Candidates whose outline is fitted to the end: those that lie best at first sight."""
_LIKENESS = 0.8
"""Pixels of mean distance that a likeness of 1 is worth when these are chosen."""
_MOST = 8

_Found = Mapping[str, Sequence[LogoMatch]]


@dataclass(frozen=True)
class _Sample:
    right: str
    id: str
    mark: Drawing
    size: tuple[int, int]


class LogoBank:
    """The marks of all rights, read when first needed; recent pictures' answers are kept."""

    def __init__(self, references: Mapping[str, Sequence[ReferenceImage]]) -> None:
        self._references = references
        self._answers = Answers[_Found](_CACHE)

    @cached_property
    def _samples(self) -> tuple[_Sample, ...]:
        """All references that are telling marks, in order."""
        read = ((right, item, drawing(item.data)) for right, items in self._references.items() for item in items)
        return tuple(
            _Sample(right, item.id, mark, stored_size(item.data) or (0, 0))
            for right, item, mark in read
            if mark is not None and distinctive(mark)
        )

    @cached_property
    def _index(self) -> Index:
        return Index([sample.mark for sample in self._samples])

    def marks(self) -> tuple[tuple[str, str], ...]:
        """Return (right id, reference id) of the references that are looked for."""
        return tuple((sample.right, sample.id) for sample in self._samples)

    def matches(self, data: bytes, right_id: str) -> Sequence[LogoMatch]:
        """Return the right's marks that the picture shows, surest first; () for none and for what is no picture."""
        if not any(sample.right == right_id for sample in self._samples):
            return ()
        return self.scan(data).get(right_id, ())

    def scan(self, data: bytes) -> _Found:
        """Look for all marks in a picture: right → matches, surest first. Answers are kept by digest."""
        return self._answers.get(data, self._scanned)

    def _scanned(self, data: bytes, _: str) -> _Found:
        opened = picture(data) if self._samples else None
        if opened is None:
            return {}
        size = opened.size
        found: dict[str, list[LogoMatch]] = {}
        levels = pyramid(np.asarray(opened.image, dtype=np.uint8))
        scale = max(size) / max(levels[0].shape[:2])
        for chance, fit in self.fits(levels):
            if chance >= THRESHOLD:
                sample = self._samples[fit.candidate.mark]
                found.setdefault(sample.right, []).append(_match(sample, fit, chance, scale, size))
        return {right: items[:_MOST] for right, items in found.items()}

    def fits(self, levels: Sequence[Pixels]) -> list[tuple[float, Fit]]:
        """Return what was fitted in a picture (its pyramid), with its probability, the surest first, however low.

        Places are pixels of the first level.
        """
        return self.decided(self.proposed(levels)[:FINISHED], levels)

    def proposed(self, levels: Sequence[Pixels]) -> list[Start]:
        """Return the candidates of a picture, those that lie best at first sight first."""
        pieces = Pieces(levels)
        started = [pieces.begin(self._samples[item.mark].mark, item) for item in self._index.search(levels)]
        return sorted((one for one in started if one is not None), key=_promise)

    def decided(self, starts: Sequence[Start], levels: Sequence[Pixels]) -> list[tuple[float, Fit]]:
        """Return candidates fitted to the end, as `fits` does."""
        laid = [finish(self._samples[one.candidate.mark].mark, one) for one in starts]
        fitted = [measured(one, levels, self._index) for one in laid if one is not None]
        scored = [(probability(fit.measures), fit) for fit in fitted]
        return sorted(scored, key=lambda item: (-item[0], item[1].candidate.mark, item[1].box))


def _promise(start: Start) -> tuple[float, int, float, float]:
    found = start.candidate
    return start.cost - _LIKENESS * found.likeness, found.mark, found.x, found.y


def _match(sample: _Sample, fit: Fit, chance: float, scale: float, size: tuple[int, int]) -> LogoMatch:
    x, y, w, h = (value * scale for value in fit.box)
    left, top = max(0, round(x)), max(0, round(y))
    right, bottom = min(size[0], round(x + w)), min(size[1], round(y + h))
    wide, high = sample.size
    x0, y0, x1, y1 = (
        round(share * side) for share, side in zip(sample.mark.part, (wide, high, wide, high), strict=True)
    )
    return LogoMatch(
        sample.id, (left, top, max(1, right - left), max(1, bottom - top)), chance,
        fit.measure("fit"), fit.measure("weakest"), rounded(fit.quad * scale), (x0, y0, x1 - x0, y1 - y0),
    )  # fmt: skip

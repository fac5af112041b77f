"""Cutting a text where findings matched, so that a page can mark the spans in the original words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and the numbers (from 1) of the findings that cover it; none for unmarked text."""

    text: str
    findings: tuple[int, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether a finding covers it."""
        return bool(self.findings)


def pieces(text: str, spans: Sequence[tuple[int, int, int]]) -> list[Piece]:
    """Cut `text` at the spans (start, end, number), in code points; overlapping spans share their pieces.

    Spans outside the text are clipped, empty ones ignored. The pieces joined give the text again.
    """
    clipped = [(max(0, start), min(len(text), end), number) for start, end, number in spans]
    good = [span for span in clipped if span[0] < span[1]]
    cuts = sorted({0, len(text), *(start for start, _, _ in good), *(end for _, end, _ in good)})
    found = []
    for start, end in pairwise(cuts):
        numbers = tuple(sorted({number for left, right, number in good if left <= start and end <= right}))
        found.append(Piece(text[start:end], numbers))
    return found


def spans_of(findings: Sequence[Mapping[str, object]], field: str) -> list[tuple[int, int, int]]:
    """Return the spans of the findings (as `today.finding_document` gives them) that lie in `field`."""
    spans = []
    for number, finding in enumerate(findings, 1):
        start, end = finding.get("start"), finding.get("end")
        if finding.get("field") == field and isinstance(start, int) and isinstance(end, int):
            spans.append((start, end, number))
    return spans

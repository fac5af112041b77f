"""From clues to the findings that records keep, and the digests that say what made them."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from detectors.case import Case
from detectors.types import AGAINST, Clue, Effect
from records.model import Finding

_PER_RULE = 4
_SHORT = 16


def _tree(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    """Return the names and bytes of all code and data files below a folder, sorted by name."""
    items: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            items += _tree(entry, f"{name}/")
        elif entry.name.endswith((".py", ".toml", ".tsv", ".json")):
            items.append((name, entry.read_bytes()))
    return items


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return the SHA-256 over all detector code and data: any change of either changes it."""
    return digest([part for name, data in _tree(files("detectors")) for part in (name.encode(), data)])


def digest(parts: Sequence[bytes]) -> str:
    """Return the SHA-256 over length-prefixed parts."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big") + part)
    return hasher.hexdigest()


def _field_of(clue: Clue) -> str:
    if clue.span is not None:
        return clue.span.field
    return f"images[{clue.image}]" if clue.image is not None else "title"


def _rank(clue: Clue) -> tuple[bool, bool, float, str, int, str]:
    """Reasons first, strongest first; then what raises, then what speaks against."""
    start = clue.span.start if clue.span else 0
    return clue.effect in AGAINST, clue.effect is not Effect.FIND, -clue.score, _field_of(clue), start, clue.rule


def to_findings(case: Case, clues: Sequence[Clue], versions: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the findings of one pair in a fixed order, at most four of a rule and field."""
    short = {name: value[:_SHORT] for name, value in sorted(versions.items())}
    kept: list[Finding] = []
    counts: dict[tuple[str, str], int] = {}
    for clue in sorted(dict.fromkeys(clues), key=_rank):
        slot = (clue.rule, _field_of(clue))
        counts[slot] = counts.get(slot, 0) + 1
        if counts[slot] <= _PER_RULE:
            kept.append(_finding(case, clue, short))
    return tuple(kept)


def _finding(case: Case, clue: Clue, versions: Mapping[str, str]) -> Finding:
    span, region = clue.span, clue.region
    read = span is not None and bool(case.field(span).lines)
    if span is not None and region is None:
        region = case.field(span).region(span)
    return Finding(
        detector=clue.detector,
        rule=clue.rule,
        field=_field_of(clue),
        score=round(clue.score, 4),
        explanation=clue.explanation,
        # Text read in a picture has no place in the listing's own field: its place is the region.
        start=span.start if span and not read else 0,
        end=span.end if span and not read else 0,
        text=case.excerpt(span) if span else "",
        region=region,
        against=clue.effect in AGAINST,
        ground=clue.ground,
        reference_id=clue.reference_id,
        versions=versions,
    )

"""From clues to the findings that records keep, and the digests that say what made them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from detectors.case import Case
from detectors.normalise import key
from detectors.steps import steps
from detectors.types import AGAINST, Clue, Effect, Span
from records.model import Finding, Hit, Text

RUNNER_UP = "decision.runner_up"
_PER_RULE = 4
_BY_PARTS = frozenset({"gi.place_product", "gi.place_goods"})
_SHORT = 16


def _tree(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    """Return the names and bytes of all code and data files below a folder, sorted by name."""
    items: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            items += _tree(entry, f"{name}/")
        elif entry.name.endswith((".py", ".toml", ".tsv", ".json", ".onnx")):
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


def _field_of(case: Case, clue: Clue) -> str:
    if clue.span is not None:
        return case.view.original(clue.span).field
    return f"images[{clue.image}]" if clue.image is not None else "title"


def _rank(case: Case, clue: Clue) -> tuple[bool, bool, float, str, int, str]:
    """Reasons first, strongest first; then what raises, then what speaks against."""
    start = clue.span.start if clue.span else 0
    return clue.effect in AGAINST, clue.effect is not Effect.FIND, -clue.score, _field_of(case, clue), start, clue.rule


def to_findings(case: Case, clues: Sequence[Clue], versions: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the findings of one pair in a fixed order, at most four of a rule and field."""
    short = {name: value[:_SHORT] for name, value in sorted(versions.items())}
    kept: list[Finding] = []
    counts: dict[tuple[str, str], int] = {}
    for clue in sorted(dict.fromkeys(clues), key=lambda clue: _rank(case, clue)):
        slot = (clue.rule, _field_of(case, clue))
        counts[slot] = counts.get(slot, 0) + 1
        if counts[slot] <= _PER_RULE:
            kept.append(_finding(case, clue, short))
    return tuple(kept)


def _finding(case: Case, clue: Clue, versions: Mapping[str, str]) -> Finding:
    span, region = clue.span and case.view.original(clue.span), clue.region
    read = span is not None and bool(case.field(span).lines)
    if span is not None and region is None:
        region = case.field(span).region(span)
    return Finding(
        detector=clue.detector,
        rule=clue.rule,
        field=_field_of(case, clue),
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
        steps=_steps(case, clue),
        alignment=clue.alignment,
    )


def _steps(case: Case, clue: Clue) -> tuple[Text, ...]:
    """Return how the place of a reason came of the name that it was found by; () where it stands there as it is."""
    span = clue.span
    if clue.effect is not Effect.FIND or span is None:
        return ()
    shown, names = case.excerpt(span), _compared(case, clue, span)
    if any(key(name) == key(shown) for name in names):
        names = [name for name in names if key(name) == key(shown)]
    ways = [steps(name, shown) for name in names]
    return min(filter(None, ways), key=len, default=()) if all(ways) else ()


def _compared(case: Case, clue: Clue, span: Span) -> list[str]:
    """Return the right's names that the detector looked for at the place, as registered."""
    if clue.rule in _BY_PARTS:
        return [case.profile.title]
    numbers = dict.fromkeys(
        match.needle.meta.split(" ", maxsplit=1)[0]
        for match in case.matches
        if match.needle.detector == clue.detector and match.span.overlaps(span)
    )
    return [case.profile.names[int(number)].original for number in numbers if number.isdigit()]


def with_runners_up(hits: Sequence[Hit], names: Mapping[str, str]) -> list[Hit]:
    """Return the hits of one listing, each with a note on the right that came nearest beside its own, if any did.

    `names` maps right ids to names.
    """
    ranked = sorted(hits, key=lambda hit: (-hit.score, hit.right_id))
    if len(ranked) < 2:
        return list(hits)
    return [_noted(hit, ranked[1] if hit is ranked[0] else ranked[0], names) for hit in hits]


def _noted(hit: Hit, other: Hit, names: Mapping[str, str]) -> Hit:
    name, versions = names[other.right_id], hit.findings[0].versions
    note = Finding(
        detector="decision",
        rule=RUNNER_UP,
        field="title",
        score=other.score,
        explanation=Text(
            f"除本权利外,最接近的是“{name}”({other.right_id}),概率{other.score:.2f}。",
            f"Beside this right, “{name}” ({other.right_id}) comes nearest, at a probability of {other.score:.2f}.",
        ),
        versions=versions,
        other_right=other.right_id,
    )
    return replace(hit, findings=(*hit.findings, note))

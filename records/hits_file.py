"""`hits.jsonl`: one object a (listing, right) pair, in an order that does not depend on how detection ran."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from guards.atomic import AtomicFile
from records.codec import to_json
from records.errors import BadValue
from records.model import Finding, Hit
from records.storable import storable

SCORE_DECIMALS = 4
"""How many decimals a score is written with."""


def hit_document(hit: Hit, lang: str) -> dict[str, Any]:
    """Return a hit as the object that `hits.jsonl` promises; explanations in `lang` ("zh" or "en")."""
    document: dict[str, Any] = {
        "listing": hit.listing_id,
        "right": hit.right_id,
        "score": round(hit.score, SCORE_DECIMALS),
        "alert": hit.alert,
        "outcome": hit.outcome.value,
        "findings": [finding_document(finding, lang) for finding in hit.findings],
    }
    if versions := {name: version for finding in hit.findings for name, version in finding.versions.items()}:
        document["versions"] = dict(sorted(versions.items()))
    if (other := runner_up(hit)) is not None:
        document["runner_up"] = other
    return document


def runner_up(hit: Hit) -> dict[str, Any] | None:
    """Return the right that came nearest beside the hit's own, with its score, or None."""
    for finding in hit.findings:
        if finding.other_right and not finding.against:
            return {"right": finding.other_right, "score": round(finding.score, SCORE_DECIMALS)}
    return None


def finding_document(finding: Finding, lang: str) -> dict[str, Any]:
    """Return a finding as the object that `hits.jsonl` promises.

    `region` stands only with a picture's finding, `alignment` (see `records.alignment.Alignment`) only where a reference was laid
    over the picture, `against` only where the finding speaks against a hit, `ground`,
    `reference` and `steps` (how the place came of the right's name) only where there is one.
    """
    document: dict[str, Any] = {
        "detector": finding.detector,
        "rule": finding.rule,
        "field": finding.field,
        "start": finding.start,
        "end": finding.end,
        "text": storable(finding.text),
        "score": round(finding.score, SCORE_DECIMALS),
        "explanation": storable(finding.explanation.in_lang(lang)),
    }
    if finding.region is not None:
        document["region"] = list(finding.region)
    if finding.alignment is not None:
        document["alignment"] = to_json(finding.alignment)
    if finding.against:
        document["against"] = True
    if finding.ground:
        document["ground"] = finding.ground
    if finding.reference_id:
        document["reference"] = finding.reference_id
    if finding.steps:
        document["steps"] = [storable(step.in_lang(lang)) for step in finding.steps]
    return document


def write_hits(path: Path, hits: Iterable[Hit], lang: str = "zh") -> int:
    """Write hits, by listing and right, whole or not at all; return how many.

    Raises `GuardError` for a full disk, `BadValue` for a score that is no number.
    """
    count = 0
    with AtomicFile(path) as stream:
        for hit in sorted(hits, key=lambda one: (one.listing_id, one.right_id)):
            stream.write(_line(hit, lang))
            count += 1
    return count


def _line(hit: Hit, lang: str) -> bytes:
    try:
        text = json.dumps(hit_document(hit, lang), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise BadValue(f"hit {hit.id}: expected finite scores: {error}") from error
    return storable(text).encode("utf-8") + b"\n"

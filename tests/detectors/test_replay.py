"""Hostile text is bounded, and what was not read is said; families stay as they are for fresh names.

That the command writes the same bytes again, and without a network, is in tests/desk/test_detect_hostile.py.
"""

import json
from collections.abc import Callable
from datetime import date

import pytest

from bench.detection.measure import Card, measure
from detectors.engine import Engine
from detectors.types import Options
from records.model import Hit, Listing, Right

DAY = date(2026, 6, 1)
Make = Callable[..., Right]


@pytest.fixture(scope="module")
def engine() -> Engine:
    """A mark and an indication."""
    from records.terms import RightKind

    mark = Right("t", RightKind.TRADEMARK, "砚溪雁", goods=("茶叶",))
    place = Right("g", RightKind.GI, "岚沟苦荞", goods=("苦荞米",), region="砂陵省岚沟县")
    return Engine([mark, place], options=Options(today=DAY))


HOSTILE = {
    "a name thousands of times": {"title": "岚沟苦荞 砚溪雁" * 3_000},
    "in the description": {"description": "岚沟苦荞,岚沟风味苦荞。" * 4_000},
    "in many attributes": {"attributes": {str(n): "岚沟苦荞" * 5_000 for n in range(80)}},
    "ten million characters": {"description": "茶" * 10_000_000},
    "surrogates": {"title": "砚\ud800溪\udfff雁 茶叶"},
    "bidi": {"title": "\u202e砚\u202c溪\u2066雁\u2069 茶叶"},
    "combining": {"title": "砚" + "\u0301" * 5_000 + "溪雁"},
    "zero width": {"title": "砚" + "\u200b" * 5_000 + "溪雁"},
    "brackets": {"title": "《" * 5_000 + "砚溪雁" + "》" * 5_000},
    "letters": {"title": "a" * 20_000},
    "digits": {"title": "0123456789" * 2_000},
}


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_hostile_texts_give_few_sound_findings(engine: Engine, what: str) -> None:
    listing = Listing(**{"id": "1", "title": "", **HOSTILE[what]})
    for hit in engine.detect(listing):
        assert 0 < hit.score < 1
        assert len(hit.findings) <= 120
        json.dumps([finding.explanation.zh for finding in hit.findings]).encode("utf-8", "strict")


def test_what_was_not_read_is_said(engine: Engine) -> None:
    hits: list[Hit] = engine.detect(Listing("1", "砚溪雁 茶叶", attributes={"备注": "茶" * 5_000}))
    assert "limits.text_capped" in {finding.rule for finding in hits[0].findings}


_FRESH: dict[int, Card] = {}


def _fresh(seed: int) -> Card:
    """Names from a seed that nothing was tuned on."""
    return _FRESH.setdefault(seed, measure(seed, 6))


@pytest.mark.parametrize("seed", [90_001, 90_002, 90_003])
def test_honest_families_stay_honest_for_fresh_names(seed: int) -> None:
    card = _fresh(seed)
    honest = [family for family, suspect in card.suspect.items() if not suspect]
    assert len(honest) >= 20
    assert {family: card.alerts[family] for family in honest if card.alerts[family] > 1} == {}


@pytest.mark.parametrize("seed", [90_001, 90_002, 90_003])
def test_suspect_families_are_found_for_fresh_names(seed: int) -> None:
    card = _fresh(seed)
    assert card.recall >= 0.95
    assert card.precision >= 0.95

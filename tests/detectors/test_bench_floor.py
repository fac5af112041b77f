"""The scorecard's floor on a small part of the benchmark, and that no name is known beforehand."""

import re
from pathlib import Path

import detectors
from bench.detection.measure import Card, measure, table

_CACHE: dict[int, Card] = {}


def _card(seed: int) -> Card:
    if seed not in _CACHE:
        _CACHE[seed] = measure(seed, 8)
    return _CACHE[seed]


def test_recall_and_precision_keep_their_floor() -> None:
    card = _card(11)
    assert card.recall >= 0.9, table(card)
    assert card.precision >= 0.95, table(card)
    assert card.worst[1] >= 0.5, table(card)


def test_honest_listings_stay_honest() -> None:
    card = _card(11)
    honest = [family for family, suspect in card.suspect.items() if not suspect]
    alerts = sum(card.alerts[family] for family in honest)
    assert alerts <= 0.02 * sum(card.totals[family] for family in honest), table(card)


def test_fresh_names_change_recall_by_at_most_two_in_a_hundred() -> None:
    """Every name swapped for a fresh one: nothing that the detectors know stands for a particular name."""
    assert _card(11).recall - _card(12).recall <= 0.02
    assert _card(11).recall - _card(13).recall <= 0.02


def test_the_table_names_every_family() -> None:
    card = _card(11)
    text = table(card)
    assert all(family in text for family in card.totals)
    assert "precision" in text


def test_the_generator_is_seeded() -> None:
    again = measure(12, 2)
    assert table(again) == table(measure(12, 2))


def test_no_right_of_the_demo_stands_in_a_detector_s_data() -> None:
    """The demo's names are read from its data, not from here."""
    root = Path(detectors.__file__).parent
    demo = root.parent / "demo" / "data"
    names = set()
    for path in sorted(demo.rglob("rights.csv")):
        for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]:
            names.update(part for part in re.split(r"[;,]", ",".join(line.split(",")[2:4])) if len(part) > 1)
    tables = "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.toml"))
    tables += "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    assert [name for name in sorted(names) if name in tables] == []

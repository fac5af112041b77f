"""Recall and precision by family, on invented rights; tuned on one half of them, reported on the other."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bench.detection.generate import FILLERS, Item, items, rights
from bench.detection.interval import wilson
from detectors.engine import Engine
from detectors.types import Options
from records.model import Hit, Right

TUNE_SEED = 20260101
REPORT_SEED = 20260202
DAY = date(2026, 6, 1)


@dataclass
class Card:
    """A scorecard: alerts and items by family, false alarms, and scores with labels for calibration."""

    alerts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    totals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    suspect: dict[str, bool] = field(default_factory=dict)
    cross: list[tuple[str, str, float]] = field(default_factory=list)
    scored: list[tuple[float, bool]] = field(default_factory=list)
    wrong: list[tuple[str, str, float, str]] = field(default_factory=list)
    spans: list[bool] = field(default_factory=list)

    @property
    def alerted(self) -> tuple[int, int, int]:
        """Right alerts, suspect items, all alerts (those for other rights among them)."""
        families = [name for name, is_suspect in self.suspect.items() if is_suspect]
        good = sum(self.alerts[f] for f in families)
        return good, sum(self.totals[f] for f in families), sum(self.alerts.values()) + len(self.cross)

    @property
    def recall(self) -> float:
        """Alerted share of suspect items."""
        families = [name for name, is_suspect in self.suspect.items() if is_suspect]
        return sum(self.alerts[f] for f in families) / max(1, sum(self.totals[f] for f in families))

    @property
    def precision(self) -> float:
        """Share of alerts that are right, alerts for other rights counted as wrong."""
        good = sum(self.alerts[f] for f, is_suspect in self.suspect.items() if is_suspect)
        return good / max(1, sum(self.alerts.values()) + len(self.cross))

    @property
    def worst(self) -> tuple[str, float]:
        """The suspect family with the lowest recall."""
        shares = {f: self.alerts[f] / self.totals[f] for f, is_suspect in self.suspect.items() if is_suspect}
        return min(shares.items(), key=lambda item: item[1])

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ten bins of equal width."""
        bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
        for score, label in self.scored:
            bins[min(9, int(score * 10))].append((score, label))
        return sum(abs(sum(s for s, _ in part) - sum(label for _, label in part)) for part in bins.values()) / max(
            1, len(self.scored)
        )


def measure(seed: int, count: int, model: str = "", *, calibrate: bool = True) -> Card:
    """Make `count` marks and indications from a seed, detect on all their listings, and score."""
    portfolio, made = made_for(seed, count)
    return score(Engine(portfolio, options=Options(model=model, today=DAY, calibrate=calibrate)), made)


def made_for(seed: int, count: int) -> tuple[list[Right], list[Item]]:
    """Return the rights of a seed, and every labelled listing that is made for them."""
    rng = random.Random(seed)
    tms, gis = rights(rng, count)
    made = list(items(rng, tms, gis))
    return [right for right, _ in tms] + [right for right, _ in gis], made


def score(engine: Engine, made: Sequence[Item]) -> Card:
    """Run the engine over the items and fill a scorecard."""
    card = Card()
    labelled = {(item.listing.id, item.right_id) for item in made}
    for item in made:
        card.suspect[item.family] = item.suspect
        card.totals[item.family] += 1
        hits = {hit.right_id: hit for hit in engine.detect(item.listing)}
        own = hits.pop(item.right_id, None)
        alerted = own is not None and own.alert
        card.alerts[item.family] += alerted
        if own is not None:
            card.scored.append((own.score, item.suspect))
            card.spans += _spans(own, item)
        if alerted != item.suspect:
            rules = ",".join(f.rule for f in own.findings) if own else "-"
            card.wrong.append((item.family, item.listing.title, own.score if own else 0.0, rules))
        card.cross += [
            (item.listing.title, right, hit.score)
            for right, hit in hits.items()
            if hit.alert and (item.listing.id, right) not in labelled
        ]
    return card


def _spans(hit: Hit, item: Item) -> list[bool]:
    """Return, for the first finding where it lies in the title of a suspect item, whether it keeps off the words around."""
    first = hit.findings[0]
    if not item.suspect or first.field != "title" or first.end <= first.start:
        return []
    title = item.listing.title
    right_text = title[first.start : first.end] == first.text
    return [right_text and not any(word in first.text for word in FILLERS)]


def table(card: Card) -> str:
    """Return the scorecard as a table of text."""
    lines = [f"{'family':18} {'items':>5} {'alerts':>6}  share"]
    for family in sorted(card.totals, key=lambda f: (not card.suspect[f], f)):
        share = card.alerts[family] / card.totals[family]
        wanted = "suspect" if card.suspect[family] else "honest"
        lines.append(f"{family:18} {card.totals[family]:>5} {card.alerts[family]:>6}  {share:.2f}  {wanted}")
    name, worst = card.worst
    lines.append(
        f"recall {card.recall:.3f} (goal >= .95)  precision {card.precision:.3f} (goal >= .97)  "
        f"worst family {name} {worst:.2f} (goal >= .80)  alerts for other rights {len(card.cross)}  "
        f"calibration error {card.calibration_error:.3f} (goal <= .03)"
    )
    good, suspect, alerts = card.alerted
    low, high = wilson(good, suspect)
    least, most = wilson(good, alerts)
    lines.append(
        f"95 % intervals: recall {low:.3f}..{high:.3f}, precision {least:.3f}..{most:.3f}; spans that keep to the name "
        f"{sum(card.spans)} of {len(card.spans)}"
    )
    return "\n".join(lines)

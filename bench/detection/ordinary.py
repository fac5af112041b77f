"""False alarms on ordinary texts: real reviews of shops and titles of a dictionary's nouns, against invented rights."""

from dataclasses import dataclass

from bench.corpora import reviews, titles
from bench.detection.measure import DAY, made_for
from detectors.engine import Engine
from detectors.types import Options
from records.model import Listing

REVIEWS, TITLES = 8_000, 2_000


@dataclass(frozen=True)
class Alarms:
    """Alerts on ordinary texts, which are all false; the texts and rights that were compared."""

    alerts: int
    texts: int
    rights: int

    def line(self) -> str:
        """Return the figure as a line of text."""
        worst = self.alerts / max(1, self.rights)
        return (
            f"ordinary texts: {self.alerts} alerts on {self.texts:,} texts × {self.rights} rights = "
            f"{worst:.4f} in {self.texts:,} a right (goal <= 1 in 10,000)"
        )


def measure_ordinary(seed: int, count: int, model: str = "") -> Alarms:
    """Detect on 10,000 ordinary texts with the rights of a seed. Raises CorpusMissing without the reviews."""
    rights, _ = made_for(seed, count)
    engine = Engine(rights, options=Options(model=model, today=DAY))
    texts = [*reviews()[:REVIEWS], *titles(TITLES, seed)]
    listings = [Listing(str(number), text) for number, text in enumerate(texts)]
    alerts = sum(hit.alert for _, hits in engine.detect_many(listings) for hit in hits)
    return Alarms(alerts, len(listings), len(rights))

"""Sample hits: what of some listings would be an alert by its words, before a watch is saved."""

import itertools
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from patrol.masking import mask
from records.model import Listing, Run
from records.terms import RunOutcome

if TYPE_CHECKING:
    from patrol.app import App

LEAST_RUNS = 3
"""Runs that followed another before anything is said of hits a day."""
_RUNS = 10
MOST_SAMPLES = 20
"""How many sample hits are shown."""


def samples(app: "App", listings: Sequence[Listing]) -> dict[str, Any]:
    """Return `hits` (the likeliest alerts, at most `MOST_SAMPLES`), `hits_found`, their count, and `hits_a_day`, expected later.

    Pictures are not looked at.

    Without rights nothing can be looked for: no hits, and a count of None.
    """
    rights = {right.id: right for right in app.records.rights.all()}
    if not rights or not listings:
        return {"hits": [], "hits_found": 0 if rights else None, "hits_a_day": None}
    engine = app.engine()
    alerts = [
        (listing, hit) for listing in listings for hit in engine.detect(listing, {}) if hit.alert and hit.findings
    ]
    alerts.sort(key=lambda pair: (-pair[1].score, pair[0].id, pair[1].right_id))
    rows = [
        {
            "title": listing.title,
            "url": listing.url,
            "right": hit.right_id,
            "right_name": rights[hit.right_id].name,
            "outcome": hit.outcome.value,
            "score": round(hit.score, 4),
            "why": mask(hit.findings[0].explanation.in_lang(app.lang)),
        }
        for listing, hit in alerts[:MOST_SAMPLES]
    ]
    return {"hits": rows, "hits_found": len(alerts), "hits_a_day": hits_a_day(len(alerts), _runs(app))}


def hits_a_day(found: int, runs: Sequence[Run]) -> float | None:
    """Return how many new hits a day are expected of a watch that finds so many now; None where nobody can say yet.

    The share of listings that are new a day is taken from the house's runs that followed another of their watch: the median.
    """
    shares = []
    for before, run in itertools.pairwise(sorted(runs, key=lambda run: (run.watch_id, run.started_at))):
        days = (run.started_at - before.started_at).total_seconds() / 86_400
        if before.watch_id == run.watch_id and run.items and days > 0:
            shares.append(run.new_items / run.items / days)
    return round(found * min(1.0, statistics.median(shares)), 1) if len(shares) >= LEAST_RUNS else None


def _runs(app: "App") -> list[Run]:
    """Return the newest runs of every watch that read anything."""
    runs = [run for watch in app.records.watches.all() for run in app.records.listings.history(watch.id, _RUNS)]
    return [run for run in runs if run.outcome in (RunOutcome.OK, RunOutcome.PARTIAL)]

"""Sample hits: what of some listings would be an alert by its words, before a watch is saved."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from patrol.masking import mask
from records.model import Listing

if TYPE_CHECKING:
    from patrol.app import App

MOST_SAMPLES = 20
"""How many sample hits are shown."""


def samples(app: "App", listings: Sequence[Listing]) -> dict[str, Any]:
    """Return `hits` (the likeliest alerts, at most `MOST_SAMPLES`) and `hits_found`, their count; pictures are not looked at.

    Without rights nothing can be looked for: no hits, and a count of None.
    """
    rights = {right.id: right for right in app.records.rights.all()}
    if not rights or not listings:
        return {"hits": [], "hits_found": 0 if rights else None}
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
    return {"hits": rows, "hits_found": len(alerts)}

"""Compares what was raised with what was planted, for the demo's closing summary and its tests; detection never sees it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from demo import data

if TYPE_CHECKING:
    from demo.market import Market
    from patrol.app import App

ALERTING = ("suspected", "verify_origin")
"""Expected outcomes that ask for a person."""


@dataclass(slots=True)
class Hindsight:
    """The comparison: `missed` and `wrong` name keys of listings, `honest` counts those that must not alert."""

    listings: int = 0
    planted: int = 0
    raised: int = 0
    honest: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def false_alarms(self) -> int:
        """How many listings were raised that should not have been."""
        return len(self.wrong)


def compare(app: "App", market: "Market") -> Hindsight:
    """Match alerts to the planted listings by shop and title, and count."""
    origins = {shop.url.rstrip("/"): shop.id for shop in market.shops}
    keys = {(item.shop, item.title): item.key for item in data.listings()}
    sources = {source.id: origins.get(source.origin, "") for source in app.records.listings.sources()}
    raised: dict[str, set[str]] = {}
    for hit in app.records.hits.query(limit=10_000):
        listing = app.records.listings.get(hit.listing_id)
        if listing is not None:
            raised.setdefault(keys.get((sources.get(listing.source_id, ""), listing.title), ""), set()).add(
                hit.right_id
            )
    return _counted(raised, app.records.listings.count())


def _counted(raised: dict[str, set[str]], listings: int) -> Hindsight:
    seen, truth = Hindsight(listings=listings), data.truth()
    for item in data.listings():
        expected = truth.get(item.key)
        if expected is not None and expected.outcome in ALERTING:
            seen.planted += 1
            if expected.right in raised.get(item.key, ()):
                seen.raised += 1
            else:
                seen.missed.append(item.key)
        else:
            seen.honest += 1
            if item.key in raised:
                seen.wrong.append(item.key)
    return seen

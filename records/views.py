"""Rows that screens and tables show: several records joined in one query. Pure; no I/O."""

from dataclasses import dataclass
from datetime import datetime

from records.model import Hit, Listing, Right
from records.terms import ListingState


@dataclass(frozen=True, slots=True)
class HitView:
    """A hit beside its right and its listing.

    `listing` is the content that the findings speak of (the hit's snapshot), else the listing as last seen; None where
    none is stored, and `listing_state` and `last_seen_at` too. `decided_snapshot_id` is what the last decision saw
    ("" while undecided), `case_number` "" while no case holds the hit.
    """

    hit: Hit
    right: Right
    listing: Listing | None
    listing_state: ListingState | None
    last_seen_at: datetime | None
    latest_snapshot_id: str
    decided_snapshot_id: str
    case_number: str

    @property
    def stale(self) -> bool:
        """Whether the listing has another content now than the findings speak of."""
        return bool(self.latest_snapshot_id) and self.latest_snapshot_id != self.hit.snapshot_id

    @property
    def changed(self) -> bool:
        """Whether what the last decision saw is no longer what the listing shows: compare again."""
        newest = self.latest_snapshot_id or self.hit.snapshot_id
        return bool(self.decided_snapshot_id) and self.decided_snapshot_id != newest

"""The storage that the crawler needs, as Protocols; `records` and the vault satisfy them.

Rules:
- each call is one transaction: written wholly or not at all
- writing a page twice changes nothing the second time
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from records.crawl import Alarm, Fair, HostState, RenderNeed
from records.model import Listing, Run, Snapshot
from records.sightings import Sighting
from records.terms import Rung, RunOutcome


class BlobStore(Protocol):
    """Bytes by their digest (`evidence.vault.Vault` is one)."""

    def put(self, data: bytes) -> str:
        """Keep the bytes; return their SHA-256 in lower-case hex."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes of a digest."""


class HostStore(Protocol):
    """What is owed to hosts across runs and restarts (`records.reach.HostRecords`)."""

    def all(self) -> list[HostState]:
        """Return every host's state."""

    def save(self, states: Sequence[HostState]) -> None:
        """Insert or update by host."""


class FairStore(Protocol):
    """Exhibitions as last seen (`records.reach.FairRecords`)."""

    def all(self) -> list[Fair]:
        """Return every exhibition."""

    def save(self, fair: Fair) -> None:
        """Insert or update by id."""


class RenderStore(Protocol):
    """Which pages needed a browser (`records.reach.RenderRecords`)."""

    def of(self, host: str) -> list[RenderNeed]:
        """Return what is known of a host."""

    def save(self, needs: Sequence[RenderNeed]) -> None:
        """Insert or update by host and template."""


class ListingStore(Protocol):
    """Runs, their pages, and the listings that they saw (`records.listings.ListingRecords`)."""

    def open_run(self, run: Run, pages: Sequence[tuple[str, str]]) -> Run:
        """Return the watch's unfinished run, else store `run` with its first pages (key, task JSON) and return it."""

    def get(self, listing_id: str) -> Listing | None:
        """Return a listing as last seen."""

    def latest_snapshot(self, listing_id: str) -> Snapshot | None:
        """Return the snapshot that a listing as last seen is compared with."""

    def due_pages(self, run_id: str) -> list[str]:
        """Return the task JSON of the pages not yet done, in order."""

    def done_pages(self, run_id: str) -> list[str]:
        """Return the keys of the pages done."""

    def failures(self, run_id: str) -> list[str]:
        """Return why pages of this run failed, a reason for each that did."""

    def read_at(self, source: str, page_url: str) -> Listing | None:
        """Return the listing of a source that was last read at a page's address, as last seen."""

    def listing_keys(self, run_id: str) -> list[str]:
        """Return the keys of the listings seen in this run."""

    def write_page(
        self,
        run_id: str,
        key: str,
        *,
        origin: str,
        listings: Sequence[Sighting],
        follow: Sequence[tuple[str, str]],
        page_url: str,
        page_sha256: str,
        status: int,
        rung: Rung | None,
        rendered: bool,
        reason: str,
        at: datetime,
        bytes_kept: bool,
    ) -> int:
        """Write one page, its listings as it showed them, and the pages that follow from it.

        With `bytes_kept` the page's own bytes lie in the blob store.

        Returns how many listings are new. A page that is done already is left alone.
        """

    def seen_in(self, run_id: str) -> Iterable[Listing]:
        """Return the listings seen in this run, as last seen."""

    def rung_of(self, run_id: str) -> Rung | None:
        """Return the rung that won on most pages of this run."""

    def end_run(
        self,
        run_id: str,
        *,
        outcome: RunOutcome,
        reason: str,
        complete: bool,
        delist_after: int,
        at: datetime,
        coverage: Mapping[str, float],
        alarms: Sequence[Alarm],
        screenshot_sha256: str,
    ) -> Run:
        """Close the run with counts from what was written; age the listings that a complete run did not see."""

    def history(self, watch_id: str, limit: int = 10) -> list[Run]:
        """Return the watch's ended runs, the newest first."""

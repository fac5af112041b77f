"""The storage that patrol needs, as Protocols; `records` implements them and `patrol.app` joins the two.

Rules that hold for every method here:
- each call is one transaction; it is written wholly or not at all
- every write is idempotent where its name says so, so that a stage killed at any point can simply run again
- times are aware UTC; lists come back in a stable order
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from records.model import (
    AuditEntry,
    Authorization,
    Case,
    Decision,
    Hit,
    Job,
    Listing,
    Package,
    Reference,
    Right,
    Run,
    Snapshot,
    Watch,
)
from records.terms import HitState, JobKind, WatchState


class RightStore(Protocol):
    """The portfolio and its reference samples."""

    def save(self, rights: Sequence[Right]) -> tuple[int, int, int]:
        """Insert or update by id; return how many were (added, changed, unchanged)."""

    def all(self) -> list[Right]:
        """Return every right, by id."""

    def get(self, right_id: str) -> Right | None:
        """Return one right."""

    def save_reference(self, reference: Reference) -> None:
        """Insert or replace one reference sample, by id."""

    def references(self, right_id: str) -> list[Reference]:
        """Return a right's reference samples, by id."""

    def authorizations(self, right_id: str) -> list[Authorization]:
        """Return a right's authorizations, by seller and id."""


class WatchStore(Protocol):
    """The watches, known by id and by their unique name."""

    def save(self, watch: Watch) -> None:
        """Insert or update by id; a name that another watch has is refused with a MarkwatchError."""

    def all(self) -> list[Watch]:
        """Return every watch, by name."""

    def by_name(self, name: str) -> Watch | None:
        """Return the watch with this name."""

    def set_state(self, watch_id: str, state: WatchState) -> None:
        """Pause or wake a watch."""


class HitStore(Protocol):
    """The hits, and which snapshots were detected with which engine version."""

    def undetected(self, version: str, limit: int) -> list[Snapshot]:
        """Return the latest snapshot of each listing that was not yet detected with `version`, oldest first."""

    def save_detected(self, snapshot_id: str, version: str, hits: Sequence[Hit]) -> int:
        """Store a snapshot's hits and that it was detected, in one transaction; return how many hits are new.

        A hit that exists already keeps its id, `found_at` and state; score, outcome, findings and snapshot follow.
        """

    def get(self, hit_id: str) -> Hit | None:
        """Return one hit; `hit_id` may be a prefix of at least 6 characters if only one hit begins so."""

    def query(
        self,
        *,
        state: HitState | None = None,
        since: datetime | None = None,
        alerts_only: bool = True,
        limit: int = 500,
        offset: int = 0,
    ) -> list[Hit]:
        """Return hits, the highest score first."""


class DecisionStore(Protocol):
    """The append-only decisions."""

    def append(self, decision: Decision, new_state: HitState, expected: HitState | None = None) -> None:
        """Append a decision and set the hit's state, in one transaction; appending the same id twice is one row.

        Raises a MarkwatchError where the hit is not (any more) in the `expected` state: another reviewer was faster.
        """

    def for_hit(self, hit_id: str) -> list[Decision]:
        """Return a hit's decisions, oldest first."""


class CaseStore(Protocol):
    """The cases, under numbers that stay."""

    def open_for(self, listing_id: str, hit_ids: Sequence[str], title: str) -> Case:
        """Return the listing's case with these hits in it; open it, under the next number, where there is none."""

    def get(self, id_or_number: str) -> Case | None:
        """Return one case by id or number."""

    def all(self) -> list[Case]:
        """Return every case, the oldest first."""


class JobStore(Protocol):
    """Due work as rows: the desk enqueues, the worker leases."""

    def enqueue(self, kind: JobKind, key: str) -> Job:
        """Add a job unless one with this (kind, key) is due or leased; return the one that stands."""

    def lease(self, kinds: Sequence[JobKind], seconds: float) -> Job | None:
        """Take the oldest job that is due, or whose lease ran out; None where nothing is due."""

    def extend(self, job_id: str, seconds: float, tries: int | None = None) -> None:
        """Prolong a lease that one still holds; raise a MarkwatchError otherwise."""

    def finish(self, job_id: str, tries: int | None = None) -> None:
        """Mark a job done; raise a MarkwatchError where another worker holds it by now."""

    def fail(self, job_id: str, error: str, retry_at: datetime | None, tries: int | None = None) -> None:
        """Record an error; due again at `retry_at`, or failed for good where it is None."""

    def all(self) -> list[Job]:
        """Return every job, oldest first."""


class AuditStore(Protocol):
    """The hash-chained audit trail."""

    def append(self, actor: str, action: str, object_id: str, detail: str = "") -> AuditEntry:
        """Append one entry."""


class PackageStore(Protocol):
    """The packages that were built."""

    def save(self, package: Package) -> None:
        """Insert or update by id."""

    def all(self) -> list[Package]:
        """Return every package, oldest first."""


class ListingReader(Protocol):
    """What patrol reads of the crawler's store."""

    def get(self, listing_id: str) -> Listing | None:
        """Return a listing as last seen."""

    def latest_snapshot(self, listing_id: str) -> Snapshot | None:
        """Return a listing's newest snapshot."""

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return one snapshot."""

    def runs(self, watch_id: str, limit: int = 1) -> list[Run]:
        """Return a watch's newest runs, the newest first."""

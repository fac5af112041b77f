"""Detection as a stage: due snapshots × the engine's version → hits.

Rules:
- due is the latest snapshot of every listing that was not yet detected with the engine's present version; the version
  is the digest of everything that a finding depends on, so a changed right, model or threshold makes all due again
- pictures come from the vault only; one that was changed there is not used, is named in the report, and does not stop
  the others
- each snapshot's hits are stored in one transaction with "detected with this version": a kill loses nothing and
  doubles nothing, since a hit's id is the digest of (listing, right)
- the pure work is the engine's; this file only fetches and stores
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from guards.errors import MarkwatchError
from patrol.logs import logger
from records.ids import digest_id
from records.model import Hit, Listing, Snapshot

BATCH = 200
"""Snapshots read from the records at a time."""

TOLD_EVERY = 50
"""Snapshots between two lines of progress."""

Progress = Callable[..., None]
"""Takes a catalogue key (positional only) and its values; prints one line of progress. May be called from any thread."""


class Detector(Protocol):
    """What detection needs of `detectors.engine.Engine`."""

    @property
    def versions(self) -> Mapping[str, str]:
        """Names and hashes of everything that a finding depends on."""

    def detect(self, listing: Listing, images: Mapping[int, bytes]) -> list[Hit]:
        """Return the hits of one listing."""


class Blobs(Protocol):
    """What detection needs of the vault."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes of a digest; raise a MarkwatchError where they are missing or changed."""


class DetectedStore(Protocol):
    """The part of the hits' store that detection uses (see `patrol.ports.HitStore`)."""

    def undetected(self, version: str, limit: int) -> list[Snapshot]:
        """Return snapshots that are due for this version."""

    def save_detected(self, snapshot_id: str, version: str, hits: Sequence[Hit]) -> int:
        """Store one snapshot's hits and that it was detected; return how many are new."""


@dataclass(slots=True)
class DetectReport:
    """What one pass did. `damaged` are digests of vault files that were changed or are missing."""

    snapshots: int = 0
    hits: int = 0
    new_hits: int = 0
    alerts: int = 0
    damaged: list[str] = field(default_factory=list)


def version_of(versions: Mapping[str, str]) -> str:
    """Return the digest of a mapping of names and versions, whatever its order."""
    return digest_id("engine", *(part for name in sorted(versions) for part in (name, versions[name])))


class Detecting:
    """The detection stage over one engine, the vault and the hits' store."""

    def __init__(self, engine: Detector, blobs: Blobs, store: DetectedStore) -> None:
        self._engine = engine
        self._blobs = blobs
        self._store = store
        self._log = logger("detecting")

    def run(self, progress: Progress | None = None) -> DetectReport:
        """Detect on everything that is due; return what was done."""
        version = version_of(self._engine.versions)
        report = DetectReport()
        for snapshot in self._due(version):
            if progress and report.snapshots % TOLD_EVERY == 0:
                progress("patrol_detecting", count=report.snapshots)
            images = self._images(snapshot, report, progress)
            hits = [hit for hit in self._engine.detect(snapshot.listing, images) if hit.findings]
            self._keep(snapshot, version, hits, report)
        self._log.info("detected", version=version[:12], **_counts(report))
        return report

    def _due(self, version: str) -> Iterator[Snapshot]:
        """Yield due snapshots batch by batch; ends when a batch brings nothing that was not seen in this pass."""
        seen: set[str] = set()
        while True:
            fresh = [s for s in self._store.undetected(version, BATCH) if s.id not in seen]
            if not fresh:
                return
            seen.update(snapshot.id for snapshot in fresh)
            yield from fresh

    def _images(self, snapshot: Snapshot, report: DetectReport, progress: Progress | None) -> dict[int, bytes]:
        images = {}
        for number, sha256 in enumerate(snapshot.image_sha256s):
            if not sha256:
                continue
            try:
                images[number] = self._blobs.get(sha256)
            except MarkwatchError as error:
                report.damaged.append(sha256)
                self._log.error("vault file not usable", sha256=sha256, listing=snapshot.listing_id, error=str(error))
                if progress:
                    progress("patrol_damaged", sha256=sha256)
        return images

    def _keep(self, snapshot: Snapshot, version: str, hits: Sequence[Hit], report: DetectReport) -> None:
        report.new_hits += self._store.save_detected(snapshot.id, version, hits)
        report.snapshots += 1
        report.hits += len(hits)
        report.alerts += sum(1 for hit in hits if hit.alert)


def _counts(report: DetectReport) -> dict[str, int]:
    return {
        "snapshots": report.snapshots,
        "hits": report.hits,
        "new_hits": report.new_hits,
        "alerts": report.alerts,
        "damaged": len(report.damaged),
    }

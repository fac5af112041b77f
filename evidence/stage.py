"""The capture stage: a hit becomes an exhibit, once, whatever kills the worker on the way.

The steps, each safe to repeat: 1. the pending exhibit and its first custody entry (one transaction) · 2. the capture into
`<work>/<id>` (appears whole or not at all) · 3. its files into the vault (content-addressed) · 4. outcome, artifacts and
custody entries (one transaction) · 5. the work folder is removed. After a kill the next run takes up the pending exhibit:
a whole capture is not repeated, a broken one leaves nothing behind.

A partial or failed exhibit stays as it is; a later run of the same hit makes a new one, at most `max_tries` in all.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import rfc8785

from evidence.capture.api import CaptureOptions, CaptureResult, capture_page
from evidence.capture.layout import RESULT, media_type
from evidence.custody import CustodyLog, Touch, clean_text
from evidence.errors import EvidenceError
from evidence.ports import BlobStore, Clock, ExhibitStore
from guards.atomic import FileLock
from notary.digest import digest_bytes
from records.ids import new_ulid
from records.model import Artifact, Exhibit, Hit, Listing
from records.terms import CaptureOutcome

MAX_TRIES = 3
LOCK_TIMEOUT_S = 600.0
_EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
}
Capture = Callable[[str, Path, CaptureOptions, str], CaptureResult]


@dataclass(frozen=True, slots=True)
class ReferenceSample:
    """A reference picture that the hit was compared with: its id, bytes and media type."""

    id: str
    data: bytes
    media_type: str = "image/png"


@dataclass(frozen=True, slots=True)
class Detection:
    """Why the page is captured: the match document (JSON: right, listing, findings, versions) and the samples."""

    match: Mapping[str, object] = field(default_factory=dict)
    references: Sequence[ReferenceSample] = ()


def _capture(url: str, work: Path, options: CaptureOptions, exhibit_id: str) -> CaptureResult:
    return capture_page(url, work, options, capture_id=exhibit_id)


class CaptureStage:
    """Runs captures for hits; `actor` and the host's name go into the custody log."""

    def __init__(
        self,
        store: ExhibitStore,
        vault: BlobStore,
        work: Path,
        options: CaptureOptions,
        clock: Clock,
        *,
        actor: str = "markwatch",
        max_tries: int = MAX_TRIES,
        capture: Capture = _capture,
    ) -> None:
        self._store = store
        self._vault = vault
        self._work = work
        self._options = options
        self._clock = clock
        self._actor = actor
        self._max_tries = max_tries
        self._capture = capture

    def run(self, hit: Hit, listing: Listing, url: str, detection: Detection, *, reason: str = "") -> Exhibit:
        """Return the hit's exhibit, capturing `url` where there is no complete one yet.

        Of a hit that has used up its tries the newest exhibit is returned. Raises `EvidenceError` where a capture
        cannot be tried, `guards.errors.DiskFull`; both leave the exhibit pending, to be taken up by the next run.
        """
        known = self._store.for_hit(hit.id)
        whole = [item for item in known if item.outcome is CaptureOutcome.COMPLETE]
        if whole:
            return whole[0]
        ended = [item for item in known if item.outcome is not CaptureOutcome.PENDING]
        if len(ended) >= self._max_tries:
            return ended[-1]
        exhibit = self._open(hit, listing, url, reason)
        self._work.mkdir(parents=True, exist_ok=True)
        with FileLock(self._work / f".{exhibit.id}.lock", LOCK_TIMEOUT_S):
            standing = self._store.get(exhibit.id)
            if standing is None:
                message = f"the pending exhibit {exhibit.id} is gone from the records"
                raise EvidenceError(message, "restore the records from a backup")
            done = standing if standing.outcome is not CaptureOutcome.PENDING else self._finish(standing, detection)
        self._tidy(exhibit.id)
        return done

    def _open(self, hit: Hit, listing: Listing, url: str, reason: str) -> Exhibit:
        request = rfc8785.dumps({"hit": hit.id, "listing": listing.id, "right": hit.right_id, "url": clean_text(url)})
        touch = self._touch(
            "requested", hashlib.sha256(request).hexdigest(), reason or f"hit {hit.id}: capture of {url}"
        )
        first = CustodyLog().append(touch, self._clock).entries[0]
        exhibit = Exhibit(
            id=f"EV-{new_ulid()}",
            url=clean_text(url),
            outcome=CaptureOutcome.PENDING,
            created_at=first.utc,
            hit_id=hit.id,
        )
        return self._store.open_exhibit(exhibit, first)

    def _finish(self, exhibit: Exhibit, detection: Detection) -> Exhibit:
        result = self._capture(exhibit.url, self._work, self._options, exhibit.id)
        artifacts = self._keep(result, detection)
        log = CustodyLog.of(self._store.custody(exhibit.id))
        known = log.length
        record = next(item for item in artifacts if item.path == RESULT)
        why = f"{result.outcome.value}: {result.reason}" if result.reason else result.outcome.value
        log = log.append(self._touch("captured", record.sha256, why), self._clock)
        for artifact in artifacts:
            log = log.append(self._touch("stored", artifact.sha256, artifact.path), self._clock)
        ended = Exhibit(
            id=exhibit.id,
            url=exhibit.url,
            outcome=result.outcome,
            created_at=exhibit.created_at,
            hit_id=exhibit.hit_id,
            captured_at=result.captured_at,
            fidelity=result.fidelity,
            reason=clean_text(result.reason),
            artifacts=artifacts,
            lost=tuple(result.lost),
        )
        return self._store.finish(ended, log.entries[known:])

    def _keep(self, result: CaptureResult, detection: Detection) -> tuple[Artifact, ...]:
        """Put every file into the vault; return the artifacts by path. Raises where a file is not what was recorded."""
        for artifact in result.artifacts:
            stored = self._vault.put_file(result.folder / artifact.path)
            if stored != artifact.sha256:
                message = f"{artifact.path} changed since its capture: expected {artifact.sha256}, found {stored}"
                raise EvidenceError(message, f"remove {result.folder} and capture again")
        extra = [self._put(*file) for file in detection_files(result.id, result.url, detection)]
        return tuple(sorted((*result.artifacts, *extra), key=lambda item: item.path))

    def _put(self, path: str, data: bytes, role: str) -> Artifact:
        record = digest_bytes(data)
        self._vault.put(data)
        return Artifact(path, record.size, record.sha256, record.sm3, role, media_type(path))

    def _touch(self, action: str, object_sha256: str, reason: str) -> Touch:
        return Touch(self._actor, platform.node() or "unknown", action, object_sha256, reason)

    def _tidy(self, exhibit_id: str) -> None:
        shutil.rmtree(self._work / exhibit_id, ignore_errors=True)
        (self._work / f".{exhibit_id}.lock").unlink(missing_ok=True)


def detection_files(capture_id: str, url: str, detection: Detection) -> list[tuple[str, bytes, str]]:
    """Return the (path, bytes, role) of match.json and the reference samples, in a fixed order."""
    files: list[tuple[str, bytes, str]] = []
    listed: list[dict[str, str]] = []
    for sample in detection.references:
        digest = hashlib.sha256(sample.data).hexdigest()
        path = f"detection/references/{digest[:16]}.{_EXTENSIONS.get(sample.media_type, 'bin')}"
        listed.append({"id": sample.id, "path": path, "sha256": digest, "media_type": sample.media_type})
        if all(path != name for name, _, _ in files):
            files.append((path, sample.data, "reference"))
    match = {"capture": capture_id, "url": clean_text(url), "match": dict(detection.match), "references": listed}
    return [("detection/match.json", _canonical(match), "detection"), *sorted(files)]


def _canonical(document: Mapping[str, object]) -> bytes:
    return rfc8785.dumps(json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")))

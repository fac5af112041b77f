"""Forgetting what is no hit, after the time that is set: rows first, then the bytes that nothing needs.

Killed at any point, the next call ends what was begun: see `records.forget`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol

from records.forget import Forgotten

_PART = 2_000
"""Digests that are asked about at a time."""


class Forgetting(Protocol):
    """What pruning needs of `records.forget.ForgetRecords`."""

    def forget(self, before: datetime) -> Forgotten:
        """Forget rows."""

    def would_forget(self, before: datetime) -> Forgotten:
        """Return how much would be forgotten."""

    def loose(self) -> list[str]:
        """Return digests of bytes that may go."""

    def needed(self, digests: Sequence[str]) -> Mapping[str, bool]:
        """Return which are needed, and whether for good."""

    def settle(self, digests: Iterable[str]) -> None:
        """Take digests off the list."""


class Blobs(Protocol):
    """What pruning needs of the vault."""

    def forget(self, sha256: str) -> int:
        """Remove a file; return its size, 0 where there is none, -1 where it was put too lately."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten: rows of each kind, files of the vault and their bytes."""

    before: datetime
    rows: Forgotten
    files: int = 0
    size: int = 0

    def document(self) -> dict[str, object]:
        """Return the report as `--json` prints it."""
        return {"before": self.before.isoformat(), **asdict(self.rows), "files": self.files, "bytes": self.size}


class Pruning:
    """Forgets over one database and its vault; `now` gives aware UTC times."""

    def __init__(self, records: Forgetting, blobs: Blobs, now: datetime, keep_days: int) -> None:
        self._records, self._blobs = records, blobs
        self._before = now - timedelta(days=keep_days)

    def run(self) -> Pruned:
        """Forget rows and bytes."""
        rows = self._records.forget(self._before)
        files, size = self.release()
        return Pruned(self._before, rows, files, size)

    def would(self) -> Pruned:
        """Say how many rows `run` would forget; what their bytes take is only known then."""
        return Pruned(self._before, self._records.would_forget(self._before))

    def release(self) -> tuple[int, int]:
        """Take bytes that nothing needs any more out of the vault; return how many files, and their bytes.

        Pages' own bytes among them, which hold all that a page shows: as soon as no listing of theirs waits for detection
        and no hit on them for a decision.
        """
        files = size = 0
        loose = self._records.loose()
        for at in range(0, len(loose), _PART):
            part = loose[at : at + _PART]
            needed = self._records.needed(part)
            gone = {sha: self._blobs.forget(sha) for sha in part if sha not in needed}
            self._records.settle([sha for sha, freed in gone.items() if freed >= 0])
            self._records.settle([sha for sha, lasting in needed.items() if lasting])
            files += sum(freed > 0 for freed in gone.values())
            size += sum(freed for freed in gone.values() if freed > 0)
        return files, size

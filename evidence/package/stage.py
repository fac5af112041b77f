"""The package stage: exhibits of a case into one ZIP, their bags fixed at the first build.

The order: 1. the bag's files are made and stored in the vault · 2. their list is fixed in the records · 3. its digests
go to the notary · 4. the ZIP is written with the proofs as they stand · 5. the export is entered into the custody log
(after the bag, so it is not inside). A kill between any two leaves a state from which the same call goes on; a later
build with riper proofs has the same bag.
"""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evidence.custody import CustodyLog, Touch
from evidence.errors import PackageError
from evidence.package.bag import BagInput, make_bag
from evidence.package.build import PackageInput, build_package
from evidence.package.seal import HEADERS, headers_for, stamped
from evidence.ports import BlobStore, Clock, ExhibitStore, ProofSource
from guards.errors import both
from notary.headers import HeaderBook
from notary.seal import SealKey
from records.model import Bag, Package
from records.terms import CaptureOutcome


class PackageStage:
    """Builds packages; `key` seals, `actor` goes into the custody log, `headers` are carried along where proofs need them."""

    def __init__(
        self,
        store: ExhibitStore,
        vault: BlobStore,
        proofs: ProofSource,
        key: SealKey,
        clock: Clock,
        *,
        actor: str = "markwatch",
        headers: HeaderBook | None = None,
    ) -> None:
        self._headers = headers
        self._store = store
        self._vault = vault
        self._proofs = proofs
        self._key = key
        self._clock = clock
        self._actor = actor

    def prepare(self, exhibit_id: str) -> Bag:
        """Fix an exhibit's bag and hand its digests to the notary; both only once. Raises `PackageError`."""
        bag = self._store.bag(exhibit_id) or self._store.save_bag(self._make(exhibit_id))
        for name, sha256 in stamped(bag).items():
            self._proofs.enqueue(f"{exhibit_id}/{name}", sha256)
        return bag

    def build(self, case_id: str, exhibit_ids: Sequence[str], out: Path, *, recipient: str = "") -> Package:
        """Build the ZIP of these exhibits at `out`, and log the export with each. Raises `PackageError`, `DiskFull`."""
        bags = [self.prepare(exhibit_id) for exhibit_id in dict.fromkeys(exhibit_ids)]
        proofs = {bag.exhibit_id: self.proof_files(bag) for bag in bags}
        given = PackageInput(case_id, bags, self._key, self._clock.now(), proofs, recipient)
        package = build_package(given, self._vault, out)
        for bag in bags:
            self.touch(bag.exhibit_id, "exported", package.sha256, f"package of case {case_id} {recipient}".strip())
        return package

    def proof_files(self, bag: Bag) -> dict[str, bytes]:
        """Return the proof files that exist now for a bag's digests, and the block headers that they need (see `headers_for`)."""
        found = {f"{name}.ots": self._proofs.proof_files(sha256) for name, sha256 in stamped(bag).items()}
        proofs = {name: data for name, data in found.items() if data}
        headers = headers_for(proofs.values(), self._headers) if self._headers else b""
        return proofs | ({HEADERS: headers} if headers else {})

    def touch(self, exhibit_id: str, action: str, object_sha256: str, reason: str) -> None:
        """Append one entry to an exhibit's custody log (a view, an export, a transfer)."""
        log = CustodyLog.of(self._store.custody(exhibit_id))
        touch = Touch(self._actor, platform.node() or "unknown", action, object_sha256, reason)
        self._store.append_custody(exhibit_id, log.append(touch, self._clock).entries[-1])

    def _make(self, exhibit_id: str) -> Bag:
        exhibit = self._store.get(exhibit_id)
        if exhibit is None:
            message = both(f"没有证据 {exhibit_id}", f"there is no exhibit {exhibit_id}")
            step = both("用 markwatch evidence list 查看", "list them with `markwatch evidence list`")
            raise PackageError(message, step)
        if exhibit.outcome in (CaptureOutcome.PENDING, CaptureOutcome.FAILED):
            state = f"{exhibit.outcome.value} {exhibit.reason}".strip()
            message = both(
                f"{exhibit_id} 不能打包:其保全为 {state}", f"{exhibit_id} cannot be packaged: its capture is {state}"
            )
            step = both("先运行 markwatch work,再打包", "run `markwatch work`, then build again")
            raise PackageError(message, step)
        custody = tuple(self._store.custody(exhibit_id))
        return make_bag(BagInput(exhibit, custody, self._clock.now(), f"markwatch/{_own_version()}"), self._vault)


def _own_version() -> str:
    try:
        return version("markwatch")
    except PackageNotFoundError:
        return "0"

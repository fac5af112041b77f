"""`build_package`: sealed bags, with their seals and proofs beside them, into one ZIP.

Pure but for the vault that it reads and the file that it writes: the same bags, key and proofs give the same bytes. The
ZIP appears whole or not at all; a vault file that was changed stops the build.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from evidence.errors import BlobChanged, PackageError
from evidence.package.seal import PROOF_LIST, SEAL, proofs_json, seal_json
from evidence.ports import BlobStore
from evidence.zipform import Bytes, Source, write_zip
from guards.atomic import AtomicFile
from guards.errors import both
from notary.digest import digest_file
from notary.seal import SealKey
from records.ids import digest_id
from records.model import Bag, Package


@dataclass(frozen=True, slots=True)
class PackageInput:
    """What one ZIP holds. `proofs` maps an exhibit's id to its proof files (`evidence.json.ots`, `headers/…`) as they stand."""

    case_id: str
    bags: Sequence[Bag]
    key: SealKey
    built_at: datetime
    proofs: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    recipient: str = ""


def build_package(given: PackageInput, blobs: BlobStore, out: Path) -> Package:
    """Write the ZIP to `out` and return its record. Raises `PackageError`, the vault's errors, `DiskFull`."""
    if not given.bags:
        message = both(
            f"案件 {given.case_id} 没有可打包的证据", f"the case {given.case_id} has no exhibit that can be packaged"
        )
        step = both("运行 markwatch work,直至保全完成", "run `markwatch work` until its captures have ended")
        raise PackageError(message, step)
    bags = sorted(given.bags, key=lambda bag: bag.exhibit_id)
    entries: list[tuple[str, Source]] = []
    for bag in bags:
        entries += [(f"{bag.exhibit_id}/{item.path}", VaultSource(blobs, item.sha256, item.size)) for item in bag.files]
        entries += beside(bag, given)
    with AtomicFile(out) as handle:
        write_zip(handle, entries)
    ids = tuple(bag.exhibit_id for bag in bags)
    sha256 = digest_file(out).sha256
    return Package(
        id=digest_id("package", given.case_id, *ids, sha256),
        case_id=given.case_id,
        exhibit_ids=ids,
        path=str(out),
        sha256=sha256,
        built_at=given.built_at,
        recipient=given.recipient,
    )


def beside(bag: Bag, given: PackageInput) -> list[tuple[str, Source]]:
    """Return what lies in `EV-<id>.proofs/`: seal, signed list, proofs."""
    files = dict(given.proofs.get(bag.exhibit_id, {}))
    together = [one.exhibit_id for one in given.bags]
    files |= {SEAL: seal_json(bag, given.key), PROOF_LIST: proofs_json(bag.exhibit_id, files, given.key, together)}
    return [(f"{bag.exhibit_id}.proofs/{name}", Bytes(data)) for name, data in sorted(files.items())]


class VaultSource:
    """A vault file as a ZIP source; reading it to its end raises `BlobChanged` where it is not what it was."""

    def __init__(self, blobs: BlobStore, sha256: str, size: int) -> None:
        self._blobs = blobs
        self._sha256 = sha256
        self.size = size

    def open(self) -> BinaryIO:
        """Open the file; its digest is compared when its end is read."""
        return _Checked(self._blobs.open(self._sha256), self._sha256)


class _Checked(io.RawIOBase, BinaryIO):
    """A read-only stream that compares its SHA-256 at the end."""

    def __init__(self, stream: BinaryIO, sha256: str) -> None:
        super().__init__()
        self._stream = stream
        self._sha256 = sha256
        self._hasher = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._hasher.update(data)
        if not data and self._hasher.hexdigest() != self._sha256:
            message = f"a vault file was changed: expected SHA-256 {self._sha256}, found {self._hasher.hexdigest()}"
            raise BlobChanged(message, "restore this file from a backup (`markwatch restore`)")
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()

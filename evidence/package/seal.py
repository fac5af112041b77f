"""What lies beside a bag: the seal over its digests, the proofs as they stand, and a signed list of those.

- `seal.json` holds a C2SP signed note over the digests of evidence.json and both tag manifests. It never changes.
- `proofs.json` holds a signed note over the digests of the proof files that were there when the package was built, so
  that a changed one is told from a pending one; it is made anew with each build.
"""

import hashlib
from collections.abc import Mapping

import rfc8785

from evidence.package.bag import EVIDENCE, TAG_MANIFESTS
from notary.seal import SealKey, sign_note
from records.model import Bag

SEAL_FORMAT = "markwatch-seal/1"
PROOFS_FORMAT = "markwatch-proofs/1"
SEAL = "seal.json"
PROOF_LIST = "proofs.json"
STAMPED = (("evidence.json", EVIDENCE), ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt"))
"""(name beside the bag, path in the bag) of the files whose digests the notary takes."""


def seal_lines(bag: Bag) -> list[str]:
    """Return the lines that a bag's seal signs."""
    digests = {item.path: item.sha256 for item in bag.files}
    named = (("evidence.json", EVIDENCE), *((name, name) for name in TAG_MANIFESTS))
    return [f"sha256 {digests[path]} {name}" for name, path in named]


def seal_json(bag: Bag, key: SealKey) -> bytes:
    """Return seal.json. Ed25519 is deterministic, so equal bags and keys give equal bytes."""
    note = sign_note(f"markwatch/seal/{bag.exhibit_id}", seal_lines(bag), key)
    return rfc8785.dumps({"format": SEAL_FORMAT, "key": str(key.verifier), "note": note})


def proofs_json(exhibit_id: str, files: Mapping[str, bytes], key: SealKey) -> bytes:
    """Return proofs.json over the files beside the bag (name below `EV-<id>.proofs/` to bytes)."""
    lines = [f"sha256 {hashlib.sha256(data).hexdigest()} {name}" for name, data in sorted(files.items())]
    note = sign_note(f"markwatch/proofs/{exhibit_id}", lines, key)
    return rfc8785.dumps({"format": PROOFS_FORMAT, "key": str(key.verifier), "note": note})


def stamped(bag: Bag) -> dict[str, str]:
    """Return the digests that the notary takes: name beside the bag to SHA-256."""
    digests = {item.path: item.sha256 for item in bag.files}
    return {name: digests[path] for name, path in STAMPED}

"""What lies beside a bag: the seal over its digests, the proofs as they stand, and a signed list of those.

- `seal.json` holds a C2SP signed note over the digests of evidence.json and both tag manifests. It never changes.
- `proofs.json` holds a signed note over the digests of the proof files that were there when the package was built, so
  that a changed one is told from a pending one; it names all exhibits of the package too, so that one left out is missed.
  It is made anew with each build.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping

import rfc8785

from evidence.package.bag import EVIDENCE, TAG_MANIFESTS
from notary import ots
from notary.errors import ProofMalformed
from notary.headers import HeaderBook
from notary.seal import SealKey, sign_note
from records.model import Bag

SEAL_FORMAT = "markwatch-seal/1"
PROOFS_FORMAT = "markwatch-proofs/1"
SEAL = "seal.json"
PROOF_LIST = "proofs.json"
HEADERS = "headers/bitcoin.json"
"""Where the block headers lie that the proofs need."""
CASE_LINE = "exhibit "
"""A line of proofs.json's note that begins so names an exhibit of the same package."""
STAMPED = (("evidence.json", EVIDENCE), ("tagmanifest-sha256.txt", "tagmanifest-sha256.txt"))
"""(name beside the bag, path in the bag) of the files whose digests the notary takes."""
SEALED = (("evidence.json", EVIDENCE), *((name, name) for name in TAG_MANIFESTS))
"""(name in the seal, path in the bag) of the files whose digests the seal signs; they speak for every other file."""


def sealed(bag: Bag) -> dict[str, str]:
    """Return the digests that a bag's seal signs: path in the bag to SHA-256."""
    digests = {item.path: item.sha256 for item in bag.files}
    return {path: digests[path] for _, path in SEALED}


def seal_lines(bag: Bag) -> list[str]:
    """Return the lines that a bag's seal signs."""
    digests = sealed(bag)
    return [f"sha256 {digests[path]} {name}" for name, path in SEALED]


def seal_json(bag: Bag, key: SealKey) -> bytes:
    """Return seal.json. Ed25519 is deterministic, so equal bags and keys give equal bytes."""
    note = sign_note(f"markwatch/seal/{bag.exhibit_id}", seal_lines(bag), key)
    return rfc8785.dumps({"format": SEAL_FORMAT, "key": str(key.verifier), "note": note})


def proofs_json(exhibit_id: str, files: Mapping[str, bytes], key: SealKey, together: Collection[str] = ()) -> bytes:
    """Return proofs.json over the files beside the bag (name below `EV-<id>.proofs/` to bytes).

    `together` are the ids of all exhibits of the package, this one among them.
    """
    lines = [f"{CASE_LINE}{one}" for one in sorted(together)]
    lines += [f"sha256 {hashlib.sha256(data).hexdigest()} {name}" for name, data in sorted(files.items())]
    note = sign_note(f"markwatch/proofs/{exhibit_id}", lines, key)
    return rfc8785.dumps({"format": PROOFS_FORMAT, "key": str(key.verifier), "note": note})


def stamped(bag: Bag) -> dict[str, str]:
    """Return the digests that the notary takes: name beside the bag to SHA-256."""
    digests = {item.path: item.sha256 for item in bag.files}
    return {name: digests[path] for name, path in STAMPED}


def headers_for(proofs: Iterable[bytes], book: HeaderBook) -> bytes:
    """Return the block headers that these .ots proofs name, with the run that links each to a pinned block; b"" for none.

    Taken from the home's own headers file. Who verifies believes them only as far as they link to a checkpoint of his own.
    """
    heights: set[int] = set()
    for proof in proofs:
        try:
            root = ots.parse(proof).root
        except ProofMalformed:
            continue  # verification names it; the package is built all the same
        for _, item in ots.attestations(root):
            heights |= set(book.support(item.height)) if item.kind == "bitcoin" else set()
    return rfc8785.dumps(book.document(sorted(heights))) if heights else b""  # type: ignore[arg-type]

"""Steps 11 and 12: the seal and the proofs that lie beside a bag.

Rules:
- a seal or proof over other bytes is wrong (1); an absent, pending, untrusted or demo one is undecided (2)
- a key that travels with the package proves nothing: a seal counts only by a key that the user trusts
- one package is sealed by one key: where its seals and lists bear several, one of them was put in later
- an exhibit that the verifying home has sealed itself must be the one that it sealed, whether or not a seal is left
- headers that travel with the package count only where they link to a pinned checkpoint
- a block that is older than the bag's own building time is wrong: those bytes cannot have been in it
- `proofs.json` names all exhibits of the package; one that is not there, or not named, is wrong
- `proofs.json` lists the proofs as they were when the package was built; one that differs from it is wrong, unless it
  verifies in full (somebody has upgraded it since)
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from evidence.package.seal import CASE_LINE, PROOF_LIST, PROOFS_FORMAT, SEAL, SEAL_FORMAT, SEALED, STAMPED
from evidence.verify.bagsteps import BagView, canonical_json
from evidence.verify.verdict import CHANGED, EXTRA, MISSING, OK, Findings, ProofStanding, clean
from guards.errors import MarkwatchError
from notary.headers import HeaderBook
from notary.seal import VerifiedNote, VerifierKey, open_note
from notary.verify import ProofReport, verify_proof
from records.terms import Level, ProofVerdict

ALLOWED = re.compile(
    r"(seal\.json|proofs\.json|evidence\.json\.ots|tagmanifest-sha256\.txt\.ots|headers/[A-Za-z0-9._-]+\.json)\Z"
)
SLACK = timedelta(hours=4)
"""A miner's clock and ours may differ by this much; a day is what a block proves anyway."""
_TRUSTED_LEVELS = (Level.CHAIN, Level.CHECKPOINT)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the user brings along: the verifier keys and block headers that he trusts. Nothing of the package is in it.

    `known` returns the SHA-256 of an exhibit's sealed files by path, from the user's own records; nothing for a stranger.
    """

    keys: Sequence[VerifierKey] = ()
    headers: HeaderBook | None = None
    known: Callable[[str], Mapping[str, str]] | None = None


def check_seal(bag: BagView, beside: Mapping[str, bytes], trust: Trust, found: Findings) -> None:
    """Step 11: seal.json signs the digests of this very evidence.json and these tag manifests."""
    expected = tuple(
        f"sha256 {bag.digests[path].sha256 if path in bag.digests else '-'} {name}" for name, path in SEALED
    )
    path = f"{bag.id}.proofs/{SEAL}"
    note, standing = _open(beside.get(SEAL), SEAL_FORMAT, f"markwatch/seal/{bag.id}", trust)
    if note is not None and note.lines != expected:
        standing = ProofStanding(path, "seal", "invalid", reason="it seals other bytes than those in the bag")
    _enter(path, "seal", standing, 11, found)


def check_known(bag: BagView, trust: Trust, found: Findings) -> None:
    """Step 11, with the user's own records: an exhibit that he holds himself has the digests that he wrote down for it."""
    for path, sha256 in (trust.known(bag.id) if trust.known else {}).items():
        actual = bag.digests.get(path)
        if actual is not None and actual.sha256 != sha256:
            found.wrong(11, bag.full(path), f"this home sealed {bag.id} with another one, of SHA-256 {sha256}")


def check_case(bag_id: str, data: bytes | None, there: Collection[str], found: Findings) -> None:
    """Step 2: the package's exhibits are those that this bag's signed list names. A list that does not open is step 12's."""
    note, _ = _open(data, PROOFS_FORMAT, f"markwatch/proofs/{bag_id}", Trust())
    named = {line.removeprefix(CASE_LINE) for line in note.lines if line.startswith(CASE_LINE)} if note else set()
    if not named:
        return
    for exhibit in sorted(named - set(there)):
        found.wrong(2, f"{exhibit}/", f"{bag_id} was packaged together with this exhibit, which is not there", MISSING)
    for exhibit in sorted(set(there) - named):
        found.wrong(2, f"{exhibit}/", f"{bag_id} was not packaged together with this exhibit", EXTRA)


def check_one_key(found: Findings) -> None:
    """Step 11, over the whole package: all its seals and lists bear one key. Those by the fewer, or untrusted, are blamed."""
    signed = [item for item in found.proofs if item.key]
    keys = Counter(item.key for item in signed)
    if len(keys) < 2:
        return
    good = {item.key for item in signed if item.state == "verified"} or {keys.most_common(1)[0][0]}
    blamed = [item for item in signed if item.key not in good] or signed
    for item in blamed:
        found.wrong(
            11,
            item.name,
            f"it is signed by {item.key}, others of this package by {', '.join(sorted(set(keys) - {item.key}))}",
        )


def check_proofs(
    bag: BagView, beside: Mapping[str, bytes], trust: Trust, found: Findings, built: datetime | None = None
) -> None:
    """Step 12: a time proof for each stamped file, over its digest; nothing else beside the bag."""
    folder = f"{bag.id}.proofs/"
    for name in beside:
        if not ALLOWED.match(name):
            found.wrong(12, folder + name, "nothing of this name belongs beside a bag", EXTRA)
    note, standing = _open(beside.get(PROOF_LIST), PROOFS_FORMAT, f"markwatch/proofs/{bag.id}", trust)
    listed = _listed(note) if note is not None else None
    if note is not None and listed is None:
        standing = ProofStanding(PROOF_LIST, "list", "invalid", reason="its lines are malformed")
    _enter(folder + PROOF_LIST, "list", standing, 12, found)
    packaged = _packaged_headers(folder, beside, found)
    reports = {}
    for name, path in STAMPED:
        proof = f"{name}.ots"
        if proof not in beside:
            _enter(folder + proof, "ots", ProofStanding(proof, "ots", "missing", reason="no time proof"), 12, found)
            continue
        digest = bag.digests[path].sha256 if path in bag.digests else "0" * 64
        judged = judge_proof(beside[proof], digest, trust.headers, packaged)
        reports[proof] = _not_before(judged, built)
        _enter(folder + proof, "ots", reports[proof], 12, found)
    _compare_listed(folder, beside, listed, reports, found)


def judge_proof(data: bytes, sha256: str, headers: HeaderBook | None, packaged: Sequence[HeaderBook]) -> ProofStanding:
    """Judge one .ots proof by the user's headers first, then by packaged ones that reach a pinned checkpoint."""
    report = verify_proof(data, sha256, headers or HeaderBook())
    if report.state is not ProofVerdict.VERIFIED:
        for book in packaged:
            better = verify_proof(data, sha256, book)
            if better.state is ProofVerdict.INVALID or (
                better.state is ProofVerdict.VERIFIED and better.level in _TRUSTED_LEVELS
            ):
                report = better
                break
            if better.state is ProofVerdict.VERIFIED:
                why = "it fits a block header of the package only, which links to no pinned checkpoint"
                return ProofStanding("", "ots", ProofVerdict.UNVERIFIABLE.value, better.level.value, why)
    return _standing(report)


def _not_before(standing: ProofStanding, built: datetime | None) -> ProofStanding:
    """Return the standing; a verified block from before the bag was built makes it invalid."""
    if standing.state != "verified" or standing.time is None or built is None:
        return standing
    if datetime.fromisoformat(standing.time) + SLACK >= built:
        return standing
    why = f"its block is of {standing.time}, before the bag was built at {built.isoformat()}: one of the two times is false"
    return replace(standing, state="invalid", reason=why)


def _standing(report: ProofReport) -> ProofStanding:
    demo = report.level is Level.DEMO or (bool(report.anchors) and all(claim.demo for claim in report.anchors))
    state = report.state.value
    if report.state is not ProofVerdict.INVALID and demo:
        state = "demo"
    time = report.time.isoformat().replace("+00:00", "Z") if report.time else None
    return ProofStanding("", "ots", state, report.level.value, report.reason, time)


def _open(data: bytes | None, form: str, origin: str, trust: Trust) -> tuple[VerifiedNote | None, ProofStanding]:
    """Open a signed document; return its note (None where it holds nothing) and its standing."""
    kind = "seal"
    if data is None:
        return None, ProofStanding("", kind, "missing", reason="it is not there")
    document = canonical_json(data)
    if document is None or set(document) != {"format", "key", "note"} or document["format"] != form:
        return None, ProofStanding("", kind, "invalid", reason=f"expected canonical JSON of the format {form}")
    try:
        key = VerifierKey.parse(str(document["key"]))
        note = open_note(str(document["note"]), [key])
    except MarkwatchError as error:
        return None, ProofStanding("", kind, "invalid", reason=error.message)
    if note.unknown or note.origin != origin:
        return None, ProofStanding(
            "", kind, "invalid", reason=f"expected a note of {origin} by one key, found {note.origin}"
        )
    if key in trust.keys:
        return note, ProofStanding("", kind, "verified", reason=f"signed by {key}", key=str(key))
    why = f"signed by {key}, which is not among the trusted keys"
    return note, ProofStanding("", kind, "untrusted", reason=why, key=str(key))


def _listed(note: VerifiedNote | None) -> dict[str, str] | None:
    """Return proof name to SHA-256 from the signed list's lines; None where one is malformed."""
    listed: dict[str, str] = {}
    for line in note.lines if note else ():
        if line.startswith(CASE_LINE):
            continue
        match = re.fullmatch(r"sha256 ([0-9a-f]{64}) (\S+)", line)
        if not match or match[2] in listed:
            return None
        listed[match[2]] = match[1]
    return listed


def _packaged_headers(folder: str, beside: Mapping[str, bytes], found: Findings) -> list[HeaderBook]:
    books = []
    for name, data in beside.items():
        if name.startswith("headers/"):
            try:
                books.append(HeaderBook.from_bytes(data))
            except MarkwatchError as error:
                found.wrong(12, folder + name, error.message)
    return books


def _compare_listed(
    folder: str,
    beside: Mapping[str, bytes],
    listed: Mapping[str, str] | None,
    reports: Mapping[str, ProofStanding],
    found: Findings,
) -> None:
    for name, digest in (listed or {}).items():
        if name in beside and hashlib.sha256(beside[name]).hexdigest() != digest:
            if name in reports and reports[name].state == "verified":
                continue  # upgraded since the package was built, and checked in full
            found.wrong(12, folder + name, "it was changed since the package was built")
        elif name not in beside and not name.endswith(".ots"):
            found.open(12, folder + name, "the package was built with it, and it is not there")
    for name in beside:
        if name.startswith("headers/") and listed is not None and name not in listed:
            found.wrong(12, folder + name, "the package was built without it; give headers with --headers", EXTRA)


def _enter(path: str, kind: str, standing: ProofStanding, step: int, found: Findings) -> None:
    """Write one seal's or proof's standing down, as wrong, open or good."""
    named = replace(standing, name=path, kind=kind, reason=clean(standing.reason))
    found.proofs.append(named)
    file_state = {"invalid": CHANGED, "missing": MISSING}.get(standing.state, OK)
    found.files[path] = file_state
    if standing.state == "invalid":
        found.wrong(step, path, standing.reason)
    elif standing.state != "verified":
        found.open(step, path, f"{standing.state}: {standing.reason}")

"""`verify_package`: a package in, a verdict out. Pure, offline, streaming, bounded.

The numbered steps, in this order (`docs/verify.md` has the same numbers):
1. container: a ZIP that no two tools read differently (`zipread`)
2. layout: bags `EV-<ULID>/` with `EV-<ULID>.proofs/` beside them, nothing else, in the builder's order; the exhibits are
   those that the signed lists in proofs.json name
3. bag: bagit.txt, bag-info.txt, no fetch.txt, no unlisted tag file (RFC 8493)
4. tag manifests: SHA-256 and SHA-512, over every tag file
5. payload manifests: SHA-256 and SHA-512, over every payload file
6. evidence.json: canonical, of this exhibit; each file's size, SHA-256 and SM3
7. custody: the chain, its head and length, each file's storing
8. capture: capture.json and every part speak of this capture and of these bytes
9. archive: the WACZ from inside (data package, index, pages, WARC, network log)
10. certificates: the chains are those of the hosts that they are called of
11. seal: the signed note over evidence.json and both tag manifests, by a trusted key, the same for the whole package
12. proofs: each stamped digest's time proof, by trusted headers

What is left to the caller: which keys and headers to trust. NOT guaranteed by exit 0: that what the page said is true,
or that the capturing machine was honest; it says that these bytes were sealed by that key and existed at that time.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from evidence.errors import VerifyRefused
from evidence.package.seal import PROOF_LIST
from evidence.verify.bagsteps import (
    BagView,
    FileDigests,
    check_declaration,
    check_evidence,
    check_manifests,
    mark_all_ok,
)
from evidence.verify.capturesteps import built_at, check_capture, check_certificates, check_custody, exchanges_of
from evidence.verify.proofsteps import Trust, check_case, check_known, check_one_key, check_proofs, check_seal
from evidence.verify.verdict import EXTRA, Findings, Verdict
from evidence.verify.wacz import check_wacz
from evidence.verify.zipread import MAX_TOTAL, Entry, ZipIndex
from notary.headers import HeaderBook
from notary.seal import VerifierKey

MAX_SMALL = 64_000_000
"""A file that a step reads as a whole may be this large (a larger DOM snapshot is hashed only); others are streamed."""
MAX_SMALL_TOTAL = 256_000_000
"""All such files of one bag together."""
MAX_DOCUMENT_RATIO = 200
MAX_EXHIBITS = 2_000
MAX_BESIDE = 40_000_000
MAX_BESIDE_FILES = 100
_SNAPSHOT = "data/render/domsnapshot.json"
_BAG = re.compile(r"(EV-[0-9A-HJKMNP-TV-Z]{26})/(.+)\Z")
_BESIDE = re.compile(r"(EV-[0-9A-HJKMNP-TV-Z]{26})\.proofs/(.+)\Z")
_EMPTY_ALLOWED = re.compile(r"EV-[0-9A-HJKMNP-TV-Z]{26}\.proofs/(headers/)?\Z")
_READ_WHOLE = re.compile(
    r"([a-z0-9-]+\.txt|data/evidence\.json|data/custody/custody\.jsonl|data/capture/capture\.json|data/detection/match\.json"
    r"|data/network/.*|data/environment/.*|data/render/domsnapshot\.json)\Z"
)


def verify_package(
    path: Path,
    *,
    trusted_keys: Sequence[str | VerifierKey] = (),
    headers: HeaderBook | None = None,
    known: Callable[[str], Mapping[str, str]] | None = None,
    max_total: int = MAX_TOTAL,
) -> Verdict:
    """Verify the package at `path` (see the module's steps); never raises for what the package holds.

    `trusted_keys` are verifier keys (`name+id+base64`) from a source that the user trusts, `headers` his block headers.
    `known` is asked for each exhibit's id; it returns the SHA-256 of the sealed files by path (`evidence.package.seal.sealed`)
    of an exhibit that he holds himself, else nothing. A bag with other ones is wrong, even where no seal is left.
    Raises `notary.errors.KeyProblem` for a malformed trusted key.
    """
    keys = tuple(VerifierKey.parse(key) if isinstance(key, str) else key for key in trusted_keys)
    found = Findings()
    try:
        with path.open("rb") as stream:
            _verify(ZipIndex.read(stream, max_total=max_total), Trust(keys, headers, known), found)
    except VerifyRefused as error:
        found.wrong(1, "", error.message)
    except OSError as error:
        found.wrong(1, "", f"cannot read {path}: {error.strerror or error}")
    except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError, AttributeError) as error:
        # The last net, for content that no step foresaw: a verifier that dies would leave a forgery without a verdict.
        found.wrong(1, "", f"the package is malformed: {type(error).__name__}: {str(error)[:200]}")
    return found.verdict()


def _verify(index: ZipIndex, trust: Trust, found: Findings) -> None:
    bags, beside = _layout(index, found)
    if len({*bags, *beside}) > MAX_EXHIBITS:
        raise VerifyRefused(f"the ZIP is refused: more than {MAX_EXHIBITS} exhibits")
    for bag_id in sorted({*bags, *beside}):
        if bag_id not in bags:
            found.wrong(2, f"{bag_id}/", "its proofs are here, the bag is not", "missing")
            continue
        found.exhibits.append(bag_id)
        proofs = _read_beside(index, bag_id, beside.get(bag_id, {}))
        _verify_bag(index, _read_bag(index, bag_id, bags[bag_id]), bags[bag_id], proofs, trust, found)
        check_case(bag_id, proofs.get(PROOF_LIST), bags, found)
    check_one_key(found)
    if not bags:
        found.wrong(2, "", "the package holds no bag")


def _layout(index: ZipIndex, found: Findings) -> tuple[dict[str, dict[str, Entry]], dict[str, dict[str, Entry]]]:
    """Step 2: sort the files into bags and what lies beside them."""
    bags: dict[str, dict[str, Entry]] = {}
    beside: dict[str, dict[str, Entry]] = {}
    for entry in index.files:
        for pattern, target in ((_BAG, bags), (_BESIDE, beside)):
            match = pattern.match(entry.name)
            if match:
                target.setdefault(match[1], {})[match[2]] = entry
                break
        else:
            what = "it lies outside of every bag: no seal covers it; take it out and verify the package again"
            found.wrong(2, entry.name, what, EXTRA)
            _drain(index, entry)
    _check_folders(index, found)
    places = [_place(entry.name) for entry in index.files if entry.fixed_time]
    if places != sorted(places):
        found.wrong(2, "", "the files do not lie in the builder's order, though they carry its fixed time")
    return bags, beside


def _place(name: str) -> tuple[str, bool, str]:
    """Return where a name stands in the builder's order: exhibit by exhibit, the bag first, then what lies beside it."""
    top, _, rest = name.partition("/")
    return top.removesuffix(".proofs"), top.endswith(".proofs"), rest


def _check_folders(index: ZipIndex, found: Findings) -> None:
    """A folder entry is fine above a file, and where proofs could lie; an empty one belongs to no exhibit."""
    above = {name[: at + 1] for entry in index.files for name in (entry.name,) for at in _slashes(name)}
    for folder in index.folders:
        if folder not in above and not _EMPTY_ALLOWED.match(folder):
            found.wrong(2, folder, "an empty folder that no list names", EXTRA)


def _slashes(name: str) -> list[int]:
    return [at for at, ch in enumerate(name) if ch == "/"]


def _read_beside(index: ZipIndex, bag_id: str, entries: dict[str, Entry]) -> dict[str, bytes]:
    if len(entries) > MAX_BESIDE_FILES or sum(entry.size for entry in entries.values()) > MAX_BESIDE:
        message = f"the ZIP is refused: more than {MAX_BESIDE_FILES} files or {MAX_BESIDE} bytes beside {bag_id}"
        raise VerifyRefused(message)
    return {name: index.get(entry, MAX_BESIDE) for name, entry in entries.items()}


def _drain(index: ZipIndex, entry: Entry) -> None:
    for _ in index.chunks(entry):
        pass


def _verify_bag(
    index: ZipIndex, bag: BagView, entries: dict[str, Entry], beside: dict[str, bytes], trust: Trust, found: Findings
) -> None:
    """Steps 3 to 12 for one bag; a step that has nothing to stand on is left out, its ground being wrong already."""
    mark_all_ok(bag, found)
    check_declaration(bag, found)
    check_manifests(bag, found)
    evidence = check_evidence(bag, found)
    if evidence is not None:
        check_custody(bag, evidence, found)
        capture = check_capture(bag, evidence, found)
        if capture is not None:
            exchanges = exchanges_of(bag, capture, found)
            name = f"data/capture/{bag.id}.wacz"
            if exchanges is not None and name in entries:
                with _open(index, entries[name]) as stream:
                    for problem in check_wacz(stream, capture, exchanges):
                        found.wrong(9, bag.full(name), problem)
            check_certificates(bag, capture, found)
    check_seal(bag, beside, trust, found)
    check_known(bag, trust, found)
    check_proofs(bag, beside, trust, found, built_at(evidence))


def _read_bag(index: ZipIndex, bag_id: str, entries: dict[str, Entry]) -> BagView:
    """Read every byte of a bag once: four digests of each file, and the bytes of those that steps look into."""
    digests, small = {}, {}
    kept = 0
    for path, entry in entries.items():
        keep = bool(_READ_WHOLE.match(path)) and not (path == _SNAPSHOT and (entry.size > MAX_SMALL or _is_bomb(entry)))
        kept += entry.size if keep else 0
        if keep and (entry.size > MAX_SMALL or kept > MAX_SMALL_TOTAL or _is_bomb(entry)):
            message = f"the ZIP is refused: {entry.name!r} holds {entry.size} bytes in {entry.packed}, expected at most {MAX_SMALL}"
            raise VerifyRefused(message)
        hashers = hashlib.sha256(), hashlib.sha512(), hashlib.new("sm3")
        parts = []
        for chunk in index.chunks(entry):
            for hasher in hashers:
                hasher.update(chunk)
            if keep:
                parts.append(chunk)
        digests[path] = FileDigests(entry.size, *(hasher.hexdigest() for hasher in hashers))
        if keep:
            small[path] = b"".join(parts)
    return BagView(bag_id, digests, small)


def _is_bomb(entry: Entry) -> bool:
    """Tell whether a document unpacks to far more than documents do."""
    return entry.size > 1_000_000 and entry.size > MAX_DOCUMENT_RATIO * entry.packed


def _open(index: ZipIndex, entry: Entry) -> AbstractContextManager[BinaryIO]:
    """Return a seekable stream over a file of the ZIP; a deflated one is unpacked into a temporary file."""
    view = index.window(entry)
    if view is not None:
        return nullcontext(view)
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller's `with`
    for chunk in index.chunks(entry):
        spool.write(chunk)
    spool.seek(0)
    return spool

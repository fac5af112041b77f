"""Steps 7, 8 and 10: custody log, the capture's own record, certificates. They bind every file to this one capture."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.capture.layout import RESULT
from evidence.custody import CustodyLog
from evidence.errors import CustodyBroken
from evidence.package.bag import CUSTODY
from evidence.verify.bagsteps import BagView, canonical_json
from evidence.verify.verdict import MISSING, Findings
from guards.caps import load_json_capped
from guards.errors import GuardError

CAPTURE_RECORD = f"data/{RESULT}"
EXCHANGES = "data/network/exchanges.jsonl"
MATCH = "data/detection/match.json"
MAX_EXCHANGES = 20_000
"""Four times what a capture keeps."""
MAX_EXCHANGE_PARTS = 3_000_000
_CAPTURED_ROLES = ("archive", "render", "network", "environment")
_BAD_CERTIFICATE = (
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
_BOUND = (
    "data/environment/before.json",
    "data/environment/after.json",
    "data/network/dns.json",
    "data/network/route.json",
    "data/network/tls.json",
    MATCH,
)


def check_custody(bag: BagView, evidence: Mapping[str, Any], found: Findings) -> None:
    """Step 7: the chain holds, its head and length are those that evidence.json names, each file's storing is logged."""
    path = bag.full(CUSTODY)
    if CUSTODY not in bag.small:
        found.wrong(7, path, "the bag has no custody log", MISSING)
        return
    try:
        log = CustodyLog.parse(bag.small[CUSTODY])
    except CustodyBroken as error:
        found.wrong(7, path, error.message)
        return
    named = evidence.get("custody")
    if named != {"path": CUSTODY, "length": log.length, "head_sha256": log.head}:
        found.wrong(7, path, f"its {log.length} entries end in {log.head}, evidence.json says {named}")
    stored = {f"data/{entry.reason}": entry.object_sha256 for entry in log.entries if entry.action == "stored"}
    listed = {
        item["path"]: item["sha256"]
        for item in _files(evidence)
        if item.get("role") not in ("custody", "report", "readme")
    }
    for name in sorted({*stored, *listed}):
        if stored.get(name) != listed.get(name):
            found.wrong(7, bag.full(name), "the custody log and evidence.json differ about this file")


def check_capture(bag: BagView, evidence: Mapping[str, Any], found: Findings) -> Mapping[str, Any] | None:
    """Step 8: capture.json speaks of this exhibit and of exactly these files; every part names this capture. Return it."""
    path = bag.full(CAPTURE_RECORD)
    document = canonical_json(bag.small.get(CAPTURE_RECORD, b""))
    if document is None or document.get("format") != "markwatch-capture/1":
        found.wrong(8, path, "expected the capture's record in canonical JSON")
        return None
    exhibit = evidence["exhibit"]
    if document.get("id") != bag.id:
        found.wrong(8, path, f"it is of the capture {document.get('id')}")
        return None
    for name in ("id", "url", "outcome", "fidelity", "captured_at"):
        if document.get(name) != exhibit.get(name):
            found.wrong(8, path, f"its {name} is {document.get(name)}, evidence.json says {exhibit.get(name)}")
    _check_files(bag, evidence, document, found)
    for name in _BOUND:
        _check_bound(bag, name, document, found)
    snapshot = _json(bag.small.get("data/render/domsnapshot.json"))
    if snapshot and not _snapshot_fits(snapshot, document):
        found.wrong(8, bag.full("data/render/domsnapshot.json"), f"it is not of {document.get('final_url')}")
    return document


def _check_files(bag: BagView, evidence: Mapping[str, Any], document: Mapping[str, Any], found: Findings) -> None:
    """Compare capture.json's list of files with what lies in the bag, both ways."""
    try:
        listed = {f"data/{item['path']}": (item["size"], item["sha256"], item["sm3"]) for item in document["files"]}
    except (KeyError, TypeError):
        found.wrong(8, bag.full(CAPTURE_RECORD), "its list of files is malformed")
        return
    there = {item["path"] for item in _files(evidence) if item.get("role") in _CAPTURED_ROLES}
    for name in sorted(there | set(listed)):
        actual = bag.digests.get(name)
        if name not in listed or actual is None or listed[name] != (actual.size, actual.sha256, actual.sm3):
            found.wrong(8, bag.full(name), "it is not the file that capture.json speaks of")


def _check_bound(bag: BagView, name: str, document: Mapping[str, Any], found: Findings) -> None:
    if name not in bag.small:
        return
    part = canonical_json(bag.small[name])
    if part is None or (part.get("capture"), part.get("url")) != (document.get("id"), document.get("url")):
        found.wrong(8, bag.full(name), f"it is not of the capture {document.get('id')}")


def _snapshot_fits(snapshot: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Tell whether the DOM snapshot's first document is the captured page."""
    try:
        shown = snapshot["strings"][snapshot["documents"][0]["documentURL"]]
    except (KeyError, IndexError, TypeError):
        return False
    return str(shown) == str(document.get("final_url"))


def exchanges_of(bag: BagView, capture: Mapping[str, Any], found: Findings) -> Sequence[Mapping[str, Any]] | None:
    """Return the lines of the network log, each checked to be of this capture and in order; None where it is broken."""
    raw = bag.small.get(EXCHANGES, b"")
    many = raw.count(b"\n") > MAX_EXCHANGES or raw.count(b",") > MAX_EXCHANGE_PARTS
    if many or (raw and not raw.endswith(b"\n")):
        found.wrong(8, bag.full(EXCHANGES), f"more than {MAX_EXCHANGES} lines, too many parts, or its last line is cut")
        return None
    lines = [canonical_json(line) for line in raw.split(b"\n")[:-1]]
    wanted = ("url", "status", "body_sha256", "seq")
    good = [line for line in lines if line is not None and all(name in line for name in wanted)]
    if len(good) != len(lines) or any(
        (line["seq"], line.get("capture")) != (n, capture["id"]) for n, line in enumerate(good)
    ):
        found.wrong(8, bag.full(EXCHANGES), f"a line is malformed, out of order, or not of the capture {capture['id']}")
        return None
    return good


def check_certificates(bag: BagView, capture: Mapping[str, Any], found: Findings) -> None:
    """Step 10: each chain's leaf is the certificate that tls.json and capture.json speak of; a valid one names its host."""
    document = _json(bag.small.get("data/network/tls.json")) or {}
    hosts = document.get("hosts")
    hosts = hosts if isinstance(hosts, dict) else {}
    own = capture.get("certificate")
    wanted = _netloc(str(capture.get("final_url") or capture.get("url")))
    its = hosts.get(wanted)
    if isinstance(own, dict) and isinstance(its, dict) and its.get("sha256") != own.get("sha256"):
        found.wrong(10, bag.full(CAPTURE_RECORD), f"its certificate is not the one of {wanted} in tls.json")
    by_digest = {}
    for path, data in bag.small.items():
        if path.startswith("data/network/tls/"):
            leaf = _leaf(data)
            if leaf is None:
                found.wrong(10, bag.full(path), "it holds no certificate")
                continue
            by_digest[hashlib.sha256(leaf).hexdigest()] = (path, leaf)
    for netloc, said in hosts.items():
        digest = str(said.get("sha256") or "") if isinstance(said, dict) else ""
        if not isinstance(said, dict) or (digest and digest not in by_digest and said.get("chain_sha256")):
            found.wrong(10, bag.full("data/network/tls.json"), f"the chain of {netloc} is not in the bag")
            continue
        if said.get("valid") and digest in by_digest:
            path, leaf = by_digest[digest]
            if not names_host(leaf, _hostname(netloc)):
                found.wrong(10, bag.full(path), f"this certificate does not name {netloc}, though it is called valid")


def names_host(der: bytes, host: str) -> bool:
    """Tell whether a certificate's subjectAltName covers `host` (RFC 6125: exact, or one leftmost label as `*`)."""
    try:
        names = (
            x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        )
        addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
        dns = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    except (ValueError, TypeError, *_BAD_CERTIFICATE):
        return False
    parent = host.partition(".")[2]
    return host in addresses or host in dns or (bool(parent) and f"*.{parent}" in dns)


def built_at(evidence: Mapping[str, Any] | None) -> datetime | None:
    """Return when evidence.json says that the bag was built; None where it says nothing usable."""
    try:
        moment = datetime.fromisoformat(str((evidence or {}).get("built_at")))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _netloc(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _hostname(netloc: str) -> str:
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def _leaf(pem: bytes) -> bytes | None:
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except (ValueError, TypeError):
        return None
    return certificates[0].public_bytes(Encoding.DER)


def _json(data: bytes | None) -> dict[str, Any] | None:
    """Return a JSON object, canonical or not; None for anything else."""
    try:
        document = load_json_capped(data or b"", max_bytes=64_000_000, max_depth=256)
    except GuardError:
        return None
    return document if isinstance(document, dict) else None


def _files(evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = evidence.get("files")
    good = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return [item for item in good if isinstance(item.get("path"), str) and isinstance(item.get("sha256"), str)]

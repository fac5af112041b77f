"""Steps 3 to 6: the bag's declaration, its manifests, and evidence.json, against the digests of the actual bytes.

Each step compares in both directions: what is listed must be there, and what is there must be listed, in every list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from evidence.package.bag import BAGIT_TXT, EVIDENCE, MANIFESTS, TAG_MANIFESTS, escape_path
from evidence.verify.verdict import EXTRA, MISSING, OK, Findings
from guards.caps import load_json_capped
from guards.errors import GuardError

MAX_DOCUMENT = 20_000_000
MAX_PARTS = 500_000
"""Commas in one document: writing it canonically again takes time for each part. 60,000 files make 360,000."""
MAX_TAG_FILE = 20_000_000
"""Room for 60,000 lines; the reader of ZIPs takes no more files."""
_MAX_LINE = 800
_MAX_MALFORMED = 100
MAX_BAG_INFO = 100_000
BAG_INFO = ("Bag-Software-Agent", "Bagging-Date", "External-Identifier", "Payload-Oxum")
TAG_FILES = ("bagit.txt", "bag-info.txt", *MANIFESTS, *TAG_MANIFESTS)
_LINE = re.compile(r"([0-9a-f]+)  (.+)\Z")
_HEX = {"sha256": 64, "sha512": 128}


@dataclass(frozen=True, slots=True)
class FileDigests:
    """The digests of one file's actual bytes, from one pass over them."""

    size: int
    sha256: str
    sha512: str
    sm3: str


@dataclass(frozen=True, slots=True)
class BagView:
    """One bag as it lies in the ZIP: its id, the digests of every file (path below the bag), and small files' bytes."""

    id: str
    digests: Mapping[str, FileDigests]
    small: Mapping[str, bytes]

    def full(self, path: str) -> str:
        """Return a bag path as the verdict names it."""
        return f"{self.id}/{path}"


def check_declaration(bag: BagView, found: Findings) -> None:
    """Step 3: bagit.txt, bag-info.txt, the six tag files, no fetch.txt, the payload's total."""
    for name in TAG_FILES:
        if name not in bag.digests:
            found.wrong(3, bag.full(name), "the bag has no such file", MISSING)
    for name in bag.digests:
        if not name.startswith("data/") and name not in TAG_FILES:
            what = "a bag of ours fetches nothing" if name == "fetch.txt" else "a tag file that no list names"
            found.wrong(3, bag.full(name), what, EXTRA)
    if bag.small.get("bagit.txt", BAGIT_TXT) != BAGIT_TXT:
        found.wrong(3, bag.full("bagit.txt"), f"expected {BAGIT_TXT!r}")
    if "bag-info.txt" not in bag.small:
        return
    text = bag.small["bag-info.txt"][:MAX_BAG_INFO].decode("utf-8", "replace")
    fields = re.findall(r"^([A-Za-z-]+): (.*)$", text, re.MULTILINE)
    info = dict(fields)
    if sorted(info) != sorted(name for name, _ in fields) or set(info) != set(BAG_INFO):
        found.wrong(3, bag.full("bag-info.txt"), f"expected the fields {', '.join(BAG_INFO)}, each once")
    payload = [digests for path, digests in bag.digests.items() if path.startswith("data/")]
    oxum = f"{sum(item.size for item in payload)}.{len(payload)}"
    if info.get("Payload-Oxum") != oxum:
        found.wrong(3, bag.full("bag-info.txt"), f"expected Payload-Oxum {oxum}, found {info.get('Payload-Oxum')}")
    if info.get("External-Identifier") != bag.id:
        found.wrong(
            3,
            bag.full("bag-info.txt"),
            f"expected External-Identifier {bag.id}, found {info.get('External-Identifier')}",
        )


def check_manifests(bag: BagView, found: Findings) -> None:
    """Steps 4 and 5: both tag manifests over all tag files, both manifests over the whole payload."""
    tags = {name for name in TAG_FILES if name not in TAG_MANIFESTS}
    payload = {path for path in bag.digests if path.startswith("data/")}
    for step, names, covered in ((4, TAG_MANIFESTS, tags), (5, MANIFESTS, payload)):
        for name in names:
            if name in bag.small:
                _check_manifest(bag, found, step, name, covered)


def _check_manifest(bag: BagView, found: Findings, step: int, name: str, covered: set[str]) -> None:
    algorithm = name.rpartition("-")[2].removesuffix(".txt")
    listed = _manifest_lines(bag, found, step, name, _HEX[algorithm])
    for path, digest in listed.items():
        if path not in bag.digests:
            found.wrong(step, bag.full(path), f"{name} lists it, and it is not there", MISSING)
        elif getattr(bag.digests[path], algorithm) != digest:
            found.wrong(step, bag.full(path), f"its {algorithm} differs from {name}")
    for path in sorted(covered - set(listed)):
        if path in bag.digests:
            found.wrong(step, bag.full(path), f"{name} does not list it", EXTRA)
    for path in sorted(set(listed) - covered):
        if path in bag.digests:
            found.wrong(step, bag.full(name), f"it lists {path}, which is none of its files")


def _manifest_lines(bag: BagView, found: Findings, step: int, name: str, digits: int) -> dict[str, str]:
    """Return path to digest; a line that is no line of ours, or a path listed twice, is wrong."""
    listed: dict[str, str] = {}
    most = min(MAX_TAG_FILE, _MAX_LINE * len(bag.digests) + 1_000_000)
    if len(bag.small[name]) > most:
        found.wrong(step, bag.full(name), f"expected at most {most} bytes, found {len(bag.small[name])}")
        return listed
    text = bag.small[name].decode("utf-8", "replace")
    if text and not text.endswith("\n"):
        found.wrong(step, bag.full(name), "its last line is cut")
    malformed = 0
    for line in text.split("\n")[:-1]:
        match = _LINE.match(line)
        path = re.sub("%0D", "\r", re.sub("%0A", "\n", match[2])).replace("%25", "%") if match else ""
        if not match or len(match[1]) != digits or path in listed or escape_path(path) != match[2]:
            found.wrong(step, bag.full(name), f"a malformed or repeated line: {line[:80]!r}")
            malformed += 1
            if malformed >= _MAX_MALFORMED:
                break
            continue
        listed[path] = match[1]
    return listed


def check_evidence(bag: BagView, found: Findings) -> dict[str, Any] | None:
    """Step 6: evidence.json is canonical, belongs to this bag, and names each payload file rightly; return it."""
    path = bag.full(EVIDENCE)
    if EVIDENCE not in bag.small:
        found.wrong(6, path, "the bag has no such file", MISSING)
        return None
    document = canonical_json(bag.small[EVIDENCE])
    if document is None or document.get("format") != "markwatch-evidence/1":
        found.wrong(6, path, "expected canonical JSON (RFC 8785) of the format markwatch-evidence/1")
        return None
    exhibit = document.get("exhibit")
    if not isinstance(exhibit, dict) or exhibit.get("id") != bag.id:
        found.wrong(6, path, f"it does not speak of {bag.id}")
        return None
    _check_named(bag, found, document.get("files"))
    return document


def _check_named(bag: BagView, found: Findings, listed: object) -> None:
    """Compare evidence.json's list with the payload: size, SHA-256 and SM3 of each file."""
    named: dict[str, dict[str, Any]] = {}
    for item in listed if isinstance(listed, list) else []:
        if not isinstance(item, dict) or not isinstance(item.get("path"), str) or item["path"] in named:
            found.wrong(6, bag.full(EVIDENCE), f"a malformed or repeated entry: {str(item)[:80]}")
            continue
        named[item["path"]] = item
    payload = {path for path in bag.digests if path.startswith("data/") and path != EVIDENCE}
    for path in sorted(set(named) - payload):
        found.wrong(6, bag.full(path), "evidence.json names it, and it is not there", MISSING)
    for path in sorted(payload - set(named)):
        found.wrong(6, bag.full(path), "evidence.json does not name it", EXTRA)
    for path in sorted(payload & set(named)):
        actual = bag.digests[path]
        for field in ("size", "sha256", "sm3"):
            said = named[path].get(field)
            if isinstance(said, bool) or said != getattr(actual, field):
                found.wrong(
                    6,
                    bag.full(path),
                    f"its {field} is {getattr(actual, field)}, evidence.json says {said}",
                )


def canonical_json(data: bytes) -> dict[str, Any] | None:
    """Return the object in canonical JSON (RFC 8785) bytes; None for anything else, or for one of too many parts."""
    if data.count(b",") > MAX_PARTS:
        return None
    try:
        document = load_json_capped(data, max_bytes=MAX_DOCUMENT)
        same = rfc8785.dumps(document) == data  # type: ignore[arg-type]
    except (GuardError, rfc8785.CanonicalizationError, UnicodeError, RecursionError):
        return None
    return document if isinstance(document, dict) and same else None


def mark_all_ok(bag: BagView, found: Findings) -> None:
    """Enter every file of the bag as `ok`; the steps then lower what is not."""
    for path in bag.digests:
        found.files.setdefault(bag.full(path), OK)

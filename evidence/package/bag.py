"""The bag of one exhibit: BagIt 1.0 (RFC 8493), every byte a function of exhibit, custody log and build time.

Order of making: payload → evidence.json (names every other payload file) → manifests → tag manifests. So the tag
manifests' digests stand for the whole bag, and the seal covers them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

from evidence.capture.layout import RESULT, media_type
from evidence.custody import CustodyLog, utc_text
from evidence.errors import PackageError
from evidence.package.readme import readme
from evidence.package.report import ReportInput, report_pdf
from evidence.ports import BlobStore
from guards.caps import load_json_capped
from notary.digest import digest_bytes
from records.codec import to_json
from records.model import Artifact, Bag, BagFile, CustodyEntry, Exhibit

EVIDENCE = "data/evidence.json"
CUSTODY = "data/custody/custody.jsonl"
REPORTS = {"zh": "data/report/report.zh.pdf", "en": "data/report/report.en.pdf"}
READMES = {"zh": "data/README-VERIFY.zh.md", "en": "data/README-VERIFY.en.md"}
MADE = (CUSTODY, *REPORTS.values(), *READMES.values())
"""The payload files that the bag itself makes, beside evidence.json."""
BAGIT_TXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFESTS = ("manifest-sha256.txt", "manifest-sha512.txt")
TAG_MANIFESTS = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
MAX_JSON_BYTES = 50_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BagInput:
    """What a bag is made of. `software` names the version that built it, for bag-info.txt and evidence.json."""

    exhibit: Exhibit
    custody: tuple[CustodyEntry, ...]
    built_at: datetime
    software: str = "markwatch"


def make_bag(given: BagInput, blobs: BlobStore) -> Bag:
    """Make every file of the bag, store them in the vault, and return their list, sorted by path.

    Raises `PackageError`, and the vault's errors where an artifact is missing or changed.
    """
    exhibit = given.exhibit
    log = CustodyLog.of(given.custody)
    stored = {f"data/{item.path}": item for item in exhibit.artifacts}
    twice = sorted({*MADE, EVIDENCE} & set(stored))
    if twice:
        message = f"two files of {exhibit.id} want the same place: {', '.join(twice)}"
        raise PackageError(message, "report this as a bug")
    small = _payload(given, log, blobs)
    small[EVIDENCE] = _evidence(given, log, small)
    small |= _tags(given, small, {name: (item.size, item.sha256) for name, item in stored.items()}, blobs)
    files = [BagFile(name, len(data), blobs.put(data)) for name, data in small.items()]
    files += [BagFile(name, item.size, item.sha256) for name, item in stored.items()]
    return Bag(exhibit.id, given.built_at, tuple(sorted(files, key=lambda item: item.path)))


def _payload(given: BagInput, log: CustodyLog, blobs: BlobStore) -> dict[str, bytes]:
    report = _report_input(given, log, blobs)
    return {
        CUSTODY: log.to_jsonl(),
        **{path: report_pdf(report, lang) for lang, path in REPORTS.items()},
        **{path: readme(given.exhibit.id, lang) for lang, path in READMES.items()},
    }


def _report_input(given: BagInput, log: CustodyLog, blobs: BlobStore) -> ReportInput:
    by_path = {item.path: item for item in given.exhibit.artifacts}

    def document(path: str) -> Mapping[str, Any]:
        if path not in by_path:
            return {}
        loaded = load_json_capped(blobs.get(by_path[path].sha256), max_bytes=MAX_JSON_BYTES)
        return loaded if isinstance(loaded, dict) else {}

    shot = by_path.get("render/viewport.png")
    return ReportInput(
        exhibit=given.exhibit,
        custody=log,
        built_at=given.built_at,
        capture=document(RESULT),
        environment=document("environment/before.json"),
        match=document("detection/match.json"),
        screenshot=blobs.get(shot.sha256) if shot else b"",
    )


def _evidence(given: BagInput, log: CustodyLog, small: Mapping[str, bytes]) -> bytes:
    """Return evidence.json: what the exhibit is, every other payload file, and the custody log's head."""
    exhibit = given.exhibit
    made = [_small_artifact(name, data) for name, data in small.items()]
    stored = [_named(f"data/{item.path}", item) for item in exhibit.artifacts]
    document = {
        "format": "markwatch-evidence/1",
        "exhibit": {
            "id": exhibit.id,
            "url": exhibit.url,
            "hit_id": exhibit.hit_id,
            "outcome": exhibit.outcome.value,
            "reason": exhibit.reason,
            "fidelity": exhibit.fidelity.value,
            "created_at": utc_text(exhibit.created_at),
            "captured_at": utc_text(exhibit.captured_at) if exhibit.captured_at else None,
        },
        "built_at": utc_text(given.built_at),
        "software": given.software,
        "files": sorted([*made, *stored], key=lambda item: str(item["path"])),
        "custody": {"path": CUSTODY, "length": log.length, "head_sha256": log.head},
        "lost": to_json(exhibit.lost),
    }
    return rfc8785.dumps(document)


def _small_artifact(name: str, data: bytes) -> dict[str, Any]:
    record = digest_bytes(data)
    role = {"data/custody": "custody", "data/report": "report"}.get(name.rpartition("/")[0], "readme")
    return _named(name, Artifact(name, record.size, record.sha256, record.sm3, role, media_type(name)))


def _named(path: str, item: Artifact) -> dict[str, Any]:
    return {
        "path": path,
        "size": item.size,
        "sha256": item.sha256,
        "sm3": item.sm3,
        "role": item.role,
        "media_type": item.media_type,
    }


def _tags(
    given: BagInput, small: Mapping[str, bytes], stored: Mapping[str, tuple[int, str]], blobs: BlobStore
) -> dict[str, bytes]:
    """Return the tag files: bagit.txt, bag-info.txt, the manifests and the tag manifests over all of those."""
    sha256 = {name: hashlib.sha256(data).hexdigest() for name, data in small.items()}
    sha256 |= {name: digest for name, (_, digest) in stored.items()}
    sha512 = {name: hashlib.sha512(data).hexdigest() for name, data in small.items()}
    sha512 |= {name: _sha512(blobs, digest) for name, (_, digest) in stored.items()}
    octets = sum(map(len, small.values())) + sum(size for size, _ in stored.values())
    tags = {
        "bagit.txt": BAGIT_TXT,
        "bag-info.txt": _bag_info(given, octets, len(sha256)),
        "manifest-sha256.txt": _manifest(sha256),
        "manifest-sha512.txt": _manifest(sha512),
    }
    covers = {
        "tagmanifest-sha256.txt": {name: hashlib.sha256(data).hexdigest() for name, data in tags.items()},
        "tagmanifest-sha512.txt": {name: hashlib.sha512(data).hexdigest() for name, data in tags.items()},
    }
    return tags | {name: _manifest(lines) for name, lines in covers.items()}


def _bag_info(given: BagInput, octets: int, count: int) -> bytes:
    date = given.built_at.astimezone(UTC).strftime("%Y-%m-%d")
    lines = [
        f"Bag-Software-Agent: {given.software}",
        f"Bagging-Date: {date}",
        f"External-Identifier: {given.exhibit.id}",
        f"Payload-Oxum: {octets}.{count}",
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _manifest(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {escape_path(name)}\n" for name, digest in sorted(digests.items())).encode()


def escape_path(path: str) -> str:
    """Return a path as a manifest line holds it (RFC 8493, 2.1.3)."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _sha512(blobs: BlobStore, sha256: str) -> str:
    """Return the SHA-512 of a stored file, its SHA-256 compared in the same pass."""
    hashers = hashlib.sha512(), hashlib.sha256()
    with blobs.open(sha256) as stream:
        while chunk := stream.read(_CHUNK):
            for hasher in hashers:
                hasher.update(chunk)
    if hashers[1].hexdigest() != sha256:
        blobs.get(sha256)  # raises the vault's own error, with the way on
    return hashers[0].hexdigest()

"""Capturing a page by hand, stamping files, and the proofs: what `capture`, `stamp` and `proofs` do."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guards.atomic import write_atomic
from guards.errors import both
from notary.errors import NotaryError
from patrol.detecting import Progress
from patrol.errors import Misused, check_path, see
from patrol.watches import check_url
from records.model import Exhibit

if TYPE_CHECKING:
    from notary.headers import HeaderBook
    from patrol.app import App

MAX_PROOF_BYTES = 10_000_000
"""Largest proof file that is read."""


def capture_document(app: "App", url: str, out: Path) -> dict[str, Any]:
    """Capture one page into `out` and return the document that `capture --json` promises.

    Raises Misused for what is no http(s) URL, a MarkwatchError where the capture could not even be tried.
    """
    from evidence.capture.api import capture_page

    check_url(url)

    return capture_page(url, out, app.capture_options()).document()


def stamp_files(app: "App", files: Sequence[Path], progress: Progress) -> list[dict[str, Any]]:
    """Have files' digests notarised; write `FILE.ots` beside each that a calendar has taken.

    Raises Misused for a file that cannot be read; nothing is submitted then. An anchor out of reach is no error: the
    digest stays queued, and the row says so.
    """
    from notary.digest import digest_file

    for path in files:
        if not path.is_file():
            raise Misused(both(f"{path} 不是文件", f"{path} is not a file"), check_path())
    digests = [(path, digest_file(path).sha256) for path in files]
    for path, sha256 in digests:
        progress("stamping", file=path)
        app.notary.enqueue(f"file/{path.name}", sha256)
    app.notary.run_due(force=True)
    return [_stamped(app, path, sha256) for path, sha256 in digests]


def _stamped(app: "App", path: Path, sha256: str) -> dict[str, Any]:
    standing = app.notary.standing(sha256)
    data = app.notary.proof_files(sha256)
    target = path.with_name(path.name + ".ots")
    if data:
        write_atomic(target, data)
    return {
        "file": str(path),
        "sha256": sha256,
        "state": standing.state.value,
        "accepted": standing.accepted,
        "quorum": standing.quorum,
        "proof": str(target) if data else None,
        "reason": standing.said.in_lang(app.lang),
    }


def proof_rows(app: "App") -> list[dict[str, Any]]:
    """Return every proof: one row a digest and anchor."""
    return [
        {
            "id": proof.id,
            "subject": proof.subject,
            "sha256": proof.subject_sha256,
            "anchor": proof.anchor,
            "state": proof.state.value,
            "tries": proof.tries,
            "next_try_at": proof.next_try_at.isoformat() if proof.next_try_at else None,
            "reason": proof.reason,
        }
        for proof in app.notary.proofs()
    ]


def upgrade_proofs(app: "App", progress: Progress) -> dict[str, Any]:
    """Submit what is queued and fetch what the calendars have completed; return the counts and what went wrong."""
    submitted, upgraded = app.notary.run_due(force=True)
    reasons = [*submitted.reasons, *(reason for reason in upgraded.reasons if reason not in submitted.reasons)]
    for reason in reasons:
        progress("warning", text=reason)
    states = [proof.state.value for proof in app.notary.proofs()]
    return {
        "submitted": submitted.submitted,
        "upgraded": upgraded.upgraded,
        "verified": states.count("verified"),
        "waiting": len(states) - states.count("verified"),
        "reasons": reasons,
    }


def verify_proof_file(proof: Path, file: Path, headers: Path | None, lang: str) -> tuple[dict[str, Any], int]:
    """Check one proof against its file and the headers; return the promised document and the exit code.

    Raises Misused where one of the files cannot be read: that says nothing about the proof.
    """
    from notary.headers import HeaderBook
    from notary.verify import file_digests, verify_proof

    for path in (proof, file):
        if not path.is_file():
            raise Misused(both(f"{path} 不是文件", f"{path} is not a file"), check_path())
    try:
        with proof.open("rb") as stream:
            data = stream.read(MAX_PROOF_BYTES + 1)
    except OSError as error:
        message = both(f"无法读取 {proof}:{error.strerror}", f"{proof} cannot be read: {error.strerror}")
        raise Misused(message, check_path()) from error
    book = read_headers(headers) if headers else HeaderBook()
    report = verify_proof(data, file_digests(file), book)
    return report.document(lang), report.exit_code


def read_headers(path: Path) -> "HeaderBook":
    """Read block headers; raise Misused for a file that holds none: that says nothing about the proof."""
    from notary.headers import HeaderBook

    try:
        return HeaderBook.from_json(path)
    except NotaryError as error:
        step = both("需要形如 headers.json 的文件", "give a file of the form of headers.json")
        raise Misused(error.message, error.next_step or step) from error


def find_exhibit(app: "App", exhibit_id: str) -> Exhibit:
    """Return one exhibit; raise Misused where there is none."""
    exhibit = app.records.exhibits.get(exhibit_id)
    if exhibit is None:
        raise Misused(
            both(f"没有编号为 {exhibit_id!r} 的证据", f"there is no exhibit {exhibit_id!r}"), see("evidence list")
        )
    return exhibit


def exhibit_document(exhibit: Exhibit, *, files: bool) -> dict[str, Any]:
    """Return an exhibit as `--json` prints it; with `files` each file's size, digests and role."""
    document: dict[str, Any] = {
        "id": exhibit.id,
        "hit": exhibit.hit_id,
        "url": exhibit.url,
        "outcome": exhibit.outcome.value,
        "captured_at": exhibit.captured_at.isoformat() if exhibit.captured_at else None,
        "fidelity": exhibit.fidelity.value,
        "reason": exhibit.reason,
        "file_count": len(exhibit.artifacts),
        "lost": [dict(item) for item in exhibit.lost],
    }
    if files:
        document["files"] = [
            {
                "path": a.path,
                "size": a.size,
                "sha256": a.sha256,
                "sm3": a.sm3,
                "role": a.role,
                "media_type": a.media_type,
            }
            for a in exhibit.artifacts
        ]
    return document

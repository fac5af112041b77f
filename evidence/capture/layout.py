"""A capture's folder: which file plays which role, and the record of a capture that was killed.

Kept free of the browser's imports, so that reading a capture is quick.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785

from evidence.capture.request import CaptureRequest
from evidence.custody import utc_text
from records.terms import CaptureOutcome, Fidelity

RESULT = "capture/capture.json"
"""The capture's own record, below its folder."""
EXIT_DISK_FULL = 28
"""What the capturing child exits with where the disk is full."""
EXIT_NO_BROWSER = 27
"""What the capturing child exits with where the browser does not start: no fault of the page."""
MEDIA_TYPES = {
    ".wacz": "application/wacz",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".mhtml": "multipart/related",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".pem": "application/x-pem-file",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".md": "text/markdown",
}


def media_type(path: str) -> str:
    """Return the media type of a file of the package, by its ending."""
    return MEDIA_TYPES.get(Path(path).suffix.lower(), "application/octet-stream")


def role_of(path: str) -> str:
    """Return what a file of an exhibit is there for, by its path below `data/`."""
    if path == RESULT:
        return "capture"
    if path.endswith(".wacz"):
        return "archive"
    return path.split("/", 1)[0]


def write_killed(request: CaptureRequest, reason: str) -> None:
    """Write the record of a capture whose process did not end by itself: failed, with nothing but its reason."""
    folder = Path(request.folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    document: dict[str, Any] = {
        "format": "markwatch-capture/1",
        "id": request.id,
        "url": request.url,
        "final_url": "",
        "status": None,
        "title": "",
        "outcome": CaptureOutcome.FAILED.value,
        "reason": reason[:1000],
        "fidelity": Fidelity.BROWSER_DECODED.value,
        "captured_at": utc_text(datetime.now(UTC)),
        "wacz": "",
        "certificate": None,
        "lost": [],
        "files": [],
    }
    (folder / RESULT).parent.mkdir(parents=True)
    (folder / RESULT).write_bytes(rfc8785.dumps(document))

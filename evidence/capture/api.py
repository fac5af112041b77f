"""`capture_page`: one page in, one folder of evidence out, whatever the page does.

Rules:
1. the browser runs in a child process; past the deadline the child and its browser are killed
2. everything is written into a hidden folder that gets its name (`<out_dir>/<id>`) only when it is whole
3. the outcome is `complete`, `partial` (something is missing, and `reason` says what) or `failed` (no page came)
4. an address that must not be reached, a site that is down, a hang: each is an outcome with its reason, not an exception

`CaptureError` is raised only where a capture could not be tried: no browser, no room on the disk, a folder in the way.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from evidence.capture.request import CaptureRequest
from evidence.errors import CaptureError
from guards.atomic import fsync_folder, write_atomic
from guards.caps import load_json_capped
from guards.egress import EgressPolicy
from guards.errors import DiskFull, EgressRefused, GuardError, HostUnresolved
from records.ids import new_ulid
from records.model import Artifact
from records.terms import CaptureOutcome, Fidelity

RESULT_NAME = "capture.json"
"""The file of a capture's folder that holds the result."""
MAX_RESULT_BYTES = 20_000_000
_GRACE_S = 75.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How a page is captured. `policy` says what may be reached; `ca_file` holds PEM roots trusted beside the system's.

    `deadline_s` bounds loading; rendering has its own bounds. `max_bytes` bounds all that the browser receives,
    `max_body_bytes` one recorded body, `viewport` is in CSS pixels.
    """

    policy: EgressPolicy = field(default_factory=EgressPolicy)
    chromium: str = "/usr/bin/chromium"
    deadline_s: float = 60.0
    quiet_s: float = 1.0
    max_bytes: int = 200_000_000
    max_body_bytes: int = 50_000_000
    viewport: tuple[int, int] = (1280, 900)
    lang: str = "zh-CN"
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """The certificate of the page's own host: valid or why not, who it names, who signed it, its SHA-256 (DER)."""

    valid: bool
    subject: str
    issuer: str
    sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """What one capture left in `folder`. `wacz` is None where no page came; `certificate` is None over plain http."""

    id: str
    url: str
    outcome: CaptureOutcome
    reason: str
    fidelity: Fidelity
    folder: Path
    wacz: Path | None
    captured_at: datetime
    artifacts: tuple[Artifact, ...]
    lost: tuple[Mapping[str, str], ...]
    certificate: CertificateReport | None
    final_url: str = ""
    status: int | None = None

    def document(self) -> dict[str, object]:
        """Return the JSON document that `markwatch capture --json` prints."""
        certificate = self.certificate
        return {
            "id": self.id,
            "url": self.url,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "fidelity": self.fidelity.value,
            "wacz": str(self.wacz) if self.wacz else None,
            "lost": [dict(item) for item in self.lost],
            "certificate": None
            if certificate is None
            else {
                "valid": certificate.valid,
                "subject": certificate.subject,
                "issuer": certificate.issuer,
                "sha256": certificate.sha256,
                "reason": certificate.reason,
            },
            "final_url": self.final_url,
            "status": self.status,
            "folder": str(self.folder),
        }

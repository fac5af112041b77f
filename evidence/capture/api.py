"""`capture_page`: one page in, one folder of evidence out, whatever the page does.

Rules:
1. the browser runs in a child process; past the deadline the child and its browser are killed
2. everything is written into a hidden folder that gets its name (`<out_dir>/<id>`) only when it is whole
3. the outcome is `complete`, `partial` (something is missing, and `reason` says what) or `failed` (no page came)
4. an address that must not be reached, a site that is down, a hang: each is an outcome with its reason, not an exception

`CaptureError` is raised only where a capture could not be tried: no browser, no room on the disk, a folder in the way.
"""

import contextlib
import errno
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from evidence.capture.browser import browser_env
from evidence.capture.layout import EXIT_DISK_FULL, EXIT_NO_BROWSER, RESULT, media_type, role_of, write_killed
from evidence.capture.request import CaptureRequest
from evidence.errors import CaptureError
from guards.atomic import fsync_folder
from guards.caps import load_json_capped
from guards.egress import EgressPolicy
from guards.errors import DiskFull, GuardError
from notary.digest import digest_file
from records.ids import new_ulid
from records.model import Artifact
from records.terms import CaptureOutcome, Fidelity

MAX_RESULT_BYTES = 20_000_000
_GRACE_S = 75.0
_SCRATCH = "markwatch-capture-"
_LEFT = re.compile(r"\.(EV-\w+)\.(?P<part>\d+)\.part|markwatch-capture-(?P<scratch>\d+)\.\w+")


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How a page is captured. `policy` says what may be reached; `ca_file` holds PEM roots trusted beside the system's.

    `deadline_s` bounds loading, `render_s` one artefact (three times as long, all of them). `max_bytes` bounds all that the browser receives,
    `max_body_bytes` one recorded body, `viewport` is in CSS pixels. With less than
    `disk_floor_bytes` free, no capture is begun.
    """

    policy: EgressPolicy = field(default_factory=EgressPolicy)
    chromium: str = "/usr/bin/chromium"
    deadline_s: float = 60.0
    quiet_s: float = 1.0
    render_s: float = 20.0
    max_bytes: int = 200_000_000
    max_body_bytes: int = 50_000_000
    viewport: tuple[int, int] = (1280, 900)
    lang: str = "zh-CN"
    ca_file: Path | None = None
    disk_floor_bytes: int = 100_000_000


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


def capture_page(url: str, out_dir: Path, options: CaptureOptions, *, capture_id: str = "") -> CaptureResult:
    """Capture one page into `<out_dir>/<id>` and return what was kept (see the module's rules).

    `capture_id` is `EV-` and a ULID, made here where it is empty. Where the folder of this id exists already, a capture
    that was whole, its result is returned and nothing is captured again. Raises `CaptureError`, `DiskFull`.
    """
    name = capture_id or f"EV-{new_ulid()}"
    folder = out_dir / name
    if (folder / RESULT).is_file():
        return read_result(folder)
    _prepare(out_dir, options)
    part = out_dir / f".{name}.{os.getpid()}.part"
    # Chromium's sockets lie in the scratch folder, and a socket's path has at most 107 bytes: hence a short one.
    scratch = Path(tempfile.gettempdir()) / f"{_SCRATCH}{os.getpid()}.{secrets.token_hex(3)}"
    try:
        part.mkdir()
        scratch.mkdir(mode=0o700)
        _run_child(_request(name, url, part, scratch, options), scratch, out_dir)
        _check_part(part)
        _sync(part)
        part.rename(folder)
        fsync_folder(out_dir)
    except OSError as error:
        raise _disk(error, out_dir) from error
    finally:
        for path in (part, scratch):
            shutil.rmtree(path, ignore_errors=True)
    return read_result(folder)


def read_result(folder: Path) -> CaptureResult:
    """Return the result that lies in a capture's folder; raises `CaptureError` for what is no capture of ours."""
    try:
        document = load_json_capped((folder / RESULT).read_bytes(), max_bytes=MAX_RESULT_BYTES)
        return _result(folder, document if isinstance(document, dict) else {})
    except (OSError, GuardError, KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{folder / RESULT} is no capture's record: {error}"
        raise CaptureError(message, "capture the page again into another folder") from error


def _result(folder: Path, document: dict[str, Any]) -> CaptureResult:
    certificate = document["certificate"]
    record = digest_file(folder / RESULT)
    own = Artifact(RESULT, record.size, record.sha256, record.sm3, "capture", media_type(RESULT))
    listed = tuple(
        Artifact(
            item["path"], item["size"], item["sha256"], item["sm3"], role_of(item["path"]), media_type(item["path"])
        )
        for item in document["files"]
    )
    return CaptureResult(
        id=document["id"],
        url=document["url"],
        outcome=CaptureOutcome(document["outcome"]),
        reason=document["reason"],
        fidelity=Fidelity(document["fidelity"]),
        folder=folder,
        wacz=folder / document["wacz"] if document["wacz"] else None,
        captured_at=datetime.fromisoformat(document["captured_at"]),
        artifacts=tuple(sorted((*listed, own), key=lambda item: item.path)),
        lost=tuple(document["lost"]),
        certificate=CertificateReport(**certificate) if certificate else None,
        final_url=document["final_url"],
        status=document["status"],
    )


def _prepare(out_dir: Path, options: CaptureOptions) -> None:
    """Make the folder, sweep what killed captures left, and see that there is room and a browser."""
    if not Path(options.chromium).is_file():
        message = f"no browser at {options.chromium}"
        raise CaptureError(message, "install Chromium (`apt install chromium`) or set MARKWATCH_CHROMIUM")
    if options.ca_file and not options.ca_file.is_file():
        message = f"no file of extra roots at {options.ca_file}"
        raise CaptureError(message, "correct MARKWATCH_EXTRA_CA_FILE")
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out_dir).free
    except OSError as error:
        raise _disk(error, out_dir) from error
    if free < options.disk_floor_bytes:
        message = f"expected {options.disk_floor_bytes} bytes free for a capture in {out_dir}, found {free}"
        raise DiskFull(message, "free some space, then capture again")
    for left in (*out_dir.glob(".EV-*.part"), *Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*")):
        match = _LEFT.fullmatch(left.name)
        if match and not _alive(int(match["part"] or match["scratch"])):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _request(name: str, url: str, part: Path, scratch: Path, options: CaptureOptions) -> CaptureRequest:
    return CaptureRequest(
        id=name,
        url=url,
        folder=str(part.absolute()),
        scratch=str(scratch.absolute()),
        allow_hosts=tuple(sorted(options.policy.allow_hosts)),
        chromium=options.chromium,
        deadline_s=options.deadline_s,
        quiet_s=options.quiet_s,
        render_s=options.render_s,
        max_bytes=options.max_bytes,
        max_body_bytes=options.max_body_bytes,
        viewport=options.viewport,
        lang=options.lang,
        ca_file=str(options.ca_file.absolute()) if options.ca_file else "",
    )


def _run_child(request: CaptureRequest, scratch: Path, out_dir: Path) -> None:
    """Run the child to its end or to the hard deadline; write the record of a capture that was killed.

    The child's standard input is a pipe that we hold: where we are killed it ends, and the child ends itself.
    """
    order = scratch / "request.json"
    request.save(order)
    with (scratch / "stderr").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "evidence.capture.child", str(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            cwd=str(Path(__file__).resolve().parents[2]),
            env={**browser_env(scratch), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            code: int | None = child.wait(request.deadline_s + _GRACE_S + 4 * request.render_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            kill_tree(child)
    if code == 0:
        return
    if shutil.disk_usage(out_dir).free < 1_000_000 or code == EXIT_DISK_FULL:
        message = f"no room left to write the capture in {out_dir}"
        raise DiskFull(message, "free some space, then capture again")
    said = (scratch / "stderr").read_bytes()[-2000:].decode("utf-8", "replace").strip().splitlines()
    if code == EXIT_NO_BROWSER:
        raise CaptureError(said[-1] if said else "the browser did not start", "run `markwatch doctor`")
    reason = (
        "the browser hung and was killed at the hard deadline" if code is None else said[-1] if said else f"exit {code}"
    )
    write_killed(request, reason)


def _check_part(part: Path) -> None:
    if not (part / RESULT).is_file():
        message = "the capturing process ended without a record"
        raise CaptureError(message, "run `markwatch doctor`, then capture again")


def kill_tree(child: "subprocess.Popen[bytes]") -> None:
    """Kill a child with all of its descendants (the browser runs in a process group of its own), and wait for it."""
    family = descendants(child.pid) if child.poll() is None else []
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    for pid in family:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    if child.stdin:
        child.stdin.close()
    child.wait()


def descendants(pid: int) -> list[int]:
    """Return the pids of all processes below `pid`, by /proc (Linux; elsewhere none)."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(status.parent.name))
    found, queue = [], [pid]
    while queue:
        for below in children.get(queue.pop(), []):
            found.append(below)
            queue.append(below)
    return found


def _sync(folder: Path) -> None:
    """Put every file of the folder on the disk before it gets its name."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            fsync_folder(path)
            continue
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    fsync_folder(folder)


def _disk(error: OSError, out_dir: Path) -> GuardError | CaptureError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = f"no room left to write the capture in {out_dir}: {error.strerror}"
        return DiskFull(message, "free some space, then capture again")
    return CaptureError(f"cannot write the capture in {out_dir}: {error}", "check the folder and its rights")

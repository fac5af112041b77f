"""The layers hold, and a planted violation of each contract is found."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PACKAGES = ["guards", "records", "crawler", "detectors", "evidence", "notary", "patrol", "desk", "demo"]


def lint_imports(folder):
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    command = [sys.executable, str(program), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(root, tmp_path_factory):
    """A copy of the house's code that a test may plant things in."""
    folder = tmp_path_factory.mktemp("house")
    for name in PACKAGES:
        shutil.copytree(root / name, folder / name, ignore=lambda path, names: [
            entry for entry in names if not (entry.endswith(".py") or (Path(path) / entry).is_dir())
        ])  # fmt: skip
    shutil.copy(root / "settings.py", folder)
    shutil.copy(root / "pyproject.toml", folder)
    return folder


def test_the_layers_hold(root):
    answer = lint_imports(root)
    assert answer.returncode == 0, answer.stdout
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("guards", "import records.model", "Imports point one way"),
        ("notary", "import evidence", "Imports point one way"),
        ("crawler", "import detectors", "Imports point one way"),
        ("patrol", "import desk", "Imports point one way"),
        ("detectors", "import notary", "Crawler and detectors know no notary"),
        ("evidence", "import records.engine", "The stages know the shared words"),
        ("desk", "import sqlalchemy", "Only records knows SQLAlchemy"),
        ("evidence", "import scrapy", "Only crawler knows Scrapy"),
        ("crawler", "import settings", "Only patrol.app reads settings"),
        ("patrol", "import demo", "Nobody imports the demo"),
        ("detectors", "import socket", "Detectors touch no network"),
        ("detectors", "import guards.http", "Detectors touch no network"),
    ],
)
def test_a_planted_violation_is_found(copy, place, line, contract):
    planted = copy / place / "planted_violation.py"
    planted.write_text(line + "\n", encoding="utf-8")
    try:
        answer = lint_imports(copy)
    finally:
        planted.unlink()
    broken = [entry for entry in answer.stdout.splitlines() if entry.rstrip().endswith("BROKEN") or "BROKEN" in entry]
    assert answer.returncode == 1, answer.stdout
    assert any(entry.startswith(contract) for entry in broken), answer.stdout
    assert f"{place}.planted_violation" in answer.stdout


def test_the_notarys_pure_parts_are_watched(copy):
    digest = copy / "notary" / "digest.py"
    before = digest.read_text(encoding="utf-8")
    digest.write_text(before + "\nimport guards.http\n", encoding="utf-8")
    try:
        answer = lint_imports(copy)
    finally:
        digest.write_text(before, encoding="utf-8")
    assert answer.returncode == 1
    assert "The notary's pure parts touch no network and no database BROKEN" in answer.stdout

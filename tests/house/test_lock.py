"""The lock: every entry hashed, in step with pyproject.toml, torch in both builds, CUDA switched off."""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?")
PIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9a-z.]*( ; .+)? \\")


@pytest.fixture(scope="module")
def text(root):
    return (root / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def entries(script, text):
    return {entry.partition("==")[0]: entry for entry in script("locktext").lock_entries(text)}


@pytest.fixture(scope="module")
def pyproject(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_line_is_a_pin_a_hash_or_a_comment(text):
    for number, line in enumerate(text.splitlines(), 1):
        assert line.startswith("#") or HASH.fullmatch(line) or PIN.fullmatch(line), f"line {number}: {line}"


def test_every_entry_has_a_hash(entries):
    assert len(entries) > 50
    assert [name for name, entry in entries.items() if "--hash=sha256:" not in entry] == []


def test_it_names_no_index(text):
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


def test_it_is_in_step_with_pyproject(root):
    answer = subprocess.run([sys.executable, "scripts/lock.py", "--check"], cwd=root, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr.decode()


def normal(requirement):
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>!~; ]", requirement)[0]).lower()


def test_every_declared_dependency_is_pinned_and_locked(pyproject, entries):
    project = pyproject["project"]
    declared = [
        *project["dependencies"],
        *(name for group in project["optional-dependencies"].values() for name in group),
    ]
    for requirement in declared:
        assert "==" in requirement, requirement
        name, version = normal(requirement), requirement.partition("==")[2]
        assert entries[name].startswith(f"{name}=={version} "), requirement


def test_torch_is_there_in_both_builds(pyproject, entries):
    hashes = re.findall(r"sha256:[0-9a-f]{64}", entries["torch"])
    cpu = pyproject["tool"]["markwatch"]["lock"]["extra-hashes"]["torch"]
    assert set(cpu) < set(hashes)
    assert len(hashes) - len(cpu) >= 5
    assert entries["torch"].startswith("torch==2.13.0 ")


def test_the_torch_at_hand_is_one_that_the_lock_knows(entries):
    assert metadata.version("torch").partition("+")[0] == "2.13.0"
    folders = [Path(place) for place in os.environ.get("PIP_FIND_LINKS", "").split() if Path(place).is_dir()]
    for wheel in (wheel for folder in folders for wheel in folder.glob("torch-2.13.0*.whl")):
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        assert f"sha256:{digest}" in entries["torch"], wheel.name


def test_cuda_packages_are_locked_but_switched_off(script, entries):
    marker = script("locktext").CUDA_MARKER
    names = [name for name in entries if script("lock").CUDA_NAMES.match(name)]
    assert "triton" in names
    for name in names:
        assert f" ; {marker}" in entries[name], name
    assert [name for name, entry in entries.items() if marker in entry and name not in names] == []


def test_what_is_installed_here_is_what_the_lock_says(script, entries):
    from packaging.requirements import Requirement

    wrong = []
    for entry in entries.values():
        requirement = Requirement(entry.partition(" \\")[0])
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        found = metadata.version(requirement.name).partition("+")[0]
        if not requirement.specifier.contains(found):
            wrong.append(f"{requirement} found {found}")
    assert wrong == []


RESOLUTION = """\
nvidia-x==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:aa
other==2.0 \\
    --hash=sha256:bb
torch==3.0 \\
    --hash=sha256:cc \\
    --hash=sha256:dd
triton==1.1 \\
    --hash=sha256:ee
"""


def test_rewriting_switches_cuda_off_and_adds_hashes(script):
    written = script("lock").rewritten(
        RESOLUTION, {"torch": ["sha256:ff", "sha256:dd"]}, ["teacher==1 --hash=sha256:gg"]
    )
    assert "nvidia-x==1.0 ; extra == 'cuda' and (sys_platform == 'linux') \\\n    --hash=sha256:aa\n" in written
    assert "triton==1.1 ; extra == 'cuda' \\\n" in written
    assert "    --hash=sha256:dd \\\n    --hash=sha256:ff\n" in written
    assert "other==2.0 \\\n    --hash=sha256:bb\n" in written
    assert "teacher==1 ; extra == 'download' \\\n    --hash=sha256:gg\n" in written


def test_rewriting_twice_changes_nothing(script):
    lock = script("lock")
    arguments = {"torch": ["sha256:ff"]}, ["teacher==1 --hash=sha256:gg"]
    once = lock.rewritten(RESOLUTION, *arguments)
    assert lock.rewritten(lock.resolution_of(once), *arguments) == once


def test_mere_downloads_are_hashed_and_not_installed(script, text, pyproject):
    found = script("locktext").downloads(text)
    names = [item.partition("==")[0] for item in pyproject["tool"]["markwatch"]["lock"]["downloads"]]
    assert re.findall(r"^([a-z-]+)==[0-9.]+ \\$", found, re.MULTILINE) == names
    assert "extra ==" not in found
    assert "--hash=sha256:" in found


def test_splitting_gives_the_build_tools_and_the_cuda_section_switched_on(script, text):
    tools, cuda = script("locktext").split_lock(text)
    assert re.findall(r"^([a-z-]+)==", tools, re.MULTILINE) == sorted(script("locktext").BUILD_TOOLS)
    assert "extra ==" not in cuda
    assert re.search(r"^triton==", cuda, re.MULTILINE)
    assert all(HASH.fullmatch(line) or PIN.fullmatch(line) for line in cuda.splitlines() if line)


def test_the_digest_changes_with_what_is_asked_for(script, pyproject):
    lock = script("lock")
    before = lock.digest_of(lock.asked_for(pyproject))
    pyproject["project"]["dependencies"].append("one-more==1.0")
    assert lock.digest_of(lock.asked_for(pyproject)) != before
    pyproject["project"]["dependencies"].pop()

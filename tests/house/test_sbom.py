"""The bill of materials is valid CycloneDX, in step with the lock, and covers what is carried beside packages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@pytest.fixture(scope="module")
def sbom(root):
    return json.loads((root / "sbom.cdx.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def components(sbom):
    return {component["bom-ref"]: component for component in sbom["components"]}


def test_it_is_in_step(root):
    command = [sys.executable, "scripts/sbom.py", "--check"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_it_is_valid(root):
    text = (root / "sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_every_locked_package_is_listed(script, root, components):
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    pins = {f"pypi:{entry.partition(' ')[0]}" for entry in script("locktext").lock_entries(lock)}
    assert pins == {ref for ref in components if ref.startswith("pypi:")}


def test_nearly_every_required_package_names_its_licence(components):
    required = [item for ref, item in components.items() if ref.startswith("pypi:") and item["scope"] == "required"]
    silent = sorted(item["name"] for item in required if not item.get("licenses"))
    assert len(silent) <= len(required) / 10, silent


def test_models_and_fonts_are_listed_with_their_licences(components):
    for name in ("universal-sentence-encoder-multilingual", "fonts-noto-cjk", "fonts-noto-color-emoji"):
        assert components[f"carried:{name}"]["licenses"], name


def test_every_carried_file_is_listed(script, root, tracked, components):
    sbom = script("sbom")
    wanted = {
        f"file:{ref.as_posix()}"
        for ref in tracked
        if ref.name.endswith(sbom.CARRIED_SUFFIXES) and ref.parts[0] != "tests"
    }
    assert wanted <= set(components)


def test_a_new_vendored_file_is_noticed(script, tmp_path, monkeypatch):
    sbom = script("sbom")
    monkeypatch.setattr(sbom, "ROOT", tmp_path)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk/x.min.js").write_text("1")
    files = list(sbom.carried_files([Path("desk/x.min.js"), Path("desk/own.py")]))
    assert [item.name for item in files] == ["desk/x.min.js"]
    assert next(iter(files[0].hashes)).content == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"


def test_written_twice_it_is_the_same(script, root):
    sbom = script("sbom")
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    assert sbom.document(lock, []) == sbom.document(lock, [])

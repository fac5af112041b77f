"""Every third-party import is declared, and every declared dependency is imported or named here with its reason."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib import metadata

import pytest

HOUSE = {
    "settings",
    "guards",
    "records",
    "crawler",
    "detectors",
    "evidence",
    "notary",
    "patrol",
    "desk",
    "demo",
    "bench",
}
# Declared, yet imported by nobody.
NOT_IMPORTED = {
    "import-linter": "a tool of make lint",
    "mypy": "a tool of make lint",
    "ruff": "a tool of make lint",
    "uv": "resolves the lock",
    "pytest-xdist": "runs make test on both cores",
    "types-pyyaml": "types for mypy",
    "python-multipart": "FastAPI reads forms with it",
    "wacz": "its command writes and validates the web archives",
    "opentimestamps-client": "its command `ots` stamps, reads and checks in the tests",
}
# Imported where it is present, never needed: module -> reason.
NOT_DECLARED = {
    "django": "the shop of tests/real has an environment of its own",
    "oscar": "the shop of tests/real has an environment of its own",
    "waitress": "the shop of tests/real has an environment of its own",
    "_typeshed": "types that only a type checker sees",
    "locktext": "a script beside the one that imports it",
    "style": "a script beside the one that imports it",
}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def data_package(node):
    """The package whose data files a call `files("package")` of importlib.resources opens."""
    is_files = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "files"
    given = node.args[0] if is_files and node.args else None
    return [given.value] if isinstance(given, ast.Constant) and isinstance(given.value, str) else []


@pytest.fixture(scope="module")
def imported(root, tracked):
    """module -> a file that imports it, for all that is neither ours nor Python's."""
    found = {}
    own = {path.stem for path in tracked if path.parts[0] == "tests" and path.suffix == ".py"}
    for path in (path for path in tracked if path.suffix == ".py"):
        for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            names += data_package(node)
            for name in (name.partition(".")[0] for name in names):
                if name not in HOUSE and name not in sys.stdlib_module_names and name not in own:
                    found.setdefault(name, str(path))
    return found


@pytest.fixture(scope="module")
def declared(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return {normal(re.split(r"[\[=]", requirement)[0]) for items in lists for requirement in items}


@cache
def distributions():
    return metadata.packages_distributions()


def providers(module):
    return {normal(name) for name in distributions().get(module, [])}


def test_every_third_party_import_is_declared(imported, declared):
    unknown = {name: place for name, place in imported.items() if name not in NOT_DECLARED}
    assert {name: place for name, place in unknown.items() if not providers(name) & declared} == {}


def test_every_declared_dependency_is_imported(imported, declared):
    used = {name for module in imported for name in providers(module)}
    assert declared - used - set(NOT_IMPORTED) == set()


def test_the_lists_of_exceptions_are_not_longer_than_needed(imported, declared):
    used = {name for module in imported for name in providers(module)}
    assert set(NOT_IMPORTED) <= declared
    assert set(NOT_IMPORTED) & used == set()
    assert all(NOT_IMPORTED.values())
    assert set(NOT_DECLARED) <= set(imported)

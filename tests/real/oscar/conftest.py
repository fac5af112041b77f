"""The running Oscar shop, one for the whole session."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


def _load_harness() -> ModuleType:
    """Load harness.py beside this file (tests are no package)."""
    name = "oscar_harness"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("harness.py"))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def oscar_harness() -> ModuleType:
    """The harness module."""
    return _load_harness()


@pytest.fixture(scope="session")
def oscar_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """The shop, loaded and answering (an `OscarShop`)."""
    with _load_harness().start(tmp_path_factory.mktemp("oscar")) as shop:
        yield shop

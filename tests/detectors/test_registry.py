"""Discovery of detectors: a name used twice, or a broken file, stops the start with a clear error."""

import importlib
import sys
import textwrap
from pathlib import Path

import pytest

import detectors.rules
from detectors.engine import Engine
from detectors.errors import BrokenDetector, DuplicateDetector
from detectors.registry import checked, discover
from detectors.rulekit import Rule
from detectors.types import Detector, Stage


class _One(Rule):
    name = "one"


class _AlsoOne(Rule):
    name = "one"
    stage = Stage.FIND


def test_discovers_one_detector_a_file() -> None:
    found = discover()
    folder = Path(next(iter(detectors.rules.__path__)))
    files = [path for path in folder.glob("*.py") if path.stem != "__init__"]
    assert len(found) == len(files)
    assert all(isinstance(item, Detector) for item in found)


def test_order_is_by_stage_then_name() -> None:
    keys = [(item.stage, item.name) for item in discover()]
    assert keys == sorted(keys)


def test_duplicate_name_is_refused_and_both_files_are_named() -> None:
    with pytest.raises(DuplicateDetector) as caught:
        checked([("rules.a", _One()), ("rules.b", _AlsoOne())])
    assert "rules.a" in str(caught.value)
    assert "rules.b" in str(caught.value)
    assert "rename" in caught.value.next_step
    assert caught.value.exit_code == 3


def test_a_file_without_detector_is_refused() -> None:
    with pytest.raises(BrokenDetector, match=r"rules\.empty"):
        checked([("rules.empty", None)])


def test_new_file_is_found_without_an_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "extra_rule.py").write_text(
        textwrap.dedent(
            """
            from detectors.rulekit import Rule
            class Extra(Rule):
                '''A rule that a test adds.'''
                name = "extra"
            DETECTOR = Extra()
            """
        ),
        encoding="utf-8",
    )
    monkeypatch.setattr(detectors.rules, "__path__", [*detectors.rules.__path__, str(tmp_path)])
    discover.cache_clear()
    try:
        assert "extra" in {item.name for item in discover()}
    finally:
        discover.cache_clear()
        sys.modules.pop("detectors.rules.extra_rule", None)
        importlib.invalidate_caches()


def test_duplicate_file_stops_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "copy_of_name.py").write_text("from detectors.rules.name import DETECTOR\n", encoding="utf-8")
    monkeypatch.setattr(detectors.rules, "__path__", [*detectors.rules.__path__, str(tmp_path)])
    discover.cache_clear()
    try:
        with pytest.raises(DuplicateDetector):
            Engine([])
    finally:
        discover.cache_clear()
        sys.modules.pop("detectors.rules.copy_of_name", None)

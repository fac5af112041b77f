"""The guide to plug-ins is true: each example is put into its folder, found there, and keeps its own examples."""

import importlib.util
import re
import shutil
import sys
from datetime import date
from pathlib import Path

import pytest

from crawler.extract.document import Document
from crawler.extract.profile import SITES, load_profiles, profiled_next, read_profiled
from detectors import registry
from detectors.engine import Engine
from detectors.errors import DuplicateDetector
from detectors.types import Options
from notary import anchors
from notary.errors import AnchorMisconfigured
from patrol.app import build

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")


def block(language: str, number: int = 0) -> str:
    """Return the text of the guide's nth block in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)[number]


def load(path: Path):
    """Import a file as a module of its own."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def detector(tmp_path):
    """Give the guide's detector."""
    path = tmp_path / "guide_giveaway.py"
    path.write_text(block("python", 0), encoding="utf-8")
    return load(path).DETECTOR


def test_the_guides_site_reads_its_page(tmp_path):
    for saved in SITES.iterdir():
        shutil.copy(saved, tmp_path / saved.name)
    (tmp_path / "stall.toml").write_text(block("toml"), encoding="utf-8")
    (tmp_path / "stall.html").write_text(block("html"), encoding="utf-8")
    (profile,) = [one for one in load_profiles(tmp_path) if one.name == "stall"]
    (example,) = profile.examples
    document = Document((tmp_path / example["file"]).read_bytes(), example["url"])
    reading = read_profiled(document, [profile])
    assert len(reading.items) == example["items"]
    assert reading.missing == ()
    assert profiled_next(document, [profile]) == example["next"]
    first = reading.items[0]
    price = first.listing.price.low
    assert (first.own_id, first.listing.title) == (example["first"]["id"], example["first"]["title"])
    assert (f"{price.amount} {price.currency}", first.listing.images[0]) == (
        example["first"]["price"],
        example["first"]["image"],
    )


def test_the_guides_detector_says_what_its_examples_say(detector):
    together = registry.checked([(one.name, one) for one in (*registry.discover(), detector)])
    assert detector in together
    for example in detector.examples():
        engine = Engine([example.right], {}, Options(today=date(2026, 6, 1)), detectors=together)
        said = {finding.rule for hit in engine.detect(example.listing) for finding in hit.findings}
        assert (example.rule in said) is example.says


def test_a_name_used_twice_stops_the_start(detector):
    with pytest.raises(DuplicateDetector, match="giveaway"):
        registry.checked([("one", detector), ("two", detector)])


def test_the_guides_anchor_is_found(tmp_path, monkeypatch):
    (tmp_path / "member_calendar.py").write_text(block("python", 1), encoding="utf-8")
    monkeypatch.setattr(anchors, "__path__", [*anchors.__path__, str(tmp_path)])
    kinds = anchors.discover()
    assert {"member-calendar", "opentimestamps"} <= set(kinds)
    calendar = kinds["member-calendar"].build(
        "https://calendar.example/member/12", anchors.Reach(anchors.EgressPolicy(frozenset({"calendar.example"})))
    )
    assert calendar.operator
    monkeypatch.delitem(sys.modules, "notary.anchors.member_calendar")


def test_the_guides_anchor_is_chosen_by_the_settings_that_it_names(tmp_path, monkeypatch):
    (tmp_path / "member_calendar.py").write_text(block("python", 1), encoding="utf-8")
    (line,) = re.findall(r"MARKWATCH_CALENDARS=(\S+)`", GUIDE)
    made = []
    with monkeypatch.context() as patch:
        patch.setattr(anchors, "__path__", [*anchors.__path__, str(tmp_path)])
        kind = anchors.discover()["member-calendar"]
        taken = anchors.AnchorKind(
            kind.name, lambda url, reach: made.append(url) or kind.build(url, reach), kind.examples
        )
        patch.setattr(sys.modules["notary.anchors.member_calendar"], "KIND", taken)
        app = build({"MARKWATCH_HOME": str(tmp_path / "home"), "MARKWATCH_CALENDARS": line})
        assert app.notary is not None
        app.close()
        del sys.modules["notary.anchors.member_calendar"]
    assert made == ["https://calendar.example/member/12"]


def test_an_anchor_of_no_known_kind_stops_the_start(tmp_path):
    app = build({"MARKWATCH_HOME": str(tmp_path / "home"), "MARKWATCH_CALENDARS": "court+https://calendar.example"})
    with pytest.raises(AnchorMisconfigured, match="unknown anchor kind 'court'; there are: opentimestamps") as caught:
        _ = app.notary
    app.close()
    assert caught.value.exit_code == 3
    assert "MARKWATCH_CALENDARS" in caught.value.in_lang("zh")

"""What is kept for each hit: the steps from the name to the place in words, the runner-up, versions."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import detectors
from detectors.engine import Engine
from detectors.findings import RUNNER_UP, _tree
from detectors.steps import steps
from detectors.types import Options
from records.hits_file import hit_document
from records.model import Hit, Right

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


@pytest.mark.parametrize(
    ("name", "shown", "told"),
    [
        ("善岭坊", "膳岭坊", ["善→膳, same sound shàn"]),
        ("岚鹿坡", "岚路★坡", ["鹿→路, same sound lù", "“★” taken out"]),
        ("砚溪雁", "硯溪雁", ["砚→硯, another form of the same character"]),
        ("砚溪雁", "砚 溪\u200b雁", ["spaces or invisible characters taken out"]),
        ("好岭泉", "女子岭泉", ["好→女子, split into its components"]),
        ("羊绒坊", "yang绒坊", ["羊→yang, written in pinyin"]),
        ("岚鹿山坡", "岚鹿之山坡", ["“之” put in"]),
        ("岚鹿山坡", "岚鹿坡", ["“山” left out"]),
        ("岚沟苦荞", "岚沟头茬特级苦荞", ["“头茬特级” put in"]),
        ("岚沟苦荞", "苦荞 岚沟", ["the same characters in another order"]),
        ("Dolvane", "D0LVANE", ["o→0, a sign that looks like it"]),
        ("Dolvane", "DOLVANE", []),
        ("砚溪雁", "保温杯", []),
    ],
)
def test_steps_in_words(name: str, shown: str, told: list[str]) -> None:
    assert [step.en for step in steps(name, shown)] == told
    assert len([step.zh for step in steps(name, shown)]) == len(told)


@given(st.text(max_size=80), st.text(max_size=200))
def test_any_two_texts_are_compared(name: str, shown: str) -> None:
    assert len(steps(name, shown)) <= 200
    assert steps(name, name) == steps(name, name)


def test_a_long_comparison_ends() -> None:
    assert steps("岚" * 10_000, "坡" * 10_000) == ()


@pytest.mark.parametrize(
    ("title", "step"),
    [
        ("砚★溪★雁 茶叶", "去掉“★”"),
        ("彦溪雁 茶叶", "砚→彦,同音yàn"),
        ("yan溪雁 茶叶", "砚→yan,写成拼音"),
    ],
)
def test_a_finding_tells_its_steps(mark: Make, detect: Detect, title: str, step: str) -> None:
    (hit,) = detect(mark(), title)
    assert step in {one.zh for finding in hit.findings for one in finding.steps}
    document = hit_document(hit, "zh")
    assert step in {one for finding in document["findings"] for one in finding.get("steps", ())}


def test_the_name_itself_has_no_steps(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(aliases=("砚溪",)), "砚溪雁 茶叶")
    assert all(not finding.steps for finding in hit.findings if finding.rule == "name.exact")


def test_each_hit_names_the_runner_up(mark: Make, detect: Detect) -> None:
    first, second = mark(id="a", name="砚溪雁"), mark(id="b", name="砚溪雁茶", goods=("手机",))
    hits = {hit.right_id: hit for hit in detect([first, second], "砚溪雁 茶叶 砚溪雁茶")}
    assert set(hits) == {"a", "b"}
    for right, other in (("a", "b"), ("b", "a")):
        document = hit_document(hits[right], "en")
        assert document["runner_up"] == {"right": other, "score": hits[other].score}
        assert document["findings"][-1]["rule"] == RUNNER_UP


def test_a_lone_hit_has_no_runner_up(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "砚溪雁 茶叶")
    assert "runner_up" not in hit_document(hit, "zh")


def test_versions_name_threshold_and_calibration(mark: Make) -> None:
    one, other = (Engine([mark()], options=Options(threshold=value)).versions for value in (0.5, 0.6))
    assert one["threshold"] == "0.5000"
    assert other["threshold"] == "0.6000"
    assert one["calibration"] == other["calibration"]
    assert Engine([], options=Options(calibrate=False)).versions["calibration"] == "off"
    assert len(one["calibration"]) == 64


def test_the_digest_of_the_detectors_covers_all_that_they_read() -> None:
    """Code, tables and the weights of the network: a change of any of them makes old hits out of date."""
    folder = Path(detectors.__file__).parent
    kept = {name for name, _ in _tree(files("detectors"))}
    there = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kept == there
    assert any(name.endswith(".onnx") for name in kept)

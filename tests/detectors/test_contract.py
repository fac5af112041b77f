"""The contract of every detector, run on its own examples; a new detector is tested without a line here."""

import inspect
from datetime import date

import pytest

from detectors.case import Case
from detectors.engine import Engine
from detectors.profile import build
from detectors.registry import discover
from detectors.types import AGAINST, Clue, Detector, Example, Needle, Options, Stage
from detectors.view import ListingView
from records.model import Hit

DAY = date(2026, 6, 1)
DETECTORS = discover()
CASES = [
    pytest.param(detector, example, id=f"{detector.name}-{number}")
    for detector in DETECTORS
    for number, example in enumerate(detector.examples())
]


def _hits(example: Example) -> list[Hit]:
    engine = Engine(
        [example.right],
        {example.right.id: example.references},
        Options(today=DAY, ocr=example.read),
        example.authorizations,
    )
    return engine.detect(example.listing, example.images)


@pytest.mark.parametrize(("detector", "example"), CASES)
def test_example_is_answered_as_it_says(detector: Detector, example: Example) -> None:
    hits = _hits(example)
    said = {finding.rule for hit in hits for finding in hit.findings if finding.detector == detector.name}
    assert (example.rule in said) is example.says, (example.listing.title, said)
    if example.outcome is not None:
        assert [hit.outcome for hit in hits] == [example.outcome]
    if example.alert is not None:
        assert any(hit.alert for hit in hits) is example.alert


@pytest.mark.parametrize(("detector", "example"), CASES)
def test_findings_are_sound(detector: Detector, example: Example) -> None:
    for hit in _hits(example):
        for finding in hit.findings:
            assert 0 <= finding.score <= 1
            assert finding.score == round(finding.score, 4)
            assert finding.explanation.zh.endswith("。")
            assert finding.explanation.en.endswith(".")
            assert "侵权" not in finding.explanation.zh
            assert finding.versions
            if finding.field in {"title", "description", "seller"} and finding.end:
                assert finding.text == getattr(example.listing, finding.field)[finding.start : finding.end]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_has_examples_for_and_against(detector: Detector) -> None:
    says = {example.says for example in detector.examples()}
    assert True in says
    assert len(list(detector.examples())) >= 2


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_is_documented_and_listed_rules_appear(detector: Detector) -> None:
    text = inspect.getdoc(type(detector)) or ""
    assert len(text) > 60, f"the class docstring of {detector.name} should say what its rules find and when"
    for example in detector.examples():
        last = example.rule.split(".")[-1]
        assert last in text, f"{example.rule} is not in the docstring of {detector.name}"


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_needles_and_clues_carry_its_name(detector: Detector) -> None:
    for example in detector.examples():
        profile = build(example.right, example.references, example.authorizations)
        for needle in detector.needles(profile):
            assert isinstance(needle, Needle)
            assert needle.detector == detector.name
            assert needle.text
        case = Case(ListingView(example.listing, 1000), profile, (), Options(today=DAY))
        for clue in detector.run(case):
            assert isinstance(clue, Clue)
            assert clue.detector == detector.name


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.name)
def test_weighing_detectors_find_nothing_by_themselves(detector: Detector) -> None:
    if detector.stage is Stage.FIND:
        assert detector.kinds
        return
    for example in detector.examples():
        case = Case(ListingView(example.listing, 1000), build(example.right), (), Options(today=DAY))
        assert not [clue for clue in detector.run(case) if clue.effect.value == "find"]


def test_what_speaks_against_is_marked_so() -> None:
    seen = 0
    for detector in DETECTORS:
        for example in detector.examples():
            for hit in _hits(example):
                for finding in hit.findings:
                    seen += finding.against
    assert seen > 5
    assert AGAINST

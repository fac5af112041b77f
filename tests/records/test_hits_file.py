"""hits.jsonl as it is promised: fields, order, rounding, languages, whole or not at all."""

import json
from pathlib import Path

import pytest

from records.errors import BadValue
from records.model import Finding, Hit, Text
from records.portfolio import write_hits
from records.terms import Outcome

WORD = Finding(
    "names", "exact", "title", 0.912345, Text("标题含“驼铃坊”", "the title holds 驼铃坊"), start=2, end=5, text="驼铃坊"
)
PICTURE = Finding(
    "images", "phash", "images[0]", 0.8, Text("图片相近", "alike"), region=(1, 2, 30, 40), reference_id="R1"
)
AGAINST = Finding("context", "class", "title", 0.1, Text("类别不同", "another class"), against=True, ground="商标法")
HIT = Hit("h1", "L1", "R1", 0.876543, True, Outcome.SUSPECTED, (WORD, PICTURE, AGAINST))
OTHER = Hit("h2", "L1", "A1", 0.5, False, Outcome.VERIFY_ORIGIN, ())


def test_a_hit_is_written_as_promised(tmp_path: Path) -> None:
    path = tmp_path / "hits.jsonl"
    assert write_hits(path, [HIT], "zh") == 1
    assert json.loads(path.read_text("utf-8")) == {
        "listing": "L1", "right": "R1", "score": 0.8765, "alert": True, "outcome": "suspected",
        "findings": [
            {"detector": "names", "rule": "exact", "field": "title", "start": 2, "end": 5, "text": "驼铃坊",
             "score": 0.9123, "explanation": "标题含“驼铃坊”"},
            {"detector": "images", "rule": "phash", "field": "images[0]", "start": 0, "end": 0, "text": "",
             "score": 0.8, "explanation": "图片相近", "region": [1, 2, 30, 40], "reference": "R1"},
            {"detector": "context", "rule": "class", "field": "title", "start": 0, "end": 0, "text": "", "score": 0.1,
             "explanation": "类别不同", "against": True, "ground": "商标法"},
        ],
    }  # fmt: skip


def test_the_order_does_not_depend_on_the_callers(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write_hits(one, [HIT, OTHER], "en")
    write_hits(two, iter([OTHER, HIT]), "en")
    assert one.read_bytes() == two.read_bytes()
    assert [json.loads(line)["right"] for line in one.read_text("utf-8").splitlines()] == ["A1", "R1"]
    assert "the title holds 驼铃坊" in one.read_text("utf-8")


def test_no_hits_make_an_empty_file(tmp_path: Path) -> None:
    assert write_hits(tmp_path / "hits.jsonl", []) == 0
    assert (tmp_path / "hits.jsonl").read_bytes() == b""


def test_what_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "hits.jsonl"
    path.write_text("before")
    bad = Hit("h", "L1", "R1", float("nan"), True, Outcome.SUSPECTED, ())
    with pytest.raises(BadValue, match="finite scores"):
        write_hits(path, [OTHER, bad])
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_line_separators_inside_a_text_do_not_break_a_line(tmp_path: Path) -> None:
    path = tmp_path / "hits.jsonl"
    odd = Finding("names", "r", "title", 1.0, Text("a\nb\u2028c", ""), text="\ud800x")
    write_hits(path, [Hit("h", "L1", "R1", 1.0, True, Outcome.SUSPECTED, (odd,))])
    assert path.read_bytes().count(b"\n") == 1
    assert json.loads(path.read_bytes())["findings"][0]["text"] == "\ufffdx"

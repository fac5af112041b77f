"""Combination of clues, legal grounds, and the context model."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detectors import build_model, grounds
from detectors.combine import combine
from detectors.context import ContextModel, missing
from detectors.engine import Engine
from detectors.errors import BadGround, ModelMissing, TeacherMissing
from detectors.types import Clue, Effect, Options, Span
from records.model import Listing, Right, Text
from records.terms import GiRoute, Outcome

DAY = date(2026, 6, 1)
WORDS = Text("句。", "Sentence.")
TITLE = Span("title", 0, 3)


def _clue(effect: Effect, score: float, span: Span | None = TITLE, target: Span | None = None) -> Clue:
    return Clue("d", f"d.{effect}", score, WORDS, effect=effect, span=span, target=target)


CLUES = st.lists(
    st.builds(
        _clue,
        st.sampled_from(list(Effect)),
        st.floats(0, 1),
        st.sampled_from([TITLE, Span("description", 4, 9), None]),
        st.sampled_from([None, TITLE]),
    ),
    max_size=8,
)


@given(CLUES)
def test_scores_stay_in_bounds_and_alerts_follow_the_outcome(clues: list[Clue]) -> None:
    verdict = combine(clues, 0.5)
    assert 0 < verdict.score < 1
    assert verdict.score == round(verdict.score, 4)
    if verdict.outcome in {Outcome.AUTHORISED, Outcome.EXCLUDED}:
        assert not verdict.alert


@example([_clue(Effect.FIND, 1.0), _clue(Effect.LOWER, 0.5, None, TITLE), _clue(Effect.CANCEL, 0.0, None, TITLE)])
@given(CLUES)
def test_the_order_of_clues_does_not_matter(clues: list[Clue]) -> None:
    assert combine(clues, 0.5) == combine(clues[::-1], 0.5)


@given(CLUES, st.floats(0, 1))
def test_what_speaks_against_never_raises(clues: list[Clue], share: float) -> None:
    before = combine(clues, 0.5).score
    for effect in (Effect.LOWER, Effect.CANCEL, Effect.AUTHORISE):
        assert combine([*clues, _clue(effect, share)], 0.5).score <= before


def test_a_second_reason_elsewhere_helps_and_at_the_same_place_does_not() -> None:
    one = [_clue(Effect.FIND, 0.7)]
    same = combine([*one, _clue(Effect.FIND, 0.6, Span("title", 1, 2))], 0.5).score
    elsewhere = combine([*one, _clue(Effect.FIND, 0.6, Span("description", 0, 2))], 0.5).score
    assert same == 0.7
    assert elsewhere > 0.7


def test_a_targeted_cancel_leaves_other_places_alone() -> None:
    other = Span("description", 0, 3)
    clues = [_clue(Effect.FIND, 0.8), _clue(Effect.FIND, 0.7, other), _clue(Effect.CANCEL, 1, TITLE, TITLE)]
    assert combine(clues, 0.5).score > 0.69


def test_verify_is_the_outcome_and_keeps_the_score() -> None:
    verdict = combine([_clue(Effect.FIND, 0.7), _clue(Effect.VERIFY, 0)], 0.5)
    assert (verdict.outcome, verdict.score, verdict.alert) == (Outcome.VERIFY_ORIGIN, 0.7, True)


@pytest.mark.parametrize(("day", "version"), [(date(2026, 12, 31), "2019年修正"), (date(2027, 1, 1), "2026年修订")])
def test_the_law_is_chosen_by_the_day(day: date, version: str) -> None:
    ground = grounds.choose("trademark", day)
    assert ground is not None
    assert ground.text_version == version


def test_routes_are_never_merged_and_foreign_law_is_not_used() -> None:
    laws = {route: grounds.choose("gi", DAY, route=route) for route in GiRoute}
    assert len({ground.shown for ground in laws.values() if ground}) >= 3
    assert grounds.choose("gi", DAY, territory=("US",)) is None
    assert grounds.choose("trademark", date(1990, 1, 1)) is None


def test_what_was_not_read_is_marked() -> None:
    assert all(ground.quoted or ground.shown.endswith("〔待核对〕") for ground in grounds.load())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[ground]]\ntopic='x'",
        "[[ground",
        "[[ground]]\ntopic='t'\nlaw='l'\nlaw_en='l'\ntext_version='v'\nfrom='soon'\nterritory='CN'\nquoted=false",
    ],
)
def test_a_bad_grounds_file_is_named(text: str) -> None:
    with pytest.raises(BadGround, match=r"cn-x\.toml"):
        grounds.parse(text, "cn-x.toml")


def test_a_missing_model_says_what_to_do(tmp_path: Path, mark: Callable[..., Right]) -> None:
    gone = str(tmp_path / "nowhere")
    assert gone in missing(gone)
    assert "context is off" in missing("")
    with pytest.raises(ModelMissing) as caught:
        Engine([mark()], options=Options(model=gone, today=DAY)).detect(Listing("1", "砚溪雁 毛衣"))
    assert "build_model" in caught.value.next_step
    assert caught.value.exit_code == 3


def test_the_model_tells_classes_of_goods_apart(model_dir: Path) -> None:
    model = ContextModel(str(model_dir))
    near = model.fit("加厚 保暖 毛衣 女士围巾", ("围巾",), (25,))
    far = model.fit("图书 画册 精装 出版社", ("围巾",), (25,))
    assert near is not None
    assert far is not None
    assert near.value > far.value
    assert model.fit("", ("围巾",), ()) is None
    assert model.fit("毛衣", (), ()) is None
    assert len(model.digest) == 64


def test_the_model_lowers_and_never_finds(
    model_dir: Path, detect: Callable[..., list], mark: Callable[..., Right]
) -> None:
    options = {"model": str(model_dir)}
    assert detect(mark(), "加厚 保暖 毛衣", options=options) == []
    (hit,) = detect(mark(), "砚溪雁 汽车轮胎 自行车配件", options=options)
    assert hit.findings[0].rule == "name.exact"
    assert hit.findings[0].versions["model"] != "off"
    assert "goods.unrelated" in {finding.rule for finding in hit.findings}
    assert hit.score < detect(mark(), "砚溪雁 汽车轮胎 自行车配件")[0].score


def test_the_built_model_is_whole_and_names_its_teacher(model_dir: Path) -> None:
    assert build_model.is_built(model_dir)


def test_a_changed_model_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / build_model.MANIFEST).write_text('{"teacher": {"sha256": "x"}, "files": {}}', encoding="utf-8")
    assert not build_model.is_built(tmp_path)
    assert not build_model.is_built(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"not a wheel"])
def test_a_wrong_teacher_is_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("teacher.whl", "teacher.onnx"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(TeacherMissing) as caught:
            build_model.teacher_bytes(path)
        assert "--teacher" in caught.value.next_step


def test_a_refused_build_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    assert build_model.main(["--out", str(out), "--teacher", str(tmp_path / "none.whl")]) == 3
    assert list(tmp_path.iterdir()) == []
    assert "error:" in capsys.readouterr().err


def test_vocabulary_holds_every_everyday_character_once() -> None:
    words = [word for word, _ in build_model.vocabulary()]
    assert len(words) == len(set(words))
    assert {"茶", "围巾", "砚"} <= set(words)


def test_reduction_weights_rare_words_more() -> None:
    vectors = np.random.default_rng(1).normal(size=(400, 300)).astype(np.float32)
    reduced = build_model.reduce(vectors, [100_000] * 200 + [1] * 200)
    assert reduced.shape == (400, 256)
    lengths = np.linalg.norm(reduced, axis=1)
    assert lengths[:200].mean() < lengths[200:].mean()
    assert np.array_equal(reduced, build_model.reduce(vectors, [100_000] * 200 + [1] * 200))

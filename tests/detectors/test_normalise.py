"""Folding: what it unites, what it keeps apart, and the way back to the original."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.normalise import Folded, Gap, fold, fold_char, is_han, key

ANY_TEXT = st.text(alphabet=st.characters(), max_size=80)
"""Every code point, lone surrogates included."""


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = key(text)
    assert key(once) == once


@given(ANY_TEXT)
def test_every_folded_character_knows_its_place(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.origins) == len(folded.ends) == len(folded.gaps)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.origins, folded.ends, strict=True))
    assert list(folded.origins) == sorted(folded.origins)
    for char, origin in zip(folded.text, folded.origins, strict=True):
        assert char in fold_char(text[origin])


@given(ANY_TEXT, st.data())
def test_a_span_leads_back_to_text_that_folds_to_it(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    low, high = folded.original(start, end)
    assert folded.text[start:end] in key(text[low:high])


@given(st.text(alphabet="砚溪雁茶叶abc 。★\u200b", max_size=30), st.data())
def test_locate_is_the_inverse_of_original(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    assert folded.locate(*folded.original(start, end)) == (start, end)


def test_every_code_point_is_folded_to_a_fixed_point() -> None:
    wrong = []
    for code in range(sys.maxunicode + 1):
        once = fold_char(chr(code))
        if once and "".join(map(fold_char, once)) != once:
            wrong.append(hex(code))
    assert wrong == []


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("硯溪雁", "砚溪雁"),
        ("砚★溪-雁", "砚溪雁"),
        ("砚\u200b溪\u2060雁\ufeff", "砚溪雁"),
        ("砚🔥溪🐦雁", "砚溪雁"),
        ("砚丨溪丨雁", "砚溪雁"),
        ("D\u043elvane", "dolvane"),
        ("DOLVÀNE", "dolvane"),
        ("𝐃𝐨𝐥𝐯𝐚𝐧𝐞", "dolvane"),
        ("🅳🅾🅻🆅🅰🅽🅴", "dolvane"),
        ("ⓓⓞⓛⓥⓐⓝⓔ", "dolvane"),
        ("1\uff12③", "123"),
        ("沢", "泽"),
        ("\u202e雁溪\u202c", "雁溪"),
        ("", ""),
        ("\ud800\udfff", ""),
    ],
)
def test_disguises_are_united(written: str, folded: str) -> None:
    assert key(written) == folded


@pytest.mark.parametrize(("one", "other"), [("砚", "观"), ("溪", "奚"), ("a", "b"), ("己", "已"), ("芸", "艺")])
def test_different_characters_stay_apart(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("砚溪", Gap.NONE),
        ("砚\u200b溪", Gap.INVISIBLE),
        ("砚★溪", Gap.SYMBOL),
        ("砚 溪", Gap.SPACE),
        ("砚\u3000溪", Gap.SPACE),
        ("砚\u3002溪", Gap.CLAUSE),
        ("砚\uff0c溪", Gap.CLAUSE),
        ("砚\n溪", Gap.CLAUSE),
        ("砚★ 溪", Gap.SPACE),
    ],
)
def test_gaps_are_remembered(text: str, gap: Gap) -> None:
    assert fold(text).gaps[1] is gap


def test_offsets_of_one_to_many() -> None:
    folded = fold("x\ufb01y")
    assert folded.text == "xfiy"
    assert folded.original(1, 3) == (1, 2)
    assert folded.original(2, 4) == (1, 3)


def test_astral_characters_count_as_one_code_point() -> None:
    folded = fold("🔥砚🔥溪")
    assert folded.original(0, 2) == (1, 4)


def test_clause_ends_at_punctuation() -> None:
    folded = fold("甲乙\uff0c丙丁 戊\u3002己")
    assert folded.clause(3, 4) == (2, 5)


def test_only_keeps_spans_and_marks_what_went() -> None:
    han = fold("砚a溪b雁").only(is_han)
    assert han.text == "砚溪雁"
    assert han.original(0, 3) == (0, 5)
    assert han.widest_gap(0, 3) is Gap.SYMBOL


def test_widest_gap_leaves_out_what_lies_before() -> None:
    folded = fold("甲 乙丙")
    assert folded.widest_gap(1, 3) is Gap.NONE
    assert folded.widest_gap(0, 3) is Gap.SPACE


def test_empty_text_has_an_empty_folding() -> None:
    assert fold("★ 。") == Folded("", (), (), ())


@settings(max_examples=20)
@given(st.text(alphabet="砚溪雁", min_size=1, max_size=6), st.text(alphabet="★ -\u200b🔥", max_size=3))
def test_separators_never_change_the_key(name: str, separator: str) -> None:
    assert key(separator.join(name)) == key(name)

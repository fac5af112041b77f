"""The check character of 统一社会信用代码: every single wrong character and most exchanges are noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.uscc import ALPHABET, LENGTH, check_character, is_uscc

BODIES = st.text(st.sampled_from(ALPHABET), min_size=LENGTH - 1, max_size=LENGTH - 1)


@given(BODIES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(body, place, other):
    code = body + check_character(body)
    assert is_uscc(code)
    changed = code[:place] + other + code[place + 1 :]
    assert is_uscc(changed) == (changed == code)


@given(BODIES, st.integers(0, LENGTH - 3))
def test_two_neighbours_exchanged_are_noticed(body, place):
    code = body + check_character(body)
    changed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_uscc(changed) == (changed == code)


@given(st.text(max_size=20))
def test_any_text_is_judged(text):
    assert is_uscc(text) in (True, False)


@pytest.mark.parametrize("code", ["", "9" * 17, "9" * 19, "91350100M000100Y4O", "９１350100M000100Y43"])
def test_what_is_no_code(code):
    assert not is_uscc(code)


@pytest.mark.parametrize("body", ["", "1" * 18, "I" * 17])
def test_a_body_that_is_none_is_refused(body):
    with pytest.raises(ValueError, match=r"expected|substring"):
        check_character(body)

"""Masking personal data: by form, length kept, nothing else touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.masking import mask, mask_all


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13812345678", "电话138****5678"),
        ("联系 138-1234-5678 张", "联系 138******5678 张"),
        ("联系 138 1234 5678", "联系 138******5678"),
        ("微信同号１３８", "微信同号１３８"),
        ("身份证 152921199003071234", "身份证 152921**********34"),
        ("身份证15292119900307123X。", "身份证152921**********3X。"),
        ("写信 zhang.san+1@shop.example 给我", "写信 z**********@shop.example 给我"),
        ("两个 13812345678/13987654321", "两个 138****5678/139****4321"),
    ],
)
def test_what_is_masked(text, masked):
    assert mask(text) == masked
    assert len(masked) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "统一社会信用代码 91152921MA0N1234XX",
        "执行标准 GB/T 22431-2008",
        "货号 213812345678",
        "订单 138123456789",
        "注册号 90000001",
        "条码 6901234567892",
        "价 138.00 元 1234 件",
        "a@b",
        "152921199013991234",
        "",
    ],
)
def test_what_is_not_personal_stays(text):
    assert mask(text) == text


@given(st.text(alphabet=st.sampled_from("1389051 -@.axX店"), max_size=80) | st.text(max_size=80))
def test_offsets_still_fit_and_masking_twice_is_masking_once(text):
    once = mask(text)
    assert len(once) == len(text)
    assert all(now in (was, "*") for was, now in zip(text, once, strict=True))
    assert mask(once) == once


def test_a_long_text_is_quick():
    assert len(mask("a" * 200_000 + "@" * 1000)) == 201_000


def test_mappings_are_masked_value_by_value():
    assert mask_all({"电话": "13812345678", "产地": "某地"}) == {"电话": "138****5678", "产地": "某地"}

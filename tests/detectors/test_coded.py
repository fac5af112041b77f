"""Names in code: hidden letters and characters, digits, components, other romanisations, nicknames, and what only fits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.engine import Engine
from detectors.normalise import key
from detectors.numerals import digit, figures
from detectors.pairs import coded
from detectors.readings import readings_of
from detectors.romanise import romanised
from detectors.shapes import composed, twins
from detectors.sound import homophones
from records.model import Hit, Listing, Right
from records.terms import RightKind

_GI = Right("r1", RightKind.GI, "岚沟苦荞", region="砂陵省岚沟县", goods=("苦荞", "苦荞米"), nice_classes=(30,))
_SANMEN = Right("r2", RightKind.GI, "三砾香米", region="砂陵省三砾县", goods=("大米", "香米"), nice_classes=(30,))
_LATIN = Right("r3", RightKind.TRADEMARK, "Dolvane Peak", goods=("围巾",), nice_classes=(25,))
_SHORT = Right("r4", RightKind.TRADEMARK, "岚砾", goods=("围巾",), nice_classes=(25,))
_THREE = Right("r5", RightKind.TRADEMARK, "岚鹿坡", goods=("保温杯",), nice_classes=(21,))


def _hit(right: Right, title: str, **fields: Any) -> Hit | None:
    return next(iter(Engine([right]).detect(Listing("1", title, **fields))), None)


def _alerts(right: Right, title: str, **fields: Any) -> bool:
    hit = _hit(right, title, **fields)
    return hit is not None and hit.alert


@pytest.mark.parametrize(
    ("right", "title"),
    [
        (_GI, "L沟苦荞 500g"),
        (_GI, "岚某 苦荞米 500g"),
        (_GI, "岚(此处消音)沟苦荞 500g"),
        (_GI, "岚荞 苦荞米 500g"),
        (_SANMEN, "3砾香米 5kg"),
        (_SANMEN, "3砾🍚 5kg 香米"),
        (_LATIN, "Dol什么ne 羊毛围巾"),
        (_LATIN, "D*lv*ne 羊毛围巾"),
        (_LATIN, "Dolv**** 羊毛围巾"),
        (_LATIN, "D@lvane 羊毛围巾"),
        (_LATIN, "D家Peak 羊毛围巾"),
        (_LATIN, "DOLV开头那个牌子 羊毛围巾"),
        (_SHORT, "砾岚 羊毛围巾"),
        (_SHORT, "岚小砾 羊毛围巾"),
        (_SHORT, "岚某 羊毛围巾 懂的来"),
        (_SHORT, "岚石乐 羊毛围巾"),
        (_THREE, "岚鹿 保温杯"),
        (_THREE, "LLP保温杯 懂的都懂"),
    ],
)
def test_names_in_code(right: Right, title: str) -> None:
    assert _alerts(right, title), title


@pytest.mark.parametrize(
    ("right", "title"),
    [
        (_GI, "L型 苦荞枕 护颈"),
        (_SANMEN, "3只装 保温杯 香槟色"),
        (_LATIN, "Dolly什么都有 羊毛围巾"),
        (_LATIN, "D** 羊毛围巾"),
        (_SHORT, "山间砾岚色 羊毛围巾"),
        (_SHORT, "L砾 羊毛围巾"),
        (_THREE, "岚鹿釉 保温杯"),
        (_THREE, "LLP保温杯"),
        (_THREE, "杯盖密封圈 岚鹿坡保温杯可用"),
        (_THREE, "硅胶杯套 配岚鹿坡保温杯 单卖"),
    ],
)
def test_honest_words_that_look_like_code(right: Right, title: str) -> None:
    assert not _alerts(right, title), title


def test_accessories_do_not_excuse_the_goods_themselves() -> None:
    assert _alerts(_THREE, "岚鹿坡保温杯 送杯套 通用款")


@pytest.mark.parametrize(
    ("place", "written"), [("安溪", "Аньси"), ("平阴", "Пинъинь"), ("六安", "Луань"), ("宁德", "Ниндэ")]
)
def test_places_in_russian_letters(place: str, written: str) -> None:
    assert key(written) in romanised(place)


def test_wade_giles_leaves_out_what_is_pinyin() -> None:
    assert "tehua" in romanised("德化")
    assert "wuhan" not in romanised("武汉")


@given(st.text("岚沟砾勒山水安宁溪", max_size=9))
def test_romanisations_are_few_and_folded(place: str) -> None:
    made = romanised(place)
    assert len(made) <= 6
    assert all(key(form) == form for form in made)


def test_figures() -> None:
    assert (digit("五"), digit("酒"), digit("茶")) == ("5", "9", "")
    assert (figures("九沟"), figures("岚沟")) == ("9沟", "")


def test_coded_places_are_bounded() -> None:
    assert len(coded("岚砾勒浑")) == 8
    assert coded("岚砾勒浑山") == coded("岚") == ()


def test_components_are_put_together_in_the_order_that_they_are_written() -> None:
    assert composed()["木西"] == "栖"
    parts = {reading.name: reading.text for reading in readings_of(Listing("1", "木字旁加西和氵每"))}
    assert parts["~parts"] == "栖和海"


def test_readings_of_components_are_made_for_bare_radicals_only() -> None:
    assert not [reading for reading in readings_of(Listing("1", "女子木西围巾")) if reading.name == "~parts"]


def test_twins_by_exchanged_components() -> None:
    assert "岑" in twins("岭")


def test_homophones() -> None:
    assert "膳" in homophones("善")
    assert homophones("x") == ""

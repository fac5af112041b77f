"""Words, sounds, shapes and places: the general knowledge that the detectors lean on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import lexicon, places, shapes, sound, words
from detectors.normalise import fold, key


def test_lexicon_is_folded_and_longest_first() -> None:
    for table in ("negation", "reference", "fitting", "origin"):
        for entries in lexicon.lists(table).values():
            assert all(key(entry) == entry for entry in entries)
            assert [len(entry) for entry in entries] == sorted((len(entry) for entry in entries), reverse=True)


def test_unknown_list_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        lexicon.words("negation", "sideways")


def test_evocations_have_each_a_rule_of_their_own() -> None:
    rules = [way.rule for way in lexicon.evocations()]
    assert len(rules) == len(set(rules)) >= 6


@pytest.mark.parametrize(
    ("text", "span", "word"),
    [("上海清晨", (1, 3), "上海"), ("海清的衣服", (0, 2), ""), ("一只海鸥", (2, 4), "")],
)
def test_crossing(text: str, span: tuple[int, int], word: str) -> None:
    assert words.crossing(text, *span) == word


def test_a_longer_word_that_begins_with_a_place_is_no_crossing() -> None:
    assert words.crossing("北京市区", 0, 2, prefix=True) == ""
    assert words.crossing("北京市区", 0, 2) != ""


def test_everyday_words_and_places() -> None:
    assert words.is_everyday("运河")
    assert not words.is_everyday("砚溪")
    assert words.is_place("甘肃")
    assert not words.is_place("茶叶")


def test_natural_text() -> None:
    assert words.natural("我在运河边", 2, 4)
    assert not words.natural("砚溪雁茶叶", 0, 3)


@given(st.text(max_size=40))
def test_cutting_keeps_the_text(text: str) -> None:
    assert "".join(word for word, _, _ in words.cut(text)) == text


@pytest.mark.parametrize(
    ("run", "parts"), [("yanxi", ("yan", "xi")), ("golden", ()), ("lv", ("lv",)), ("", ()), ("x" * 90, ())]
)
def test_spelling(run: str, parts: tuple[str, ...]) -> None:
    assert sound.spell(run) == parts


@pytest.mark.parametrize("written", ["砚溪雁", "yanxiyan", "砚xi雁", "Yan Xi Yan", "验西燕", "硯-溪-雁"])
def test_same_sound_however_written(written: str) -> None:
    assert sound.sounded(fold(written)).text in sound.name_sounds("砚溪雁")


def test_sound_keeps_spans() -> None:
    layer = sound.sounded(fold("新款 yanxi雁"))
    assert layer.original(2, 5) == (3, 9)


def test_unreadable_letters_match_nothing() -> None:
    assert sound.sounded(fold("xyz")).text == "\uf8ff"


def test_names_with_letters_have_no_sound_needle() -> None:
    assert sound.name_sounds("砚a") == ()
    assert sound.name_sounds("") == ()


def test_needles_of_names_with_many_readings_are_bounded() -> None:
    assert 1 <= len(sound.name_sounds("行长重朝乐都")) <= 8


def test_parts_and_split_variants() -> None:
    assert shapes.parts("好") == ("女", "子")
    assert "女子岭泉" in shapes.split_variants("好岭泉")
    assert all(len(shapes.split_variants(name)) <= 16 for name in ("好岭泉", "砚溪雁鹿"))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("末", "未", True), ("坡", "陂", True), ("溪", "河", False), ("桥", "树", False), ("a", "a", False)],
)
def test_alike(one: str, other: str, *, alike: bool) -> None:
    assert shapes.alike(one, other) is alike


def test_neighbours_are_bounded_and_leave_out_the_character() -> None:
    near = shapes.neighbours("坡")
    assert "坡" not in near
    assert 0 < len(near) <= 40


@pytest.mark.parametrize(
    ("region", "forms"),
    [
        ("砂陵省岚沟县", [("砂陵省", "砂陵"), ("岚沟县", "岚沟")]),
        (
            "内蒙古自治区砂陵盟岚沟左旗",
            [("内蒙古自治区", "内蒙古"), ("砂陵盟", "砂陵"), ("岚沟左旗", "岚沟左", "岚沟")],
        ),
        ("宁夏岚沟", [("宁夏",), ("岚沟",)]),
        ("岚沟回族自治县", [("岚沟回族自治县", "岚沟回族", "岚沟")]),
        ("", []),
    ],
)
def test_units(region: str, forms: list[tuple[str, ...]]) -> None:
    assert [unit.forms for unit in places.units(region)] == forms


@pytest.mark.parametrize(
    ("name", "goods", "split"),
    [
        ("岚沟苦荞", ("苦荞米",), ("岚沟", "苦荞")),
        ("岚沟左旗羊肉", (), ("岚沟左旗", "羊肉")),
        ("滏陂蜂蜜", ("蜂蜜",), ("滏陂", "蜂蜜")),
        ("苦荞", (), ("", "")),
    ],
)
def test_split_name(name: str, goods: tuple[str, ...], split: tuple[str, str]) -> None:
    forms = frozenset({"岚沟县", "岚沟", "岚沟左旗"})
    assert places.split_name(name, forms, goods) == split


def test_area_knows_its_own_and_what_is_vague() -> None:
    area = places.area("砂陵省岚沟县", "", "岚沟")
    assert area.speaks_of("砂陵省岚沟县北乡")
    assert not area.speaks_of("砂陵省别县")
    assert area.may_hold("砂陵省")
    assert not area.may_hold("青海")

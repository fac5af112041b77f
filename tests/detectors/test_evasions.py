"""Ways around a plain search, one by one: each with its rule and its span in the original text."""

from collections.abc import Callable

import pytest

from records.model import Hit, Right

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


@pytest.mark.parametrize(
    ("name", "title", "rule", "text"),
    [
        ("砚溪雁", "新款 砚·溪·雁 茶叶", "name.disguised", "砚·溪·雁"),
        ("砚溪雁", "砚\u200b溪\u200b雁 茶叶", "name.disguised", "砚\u200b溪\u200b雁"),
        ("砚溪雁", "砚🔥溪🔥雁 茶叶", "name.disguised", "砚🔥溪🔥雁"),
        ("砚溪雁", "砚、溪、雁 茶叶", "name.disguised", "砚、溪、雁"),
        ("砚溪雁", "砚x溪x雁 茶叶", "name.disguised", "砚x溪x雁"),
        ("砚溪雁", "硯溪雁 茶叶", "name.exact", "硯溪雁"),
        ("砚溪雁", "验溪雁 茶叶", "sound.homophone", "验溪雁"),
        ("砚溪雁", "砚xi雁 茶叶", "sound.mixed", "砚xi雁"),
        ("砚溪雁", "【YanXiYan】 茶叶", "sound.pinyin", "YanXiYan"),
        ("砚溪雁", "石见溪雁 茶叶", "split.components", "石见溪雁"),
        ("岚鹿山坡", "岚鹿小山坡 茶叶", "edit.inserted", "岚鹿小山坡"),
        ("岚鹿山坡", "岚鹿山陂 茶叶", "edit.lookalike", "岚鹿山陂"),
        ("岚鹿山坡", "某鹿山坡 茶叶", "edit.masked", "某鹿山坡"),
        ("岚鹿白山坡", "岚鹿山坡 茶叶", "edit.left_out", "岚鹿山坡"),
        ("Dolvane", "DOLVANE tea", "name.exact", "DOLVANE"),
        ("Dolvane", "D0lv4ne tea", "edit.digits", "D0lv4ne"),
        ("Dolvane", "Dolvanne tea", "edit.typo", "Dolvanne"),
        ("Dolvane", "Dоlvanе tea", "name.exact", "Dоlvanе"),
        ("Golden Kervan", "G0LDEN KERV4N tea", "edit.digits", "G0LDEN KERV4N"),
    ],
)
def test_mark(mark: Make, detect: Detect, name: str, title: str, rule: str, text: str) -> None:
    (hit,) = detect(mark(name), title)
    found = [finding for finding in hit.findings if finding.rule == rule]
    assert found, [finding.rule for finding in hit.findings]
    assert found[0].text == text
    assert title[found[0].start : found[0].end] == text
    assert hit.alert


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("岚沟头茬特级苦荞", "gi.place_product"),
        ("苦荞 砂陵岚沟特产", "gi.place_product"),
        ("岚沟县苦荞", "gi.place_product"),
        ("LANGOU 苦荞", "gi.place_product"),
        ("岚沟 苦荞米 5斤", "gi.place_goods"),
        ("蓝沟苦荞", "sound.homophone"),
        ("岚gou苦荞", "sound.mixed"),
        ("langoukuqiao", "sound.pinyin"),
        ("岚沟型苦荞", "evocation.type"),
        ("岚沟式苦荞", "evocation.style"),
        ("岚沟风味苦荞", "evocation.flavour"),
        ("岚沟同款苦荞", "evocation.same_model"),
        ("仿岚沟苦荞", "evocation.imitation"),
        ("岚沟苦荞类杂粮", "evocation.kind"),
    ],
)
def test_indication(gi: Make, detect: Detect, title: str, rule: str) -> None:
    (hit,) = detect(gi(), title)
    assert rule in {finding.rule for finding in hit.findings}
    assert hit.alert


def test_place_and_product_in_two_fields(gi: Make, detect: Detect) -> None:
    (hit,) = detect(gi(), "岚沟特产 礼盒", attributes={"品名": "苦荞"})
    assert "gi.across_fields" in {finding.rule for finding in hit.findings}
    assert hit.alert


def test_a_long_place_with_a_character_left_out(gi: Make, detect: Detect) -> None:
    right = gi("岚沟滏苦荞", region="砂陵省岚沟滏县")
    (hit,) = detect(right, "岚滏苦荞 500g")
    assert "edit.left_out" in {finding.rule for finding in hit.findings}


def test_latin_alias_of_an_indication_takes_part_in_the_grammar(gi: Make, detect: Detect) -> None:
    right = gi(aliases=("Langou Buckwheat",))
    (hit,) = detect(right, "Langou style roasted buckwheat tea")
    rules = {finding.rule for finding in hit.findings}
    assert "evocation.style" in rules
    assert "gi.place_product" in rules


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Dolvane", "Dolvaneers fan scarf"),
        ("云禾", "运河边的围巾"),
        ("岚鹿山坡", "岚鹿 山下 坡道"),
        ("好岭", "女子 岭南女装"),
        ("砚溪雁", "砚台 溪石 大雁摆件"),
        ("砚溪雁", "砚溪。雁南飞 摆件"),
    ],
)
def test_what_is_no_evasion(mark: Make, detect: Detect, name: str, title: str) -> None:
    assert not any(hit.alert for hit in detect(mark(name), title))


def test_steps_are_told_in_words(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "验溪雁 茶叶")
    finding = next(finding for finding in hit.findings if finding.rule == "sound.homophone")
    assert "砚→验(同音yan)" in finding.explanation.zh
    assert "砚→验, same sound yan" in finding.explanation.en


def test_control_characters_do_not_reach_the_sentence(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "砚\u202e溪\u200b雁 茶叶")
    assert "\u202e" not in hit.findings[0].explanation.zh
    assert "\u202e" in hit.findings[0].text

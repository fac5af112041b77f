"""Names that a page spells out: the reader is given a key. Invented names throughout."""

import numpy as np
import pytest

from detectors import batch
from detectors.engine import Engine
from detectors.readings import read_otherwise, readings_of
from records.model import Listing, Right
from records.terms import RightKind

MARK = Right("tm", RightKind.TRADEMARK, "岚鹿坡", aliases=("LANLUPO", "Dolvanera"), goods=("围巾", "大衣"))
GI = Right("gi", RightKind.GI, "岚沟盟大米", goods=("大米",), region="砂陵省岚沟盟")


def _read(title: str, description: str = "", **attributes: str) -> dict[str, str]:
    listing = Listing("1", title, description=description, attributes=attributes)
    return {reading.name: reading.text for reading in readings_of(listing)}


@pytest.mark.parametrize(
    ("title", "description", "attributes"),
    [
        ("山岚的岚,小鹿的鹿,山坡的坡 羊毛围巾", "", {}),
        ("岚姐家的鹿小坡 羊毛围巾", "名字不能念", {}),
        ("岚山有鹿在坡上 羊毛围巾", "第一、第四、第六个字连起来", {}),
        ("岚山 鹿鸣 坡地 羊毛围巾", "藏头,懂的来", {}),
        ("岚🦌坡 羊毛围巾", "", {}),
        ("D0LV@N€RA 羊毛围巾", "", {}),
        ("D01v4nera 羊毛围巾", "", {}),
        ("L@NLUP0 羊毛围巾", "", {}),
        ("岚鹿·羊毛大衣", "", {"系列": "坡"}),
        ("Dolva 羊毛围巾", "", {"品牌": "Dolva", "子品牌": "nera"}),
    ],
)
def test_what_is_spelt_out_is_found(title: str, description: str, attributes: dict[str, str]) -> None:
    listing = Listing("1", title, description=description, attributes=attributes)
    [(_, together)] = Engine([MARK]).detect_many([listing])
    assert [hit.alert for hit in together] == [True]
    assert together == Engine([MARK]).detect(listing)


@pytest.mark.parametrize(
    ("title", "description", "attributes"),
    [
        ("山岚的雾,小鹿的角 羊毛围巾", "", {}),
        ("岚姐家的小坡地 羊毛围巾", "名字不能念", {}),
        ("岚山有鹿在坡上 羊毛围巾", "第一、第二、第三个字连起来", {}),
        ("🦌 圣诞围巾", "", {}),
        ("D01 羊毛围巾 4era", "", {}),
        ("岚鹿·羊毛大衣", "", {"系列": "冬"}),
    ],
)
def test_another_key_gives_no_name(title: str, description: str, attributes: dict[str, str]) -> None:
    listing = Listing("1", title, description=description, attributes=attributes)
    hits = Engine([MARK]).detect(listing)
    assert not any(
        finding.field.startswith("~") or finding.rule == "name.disguised" for h in hits for finding in h.findings
    )


def test_brackets_in_an_origin_are_turned() -> None:
    assert _read("当季大米", 产地="盟(岚沟)")["~turned"] == "岚沟盟当季大米"
    (hit,) = Engine([GI]).detect(Listing("1", "当季大米 10斤", attributes={"产地": "盟(岚沟)"}))
    assert hit.alert


def test_another_origin_excuses_no_use_like_a_name() -> None:
    engine, origin = Engine([GI]), {"产地": "青海"}
    (like,) = engine.detect(Listing("1", "岚沟米 10斤", attributes=origin))
    (loose,) = engine.detect(Listing("1", "岚沟盟牧场风情画册送大米", attributes=origin))
    assert like.alert
    assert not loose.alert


@pytest.mark.parametrize("title", ["岚什么沟", "山岚的岚", "a3bc", "$abc", "🦌", "懂的来", "茶"])
def test_the_first_stage_notices_what_is_decoded(title: str) -> None:
    raw = batch.codes_of(batch.alone([title]))
    assert bool(np.size(read_otherwise(raw))) is (title != "茶")

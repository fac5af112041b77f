"""The demo's data: as many and as varied as promised, consistent, and with no registration detail made up as real."""

import csv
import io
import unicodedata
from collections import Counter

import pytest

from demo import data
from records.portfolio import read_rights

LISTINGS = data.listings()
TRUTH = data.truth()
RIGHTS = {row["id"]: row for row in csv.DictReader(io.StringIO(data.rights_text()))}
FAMILIES = {
    "plain", "zero_width", "traditional", "homophone", "glyph", "split", "pinyin", "inserted_symbols", "reordered",
    "evocation_type", "evocation_flavour", "translated", "photo_mirrored", "photo_cropped", "photo_resized",
    "photo_recompressed", "watermarked_photo", "logo_on_goods", "contradicting_origin", "name_imitation",
    "fake_official", "emoji", "fullwidth", "lookalike_latin", "description_only", "attribute_only",
}  # fmt: skip
HONEST = {
    "negation",
    "book",
    "other_origin",
    "ingredient",
    "coincidence",
    "unrelated_class",
    "accessory",
    "empty_box",
    "place_only",
}


def test_counts():
    assert len(LISTINGS) >= 200
    assert len(RIGHTS) >= 12
    assert Counter(item.shop for item in LISTINGS)["fair"] >= 40
    assert sum(t.outcome == "suspected" for t in TRUTH.values()) >= 30
    assert sum(item.title.isascii() for item in LISTINGS) >= 10


def test_keys_and_titles_are_unique_in_a_shop():
    assert len({item.key for item in LISTINGS}) == len(LISTINGS)
    assert len({(item.shop, item.title) for item in LISTINGS}) == len(LISTINGS)


def test_every_listing_belongs_to_a_shop_and_every_expectation_to_a_listing_and_a_right():
    assert {item.shop for item in LISTINGS} == {shop.id for shop in data.shops()}
    assert set(TRUTH) <= {item.key for item in LISTINGS}
    assert {t.right for t in TRUTH.values()} <= set(RIGHTS)
    assert {t.outcome for t in TRUTH.values()} == {"suspected", "verify_origin", "authorised", "none"}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_evasion_is_planted(family):
    planted = [t for t in TRUTH.values() if t.family == family]
    assert planted
    assert all(t.outcome == "suspected" for t in planted)


@pytest.mark.parametrize("family", sorted(HONEST))
def test_every_honest_look_alike_is_there(family):
    assert any(t.family == family and t.outcome == "none" for t in TRUTH.values())


def test_the_evasions_are_what_they_are_called():
    item = {TRUTH[i.key].family: i for i in LISTINGS if i.key in TRUTH}
    assert any(unicodedata.category(ch) == "Cf" for ch in item["zero_width"].title)
    assert any(unicodedata.category(ch) == "So" for ch in item["emoji"].title)
    assert unicodedata.normalize("NFKC", item["fullwidth"].title) != item["fullwidth"].title
    assert item["photo_mirrored"].picture.startswith("copy:")
    assert item["logo_on_goods"].picture.startswith("logo:")


def test_authorised_sellers_are_those_that_the_rights_name():
    for item in LISTINGS:
        expected = TRUTH.get(item.key)
        if expected is not None and expected.outcome == "authorised":
            assert item.seller in RIGHTS[expected.right]["authorized_sellers"].split(";")
        elif expected is not None and expected.outcome == "suspected":
            assert item.seller not in RIGHTS[expected.right]["authorized_sellers"].split(";")


def test_the_rights_file_is_accepted_whole():
    parsed = read_rights(data.RIGHTS_FILE)
    assert not parsed.errors
    assert len(parsed.rights) == len(RIGHTS)
    assert len({right.kind for right in parsed.rights}) == 5
    assert len({right.route for right in parsed.rights if right.route}) == 4


def test_nothing_unverified_is_given_as_real():
    for row in RIGHTS.values():
        real = row["name"] in ("阿拉善白绒山羊", "阿拉善双峰驼")
        details = [
            row[name] for name in ("owner", "registration_no", "valid_from", "valid_to", "route", "production_area")
        ]
        assert not any(details) if real else "虚构" in row["owner"] and row["registration_no"].startswith("虚构")


def test_reference_pictures_exist_and_the_data_stay_small():
    for row in RIGHTS.values():
        for name in filter(None, row["images"].split(";")):
            assert (data.HERE / name).is_file()
    assert sum(path.stat().st_size for path in data.HERE.rglob("*") if path.is_file()) < 3_000_000


def test_swapping_names_swaps_them_everywhere():
    names = {"砾漠鸢": "岚坡隼", "阿拉善": "溪原"}
    renamed = data.listings(names)
    texts = [t for item in renamed for t in (item.title, item.description, item.seller, *item.attributes.values())]
    assert not any(old in text for old in names for text in texts)
    assert any("岚坡隼" in text for text in texts)
    assert "砾漠鸢" not in data.rights_text(names)
    assert [item.key for item in renamed] == [item.key for item in LISTINGS]


def test_a_swap_does_not_swap_what_it_put_in():
    assert data.swapped("甲乙", {"甲": "乙", "乙": "丙"}) == "乙丙"

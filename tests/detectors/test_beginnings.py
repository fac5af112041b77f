"""What the first stage throws away at once holds no needle: beginnings, what stands beside them, readings."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.detection.generate import items, rights
from bench.detection.measure import DAY
from detectors import batch, sieve
from detectors.beginnings import Beginnings
from detectors.engine import Engine
from detectors.grams import Grams
from detectors.index import NeedleIndex
from detectors.normalise import key
from detectors.readings import read_otherwise, readings_of
from detectors.sound import name_sounds
from detectors.spelling import word_needles
from detectors.types import HALVES, Layer, Needle, Options
from detectors.view import ListingView
from records.model import Listing

ODD = "岚沟苦荞茶枣嵐某什么那个abx yanxilanou★*-，①ﬁİ1 \u200b\ufffe\uffff🍎🍵の"
TEXTS = st.text(alphabet=ODD, max_size=24)
NAMES = st.text(alphabet="岚沟苦荞茶枣", min_size=1, max_size=5)
HALF = st.sampled_from(["", *(half for pair in HALVES for half in pair)])
MOST = 1_000


@st.composite
def _needles(draw: st.DrawFn) -> Needle:
    layer, name = draw(st.sampled_from(list(Layer))), draw(NAMES)
    text = {
        Layer.SOUND: next(iter(name_sounds(name)), ""),
        Layer.SPELT: draw(st.sampled_from(word_needles("lanouyanxi"))),
        Layer.MARKED: "\0".join((name + "岚沟")[:3]),
        Layer.SKELETON: draw(st.sampled_from(["abx", "lanoul", "x"])),
    }.get(layer, draw(st.sampled_from([name, "lanou", f"{name}x"])))
    beside = draw(st.sampled_from(["", "", "枣", "茶ab"]))
    return Needle(layer, text, "d", half=draw(HALF), beside=beside, least=draw(st.integers(1, 2)))


@given(
    st.lists(st.tuples(st.integers(0, 2), _needles()), min_size=1, max_size=8),
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=3),
)
def test_no_listing_is_lost_that_needles_are_found_in(
    needles: list[tuple[int, Needle]], title: str, description: str, others: list[str]
) -> None:
    index = NeedleIndex(needles)
    attributes = {"品牌": title[:2], "系列": description[:2]} if len(others) > 1 else {}
    listing = Listing("1", title, description=description if others else "", attributes=attributes)
    listings = [*(Listing(str(n), text) for n, text in enumerate(others)), listing]
    found = [bool(index.find(ListingView(item, MOST).every)) for item in listings]
    stage = index.sieve(MOST)
    begun, passing = stage.begun(listings), stage.passing(listings)
    assert [item for item, hit in zip(listings, found, strict=True) if hit and not passing[listings.index(item)]] == []
    assert all(begins or not passes for begins, passes in zip(begun, passing, strict=True))


def test_no_labelled_listing_is_lost_and_most_ordinary_ones_go() -> None:
    rng = random.Random(31_011)
    tms, gis = rights(rng, 16)
    made = [item.listing for item in items(rng, tms, gis)]
    engine = Engine([right for right, _ in (*tms, *gis)], options=Options(today=DAY))
    begun = engine.sieve.begun(made)
    assert [item.id for item, begins in zip(made, begun, strict=True) if not begins and engine.detect(item)] == []
    ordinary = [Listing(str(n), f"不锈钢保温杯 大容量 便携 {n}毫升") for n in range(400)]
    assert sum(engine.sieve.begun(ordinary)) < len(ordinary) / 10


@given(st.text(alphabet=ODD, max_size=40))
def test_a_title_that_is_read_otherwise_is_noticed(title: str) -> None:
    raw = batch.codes_of(batch.alone([title]))
    assert len(read_otherwise(raw)) or not list(readings_of(Listing("1", title)))


@given(st.lists(st.text(alphabet="岚沟茶ab", min_size=1, max_size=6), min_size=1), TEXTS, TEXTS)
def test_beginnings_are_found_wherever_they_stand(texts: list[str], before: str, after: str) -> None:
    grams = Grams([(text, "", "") for text in texts], 0)
    for text in texts:
        row = key(before) + text + key(after)
        places = grams.find(batch.codes_of(batch.alone([row]))).sure.tolist()
        assert len(key(before)) in places


def test_a_half_begins_beside_a_character_of_the_other() -> None:
    place, goods = (Needle(Layer.PLAIN, text, "d", half=half) for text, half in (("岚沟", "place"), ("苦荞", "goods")))
    spelt = Needle(Layer.SPELT, "\0ln\0", "d", half="goods")
    titles = [Listing(str(n), title) for n, title in enumerate(("岚沟杯子", "岚沟荞麦", "苦荞", "岚沟🍎", "lan"))]
    assert NeedleIndex([(0, place), (0, goods)]).sieve(MOST).begun(titles) == [False, True, False, False, False]
    read = Needle(Layer.PLAIN, "苹果", "d", half="goods")
    assert NeedleIndex([(0, place), (0, read)]).sieve(MOST).begun(titles) == [False, False, False, True, False]
    assert NeedleIndex([(0, place), (1, goods)]).sieve(MOST).begun(titles) == [False] * 5
    assert NeedleIndex([(0, place), (0, spelt)]).sieve(MOST).begun(titles) == [True, True, False, True, False]


def test_nothing_looked_for_and_nothing_given() -> None:
    assert Beginnings({}).layers == {}
    assert NeedleIndex([]).sieve(MOST).passing([Listing("1", "岚沟"), Listing("2", "")]) == [False, False]
    assert NeedleIndex([]).sieve(MOST).passing([]) == []


@pytest.mark.parametrize("most", [1, 40, 4_000_000])
def test_long_texts_are_looked_through_in_parts(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieve, "_MOST_TEXT", most)
    index = NeedleIndex([(0, Needle(Layer.PLAIN, "苦荞", "d"))])
    listings = [Listing(str(n), "茶" * n + "苦荞" * (n % 3)) for n in range(20)]
    assert index.sieve(MOST).passing(listings) == [bool(n % 3) for n in range(20)]


def test_too_much_beside_lets_all_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    index = NeedleIndex([(0, Needle(Layer.PLAIN, "苦荞", "d", beside="岚"))])
    listings = [Listing("1", "苦荞" * 20)]
    assert index.sieve(MOST).begun(listings) == [False]
    monkeypatch.setattr("detectors.grams._MOST_BESIDE", 10)
    assert index.sieve(MOST).begun(listings) == [True]


def test_rows_and_fields_are_kept_apart_whatever_the_texts_hold() -> None:
    text = batch.joined([["岚\uffff沟", "茶"], ["\ufffe枣"]])
    assert text == f"岚沟{batch.FIELD}茶{batch.ROW}枣{batch.ROW}"
    assert batch.alone(["岚\ufffe沟", "茶"]) == f"岚沟{batch.ROW}茶{batch.ROW}"
    assert np.array_equal(batch.ends_of(batch.codes_of(text)), [4, 6])

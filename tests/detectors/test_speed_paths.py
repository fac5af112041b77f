"""The fast ways say what the plain ways say: folding without offsets, the sieve over many listings, half needles."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.detection.generate import items, rights
from detectors.engine import Engine
from detectors.index import NeedleIndex
from detectors.normalise import SEPARATOR, Folded, Gap, fold, fold_char, key, marked, parted, parted_text
from detectors.types import Layer, Needle, Options
from detectors.view import FieldView, ListingView, field_texts
from records.model import Listing, Right, Text
from records.terms import RightKind

ODD = "硯溪雁①ﬁⅣ㎏ß İ\ud800\udfff\u202e\u200b\u0301\n\t★-,。Aa1l0oｱ가ñ\x00|\ue000\ufffe\uffff𠀀\U0010ffff女子yanxi"
TEXTS = st.one_of(st.text(max_size=60), st.text(alphabet=ODD, max_size=60))
LABEL = Text("标题", "the title")


def _slowly(text: str) -> Folded:
    """Fold one code point after the other, by the definition."""
    kept = [(offset, piece) for offset, char in enumerate(text) for piece in fold_char(char)]
    return Folded(
        "".join(piece for _, piece in kept), tuple(o for o, _ in kept), tuple(o + 1 for o, _ in kept), fold(text).gaps
    )


@given(TEXTS)
def test_folding_without_offsets_gives_the_same_text(text: str) -> None:
    folded = fold(text)
    assert folded == _slowly(text)
    assert key(text) == folded.text == marked(text).replace(SEPARATOR, "")


@given(TEXTS)
def test_separators_stand_where_gaps_are_wider_than_invisible(text: str) -> None:
    folded, position, gaps = fold(text), 0, []
    for char in marked(text):
        if char == SEPARATOR:
            gaps.append(position)
        else:
            position += 1
    wide = [place for place, gap in enumerate(folded.gaps) if gap > Gap.INVISIBLE]
    assert sorted({place for place in gaps if place < position}) == wide


@given(TEXTS)
@pytest.mark.parametrize("layer", list(Layer))
def test_a_layers_text_is_that_of_the_layer(layer: Layer, text: str) -> None:
    folded = FieldView("title", text, LABEL).layer(layer)
    assert FieldView("title", text, LABEL).layer_text(layer) == (folded.text if folded else "")


def _engine(seed: int) -> tuple[Engine, list[Listing]]:
    rng = random.Random(seed)
    tms, gis = rights(rng, 24)
    made = [item.listing for item in items(rng, tms, gis)]
    names = [right.name for right, _ in (*tms, *gis)]
    for number in range(600):
        parts = []
        for _ in range(rng.randrange(1, 5)):
            chars = list(rng.choice(names))
            for _ in range(rng.randrange(3)):
                chars.insert(rng.randrange(len(chars) + 1), rng.choice(ODD))
            parts.append("".join(chars[: rng.choice((2, 9))]))
        odd = rng.choice(("", "苦荞 xian 250g", "\uffff", "lan gou"))
        more = {"品名": rng.choice(parts)} if number % 3 else {}
        made.append(Listing(f"odd-{number}", "".join(parts), description=odd.join(parts), attributes=more))
    return Engine([right for right, _ in (*tms, *gis)], options=Options(today=date(2026, 6, 1))), made


def test_many_at_once_give_what_each_gives_by_itself() -> None:
    engine, made = _engine(31_007)
    together = list(engine.detect_many(made))
    assert [listing for listing, _ in together] == made
    assert [hits for _, hits in together] == [engine.detect(listing) for listing in made]
    assert sum(bool(hits) for _, hits in together) > 500


@pytest.mark.parametrize("title", ["岚沟🍎 10斤", "岚什么沟苹果 5斤", "岚★N沟苹果", "硯溪雁🍎"])
def test_a_title_alone_is_read_as_people_read_it(title: str) -> None:
    gi = Right("gi", RightKind.GI, "岚沟苹果", goods=("苹果",), region="砂陵省岚沟县")
    engine = Engine([gi, Right("tm", RightKind.TRADEMARK, "砚溪雁", goods=("苹果",))])
    listing = Listing("1", title)
    [(_, together)] = engine.detect_many([listing])
    assert together == engine.detect(listing)
    assert together


def test_the_sieve_holds_most_ordinary_titles_back() -> None:
    engine, _ = _engine(31_008)
    ordinary = [Listing(str(n), f"不锈钢保温杯 大容量 便携 {n}毫升") for n in range(400)]
    passing = engine.sieve.passing(ordinary)
    assert sum(passing) < len(ordinary) / 10


def test_a_picture_passes_whatever_the_text_says() -> None:
    engine, _ = _engine(31_009)
    asked: list[str] = []

    def pictures(listing: Listing) -> dict[int, bytes]:
        asked.append(listing.id)
        return {0: b"no picture"}

    made = [Listing("1", "茶杯", images=("a.jpg",)), Listing("2", "茶杯")]
    assert [hits for _, hits in engine.detect_many(made, pictures)] == [[], []]
    assert asked == ["1"]


def test_halves_count_together_only() -> None:
    place = Needle(Layer.PLAIN, "岚沟", "d", "place", "place")
    goods = Needle(Layer.PLAIN, "苦荞", "d", "goods", "goods")
    other = Needle(Layer.PLAIN, "苦荞", "d", "goods", "goods")
    index = NeedleIndex([(0, place), (0, goods), (1, other)])

    def found(title: str, also: frozenset[int] = frozenset()) -> dict[int, list[str]]:
        view = ListingView(Listing("1", title), 1000)
        return {right: [m.needle.text for m in matches] for right, matches in index.find(view, also).items()}

    assert found("岚沟的杯子") == {}
    assert found("苦荞面") == {}
    assert found("岚沟苦荞") == {0: ["岚沟", "苦荞"]}
    assert found("苦荞面", frozenset({1})) == {1: ["苦荞"]}


def test_halves_of_different_pairs_say_nothing_together() -> None:
    tail = Needle(Layer.PLAIN, "苦荞", "d", "0 2 tail", "tail")
    goods = Needle(Layer.PLAIN, "苦荞", "e", "goods", "goods")
    index = NeedleIndex([(0, tail), (0, goods)])
    listing = Listing("1", "苦荞面")
    assert index.find(ListingView(listing, 1000)) == {}
    assert index.sieve(1000).passing([listing]) == [False]


def test_a_guarded_needle_counts_beside_enough_of_its_characters() -> None:
    guarded = Needle(Layer.PLAIN, "苦荞", "d", beside="岚砾沟", least=2)
    index = NeedleIndex([(0, guarded)])

    def found(title: str, description: str = "") -> bool:
        return bool(index.find(ListingView(Listing("1", title, description=description), 1000)))

    assert not found("沟边苦荞")
    assert found("岚某沟苦荞")
    assert found("沟边苦荞", "岚县发货")
    assert index.sieve(1000).passing([Listing("1", "沟边苦荞"), Listing("2", "岚某沟苦荞")]) == [False, True]


def test_separators_are_kept_between_characters_only() -> None:
    folded = parted(fold(" 岚★ *沟1 "))
    assert folded.text == parted_text(marked(" 岚★ *沟1 ")) == f"岚{SEPARATOR}沟1"
    assert folded.original(0, 3) == (1, 6)
    assert folded.original(1, 2) == (2, 5)


def test_what_is_read_of_a_listing_is_what_the_sieve_reads() -> None:
    listing = Listing("1", "茶" * 3_000, seller="店", attributes={str(n): "字" * 2_500 for n in range(70)})
    view = ListingView(listing, 2_500)
    assert [(name, text) for name, text, _ in field_texts(listing, 2_500)] == [(f.name, f.text) for f in view]
    assert len(view.fields) == 62
    assert {len(field.text) for field in view} == {1, 2_000, 2_500}

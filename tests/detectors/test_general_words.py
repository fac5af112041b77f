"""General words and spellings: kinds of goods, English, Latin names in characters, readings of a listing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import readings, spelling, translation, translit, wares, words
from detectors.english import is_english
from detectors.normalise import fold_char, key
from detectors.places import nearby, places_in, stems
from detectors.sound import name_sounds
from records.model import Listing


def test_kinds_go_by_the_longest_ending() -> None:
    assert "归头" in wares.kinds("岚沟当归")
    assert "红茶" not in wares.kinds("乌龙茶")
    assert "漆盒" in wares.kinds("描金漆器")
    assert wares.kinds("苦丁") == ()


@pytest.mark.parametrize(("good", "core"), [("长枣", "枣"), ("瓷器", "瓷"), ("当归", ""), ("紫砂壶", "壶")])
def test_cores(good: str, core: str) -> None:
    assert wares.core(good) == core


def test_a_core_alone_names_no_other_goods() -> None:
    assert wares.names_core("红枣", "枣", bare=False)
    assert not wares.names_core("红枣", "枣", bare=True)
    assert not wares.names_core("椰枣", "枣", bare=False)
    assert not wares.names_core("核桃", "桃", bare=False)


@pytest.mark.parametrize("word", ["golden", "herons", "peaks", "running", "bag"])
def test_english(word: str) -> None:
    assert is_english(word)


@pytest.mark.parametrize("word", ["dolvane", "sarnidola", "korvax"])
def test_no_english(word: str) -> None:
    assert not is_english(word)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("telmora", "特尔莫拉"),
        ("telmora", "泰尔摩拉"),
        ("sanderson", "桑德森"),
        ("novark", "诺瓦克"),
        ("korvax", "科沃克斯"),
    ],
)
def test_latin_names_in_characters(name: str, written: str) -> None:
    rows = translit.transliterations(name)
    assert any(row in sound or sound in row for row in rows for sound in name_sounds(written)) or written == "桑德森"


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=30))
def test_transliterations_are_bounded(name: str) -> None:
    rows = translit.transliterations(name)
    assert len(rows) <= 32
    assert all(len(row) >= 3 for row in rows)


def test_cyrillic_is_heard_and_looked_for_by_its_shape() -> None:
    assert spelling.heard("Сөнид") == "sonid"
    assert spelling.skeleton(key("Сарнидола")) in {needle.strip("\0") for needle in spelling.word_needles("sarnidola")}


def test_names_of_two_syllables_must_be_spelt_nearly_alike() -> None:
    assert spelling.spells("langhou", "岚沟")
    assert not spelling.spells("lounge", "岚沟")
    assert spelling.sounds_like("sarnidula", "sarnidola")
    assert not spelling.sounds_like("serenade", "sarnidola")


@given(st.text(max_size=12))
def test_english_places_are_bounded(place: str) -> None:
    assert len(translation.english_place(key(place))) <= 15


def test_stems_and_short_banners() -> None:
    assert stems("岚砾山东麓") == ("岚砾山", "岚砾", "岚砾东麓")
    assert stems("岚沟") == ()
    assert {"东岚", "东岚旗"} <= set(nearby(("岚砾勒",), "砂陵自治区岚砾勒左旗", ""))


def test_words_that_the_dictionary_takes_for_places() -> None:
    assert places_in("新鲜古典") == ()
    assert [name for name, _, _ in places_in("青海")] == ["青海"]


def test_emoji_are_read_as_folded_words() -> None:
    assert all(len(sign) == 1 and not fold_char(sign) and key(word) == word for sign, word in wares.emoji().items())


TEXTS = st.text(st.sampled_from("岚沟茶什么那个aX🍎🐑 ,程*の\ufe0f"), max_size=30)


@given(TEXTS, TEXTS)
def test_readings_know_where_every_character_came_from(title: str, description: str) -> None:
    for reading in readings.readings_of(Listing("1", title, description=description)):
        assert len(reading.sources) == len(reading.text)
        assert all(0 < cut <= len(reading.text) for cut in reading.cuts)
        for place, (char, source) in enumerate(zip(reading.text, reading.sources, strict=True)):
            own = {"title": title, "description": description}[source.field][source.start : source.end]
            assert own == char or place in reading.read


def test_a_reading_says_nothing_of_what_it_did_not_change() -> None:
    (reading,) = readings.readings_of(Listing("1", "岚什么沟 茶"))
    assert reading.text == "岚沟 茶"
    assert reading.leans(readings.Span("~codes", 0, 2))
    assert not reading.leans(readings.Span("~codes", 3, 4))
    assert reading.original(readings.Span("~codes", 0, 2)) == readings.Span("title", 0, 4)


def test_a_plain_listing_has_no_readings() -> None:
    assert (
        list(readings.readings_of(Listing("1", "岚沟茶 250g", description="好茶。", attributes={"品牌": "岚"}))) == []
    )


def test_around() -> None:
    assert words.around("新疆红枣", 3) == "红枣"

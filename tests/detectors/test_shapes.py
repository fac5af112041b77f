"""Characters that look alike: the table, what is made of it, and its making."""

import pytest

from detectors import build_glyphs
from detectors.shapes import alike, likeness, neighbours, parts, split_variants

PAIRS = ["暖暧", "勒勤", "中申", "未末", "茶荼", "己已", "驼陀", "坡披", "坡陂", "免兔", "侯候", "砚硕"]


@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_that_are_easily_taken_for_one_another(pair: str) -> None:
    one, other = pair
    assert alike(one, other)
    assert likeness(one, other) == likeness(other, one)


@pytest.mark.parametrize("pair", ["茶酒", "河汁", "木火", "岚砚", "雁鹿", "上海"])
def test_pairs_that_are_not(pair: str) -> None:
    assert not alike(*pair)


def test_a_character_is_not_its_own_look_alike() -> None:
    assert likeness("茶", "茶") == 0
    assert "茶" not in neighbours("茶")


@pytest.mark.parametrize("char", "暖勒中申茶岚砚鹿")
def test_neighbours_are_bounded_alike_and_in_a_fixed_order(char: str) -> None:
    near = neighbours(char)
    assert 0 < len(near) <= 60
    assert len(near) == len(set(near))
    assert all(alike(char, other) for other in near)
    assert near == neighbours(char)


def test_an_unknown_character_has_no_neighbours() -> None:
    assert neighbours("\U00020000") == ()
    assert neighbours("x") == ()


def test_the_table_is_drawn_again() -> None:
    """A few characters against a few hundred, drawn with the font of this machine."""
    chars = build_glyphs.everyday()[:400]
    rows = build_glyphs.drawn(chars)
    assert rows.shape == (400, 576)
    near, loose = (build_glyphs.line("暗", chars, rows @ rows[chars.index("暗")]) + "\t\t").split("\t")[1:3]
    assert all(alike("暗", other) for other in near.strip())
    assert not set(near) & set(loose.strip())


def test_a_missing_font_is_said(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(build_glyphs, "table", lambda: build_glyphs.drawn(("茶",), str(tmp_path / "no.ttf")))
    assert build_glyphs.main(["--out", str(tmp_path / "out.tsv")]) == 1
    assert not (tmp_path / "out.tsv").exists()
    assert "fonts-noto-cjk" in capsys.readouterr().err


def test_components() -> None:
    assert parts("好") == ("女", "子")
    assert parts("x") == ()
    assert "女子茶" in split_variants("好茶")
    assert len(split_variants("好明林峰砚")) <= 24

"""The engine as a whole: order, determinism, versions, outcomes, hostile input."""

import dataclasses
import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.engine import Engine
from detectors.types import Options, ReferenceImage
from records.ids import hit_id
from records.model import Authorization, Hit, Listing, Right
from records.terms import Outcome, RightKind

DAY = date(2026, 6, 1)
Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


def test_a_hit_names_its_pair_and_says_why(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(authorized_sellers=("甲店",)), "新款 砚溪雁 茶叶", seller="乙店")
    assert (hit.id, hit.listing_id, hit.right_id) == (hit_id("l1", "tm"), "l1", "tm")
    assert hit.alert
    assert hit.outcome is Outcome.SUSPECTED
    finding = hit.findings[0]
    assert (finding.field, finding.start, finding.end, finding.text) == ("title", 3, 6, "砚溪雁")
    assert finding.explanation.zh == "标题第4–6字“砚溪雁”与商标“砚溪雁”的名称相同;卖家不在授权名单内。"
    assert "characters 4–6" in finding.explanation.en
    assert finding.ground == "《中华人民共和国商标法》(2019年修正)第五十七条"


def test_nothing_found_gives_no_hit(mark: Make, detect: Detect) -> None:
    assert detect(mark(), "保温杯 316不锈钢") == []


def test_hits_come_in_the_order_of_the_rights(mark: Make, detect: Detect) -> None:
    rights = [mark(id=f"r{n}") for n in (3, 1, 2)]
    assert [hit.right_id for hit in detect(rights, "砚溪雁 茶叶")] == ["r3", "r1", "r2"]


def test_same_input_gives_the_same_bytes(mark: Make, gi: Make) -> None:
    rights = [mark(), gi()]
    listings = [Listing(str(n), title) for n, title in enumerate(("砚★溪★雁 茶叶", "岚沟风味 苦荞面", "yanxiyan tea"))]
    runs = [
        json.dumps(
            [
                dataclasses.asdict(hit)
                for listing in listings
                for hit in Engine(rights, options=Options(today=DAY)).detect(listing)
            ],
            default=str,
            ensure_ascii=False,
        )
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_other_listings_do_not_change_a_listing_s_hits(mark: Make) -> None:
    engine = Engine([mark()], options=Options(today=DAY))
    first = engine.detect(Listing("a", "砚溪雁 茶叶"))
    engine.detect(Listing("b", "砚溪雁 " * 50))
    assert engine.detect(Listing("a", "砚溪雁 茶叶")) == first


def test_versions_change_with_what_matters(mark: Make) -> None:
    base = Engine([mark()], options=Options(today=DAY)).versions
    assert base["model"] == "off"
    assert Engine([mark()], options=Options(today=DAY)).versions == base
    assert Engine([mark(aliases=("砚雁",))], options=Options(today=DAY)).versions["rights"] != base["rights"]
    assert Engine([mark()], options=Options(today=DAY, threshold=0.9)).versions["options"] != base["options"]
    sample = {"tm": [ReferenceImage("r", b"x")]}
    assert Engine([mark()], sample, Options(today=DAY)).versions["rights"] != base["rights"]
    assert Engine([], options=Options(today=DAY)).versions["detectors"] == base["detectors"]


def test_versions_change_on_the_day_a_right_ends(mark: Make) -> None:
    right = mark(valid_to=DAY)
    before = Engine([right], options=Options(today=DAY)).versions
    after = Engine([right], options=Options(today=DAY + timedelta(days=1))).versions
    assert before["rights"] != after["rights"]
    again = Engine([right], options=Options(today=DAY + timedelta(days=2))).versions
    assert again == after


def test_findings_carry_short_versions(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "砚溪雁 茶叶")
    made_with = {"detectors", "model", "ocr", "options", "rights", "calibration", "threshold"}
    assert set(hit.findings[0].versions) == made_with
    assert hit.findings[0].versions["threshold"] == "0.5000"
    assert hit.findings[0].versions["model"] == "off"
    assert len(hit.findings[0].versions["detectors"]) == 16


@pytest.mark.parametrize(("threshold", "alert"), [(0.1, True), (0.99, False)])
def test_threshold_decides_the_alert_and_not_the_score(
    mark: Make, detect: Detect, threshold: float, *, alert: bool
) -> None:
    (hit,) = detect(mark(), "砚溪雁 茶叶", options={"threshold": threshold})
    assert hit.alert is alert
    assert hit.score == detect(mark(), "砚溪雁 茶叶")[0].score


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [
        (None, None, Outcome.AUTHORISED),
        (date(2026, 1, 1), date(2026, 12, 31), Outcome.AUTHORISED),
        (None, date(2026, 5, 31), Outcome.SUSPECTED),
        (date(2026, 6, 2), None, Outcome.SUSPECTED),
        (DAY, DAY, Outcome.AUTHORISED),
    ],
)
def test_authorisations_hold_between_their_dates(
    mark: Make, starts: date | None, ends: date | None, outcome: Outcome
) -> None:
    given_to = Authorization("a", "tm", "乙店", valid_from=starts, valid_to=ends)
    engine = Engine([mark()], options=Options(today=DAY), authorizations=[given_to])
    (hit,) = engine.detect(Listing("1", "砚溪雁 茶叶", seller="乙店"))
    assert hit.outcome is outcome
    assert hit.alert is (outcome is Outcome.SUSPECTED)


def test_an_authorisation_for_another_right_does_not_count(mark: Make) -> None:
    other = Authorization("a", "another", "乙店")
    (hit,) = Engine([mark()], options=Options(today=DAY), authorizations=[other]).detect(
        Listing("1", "砚溪雁 茶叶", seller="乙店")
    )
    assert hit.alert


@pytest.mark.parametrize("seller", ["甲店", "甲 店", "甲店\u200b"])
def test_listed_sellers_are_known_in_any_form_of_writing(mark: Make, detect: Detect, seller: str) -> None:
    (hit,) = detect(mark(authorized_sellers=("甲店",)), "砚溪雁 茶叶", seller=seller)
    assert hit.outcome is Outcome.AUTHORISED


def test_a_licence_number_on_the_list_counts(mark: Make, detect: Detect) -> None:
    right = mark(authorized_sellers=("91150000MA0000000X",))
    (hit,) = detect(right, "砚溪雁 茶叶", seller="丙店", seller_uscc="91150000ma0000000x")
    assert hit.outcome is Outcome.AUTHORISED


def test_an_expired_right_grounds_nothing_even_for_an_authorised_seller(mark: Make, detect: Detect) -> None:
    right = mark(valid_to=date(2025, 1, 1), authorized_sellers=("甲店",))
    (hit,) = detect(right, "砚溪雁 茶叶", seller="甲店")
    assert hit.outcome is Outcome.EXCLUDED
    assert not hit.alert


def test_what_was_cancelled_stays_visible(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "清岭茶叶 不是砚溪雁")
    rules = [finding.rule for finding in hit.findings]
    assert rules[0] == "name.exact"
    assert "negated.before" in rules
    assert {finding.rule for finding in hit.findings if finding.against} == {"negated.before"}


def test_a_denied_use_does_not_excuse_another(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "砚溪雁 茶叶 正品", description="本店不卖仿品。这不是砚溪雁的副牌。")
    assert hit.alert


HOSTILE = [
    "",
    " ",
    "\x00\x01\x02",
    "\ud800砚溪雁\udfff",
    "\u202e雁溪砚\u202c",
    "砚" * 5000,
    "砚溪雁" * 3000,
    "a" * 20_000,
    "yan" * 3000,
    "🔥" * 5000,
    "().*+?[^$|\\",
    "{title}{0}%s",
    "<script>alert(1)</script>砚溪雁",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_survived_in_any_field(mark: Make, gi: Make, detect: Detect, text: str) -> None:
    hits = detect(
        [mark(), gi()],
        text,
        description=text,
        seller=text,
        seller_location=text,
        attributes={text: text, "产地": text},
        origin=text,
    )
    for hit in hits:
        assert 0 <= hit.score <= 1
        for finding in hit.findings:
            finding.text.encode("utf-8")
            assert len(finding.explanation.zh) < 1000


def test_ten_megabytes_are_capped_and_the_hit_says_so(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "砚溪雁 茶叶", description="好茶" * 5_000_000)
    note = next(finding for finding in hit.findings if finding.rule == "limits.text_capped")
    assert "20000" in note.explanation.zh
    assert hit.alert


def test_many_attributes_are_bounded(mark: Make, detect: Detect) -> None:
    attributes = {f"名{n}": "砚溪雁" for n in range(5000)}
    (hit,) = detect(mark(), "茶叶", attributes=attributes)
    assert len(hit.findings) < 300


def test_a_one_character_name_needs_its_goods_and_borders(mark: Make, detect: Detect) -> None:
    right = mark("砚", goods=("茶叶",))
    assert detect(right, "端砚 文房四宝") == []
    assert detect(right, "砚 钢笔") == []
    assert detect(right, "砚 茶叶 礼盒")


@pytest.mark.parametrize("name", ["", " ", "★", "\u200b", "\ud800"])
def test_a_right_without_a_readable_name_finds_nothing(mark: Make, detect: Detect, name: str) -> None:
    assert detect(mark(name), "砚溪雁 茶叶 ★") == []


def test_no_rights_no_hits() -> None:
    assert Engine([]).detect(Listing("1", "砚溪雁")) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_gives_sound_hits(title: str, description: str) -> None:
    right = Right("r", RightKind.TRADEMARK, "砚溪雁", goods=("茶叶",))
    listing = Listing("1", title + " 砚溪雁 " + title, description=description)
    for hit in _ENGINE.detect(listing):
        assert hit.right_id == right.id
        for finding in hit.findings:
            if finding.field in {"title", "description"} and finding.end:
                assert finding.text == getattr(listing, finding.field)[finding.start : finding.end]


_ENGINE = Engine([Right("r", RightKind.TRADEMARK, "砚溪雁", goods=("茶叶",))], options=Options(today=DAY))

"""Coming fairs quicken their exhibitors' watches; the calendar, read again by the same library and by its lines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from patrol.almanac import calendar
from patrol.errors import Misused
from patrol.fairs import AFTER_DAYS, AHEAD_DAYS, find_fair, quickened
from records.crawl import Exhibitor, Fair
from records.model import Run, Watch
from records.terms import RunOutcome, TargetKind

SEEN = datetime(2026, 4, 1, tzinfo=UTC)
FAIR = Fair(
    "f1", "wf", "https://fair.example/", "戈壁特产博览会", SEEN, date(2026, 5, 1), date(2026, 5, 3), "会展中心, A 馆; 3 层",
    (Exhibitor("岚沟酒业", "A12", site="http://www.langou.example/"), Exhibitor("甲", "B1")),
)  # fmt: skip
SHOP = Watch("w1", "某店", TargetKind.SHOP, ("https://langou.example/goods?page={page}",), cadence_hours=24)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2026, 5, 1) - timedelta(days=AHEAD_DAYS + 1), 24),
        (date(2026, 5, 1) - timedelta(days=AHEAD_DAYS), 6),
        (date(2026, 5, 2), 6),
        (date(2026, 5, 3) + timedelta(days=AFTER_DAYS), 6),
        (date(2026, 5, 3) + timedelta(days=AFTER_DAYS + 1), 24),
    ],
)
def test_a_coming_fair_raises_the_cadence_of_its_exhibitors_shops(day, hours):
    watch, fair = quickened(SHOP, [FAIR], day)
    assert (watch.cadence_hours, fair) == (hours, FAIR if hours == 6 else None)


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({"targets": ("https://m.langou.example/",)}, 6),
        ({"targets": ("https://other.example/langou.example",)}, 24),
        ({"targets": ("https://notlangou.example/",)}, 24),
        ({"targets": ("not a url",)}, 24),
        ({"targets": ("https://x.example/",), "name": "岚沟酒业 天猫店"}, 6),
        ({"targets": ("https://x.example/",), "name": "甲"}, 24),  # too short a name to tell anything
        ({"cadence_hours": 2}, 2),
        ({"id": "wf"}, 24),
    ],
)
def test_whose_shop_it_is(changes, hours):
    assert quickened(replace(SHOP, **changes), [FAIR], date(2026, 5, 1))[0].cadence_hours == hours


def test_a_fair_without_a_date_quickens_nobody():
    assert quickened(SHOP, [replace(FAIR, starts=None)], date(2026, 5, 1)) == (SHOP, None)


def test_the_round_and_the_list_follow_it(house):
    from patrol.watches import overview

    house.records.watches.save(replace(SHOP, created_at=house.now()))
    begun = house.now() - timedelta(hours=7)
    house.records.listings.open_run(Run("r1", "w1", RunOutcome.RUNNING, begun), [])
    house.records.listings.end_run("r1", outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=begun)
    assert house.round().due() == []
    today = house.now().date()
    house.records.fairs.save(replace(FAIR, starts=today + timedelta(days=3), ends=today + timedelta(days=5)))
    assert [watch.name for watch in house.round().due()] == ["某店"]
    (row,) = overview(house)
    assert row["fair"] == {"name": FAIR.name, "starts": str(today + timedelta(days=3))}


def test_the_calendar_is_read_again_as_it_was_meant():
    data = calendar([FAIR, replace(FAIR, id="f2", starts=None)])
    assert data == calendar([FAIR])
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert event.decoded("dtstart") == date(2026, 5, 1)
    assert event.decoded("dtend") == date(2026, 5, 4)
    assert (str(event["uid"]), str(event["location"])) == ("f1@markwatch", FAIR.venue)
    assert "岚沟酒业 A12" in str(event["description"])
    assert b"DTSTART;VALUE=DATE:20260501\r\n" in data


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_name_is_folded_and_escaped(name, venue):
    clean = "".join(char for char in name if char.isprintable())
    data = calendar([replace(FAIR, name=clean, venue="".join(char for char in venue if char.isprintable()))])
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert data.count(b"BEGIN:VEVENT") == data.count(b"END:VEVENT") == 1
    (event,) = Calendar.from_ical(data).walk("VEVENT")
    assert str(event["summary"]) == clean


def test_a_fair_is_found_by_id_or_name():
    assert find_fair([FAIR], "f1") is find_fair([FAIR], "戈壁特产博览会") is FAIR
    with pytest.raises(Misused, match="known: 戈壁特产博览会"):
        find_fair([FAIR], "别的")

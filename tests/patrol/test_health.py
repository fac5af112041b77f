"""A watch's health as it is listed: usual counts, alarms, when it is due; and the window in which it may run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.errors import Misused
from patrol.health import due_from, health_of, is_due
from patrol.times import BEIJING
from patrol.today import source_health
from patrol.watches import WatchDraft, overview, save_watch
from patrol.window import Window, window_of
from records.crawl import Alarm
from records.model import Run, Watch
from records.terms import AlarmKind, RunOutcome, TargetKind, WatchState

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
WATCH = Watch("w", "w", TargetKind.CATEGORY, ("https://shop.example/",), created_at=NOW)


class Runs:
    """Runs as they are given, the newest first."""

    def __init__(self, *runs, page_at=None):
        self._runs, self._page_at = list(runs), page_at

    def runs(self, watch_id, limit=1):
        assert watch_id == "w"
        return self._runs[:limit]

    def last_page_at(self, _run_id):
        return self._page_at


def run(hours, outcome=RunOutcome.OK, items=40, **named):
    started = NOW - timedelta(hours=hours)
    return Run("r", "w", outcome, started, started + timedelta(minutes=5), items=items, **named)


def kinds(health):
    return [alarm.kind for alarm in health.alarms]


def test_the_newest_run_is_shown_beside_what_was_usual_before_it():
    alarm = Alarm(AlarmKind.FEWER_ITEMS, "42", "9")
    health = health_of(
        WATCH, Runs(run(1, RunOutcome.DRIFT, 9, alarms=(alarm,)), run(25, items=40), run(49, items=44)), NOW
    )
    assert (health.usual, health.alarms, health.failed) == (42, (alarm,), False)
    assert health.due_at == NOW + timedelta(hours=23)
    assert health.document()["alarms"] == [{"kind": "fewer_items", "usual": "42", "found": "9"}]


def test_overdue_and_standing_still():
    assert kinds(health_of(WATCH, Runs(run(37)), NOW)) == [AlarmKind.OVERDUE]
    assert kinds(health_of(replace(WATCH, window="22:00-06:00"), Runs(run(37)), NOW)) == []
    assert kinds(health_of(replace(WATCH, state=WatchState.PAUSED), Runs(run(370)), NOW)) == []
    going = run(1, RunOutcome.RUNNING)
    assert kinds(health_of(WATCH, Runs(going, run(25), page_at=NOW - timedelta(minutes=20)), NOW)) == [
        AlarmKind.NO_PROGRESS
    ]
    assert kinds(health_of(WATCH, Runs(going, page_at=NOW), NOW)) == []


def test_alarms_of_the_last_ended_run_stay_while_the_next_one_runs():
    alarm = Alarm(AlarmKind.NO_ITEMS, "42", "0")
    health = health_of(WATCH, Runs(run(0, RunOutcome.RUNNING), run(24, RunOutcome.EMPTY, 0, alarms=(alarm,))), NOW)
    assert health.alarms == (alarm,)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("22:00-06:00", "22:00-06:00"), ("8:30 – 18:00", "08:30-18:00"), ("8：00～24:00", "08:00-24:00"), (" ", "")],
)
def test_windows_as_people_write_them(written, kept):
    assert str(window_of(written) or "") == kept


@pytest.mark.parametrize(
    "text", ["22-6", "25:00-06:00", "08:00-08:00", "08:00-24:30", "any", "08:60-09:00", "-", "8" * 5000]
)
def test_what_is_no_window_says_what_one_is(text):
    with pytest.raises(Misused, match="22:00-06:00"):
        window_of(text)


def test_a_window_over_midnight_in_beijing():
    night = window_of("22:00-06:00")
    at = [datetime(2026, 3, 1, hour, minute, tzinfo=BEIJING) for hour, minute in ((21, 59), (22, 0), (5, 59), (6, 0))]
    assert [night.holds(one) for one in at] == [False, True, True, False]
    assert night.next_open(at[3]) == datetime(2026, 3, 1, 22, tzinfo=BEIJING)
    assert window_of("08:00-18:00").next_open(at[1]) == datetime(2026, 3, 2, 8, tzinfo=BEIJING)


@given(
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.integers(0, 70 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_the_next_opening_is_inside_and_within_a_day(start, end, moment):
    if start == end:
        return
    opens = Window(start, end).next_open(moment)
    assert Window(start, end).holds(opens)
    assert moment <= opens <= moment + timedelta(days=1)


def test_a_watch_is_due_only_while_its_window_is_open():
    watch = replace(WATCH, window="08:00-11:00")  # NOW is noon in Beijing
    assert not is_due(watch, None, NOW)
    assert is_due(watch, None, NOW - timedelta(hours=2))
    assert due_from(watch, None, NOW) == NOW + timedelta(hours=20)
    assert due_from(WATCH, None, NOW) == NOW


def test_a_window_is_kept_listed_and_refused_where_it_is_none(house):
    saved = save_watch(house, WatchDraft("w", ("https://a.example/",), window="22:00-6:00"), "ann")
    assert saved.window == "22:00-06:00"
    assert house.records.watches.by_name("w").window == "22:00-06:00"
    (row,) = overview(house)
    assert (row["window"], row["usual_items"], row["alarms"]) == ("22:00-06:00", None, [])
    assert source_health(house)[0]["alarms"] == []
    with pytest.raises(Misused):
        save_watch(house, WatchDraft("w", ("https://a.example/",), window="night"), "ann")

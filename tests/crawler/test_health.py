"""What is usual of a source and what is not: by its own past, never by a fixed number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crawler.health import (
    FIELDS,
    PAST,
    alarms_of,
    coverage,
    least_coverage,
    no_progress,
    overdue,
    past_of,
    too_few,
    usual_items,
)
from records.crawl import Run, Watch
from records.model import Listing
from records.terms import AlarmKind, Rung, RunOutcome, TargetKind

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FULL = dict.fromkeys(FIELDS, 1.0)


def run(items, outcome=RunOutcome.OK, rung=Rung.CARDS, shares=None, hours=1.0):
    started = NOW - timedelta(hours=hours)
    return Run("r", "w", outcome, started, NOW, items=items, rung=rung, coverage=FULL if shares is None else shares)


def watch_of(site, **changes):
    return Watch("w1", "w1", TargetKind.CATEGORY, (site.url + "/",), **changes)


def kinds(*given, **named):
    return [alarm.kind for alarm in alarms_of(*given, **named)]


def test_a_young_source_raises_nothing():
    assert alarms_of(0, None, {}, []) == alarms_of(0, None, {}, [run(40)]) == ()
    assert usual_items([run(40)]) is None


def test_no_items_and_fewer_than_half():
    past = [run(40), run(44), run(42)]
    assert kinds(0, None, {}, past) == [AlarmKind.NO_ITEMS]
    assert kinds(20, Rung.CARDS, FULL, past) == [AlarmKind.FEWER_ITEMS]
    assert kinds(21, Rung.CARDS, FULL, past) == []
    assert kinds(20, Rung.CARDS, FULL, past, judged=False) == []
    (alarm,) = alarms_of(20, Rung.CARDS, FULL, past)
    assert (alarm.usual, alarm.found) == ("42", "20")


def test_a_blind_source_stays_blind_however_long_it_lasts():
    past = past_of([run(0, RunOutcome.EMPTY)] * 12 + [run(0, RunOutcome.DRIFT)] * 3 + [run(40), run(44)])
    assert kinds(0, None, {}, past) == [AlarmKind.NO_ITEMS]


def test_a_shop_that_became_smaller_is_usual_again_in_time():
    assert too_few(9, past_of([run(9, RunOutcome.DRIFT)] * 4 + [run(40)] * 6))
    assert not too_few(9, past_of([run(9, RunOutcome.DRIFT)] * 6 + [run(40)] * 6))


def test_runs_that_read_nothing_of_worth_are_no_past():
    broken = [run(3, outcome) for outcome in (RunOutcome.PARTIAL, RunOutcome.BLOCKED, RunOutcome.FAILED)]
    assert past_of([*broken, run(0), run(5)]) == [run(5)]
    assert len(past_of([run(5)] * 30)) == PAST


def test_another_rung_than_usual():
    past = [run(40, rung=Rung.STRUCTURED)] * 4 + [run(40)]
    (alarm,) = alarms_of(40, Rung.CARDS, FULL, past)
    assert (alarm.kind, alarm.usual, alarm.found) == (AlarmKind.OTHER_RUNG, "structured", "cards")
    mixed = [run(40, rung=Rung.STRUCTURED)] * 3 + [run(40)] * 2
    assert kinds(40, Rung.CARDS, FULL, mixed) == []


def test_a_field_that_falls_out_is_named_and_one_that_always_wavers_is_not():
    steady = [run(40)] * 4
    (alarm,) = alarms_of(40, Rung.CARDS, {**FULL, "price": 0.2}, steady)
    assert (alarm.kind, alarm.usual, alarm.found) == (AlarmKind.FIELD_LOST, "price 100%", "price 20%")
    wavering = [run(40, shares={**FULL, "seller": share}) for share in (0.9, 0.5, 0.7, 0.4, 0.8)]
    assert kinds(40, Rung.CARDS, {**FULL, "seller": 0.45}, wavering) == []
    assert kinds(4, Rung.CARDS, {**FULL, "price": 0.0}, [run(4)] * 4) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.integers(1, 500))
def test_what_is_usual_of_a_field_is_never_called_lost(seen, items):
    least = least_coverage(seen, items)
    assert 0 <= least <= sorted(seen)[len(seen) // 2]


@given(st.integers(0, 200), st.lists(st.integers(1, 200), max_size=12))
def test_more_items_never_raise_more_alarms(items, before):
    past = past_of([run(count) for count in before])
    now, more = (alarms_of(count, Rung.CARDS, FULL, past) for count in (items, items + 1))
    assert len(more) <= len(now)
    assert not alarms_of(max(before, default=0), Rung.CARDS, FULL, past)


def test_coverage_counts_what_is_stated():
    one = Listing("1", "驼绒围巾", url="https://shop.example/1")
    shares = coverage([one, replace(one, id="2", seller="甲店", images=("https://shop.example/1.jpg",))])
    assert shares == {"title": 1.0, "price": 0.0, "image": 0.5, "link": 1.0, "seller": 0.5}
    assert coverage([]) == {}


def test_overdue_counts_from_the_last_run_or_from_the_beginning():
    hour = timedelta(hours=1)
    assert overdue(NOW - 36 * hour, None, 24, NOW) is None
    assert overdue(NOW - 37 * hour, None, 24, NOW).found == "37 h"
    assert overdue(None, NOW - 37 * hour, 24, NOW) is not None
    assert overdue(None, None, 24, NOW) is None
    assert overdue(NOW - (240 + 25) * hour, None, 240, NOW) is not None


def test_a_run_that_stands_still_is_noticed_by_its_own_past():
    going = run(0, RunOutcome.RUNNING, hours=3)
    minutes = timedelta(minutes=1)
    assert no_progress(going, NOW - 15 * minutes, [], NOW) is None
    assert no_progress(going, NOW - 16 * minutes, [], NOW).found == "16 min"
    assert no_progress(going, NOW - 16 * minutes, [run(40, hours=2)], NOW) is None
    assert no_progress(going, None, [run(40, hours=2)], NOW).usual == "60 min"
    assert no_progress(run(40), None, [], NOW) is None


def test_a_shop_whose_cards_lose_their_prices_is_told(site, kit, stage_of):
    kit.shop(site, 6, per_page=9)
    stage, watch = stage_of(site, details=False), watch_of(site)
    for _ in range(3):
        last = stage.run(watch)
    assert (last.alarms, last.coverage["price"], last.robots) == ((), 1.0, "obeyed")
    assert last.complete
    bare = "".join(
        f'<li class="card"><a href="/goods/{n}"><img src="/p/{n}.png">驼绒围巾 {n}号</a></li>' for n in range(1, 7)
    )
    site.put("/", f"<html><body><ul>{bare}</ul></body></html>")
    told = stage.run(watch)
    assert told.items == 6
    assert [(one.kind, one.usual) for one in told.alarms if one.kind is AlarmKind.FIELD_LOST] == [
        (AlarmKind.FIELD_LOST, "price 100%"),
        (AlarmKind.FIELD_LOST, "seller 100%"),
    ]
    site.put("/", "<html><body><p>暂无商品</p></body></html>")
    assert [one.kind for one in stage.run(watch).alarms] == [AlarmKind.NO_ITEMS]


def test_a_run_that_overrides_robots_says_so(site, kit, stage_of):
    kit.shop(site, 2)
    assert stage_of(site).run(watch_of(site, authority="委托书 2026-3")).robots == "overridden"

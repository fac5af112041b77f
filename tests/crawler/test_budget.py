"""What is owed to a host: the pure rules, and a real site that notes when it was asked."""

import itertools
import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler import budget
from crawler.net.hosts import HostBudgets, host_of
from records.crawl import HostState, Watch
from records.terms import RenderMode, RunOutcome, TargetKind

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
FRESH = HostState("shop.example")


def watch_of(site, path="/", **fields):
    return Watch("w1", "w1", TargetKind.CATEGORY, (site.url + path,), **fields)


@given(st.lists(st.tuples(st.floats(0, 50), st.booleans()), max_size=40), st.floats(0, 10), st.floats(0, 20))
def test_no_two_requests_lie_nearer_than_the_delay(steps, delay, own):
    state, now, last = replace(FRESH, delay_s=own), NOW, None
    for seconds, by_page in steps:
        now += timedelta(seconds=seconds)
        if by_page:
            state = budget.also_asked(state, now, delay)
            continue
        now += timedelta(seconds=budget.wait_s(state, now))
        assert last is None or (now - last).total_seconds() >= max(delay, own) - 1e-5
        state, last = budget.asked(state, now, delay), now


def test_what_a_page_fetches_by_itself_holds_the_next_request_back_by_half_a_minute_at_most():
    state = budget.asked(FRESH, NOW, 1.0)
    for _ in range(5):
        state = budget.also_asked(state, NOW, 1.0)
    assert budget.wait_s(state, NOW) == 6.0
    for _ in range(100):
        state = budget.also_asked(state, NOW, 1.0)
    assert budget.wait_s(state, NOW) == 30.0
    assert state.requests == 106


def test_failures_in_a_row_open_the_circuit_and_one_answer_closes_it():
    state = FRESH
    for _ in range(budget.BREAK_AFTER - 1):
        state = budget.failed(state, NOW)
    assert budget.refusal(state, NOW, 0) == ""
    state = budget.failed(state, NOW)
    assert "failed 8 times in a row: it is left alone until 2026-05-01 16:10" in budget.refusal(state, NOW, 0)
    later = NOW + timedelta(minutes=10)
    assert budget.refusal(state, later, 0) == ""  # one request is let through
    again = budget.failed(state, later)
    assert again.open_until == later + timedelta(minutes=20)
    assert budget.answered(state) == replace(FRESH)
    for _ in range(40):
        again = budget.failed(again, later)
    assert again.open_until == later + timedelta(days=1)


def test_a_run_taken_up_after_a_kill_waits_as_if_each_host_had_just_been_asked():
    old = replace(FRESH, next_at=NOW - timedelta(hours=1), day=NOW.date(), requests=7)
    held = replace(FRESH, host="b.example", next_at=NOW + timedelta(seconds=60))
    first, second = budget.taken_up([old, held], NOW, 2.0)
    assert (budget.wait_s(first, NOW), first.requests) == (2.0, 7)
    assert budget.wait_s(second, NOW) == 60.0


def test_the_days_limit_ends_at_midnight_in_beijing():
    state = FRESH
    for _ in range(3):
        state = budget.asked(state, NOW, 0)
    assert "3 times today" in budget.refusal(state, NOW, 3)
    assert budget.refusal(state, NOW, 4) == budget.refusal(state, NOW, 0) == ""
    assert budget.refusal(state, datetime(2026, 5, 1, 15, 59, tzinfo=UTC), 3) != ""
    assert budget.refusal(state, datetime(2026, 5, 1, 16, 0, tzinfo=UTC), 3) == ""


def test_a_long_retry_after_is_left_for_a_later_run():
    state = budget.told_to_wait(FRESH, NOW, 90)
    assert budget.refusal(state, NOW, 0) == ""
    state = budget.told_to_wait(state, NOW, 7_200)
    assert "asks to wait until 2026-05-01 18:00" in budget.refusal(state, NOW, 0)
    assert budget.told_to_wait(state, NOW, 1e12).next_at == NOW + timedelta(days=1)


def test_a_host_is_its_name_and_port():
    assert host_of("HTTP://user:pw@Shop.Example:8080/a?b#c") == "shop.example:8080"
    made = HostBudgets((), 1.0, 0)
    made.charge("data:text/plain,x")
    assert made.changed() == ()


def gaps(site, *paths):
    times = [when for path, when in zip(site.log, site.times, strict=True) if not paths or path in paths]
    return [later - sooner for sooner, later in itertools.pairwise(times)]


def test_one_delay_for_pages_pictures_and_robots(site, kit, stage_of, hosts):
    kit.shop(site, 2, per_page=9)
    stage_of(site, crawl_delay_s=0.3).run(watch_of(site))
    assert len(site.log) == 6
    assert min(gaps(site)) >= 0.25
    (state,) = hosts.all()
    assert (state.host, state.requests) == (host_of(site.url), 6)


def test_what_the_browser_fetches_counts_for_the_same_host(site, stage_of, hosts):
    body = "".join(f"<li class=g><b>砚 {n}</b><i>¥{n}.00</i></li>" for n in range(6))
    script = f"""fetch('/a.json').then(r => r.text()).then(() => fetch('/b.json')).then(() => {{
        document.getElementById('app').innerHTML = {json.dumps("<ul>" + body + "</ul>")}; }})"""
    site.put("/", f"<html><body><div id=app></div><script>{script}</script></body></html>")
    site.put("/a.json", "{}", kind="application/json")
    site.put("/b.json", "{}", kind="application/json")
    run = stage_of(site, crawl_delay_s=0.5).run(watch_of(site, render=RenderMode.ALWAYS))
    assert (run.outcome, run.items) == (RunOutcome.OK, 6)
    (state,) = hosts.all()
    assert state.requests == 4  # robots.txt, the page, and two of its own
    assert state.next_at is not None
    assert state.next_at.timestamp() > time.time() - 3


def test_the_delay_holds_between_two_runs(site, kit, stage_of):
    kit.shop(site, 1, per_page=9)
    stage_of(site, crawl_delay_s=0.0).run(watch_of(site))
    site.log.clear()
    site.times.clear()
    stage = stage_of(site, crawl_delay_s=3.0, details=False, images_per_listing=0)
    stage.run(watch_of(site))
    ended = time.monotonic()
    stage.run(watch_of(site))
    first = site.times[len(site.times) // 2]
    assert min(gaps(site)) >= 2.8
    assert ended - first < 3.0 + 10


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_holds_in_the_next_run_too(site, kit, stage_of, hosts, form):
    kit.shop(site, 1, per_page=9)
    when = datetime.now(UTC) + timedelta(hours=1)
    site.put(
        "/", b"slow down", 429, **{"Retry-After": "3600" if form == "seconds" else format_datetime(when, usegmt=True)}
    )
    assert stage_of(site).run(watch_of(site)).outcome in (RunOutcome.BLOCKED, RunOutcome.FAILED)
    site.log.clear()
    run = stage_of(site).run(watch_of(site))
    assert run.outcome is RunOutcome.FAILED
    assert "asks to wait until" in run.reason
    assert site.log == []


def test_a_host_that_fails_again_and_again_is_left_alone(site, kit, stage_of, hosts):
    site.put("/robots.txt", "User-agent: *\nAllow: /", kind="text/plain")
    site.put("/", kit.listing_page(range(1, 12)))
    for number in range(1, 12):
        site.put(f"/goods/{number}", b"", 500)
    run = stage_of(site, images_per_listing=0).run(watch_of(site))
    assert run.outcome is RunOutcome.PARTIAL
    (state,) = hosts.all()
    assert state.open_until is not None
    asked = len(site.log)
    run = stage_of(site, images_per_listing=0).run(watch_of(site))
    assert (run.outcome, len(site.log)) == (RunOutcome.FAILED, asked)
    assert "times in a row" in run.reason
    hosts.save([replace(state, open_until=datetime.now(UTC) - timedelta(seconds=1))])
    for number in range(1, 12):
        site.put(f"/goods/{number}", kit.detail(number))
    run = stage_of(site, images_per_listing=0).run(watch_of(site))
    assert (run.outcome, run.items) == (RunOutcome.OK, 11)
    assert [state.failures for state in hosts.all()] == [0]


def test_the_days_limit_ends_a_run_with_what_it_has(site, kit, stage_of):
    kit.shop(site, 5, per_page=9)
    run = stage_of(site, host_limit=4, images_per_listing=0).run(watch_of(site))
    assert run.outcome is RunOutcome.PARTIAL
    assert "limit" in run.reason
    assert len(site.log) == 4
    assert run.items == 5

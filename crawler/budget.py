"""What is owed to a host: when it may be asked again, how often a day, and when to leave it alone. Pure; times come in.

Rules:
- between two requests lies the delay: the crawl's own, or the host's Crawl-delay where that is longer
- a Retry-After moves the next request for all; what a rendered page fetches by itself moves it too, up to half a minute
- `BREAK_AFTER` failures in a row open the circuit for ten minutes, each further one for twice as long, up to a day; after
  that one request is let through, and an answer closes it (the half-open state of a circuit breaker)
- requests are counted by the day in Beijing; above the limit the host is left alone until the next

Example:
    state = asked(state, now, delay_s=1.0)
    state = failed(state, now)
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from records.crawl import HostState

BREAK_AFTER = 8
"""Failures in a row after which a host is left alone."""
LONGEST_S = 120.0
"""The longest wait that a run sits out, in seconds; a host that wants more is left for a later run."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 600.0, 86_400.0
_MOST_DEBT_S = 30.0
_BEIJING = timezone(timedelta(hours=8))


def refusal(state: HostState, now: datetime, limit: int) -> str:
    """Return in words why a host is not asked now, or "". `limit` is in requests a day, 0 for none."""
    if state.open_until is not None and now < state.open_until:
        return (
            f"{state.host} failed {state.failures} times in a row: it is left alone until "
            f"{state.open_until.astimezone(_BEIJING):%Y-%m-%d %H:%M} (UTC+8)"
        )
    if limit and _today(state, now) >= limit:
        return f"{state.host} was asked {limit} times today, which is the limit: it is left alone until tomorrow"
    if wait_s(state, now) > LONGEST_S and state.next_at is not None:
        return f"{state.host} asks to wait until {state.next_at.astimezone(_BEIJING):%Y-%m-%d %H:%M} (UTC+8)"
    return ""


def wait_s(state: HostState, now: datetime) -> float:
    """Return the seconds until a host may be asked."""
    return max(0.0, (state.next_at - now).total_seconds()) if state.next_at is not None else 0.0


def asked(state: HostState, now: datetime, delay_s: float) -> HostState:
    """Return the state once a request was made: the next one follows after the delay."""
    next_at = now + timedelta(seconds=max(delay_s, state.delay_s))
    held = state.next_at if state.next_at is not None and state.next_at > next_at else next_at
    return replace(state, next_at=held, day=_day(now), requests=_today(state, now) + 1)


def also_asked(state: HostState, now: datetime, delay_s: float) -> HostState:
    """Return the state once a page fetched something by itself: it cannot be held back, so the next request is."""
    base = state.next_at if state.next_at is not None and state.next_at > now else now
    owed = base + timedelta(seconds=max(delay_s, state.delay_s))
    next_at = max(base, min(owed, now + timedelta(seconds=_MOST_DEBT_S)))
    return replace(state, next_at=next_at, day=_day(now), requests=_today(state, now) + 1)


def told_to_wait(state: HostState, now: datetime, seconds: float) -> HostState:
    """Return the state after a Retry-After, a day at most."""
    until = now + timedelta(seconds=min(seconds, _LONGEST_PAUSE_S))
    return replace(state, next_at=until if state.next_at is None else max(state.next_at, until))


def answered(state: HostState) -> HostState:
    """Return the state after an answer that is no failure."""
    return state if not state.failures and state.open_until is None else replace(state, failures=0, open_until=None)


def failed(state: HostState, now: datetime) -> HostState:
    """Return the state after a failure of the host: no answer, or one of 5xx."""
    failures = state.failures + 1
    if failures < BREAK_AFTER:
        return replace(state, failures=failures)
    pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(20, failures - BREAK_AFTER))
    return replace(state, failures=failures, open_until=now + timedelta(seconds=pause))


def taken_up(states: Iterable[HostState], now: datetime, delay_s: float) -> tuple[HostState, ...]:
    """Return the states with which a killed run goes on: what was under way may have been asked just now."""
    return tuple(asked(replace(state, requests=_today(state, now) - 1), now, delay_s) for state in states)


def owing(states: Iterable[HostState], now: datetime) -> tuple[HostState, ...]:
    """Return those states of which anything still matters."""
    return tuple(
        state
        for state in states
        if state.failures or state.delay_s or _today(state, now) or wait_s(state, now) or state.open_until is not None
    )


def _day(now: datetime) -> date:
    return now.astimezone(_BEIJING).date()


def _today(state: HostState, now: datetime) -> int:
    return state.requests if state.day == _day(now) else 0

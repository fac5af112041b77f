"""Health of a source, measured against that source's own past: what is usual of it, and what of a run is not.

Pure: runs in, alarms out. Rules:
- only runs that read something count as the past: `ok`, and `drift` with items, so that a shop that truly became smaller
  is usual again once most of its past says so. A run without items never becomes usual: a source that went blind is
  called blind until it sees again
- a young source, with fewer than `YOUNG` such runs, raises nothing: there is no past to differ from
- bounds are no fixed numbers where the source's own spread can give them

Not guaranteed: that a source is well where there is no alarm. One that loses a little with every run is followed by what
is usual of it.
"""

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from records.crawl import Alarm
from records.model import Listing, Run
from records.terms import AlarmKind, Rung, RunOutcome

YOUNG = 2
"""Fewer past runs than this say nothing."""
PAST = 10
"""How many past runs are looked at, the newest."""
FIELDS = ("title", "price", "image", "link", "seller")
"""Fields whose coverage is kept for each run."""
_FEWEST_ITEMS = 5
"""Below so many items a share of them says nothing."""
_SPREADS = 3.0
"""How many spreads below the usual a coverage may lie."""
_SLACK = 0.05
"""What a coverage may lie below the usual in any case."""
_NORMAL = 1.4826
"""Median absolute deviation → standard deviation, for normal errors (Rousseeuw and Croux 1993)."""
_SAME_RUNG = 0.8
"""The share of past runs that a rung must have won to be the usual one."""
_STALLED = timedelta(minutes=15)
"""How long a run may bring no page, at least."""
_DAY = timedelta(hours=24)


def coverage(listings: Iterable[Listing]) -> dict[str, float]:
    """Return the share (0..1, four decimals) of listings that state each of `FIELDS`; empty where there is no listing."""
    counts, total = Counter[str](), 0
    for listing in listings:
        total += 1
        stated = (listing.title, listing.price, listing.images, listing.url, listing.seller)
        counts.update(name for name, value in zip(FIELDS, stated, strict=True) if value)
    return {name: round(counts[name] / total, 4) for name in FIELDS} if total else {}


def past_of(runs: Iterable[Run]) -> list[Run]:
    """Return the runs that say what is usual, the newest `PAST` of those given (the newest first)."""
    good = (RunOutcome.OK, RunOutcome.DRIFT)
    return [run for run in runs if run.outcome in good and run.items > 0][:PAST]


def usual_items(past: Sequence[Run]) -> float | None:
    """Return the trailing median of items; None where the source is young."""
    return statistics.median(run.items for run in past) if len(past) >= YOUNG else None


def too_few(items: int, past: Sequence[Run]) -> bool:
    """Whether items are fewer than half of what is usual."""
    usual = usual_items(past)
    return usual is not None and items * 2 < usual


def alarms_of(
    items: int, rung: Rung | None, shares: Mapping[str, float], past: Sequence[Run], *, judged: bool = True
) -> tuple[Alarm, ...]:
    """Return what is unusual of a run that ended: its items, its rung and the coverage of its fields.

    `judged` is False for a run that was broken off: fewer items are no wonder then, and only their absence is named.
    """
    usual = usual_items(past)
    if usual is None:
        return ()
    if not items:
        return (Alarm(AlarmKind.NO_ITEMS, f"{usual:g}", "0"),)
    alarms = []
    if judged and too_few(items, past):
        alarms.append(Alarm(AlarmKind.FEWER_ITEMS, f"{usual:g}", str(items)))
    alarms += _lost(items, shares, past)
    before = _usual_rung(past)
    if before is not None and rung is not None and rung is not before:
        alarms.append(Alarm(AlarmKind.OTHER_RUNG, before.value, rung.value))
    return tuple(alarms)


def _lost(items: int, shares: Mapping[str, float], past: Sequence[Run]) -> list[Alarm]:
    """Return an alarm for each field that is stated less often than the source's own spread allows."""
    if items < _FEWEST_ITEMS:
        return []
    found = []
    for name in FIELDS:
        seen = [run.coverage[name] for run in past if name in run.coverage and run.items >= _FEWEST_ITEMS]
        if name not in shares or len(seen) < YOUNG:
            continue
        if shares[name] < least_coverage(seen, items):
            usual = statistics.median(seen)
            found.append(Alarm(AlarmKind.FIELD_LOST, f"{name} {usual:.0%}", f"{name} {shares[name]:.0%}"))
    return found


def least_coverage(seen: Sequence[float], items: int) -> float:
    """Return the least share that is still usual: the median less three spreads, of past runs and of chance.

    Chance is that of drawing `items` listings (binomial). `seen` holds at least one share.
    """
    middle = statistics.median(seen)
    spread = _NORMAL * statistics.median(abs(share - middle) for share in seen)
    chance = math.sqrt(middle * (1 - middle) / items) if items else 0.0
    return max(0.0, middle - max(_SLACK, _SPREADS * spread, _SPREADS * chance))


def _usual_rung(past: Sequence[Run]) -> Rung | None:
    """Return the rung that won nearly all past runs; None where none did."""
    rungs = [run.rung for run in past if run.rung is not None]
    if len(rungs) < YOUNG:
        return None
    rung, times = Counter(rungs).most_common(1)[0]
    return rung if times >= _SAME_RUNG * len(rungs) else None


def overdue(
    started_at: datetime | None, created_at: datetime | None, cadence_hours: int, now: datetime
) -> Alarm | None:
    """Return the alarm of a watch whose last run began too long ago: half a cadence late, or a day, whichever is less.

    A watch that never ran counts from when it was made; nothing is said where this is not known either.
    """
    since = started_at or created_at
    if since is None:
        return None
    cadence = timedelta(hours=cadence_hours)
    late = now - since - cadence
    if late <= min(cadence / 2, _DAY):
        return None
    return Alarm(AlarmKind.OVERDUE, f"{cadence_hours} h", f"{math.floor((now - since) / timedelta(hours=1))} h")


def no_progress(run: Run, last_page_at: datetime | None, past: Sequence[Run], now: datetime) -> Alarm | None:
    """Return the alarm of a running run that brought no page for long: half of its longest past run, 15 minutes at least."""
    if run.outcome is not RunOutcome.RUNNING:
        return None
    longest = max((one.ended_at - one.started_at for one in past if one.ended_at), default=timedelta())
    allowed = max(_STALLED, longest / 2)
    waited = now - max(run.started_at, last_page_at or run.started_at)
    if waited <= allowed:
        return None
    return Alarm(AlarmKind.NO_PROGRESS, f"{_minutes(allowed)} min", f"{_minutes(waited)} min")


def _minutes(span: timedelta) -> int:
    return math.floor(span / timedelta(minutes=1))

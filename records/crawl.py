"""The words of the crawl: where is looked, how a run went, and what is remembered of hosts, pages, logins and fairs.

Rules as in `records.model`, which hands `Watch`, `Source` and `Run` on. A host is its name with its port where one is
written (`shop.example`, `127.0.0.1:8000`), in lower case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from records.terms import AlarmKind, RenderMode, Rung, RunOutcome, TargetKind, WatchState


@dataclass(frozen=True, slots=True)
class Watch:
    """监测任务: where to look, for which rights, how often.

    `targets` are URLs; a search template holds `{term}` and `{page}`. `cadence_hours` is the time between runs,
    `page_limit` counts listing pages a run. `window` is the part of the day in which it may run (`22:00-06:00`, in the
    zone of the settings; empty: any time). `session_id` names the login that it uses, "" for none. `authority` notes
    why robots.txt may be overridden (empty: obeyed).
    """

    id: str
    name: str
    target_kind: TargetKind
    targets: tuple[str, ...]
    right_ids: tuple[str, ...] = ()
    cadence_hours: int = 24
    page_limit: int = 20
    render: RenderMode = RenderMode.AUTO
    authority: str = ""
    state: WatchState = WatchState.ACTIVE
    created_at: datetime | None = None
    window: str = ""
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """来源: one site, by its origin (`https://host[:port]`)."""

    id: str
    origin: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """告警: what is unusual of a run, measured against that source's own past. `usual` and `found` are in words."""

    kind: AlarmKind
    usual: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """巡查: one round of a watch, with its counts and how it ended. `rung` is the one most items came from.

    `complete` says that no page was left out. `coverage` is the share (0..1) of its items that state a field.
    `robots` is `obeyed` or `overridden`. `screenshot_sha256` addresses the picture of a page that blocked it, "" for none.
    """

    id: str
    watch_id: str
    outcome: RunOutcome
    started_at: datetime
    ended_at: datetime | None = None
    pages: int = 0
    items: int = 0
    new_items: int = 0
    rendered_pages: int = 0
    rung: Rung | None = None
    reason: str = ""
    complete: bool = False
    coverage: Mapping[str, float] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] = ()
    robots: str = "obeyed"
    screenshot_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """会话: a user's own cookies for one host, sealed; `authority` notes on what ground they may be used.

    `sealed` is ciphertext (see `patrol`'s keeper of logins); it is kept out of `repr`.
    """

    id: str
    host: str
    authority: str
    actor: str
    made_at: datetime
    expires_at: datetime | None = None
    sealed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HostState:
    """What is owed to one host across runs and restarts: no request before `next_at`, none at all before `open_until`.

    `delay_s` is the host's own Crawl-delay, 0 for none; `failures` counts those in a row (the circuit breaker); `day` and
    `requests` count what was asked on one day.
    """

    host: str
    next_at: datetime | None = None
    delay_s: float = 0.0
    failures: int = 0
    open_until: datetime | None = None
    day: date | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True)
class RenderNeed:
    """Whether pages of one host and path template needed a browser, when last probed; never learnt from a failure."""

    host: str
    template: str
    needed: bool
    probed_at: datetime
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Exhibitor:
    """参展商: one exhibitor as a fair's pages state it."""

    name: str
    booth: str = ""
    country: str = ""
    products: tuple[str, ...] = ()
    site: str = ""


@dataclass(frozen=True, slots=True)
class Fair:
    """展会: an exhibition as a watch last saw it, with its exhibitors. `starts` and `ends` are its first and last day."""

    id: str
    watch_id: str
    url: str
    name: str
    seen_at: datetime
    starts: date | None = None
    ends: date | None = None
    venue: str = ""
    exhibitors: tuple[Exhibitor, ...] = ()

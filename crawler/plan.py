"""What one crawl is told: plain data that goes to the child as one JSON document on its standard input.

Rules:
- nothing here is a live object: paths, numbers, texts, so that a plan survives a process boundary
- `PageTask` is one page due; the pages of a run that are due and done live in the records, so a resumed run starts
  from `pending` and never fetches `done` again

Example:
    plan = CrawlPlan(watch_id="w", targets=("http://127.0.0.1:8000/catalogue/",), user_agent="markwatch (+https://…)",
                     spool_dir="/tmp/spool")
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from crawler.errors import BadPlan
from crawler.extract import urls
from records.crawl import HostState, RenderNeed
from records.ids import digest_id
from records.model import Event, Listing
from records.terms import RenderMode, TargetKind

T = TypeVar("T")


class PageKind(StrEnum):
    """What a page is read for: cards (a listing page), one product, or an exhibition's front page."""

    LIST = "list"
    DETAIL = "detail"


@dataclass(frozen=True, slots=True)
class PageTask:
    """One page due.

    `number` counts listing pages of one series from 1; `series` names the series (its first URL); `template` is the
    URL pattern with `{page}` where one is known; `card` is what the listing page already said of a product; `pattern`
    is the card pattern learnt on the pages before; `clicks` asks a rendered page to press its "next" so many times;
    `event` is the exhibition that the page belongs to; `stalled` counts the pages before that brought nothing new;
    `guessed` marks an address that no link named; `render` says that the pages before needed a browser.
    """

    url: str
    kind: PageKind = PageKind.LIST
    number: int = 1
    series: str = ""
    template: str = ""
    card: Listing | None = None
    pattern: str = ""
    clicks: int = 0
    event: Event | None = None
    stalled: int = 0
    guessed: bool = False
    render: bool = False


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """Everything one crawl needs; the limits are per run unless they say otherwise.

    `targets` may hold `{term}` and `{page}`; `obey_robots` is False only under a recorded authority; `render` rules
    the browser; `details` asks for product pages; `stall_pages` is K of "ends when K pages bring nothing new". `cookies` go to `cookie_host` only. `hosts` says what is owed to hosts from before, `renders`
    which pages needed a browser, `host_limit` how often a day one host may be asked (0: no limit). At most `image_limit` pictures
    are fetched, and those of one page are waited for `images_deadline_s` (0: as long as it takes). A rendered page may bring `rendered_bytes`, and the browser is begun
    anew after `browser_pages`.
    """

    watch_id: str
    targets: tuple[str, ...]
    user_agent: str
    spool_dir: str
    target_kind: TargetKind = TargetKind.CATEGORY
    terms: tuple[str, ...] = ()
    render: RenderMode = RenderMode.AUTO
    obey_robots: bool = True
    allow_hosts: tuple[str, ...] = ()
    details: bool = True
    page_limit: int = 20
    detail_limit: int = 2_000
    images_per_listing: int = 4
    image_limit: int = 1_000_000
    images_deadline_s: float = 0.0
    stall_pages: int = 2
    crawl_delay_s: float = 1.0
    page_deadline_s: float = 30.0
    run_deadline_s: float = 3_600.0
    max_page_bytes: int = 10_000_000
    max_image_bytes: int = 20_000_000
    max_run_bytes: int = 2_000_000_000
    rendered_bytes: int = 30_000_000
    browser_pages: int = 200
    chromium: str = "/usr/bin/chromium"
    ca_file: str = ""
    accept_language: str = "zh-CN,zh;q=0.9,en;q=0.7"
    sites_dir: str = ""
    pending: tuple[PageTask, ...] = ()
    done: tuple[str, ...] = ()
    seen_keys: tuple[str, ...] = ()
    resumed: bool = False
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookie_host: str = ""
    hosts: tuple[HostState, ...] = ()
    renders: tuple[RenderNeed, ...] = ()
    host_limit: int = 0


def dump(kind: type[T], value: T) -> bytes:
    """Return `value`, a `kind`, as one line of JSON."""
    return TypeAdapter(kind).dump_json(value)


def load(kind: type[T], data: bytes | str) -> T:
    """Return the `kind` that `data` describes; raise `BadPlan` where it does not fit."""
    try:
        return TypeAdapter(kind).validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise BadPlan(f"expected a {getattr(kind, '__name__', kind)}, got {first['msg']} at {place}") from error


def page_key(task: PageTask) -> str:
    """Return the key of a page within its run: equal for the same page however it was reached."""
    return digest_id("page", task.kind, urls.canonical(task.url), str(task.clicks))


def seed_tasks(plan: CrawlPlan) -> tuple[PageTask, ...]:
    """Return a run's first pages: each target, a search template once for each term.

    Raises `BadPlan` where a target is no http(s) URL, or holds `{term}` while there are no terms.
    """
    tasks: dict[str, PageTask] = {}
    for target in plan.targets:
        if "{term}" in target and not plan.terms:
            raise BadPlan(
                f"the target {target!r} needs a search term", "give the watch rights, whose names are the terms"
            )
        for term in plan.terms if "{term}" in target else ("",):
            filled = target.replace("{term}", quote(term, safe=""))
            url = urls.resolve("", filled.replace("{page}", "1"))
            if url is None:
                raise BadPlan(f"expected an http(s) URL, got {target!r}", "write it with http:// or https://")
            task = PageTask(url, series=url, template=filled if "{page}" in filled else "")
            tasks.setdefault(page_key(task), task)
    if not tasks:
        raise BadPlan("the watch has no target", "name at least one URL")
    return tuple(tasks.values())

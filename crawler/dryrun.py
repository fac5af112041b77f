"""`markwatch watch test URL`: what a watch would find, before anything is saved.

Rules: nothing is written but a spool folder that goes away; no product page is fetched, and of pictures the first few
within some seconds, for their sizes; one page unless more are asked for; the answer is the document that `formats.md` promises, whatever the site does.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crawler.errors import CrawlError
from crawler.events import PageRead, RunEnded
from crawler.extract.price import NO_CURRENCY
from crawler.extract.profile import SITES, load_profiles
from crawler.plan import CrawlPlan
from crawler.runner import crawl
from crawler.stage import StageOptions
from records.model import Listing
from records.terms import RenderMode, Rung, RunOutcome, TargetKind

MOST_PICTURES, PICTURES_S = 10, 8.0
"""How many pictures a dry run measures, and how long those of a page may take, in seconds."""
DEADLINE_S = 28.0
"""How long a dry run of one page may take."""


def watch_test(
    url: str,
    options: StageOptions,
    *,
    pages: int = 1,
    terms: tuple[str, ...] = (),
    render: RenderMode = RenderMode.AUTO,
    target_kind: TargetKind = TargetKind.CATEGORY,
    seen: Callable[[Sequence[Listing]], None] | None = None,
) -> dict[str, Any]:
    """Return `{"url", "rung", "rendered", "items", "next", "outcome", "robots"}` and the reason, pages and missing fields.

    `items` are `{"id", "url", "title", "price", "currency", "image"}`; `pictures` are sizes by address (`800×600`); a card without a link has `url` None, an amount
    without a stated currency `currency` None. `seen` is given the listings themselves. Never raises for what the site does; `BadProfile` for a site profile of
    ours that is broken or has another's name.
    """
    load_profiles(*([Path(options.sites_dir)] if options.sites_dir else []), SITES)
    deadline = DEADLINE_S + 10.0 * (pages - 1)
    with tempfile.TemporaryDirectory(prefix="watch-test-") as spool:
        plan = CrawlPlan(
            "watch-test",
            (url,),
            options.user_agent,
            spool,
            target_kind=target_kind,
            terms=terms,
            render=render,
            allow_hosts=options.allow_hosts,
            details=False,
            page_limit=max(1, pages),
            images_per_listing=1,
            image_limit=MOST_PICTURES,
            images_deadline_s=PICTURES_S,
            crawl_delay_s=min(options.crawl_delay_s, 2.0),
            page_deadline_s=min(options.page_deadline_s, 12.0),
            run_deadline_s=deadline - 4.0,
            max_page_bytes=options.max_page_bytes,
            chromium=options.chromium,
            ca_file=options.ca_file,
        )
        read, ended, sizes = _collect(plan, deadline)
    listings = [listing for event in read if not event.failure for listing in event.listings]
    if seen is not None:
        seen(listings)
    return _document(url, read, ended, listings, sizes)


def _collect(plan: CrawlPlan, deadline: float) -> tuple[list[PageRead], RunEnded, dict[str, str]]:
    """Return the pages, the end, and the size of each picture (`800×600`) by its address."""
    read: list[PageRead] = []
    sizes: dict[str, str] = {}
    ended = RunEnded(RunOutcome.FAILED, "the crawl gave no end")
    try:
        Path(plan.spool_dir).mkdir(exist_ok=True)
        for event in crawl(replace(plan), deadline):
            if isinstance(event, PageRead):
                read.append(event)
            elif isinstance(event, RunEnded):
                ended = event
            elif event.sha256:
                sizes[event.url] = "{}×{}".format(*event.size)
    except CrawlError as error:
        ended = RunEnded(RunOutcome.FAILED, str(error))
    return read, ended, sizes


def _document(
    url: str, read: list[PageRead], ended: RunEnded, listings: list[Listing], sizes: Mapping[str, str]
) -> dict[str, Any]:
    rungs = Counter(event.rung for event in read if event.rung is not None)
    rung: Rung | None = rungs.most_common(1)[0][0] if rungs else None
    lists = [event for event in read if not event.failure and event.items]
    outcome = ended.outcome
    return {
        "url": url,
        "rung": str(rung) if rung else None,
        "rendered": any(event.rendered for event in read),
        "items": [_item(listing) for listing in listings],
        "next": (lists[-1].next_url or None) if lists else None,
        "outcome": str(outcome),
        "robots": ended.robots or "unknown",
        "reason": ended.reason,
        "pages": len(read),
        "missing": _missing(listings),
        "pictures": dict(sizes),
    }


def _item(listing: Listing) -> dict[str, Any]:
    price = listing.price
    currency = price.low.currency if price is not None and price.low.currency != NO_CURRENCY else None
    return {
        "id": listing.key.removeprefix("id:"),
        "url": listing.url,
        "title": listing.title,
        "price": str(price.low.amount) if price is not None else None,
        "currency": currency,
        "image": listing.images[0] if listing.images else None,
    }


def _missing(listings: list[Listing]) -> list[str]:
    """Return the fields that most items lack."""
    names = ("url", "price", "images", "seller")
    return [name for name in names if sum(bool(getattr(one, name)) for one in listings) * 2 < len(listings)]

"""What a run of an exhibition's watch says of its fairs: dates, venue and exhibitors. Pure.

Rules: nothing is invented, a date that the pages do not state is None; one fair for each event that listings name; an
exhibitor is known by its name, its products are the titles of what it shows and what its page calls its products.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from urllib.parse import urlsplit

from crawler.extract.fair import OWN_SITE
from records.crawl import Exhibitor, Fair
from records.ids import digest_id
from records.model import Event, Listing

MOST_PRODUCTS = 50
"""Products kept of one exhibitor."""
_COUNTRY = re.compile(
    r"^(?:国别|国家(?:/地区|或地区)?|国家地区|地区|country(?:/region)?|region|nation(?:ality)?)$", re.IGNORECASE
)
_PRODUCTS = re.compile(
    r"^(?:展品|展出产品|参展产品|主营产品|主要产品|产品|产品类别|经营范围|products?|exhibits?|product categories|categories)$",
    re.IGNORECASE,
)
_SITE = re.compile(r"^(?:官网|网址|网站|公司网站|企业网站|主页|website|web|homepage|url|site)$", re.IGNORECASE)
_SPLIT = re.compile("[、,,;;/|\n]+")
_HOST = re.compile(r"^(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:[/:?#]\S*)?$", re.IGNORECASE)


def fairs_of(watch_id: str, listings: Iterable[Listing], url: str, at: datetime) -> tuple[Fair, ...]:
    """Return the fairs that listings belong to, each with its exhibitors in the order of the pages; `url` is the watch's."""
    events: dict[str, Event] = {}
    shown: dict[str, dict[str, Exhibitor]] = {}
    for listing in listings:
        event = listing.event
        if event is None or not listing.seller.strip():
            continue
        events[event.name] = _fuller(events.get(event.name), event)
        booths = shown.setdefault(event.name, {})
        found = _exhibitor(listing, url)
        booths[found.name] = _joined(booths[found.name], found) if found.name in booths else found
    return tuple(
        Fair(
            fair_id(watch_id, name), watch_id, url, name, at, event.starts, event.ends, event.venue,
            tuple(shown[name].values()),
        )
        for name, event in events.items()
    )  # fmt: skip


def fair_id(watch_id: str, name: str) -> str:
    """Return a fair's id: the same for every run of its watch."""
    return digest_id("fair", watch_id, name)[:26]


def merged(fair: Fair, known: Fair | None) -> Fair:
    """Return a fair as a run that left pages out saw it, with the exhibitors that are known from before."""
    if known is None:
        return fair
    names = {one.name for one in fair.exhibitors}
    kept = tuple(one for one in known.exhibitors if one.name not in names)
    return Fair(
        fair.id, fair.watch_id, fair.url, fair.name, fair.seen_at, fair.starts or known.starts, fair.ends or known.ends,
        fair.venue or known.venue, (*fair.exhibitors, *kept),
    )  # fmt: skip


def _fuller(known: Event | None, event: Event) -> Event:
    if known is None:
        return event
    starts: date | None = known.starts or event.starts
    return Event(known.name, starts, known.ends or event.ends, known.venue or event.venue)


def _exhibitor(listing: Listing, fair_url: str) -> Exhibitor:
    facts = listing.attributes
    own = [] if listing.title.strip() == listing.seller.strip() else [listing.title.strip()]
    named = [part.strip() for part in _SPLIT.split(_of(facts, _PRODUCTS)) if part.strip()]
    products = tuple(dict.fromkeys([*own, *named]))[:MOST_PRODUCTS]
    country = _of(facts, _COUNTRY)
    return Exhibitor(listing.seller.strip(), listing.booth.strip(), country[:60], products, _site(listing, fair_url))


def _site(listing: Listing, fair_url: str) -> str:
    """Return an exhibitor's own site: what its page links or names as such, else its link where that leaves the fair."""
    stated = listing.attributes.get(OWN_SITE, "") or _of(listing.attributes, _SITE)
    if _HOST.match(stated.strip()):
        return (stated if "://" in stated else f"http://{stated}").strip()[:500]
    if listing.url and urlsplit(listing.url).hostname != urlsplit(fair_url).hostname:
        return listing.url
    return ""


def _of(facts: Mapping[str, str], label: re.Pattern[str]) -> str:
    return next((value.strip() for name, value in facts.items() if label.match(name.strip())), "")


def _joined(known: Exhibitor, more: Exhibitor) -> Exhibitor:
    products = tuple(dict.fromkeys((*known.products, *more.products)))[:MOST_PRODUCTS]
    booth, country = known.booth or more.booth, known.country or more.country
    return Exhibitor(known.name, booth, country, products, known.site or more.site)

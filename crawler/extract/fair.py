"""Exhibitions (展会): the event that a page belongs to, and its exhibitors as listings.

Rules: the exhibitor is the seller; booth, event and venue are what the pages state; a fair's front page that has no
exhibitors leads on to the page that lists them.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.extract.card_fields import draft_of
from crawler.extract.cards import shape
from crawler.extract.dates import parse_dates
from crawler.extract.document import Document, lines_of, text_of
from crawler.extract.labels import pairs_in
from crawler.extract.result import Draft, Reading
from crawler.extract.structured import event_of
from crawler.extract.text import booth_in, clean
from records.model import Event, Listing
from records.terms import Rung

_VENUE = re.compile(
    r"^(?:举办)?(?:地点|场馆|展馆|会场|场地|展览地点|展会地点|举办地|地址|venue|location|place|where)$", re.IGNORECASE
)
_DATES = re.compile(r"(?:时间|日期|展期|dates?|when)", re.IGNORECASE)
_VENUE_TEXT = re.compile(r"(?:地点|场馆|展馆|会场|venue|location)\s*[:：]\s*([^\n|｜;；]{2,80})", re.IGNORECASE)
_EXHIBITORS = re.compile(
    r"参展商|展商(?:名录|列表|名单)?|参展企业|exhibitors?|exhibitor list|speakers?|sessions?|vendors", re.IGNORECASE
)
OWN_SITE = "官网"
"""The attribute that an exhibitor's own site, linked from its page, is kept as."""
_OWN_SITE = re.compile(
    r"官网|官方网站|公司网站|企业网站|网址|访问网站|website|home ?page|visit (?:our |the )?(?:site|shop)|official site",
    re.IGNORECASE,
)
_MAX_BOOTHS = 2_000
_GENERIC = re.compile(r"参展商|展商|名录|exhibitors?|list|首页|home|speakers?|schedule", re.IGNORECASE)


def read_event(document: Document, today: date | None = None) -> Event | None:
    """Return the exhibition of a page: by structured data, else by its heading, labelled dates and venue; None where neither."""
    stated = event_of(document)
    if stated is not None and stated.starts is not None:
        return stated
    if document.root is None:
        return stated
    text = lines_of(document.root)
    pairs = pairs_in(document.root)
    span = _dates(document, text, pairs, today)
    venue = next((value for label, value in pairs.items() if _VENUE.match(label)), "") or _group(_VENUE_TEXT, text)
    if span is None and stated is None:
        return None
    name = stated.name if stated is not None else _name(document)
    starts, ends = span or (None, None)
    return Event(name, starts, ends, clean(venue, 200) or (stated.venue if stated is not None else ""))


def _dates(document: Document, text: str, pairs: dict[str, str], today: date | None) -> tuple[date, date] | None:
    for label, value in pairs.items():
        if _DATES.search(label) and (span := parse_dates(value, today)) is not None:
            return span
    stamps = [node.get("datetime") or "" for node in document.select("time[@datetime]")][:2]
    days = [span[0] for stamp in stamps if (span := parse_dates(stamp[:10])) is not None]
    shown = parse_dates(text[:4_000], today)
    if shown is not None:
        return shown
    return (min(days), max(days)) if days else None


def _group(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return clean(found[1]) if found else ""


def _name(document: Document) -> str:
    """Return the event's name: the first heading that is not merely "exhibitors", else the page's title or site name."""
    heads = [text_of(node, 200) for node in document.select("*[self::h1 or self::h2]")]
    for text in [*heads, document.meta("og:site_name")]:
        if text and len(_GENERIC.sub("", text).strip()) >= 3:
            return text
    parts = re.split(r"\s*[-–—|_·:：]\s*", document.state("title"))
    named = [part for part in parts if len(_GENERIC.sub("", part).strip()) >= 3]
    return max(named, key=len, default="")


def exhibitors_url(document: Document) -> str | None:
    """Return the address of the page that lists the exhibitors, where this one links to it."""
    for node in document.select("a[@href]"):
        if _EXHIBITORS.search(text_of(node, 40)) and len(text_of(node, 41)) <= 30:
            url = document.resolve(node.get("href"))
            if url is not None and url.split("#")[0] != document.url.split("#")[0]:
                return url
    return None


def own_site(document: Document) -> str:
    """Return the site of its own that an exhibitor's page links to, known by the words on or before the link; "" for none."""
    here = urlsplit(document.url).hostname
    for node in document.select("a[@href]"):
        before = node.getprevious()
        said = f"{text_of(node, 80)} {text_of(before, 40) if before is not None else ''} {(node.getparent().text or '')[:40]}"
        url = document.resolve(node.get("href"))
        if url is not None and urlsplit(url).hostname != here and _OWN_SITE.search(said):
            return url
    return ""


def read_booths(document: Document, pattern: str = "") -> Reading:
    """Return the exhibitors of a page whose cards have neither link nor picture: each repeats a booth's number.

    Three make a list; fewer do where `pattern` is their shape on a page before.
    """
    groups: dict[HtmlElement, list[HtmlElement]] = {}
    marks = [node for node in document.select("*") if len(node) == 0 and booth_in(text_of(node, 60))]
    known = set(marks[:_MAX_BOOTHS])
    for mark in marks[:_MAX_BOOTHS]:
        card = _card_of(mark, known)
        if card is not None and card.getparent() is not None:
            members = groups.setdefault(card.getparent(), [])
            if not members or members[-1] is not card:
                members.append(card)
    best = max(groups.values(), key=len, default=[])
    drafts = [draft for node in best if (draft := draft_of(document, node)) is not None]
    kind = shape(best[0]) if best else ""
    enough = 1 if pattern and kind == pattern else 3
    return Reading(tuple(drafts), Rung.CARDS, kind, float(len(drafts))) if len(drafts) >= enough else Reading()


def _card_of(mark: HtmlElement, known: set[HtmlElement]) -> HtmlElement | None:
    """Return the largest element around a booth's mark that holds no other mark."""
    card: HtmlElement | None = None
    for up in list(mark.iterancestors())[:6]:
        if up.tag in ("body", "html") or any(node in known and node is not mark for node in up.iter()):
            break
        card = up
    return card


def as_exhibitors(drafts: Sequence[Draft], event: Event | None, seller: str = "", booth: str = "") -> tuple[Draft, ...]:
    """Return the drafts with their event, booth and seller: a card without a seller is the exhibitor itself."""
    return tuple(Draft(as_exhibitor(draft.listing, event, seller, booth), draft.own_id) for draft in drafts)


def as_exhibitor(listing: Listing, event: Event | None, seller: str = "", booth: str = "") -> Listing:
    """Return a listing with its event, and with seller and booth where it states none."""
    title = (
        re.sub(r"\s*[(（]?(?:展位号?|booth|stand)\s*[:：#]?\s*[\w-]+[)）]?\s*$", "", listing.title, flags=re.IGNORECASE)
        or listing.title
    )
    return replace(
        listing,
        title=title,
        event=event or listing.event,
        seller=listing.seller or seller or title,
        booth=listing.booth or booth,
    )

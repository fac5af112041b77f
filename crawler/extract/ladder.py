"""The ladder: which rung's items a page is read by, and how the others fill them.

Order: site profile → structured data → embedded state → repeated cards; on a rendered page: the JSON responses joined
to its cards, else its cards. A rung wins where it explains at least as much of the page as the cards do: structured
data about five featured products does not hide a grid of twenty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from crawler.extract.cards import read_cards
from crawler.extract.detail import card_drafts_inside, read_detail
from crawler.extract.document import Document
from crawler.extract.fair import OWN_SITE, as_exhibitors, exhibitors_url, own_site, read_booths, read_event
from crawler.extract.identity import identified, readdressed, stated_address
from crawler.extract.kind import looks_like_detail
from crawler.extract.obstacles import finds_nothing, is_shell, obstacle
from crawler.extract.pagination import NextPage, next_page
from crawler.extract.profile import Profile, profiled_next, profiles_with, read_profiled
from crawler.extract.responses import Response, read_responses
from crawler.extract.result import Draft, Reading, fill
from crawler.extract.state import read_state
from crawler.extract.structured import read_structured
from crawler.extract.tables import read_tables
from crawler.extract.text import same_text
from crawler.extract.urls import canonical
from crawler.plan import PageKind, PageTask
from records.model import Event, Listing
from records.terms import Rung

_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class PageInput:
    """One fetched page, plain data: what a killable child needs to read it."""

    task: PageTask
    url: str
    body: bytes
    status: int = 200
    content_type: str = ""
    rendered: bool = False
    responses: tuple[Response, ...] = ()
    exhibition: bool = False
    template: str = ""
    today: date | None = None
    sites_dir: str = ""


@dataclass(frozen=True, slots=True)
class PageOutput:
    """What a page gave: items with identity, where it goes on, and what stood in the way.

    `detail` says that the page itself was one product; `shell` that it looks like an empty shell; `lead` is the page of
    a fair that lists its exhibitors.
    """

    items: tuple[Listing, ...] = ()
    rung: Rung | None = None
    pattern: str = ""
    next: NextPage = field(default_factory=NextPage)
    obstacle: str = ""
    shell: bool = False
    detail: bool = False
    missing: tuple[str, ...] = ()
    event: Event | None = None
    lead: str = ""


def read_page(page: PageInput) -> PageOutput:
    """Return what a page gives. Pure; may be slow on hostile markup, so callers run large pages in `guards.killable`."""
    document = Document(page.body, page.url, page.content_type)
    event = page.task.event or (read_event(document, page.today) if page.exhibition else None)
    if page.task.kind is PageKind.DETAIL:
        return _detail_page(page, document, event)
    profiles = profiles_with(page.sites_dir)
    reading = read_list(document, page, profiles)
    barred = obstacle(document, page.status, reading.items)
    shell = not reading.items and is_shell(document)
    following = next_page(document, page.task.number, page.template)
    profiled = profiled_next(document, profiles)
    if profiled:
        following = NextPage(profiled)
    lead = (
        (exhibitors_url(document) or "")
        if page.exhibition and page.task.number == 1 and not _has_booths(reading)
        else ""
    )
    if (
        page.task.number == 1
        and not page.exhibition
        and reading.rung is not Rung.SITE_PROFILE
        and looks_like_detail(document, reading.score)
    ):
        address = stated_address(document)
        draft = read_detail(document)
        if draft is not None:
            listing = replace(draft.listing, url=address or draft.listing.url)
            found = identified([Draft(listing, draft.own_id)], page.url)
            return PageOutput(found, listing.rung, obstacle=barred, detail=True)
    drafts = as_exhibitors(reading.items, event) if page.exhibition else reading.items
    return PageOutput(
        identified(drafts, page.url, reading.rung),
        reading.rung if drafts else None,
        reading.pattern,
        following,
        barred,
        shell,
        missing=reading.missing,
        event=event,
        lead=lead,
    )


def _has_booths(reading: Reading) -> bool:
    return sum(bool(draft.listing.booth) for draft in reading.items) * 2 >= max(1, len(reading.items)) and bool(
        reading.items
    )


def _detail_page(page: PageInput, document: Document, event: Event | None) -> PageOutput:
    card = page.task.card
    inside = card_drafts_inside(document) if page.exhibition else []
    shell = is_shell(document)
    address = stated_address(document)
    draft = read_detail(document, card)
    barred = obstacle(document, page.status, ())
    if barred and page.status < 400:  # what the page itself says, its card apart
        own = read_detail(document)
        barred = obstacle(document, page.status, [own] if own is not None else ())
    if draft is None or barred or page.status >= 400:
        return PageOutput(obstacle=barred, shell=shell, detail=True)
    drafts = [draft]
    if page.exhibition:
        drafts = list(as_exhibitors([draft], event))
        if site := own_site(document):
            facts = {**drafts[0].listing.attributes, OWN_SITE: site}
            drafts[0] = replace(drafts[0], listing=replace(drafts[0].listing, attributes=facts))
        owner = drafts[0].listing
        others = [
            item for item in inside if item.listing.url != owner.url and not same_text(item.listing.title, owner.title)
        ]
        drafts += as_exhibitors(others, event, owner.title, owner.booth)
    found = draft.listing
    bare = not (found.price or found.description or found.attributes or found.images)
    items = identified(drafts, page.url, keep=card)
    if address and items:
        items = (readdressed(items[0], address), *items[1:])
    return PageOutput(items, found.rung, shell=shell and bare, detail=True, event=event)


def read_list(document: Document, page: PageInput, profiles: Sequence[Profile]) -> Reading:
    """Return the items of a listing page by the best rung."""
    profiled = read_profiled(document, profiles)
    if profiled.items and not profiled.missing:
        return profiled
    structured = read_structured(document)
    cards = _repeated(document, page)
    if page.rendered:
        return _rendered(document, page, structured, cards, profiled.missing)
    state = read_state(document)
    best = _choose(structured, state, cards)
    if not best.items and not is_shell(document) and not finds_nothing(document):
        best = read_cards(document, page.task.pattern, links_only=True)
    return replace(best, missing=profiled.missing) if profiled.missing else best


def _repeated(document: Document, page: PageInput) -> Reading:
    """Return the page's cards: a table by its headings, repeated elements, or exhibitors known by their booths."""
    cards = read_cards(document, page.task.pattern, links_only=False)
    table = read_tables(document)
    if len(table.items) >= max(2, len(cards.items)):
        return table
    if page.exhibition and not cards.items:
        return read_booths(document, page.task.pattern)
    return cards


def _choose(structured: Reading, state: Reading, cards: Reading) -> Reading:
    if structured.items and len(structured.items) >= _SHARE * len(cards.items):
        return _filled(_filled(structured, cards), state)
    linked = sum(1 for draft in state.items if draft.listing.url)
    if (
        state.items
        and len(state.items) >= _SHARE * len(cards.items)
        and (linked * 2 >= len(state.items) or not cards.items)
    ):
        return _filled(state, cards)
    return _filled(_filled(cards, structured), state)


def _rendered(
    document: Document, page: PageInput, structured: Reading, cards: Reading, missing: tuple[str, ...]
) -> Reading:
    if structured.items and len(structured.items) >= _SHARE * len(cards.items):
        return replace(_filled(structured, cards), missing=missing)
    captured = read_responses(document, page.responses, cards)
    linked = sum(1 for draft in cards.items if draft.listing.url)
    if captured.items and linked * 2 < max(1, len(cards.items)):
        return replace(captured, pattern=cards.pattern, missing=missing)
    if not cards.items and not finds_nothing(document):
        cards = read_cards(document, page.task.pattern, links_only=True)
    return replace(_filled(cards, captured), rung=Rung.RENDERED, missing=missing)


def _filled(reading: Reading, other: Reading) -> Reading:
    """Return a reading whose items' empty fields are taken from the same items of another."""
    by_url = {canonical(draft.listing.url): draft for draft in other.items if draft.listing.url}
    drafts = []
    for draft in reading.items:
        match: Draft | None = by_url.get(canonical(draft.listing.url)) if draft.listing.url else None
        if match is None:
            match = next((item for item in other.items if same_text(item.listing.title, draft.listing.title)), None)
        drafts.append(fill(draft, match) if match is not None else draft)
    return replace(
        reading, items=tuple(drafts), pattern=reading.pattern if reading.rung is Rung.CARDS else other.pattern
    )

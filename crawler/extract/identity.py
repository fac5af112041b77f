"""Which listing an item is: its key within its source.

Rules: the key is the canonical URL; a card without a link is known by the site's own id; without either by its title
and picture. The source is the origin of the page's site, so a listing keeps its id however it was reached.
"""

from collections.abc import Sequence
from dataclasses import replace

from crawler.extract.result import Draft
from crawler.extract.text import fold
from crawler.extract.urls import canonical, origin_of
from records.ids import digest_id, listing_id, source_id
from records.model import Listing
from records.terms import Rung


def key_of(draft: Draft, page_url: str) -> str:
    """Return the key of an item on a page; a link that is only the page itself is no identity."""
    url = draft.listing.url
    if url and (canonical(url) != canonical(page_url) or not draft.own_id):
        return canonical(url)
    if draft.own_id:
        return f"id:{draft.own_id}"
    return f"text:{digest_id(fold(draft.listing.title), draft.listing.booth, *draft.listing.images[:1])[:32]}"


def identified(
    drafts: Sequence[Draft], page_url: str, rung: Rung | None = None, keep: Listing | None = None
) -> tuple[Listing, ...]:
    """Return the listings of drafts found on a page, each key once; `keep` gives the first one its known identity."""
    source = source_id(origin_of(page_url)) if keep is None else keep.source_id
    found: dict[str, Listing] = {}
    for place, draft in enumerate(drafts):
        key = keep.key if keep is not None and place == 0 else key_of(draft, page_url)
        listing = replace(
            draft.listing, id=listing_id(source, key), source_id=source, key=key, rung=rung or draft.listing.rung
        )
        found.setdefault(key, listing)
    return tuple(found.values())

"""Which listing an item is: its key within its source.

Rules: a product page that names its canonical address is known by that one; else the key is the canonical URL; a card without a link is known by the site's own id; without either by its title
and picture. The source is the origin of the page's site, so a listing keeps its id however it was reached.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from crawler.extract.document import Document
from crawler.extract.result import Draft
from crawler.extract.text import fold
from crawler.extract.urls import canonical, origin_of, same_site
from records.ids import digest_id, listing_id, source_id
from records.model import Listing
from records.terms import Rung

_OWN_ID = frozenset(("id", "pid", "gid", "sku", "item", "itemid", "item_id", "goods_id", "goodsid", "product_id", "p"))


def stated_address(document: Document) -> str:
    """Return the address that a product page states for itself (`<link rel="canonical">`), "" where it cannot be one.

    It cannot be: on another site, the home page, a folder that the page lies in, or the page without its product's id.
    """
    raw = next((node.get("href") for node in document.select("link[@rel='canonical'][@href]")), None)
    url = document.resolve(raw)
    if url is None or not same_site(url, document.url) or origin_of(url) != origin_of(document.url):
        return ""
    stated, own = urlsplit(canonical(url)), urlsplit(canonical(document.url))
    folder = stated.path.rstrip("/") + "/"
    if folder == "/" and not (stated.query or stated.fragment):
        return ""
    if own.path.rstrip("/") + "/" != folder and own.path.startswith(folder):
        return ""
    dropped = {name.lower() for name, _ in parse_qsl(own.query)} - {name.lower() for name, _ in parse_qsl(stated.query)}
    if stated.path == own.path and (dropped & _OWN_ID or own.fragment != stated.fragment):
        return ""
    return canonical(url)


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


def readdressed(listing: Listing, url: str) -> Listing:
    """Return a listing under the address that its own page states, with the identity that goes with it."""
    key = canonical(url)
    return replace(listing, url=url, key=key, id=listing_id(listing.source_id, key))

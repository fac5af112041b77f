"""Rung "responses": the JSON that a rendered page fetched itself, joined to the cards that it shows.

Rules:
- an array is believed where its names are those of the cards on the page; without cards the likeliest array is taken
- what the card shows (link, picture, price with its currency) stands before the JSON; the JSON gives the identity and
  the rest, and the items that the page has not shown yet
- a picture's or a price's form is carried over to items not shown only where all shown ones agree
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawler.extract.document import Document
from crawler.extract.objects import Fields, Found, find_arrays, raw_images
from crawler.extract.price import NO_CURRENCY
from crawler.extract.result import Draft, Reading, fill
from crawler.extract.text import fold, same_text
from guards.caps import load_json_capped
from guards.errors import GuardError
from records.model import Money, PriceRange
from records.terms import Rung


@dataclass(frozen=True, slots=True)
class Response:
    """A JSON response that a page fetched: its address and its bytes."""

    url: str
    body: bytes


def read_responses(document: Document, responses: Sequence[Response], cards: Reading) -> Reading:
    """Return the items of the captured responses joined to the rendered cards; an empty reading where none fits."""
    best, best_score = None, 0.0
    for found in _arrays(document, responses):
        matches = _matches(found, cards)
        score = found.score + 1_000 * matches
        if score > best_score and (not cards.items or matches * 2 >= len(cards.items)):
            best, best_score = found, score
    if best is None:
        return Reading(rung=Rung.RESPONSES)
    return Reading(_joined(best, cards), Rung.RESPONSES, best.path, best.score)


def _arrays(document: Document, responses: Sequence[Response]) -> list[Found]:
    """Return the product arrays of all responses; pages of one address (`?page=1`, `?page=2`) are one array."""
    series: dict[tuple[str, str], Found] = {}
    for response in responses:
        try:
            tree = load_json_capped(response.body, max_bytes=10_000_000, max_depth=64)
        except GuardError:
            continue
        for found in find_arrays(tree, document)[:6]:
            key = (response.url.split("?")[0], found.path)
            held = series.get(key)
            series[key] = found if held is None else _together(held, found)
    return list(series.values())


def _together(held: Found, more: Found) -> Found:
    """Return two arrays as one, each item once (by its own id, else by its name)."""
    known = {draft.own_id or fold(draft.listing.title) for draft in held.drafts}
    fresh = [
        pair
        for pair in zip(more.drafts, more.raws, strict=True)
        if (pair[0].own_id or fold(pair[0].listing.title)) not in known
    ]
    return Found(
        held.path,
        (*held.drafts, *(draft for draft, _ in fresh)),
        (*held.raws, *(raw for _, raw in fresh)),
        held.score + more.score,
    )


def _matches(found: Found, cards: Reading) -> int:
    names = {fold(draft.listing.title) for draft in found.drafts}
    return sum(fold(card.listing.title) in names for card in cards.items)


def _joined(found: Found, cards: Reading) -> tuple[Draft, ...]:
    """Return the array's items, each with its card's fields first; cards that the array does not know come last."""
    left = list(cards.items)
    pairs: list[tuple[Draft, Draft | None, Fields]] = []
    for draft, raw in zip(found.drafts, found.raws, strict=True):
        card = next((item for item in left if same_text(item.listing.title, draft.listing.title)), None)
        if card is not None:
            left.remove(card)
        pairs.append((draft, card, raw))
    prefix, currency = _picture_prefix(pairs), _currency(pairs)
    joined = [_one(draft, card, raw, prefix, currency) for draft, card, raw in pairs]
    return (*joined, *left) if len(left) * 2 < len(cards.items) else tuple(joined)


def _one(draft: Draft, card: Draft | None, raw: Fields, prefix: str, currency: str) -> Draft:
    if card is not None:
        merged = fill(card, draft)
        listing, price = merged.listing, draft.listing.price
        shown = listing.price
        if (
            shown is not None
            and shown.low.currency == NO_CURRENCY
            and price is not None
            and price.low.currency != NO_CURRENCY
        ):
            listing = replace(listing, price=price)
        title = draft.listing.title if len(draft.listing.title) > len(listing.title) else listing.title
        return Draft(replace(listing, title=title), draft.own_id or card.own_id)
    listing = draft.listing
    if not listing.images and prefix:
        listing = replace(listing, images=tuple(prefix + name.lstrip("./") for name in raw_images(raw)[:4]))
    if listing.price is not None and listing.price.low.currency == NO_CURRENCY and currency:
        listing = replace(listing, price=_in_currency(listing.price, currency))
    return Draft(listing, draft.own_id)


def _in_currency(price: PriceRange, currency: str) -> PriceRange:
    return PriceRange(Money(price.low.amount, currency), Money(price.high.amount, currency) if price.high else None)


def _picture_prefix(pairs: Sequence[tuple[Draft, Draft | None, Fields]]) -> str:
    """Return what the page puts before a picture's name, where it is the same for all cards shown, else ""."""
    prefixes = set()
    for _, card, raw in pairs:
        names = [name.lstrip("./") for name in raw_images(raw)]
        if card is not None and card.listing.images and names:
            url = card.listing.images[0]
            prefixes.add(url[: -len(names[0])] if url.endswith(names[0]) else "")
    return prefixes.pop() if len(prefixes) == 1 else ""


def _currency(pairs: Sequence[tuple[Draft, Draft | None, Fields]]) -> str:
    """Return the currency that the cards show, where all of them agree and show the JSON's amount, else ""."""
    found = set()
    for draft, card, _ in pairs:
        if card is None or card.listing.price is None or draft.listing.price is None:
            continue
        same = card.listing.price.low.amount == draft.listing.price.low.amount
        found.add(card.listing.price.low.currency if same else "")
    return found.pop() if len(found) == 1 else ""

"""Rung "structured": schema.org as JSON-LD and microdata, and OpenGraph.

Rules: a product needs a name; an offer without one is only part of its product; the only price that counts is an
offer's. Reviews, ratings and persons are never read (see `crawler.extract.graph`).
"""

from collections.abc import Iterator, Sequence
from datetime import date

from crawler.extract.dates import parse_dates
from crawler.extract.document import Document
from crawler.extract.graph import Node, graph, one, text, types
from crawler.extract.labels import assign, code_in
from crawler.extract.price import NO_CURRENCY, price_from_parts
from crawler.extract.result import Draft, Reading
from crawler.extract.text import clean
from records.model import Event, Listing, PriceRange
from records.terms import Rung

_PRODUCTS = frozenset(
    [
        "Product",
        "ProductModel",
        "IndividualProduct",
        "ProductGroup",
        "SomeProducts",
        "Vehicle",
        "Book",
        "MenuItem",
        "Offer",
    ]
)
_EVENTS = frozenset(
    ["Event", "ExhibitionEvent", "BusinessEvent", "SaleEvent", "Festival", "EducationEvent", "FoodEvent", "EventSeries"]
)


def read_structured(document: Document) -> Reading:
    """Return the products that a page's JSON-LD and microdata state, else the one of its OpenGraph."""
    nodes = graph(document)
    drafts: dict[str, Draft] = {}
    for node in nodes:
        if types(node) & _PRODUCTS and "Offer" not in types(node):
            draft = product(document, node)
            if draft is not None:
                drafts.setdefault(draft.listing.url or draft.own_id or draft.listing.title, draft)
    for draft in _summaries(document, nodes):
        drafts.setdefault(draft.listing.url or draft.listing.title, draft)
    items = tuple(drafts.values()) or tuple(_open_graph(document))
    return Reading(items, Rung.STRUCTURED, score=float(len(items)))


def product(document: Document, node: Node) -> Draft | None:
    """Return the item of a Product node, or None where it has no name."""
    title = text(node.get("name"))
    if not title:
        return None
    offers = node.get("offers")
    offer_list = [item for item in (offers if isinstance(offers, list) else [offers]) if isinstance(item, dict)]
    url = document.resolve(_address(node.get("url")) or _address(node.get("@id"))) or _offer_url(document, offer_list)
    sellers = [offer.get("seller") or offer.get("offeredBy") for offer in offer_list]
    seller = next((item for item in sellers if item), None)
    pairs = _properties(node)
    facts = assign(pairs)
    return Draft(
        Listing(
            id="",
            title=title,
            url=url,
            description=text(node.get("description")),
            price=_price(document, offer_list),
            images=tuple(pictures(document, node.get("image"))),
            seller=text(seller) or facts.seller,
            seller_location=_place(seller) or facts.location,
            seller_uscc=_code(seller) or facts.uscc,
            attributes=facts.attributes,
            origin=text(node.get("countryOfOrigin")) or facts.origin,
            ingredients=facts.ingredients,
            standard=facts.standard,
        ),
        text(node.get("sku")) or text(node.get("productID")) or text(node.get("identifier")),
    )


def _address(value: object) -> str:
    value = one(value)
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    return value.split("#")[0] if isinstance(value, str) and not value.startswith("_:") else ""


def _offer_url(document: Document, offers: Sequence[Node]) -> str | None:
    return next((url for offer in offers if (url := document.resolve(_address(offer.get("url"))))), None)


def _price(document: Document, offers: Sequence[Node]) -> PriceRange | None:
    ranges = []
    for offer in offers:
        spec = one(offer.get("priceSpecification"))
        parts: Node = {**(spec if isinstance(spec, dict) else {}), **offer}
        low = parts.get("lowPrice") or parts.get("price") or parts.get("minPrice")
        currency = text(parts.get("priceCurrency")) or document.currency
        found = price_from_parts(
            one(low), one(parts.get("highPrice") or parts.get("maxPrice")), currency, document.lang
        )
        if found is not None:
            ranges.append(found)
    if not ranges:
        return None
    low_end = min(ranges, key=lambda item: item.low.amount)
    high_end = max(ranges, key=lambda item: (item.high or item.low).amount)
    return low_end if len(ranges) == 1 else PriceRange(low_end.low, high_end.high or high_end.low)


def pictures(document: Document, value: object) -> list[str]:
    """Return the addresses in a schema.org `image` value: text, ImageObject, or a list of them."""
    found: list[str] = []
    for item in (value if isinstance(value, list) else [value])[:20]:
        raw = one(item.get("contentUrl") or item.get("url") or item.get("@id")) if isinstance(item, dict) else item
        url = document.resolve(raw) if isinstance(raw, str) else None
        if url:
            found.append(url)
    return list(dict.fromkeys(found))


def _properties(node: Node) -> dict[str, str]:
    pairs: dict[str, str] = {}
    raw = node.get("additionalProperty")
    for item in (raw if isinstance(raw, list) else [raw])[:80]:
        if isinstance(item, dict) and text(item.get("name")):
            pairs.setdefault(text(item.get("name")), text(item.get("value")))
    for name, label in (
        ("brand", "品牌"),
        ("material", "材质"),
        ("color", "颜色"),
        ("category", "类目"),
        ("gtin13", "GTIN"),
    ):
        if text(node.get(name)):
            pairs.setdefault(label, text(node.get(name)))
    return pairs


def _place(seller: object) -> str:
    seller = one(seller)
    if not isinstance(seller, dict):
        return ""
    address = one(seller.get("address") or seller.get("location"))
    if isinstance(address, dict):
        parts = [text(address.get(key)) for key in ("addressRegion", "addressLocality", "streetAddress")]
        return clean(" ".join(part for part in parts if part)) or text(address.get("address"))
    return text(address)


def _code(seller: object) -> str:
    seller = one(seller)
    if not isinstance(seller, dict):
        return ""
    return code_in(
        " ".join(text(seller.get(key)) for key in ("taxID", "vatID", "identifier", "leiCode", "iso6523Code"))
    )


def _summaries(document: Document, nodes: Sequence[Node]) -> Iterator[Draft]:
    """Yield the items of ItemList nodes that name pages without describing them."""
    for node in nodes:
        if "ItemList" not in types(node) and "OfferCatalog" not in types(node):
            continue
        raw = node.get("itemListElement")
        for entry in (raw if isinstance(raw, list) else [raw])[:2_000]:
            if not isinstance(entry, dict):
                continue
            inner = one(entry.get("item"))
            inner = inner if isinstance(inner, dict) else {"url": inner}
            if types(inner) & (_PRODUCTS | _EVENTS | {"BreadcrumbList"}):
                continue
            title = text(inner.get("name")) or text(entry.get("name"))
            url = document.resolve(_address(inner.get("url")) or _address(entry.get("url")))
            if title and url:
                yield Draft(Listing(id="", title=title, url=url, images=tuple(pictures(document, inner.get("image")))))


def _open_graph(document: Document) -> list[Draft]:
    """Return the product that a page's OpenGraph names (`og:type` product), or nothing."""
    if not document.meta("og:type").lower().endswith("product") and not document.meta("product:price:amount"):
        return []
    title = document.meta("og:title")
    if not title:
        return []
    amount = document.meta("product:price:amount") or document.meta("og:price:amount")
    image = document.resolve(document.meta("og:image"))
    price = price_from_parts(amount, None, document.currency or NO_CURRENCY, document.lang) if amount else None
    listing = Listing(
        id="",
        title=title,
        url=document.resolve(document.meta("og:url")),
        price=price,
        description=document.meta("og:description"),
        images=(image,) if image else (),
    )
    return [Draft(listing)]


def breadcrumbs(document: Document) -> tuple[str, ...]:
    """Return the page's breadcrumbs by JSON-LD or microdata, or ()."""
    for node in graph(document):
        if "BreadcrumbList" in types(node):
            raw = node.get("itemListElement")
            names = [
                text(item.get("name")) or text(item.get("item"))
                for item in (raw if isinstance(raw, list) else [raw])
                if isinstance(item, dict)
            ]
            if any(names):
                return tuple(name for name in names if name)[:12]
    return ()


def event_of(document: Document) -> Event | None:
    """Return the exhibition that the page's structured data states, or None."""
    for node in graph(document):
        if types(node) & _EVENTS and text(node.get("name")):
            start, end = _day(node.get("startDate")), _day(node.get("endDate"))
            place = one(node.get("location"))
            venue = text(place) or (_place({"address": place.get("address")}) if isinstance(place, dict) else "")
            return Event(text(node.get("name")), start, end or start, venue)
    return None


def _day(value: object) -> date | None:
    found = parse_dates(text(value)[:25])
    return found[0] if found else None

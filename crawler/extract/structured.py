"""Rung "structured": schema.org as JSON-LD and microdata, and OpenGraph.

Rules:
- JSON-LD is depth-checked before it is parsed; broken blocks are passed over
- microdata is read in one linear pass with a cap on scopes (nested itemscopes took others seconds)
- Review, AggregateRating and Person nodes are never read
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from lxml.html import HtmlElement

from crawler.extract.dates import parse_dates
from crawler.extract.document import Document, text_of
from crawler.extract.labels import assign, code_in
from crawler.extract.price import NO_CURRENCY, price_from_parts
from crawler.extract.result import Draft, Reading
from crawler.extract.text import clean
from guards.caps import load_json_capped
from guards.errors import GuardError
from records.model import Event, Listing, PriceRange
from records.terms import Rung

_MAX_NODES = 5_000
_MAX_SCOPES = 3_000
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
_SKIP = frozenset(["Review", "AggregateRating", "Rating", "Person", "Comment", "Question", "Answer", "UserComments"])

Node = Mapping[str, Any]


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


def graph(document: Document) -> list[Node]:
    """Return every typed node of the page's JSON-LD and microdata, containers before what they hold."""
    nodes: list[Node] = []
    for script in document.select("script[contains(translate(@type, 'LD+JSON', 'ld+json'), 'ld+json')]"):
        try:
            tree = load_json_capped(_tidy(script.text or ""), max_bytes=2_000_000, max_depth=48)
        except GuardError:
            continue
        nodes += _walk(tree)
    return [*nodes, *_microdata(document)][:_MAX_NODES]


def _tidy(text: str) -> str:
    """Return a JSON-LD block without comment and CDATA wrappers, and with raw line ends inside strings as spaces."""
    inner = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>)\s*;?\s*$", "", text)
    return re.sub(r"[\x00-\x1f]", " ", inner).strip().rstrip(";")


def _walk(tree: object) -> Iterator[Node]:
    stack: list[object] = [tree]
    count = 0
    while stack and count < _MAX_NODES:
        item = stack.pop()
        count += 1
        if isinstance(item, list):
            stack += reversed(item)
        elif isinstance(item, dict):
            if types(item) & _SKIP:
                continue
            if "@type" in item:
                yield item
            stack += [
                value for key, value in reversed(item.items()) if isinstance(value, dict | list) and not _hidden(key)
            ]


def _hidden(key: str) -> bool:
    return key in (
        "review",
        "reviews",
        "aggregateRating",
        "author",
        "isRelatedTo",
        "isSimilarTo",
        "isAccessoryOrSparePartFor",
    )


def types(node: Node) -> set[str]:
    """Return a node's types without their vocabulary's address."""
    raw = node.get("@type")
    names = raw if isinstance(raw, list) else [raw]
    return {re.split(r"[/#:]", name)[-1] for name in names if isinstance(name, str)}


def _microdata(document: Document) -> list[Node]:
    """Return the microdata items as nodes: one pass, each property given to its nearest scope."""
    scopes: dict[HtmlElement, dict[str, Any]] = {}
    order: list[dict[str, Any]] = []
    for element in document.select("*[@itemscope or @itemprop]"):
        owner = _owner(element, scopes)
        value: object = None
        if element.get("itemscope") is not None:
            if len(scopes) >= _MAX_SCOPES:
                break
            node: dict[str, Any] = {"@type": [clean(kind, 200) for kind in (element.get("itemtype") or "").split()]}
            scopes[element] = node
            order.append(node)
            value = node
        for name in (element.get("itemprop") or "").split()[:5]:
            if owner is not None:
                _add(owner, name, _value(document, element) if value is None else value)
    return [node for node in order if not types(node) & _SKIP]


def _owner(element: HtmlElement, scopes: Mapping[HtmlElement, dict[str, Any]]) -> dict[str, Any] | None:
    for up in element.iterancestors():
        if up.get("itemscope") is not None:
            return scopes.get(up)
    return None


def _add(owner: dict[str, Any], name: str, value: object) -> None:
    if name in owner and name != "@type":
        held = owner[name]
        owner[name] = [*held, value] if isinstance(held, list) else [held, value]
    else:
        owner[name] = value


def _value(document: Document, element: HtmlElement) -> str:
    if element.tag in ("a", "link", "area"):
        return document.resolve(element.get("href")) or ""
    if element.tag in ("img", "source", "video", "embed", "iframe"):
        return document.resolve(element.get("data-src") or element.get("src")) or ""
    for name in ("content", "datetime", "value"):
        if element.get(name) is not None:
            return clean(element.get(name))
    return text_of(element)


def one(value: object) -> Any:
    """Return the first of a list, anything else as it is."""
    return value[0] if isinstance(value, list) and value else None if isinstance(value, list) else value


def text(value: object) -> str:
    """Return a JSON value as text: the name of a node, the first of a list."""
    value = one(value)
    if isinstance(value, dict):
        return text(value.get("name") or value.get("@value") or value.get("value"))
    if isinstance(value, bool) or value is None:
        return ""
    return clean(re.sub(r"<[^>]{1,300}>", " ", str(value)))


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


def fill(draft: Draft, other: Draft) -> Draft:
    """Return `draft` with its empty fields taken from `other`."""
    mine, theirs = draft.listing, other.listing
    changes: dict[str, Any] = {
        name: getattr(theirs, name)
        for name in (
            "url",
            "description",
            "seller",
            "seller_location",
            "seller_uscc",
            "price",
            "images",
            "origin",
            "ingredients",
            "standard",
            "breadcrumbs",
            "sales",
            "booth",
            "event",
        )
        if not getattr(mine, name) and getattr(theirs, name)
    }
    changes["attributes"] = {**theirs.attributes, **mine.attributes}
    return Draft(replace(mine, **changes), draft.own_id or other.own_id)

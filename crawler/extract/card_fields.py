"""The fields of one card: link, title, price, picture, seller, place, sales, booth.

Rules: what a card does not show stays empty; a title that is cut (`A light in the …`) is taken in full from the link's
`title` or the picture's `alt`; links that act (cart, login, wish list) are no product links.
"""

import re
from collections import Counter

from lxml.html import HtmlElement

from crawler.extract import urls
from crawler.extract.document import (
    Document,
    class_words,
    classes,
    image_sources,
    is_price_element,
    is_struck,
    text_of,
)
from crawler.extract.labels import assign, pairs_in
from crawler.extract.price import parse_price
from crawler.extract.result import Draft
from crawler.extract.text import booth_in, clean, sales_in
from crawler.extract.titles import HEADS, SELLER_CLASS, TITLE_CLASS, innermost, title_of
from records.model import Listing, PriceRange

_LOCATION_URL = re.compile(r"(?:location(?:\.href)?\s*=|open\(|navigate\(|push\()\s*['\"]([^'\"]+)['\"]")
_PLACE_CLASS = re.compile(
    r"(?:^|[-_\s])(?:location|(?:item-?)?loc|place|area|(?:pro-?)?city|region|address|ship-?from)(?:$|[-_\s])",
    re.IGNORECASE,
)
_COMPANY_CLASS = re.compile(r"(?:^|[-_\s])(?:company|supplier)(?:[-_]?(?:name|title|link))?(?:$|[-_\s])", re.IGNORECASE)
_SELLER_URL = re.compile(r"/(?:shop|store|seller|vendor|merchant|company|supplier)s?/[^/?#]", re.IGNORECASE)
_LEAD = re.compile(r"^(?:店铺|商家|卖家|发货地|所在地|地区|sold by|seller|ships? from|from)\s*[:：]\s*", re.IGNORECASE)
_SALES_CLASS = re.compile(r"sales|sold|deal-?cnt|volume", re.IGNORECASE)
_DESCRIPTION_CLASS = re.compile(r"desc|summary|intro|excerpt|sub-?title|abstract|teaser", re.IGNORECASE)
_ID_NAMES = (
    "data-product-id",
    "data-productid",
    "data-sku",
    "data-goods-id",
    "data-item-id",
    "data-itemid",
    "data-id",
    "data-pid",
    "data-nid",
    "data-spu",
    "data-product",
)


def draft_of(document: Document, card: HtmlElement, common: frozenset[str] = frozenset()) -> Draft | None:
    """Return the item that a card shows; None where it has no title. No text in `common` is one."""
    url = link_of(document, card)
    title = title_of(document, card, url, common)
    if not title or len(title) > 500:
        return None
    text = text_of(card, 3_000)
    values = assign(pairs_in(card))
    listing = Listing(
        id="",
        title=title,
        url=url,
        price=price_of(document, card),
        images=tuple(pictures_of(document, card)[:4]),
        seller=values.seller or _seller_of(document, card, title, url),
        seller_location=_by_class(card, _PLACE_CLASS, title) or values.location,
        description=_by_class(card, _DESCRIPTION_CLASS, title, 500),
        attributes=values.attributes,
        origin=values.origin,
        ingredients=values.ingredients,
        standard=values.standard,
        booth=booth_in(text),
        sales=sales_in(text) or _by_class(card, _SALES_CLASS, title, 40),
    )
    return Draft(listing, own_id(card))


def own_id(card: HtmlElement) -> str:
    """Return the id that the site itself gives a card (`data-product-id`, …), or ""."""
    for node in [card, *list(card.iter())[1:40]]:
        for name in _ID_NAMES:
            value = clean(node.get(name), 100)
            if value and re.fullmatch(r"[\w.:-]+", value):
                return value
    return ""


def link_of(document: Document, card: HtmlElement) -> str | None:
    """Return the address of the product that a card stands for, or None."""
    anchors = [card] if card.tag == "a" else []
    anchors += [node for node in card.iter("a") if node is not card]
    up = card.getparent()
    if not anchors and up is not None and up.tag == "a":
        anchors = [up]
    weights: Counter[str] = Counter()
    for place, node in enumerate(anchors[:60]):
        url = document.resolve(node.get("href"))
        if url is not None and (not urls.acts(url) or _heads(node)):
            weights[url] += _weight(node, url, document, place)
    if weights:
        return max(weights, key=lambda url: weights[url])
    for node in card.iter():
        raw = (
            node.get("data-href")
            or node.get("data-url")
            or node.get("data-link")
            or _clicked(node.get("onclick") or "")
        )
        if raw and (url := document.resolve(raw)):
            return url
    return None


def _heads(node: HtmlElement) -> bool:
    """Return whether a link is a heading's or holds one."""
    return any(True for _ in node.iter(*HEADS)) or any(up.tag in HEADS for up in node.iterancestors())


def _weight(node: HtmlElement, url: str, document: Document, place: int) -> int:
    weight = 2 + (place == 0)
    weight += 6 * any(True for _ in node.iter("img", "picture"))
    weight += 8 * _heads(node)
    weight += 5 * bool(
        TITLE_CLASS.search(
            f"{classes(node)} {node.getparent().get('class') or '' if node.getparent() is not None else ''}"
        )
    )
    weight += min(len(text_of(node, 80)), 40) // 8
    if SELLER_CLASS.search(classes(node)) or re.search(r"/(?:shop|store|seller|vendor)s?/", url):
        weight -= 6
    return max(1, weight if urls.same_site(url, document.url) else weight // 2)


def _clicked(script: str) -> str:
    found = _LOCATION_URL.search(script)
    return found[1] if found else ""


def price_of(document: Document, card: HtmlElement) -> PriceRange | None:
    """Return a card's price: the first small element that shows one, struck-out prices aside."""
    places = [
        node
        for node in card.iter()
        if isinstance(node.tag, str)
        and node.tag not in ("script", "style")
        and is_price_element(node)
        and not is_struck(node, card)
        and not any(is_struck(up, card) for up in node.iterancestors() if card in up.iterancestors())
    ]
    outer = [node for node in places if not any(up in places for up in node.iterancestors())]
    for bare in (False, True):
        for node in outer:
            price = document.price(node, bare=bare)
            if price is not None:
                return price
    if places:
        return None
    return parse_price(text_of(card, 600), document.lang, document.currency, bare=False) or _lonely(document, card)


def _lonely(document: Document, card: HtmlElement) -> PriceRange | None:
    """Return the amount of the one element that shows nothing but an amount with two decimals, or None."""
    amounts = [text_of(node, 20) for node in card.iter("span", "em", "i", "b", "strong", "p", "div", "td", "font")]
    found = {text for text in amounts if re.fullmatch(r"\d{1,3}(?:,?\d{3})*\.\d{2}", text)}
    return parse_price(found.pop(), document.lang, document.currency) if len(found) == 1 else None


def pictures_of(document: Document, card: HtmlElement) -> list[str]:
    """Return the addresses of a card's pictures, its own before those around it."""
    found = image_sources(document, card)
    up = card.getparent()
    if not found and up is not None and len(up) == 1:
        found = image_sources(document, up)
    return found


def _by_class(card: HtmlElement, pattern: re.Pattern[str], title: str, limit: int = 120) -> str:
    """Return the text of the first part whose class fits, the title aside."""
    fitting = [
        node
        for node in card.iter()
        if isinstance(node.tag, str) and node is not card and pattern.search(class_words(node))
    ]
    for node in innermost(fitting):
        text = " ".join(text_of(part, limit + 1) for part in _alike(node))
        if 1 < len(text) <= limit and text != title and title not in text and not is_price_element(node):
            return _LEAD.sub("", text)
    return ""


def _alike(node: HtmlElement) -> list[HtmlElement]:
    """Return an element and the siblings after it of the same class (`内蒙古`, `阿拉善盟`), where it is a small one."""
    found = [node]
    while len(found) < 3 and len(node) <= 1:
        node = node.getnext()
        if node is None or not node.get("class") or node.get("class") != found[0].get("class"):
            break
        found.append(node)
    return found


def _seller_of(document: Document, card: HtmlElement, title: str, url: str | None) -> str:
    """Return the shop that a card names: by its class, else by a link to a shop's own page."""
    for pattern in (SELLER_CLASS, _COMPANY_CLASS):
        found = _by_class(card, pattern, title)
        if found:
            return found
    for node in card.iter("a"):
        text = text_of(node, 61)
        href = document.resolve(node.get("href"))
        if href and href != url and _SELLER_URL.search(href) and 1 < len(text) <= 60 and text not in title:
            return text
    return ""

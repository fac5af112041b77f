"""One product's page: title, price, pictures, description, attributes, seller, breadcrumbs. No site code.

Rules:
- the product is where the main heading is; cards of other products, navigation, header and footer are cut first
- structured data is believed before the page's look, the listing page's card fills what is still empty
- a platform's own licence in its footer is not the seller's
"""

import re
from dataclasses import replace

from lxml.html import HtmlElement

from crawler.extract.card_fields import draft_of
from crawler.extract.cards import all_card_elements
from crawler.extract.description import description_of
from crawler.extract.document import (
    Document,
    class_words,
    classes,
    image_sources,
    is_price_element,
    is_struck,
    lines_of,
    text_of,
)
from crawler.extract.labels import Facts, assign, pairs_in, uscc_in
from crawler.extract.result import Draft, fill
from crawler.extract.structured import breadcrumbs, read_structured
from crawler.extract.text import booth_in, clean, fold, sales_in, same_text
from records.model import Listing, PriceRange
from records.terms import Rung

_CRUMBS = re.compile(r"bread-?crumb|crumbs|mianbaoxie", re.IGNORECASE)
_SELLER = re.compile(
    r"(?:^|[-_\s])(?:shop|store|seller|vendor|merchant|dianpu|exhibitor|company)(?:[-_]?(?:name|title|info|link|text))*"
    r"(?:--[\w-]+)?(?:$|\s)",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"\S\s*[:：]\s*\S")
_SELLER_LINK = re.compile(r"/(?:shop|store|seller|vendor|merchant)s?/", re.IGNORECASE)
BUY = re.compile(
    r"add to (?:cart|basket|bag|trolley)|buy (?:it )?now|(?:加入|添加至|添加到|放入|加到|加进)购物[车袋篮]|立即购买|马上购买|加入进货单|in den warenkorb|ajouter au panier|选购|订购",
    re.IGNORECASE,
)
_CUT_TAGS = ("nav", "footer", "aside")
_OUT_CLASS = re.compile(
    r"(?:^|[-_\s])(?:side-?bar|site-?footer|footer|nav(?:bar)?|main-?menu|top-?bar|cookie\w*|mini-?cart|newsletter)(?:$|[-_\s])",
    re.IGNORECASE,
)


def read_detail(document: Document, card: Listing | None = None) -> Draft | None:
    """Return the product of a page; `card` is what the listing page said of it. None where the page names none."""
    known = Draft(card) if card is not None else None
    stated = _stated(document, known)
    crumbs = breadcrumbs(document) or _shown_crumbs(document)
    _cut(document)
    head = heading(document, known, stated)
    shown = _shown(document, head)
    if shown is None and stated is None and known is None:
        return None
    result = _merge(stated, shown, known)
    listing = result.listing
    url = listing.url or document.url
    crumbs = tuple(name for name in crumbs if name)[:12] or listing.breadcrumbs
    rung = Rung.STRUCTURED if stated is not None else Rung.CARDS
    return Draft(replace(listing, url=url, breadcrumbs=crumbs, rung=rung), result.own_id)


def _merge(stated: Draft | None, shown: Draft | None, known: Draft | None) -> Draft:
    """Return one draft: stated before shown before the card; the card's link stands, its title where it is the same."""
    order = [draft for draft in (stated, shown, known) if draft is not None]
    result = order[0]
    for other in order[1:]:
        result = fill(result, other)
    if known is None:
        return result
    changes: dict[str, object] = {"url": known.listing.url or result.listing.url}
    if known.listing.title and not same_text(known.listing.title, result.listing.title):
        fuller = fold(known.listing.title) in fold(result.listing.title)
        changes["title"] = result.listing.title if fuller or stated is not None else known.listing.title
    elif len(known.listing.title) > len(result.listing.title):
        changes["title"] = known.listing.title
    images = [*result.listing.images, *(url for url in known.listing.images if url not in result.listing.images)]
    changes["images"] = tuple(images)
    return Draft(replace(result.listing, **changes), known.own_id or result.own_id)  # type: ignore[arg-type]


def _stated(document: Document, known: Draft | None) -> Draft | None:
    """Return the structured product that this page is about: the only one, or the one of its title or address."""
    items = read_structured(document).items
    if known is not None:
        for item in items:
            if same_text(item.listing.title, known.listing.title) or (
                item.listing.url and item.listing.url == known.listing.url
            ):
                return item
    heads = [text_of(node, 600) for node in document.select("h1")]
    for item in items:
        if any(same_text(item.listing.title, head) for head in heads):
            return item
    return items[0] if len(items) == 1 and (item := items[0]).listing.url in (None, document.url) else None


def _cut(document: Document) -> None:
    """Cut other products' cards and the page's frame from the tree."""
    for member in all_card_elements(document):
        linked = member.tag == "a" or any(node.get("href") for node in member.iter("a"))
        if linked and next(member.iter("h1"), None) is None and member.getparent() is not None:
            member.drop_tree()
    for node in [
        *document.select("*[self::nav or self::footer or self::aside or self::header]"),
        *document.select("div[@class or @id]"),
    ]:
        frame = node.tag in _CUT_TAGS or node.tag == "header" or bool(_OUT_CLASS.search(classes(node)))
        if (
            frame
            and node.getparent() is not None
            and next(node.iter("h1"), None) is None
            and next(node.iter("main"), None) is None
        ):
            node.drop_tree()


def heading(document: Document, known: Draft | None = None, stated: Draft | None = None) -> HtmlElement | None:
    """Return the element of the product's name: a heading that says what the card or the page's title says."""
    wanted = [draft.listing.title for draft in (known, stated) if draft is not None]
    title = fold(document.state("title"))
    heads = [node for node in document.select("*[self::h1 or self::h2 or self::h3]") if text_of(node, 10)]
    for text in wanted:
        for node in heads:
            if same_text(text_of(node, 600), text):
                return node
    mains = [node for node in heads if node.tag == "h1"]
    inside = [node for node in mains if len(fold(text_of(node, 600))) > 2 and fold(text_of(node, 600)) in title]
    chosen = [*inside, *mains][:1]
    return chosen[0] if chosen else _by_name(document)


def _by_name(document: Document) -> HtmlElement | None:
    named = (
        node for node in document.select("*[@itemprop='name' or contains(@class,'title') or contains(@class,'name')]")
    )
    return next((node for node in named if 3 < len(text_of(node, 300)) < 300 and not is_price_element(node)), None)


def _shown(document: Document, head: HtmlElement | None) -> Draft | None:
    """Return what the page shows of the product that a heading names."""
    title = text_of(head, 500) if head is not None else clean(document.meta("og:title"), 500)
    if not title or document.root is None:
        return None
    root = document.root
    pairs = pairs_in(root)
    facts = assign(pairs)
    text = lines_of(root)
    return Draft(
        Listing(
            id="",
            title=title,
            description=description_of(document, head),
            price=_price(document, head),
            images=tuple(_pictures(document, head)[:12]),
            seller=facts.seller or _seller(document, title),
            seller_location=facts.location,
            seller_uscc=facts.uscc or uscc_in(text),
            attributes=_plain(facts, title),
            origin=facts.origin,
            ingredients=facts.ingredients,
            standard=facts.standard,
            sales=sales_in(text),
            booth=booth_in(text),
        )
    )


def _plain(facts: Facts, title: str) -> dict[str, str]:
    return {label: value for label, value in facts.attributes.items() if value != title and len(label) <= 40}


def _price(document: Document, head: HtmlElement | None) -> PriceRange | None:
    """Return the price nearest to the heading: first below it in its smallest surroundings that show one."""
    node = head if head is not None else document.root
    while node is not None:
        places = [
            part
            for part in node.iter()
            if isinstance(part.tag, str)
            and part.tag not in ("script", "style", "option")
            and is_price_element(part)
            and not is_struck(part)
            and not any(is_struck(up) for up in list(part.iterancestors())[:3])
        ]
        for bare in (False, True):
            for part in places:
                price = document.price(part, bare=bare)
                if price is not None:
                    return price
        node = node.getparent()
    return None


def _pictures(document: Document, head: HtmlElement | None) -> list[str]:
    """Return the product's pictures: the page's own choice, then those in the heading's smallest surroundings."""
    found: list[str] = []
    stated = document.resolve(document.meta("og:image"))
    node = head
    while node is not None and node.tag not in ("body", "html"):
        found = image_sources(document, node)
        if found:
            break
        node = node.getparent()
    if not found and document.root is not None:
        found = image_sources(document, document.root)[:4]
    linked = [url for url in (_full_size(document, node, src) for src in found) if url] if node is not None else []
    return list(dict.fromkeys([*([stated] if stated and not found else []), *linked, *found]))


def _full_size(document: Document, top: HtmlElement, src: str) -> str:
    """Return the picture's own address in full size where its link leads to one (`<a href="big.jpg"><img>`)."""
    for node in top.iter("img"):
        up = node.getparent()
        if up is not None and up.tag == "a" and document.resolve(node.get("src")) == src:
            href = document.resolve(up.get("href")) or ""
            return href if re.search(r"\.(?:jpe?g|png|webp|gif|avif)(?:\?|$)", href, re.IGNORECASE) else ""
    return ""


def _seller(document: Document, title: str) -> str:
    blocks = [node for node in document.select("*[@class]") if _SELLER.search(class_words(node))]
    for node in sorted(blocks, key=lambda block: sum(1 for _ in block.iter())):
        text = re.sub(
            r"^(?:店铺|商家|卖家|sold by|seller|store|shop)\s*[:：]\s*", "", text_of(node, 80), flags=re.IGNORECASE
        )
        plain = not _LABELLED.search(text) and not is_price_element(node) and not BUY.search(text)
        if 1 < len(text) <= 60 and text != title and plain:
            return text
    for node in document.select("a[@href]"):
        if _SELLER_LINK.search(node.get("href") or "") and 1 < len(text_of(node, 70)) <= 60:
            return text_of(node, 70)
    return ""


def _shown_crumbs(document: Document) -> tuple[str, ...]:
    for node in document.select("*[@class or @id or @aria-label]"):
        if _CRUMBS.search(f"{classes(node)} {node.get('aria-label') or ''}"):
            items = node.xpath("descendant::li") or node.xpath("descendant::a|descendant::span[not(descendant::a)]")
            names = [text_of(item, 200).strip(" /›>»") for item in items] or re.split(
                r"\s*[/›>»]\s*", text_of(node, 500)
            )
            names = [name for name in dict.fromkeys(names) if name]
            if names:
                return tuple(names)
    return ()


def card_drafts_inside(document: Document) -> list[Draft]:
    """Return the drafts of all cards on a page (an exhibitor's products), in document order."""
    members = all_card_elements(document)
    ordered = [node for node in (document.root.iter() if document.root is not None else ()) if node in members]
    outer = [node for node in ordered if not any(up in members for up in node.iterancestors())]
    return [draft for node in outer if (draft := draft_of(document, node)) is not None]

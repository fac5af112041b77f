"""A card's title, as the page shows it and in full.

Rules: a heading before a part that calls itself a title, before a link's words, before the longest words of the card;
what sellers stick before or after a title (`包邮`, `NEW`, `-20%`) is not part of it, any other word is: it may be a brand.
"""

import re
from collections import Counter
from collections.abc import Sequence

from lxml.html import HtmlElement

from crawler.extract.document import Document, class_words, is_price_element, is_struck, text_of
from crawler.extract.price import parse_price
from crawler.extract.text import clean, fold

HEADS = ("h1", "h2", "h3", "h4", "h5", "h6")
"""The tags of headings."""
TITLE_CLASS = re.compile(
    r"title|(?:^|[-_\s])(?:name|tit|subject)(?:$|[-_\s\d])|(?:product|goods|item)[-_]?name|caption", re.IGNORECASE
)
_CUT = re.compile(r"(?:\.{3}|…)\s*$")
SELLER_CLASS = re.compile(
    r"(?:^|[-_\s])(?:shop|store|seller|vendor|merchant|dianpu)(?:[-_]?(?:name|info|title|link))?(?:$|[-_\s])",
    re.IGNORECASE,
)
_PROMO = re.compile(
    r"包邮|自营|新品|上新|热卖|热销|爆款|促销|特价|秒杀|预售|现货|满减|直降|折扣|清仓|包税|推荐|精选|置顶|广告|赠品|次日达|极速发货|百亿补贴|限时\w{0,4}|"
    r"满\d{1,5}减\d{1,4}|\d(?:\.\d)?折|-?\d{1,2}%(?: off)?|new|sale!?|hot|top ?\d{0,3}|ad|sponsored|best ?seller|free shipping|sold out",
    re.IGNORECASE,
)
_INLINE = frozenset(("span", "i", "em", "b", "font", "label", "small", "sup", "strong", "u", "img", "mark", "a"))


def common_texts(cards: Sequence[HtmlElement]) -> frozenset[str]:
    """Return the texts that most cards of a list share (`Free shipping`): none of them is a title."""
    if len(cards) < 4:
        return frozenset()
    counts = Counter(text for card in cards for text in set(small_texts(card)))
    return frozenset(text for text, count in counts.items() if count >= 0.6 * len(cards))


def title_of(document: Document, card: HtmlElement, url: str | None, common: frozenset[str] = frozenset()) -> str:
    """Return a card's title in full."""
    for text, full in _title_candidates(document, card, url, common):
        if _usable(text) and text not in common:
            cut = bool(_CUT.search(text)) and len(full) >= len(text) - 3
            return full if cut or _followed(text, full) else text
    return ""


def _followed(text: str, full: str) -> bool:
    """Return whether a text is the full title with something after it (`… 限时优惠`)."""
    return len(full) >= 6 and len(full) < len(text) and fold(text).startswith(fold(full))


def _title_candidates(
    document: Document, card: HtmlElement, url: str | None, common: frozenset[str]
) -> list[tuple[str, str]]:
    """Return (shown, in full) texts that may be the title, the likeliest first."""
    heads = [node for node in card.iter(*HEADS) if text_of(node, 10) and not is_price_element(node)]
    named = [
        node
        for node in card.iter()
        if isinstance(node.tag, str)
        and node is not card
        and (TITLE_CLASS.search(class_words(node)) or node.get("itemprop") == "name")
        and not SELLER_CLASS.search(class_words(node))
        and not is_price_element(node)
        and text_of(node, 10)
    ]
    links = [node for node in card.iter("a") if url and document.resolve(node.get("href")) == url]
    alts = [clean(node.get("alt") or node.get("title") or node.get("aria-label")) for node in card.iter("img")]
    alt = next((text for text in alts if text and text not in common), "")
    found = [(words_of(node), _in_full(node, links, alt)) for node in [*heads, *innermost(named)]]
    found += sorted(
        ((words_of(node), _in_full(node, links, alt)) for node in links if node is not card and _plain(node)),
        key=lambda pair: -len(pair[0]),
    )
    found += [(clean(node.get("title")), "") for node in links] + [(alt, alt)]
    return [*found, *((text, "") for text in _own_texts(card, common))]


def words_of(node: HtmlElement, limit: int = 600) -> str:
    """Return an element's text as a title: what is stuck before or after it (`<i>包邮</i>`) left out."""
    while len(node) == 1 and not clean(node.text) and not clean(node[0].tail) and isinstance(node[0].tag, str):
        node = node[0]
    parts: list[tuple[str, bool]] = [(node.text or "", False)]
    for child in node:
        if isinstance(child.tag, str):
            inline = child.tag in _INLINE
            parts.append((text_of(child, limit) if inline else f" {text_of(child, limit)} ", True))
        parts.append((child.tail or "", False))
    parts = [part for part in parts if clean(part[0])]
    whole = len(parts)
    for end in (0, -1):
        while len(parts) > 1 and parts[end][1] and _PROMO.fullmatch(clean(parts[end][0])):
            parts.pop(end)
    return clean("".join(text for text, _ in parts), limit) if len(parts) < whole else text_of(node, limit)


def _plain(node: HtmlElement) -> bool:
    """Return whether a link is a title by itself and no wrapper of a whole card."""
    return sum(1 for _ in node.iter()) <= 8 and not any(is_price_element(part) for part in node.iter())


def innermost(nodes: list[HtmlElement]) -> list[HtmlElement]:
    """Return the nodes without those that hold another of them and more besides."""
    return [node for node in nodes if not any(other is not node and node in other.iterancestors() for other in nodes)]


def _in_full(node: HtmlElement, links: list[HtmlElement], alt: str) -> str:
    around = [node, *node.iter("a"), *links]
    titles = [clean(part.get("title")) for part in around]
    return next((text for text in titles if text), alt)


def _own_texts(card: HtmlElement, common: frozenset[str]) -> list[str]:
    """Return the likeliest texts of a card where nothing is named: the longest first where there are many."""
    texts = [text for text in small_texts(card) if text not in common]
    return sorted(texts, key=lambda text: -min(len(text), 40))[:3] if len(texts) > 3 else texts


def small_texts(card: HtmlElement) -> list[str]:
    """Return the texts of a card's small parts, prices and buttons aside."""
    texts: list[str] = []
    for node in card.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "button", "label", "option"):
            continue
        own = _own(node)
        if (
            len(own) >= 2
            and not is_price_element(node)
            and not is_struck(node, card)
            and parse_price(own, bare=False) is None
        ):
            texts.append(own)
        alt = clean(node.get("alt"), 300) if node.tag == "img" else ""
        if alt:
            texts.append(alt)
    return texts


def _own(node: HtmlElement) -> str:
    """Return the text that stands in an element itself; where it goes on after small parts, with them."""
    mixed = any(clean(child.tail) for child in node) and all(
        child.tag in _INLINE or child.tag == "br" for child in node
    )
    return words_of(node, 300) if mixed and len(node) <= 8 else clean(node.text, 300)


def _usable(text: str) -> bool:
    return len(text) >= 2 and any(char.isalpha() for char in text)

"""A page as a tree, with what the rungs share: its language, base address, texts, prices, pictures; reviews cut out.

Rules:
- libxml2's own limits hold (256 levels; no `huge_tree`): a nested bomb ends the parse early instead of the process
- buyers' reviews are cut from the tree before any rung reads it: their names and words never leave this module
- nothing here raises on hostile markup
"""

import re
from collections.abc import Iterator

from lxml import etree, html
from lxml.html import HtmlElement

from crawler.extract import urls
from crawler.extract.charset import decode
from crawler.extract.price import currency_of, has_price, parse_price
from crawler.extract.tame import tame
from crawler.extract.text import clean
from records.model import PriceRange

_DIGIT = re.compile(r"\d")
_REVIEW = re.compile(
    r"(?:^|[-_\s])(?:reviews?|customer-?reviews?|user-?reviews?|product-?reviews?|comments?|comment-?list|testimonials?|"
    r"buyer-?shows?|evaluat\w*|pinglun|pingjia|rate-?list|feedbacks?|qa-?list)(?:$|[-_\s])",
    re.IGNORECASE,
)
_REVIEW_HEAD = re.compile(
    r"^\s*(?:(?:customer|user|product|buyer)\s+)?(?:reviews?|comments?|testimonials?|questions? (?:&|and) answers?)\b[\s\d()（）:：]*$"
    r"|^\s*(?:商品|用户|买家|累计|宝贝|顾客|客户|全部)?(?:评价|评论|晒单|晒图|买家秀)[\s\d()（）+万:：]*$",
    re.IGNORECASE,
)
_OLD = re.compile(
    r"(?:^|[-_\s])(?:old|was|origin(?:al)?|market|del|line-?through|strike|before|rrp|regular|compare|list)(?:[-_\s]|price|$)",
    re.IGNORECASE,
)
_PRICE_CLASS = re.compile(r"price|jiage|amount|cost|preis|prix|precio", re.IGNORECASE)
_ICON = re.compile(
    r"(?:^|[-_/\s])(?:icon|logo|avatar|sprite|star|badge|flag|arrow|rating|pixel)s?(?:[-_./\s]|$)", re.IGNORECASE
)
_BLOCK = frozenset(
    [
        "p",
        "div",
        "li",
        "tr",
        "td",
        "th",
        "dt",
        "dd",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "br",
        "section",
        "article",
        "ul",
        "ol",
        "table",
        "header",
        "footer",
        "option",
        "label",
    ]
)
_SKIPPED = frozenset(("script", "style", "noscript", "template", "head", "svg", "select"))
_MAIN_LIMIT = 0.7
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|gif|avif|bmp)(?:[?!@_.&#]|$)", re.IGNORECASE)


class Document:
    """A parsed page. `url` is its address, `root` its tree (None where nothing could be parsed)."""

    def __init__(self, body: bytes | str, url: str, content_type: str = "") -> None:
        self.url = url
        self.text = body if isinstance(body, str) else decode(body, content_type)
        self.root = _parse(self.text)
        self.base = self._base()
        self.lang = self._lang()
        self.currency = self._currency()
        if self.root is not None:
            _drop_reviews(self.root)

    def _base(self) -> str:
        for node in self.select("base[@href]")[:1]:
            return urls.resolve(self.url, node.get("href")) or self.url
        return self.url

    def _lang(self) -> str:
        """Return the page's own language tag in lower case ("zh-cn"), or ""."""
        if self.root is None:
            return ""
        tag = self.root.get("lang") or self.root.get("xml:lang") or self.meta("og:locale") or self.meta("language")
        return clean(tag, 20).lower().replace("_", "-")

    def _currency(self) -> str:
        """Return the currency that the page states for its prices, or ""."""
        for name in ("product:price:currency", "og:price:currency", "currency"):
            if re.fullmatch(r"[A-Za-z]{3}", self.meta(name)):
                return self.meta(name).upper()
        found = re.search(
            r"[\"']?(?:priceCurrency|currencyCode|currency)[\"']?\s*[:=]\s*[\"']([A-Z]{3})[\"']", self.text[:500_000]
        )
        return found[1] if found else ""

    def select(self, path: str) -> list[HtmlElement]:
        """Return the elements of a descendant XPath (`a[@href]`), in document order."""
        if self.root is None:
            return []
        found = self.root.xpath(f"descendant-or-self::{path}")
        return [node for node in found if isinstance(node, HtmlElement)]

    def meta(self, name: str) -> str:
        """Return the content of the `<meta>` with this name or property, or ""."""
        for node in self.select("meta[@content]"):
            if name in (node.get("property"), node.get("name"), node.get("itemprop")):
                return clean(node.get("content"))
        return ""

    def resolve(self, href: str | None) -> str | None:
        """Return the absolute URL of an address on this page, or None."""
        return urls.resolve(self.base, href)

    def price(self, node: HtmlElement, *, bare: bool = False) -> PriceRange | None:
        """Return the price in an element's text, in the page's language and currency."""
        return parse_price(price_text(node), self.lang, self.currency, bare=bare)

    def state(self, name: str) -> str:
        """Return the page's `<title>` (for `name` "title") or its visible text ("text")."""
        if name == "title":
            return next((text_of(node) for node in self.select("title")), "")
        return text_of(self.root) if self.root is not None else ""

    def currency_for(self, symbol: str) -> str:
        """Return the ISO code of a symbol on this page."""
        return currency_of(symbol, self.lang, self.currency)


def _parse(text: str) -> HtmlElement | None:
    text = tame(text)
    parser = html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace").replace(b"\x00", b""), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    return tree if isinstance(tree, HtmlElement) else None


def _drop_reviews(root: HtmlElement) -> None:
    """Cut what buyers wrote: elements that call themselves reviews, and what follows a heading that does."""
    whole = max(1, len(root.text_content()))
    for node in root.xpath("//*[@class or @id or @itemprop]"):
        if node.getparent() is None or node.tag in ("html", "body", "main", "form", "a", "button"):
            continue
        if node.get("itemprop") in ("review", "reviews"):
            _cut(node)
        elif _is_review(node) and len(node.text_content()) < _MAIN_LIMIT * whole:
            _cut_with_heading(node)
    for node in root.xpath("//h2|//h3|//h4|//h5"):
        if node.getparent() is not None and _REVIEW_HEAD.match(node.text_content()):
            _cut_after(node)


def _is_review(node: HtmlElement) -> bool:
    return bool(_REVIEW.search(classes(node))) and next(node.iter("h1"), None) is None


def _cut(node: HtmlElement) -> None:
    parent = node.getparent()
    if parent is not None:
        node.drop_tree()


def _cut_with_heading(node: HtmlElement) -> None:
    """Cut a review block; one that is only the section's heading takes the section's rest along."""
    heads = node.xpath("descendant-or-self::*[self::h2 or self::h3 or self::h4]")
    if heads and len(node.text_content().strip()) - len(heads[0].text_content().strip()) < 3:
        _cut_after(node)
    else:
        _cut(node)


def _cut_after(head: HtmlElement) -> None:
    """Cut a heading and its following siblings up to the next heading (or a block that holds one)."""
    following = []
    for node in head.itersiblings():
        if node.xpath("descendant-or-self::*[self::h1 or self::h2 or self::h3]"):
            break
        following.append(node)
    for node in [*following, head]:
        _cut(node)


def text_of(node: HtmlElement, limit: int = 20_000) -> str:
    """Return an element's visible text on one line, blocks apart by a space."""
    return clean("".join(_texts(node)), limit)


def lines_of(node: HtmlElement, limit: int = 20_000) -> str:
    """Return an element's visible text, a line for each block."""
    lines = (clean(line) for line in "".join(_texts(node, "\n")).split("\n"))
    return "\n".join(line for line in lines if line)[:limit]


def _texts(node: HtmlElement, gap: str = " ") -> Iterator[str]:
    """Yield the texts below an element without recursion; scripts and hidden inputs aside."""
    stack: list[HtmlElement | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
            continue
        if not isinstance(item.tag, str) or item.tag in _SKIPPED:
            continue
        block = item.tag in _BLOCK
        if block:
            yield gap
            stack.append(gap)
        for child in reversed(item):
            if child.tail:
                stack.append(child.tail)
            stack.append(child)
        if item.text:
            stack.append(item.text)


def classes(node: HtmlElement) -> str:
    """Return an element's class and id for matching, `camelCase` words apart (`shop-Name`)."""
    return f"{class_words(node)} {_HUMP.sub('-', node.get('id') or '')}"


def class_words(node: HtmlElement) -> str:
    """Return an element's class for matching, `camelCase` words apart."""
    return _HUMP.sub("-", node.get("class") or "")


def price_text(node: HtmlElement) -> str:
    """Return an element's text for reading a price: struck-out prices aside, `19<sup>99</sup>` as 19.99."""
    parts: list[str] = []
    stack: list[HtmlElement | str] = [node]
    while stack and len(parts) < 400:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        if not isinstance(item.tag, str) or item.tag in _SKIPPED or is_struck(item, node):
            parts.append(" ")
            continue
        own = item.text or ""
        if own[:1].isdigit() and parts and parts[-1][-1:].isdigit() and item.tag != "sup":
            parts.append(" ")
        if item.tag == "sup" and re.fullmatch(r"\s*\d{2}\s*", own) and parts and re.search(r"\d\s*$", parts[-1]):
            own = "." + own.strip()
        parts.append(" " + own if item.tag in _BLOCK else own)
        for child in reversed(item):
            if child.tail:
                stack.append(child.tail)
            stack.append(child)
    return "".join(parts)


def is_struck(node: HtmlElement, top: HtmlElement | None = None) -> bool:
    """Return whether an element shows a price that no longer holds (`<del>`, `class="old-price"`)."""
    if node is top:
        return False
    if node.tag in ("del", "s", "strike"):
        return True
    return bool(_OLD.search(node.get("class") or "")) or "line-through" in (node.get("style") or "")


def _short_text(node: HtmlElement) -> str:
    """Return an element's whole text, or some of it where that is plainly longer than a price's."""
    parts: list[str] = []
    size = 0
    for part in node.itertext():
        parts.append(part)
        size += len(part.strip())
        if size > 160:
            break
    return clean("".join(parts), 81)


def is_price_element(node: HtmlElement) -> bool:
    """Return whether a small element is where a price stands."""
    text = _short_text(node) if len(node) < 12 else ""
    if not text or len(text) > 80 or not _DIGIT.search(text):
        return False
    if has_price(text):
        return True
    return bool(_PRICE_CLASS.search(node.get("class") or "") or node.get("itemprop") == "price") and len(text) <= 40


def image_sources(document: Document, top: HtmlElement) -> list[str]:
    """Return the absolute addresses of the pictures in an element, icons and placeholders aside, in order."""
    found: list[str] = []
    for node in top.iter("img", "source", "amp-img", "image", "noscript"):
        if node.tag == "noscript":
            found += re.findall(r"<img[^>]+src=[\"']([^\"']+)", node.text or "")
        else:
            found.append(_source(node))
    for node in top.iter():
        if isinstance(node.tag, str) and "url(" in (node.get("style") or ""):
            found.append(urls.css_url(node.get("style") or ""))
        elif isinstance(node.tag, str) and (
            node.get("data-bg") or node.get("data-background") or node.get("data-background-image")
        ):
            raw = node.get("data-bg") or node.get("data-background") or node.get("data-background-image") or ""
            found.append(urls.css_url(raw) or raw)
    absolute = (src if src.startswith("data:image/") else document.resolve(src) for src in found if src)
    return list(dict.fromkeys(src for src in absolute if src))


def _source(node: HtmlElement) -> str:
    """Return one picture's best address, or "" for icons and placeholders."""
    if _tiny(node) or _ICON.search(f"{classes(node)} "):
        return ""
    for name in (
        "data-src",
        "data-original",
        "data-lazy-src",
        "data-lazy",
        "data-lazyload",
        "data-ks-lazyload",
        "data-img",
        "data-echo",
        "data-zoom-image",
        "data-url",
    ):
        value = clean(node.get(name), 4_000)
        if value and not urls.is_placeholder(value) and "{" not in value:
            return value
    for name, value in node.items():
        plain = name.startswith("data-") and "hover" not in name and not re.search(r"[{,\s]", value)
        if plain and _PICTURE.search(value) and not urls.is_placeholder(value):
            return clean(value, 4_000)
    srcset = urls.best_of_srcset(node.get("srcset") or node.get("data-srcset") or "")
    src = (node.get("src") or node.get("href") or "").strip()[:100_000]
    if src and urls.is_placeholder(src):
        src = ""
    chosen = srcset or src
    return "" if _ICON.search(chosen.split("?")[0].rsplit("/", 1)[-1]) else chosen


def _tiny(node: HtmlElement) -> bool:
    for side in ("width", "height"):
        value = re.match(r"\s*(\d+)", node.get(side) or "")
        if value and int(value[1]) <= 32:
            return True
    return False

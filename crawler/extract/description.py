"""The description of a product on its page.

Order: what follows a heading that says so, `itemprop=description`, the longest block whose class says so, the longest
paragraph, the page's own summary.
"""

import re

from lxml.html import HtmlElement

from crawler.extract.document import Document, classes, is_price_element, text_of
from crawler.extract.text import clean

_DESCRIPTION = re.compile(
    r"desc(?:ription)?|(?:^|[-_\s])(?:details?|intro|overview|summary|content|abstract|biograph\w*|about)(?:$|[-_\s])",
    re.IGNORECASE,
)
_DESCRIPTION_HEAD = re.compile(
    r"^\s*(?:product )?(?:description|details|overview|about this (?:item|product)|information)\s*[:：]?\s*$"
    r"|^\s*(?:商品|产品|图文|宝贝|展品|企业|公司)?(?:描述|详情|介绍|简介|说明)\s*[:：]?\s*$",
    re.IGNORECASE,
)


def description_of(document: Document, head: HtmlElement | None) -> str:
    """Return the description of the product that a heading names, or ""."""
    for node in document.select("*[self::h2 or self::h3 or self::h4 or self::h5 or self::dt or self::strong]"):
        if _DESCRIPTION_HEAD.match(text_of(node, 60)):
            text = _after(node)
            if len(text) > 5:
                return text
    for node in document.select("*[@itemprop='description']"):
        if len(text_of(node)) > 5:
            return text_of(node)
    named = [
        node
        for node in document.select("*[@class or @id]")
        if node.tag not in ("body", "html", "main", "a", "li", "button")
        and _DESCRIPTION.search(classes(node))
        and (head is None or node not in head.iterancestors())
        and node is not head
    ]
    texts = [text_of(node) for node in named if not any(is_price_element(part) for part in list(node.iter())[:200])]
    best = max(texts, key=len, default="")
    if len(best) > 20:
        return best
    paragraphs = [text_of(node) for node in document.select("p")]
    longest = max(paragraphs, key=len, default="")
    return longest if len(longest) > 40 else document.meta("description") or document.meta("og:description") or best


def _after(head: HtmlElement) -> str:
    """Return the text between a heading and the next one; a heading alone in its block takes what follows the block."""
    block = head
    for _ in range(3):
        following = _following(block)
        if following:
            return following
        parent = block.getparent()
        if parent is None or len(text_of(parent)) - len(text_of(head)) > 3:
            return ""
        block = parent
    return ""


def _following(block: HtmlElement) -> str:
    texts: list[str] = [clean(block.tail)] if block.tail else []
    for node in block.itersiblings():
        if not isinstance(node.tag, str) or node.tag in ("script", "style"):
            continue
        if (
            node.tag in ("h1", "h2", "h3", "h4", "table")
            or node.tag == block.tag == "dt"
            or node.xpath("descendant::*[self::h2 or self::h3]")
        ):
            break
        texts.append(text_of(node))
        texts.append(clean(node.tail))
    return clean(" ".join(text for text in texts if text))

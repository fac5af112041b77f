"""Whether a page shows one product or a list of them."""

from lxml.html import HtmlElement

from crawler.extract.cards import all_card_elements
from crawler.extract.detail import BUY
from crawler.extract.document import Document, text_of
from crawler.extract.structured import read_structured
from crawler.extract.text import same_text


def looks_like_detail(document: Document, cards_score: float) -> bool:
    """Return whether a page is about one product rather than a list of them. Does not change the tree.

    Either it states one schema.org Product under the name of its main heading, or it shows a heading and a way to buy
    outside all cards while its cards are few or merely related products.
    """
    items = read_structured(document).items
    heads = document.select("h1")
    if len(items) == 1 and any(same_text(items[0].listing.title, text_of(node, 600)) for node in heads):
        return True
    if document.meta("og:type").lower().endswith("product") or (len(items) == 1 and cards_score < 10):
        return bool(heads) or bool(items)
    if cards_score > 12 or not heads:
        return False
    members = all_card_elements(document)
    for node in document.select("*[self::button or self::a or self::input]"):
        said = f"{text_of(node, 40)} {node.get('value') or ''}"
        if (
            len(said) < 40
            and BUY.search(said)
            and not any(up in members for up in node.iterancestors())
            and not _in_card(document, node)
        ):
            return True
    return False


def _in_card(document: Document, button: HtmlElement) -> bool:
    """Return whether a button stands in a card: beside a picture or heading that links elsewhere, and apart from the h1."""
    for up in list(button.iterancestors())[:6]:
        if next(up.iter("h1"), None) is not None:
            return False
        for node in up.iter("a"):
            url = document.resolve(node.get("href"))
            if url and url != document.url and next(node.iter("img", "h2", "h3", "h4"), None) is not None:
                return True
            if (
                url
                and url != document.url
                and node.getparent() is not None
                and node.getparent().tag in ("h2", "h3", "h4", "h5")
            ):
                return True
    return False

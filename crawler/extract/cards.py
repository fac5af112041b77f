"""Rung "repeated cards": siblings of one shape that hold a link, a picture or a price, and text. No site code.

How it works:
1. one pass over the tree counts, for every element, its links, pictures and prices
2. children of one parent with the same tag are a group; groups whose parents look alike (rows of a grid) are one
3. a group scores by how many of its members have a price, a picture, a link of their own and a title, times their
   number; members that hold several cards each (rows) lose; navigation, related products and footers lose
4. the winner's shape is the `pattern`, which finds a single card on a last page too

Not guaranteed: a page whose only repeated structure is something else (a blog) gives that, with a low score.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from crawler.extract.card_fields import draft_of
from crawler.extract.document import Document, classes, is_price_element, is_struck, text_of
from crawler.extract.result import Draft, Reading
from crawler.extract.titles import common_texts
from records.terms import Rung

MAX_CARDS = 2_000
"""The most cards read from one page."""
_WHOLE = 6.7
_MIN_PLACE = 0.06
_UNPRICED = 0.45

_ITEM_TAGS = frozenset(
    [
        "li",
        "article",
        "div",
        "section",
        "tr",
        "a",
        "figure",
        "mat-card",
        "app-product",
        "dd",
        "td",
        "span",
        "mat-grid-tile",
        "dl",
        "ul",
        "button",
    ]
)
_OUTSIDE = frozenset(("nav", "header", "footer", "aside", "select", "thead", "svg", "dialog"))
_OUTSIDE_CLASS = re.compile(
    r"(?:^|[-_\s])(?:nav(?:bar|igation)?|menu|footer|header|breadcrumbs?|pagination|pager|paging|sidebar|side[-_]?nav|"
    r"tabs?|filters?|facets?|cookie|modal|social|lang(?:uage)?s?|cart|basket|minicart|swatch\w*|thumb(?:nail)?s|gallery)(?:$|[-_\s])",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"relat|recommend|recent(?:ly)?|also[-_]?(?:bought|viewed|like)|upsell|cross-?sell|guess|tuijian|similar|viewed|"
    r"carousel|hot-?sale|promo|banner|slider|swiper",
    re.IGNORECASE,
)
_RELATED_HEAD = re.compile(
    r"^\s*(?:related|recommended|you may also|customers? (?:also|who)|recently|similar|people also|相关|推荐|猜你喜欢|看了又看|最近浏览|热销|为你推荐)",
    re.IGNORECASE,
)
_PRICE_WORDS = re.compile(
    r"[\W\d_]|[元起万]|[市现原促活会门批特售优到券]\w{0,3}价|价格|人民币|\b(?:price|was|now|from|to|sale|regular|original|current|special|"
    r"our|only|rrp|incl|excl|vat|tax|[a-z]{3}(?=\s*\d))\b",
    re.IGNORECASE,
)
_PRICE_BOX = re.compile(r"(?:^|[-_\s])prices?(?![-_]?(?:list|table|grid))", re.IGNORECASE)
_PRODUCT_CLASS = re.compile(r"product|goods|(?:^|[-_\s])(?:item|card|offer|listing)(?:$|[-_\s])", re.IGNORECASE)


@dataclass(slots=True)
class _Facts:
    """What one element holds, itself included."""

    links: int = 0
    images: int = 0
    prices: int = 0
    text: int = 0
    price_text: int = 0
    price_here: bool = False


@dataclass(slots=True)
class _Group:
    """Elements that may be one another's siblings in a list of cards."""

    pattern: str
    members: list[HtmlElement] = field(default_factory=list)
    score: float = 0.0
    kind: str = ""


def read_cards(document: Document, pattern: str = "", *, links_only: bool = False) -> Reading:
    """Return the cards of a listing page, in document order; `pattern` is the shape learnt on a page before.

    With `links_only` a list without prices and pictures counts too (exhibitors, speakers).
    """
    if document.root is None:
        return Reading()
    facts = _survey(document.root)
    groups = _groups(document.root, facts)
    best = (
        _known(groups, pattern, facts)
        or _best(groups, facts, links_only=links_only)
        or _single(document, groups, facts)
    )
    if best is None:
        return Reading()
    drafts = _drafts(document, best)
    return Reading(tuple(drafts), Rung.CARDS, best.pattern, best.score)


def card_elements(document: Document) -> list[HtmlElement]:
    """Return the elements of the winning group, those of related products included."""
    if document.root is None:
        return []
    facts = _survey(document.root)
    best = _best(_groups(document.root, facts), facts, links_only=False)
    return best.members if best else []


def all_card_elements(document: Document) -> set[HtmlElement]:
    """Return the members of every group of two or more that looks like product cards (for cutting them from a page)."""
    if document.root is None:
        return set()
    facts = _survey(document.root)
    return {
        member
        for group in _groups(document.root, facts)
        if _score(group, facts, links_only=False) > 0 and group.kind == "cards"
        for member in group.members
    }


def _drafts(document: Document, group: _Group) -> list[Draft]:
    drafts: list[Draft] = []
    seen: set[tuple[str, str]] = set()
    common = common_texts(group.members[:60])
    for member in group.members[:MAX_CARDS]:
        draft = draft_of(document, member, common)
        if draft is None:
            continue
        mark = (draft.listing.url or draft.own_id, draft.listing.title)
        if mark not in seen or mark[0] == "":
            seen.add(mark)
            drafts.append(draft)
    return drafts


def _survey(root: HtmlElement) -> dict[HtmlElement, _Facts]:
    """Count links, pictures, prices and text below each element, leaves first, without recursion."""
    facts: dict[HtmlElement, _Facts] = {}
    order = [node for node in root.iter() if isinstance(node.tag, str)]
    for node in reversed(order):
        own = facts[node] = _Facts()
        if node.tag in ("script", "style", "template"):
            continue
        for child in node:
            below = facts.get(child)
            if below is not None:
                own.links += below.links
                own.images += below.images
                own.prices += below.prices
                own.text += below.text
                own.price_text += below.price_text
            own.text += len((child.tail or "").strip())
        own.text += len((node.text or "").strip())
        own.links += (node.tag == "a" and bool(node.get("href"))) or bool(node.get("data-href"))
        own.images += node.tag in ("img", "image", "picture", "amp-img") or "url(" in (node.get("style") or "")
        if is_struck(node):
            own.prices, own.price_text = 0, own.text
        elif own.prices == 0 and own.text <= 80 and is_price_element(node):
            own.prices, own.price_here = 1, True
            own.price_text = max(0, own.text - len(_PRICE_WORDS.sub("", text_of(node, 200))))
    return facts


def shape(node: HtmlElement) -> str:
    """Return the pattern of a card: its tag below its parent's tag, classes and place in the tree."""
    parent = node.getparent()
    if parent is None:
        return ""
    tags: list[str] = []
    up = parent.getparent()
    while up is not None and len(tags) < 12:
        tags.append(str(up.tag))
        up = up.getparent()
    stable = sorted(word for word in (parent.get("class") or "").split() if not re.search(r"\d", word))[:6]
    return f"{'/'.join(reversed(tags))}/{parent.tag}.{'.'.join(stable)}>{node.tag}"


def _groups(root: HtmlElement, facts: dict[HtmlElement, _Facts]) -> list[_Group]:
    groups: dict[str, _Group] = {}
    for parent in root.iter():
        own = facts.get(parent)
        if own is None or own.links + own.images + own.prices == 0 or parent.tag in _OUTSIDE:
            continue
        for child in parent:
            below = facts.get(child)
            if below is None or (child.tag not in _ITEM_TAGS and "-" not in str(child.tag)):
                continue
            if below.text < 2 or below.links + below.images + below.prices == 0:
                continue
            key = shape(child)
            groups.setdefault(key, _Group(key)).members.append(child)
    return list(groups.values())


def _known(groups: Iterable[_Group], pattern: str, facts: dict[HtmlElement, _Facts]) -> _Group | None:
    """Return the group of a shape that is known from another page, what is no card in it aside."""
    found = next((group for group in groups if pattern and group.pattern == pattern), None)
    if found is not None:
        found.score = max(1.0, _score(found, facts, links_only=True))
    return found


def _best(groups: Iterable[_Group], facts: dict[HtmlElement, _Facts], *, links_only: bool) -> _Group | None:
    """Return the likeliest group; where another one shows prices, one without (brands, categories) needs to be far likelier."""
    scored = list(groups)
    for group in scored:
        group.score = _score(group, facts, links_only=links_only)
    viable = [group for group in scored if group.score > 0]
    shares = {
        id(group): sum(bool(facts[node].prices) for node in group.members) / len(group.members) for group in viable
    }
    if any(shares[id(group)] >= 0.8 and len(group.members) >= 3 for group in viable):
        for group in viable:
            group.score *= 1.0 if shares[id(group)] >= 0.5 else _UNPRICED
    best: _Group | None = None
    for group in viable:
        if best is None or group.score > best.score * 1.001:
            best = group
    return best


def _single(document: Document, groups: Iterable[_Group], facts: dict[HtmlElement, _Facts]) -> _Group | None:
    """Return the one card of a list of one: the smallest element with a price, a picture and a link that calls itself a product."""
    found: _Group | None = None
    for group in groups:
        node, own = group.members[0], facts[group.members[0]]
        if len(group.members) > 1 or not (own.prices and own.images and own.links and own.text >= 8) or own.prices > 3:
            continue
        url = document.resolve(_first_link(node))
        around = " ".join(classes(up) for up in [node, *list(node.iterancestors())[:2]])
        if not url or url == document.url or not _PRODUCT_CLASS.search(around) or place_of(node) < 0.9:
            continue
        if found is None or own.text <= facts[found.members[0]].text:
            found = group
            group.score, group.kind = 5.0, "cards"
    return found


def _score(group: _Group, facts: dict[HtmlElement, _Facts], *, links_only: bool) -> float:
    """Return how much a group looks like cards (0: not at all), and keep only the members that do."""
    members = [node for node in group.members if _may_be_card(node, facts[node])]
    headed = [node for node in members if next(node.iter("h1"), None) is not None]
    if len(headed) * 2 <= len(members):
        members = [node for node in members if node not in headed]
    priced = [node for node in members if facts[node].prices]
    pictured = [node for node in members if facts[node].images]
    if len(priced) >= 2:
        lists = {node.getparent() for node in priced}
        members = [
            node
            for node in members
            if facts[node].prices or (facts[node].images and facts[node].links and node.getparent() in lists)
        ]
        group.kind = "cards"
    elif len(pictured) >= 2:
        members = [node for node in members if facts[node].images]
        group.kind = "cards"
    elif links_only:
        members = [node for node in members if facts[node].links]
        group.kind = "links"
    else:
        return 0.0
    if len(members) < (2 if group.kind == "cards" else 3):
        return 0.0
    group.members = members
    place = place_of(members[0])
    if place < (_MIN_PLACE if group.kind == "cards" else 0.5):
        return 0.0
    return _quality(members, facts, group.kind) * min(len(members), 60) * place


def _may_be_card(node: HtmlElement, own: _Facts) -> bool:
    """Return whether an element may be a card at all: it holds something, and is not merely a part of a price."""
    if own.links or own.images:
        return True
    boxes = [node, *list(node.iterancestors())[:2]]
    return bool(own.prices) and not any(_PRICE_BOX.search(classes(up)) for up in boxes)


def _quality(members: list[HtmlElement], facts: dict[HtmlElement, _Facts], kind: str) -> float:
    """Return a group's mean quality; a member's counts squared, so that two halves of a card are worth less than one whole."""
    links: set[str] = set()
    total, linked, worded, priced = 0.0, 0, 0, 0
    for node in members:
        own = facts[node]
        first = _first_link(node)
        fresh = bool(first) and first not in links
        links.add(first)
        words = _title_like(own)
        linked, worded, priced = linked + fresh, worded + words, priced + bool(own.prices)
        value = 3 * bool(own.prices) + 1.5 * bool(own.images) + 1.2 * fresh + words
        crowd = max(0, _distinct_links(node) - 2) + max(0, own.prices - 3)
        total += (value / _WHOLE) ** 2 / (1 + crowd) + min(own.text, 200) / 10_000
    count = len(members)
    if worded * 2 < count or (linked < 0.3 * count and priced * 2 < count):
        return 0.0
    quality = _WHOLE * total / count
    return quality if kind == "cards" else quality * 0.5


def _title_like(facts: _Facts) -> bool:
    """Return whether an element has words beside its prices."""
    return facts.text - facts.price_text >= (2 if facts.prices else 3)


def _first_link(node: HtmlElement) -> str:
    if node.tag == "a" and node.get("href"):
        return str(node.get("href"))
    found = next((a.get("href") for a in node.iter("a") if a.get("href") and not a.get("href").startswith("#")), None)
    return str(found or node.get("data-href") or "")


def _distinct_links(node: HtmlElement) -> int:
    """Return how many different headings or picture links a card holds: more than one or two means several cards."""
    linked = {
        a.get("href")
        for a in node.iter("a")
        if a.get("href") and next(a.iter("img", "h2", "h3", "h4"), None) is not None
    }
    heads = sum(1 for _ in node.iter("h2", "h3", "h4"))
    return max(len(linked), heads)


def place_of(node: HtmlElement) -> float:
    """Return how likely cards stand here: less in navigation, footers and among related products."""
    weight = 1.0
    up: HtmlElement | None = node
    for _ in range(14):
        if up is None or up.tag in ("body", "html"):
            break
        if up.tag in _OUTSIDE or up.get("role") in ("navigation", "menu", "dialog", "tablist"):
            weight *= 0.15
        name = classes(up)
        if _OUTSIDE_CLASS.search(name):
            weight *= 0.25
        if _RELATED.search(name) or _under_related_head(up):
            weight *= 0.3
        if up.tag == "main" or re.search(
            r"(?:^|[-_\s])(?:products?|goods|items?|catalog\w*|results?|listings?)(?:$|[-_\s])", name, re.IGNORECASE
        ):
            weight *= 1.15
        up = up.getparent()
    return weight


def _under_related_head(node: HtmlElement) -> bool:
    previous = node.getprevious()
    return (
        previous is not None
        and previous.tag in ("h2", "h3", "h4", "h5", "div")
        and len(previous) < 3
        and bool(_RELATED_HEAD.match(text_of(previous, 60)))
    )

"""The typed nodes of a page: its JSON-LD and microdata as one list.

Rules: JSON-LD is depth-checked before it is parsed, broken blocks are passed over; microdata is read in one linear pass
with a cap on scopes (nested itemscopes took others seconds); reviews, ratings and persons are never read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lxml.html import HtmlElement

from crawler.extract.document import Document, text_of
from crawler.extract.text import clean
from guards.caps import load_json_capped
from guards.errors import GuardError

_MAX_NODES = 5_000

_MAX_SCOPES = 3_000

_SKIP = frozenset(["Review", "AggregateRating", "Rating", "Person", "Comment", "Question", "Answer", "UserComments"])

Node = Mapping[str, Any]


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

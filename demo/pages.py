"""The market's answers, one class a way of building a shop; a shop maps a path and query to a `Page`, and knows no sockets.

Every shop answers robots.txt, its style sheet, its pictures and an about page. What differs is how it tells its goods:
`jsonld` by schema.org, `cards` by plain repeated cards and numbered pages, `spa` by JSON that a script draws, `fair` by
exhibitors with booths.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo import pictures
from demo.data import Item, ShopSpec

TEMPLATES = Path(__file__).resolve().parent / "templates"
ROBOTS = "User-agent: *\nDisallow: /admin/\nAllow: /\n"
HTML = "text/html; charset=utf-8"
SIGNS = {"CNY": "¥", "USD": "US$"}


@dataclass(frozen=True, slots=True)
class Page:
    """One HTTP answer."""

    status: int
    media_type: str
    body: bytes


def text_page(text: str, media_type: str = HTML, status: int = 200) -> Page:
    """Return a page of text."""
    return Page(status, media_type, text.encode("utf-8"))


def money(item: Item) -> str:
    """Return a price as this market prints it: ¥1,280.00, US$9.90."""
    return f"{SIGNS[item.currency]}{float(item.price):,.2f}"


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.globals["money"] = money
    return environment


def _script_json(value: object) -> str:
    """Return JSON that may stand inside a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


class Shop:
    """What all shops share. `base` is the shop's own origin with a final slash, once it is known."""

    def __init__(self, spec: ShopSpec, items: Sequence[Item]) -> None:
        self.spec = spec
        self.items = {item.key: item for item in items}
        self.base = "http://127.0.0.1/"

    def answer(self, path: str, query: Mapping[str, str]) -> Page:
        """Return the answer for a path (no query in it) and its query."""
        fixed: dict[str, Callable[[], Page]] = {
            "/robots.txt": lambda: text_page(ROBOTS, "text/plain; charset=utf-8"),
            "/style.css": lambda: text_page(_templates().get_template("style.css").render(), "text/css; charset=utf-8"),
            "/about": lambda: self.render("about.html"),
        }
        if path in fixed:
            return fixed[path]()
        if path.startswith("/pic/"):
            return self._picture(path.removeprefix("/pic/").removesuffix(".jpg"))
        return self.own(path, query) or self._missing()

    def own(self, path: str, query: Mapping[str, str]) -> Page | None:
        """Answer what is this kind of shop's own; None where there is nothing at `path`."""
        raise NotImplementedError

    def render(self, template: str, **values: object) -> Page:
        """Render a template with the shop in it."""
        return text_page(_templates().get_template(template).render(shop=self.spec, **values))

    def slice(self, query: Mapping[str, str], name: str) -> tuple[int, list[Item], list[int]]:
        """Return (page number, its items, all page numbers) for the page that the query names; page 1 where it is none."""
        count = -(-len(self.items) // self.spec.per_page)
        word = query.get(name, "1")
        page = int(word) if word.isascii() and word.isdigit() and 1 <= int(word[:9]) <= count else 1
        start = (page - 1) * self.spec.per_page
        return page, list(self.items.values())[start : start + self.spec.per_page], list(range(1, count + 1))

    def _picture(self, key: str) -> Page:
        item = self.items.get(key)
        return Page(200, "image/jpeg", pictures.jpeg_of(item.picture, key)) if item else self._missing()

    def _missing(self) -> Page:
        return text_page('<!doctype html><html lang="zh-CN"><title>404</title><h1>页面不存在</h1></html>', status=404)


class JsonLdShop(Shop):
    """Tells its goods by schema.org: an ItemList of Products on each list page, one Product on each product page."""

    def own(self, path: str, query: Mapping[str, str]) -> Page | None:
        """Answer `/`, `/?page=N` and `/item/KEY.html`."""
        if path == "/":
            page, items, pages = self.slice(query, "page")
            entries = [{"@type": "ListItem", "position": n, "item": self._product(i)} for n, i in enumerate(items, 1)]
            ld = _script_json({"@context": "https://schema.org", "@type": "ItemList", "itemListElement": entries})
            following = f"/?page={page + 1}" if page < len(pages) else ""
            return self.render("jsonld_list.html", items=items, page=page, pages=pages, next=following, ld=ld)
        item = self.items.get(path.removeprefix("/item/").removesuffix(".html"))
        if item is None:
            return None
        ld = _script_json({"@context": "https://schema.org", **self._product(item)})
        return self.render("jsonld_item.html", item=item, ld=ld, url=self._url(item))

    def _url(self, item: Item) -> str:
        return f"{self.base}item/{item.key}.html"

    def _product(self, item: Item) -> dict[str, object]:
        """Return the item as a schema.org Product with its Offer."""
        facts = [{"@type": "PropertyValue", "name": name, "value": text} for name, text in item.attributes.items()]
        offer = {
            "@type": "Offer",
            "price": item.price,
            "priceCurrency": item.currency,
            "availability": "https://schema.org/InStock",
            "seller": {"@type": "Organization", "name": item.seller, "address": item.seller_location},
        }
        return {
            "@type": "Product",
            "sku": item.key,
            "name": item.title,
            "description": item.description,
            "url": self._url(item),
            "image": f"{self.base}pic/{item.key}.jpg",
            "category": item.category,
            "additionalProperty": facts,
            "offers": offer,
        }


class CardShop(Shop):
    """Plain repeated cards on numbered pages; no markup that names anything."""

    def own(self, path: str, query: Mapping[str, str]) -> Page | None:
        """Answer `/`, `/?p=N` and `/goods/KEY`."""
        if path == "/":
            page, items, pages = self.slice(query, "p")
            following = f"/?p={page + 1}" if page < len(pages) else ""
            return self.render("cards_list.html", items=items, page=page, pages=pages, next=following)
        item = self.items.get(path.removeprefix("/goods/"))
        return self.render("cards_item.html", item=item) if item else None


class SpaShop(Shop):
    """An empty page, a script, and JSON."""

    def own(self, path: str, query: Mapping[str, str]) -> Page | None:
        """Answer `/`, `/app.js` and `/api/goods?page=N`."""
        if path == "/":
            return self.render("spa.html")
        if path == "/app.js":
            return text_page((TEMPLATES / "app.js").read_text(encoding="utf-8"), "text/javascript; charset=utf-8")
        if path != "/api/goods":
            return None
        page, items, pages = self.slice(query, "page")
        data = {"page": page, "pages": len(pages), "total": len(self.items), "list": [self._goods(i) for i in items]}
        return text_page(json.dumps({"code": 0, "data": data}, ensure_ascii=False), "application/json; charset=utf-8")

    def _goods(self, item: Item) -> dict[str, object]:
        return {
            "id": item.key,
            "name": item.title,
            "price": float(item.price),
            "currency": item.currency,
            "priceText": money(item),
            "cover": f"/pic/{item.key}.jpg",
            "detail": item.description,
            "shop": item.seller,
            "place": item.seller_location,
            "props": dict(item.attributes),
        }


class FairShop(Shop):
    """An exhibition: dates and venue in its head, then the exhibitors with their booths."""

    def own(self, path: str, query: Mapping[str, str]) -> Page | None:
        """Answer `/` and `/exhibitor/KEY`."""
        del query
        if path == "/":
            return self.render("fair_list.html", items=list(self.items.values()), dates=self.dates())
        item = self.items.get(path.removeprefix("/exhibitor/"))
        return self.render("fair_item.html", item=item, dates=self.dates()) if item else None

    def dates(self) -> str:
        """Return the first and last day as a fair prints them: 2026年12月4日—7日."""
        first, last = date.fromisoformat(self.spec.starts), date.fromisoformat(self.spec.ends)
        end = f"{last.day}日" if (first.year, first.month) == (last.year, last.month) else f"{last.month}月{last.day}日"
        return f"{first.year}年{first.month}月{first.day}日—{end}"


KINDS: Mapping[str, type[Shop]] = {"jsonld": JsonLdShop, "cards": CardShop, "spa": SpaShop, "fair": FairShop}
"""How a shop of each kind answers."""


def make_shop(spec: ShopSpec, items: Sequence[Item]) -> Shop:
    """Return the shop of a spec with those of the items that are its own."""
    return KINDS[spec.kind](spec, [item for item in items if item.shop == spec.id])

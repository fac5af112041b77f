"""Tables of goods and of exhibitors: what a heading row says of each column.

Rules: a table counts where its first row names a column for the title (品名, 企业名称, exhibitor…); a cell's field is the
one that its column's heading names; a column without a known heading is an attribute under its own name.
"""

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

from crawler.extract.card_fields import draft_of, link_of, pictures_of
from crawler.extract.cards import place_of
from crawler.extract.document import Document, text_of
from crawler.extract.labels import assign
from crawler.extract.price import parse_price
from crawler.extract.result import Draft, Reading, fill
from crawler.extract.text import clean
from records.model import Listing, PriceRange
from records.terms import Rung

_TITLE = re.compile(
    r"^(?:商品|产品|品名|货品|货物|宝贝|展品|参展)?(?:名称|品名|商品|产品)$|^(?:企业|公司|单位|展商|参展商|参展企业|参展单位|厂商|厂家)(?:名称|名录|中文名称)?$"
    r"|^(?:product|item|article|goods|exhibitor|company|vendor|title|name|speaker)s?(?: ?name)?$",
    re.IGNORECASE,
)
_PRICE = re.compile(r"价$|价格|单价|报价|售价|price|cost|amount", re.IGNORECASE)
_OLD = re.compile(r"原价|市场价|门市价|划线|list price|rrp|was", re.IGNORECASE)
_BOOTH = re.compile(r"展位|展台|摊位|booth|stand", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:序号|编号|no\.?|#|nr\.?|id)$", re.IGNORECASE)
_MIN_ROWS = 2


def read_tables(document: Document) -> Reading:
    """Return the rows of the page's largest table whose headings name what it lists; empty where there is none."""
    best: list[Draft] = []
    for table in document.select("table"):
        if place_of(table) < 0.5:
            continue
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
        drafts = _rows(document, rows)
        if len(drafts) > len(best):
            best = drafts
    return Reading(tuple(best), Rung.CARDS, "", float(len(best))) if len(best) >= _MIN_ROWS else Reading()


def _rows(document: Document, rows: Sequence[HtmlElement]) -> list[Draft]:
    heads, start = _heads(rows)
    if not heads:
        return []
    drafts = [_draft(document, row, heads) for row in rows[start:2_000] if row.find("td") is not None]
    return [draft for draft in drafts if draft is not None]


def _heads(rows: Sequence[HtmlElement]) -> tuple[list[str], int]:
    """Return the headings of a table, and the place of the row after them; no headings where none names a title."""
    for place, row in enumerate(rows[:3]):
        names = [text_of(cell, 40).strip(" :：*") for cell in row if cell.tag in ("th", "td")]
        wide = len(names) >= 3 or (len(names) == 2 and all(cell.tag == "th" for cell in row))
        if wide and any(_TITLE.match(name) for name in names) and max(map(len, names)) <= 20:
            return names, place + 1
    return [], 0


def _draft(document: Document, row: HtmlElement, heads: Sequence[str]) -> Draft | None:
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    if len(cells) != len(heads):
        return None
    values = {head: text_of(cell, 1_000) for head, cell in zip(heads, cells, strict=True) if head}
    title = next((value for head, value in values.items() if _TITLE.match(head) and value), "")
    if len(title) < 2:
        return None
    shown = [value for head, value in values.items() if _PRICE.search(head)]
    now = [value for head, value in values.items() if _PRICE.search(head) and not _OLD.search(head)]
    price = next((found for value in (*now, *shown) if (found := _priced(document, value, heads)) is not None), None)
    rest = {
        head: value
        for head, value in values.items()
        if value and value != title and not (_PRICE.search(head) or _BOOTH.search(head) or _NUMBER.match(head))
    }
    facts = assign(rest)
    listing = Listing(
        id="",
        title=title,
        url=link_of(document, row),
        price=price,
        images=tuple(pictures_of(document, row)[:4]),
        seller=facts.seller,
        seller_location=facts.location,
        attributes=facts.attributes,
        origin=facts.origin,
        ingredients=facts.ingredients,
        standard=facts.standard,
        booth=next((clean(value, 40) for head, value in values.items() if _BOOTH.search(head)), ""),
    )
    other = draft_of(document, row)
    return fill(Draft(listing), other) if other is not None else Draft(listing)


def _priced(document: Document, value: str, heads: Sequence[str]) -> PriceRange | None:
    """Return the price in a cell; the heading may name the currency (`单价（元）`)."""
    unit = next((found[1] for head in heads if (found := re.search(r"[(（/]\s*(元|￥|¥|USD|EUR|RMB)", head))), "")
    return parse_price(f"{value}{unit}" if unit and value[-1:].isdigit() else value, document.lang, document.currency)

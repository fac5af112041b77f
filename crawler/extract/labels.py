"""Labelled facts (`产地：内蒙古`, `<th>配料</th><td>…</td>`) → a listing's fields.

Rules: the label decides, never a guess from the value; a seller's location (发货地, 所在地) is not an origin (产地).
统一社会信用代码 is kept as printed where it has the form of GB 32100, checked or not: a wrong code is evidence too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from crawler.extract.document import text_of
from crawler.extract.text import clean

MAX_ATTRIBUTES = 80
"""The most attributes kept of one listing."""

_LABELS = {
    "origin": (
        "产地",
        "原产地",
        "原产国",
        "原产国/地区",
        "生产地",
        "国产/进口产地",
        "省份",
        "country of origin",
        "origin",
        "place of origin",
        "made in",
        "国家/地区",
        "原产地址",
    ),
    "ingredients": (
        "配料",
        "配料表",
        "原料",
        "成分",
        "原料与配料",
        "ingredients",
        "composition",
        "material composition",
    ),
    "standard": (
        "执行标准",
        "产品标准号",
        "产品标准代号",
        "标准号",
        "执行标准号",
        "产品执行标准",
        "执行标准编号",
        "standard",
        "product standard",
    ),
    "seller": (
        "店铺",
        "店铺名称",
        "卖家",
        "商家",
        "商家名称",
        "经营者",
        "经营者名称",
        "企业名称",
        "公司名称",
        "店名",
        "销售商",
        "参展商",
        "展商",
        "sold by",
        "seller",
        "shop",
        "store",
        "vendor",
        "merchant",
        "exhibitor",
        "company",
        "seller name",
        "shop name",
    ),
    "location": (
        "发货地",
        "所在地",
        "店铺所在地",
        "卖家所在地",
        "商家所在地",
        "所在地区",
        "发货地址",
        "ships from",
        "seller location",
        "dispatched from",
        "location",
        "shop location",
    ),
    "uscc": (
        "统一社会信用代码",
        "社会信用代码",
        "信用代码",
        "营业执照号",
        "注册号/统一社会信用代码",
        "unified social credit code",
        "uscc",
        "credit code",
    ),
}
_BY_LABEL = {label: name for name, labels in _LABELS.items() for label in labels}
_USCC = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")
_PAIR = re.compile(r"^\s{0,8}([^:：\n]{1,24}?)\s{0,8}[:：]\s{0,8}(\S[^\n]{0,300})$")
_KNOWN_PAIR = re.compile(r"^\s{0,8}[【\[]?\s{0,8}([^:：\n\]】]{1,24}?)\s*[\]】]?\s*[:：]\s*(\S[^\n]{0,600})$")
_NOT_A_LABEL = re.compile(
    r"https?$|^\d{1,2}$|[。！？!?;；]|价格|^(?:qty|quantity|数量|库存|售价|原价|现价|评分|评论数?|评价数?|税|可用性|rating|tax|availability|stock)$"
    r"|^price\b|number of reviews|reviews?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled facts by the field that they fill; `attributes` holds all of them as printed."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    ingredients: str = ""
    standard: str = ""
    seller: str = ""
    location: str = ""
    uscc: str = ""


def pairs_in(top: HtmlElement) -> dict[str, str]:
    """Return the (label, value) pairs of an element: table rows, definition lists, `label：value` lines; the first wins."""
    found: dict[str, str] = {}
    for label, value in [*_rows(top), *_definitions(top), *_two_parts(top), *_lines(top)]:
        name = clean(label, 60).strip(" :：*·•【】[]")
        if name and value and name not in found and not _NOT_A_LABEL.search(name) and len(found) < MAX_ATTRIBUTES:
            found[name] = clean(value, 1_000)
    return found


def _rows(top: HtmlElement) -> Iterator[tuple[str, str]]:
    for row in top.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("th", "td")]
        heads = [cell.tag == "th" for cell in cells]
        if len(cells) < 2 or len(cells) % 2 or all(heads) or (len(cells) > 2 and not all(heads[::2])):
            continue
        for label, value in zip(cells[::2], cells[1::2], strict=True):
            yield text_of(label, 80), text_of(value, 1_000)


def _definitions(top: HtmlElement) -> Iterator[tuple[str, str]]:
    for term in top.iter("dt"):
        value = term.getnext()
        if value is not None and value.tag == "dd":
            yield text_of(term, 80), text_of(value, 1_000)


def _two_parts(top: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield `<div><span>产地</span><span>内蒙古</span></div>` where the first part is a label that is known."""
    for node in top.iter("div", "li", "p", "span", "section"):
        if len(node) == 2 and not clean(node.text) and all(isinstance(part.tag, str) for part in node):
            label = text_of(node[0], 40).strip(" :：")
            if label.lower() in _BY_LABEL:
                yield label, text_of(node[1], 1_000)


def _lines(top: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield `label：value` from list items and short blocks; in running text only labels that are known."""
    for node in top.iter("li", "p", "div", "span", "td", "small", "address", "dd", "footer", "strong"):
        if sum(1 for _ in node.iter()) > 7:
            continue
        for line in re.split(r"[\n|｜；;]", _broken(node)):
            found = (_PAIR if node.tag == "li" else _KNOWN_PAIR).match(line)
            if found and (node.tag == "li" or clean(found[1]).lower() in _BY_LABEL):
                yield found[1], found[2]


def _broken(node: HtmlElement) -> str:
    """Return a small element's text with `<br>` as an end of line."""
    parts = [node.text or ""]
    for child in node:
        if not isinstance(child.tag, str) or child.tag in ("script", "style", "select"):
            parts.append(child.tail or "")
            continue
        parts.append("\n" if child.tag == "br" else text_of(child, 1_000))
        parts.append(child.tail or "")
    return re.sub(
        r"[ \t\r\f\v]*\n[ \t\r\f\v]*" if node.find("br") is not None else r"\s+",
        "\n" if node.find("br") is not None else " ",
        "".join(parts),
    )


def assign(pairs: Mapping[str, str]) -> Facts:
    """Return the facts that labelled pairs give."""
    values: dict[str, str] = {}
    for label, value in pairs.items():
        name = _BY_LABEL.get(label.lower())
        if name and name not in values:
            values[name] = value
    attributes = {
        label: value for label, value in pairs.items() if _BY_LABEL.get(label.lower()) not in ("seller", "location")
    }
    return Facts(
        attributes,
        values.get("origin", ""),
        values.get("ingredients", ""),
        values.get("standard", ""),
        values.get("seller", ""),
        values.get("location", ""),
        code_in(values.get("uscc", "")),
    )


def code_in(text: str) -> str:
    """Return what has the form of a 统一社会信用代码 in a text that is known to state one, or ""."""
    found = _USCC.search(text.upper())
    return found.group() if found else ""


def uscc_in(text: str) -> str:
    """Return the 统一社会信用代码 that stands near its label in a text, or one whose check character fits, or ""."""
    for found in _USCC.finditer(text):
        if "信用代码" in text[max(0, found.start() - 24) : found.start()] or uscc_fits(found.group()):
            return found.group()
    return ""


def uscc_fits(code: str) -> bool:
    """Return whether the check character fits (GB 32100-2015, 4.3: weights 3^(i-1) mod 31)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    if len(code) != 18 or any(char not in alphabet for char in code):
        return False
    total = sum(alphabet.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    return alphabet[(31 - total % 31) % 31] == code[17]

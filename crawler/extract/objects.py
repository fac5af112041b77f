"""Product-like objects in any JSON: what embedded state and captured responses have in common.

Rules: an array counts where most of its objects have a name and a price or a picture; keys are compared without case,
underscores and hyphens; amounts in a minor unit are read as such only where the key says so (`centAmount`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crawler.extract import keys
from crawler.extract.document import Document
from crawler.extract.labels import assign
from crawler.extract.price import price_from_parts
from crawler.extract.result import Draft
from crawler.extract.text import clean
from records.model import Listing, PriceRange

_MAX_VALUES = 200_000
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """An array of product-like objects: where it stands (a path of keys), its items, and how product-like they are."""

    path: str
    drafts: tuple[Draft, ...]
    raws: tuple[Fields, ...]
    score: float


def find_arrays(tree: object, document: Document) -> list[Found]:
    """Return the arrays of product-like objects in a JSON tree, the likeliest first."""
    found = [result for path, array in _arrays(tree) if (result := _judge(path, array, document)) is not None]
    return sorted(found, key=lambda item: -item.score)


def _arrays(tree: object) -> Iterator[tuple[str, list[Fields]]]:
    """Yield arrays of objects, and objects whose values are all objects (`{"12": {…}, "13": {…}}`)."""
    stack: list[tuple[str, object]] = [("$", tree)]
    count = 0
    while stack and count < _MAX_VALUES:
        path, value = stack.pop()
        count += 1
        if isinstance(value, list):
            inner = [_unwrapped(item) for item in value if isinstance(item, dict)]
            if inner and len(inner) * 2 >= len(value):
                yield path, inner
            stack += [(f"{path}[]", item) for item in value if isinstance(item, dict | list)]
        elif isinstance(value, dict):
            inner = [item for item in value.values() if isinstance(item, dict)]
            if len(inner) >= 3 and len(inner) == len(value):
                yield path, inner
            stack += [
                (f"{path}.{key}", item)
                for key, item in value.items()
                if isinstance(item, dict | list)
                and not re.search(r"review|comment|rating|评价|评论", str(key), re.IGNORECASE)
            ]


def _unwrapped(item: Fields) -> Fields:
    """Return a GraphQL edge's node, and JSON:API's attributes beside the id; others as they are."""
    node = item.get("node") or item.get("_source") or item.get("product") or item.get("item")
    if isinstance(node, dict) and len(item) <= 6:
        return {**node, **{k: v for k, v in item.items() if not isinstance(v, dict | list) and k not in node}}
    inner = item.get("attributes")
    if isinstance(inner, dict) and "id" in item and not any(key in item for key in ("name", "title")):
        return {**inner, "id": item["id"]}
    return item


def _judge(path: str, array: list[Fields], document: Document) -> Found | None:
    pairs = [(draft, item) for item in array[:5_000] if (draft := draft_from(item, document)) is not None]
    if not pairs or len(pairs) * 2 < len(array):
        return None
    count = len(pairs)
    priced = sum(draft.listing.price is not None for draft, _ in pairs) / count
    pictured = sum(bool(draft.listing.images) or bool(_images(item)) for draft, item in pairs) / count
    named = sum(bool(draft.own_id) for draft, _ in pairs) / count
    booths = sum(bool(draft.listing.booth) for draft, _ in pairs) / count
    if priced < 0.5 and pictured < 0.5 and booths < 0.5:
        return None
    quality = 3 * priced + 1.5 * pictured + named + 2 * booths
    if re.search(
        r"categor|banner|menu|nav|brand|currenc|shipping|delivery|variant|option|tax|cart|related|recommend",
        path,
        re.IGNORECASE,
    ):
        quality *= 0.2
    drafts, raws = zip(*pairs, strict=True)
    return Found(path, tuple(drafts), tuple(raws), quality * min(count, 60))


def draft_from(item: Fields, document: Document) -> Draft | None:
    """Return the item that a JSON object describes, or None where it has no name."""
    fields = {re.sub(r"[_\-\s]", "", str(key)).lower(): value for key, value in item.items()}
    title = _text(_first(fields, keys.TITLE))
    if not title or len(title) > 500:
        return None
    pairs = _attributes(fields)
    facts = assign(pairs)
    seller = _first(fields, keys.SELLER)
    url = _first(fields, keys.URL)
    return Draft(
        Listing(
            id="",
            title=title,
            url=document.resolve(url) if isinstance(url, str) else None,
            description=_text(_first(fields, keys.TEXT)),
            price=_price(fields, document),
            images=tuple(_resolved(fields, document)),
            seller=_text(seller) or facts.seller,
            seller_location=_text(_first(fields, keys.PLACE)) or facts.location,
            seller_uscc=_text(_first(fields, keys.CODE)) or facts.uscc,
            attributes=facts.attributes,
            origin=_text(_first(fields, keys.ORIGIN)) or facts.origin,
            ingredients=_text(fields.get("ingredients")) or _text(fields.get("配料")) or facts.ingredients,
            standard=_text(fields.get("执行标准")) or _text(fields.get("standard")) or facts.standard,
            sales=_text(_first(fields, keys.SALES))[:40],
            booth=_text(_first(fields, keys.BOOTH))[:40],
        ),
        _text(_first(fields, keys.ID))[:100] or _text(_first(fields, keys.SLUG))[:200],
    )


def slugs(item: Fields) -> list[str]:
    """Return what an object's page may be called by: its slug, then its id."""
    fields = {re.sub(r"[_\-\s]", "", str(key)).lower(): value for key, value in item.items()}
    found = [_text(fields.get(name)) for name in (*keys.SLUG, *keys.ID)]
    return [text for text in found if text]


def _first(fields: Fields, names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [], {})), None)


def _text(value: object) -> str:
    if isinstance(value, dict):
        picked = next(
            (
                value[key]
                for key in ("name", "zh-CN", "zh", "en", "title", "text", "value", "label", "default", "city")
                if value.get(key)
            ),
            None,
        )
        return _text(picked) if not isinstance(picked, dict) else ""
    if isinstance(value, list):
        return _text(value[0]) if value and not isinstance(value[0], list) else ""
    if isinstance(value, bool) or value is None:
        return ""
    return clean(re.sub(r"<[^>]{1,300}>", " ", str(value)))


def _images(item: Fields) -> list[str]:
    fields = {re.sub(r"[_\-\s]", "", str(key)).lower(): value for key, value in item.items()}
    raw = _first(fields, keys.IMAGE)
    found: list[str] = []
    for part in (raw if isinstance(raw, list) else [raw])[:10]:
        value = _address(_address(part))
        if isinstance(value, str) and 3 < len(value) < 100_000:
            found.append(value)
    return found


def _address(value: object) -> object:
    """Return what a picture's object holds as its address; anything else as it is."""
    if not isinstance(value, dict):
        return value
    names = ("url", "src", "original", "large", "href", "uri", "path", "medium", "image")
    return next((value[name] for name in names if value.get(name)), None)


def _resolved(fields: Fields, document: Document) -> list[str]:
    """Return pictures whose address is certain: absolute, or from the site's root; others need the rendered card."""
    raws = _images(fields)
    return list(
        dict.fromkeys(
            url for raw in raws if raw.startswith(("http://", "https://", "/")) and (url := document.resolve(raw))
        )
    )


def raw_images(item: Fields) -> list[str]:
    """Return an object's pictures as written."""
    return _images(item)


def _price(fields: Fields, document: Document) -> PriceRange | None:
    value = _first(fields, keys.PRICE)
    currency = _currency(fields) or document.currency
    for _ in range(4):
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, dict):
            break
        inner = {re.sub(r"[_\-\s]", "", str(key)).lower(): part for key, part in value.items()}
        currency = _currency(inner) or currency
        if isinstance(inner.get("centamount"), int):
            digits = inner.get("fractiondigits", 2)
            scale = digits if isinstance(digits, int) and 0 <= digits <= 4 else 2
            return price_from_parts(Decimal(inner["centamount"]).scaleb(-scale), None, currency)
        low = _first(inner, ("min", "low", "minvariantprice", "start", "gross", *keys.PRICE, "value", "current", "now"))
        high = _first(inner, ("max", "high", "maxvariantprice", "stop", *keys.HIGH))
        if low is not None and not isinstance(low, dict | list) and not isinstance(high, dict | list):
            return price_from_parts(low, high, currency, document.lang)
        value = low
    if isinstance(value, dict | list):
        return None
    return price_from_parts(value, _plain(_first(fields, keys.HIGH)), currency, document.lang)


def _plain(value: object) -> object:
    return None if isinstance(value, dict | list) else value


def _currency(fields: Fields) -> str:
    value = _first(fields, ("pricecurrency", "currency", "currencycode", "currencyiso", "currencyid"))
    if isinstance(value, dict):
        value = value.get("code") or value.get("isoCode")
    return value.upper() if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{3}", value) else ""


def _attributes(fields: Fields) -> dict[str, str]:
    raw = _first(fields, keys.ATTRIBUTES)
    pairs: dict[str, str] = {}
    if isinstance(raw, dict):
        pairs = {clean(str(key), 60): _text(value) for key, value in raw.items()}
    elif isinstance(raw, list):
        for item in raw[:80]:
            if isinstance(item, dict):
                name = _text(item.get("name") or item.get("key") or item.get("label") or item.get("attribute"))
                pairs[name] = _text(item.get("value") or item.get("values") or item.get("text"))
    return {name: value for name, value in pairs.items() if name and value}

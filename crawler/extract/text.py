"""Small helpers for text as pages write it.

Rules: whitespace is collapsed, nothing else is changed: a detector must see what the trader wrote, zero-width
characters and odd forms included.
"""

import re

_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0\u3000]+")
_SALES = re.compile(
    r"(?:月销量?|已售|销量|总销|热销|累计售出|已拼|sold)\s*[:：]?\s*\d[\d,.]{0,15}\s{0,3}[万wWkK]?\+?\s*(?:件|单|笔|人)?"
    r"|\d[\d,.]{0,15}\s{0,3}[万wWkK]?\+?\s*(?:人付款|人已买|件已售|人收货|sold\b)",
    re.IGNORECASE,
)
_BOOTH = re.compile(
    r"(?:展位号?|展台号?|摊位号?|\b(?:booth|stand)\b)\s*(?:no\.?|number|#|号)?\s*[:：#]?\s*"
    r"([A-Za-z0-9]{1,6}(?:号馆|号厅|馆|厅|区|号)?(?:\s?[-–./]?\s?[A-Za-z]{0,2}-?\d[A-Za-z0-9]{0,5}){0,2})(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def clean(text: str | None, limit: int = 20_000) -> str:
    """Return the text with runs of whitespace as one space, cut at `limit` characters."""
    return _SPACE.sub(" ", text or "").strip()[:limit]


def sales_in(text: str) -> str:
    """Return the sales figure as the page words it (`月销 1000+`), or ""."""
    found = _SALES.search(text)
    return clean(found.group()) if found else ""


def booth_in(text: str) -> str:
    """Return a booth's number (`A12` of `展位号：A12`), or ""; a word without a digit is none."""
    for found in _BOOTH.finditer(text):
        booth = clean(found.group(1)).strip(" -–./")
        if any(char.isdigit() for char in booth):
            return booth
    return ""


def same_text(one: str, two: str) -> bool:
    """Return whether two titles are the same but for case, spaces and a cut end (`A light in the …`)."""
    a, b = fold(one), fold(two)
    if not a or not b:
        return False
    for left, right in ((a, b), (b, a)):
        stem = left.rstrip(".…")
        if stem != left and len(stem) >= 6 and right.startswith(stem):
            return True
    return a == b


def fold(text: str) -> str:
    """Return the text for comparing only: lower case, without whitespace."""
    return _SPACE.sub("", text or "").casefold()

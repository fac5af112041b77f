"""Prices in users' files → `PriceRange`: numbers and texts such as `36.5`, `¥1,299.00`, `36-50`, `36起`, `1.2万元`."""

import re
import unicodedata
from decimal import Decimal

from records.model import Money, PriceRange

DEFAULT_CURRENCY = "CNY"
"""The currency where none is given."""
MAX_AMOUNT = Decimal(10) ** 15
"""A larger amount is no price."""
_SIGNS = {"¥": "CNY", "元": "CNY", "RMB": "CNY", "CNY": "CNY", "US$": "USD", "USD": "USD", "$": "USD", "€": "EUR",
          "EUR": "EUR", "£": "GBP", "GBP": "GBP", "HK$": "HKD", "HKD": "HKD", "₽": "RUB", "JPY": "JPY"}  # fmt: skip
_NUMBER = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(万)?")
_BETWEEN = re.compile(r"\s*(?:-|~|–|—|至|到)\s*[^\d\s]{0,4}\s*")
_ONLY = re.compile(
    r"(?:[A-Za-z]{2,3}\$?|[¥$€£₽元万起约:.\s/每件斤个只盒袋包kg价格从]|以上|公斤|千克|RMB)*", re.IGNORECASE
)


def read_price(value: object, currency: str) -> PriceRange | None:
    """Return the price that a number or text states, None where it states none that is certain.

    `currency` is used as given where it is an ISO 4217 code, else the text's sign, else CNY.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    text = unicodedata.normalize("NFKC", format(value, "f") if isinstance(value, Decimal) else str(value)).strip()
    if not isinstance(value, str):
        return _range([Decimal(text)], _code(currency, ""), text)
    return _read_text(text, currency)


def _read_text(text: str, currency: str) -> PriceRange | None:
    found = list(_NUMBER.finditer(text))
    if not 1 <= len(found) <= 2 or "-" in text[: found[0].start()]:
        return None
    if len(found) == 2 and not _BETWEEN.fullmatch(text[found[0].end() : found[1].start()]):
        return None
    if not _ONLY.fullmatch(text[: found[0].start()]) or not _ONLY.fullmatch(text[found[-1].end() :]):
        return None
    amounts = [Decimal(m[1].replace(",", "") + (m[2] or "")) * (10_000 if m[3] else 1) for m in found]
    return _range(amounts, _code(currency, text), text)


def _range(amounts: list[Decimal], currency: str, text: str) -> PriceRange | None:
    if any(not amount.is_finite() or amount < 0 or amount > MAX_AMOUNT for amount in amounts):
        return None
    low = Money(min(amounts), currency)
    if len(amounts) == 2:
        return PriceRange(low, Money(max(amounts), currency))
    return PriceRange(low, None if "起" in text or "以上" in text else low)


def _code(currency: str, text: str) -> str:
    code = currency.strip().upper()
    if re.fullmatch(r"[A-Z]{3}", code):
        return "CNY" if code == "RMB" else code
    for place in (code, text.upper()):
        for sign, known in sorted(_SIGNS.items(), key=lambda item: -len(item[0])):
            if sign in place:
                return known
    return DEFAULT_CURRENCY

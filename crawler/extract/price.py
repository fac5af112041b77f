"""Prices as people write them → `PriceRange`.

Rules:
- `1.2万元`, `¥36起`, `36.5-48元`, `￥1,299.00`, `£9.99`, `12,50 €`, `现价¥69 原价¥99`
- a currency is taken from the text, else from what the page states (`default`), else it is `NO_CURRENCY`; it is never
  guessed. `¥` reads as CNY unless the page is Japanese; a bare `$` is what the page states or its language's region
  says (`en-US`), and no currency where it says neither
- a single price has `high` equal to `low`; "from" prices (`起`) have no `high`

>>> parse_price("36.5-48元")
PriceRange(low=Money(amount=Decimal('36.5'), currency='CNY'), high=Money(amount=Decimal('48'), currency='CNY'))
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from records.model import Money, PriceRange

NO_CURRENCY = "XXX"
"""ISO 4217's code for "no currency": the page states an amount alone."""

_DOLLARS = {
    "en-us": "USD",
    "es-us": "USD",
    "zh-us": "USD",
    "zh-hk": "HKD",
    "en-hk": "HKD",
    "zh-tw": "TWD",
    "zh-sg": "SGD",
    "en-sg": "SGD",
    "en-au": "AUD",
    "en-ca": "CAD",
    "fr-ca": "CAD",
    "en-nz": "NZD",
    "es-mx": "MXN",
    "es-ar": "ARS",
    "es-cl": "CLP",
    "es-co": "COP",
}
_CROWNS = {"sv": "SEK", "nb": "NOK", "no": "NOK", "nn": "NOK", "da": "DKK", "is": "ISK"}
_WORDS = {
    "人民币": "CNY",
    "rmb": "CNY",
    "cny": "CNY",
    "cn¥": "CNY",
    "元": "CNY",
    "块": "CNY",
    "港币": "HKD",
    "港元": "HKD",
    "hk$": "HKD",
    "新台币": "TWD",
    "台币": "TWD",
    "nt$": "TWD",
    "美元": "USD",
    "美金": "USD",
    "us$": "USD",
    "usd": "USD",
    "欧元": "EUR",
    "eur": "EUR",
    "€": "EUR",
    "英镑": "GBP",
    "gbp": "GBP",
    "£": "GBP",
    "日元": "JPY",
    "円": "JPY",
    "jpy": "JPY",
    "au$": "AUD",
    "a$": "AUD",
    "aud": "AUD",
    "ca$": "CAD",
    "c$": "CAD",
    "cad": "CAD",
    "s$": "SGD",
    "sgd": "SGD",
    "nz$": "NZD",
    "nzd": "NZD",
    "r$": "BRL",
    "brl": "BRL",
    "mx$": "MXN",
    "hkd": "HKD",
    "twd": "TWD",
    "chf": "CHF",
    "sfr": "CHF",
    "₽": "RUB",
    "руб": "RUB",
    "rub": "RUB",
    "₹": "INR",
    "inr": "INR",
    "rs.": "INR",
    "₩": "KRW",
    "원": "KRW",
    "krw": "KRW",
    "฿": "THB",
    "thb": "THB",
    "₫": "VND",
    "vnd": "VND",
    "zł": "PLN",
    "pln": "PLN",
    "kč": "CZK",
    "czk": "CZK",
    "ft": "HUF",
    "huf": "HUF",
    "₺": "TRY",
    "₴": "UAH",
    "₸": "KZT",
    "₮": "MNT",
    "mnt": "MNT",
    "төг": "MNT",
    "₱": "PHP",
    "rm": "MYR",
    "myr": "MYR",
    "rp": "IDR",
    "idr": "IDR",
    "aed": "AED",
    "sar": "SAR",
    "₪": "ILS",
    "sek": "SEK",
    "nok": "NOK",
    "dkk": "DKK",
    "zar": "ZAR",
    "ron": "RON",
}
_LOCAL = {"¥": "¥", "$": "$", "kr": "kr", "kr.": "kr"}
_BARE_WORDS = {"ft", "rm", "rp", "kr", "kr.", "块", "rs."}

_COMMA_LANGS = {
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "da",
    "sv",
    "nb",
    "no",
    "fi",
    "pl",
    "cs",
    "ru",
    "tr",
    "id",
    "vi",
    "hu",
}
_SYMBOL = "|".join(sorted((re.escape(word) for word in [*_WORDS, *_LOCAL]), key=len, reverse=True))
_BEFORE = "|".join(
    sorted(
        (re.escape(word) for word in [*_WORDS, *_LOCAL] if word not in ("元", "块", "ft", "円", "원")),
        key=len,
        reverse=True,
    )
)
_NUMBER = r"\d{1,3}(?:[,.'’\s]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,4})?"
_AMOUNT = (
    rf"(?:(?:(?<![a-z])|(?![a-z]))(?P<pre{{0}}>{_BEFORE})\s*)?(?P<num{{0}}>{_NUMBER})\s*(?P<unit{{0}}>[万千亿])?"
    rf"(?:[,.][-–](?=\s*(?:{_SYMBOL})))?\s*(?P<post{{0}}>(?:{_SYMBOL})(?![a-z\d]))?"
)
_PRICE = re.compile(
    _AMOUNT.replace("{0}", "1")
    + r"(?:\s*(?:-|–|—|~|至|到|\bto\b)\s*"
    + _AMOUNT.replace("{0}", "2")
    + r")?(?P<up>\s*(?:/[\w一-鿿]{1,4})?\s*(?:起|\+|and up))?",
    re.IGNORECASE,
)
_OLD = re.compile(
    r"(?:原价|市场价|划线价|吊牌价|参考价|专柜价|was|rrp|msrp|list price|regular price|reg\.)\s*[:：]?\s*$",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"(?:现价|促销价|活动价|优惠价|到手价|券后价?|特价|now|sale price|our price)\s*[:：]?\s*$", re.IGNORECASE
)
_FROM = re.compile(r"(?:低至|\bfrom|\bab|\bà partir de|\bdesde|最低)\s*[:：]?\s*$", re.IGNORECASE)
_SPLIT = re.compile(r"(\d)\s*\.\s*(\d{1,2})(?!\d)")
_UNITS = {"千": Decimal(1_000), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_MAX = Decimal(10) ** 13


def normal(text: str) -> str:
    """Return the text in the form that prices are read in: NFKC (full-width digits, ￥), one space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def decimal_of(digits: str, *, comma: bool = False) -> Decimal | None:
    """Return the number that `digits` writes; `comma` says that the page's locale has a decimal comma.

    >>> decimal_of("1.299,00"), decimal_of("1,299"), decimal_of("12,50"), decimal_of("1.299"), decimal_of("1.299", comma=True)
    (Decimal('1299.00'), Decimal('1299'), Decimal('12.50'), Decimal('1.299'), Decimal('1299'))
    """
    text = re.sub(r"[\s'’]", "", digits)
    dot, com = text.rfind("."), text.rfind(",")
    if dot >= 0 and com >= 0:
        thousands, point = (",", ".") if dot > com else (".", ",")
        text = text.replace(thousands, "").replace(point, ".")
    elif com >= 0:
        text = text.replace(",", "") if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", text) else text.replace(",", ".")
    elif text.count(".") > 1 or (comma and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text)):
        text = text.replace(".", "")
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if 0 <= value < _MAX else None


def currency_of(symbol: str, lang: str = "", default: str = "") -> str:
    """Return the ISO 4217 code of a symbol or word, `default` where there is none and `NO_CURRENCY` where none is known."""
    word, lang = symbol.strip().lower(), lang.lower().replace("_", "-")
    if word == "¥":
        return "JPY" if lang.startswith("ja") or default == "JPY" else "CNY"
    if word == "$":
        return default or _DOLLARS.get(lang, NO_CURRENCY)
    if word in ("kr", "kr."):
        return _CROWNS.get(lang[:2], default or NO_CURRENCY)
    return _WORDS.get(word, default or NO_CURRENCY)


def _amount(found: re.Match[str], which: str, *, comma: bool) -> Decimal | None:
    digits = found[f"num{which}"]
    if digits is None:
        return None
    unit = found[f"unit{which}"]
    value = decimal_of(digits, comma=comma and not unit)
    if value is None:
        return None
    return value * _UNITS[unit] if unit else value


def _shared_unit(found: re.Match[str], low: Decimal, high: Decimal) -> Decimal:
    """`1-2万元` means 10,000 to 20,000: the unit after the range holds for both ends."""
    unit = found["unit2"]
    return low * _UNITS[unit] if unit and not found["unit1"] and low < high / _UNITS[unit] * 2 else low


def _range(found: re.Match[str], lang: str, default: str, *, upward: bool) -> PriceRange | None:
    symbol = found["pre1"] or found["post1"] or found["pre2"] or found["post2"] or ""
    comma = lang[:2].lower() in _COMMA_LANGS or (
        symbol.lower() in ("€", "₫", "rp") and lang[:2].lower() not in ("en", "zh")
    )
    low, high = _amount(found, "1", comma=comma), _amount(found, "2", comma=comma)
    if low is None:
        return None
    code = currency_of(symbol, lang, default)
    if high is not None:
        low = _shared_unit(found, low, high)
        if high >= low:
            return PriceRange(Money(low, code), Money(high, code))
    money = Money(low, code)
    return PriceRange(money, None if upward or found["up"] else money)


def _found(text: str, lang: str, default: str) -> Iterator[tuple[int, bool, PriceRange]]:
    """Yield (rank, stands with a currency, price) for each amount: rank 0 a price of now, 1 plain, 2 struck out."""
    for found in _PRICE.finditer(text):
        before = text[max(0, found.start() - 16) : found.start()]
        price = _range(found, lang, default, upward=bool(_FROM.search(before)))
        if price is None:
            continue
        rank = 2 if _OLD.search(before) else 0 if _NEW.search(before) else 1
        yield rank, any(found[name] for name in ("pre1", "post1", "pre2", "post2")), price


def parse_price(text: str, lang: str = "", default: str = "", *, bare: bool = True) -> PriceRange | None:
    """Return the price in a short text: one of now before a plain one, a struck-out one last; None where there is none.

    With `bare` an amount without a currency counts too (the text stands where a price belongs); amounts with one win.
    """
    return _parsed(text[:6_000], lang, default, bare)


@lru_cache(maxsize=8_192)
def _parsed(text: str, lang: str, default: str, bare: bool) -> PriceRange | None:  # noqa: FBT001 - a cache's key
    """Return what `parse_price` does: a page is read by several rungs, which ask for the same short texts."""
    plain = _SPLIT.sub(r"\1.\2", normal(text)[:400])
    hits = list(_found(plain, lang, default))
    hits = [hit for hit in hits if hit[1]] or (hits if bare else [])
    return min(hits, key=lambda hit: hit[0])[2] if hits else None


def has_price(text: str) -> bool:
    """Return whether a text holds an amount with a currency."""
    return parse_price(text, bare=False) is not None


def price_from_parts(low: object, high: object = None, currency: str = "", lang: str = "") -> PriceRange | None:
    """Return the price that structured data states in parts (numbers or texts), or None."""
    first = _part(low, currency, lang)
    last = _part(high, currency, lang) if high not in (None, "") else None
    if first is None:
        return last
    if last is None or last.low.amount < first.low.amount:
        return first
    return PriceRange(first.low, Money(last.low.amount, first.low.currency))


def _part(value: object, currency: str, lang: str) -> PriceRange | None:
    code = currency.strip().upper() if re.fullmatch(r"\s*[A-Za-z]{3}\s*", currency or "") else ""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float | Decimal):
        amount = Decimal(str(value))
        if not amount.is_finite() or not 0 <= amount < _MAX:
            return None
        money = Money(amount, code or NO_CURRENCY)
        return PriceRange(money, money)
    return parse_price(str(value), lang, code)

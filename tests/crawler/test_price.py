"""Prices as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.price import NO_CURRENCY, currency_of, decimal_of, has_price, parse_price, price_from_parts

CASES = [
    ("1.2万元", "12000", "12000", "CNY"),
    ("¥36起", "36", None, "CNY"),
    ("36.5-48元", "36.5", "48", "CNY"),
    ("￥1,299.00", "1299.00", "1299.00", "CNY"),
    ("£9.99", "9.99", "9.99", "GBP"),
    ("12,50 €", "12.50", "12.50", "EUR"),
    ("1-2万元", "10000", "20000", "CNY"),
    ("现价¥69 原价¥99", "69", "69", "CNY"),
    ("原价：¥99 现价：¥69", "69", "69", "CNY"),
    ("¥ 36 .50", "36.50", "36.50", "CNY"),
    ("Was £12.00 Now £9.99", "9.99", "9.99", "GBP"),
    ("$1,299.99", "1299.99", "1299.99", NO_CURRENCY),
    ("1.299,00 €", "1299.00", "1299.00", "EUR"),
    ("价格：128.00元/斤", "128.00", "128.00", "CNY"),
    ("HK$ 88", "88", "88", "HKD"),
    ("NT$1,200", "1200", "1200", "TWD"),
    ("From £5.00", "5.00", None, "GBP"),
    ("¥36.5 - ¥48.0", "36.5", "48.0", "CNY"),
    ("36～48元", "36", "48", "CNY"),
    ("36至48元", "36", "48", "CNY"),
    ("RMB 88", "88", "88", "CNY"),
    ("88人民币", "88", "88", "CNY"),
    ("CHF 1'299.00", "1299.00", "1299.00", "CHF"),
    ("999円", "999", "999", "JPY"),
    ("Qty 5 £9.99", "9.99", "9.99", "GBP"),
    ("满100减20 ¥88", "88", "88", "CNY"),
    ("１２８元", "128", "128", "CNY"),
    ("₮45,000", "45000", "45000", "MNT"),
    ("R$ 1.299,90", "1299.90", "1299.90", "BRL"),
    ("1 299,50 zł", "1299.50", "1299.50", "PLN"),
    ("5,- €", "5", "5", "EUR"),
    ("USD 20.00", "20.00", "20.00", "USD"),
    ("到手价 59.9元", "59.9", "59.9", "CNY"),
]


@pytest.mark.parametrize(("text", "low", "high", "currency"), CASES)
def test_a_price_is_read_as_written(text, low, high, currency):
    price = parse_price(text)
    assert price is not None
    assert price.low.amount == Decimal(low)
    assert price.low.currency == currency
    assert (price.high.amount if price.high else None) == (Decimal(high) if high else None)


@pytest.mark.parametrize("text", ["", "abc", "元", "¥", "价格面议", "sold out", "¥-", "."])
def test_no_price_is_none(text):
    assert parse_price(text) is None


@pytest.mark.parametrize("text", ["36", "9.99", "1.99¤"])
def test_a_currency_is_never_guessed(text):
    assert parse_price(text).low.currency == NO_CURRENCY
    assert parse_price(text, default="EUR").low.currency == "EUR"
    assert parse_price(text, bare=False) is None


@pytest.mark.parametrize(
    ("symbol", "lang", "default", "code"),
    [
        ("¥", "ja-jp", "", "JPY"),
        ("¥", "zh-cn", "", "CNY"),
        ("¥", "", "", "CNY"),
        ("$", "", "", NO_CURRENCY),
        ("$", "en", "", NO_CURRENCY),
        ("$", "zh-cn", "", NO_CURRENCY),
        ("$", "en-us", "", "USD"),
        ("$", "en", "USD", "USD"),
        ("US$", "", "", "USD"),
        ("$", "en-au", "", "AUD"),
        ("$", "zh-hk", "", "HKD"),
        ("$", "fr-ca", "", "CAD"),
        ("$", "de", "", NO_CURRENCY),
        ("$", "en", "CAD", "CAD"),
        ("kr", "sv-se", "", "SEK"),
        ("kr", "da", "", "DKK"),
        ("kr", "", "", NO_CURRENCY),
        ("", "", "", NO_CURRENCY),
        ("", "", "GBP", "GBP"),
        ("RM", "", "", "MYR"),
    ],
)
def test_symbols_follow_the_pages_locale(symbol, lang, default, code):
    assert currency_of(symbol, lang, default) == code


@pytest.mark.parametrize(
    ("digits", "comma", "value"),
    [
        ("1.299,00", False, "1299.00"),
        ("1,299", False, "1299"),
        ("12,50", False, "12.50"),
        ("1.299", False, "1.299"),
        ("1.299", True, "1299"),
        ("1.299.000", False, "1299000"),
        ("1,299,000.5", False, "1299000.5"),
        ("0,299", False, "0.299"),
        ("1 299", False, "1299"),
        ("1'299", False, "1299"),
    ],
)
def test_separators(digits, comma, value):
    assert decimal_of(digits, comma=comma) == Decimal(value)


def test_german_thousands_follow_the_language():
    assert parse_price("1.299 €", "de").low.amount == 1299
    assert parse_price("1.299元", "zh-cn").low.amount == Decimal("1.299")


@pytest.mark.parametrize(
    ("low", "high", "currency", "expected"),
    [
        (36.5, None, "CNY", ("36.5", "36.5", "CNY")),
        ("36.50", "48", "cny", ("36.50", "48", "CNY")),
        (0, None, "", ("0", "0", NO_CURRENCY)),
        ("¥36", None, "", ("36", "36", "CNY")),
        (48, 36, "USD", ("48", "48", "USD")),
        (None, 5, "EUR", ("5", "5", "EUR")),
    ],
)
def test_structured_parts(low, high, currency, expected):
    price = price_from_parts(low, high, currency)
    assert (str(price.low.amount), str(price.high.amount), price.low.currency) == expected


@pytest.mark.parametrize("value", [None, "", True, float("nan"), float("inf"), -5, "free", {}])
def test_structured_nonsense_is_no_price(value):
    assert price_from_parts(value if not isinstance(value, dict) else None) is None


@given(st.decimals(min_value="0.01", max_value="99999999", places=2))
def test_what_is_written_is_what_is_read(amount):
    for text in (f"¥{amount}", f"{amount}元", f"¥{amount:,}", f"价格 {amount} 元"):
        assert parse_price(text).low.amount == amount


@given(st.text(max_size=300))
def test_any_text_is_read_without_harm(text):
    price = parse_price(text)
    assert price is None or price.low.amount >= 0
    assert isinstance(has_price(text), bool)


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_a_range_keeps_its_order(one, two):
    low, high = sorted((one, two))
    price = parse_price(f"{low}-{high}元")
    assert (price.low.amount, price.high.amount) == (low, high)

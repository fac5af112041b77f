"""listings.jsonl: a bad line is an error with its number; every other line is unharmed, whatever stands before it."""

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.errors import Misconfigured
from records.listings import snapshot_id
from records.listings_file import MAX_LINE_BYTES
from records.model import Listing, Money, PriceRange
from records.portfolio import RowError, read_listing_lines, read_listings

FULL = {
    "id": "L1", "url": "https://example.org/1", "title": "白绒山羊绒围巾", "description": "产地：某地 执行标准：GB/T 1",
    "seller": "甲店", "seller_location": "某市", "price": "36.50", "currency": "CNY", "images": ["a.png", "https://example.org/b.png"],
    "attributes": {"产地": "某旗", "配料：": "羊绒", "执行标准": "GB/T 18267", "重量": 2},
}  # fmt: skip


def _read(*lines: object) -> list[Listing | RowError]:
    raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
    return list(read_listing_lines(io.BytesIO(b"\n".join(raw))))


def _one(**fields: object) -> Listing:
    (found,) = _read({"id": "L1", "title": "标题", **fields})
    assert isinstance(found, Listing), found
    return found


def test_all_fields_are_read() -> None:
    (listing,) = _read(FULL)
    assert listing == Listing(
        id="L1", key="L1", title="白绒山羊绒围巾", url="https://example.org/1", description=str(FULL["description"]),
        seller="甲店", seller_location="某市", price=PriceRange(Money(Decimal("36.50"), "CNY"), Money(Decimal("36.50"), "CNY")),
        images=("a.png", "https://example.org/b.png"), origin="某旗", ingredients="羊绒", standard="GB/T 18267",
        attributes={"产地": "某旗", "配料：": "羊绒", "执行标准": "GB/T 18267", "重量": "2"},
    )  # fmt: skip


def test_only_id_and_title_are_required() -> None:
    assert _one() == Listing(id="L1", key="L1", title="标题")
    empty = dict.fromkeys(
        ("url", "description", "seller", "seller_location", "price", "currency", "images", "attributes")
    )
    assert _one(**empty) == _one()


@pytest.mark.parametrize(("said", "day"), [("2018-06-01", date(2018, 6, 1)), ("", None), (None, None)])
def test_the_day_of_an_offer_is_read_where_it_is_given(said: str | None, day: date | None) -> None:
    (listing,) = _read({"id": "L1", "title": "t", "seen_on": said})
    assert listing.seen_on == day


def test_the_day_is_no_part_of_the_content() -> None:
    dated = Listing("L1", "t", seen_on=date(2018, 6, 1))
    assert snapshot_id(dated, ()) == snapshot_id(Listing("L1", "t"), ())


def test_whole_numbers_serve_as_ids_and_unknown_fields_are_ignored() -> None:
    assert _one(id=17, shop={"a": [1]}).id == "17"


def test_a_sellers_place_is_not_an_origin() -> None:
    assert _one(seller_location="某旗", attributes={"发货地": "某市", "所在地": "某旗"}).origin == ""


@pytest.mark.parametrize(
    ("description", "origin"),
    [
        ("好物 产地：某旗；包邮", "某旗"), ("【产地】: 某旗", "某旗"), ("原产地:某旗,真的", "某旗"), ("产地直发", ""),
        ("非产地：某旗", ""), ("Country of origin: Mongolia. Wool", "Mongolia. Wool"),
    ],
)  # fmt: skip
def test_an_origin_is_read_from_a_labelled_text(description: str, origin: str) -> None:
    assert _one(description=description).origin == origin


def test_attributes_go_before_texts() -> None:
    assert _one(description="产地：乙地", attributes={" 产地 ": "甲地"}).origin == "甲地"
    assert _one(description="产地：乙地", attributes={"产地": " "}).origin == "乙地"


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (b"{", "", "JSON"),
        (b"\xff\xfe{}", "", "JSON"),
        (b"[1]", "", "object"),
        (b'"text"', "", "object"),
        (b"NaN", "", "JSON"),
        (b'{"id":"X","title":"t","price":NaN}', "", "JSON"),
        (b'{"id":"X","title":"t","price":1e999}', "price", "number"),
        (b'{"id":"X","title":"a\\ud800"}', "title", "surrogate"),
        (b'{"id":"\\udfff","title":"a"}', "id", "surrogate"),
        (b'{"id":"X","title":"t","attributes":{"\\ud800":"a"}}', "attributes", "surrogate"),
        (b'{"id":"X","title":"t","images":["\\ud800"]}', "images", "surrogate"),
        (b'{"id":"X","title":"t","x":' + b"[" * 5000 + b"]" * 5000 + b"}", "", "levels"),
        ({"title": "t"}, "id", "missing"),
        ({"id": "", "title": "t"}, "id", "missing"),
        ({"id": True, "title": "t"}, "id", "missing"),
        ({"id": ["X"], "title": "t"}, "id", "missing"),
        ({"id": "X"}, "title", "missing"),
        ({"id": "X", "title": "  "}, "title", "missing"),
        ({"id": "X", "title": 5}, "title", "expected text, got int"),
        ({"id": "X", "title": "t", "url": {}}, "url", "expected text"),
        ({"id": "X", "title": "t", "price": [1]}, "price", "number or text"),
        ({"id": "X", "title": "t", "price": True}, "price", "number or text"),
        ({"id": "X", "title": "t", "images": "a.png"}, "images", "list"),
        ({"id": "X", "title": "t", "images": [1]}, "images", "list"),
        ({"id": "X", "title": "t", "images": ["a"] * 201}, "images", "at most 200"),
        ({"id": "X", "title": "t", "attributes": ["a"]}, "attributes", "object"),
        ({"id": "X", "title": "t", "attributes": {"a": {"b": 1}}}, "attributes.a", "expected text"),
        ({"id": "X", "title": "t", "attributes": {"a": True}}, "attributes.a", "expected text"),
        ({"id": "X", "title": "t", "attributes": {str(n): "" for n in range(501)}}, "attributes", "at most 500"),
        ({"id": "X", "title": "t", "seen_on": "soon"}, "seen_on", "date like"),
        ({"id": "X", "title": "t", "seen_on": "2026-02-30"}, "seen_on", "date like"),
        ({"id": "X", "title": "t", "seen_on": 20260101}, "seen_on", "expected text"),
        ({"id": "L1", "title": "again"}, "id", "the same id as in line 1"),
    ],
)
def test_a_bad_line_is_an_error_and_the_rest_is_unharmed(line: object, column: str, reason: str) -> None:
    first, bad, last = _read(FULL, line, {"id": "L9", "title": "末"})
    assert isinstance(first, Listing) and isinstance(last, Listing)
    assert isinstance(bad, RowError)
    assert (bad.line, bad.column) == (2, column)
    assert reason in bad.reason
    assert bad.text.zh


def test_a_line_over_the_cap_is_skipped_without_its_neighbours() -> None:
    long = b'{"id":"X","title":"' + b"a" * (2 * MAX_LINE_BYTES) + b'"}'
    first, bad, last = _read(FULL, long, {"id": "L9", "title": "末"})
    assert isinstance(first, Listing) and isinstance(last, Listing)
    assert isinstance(bad, RowError) and bad.line == 2 and "1000000 bytes" in bad.reason


def test_a_line_over_the_cap_at_the_end_without_a_newline() -> None:
    first, bad = _read(FULL, b"a" * (MAX_LINE_BYTES + 70_000))
    assert isinstance(first, Listing) and isinstance(bad, RowError)


def test_a_line_of_exactly_the_cap_is_read() -> None:
    start, end = b'{"id":"X","title":"', b'"}'
    (found,) = _read(start + b"a" * (MAX_LINE_BYTES - len(start) - len(end)) + end)
    assert isinstance(found, Listing)


def test_empty_lines_and_a_bom_do_not_matter_and_numbers_count_them() -> None:
    found = _read(b"\xef\xbb\xbf", b"  ", {"id": "A", "title": "t"}, b"", b"{")
    assert [type(item) for item in found] == [Listing, RowError]
    assert isinstance(found[1], RowError) and found[1].line == 5
    assert [type(item) for item in _read(b'\xef\xbb\xbf{"id":"A","title":"t"}')] == [Listing]


def test_a_file_is_read_as_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "listings.jsonl"
    path.write_bytes(b'{"id":"A","title":"t"}\r\n{"id":"B","title":"t"}\r\n')
    reading = read_listings(path)
    assert [item.id for item in reading if isinstance(item, Listing)] == ["A", "B"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none.jsonl"):
        list(read_listings(tmp_path / "none.jsonl"))


@given(st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line), max_size=8))
@settings(max_examples=200, deadline=None)
def test_noise_never_costs_a_good_line(noise: list[bytes]) -> None:
    found = _read(*noise, b"", {"id": "good-one", "title": "好"})
    assert isinstance(found[-1], Listing) and found[-1].id == "good-one"
    assert all(isinstance(item, Listing | RowError) for item in found)


def _range(low: str, high: str | None, currency: str = "CNY") -> PriceRange:
    return PriceRange(Money(Decimal(low), currency), None if high is None else Money(Decimal(high), currency))


@pytest.mark.parametrize(
    ("price", "currency", "expected"),
    [
        (36.5, None, _range("36.5", "36.5")),
        (36, "USD", _range("36", "36", "USD")),
        ("36.50", None, _range("36.50", "36.50")),
        ("¥1,299.00", None, _range("1299.00", "1299.00")),
        ("￥ 36", None, _range("36", "36")),
        ("36元/斤", None, _range("36", "36")),
        ("US$12.5", None, _range("12.5", "12.5", "USD")),
        ("€ 3", None, _range("3", "3", "EUR")),
        ("36-50", None, _range("36", "50")),
        ("¥36.5 ~ ¥50", None, _range("36.5", "50")),
        ("50至36元", None, _range("36", "50")),
        ("36起", None, _range("36", None)),
        ("1.2万元", None, _range("12000", "12000")),
        ("12", "元", _range("12", "12")),
        ("RMB 12", None, _range("12", "12")),
        ("12", "RMB", _range("12", "12")),
        ("面议", None, None),
        ("", None, None),
        ("-5", None, None),
        (-5, None, None),
        ("买2送1", None, None),
        ("2026-01-01", None, None),
        ("1e400", None, None),
        ("电话 13912345678", None, None),
        (10**20, None, None),
    ],
)
def test_prices(price: object, currency: str | None, expected: PriceRange | None) -> None:
    assert _one(price=price, currency=currency).price == expected

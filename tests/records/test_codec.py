"""The codec: every record of the model comes back equal; nothing that does not fit is let in."""

import dataclasses
import json
import math
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records import model
from records.codec import dumps, from_json, loads, read_as, to_json, utc_text
from records.errors import BadValue, RecordsError

CLASSES = sorted(
    (item for item in vars(model).values() if dataclasses.is_dataclass(item) and isinstance(item, type)),
    key=lambda item: item.__name__,
)
NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - the very thing that is refused
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    int: st.integers(-(2**63), 2**63),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=12),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
}


def _values(kind: Any) -> st.SearchStrategy[Any]:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin in (typing.Union, UnionType):
        (inner,) = [arg for arg in args if arg is not NoneType]
        return st.none() | _values(inner)
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(_values(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[_values(arg) for arg in args])
    if origin is Mapping:
        return st.dictionaries(st.text(max_size=5), _values(args[1]), max_size=2)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{item.name: _values(hints[item.name]) for item in dataclasses.fields(kind)})


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
def test_every_record_comes_back_equal(cls: type[Any], data: st.DataObject) -> None:
    record = data.draw(_values(cls))
    text = dumps(record)
    assert loads(cls, text) == record
    assert dumps(loads(cls, text)) == text
    assert from_json(cls, json.loads(json.dumps(to_json(record)))) == record


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_unknown_and_missing_fields_are_named(cls: type[Any]) -> None:
    with pytest.raises(BadValue, match="unknown field 'surprise'"):
        from_json(cls, {"surprise": 1})
    needed = [f.name for f in dataclasses.fields(cls) if f.default is f.default_factory is dataclasses.MISSING]
    if needed:
        with pytest.raises(BadValue, match=f"the field '{needed[0]}' is missing"):
            from_json(cls, {})


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (str, 5, "expected str, got int"),
        (int, True, "whole number"),
        (int, 1.0, "whole number"),
        (int, "1", "whole number"),
        (float, "1", "finite number"),
        (float, math.nan, "finite number"),
        (float, True, "finite number"),
        (bool, 1, "expected bool"),
        (Decimal, 1.5, "amount as text"),
        (Decimal, "NaN", "finite amount"),
        (Decimal, "1,5", "amount"),
        (date, "20260101", "date like"),
        (date, "2026-02-30", "date like"),
        (date, 5, "date like"),
        (datetime, "2026-01-01T00:00:00", "with its zone"),
        (datetime, "yesterday", "ISO 8601"),
        (datetime, 5, "a time"),
        (bytes, "äöü", "base64"),
        (bytes, "abc", "base64"),
        (bytes, 5, "base64"),
        (tuple[str, ...], "abc", "a list"),
        (tuple[int, int], [1], "a list of 2"),
        (Mapping[str, str], [], "an object"),
        (Mapping[str, str], {"a": 1}, r"value.a: expected str"),
        (model.Money, [], "an object"),
        (model.Money | None, 5, "an object"),
        (int | str, 5, "union"),
        (object, 5, "no rule reads"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(kind: Any, data: object, expected: str) -> None:
    with pytest.raises(BadValue, match=expected):
        read_as(kind, data)


def test_the_place_is_named_down_to_the_element() -> None:
    hit = {"id": "h", "listing_id": "l", "right_id": "r", "score": 1, "alert": True, "outcome": "suspected"}
    finding = {"detector": "d", "rule": "r", "field": "title", "score": 1, "explanation": {"zh": "a", "en": 7}}
    with pytest.raises(BadValue, match=r"Hit\.findings\[1\]\.explanation\.en: expected str, got int"):
        good = finding | {"explanation": {"zh": "a", "en": "b"}}
        from_json(model.Hit, hit | {"findings": [good, finding]})
    with pytest.raises(BadValue, match=r"Hit\.outcome: expected one of suspected, verify_origin"):
        from_json(model.Hit, hit | {"findings": [], "outcome": "guilty"})


@pytest.mark.parametrize("text", ["", "{", "nul", "[" * 100_000])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        loads(model.Money, text)


@pytest.mark.parametrize("value", [math.nan, math.inf, Decimal("NaN"), {1: "a"}, object(), NAIVE, {"a"}, model.Money])
def test_what_no_record_holds_is_not_written(value: object) -> None:
    with pytest.raises(BadValue):
        to_json(value)


def test_times_are_written_in_utc_with_z() -> None:
    beijing = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert to_json(beijing) == utc_text(beijing) == "2026-01-01T00:00:00Z"
    with pytest.raises(BadValue, match="naive"):
        utc_text(NAIVE)


def test_canonical_text_does_not_depend_on_the_order_of_mappings() -> None:
    one = model.Listing("a", "t", attributes={"x": "1", "y": "2"})
    two = model.Listing("a", "t", attributes={"y": "2", "x": "1"})
    assert dumps(one) == dumps(two)
    assert " " not in dumps(one).replace("t", "")


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(tree=_TREES, cls=st.sampled_from(CLASSES))
@settings(max_examples=200, deadline=None)
def test_nothing_but_the_packages_error_escapes(tree: object, cls: type[Any]) -> None:
    try:
        from_json(cls, tree)
    except RecordsError as error:
        assert cls.__name__ in str(error)

"""Date ranges of fairs."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract.dates import parse_dates

TODAY = date(2026, 3, 1)
CASES = [
    ("2026年5月1日-3日", "2026-05-01", "2026-05-03"),
    ("2026年5月1-3日", "2026-05-01", "2026-05-03"),
    ("5月1日至3日", "2026-05-01", "2026-05-03"),
    ("2026-05-01 ~ 05-03", "2026-05-01", "2026-05-03"),
    ("2026-05-01至2026-05-03", "2026-05-01", "2026-05-03"),
    ("2026.05.01-05.03", "2026-05-01", "2026-05-03"),
    ("2026/5/1-5/3", "2026-05-01", "2026-05-03"),
    ("展期：2026年5月1日（周五）—5月3日（周日）", "2026-05-01", "2026-05-03"),
    ("2026年12月30日至2027年1月2日", "2026-12-30", "2027-01-02"),
    ("2026年12月30日至1月2日", "2026-12-30", "2027-01-02"),
    ("May 1–3, 2026", "2026-05-01", "2026-05-03"),
    ("May 1st – 3rd, 2026", "2026-05-01", "2026-05-03"),
    ("1-3 May 2026", "2026-05-01", "2026-05-03"),
    ("1. - 3. May 2026", "2026-05-01", "2026-05-03"),
    ("30 April – 2 May 2026", "2026-04-30", "2026-05-02"),
    ("Dec. 30, 2026 – Jan. 2, 2027", "2026-12-30", "2027-01-02"),
    ("May 30 - June 2, 2026", "2026-05-30", "2026-06-02"),
    ("September 18 to 20, 2026", "2026-09-18", "2026-09-20"),
    ("Fri, May 1st, 2026", "2026-05-01", "2026-05-01"),
    ("2026-05-01", "2026-05-01", "2026-05-01"),
    ("2026-05-01T09:00:00+08:00", "2026-05-01", "2026-05-01"),
    ("25/05/2026 - 27/05/2026", "2026-05-25", "2026-05-27"),
    ("1 May 2026", "2026-05-01", "2026-05-01"),
]


@pytest.mark.parametrize(("text", "first", "last"), CASES)
def test_a_range_is_read_as_written(text, first, last):
    assert parse_dates(text, TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "text", ["", "soon", "2026年2月30日", "2026年13月1日", "01/05/2026", "May", "3号馆", "2026", "电话 138-0000-0000"]
)
def test_what_is_no_date_is_none(text):
    assert parse_dates(text, TODAY) is None


def test_a_date_without_a_year_needs_today():
    assert parse_dates("5月1日至3日") is None
    assert parse_dates("5月1日至3日", date(2030, 4, 1))[0] == date(2030, 5, 1)
    assert parse_dates("1月5日至7日", date(2026, 12, 20))[0] == date(2027, 1, 5)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 300))
def test_what_is_written_is_what_is_read(first, days):
    last = first + timedelta(days=days)
    for text in (
        f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日",
        f"{first:%Y-%m-%d} - {last:%Y-%m-%d}",
        f"{first.day} {first:%B} {first.year} – {last.day} {last:%B} {last.year}",
        f"{first:%B} {first.day}, {first.year} – {last:%B} {last.day}, {last.year}",
    ):
        assert parse_dates(text) == (first, last)


@given(st.text(max_size=300))
def test_any_text_is_read_without_harm(text):
    span = parse_dates(text, TODAY)
    assert span is None or span[0] <= span[1]

"""Date ranges of fairs, as Chinese and English pages write them.

Rules:
- `2026年5月1日-3日`, `5月1日至3日`, `2026-05-01 ~ 05-03`, `May 1–3, 2026`, `1-3 May 2026`, `30 April – 2 May 2026`
- a date without a year needs `today`: the year is the one that puts the first day nearest to it, the future preferred
- `03/04/2026` could be March or April: read only where one reading is possible

>>> parse_dates("2026年5月1日-3日")
(datetime.date(2026, 5, 1), datetime.date(2026, 5, 3))
"""

import re
import unicodedata
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}
_M = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_TO = r"\s*(?:-|–|—|~|〜|至|到|\bto\b|\buntil\b|\bthrough\b|&|\band\b)+\s*"
_D = r"(\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = re.compile(
    r"[(\[]?(?:星期|周|礼拜)[一二三四五六日天][)\]]?|\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?"
    rf"(?:{_TO}(?:(\d{{4}})\s*年\s*)?(?:(\d{{1,2}})\s*月\s*)?(\d{{1,2}})\s*[日号])?"
)
_NUMERIC = re.compile(
    rf"(?<!\d)(\d{{4}})\s*([-./])\s*(\d{{1,2}})\s*\2\s*(\d{{1,2}})(?!\d)(?:[T ]\d{{1,2}}:\d{{2}}\S*)?"
    rf"(?:{_TO}(?:(\d{{4}})\s*[-./]\s*)?(?:(\d{{1,2}})\s*[-./]\s*)?(\d{{1,2}})(?![\d:]))?"
)
_MONTH_FIRST = re.compile(
    rf"\b{_M}\s+{_D}(?!\d)(?:\s*,?\s*(\d{{4}}))?(?:{_TO}(?:{_M}\s+)?{_D}(?!\d|:\d))?(?:\s*,?\s*(\d{{4}}))?",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(
    rf"(?<!\d){_D}(?:\.|\s+of)?\s*(?:{_M}\s*,?\s*(\d{{4}})?)?{_TO}{_D}\.?\s*{_M}\s*,?\s*(\d{{4}})?", re.IGNORECASE
)
_ONE_DAY = re.compile(rf"(?<!\d){_D}(?:\s+of)?\s+{_M},?\s+(\d{{4}})", re.IGNORECASE)
_SLASHED = re.compile(
    rf"(?<!\d)(\d{{1,2}})([/.])(\d{{1,2}})\2(\d{{4}})(?:{_TO}(\d{{1,2}})[/.](\d{{1,2}})[/.](\d{{4}}))?"
)

Range = tuple[date, date]


def parse_dates(text: str, today: date | None = None) -> Range | None:
    """Return the first and last day that the text names, or None; one day alone is both."""
    plain = re.sub(r"\s+", " ", _WEEKDAY.sub(" ", unicodedata.normalize("NFKC", text[:20_000])))
    readers = (_chinese, _numeric, _day_first, _month_first, _one_day, _slashed)
    for pattern, reader in zip(
        (_CHINESE, _NUMERIC, _DAY_FIRST, _MONTH_FIRST, _ONE_DAY, _SLASHED), readers, strict=True
    ):
        for found in pattern.finditer(plain):
            result = reader(found, today)
            if result is not None:
                return result
    return None


def _span(first: tuple[int, int, int], last: tuple[int, int, int], today: date | None) -> Range | None:
    """Return the range of two (year, month, day), where 0 is an unstated year; None where it cannot be."""
    year, end_year = first[0] or last[0], last[0] or first[0]
    if not year:
        return _nearest(first[1:], last[1:], today)
    if not first[0] and (last[1], last[2]) < (first[1], first[2]):
        year -= 1
    elif not last[0] and (last[1], last[2]) < (first[1], first[2]) and first[1] - last[1] >= 6:
        end_year += 1
    try:
        start, end = date(year, *first[1:]), date(end_year, *last[1:])
    except ValueError:
        return None
    return (start, end) if start <= end and end - start < timedelta(days=400) else None


def _nearest(first: tuple[int, ...], last: tuple[int, ...], today: date | None) -> Range | None:
    if today is None:
        return None
    spans = [
        span
        for year in (today.year - 1, today.year, today.year + 1)
        if (span := _span((year, first[0], first[1]), (0, last[0], last[1]), None)) is not None
    ]
    return min(spans, key=lambda span: abs((span[0] - today).days - 120), default=None)


def _int(text: str | None) -> int:
    return int(text) if text else 0


def _chinese(found: re.Match[str], today: date | None) -> Range | None:
    year, month, day, end_year, end_month, end_day = (_int(part) for part in found.groups())
    return _span(
        (year, month, day),
        (
            end_year or (0 if not year else year if (end_month or month) >= month else 0),
            end_month or month,
            end_day or day,
        ),
        today,
    )


def _numeric(found: re.Match[str], today: date | None) -> Range | None:
    year, month, day = int(found[1]), int(found[3]), int(found[4])
    end_year, end_month, end_day = _int(found[5]), _int(found[6]), _int(found[7])
    return _span((year, month, day), (end_year, end_month or month, end_day or day), today)


def _month_first(found: re.Match[str], today: date | None) -> Range | None:
    month, day, year = _MONTHS[found[1].lower()], int(found[2]), _int(found[3])
    end_month = _MONTHS[found[4].lower()] if found[4] else month
    end_day, end_year = _int(found[5]) or day, _int(found[6])
    return _span((year, month, day), (end_year, end_month, end_day), today)


def _day_first(found: re.Match[str], today: date | None) -> Range | None:
    end_month = _MONTHS[found[5].lower()]
    month = _MONTHS[found[2].lower()] if found[2] else end_month
    return _span((_int(found[3]), month, int(found[1])), (_int(found[6]), end_month, int(found[4])), today)


def _one_day(found: re.Match[str], today: date | None) -> Range | None:
    day = (int(found[3]), _MONTHS[found[2].lower()], int(found[1]))
    return _span(day, day, today)


def _slashed(found: re.Match[str], today: date | None) -> Range | None:
    one, two, year = int(found[1]), int(found[3]), int(found[4])
    end = (int(found[5]), int(found[6]), int(found[7])) if found[5] else (one, two, year)
    readings = set()
    for month_first in (True, False):
        first = (year, one, two) if month_first else (year, two, one)
        last = (end[2], end[0], end[1]) if month_first else (end[2], end[1], end[0])
        span = _span(first, last, today)
        if span is not None:
            readings.add(span)
    return readings.pop() if len(readings) == 1 else None

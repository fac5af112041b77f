"""The one clock and the one calendar: UTC inside, days of law and screens in Beijing."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
"""The time zone in which the law's days are counted and screens are read."""


def utc_now() -> datetime:
    """Return the time now, aware and in UTC."""
    return datetime.now(UTC)


def beijing_minute(text: str) -> str:
    """Return an ISO 8601 time as people read it in Beijing, to the minute; "" for ""."""
    return datetime.fromisoformat(text).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if text else ""


def beijing_day(at: datetime) -> date:
    """Return the day that it is in Beijing at this moment."""
    return at.astimezone(BEIJING).date()

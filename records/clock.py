"""Where the records take the time from; tests pass their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function that returns the present as an aware time."""


def utc_now() -> datetime:
    """Return the present as an aware UTC time."""
    return datetime.now(UTC)

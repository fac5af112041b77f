"""The clock that stamps custody entries and captures; tests put a fixed one in its place."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's own clock. Its offset from true time is *not* known here; the environment report speaks of it."""

    def now(self) -> datetime:
        """Return the time now, aware and in UTC."""
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        """Return nanoseconds of a clock that no one can set back; it starts anew with each boot."""
        return time.monotonic_ns()

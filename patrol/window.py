"""The part of the day in which a watch may run, by the clock in Beijing: `22:00-06:00`."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from guards.errors import both
from patrol.errors import Misused
from patrol.times import BEIJING

_FORM = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-\u2013~\uff5e]\s*([01]?\d|2[0-3]|24):([0-5]\d)")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (included) to `end` (not included), over midnight where `end` is not later; minutes of the day."""

    start: int
    end: int

    def __str__(self) -> str:
        """Return it as it is written and stored: `22:00-06:00`."""
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"

    def holds(self, moment: datetime) -> bool:
        """Whether an aware moment lies inside, by the clock in Beijing."""
        local = moment.astimezone(BEIJING)
        at = local.hour * 60 + local.minute
        return self.start <= at < self.end if self.start < self.end else at >= self.start or at < self.end

    def next_open(self, moment: datetime) -> datetime:
        """Return the moment itself where it lies inside, else when the window opens next, in the moment's own zone."""
        if self.holds(moment):
            return moment
        local = moment.astimezone(BEIJING)
        opens = datetime.combine(local.date(), time(self.start // 60, self.start % 60), BEIJING)
        if opens <= local:
            opens = datetime.combine(local.date() + timedelta(days=1), opens.timetz())
        return opens.astimezone(moment.tzinfo)


def window_of(text: str) -> Window | None:
    """Return a window as a person writes it; None for any time ("").

    Raises Misused for what is none, and for one that is never or always open (`08:00-08:00`).
    """
    if not text.strip():
        return None
    found = _FORM.fullmatch(text.strip().replace("\uff1a", ":"))
    if found:
        start, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
        if end <= _DAY and start != end:
            return Window(start, end)
    raise Misused(
        both(
            f"时段应写作 22:00-06:00,实为 {text[:40]!r}", f"expected a window such as 22:00-06:00, found {text[:40]!r}"
        ),
        both("不限时段时留空", "leave it empty for any time of the day"),
    )

"""The calendar of the fairs that are watched, as iCalendar (RFC 5545), by the icalendar library."""

from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event

from records.crawl import Fair

PRODUCT = "-//markwatch//fairs//ZH"
"""PRODID of the calendar (RFC 5545, 3.7.3)."""
_MOST_NAMED = 20


def calendar(fairs: Iterable[Fair]) -> bytes:
    """Return the calendar: an event of whole days for each fair whose first day is known; the same fairs, the same bytes."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", "markwatch 展会")
    for fair in fairs:
        if fair.starts is None:
            continue
        event = Event()
        event.add("uid", f"{fair.id}@markwatch")
        event.add("dtstamp", fair.seen_at)
        event.add("summary", fair.name)
        event.add("dtstart", fair.starts)
        event.add("dtend", (fair.ends or fair.starts) + timedelta(days=1))  # 3.6.1: the end is not part of it
        event.add("url", fair.url)
        if fair.venue:
            event.add("location", fair.venue)
        event.add("description", _about(fair))
        made.add_component(event)
    return bytes(made.to_ical())


def _about(fair: Fair) -> str:
    names = [f"{one.name} {one.booth}".strip() for one in fair.exhibitors[:_MOST_NAMED]]
    more = len(fair.exhibitors) - len(names)
    return "\n".join([f"{len(fair.exhibitors)} 参展商 / exhibitors", *names, *([f"… +{more}"] if more > 0 else [])])

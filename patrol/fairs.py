"""Coming fairs (展会): whose shops are watched more closely, and the calendar of what is watched. Pure; times come in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import urlsplit

from guards.errors import both
from patrol.errors import Misused, see
from records.crawl import Exhibitor, Fair
from records.model import Watch

AHEAD_DAYS, AFTER_DAYS = 30, 7
"""How long before its first day, and after its last, a fair quickens its exhibitors' watches."""
QUICK_HOURS = 6
"""The cadence of such a watch, where its own is slower."""
_LEAST_NAME = 4
_SHARED = frozenset(("www", "m", "shop", "mall", "store"))


def quickened(watch: Watch, fairs: Sequence[Fair], today: date) -> tuple[Watch, Fair | None]:
    """Return a watch with the cadence that coming fairs give it, and the fair that does; None where none does.

    A watch is an exhibitor's where a target lies on the exhibitor's own site, or the watch's name holds the exhibitor's
    (of four characters or more).
    """
    if watch.cadence_hours <= QUICK_HOURS:
        return watch, None
    for fair in fairs:
        if fair.watch_id != watch.id and _near(fair, today) and any(_shows(one, watch) for one in fair.exhibitors):
            return replace(watch, cadence_hours=QUICK_HOURS), fair
    return watch, None


def find_fair(fairs: Sequence[Fair], wanted: str) -> Fair:
    """Return the fair of an id or a name; raise Misused where there is none, or more than one."""
    found = [fair for fair in fairs if wanted in (fair.id, fair.name)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{fair.name} ({fair.id})" for fair in fairs[:12])
    raise Misused(
        both(
            f"没有唯一的展会 {wanted[:60]!r};已有:{known or '尚无'}",
            f"expected one fair {wanted[:60]!r}; known: {known or 'none'}",
        ),
        see("fairs list"),
    )


def _near(fair: Fair, today: date) -> bool:
    if fair.starts is None:
        return False
    ends = fair.ends or fair.starts
    return fair.starts - timedelta(days=AHEAD_DAYS) <= today <= ends + timedelta(days=AFTER_DAYS)


def _shows(exhibitor: Exhibitor, watch: Watch) -> bool:
    if len(exhibitor.name) >= _LEAST_NAME and exhibitor.name in watch.name:
        return True
    site = _host(exhibitor.site)
    return bool(site) and any(_same_site(site, _host(target)) for target in watch.targets)


def _host(url: str) -> str:
    """Return a host without the label that only says what kind of site it is; "" for what is no URL."""
    try:
        host = (urlsplit(url.replace("{", "").replace("}", "")).hostname or "").lower()
    except ValueError:
        return ""
    first, _, rest = host.partition(".")
    return rest if first in _SHARED and "." in rest else host


def _same_site(one: str, other: str) -> bool:
    return bool(other) and (one == other or other.endswith(f".{one}"))

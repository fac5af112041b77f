"""Which pages need a browser, remembered by host and path template. Pure; times come in.

Rules:
- learnt only from a page that was read both ways: plainly it was an empty shell without items, rendered it had some; never
  from a failure, a block or a page that was rendered because somebody said so
- after `REPROBE_DAYS` one page of the template is asked for plainly again; where it gives items, the browser is not needed
  any more

>>> template_of("https://shop.example/goods/123.html?spm=1&id=9")
'shop.example/goods/{n}.html?id&spm'
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from records.crawl import RenderNeed

REPROBE_DAYS = 7
"""Days after which a page that needed a browser is asked for plainly again."""
MOST = 2_000
"""Templates that one crawl remembers; more are forgotten from the oldest on."""
_NUMBER = re.compile(r"\d+")
_CODE = re.compile(r"(?=[0-9a-f-]*\d)[0-9a-f]{8,}(?:-[0-9a-f]+)*", re.IGNORECASE)
_LONG = re.compile(r"[^/]*[-_%][^/]*[-_%][^/]*|[^/]{25,}")


def template_of(url: str) -> str:
    """Return the host and path of an address with what tells pages apart left out: numbers, codes, names of many words."""
    try:
        parts = urlsplit(url)
        names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    except ValueError:
        return url[:200]
    path = "/".join(map(_segment, parts.path[:500].split("/")))
    route = _NUMBER.sub("{n}", parts.fragment[:200]) if parts.fragment.startswith(("/", "!")) else ""
    host = parts.netloc.rpartition("@")[2].lower()
    query = f"?{'&'.join(names)}"[:200] if names else ""
    return f"{host}{path}{query}" + (f"#{route}" if route else "")


def _segment(text: str) -> str:
    stem, dot, end = text.rpartition(".")
    if dot and len(end) <= 5:
        return f"{_segment(stem)}.{end}"
    text = _CODE.sub("{n}", text)
    text = _NUMBER.sub("{n}", text)
    return "{s}" if _LONG.fullmatch(text.replace("{n}", "")) else text


class RenderMemory:
    """What one crawl knows of templates, and what of it is new."""

    def __init__(self, needs: Iterable[RenderNeed]) -> None:
        self._needs = {need.host + need.template: need for need in needs}
        self._changed: dict[str, RenderNeed] = {}
        self._probing: set[str] = set()

    def needed(self, url: str, now: datetime) -> bool:
        """Return whether an address is to be rendered at once. One page of a template that is due is asked for plainly."""
        key = template_of(url)
        need = self._needs.get(key)
        if need is None or not need.needed:
            return False
        if now - need.probed_at >= timedelta(days=REPROBE_DAYS) and key not in self._probing:
            self._probing.add(key)
            return False
        return True

    def learn(self, url: str, now: datetime, *, needed: bool) -> None:
        """Note what reading a page plainly, and rendered where it was a shell, has shown."""
        key = template_of(url)
        before = self._needs.get(key)
        if before is None and not needed:
            return  # what never needed a browser needs no memory
        host, _, rest = key.partition("/")
        pages = before.pages + 1 if before is not None and before.needed == needed else 1
        need = RenderNeed(host, f"/{rest}", needed, now, pages)
        if len(self._needs) < MOST or key in self._needs:
            self._needs[key] = self._changed[key] = need

    def changed(self) -> tuple[RenderNeed, ...]:
        """Return what is new since the last call."""
        found = tuple(self._changed[key] for key in sorted(self._changed))
        self._changed.clear()
        return found

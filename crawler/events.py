"""What a crawl reports, one JSON object a line on the child's standard output.

Rules:
- `PageRead` is the unit of work: what it carries is written in one transaction, the pages that follow included
- a picture's bytes never travel in a line: they lie in the spool folder under their digest
- the last line is always `RunEnded`; a child that ends without it has failed
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from crawler.errors import ChildFailed
from crawler.plan import PageTask
from records.crawl import HostState, RenderNeed
from records.model import Listing
from records.terms import Rung, RunOutcome

MAX_LINE = 32_000_000
"""The longest event line that a parent accepts, in bytes."""


@dataclass(frozen=True, slots=True)
class ImageFetched:
    """One picture: `sha256` and `path` (in the spool folder) where it was kept, else `reason` says why not.

    `size` is its width and height in pixels.
    """

    url: str
    sha256: str = ""
    path: str = ""
    reason: str = ""
    size: tuple[int, int] = (0, 0)
    event: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page that was read to its end.

    `listings` are complete; cards whose product page is still due travel in `follow` (as `card`). `images` holds the
    digest for each picture URL that was kept. `failure` is set where the page could not be used; `refused` where
    robots.txt or the egress policy refused it. `hosts` are the states of hosts that changed since the event before, `renders` what
    was learnt of which pages need a browser.
    """

    task: PageTask
    status: int = 0
    sha256: str = ""
    rung: Rung | None = None
    rendered: bool = False
    items: int = 0
    listings: tuple[Listing, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    follow: tuple[PageTask, ...] = ()
    next_url: str = ""
    missing_fields: tuple[str, ...] = ()
    failure: str = ""
    blocked: str = ""
    refused: str = ""
    robots: str = ""
    hosts: tuple[HostState, ...] = ()
    renders: tuple[RenderNeed, ...] = ()
    event: Literal["page"] = "page"


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The end of a crawl as the child saw it; `complete` says that no page was left out, `screenshot`
    is the digest of a picture, in the spool, of the page that blocked it.
    """

    outcome: RunOutcome
    reason: str = ""
    pages: int = 0
    items: int = 0
    rendered_pages: int = 0
    complete: bool = False
    robots: str = ""
    hosts: tuple[HostState, ...] = ()
    screenshot: str = ""
    event: Literal["end"] = "end"


CrawlEvent = Annotated[ImageFetched | PageRead | RunEnded, Field(discriminator="event")]
"""Any event."""
_EVENTS: TypeAdapter[ImageFetched | PageRead | RunEnded] = TypeAdapter(CrawlEvent)


def write_event(event: ImageFetched | PageRead | RunEnded) -> bytes:
    """Return the event's line, without its end."""
    return _EVENTS.dump_json(event)


def read_event(line: bytes) -> ImageFetched | PageRead | RunEnded:
    """Return the event in a line; raise `ChildFailed` where it is none."""
    try:
        return _EVENTS.validate_json(line)
    except ValidationError as error:
        raise ChildFailed(f"expected a crawl event, got {line[:80]!r}: {error.errors()[0]['msg']}") from error

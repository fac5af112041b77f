"""One request and its answer as the capture recorded them, and the seam that a recorder fills."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from records.terms import Fidelity

Headers = list[tuple[str, str]]
"""Names and values in order, duplicates kept."""


@dataclass(slots=True)
class Exchange:
    """One request with its response, or with the reason why there is none.

    `body` is None where no body was kept; `lost` says what of this exchange is not as it was on the wire.
    An exchange that has `ended` came to an end, good or bad, and is not written to any more.
    """

    seq: int
    url: str
    method: str
    started_at: datetime
    resource_type: str = ""
    frame_url: str = ""
    request_headers: Headers = field(default_factory=list)
    request_body: bytes | None = None
    status: int | None = None
    status_text: str = ""
    protocol: str = ""
    response_headers: Headers = field(default_factory=list)
    body: bytes | None = None
    server: str = ""
    tls: dict[str, Any] | None = None
    redirected_from: int | None = None
    failure: str = ""
    fidelity: Fidelity = Fidelity.BROWSER_DECODED
    lost: list[str] = field(default_factory=list)
    ended: bool = False


class Recorder(Protocol):
    """Where exchanges come from: the browser's own view today, a recording proxy in a process of its own tomorrow.

    A recorder is attached before the navigation and finished after the page is quiet. `pending` names what is still
    under way; `fidelity` is the lowest of its exchanges.
    """

    fidelity: Fidelity
    exchanges: list[Exchange]

    def pending(self) -> list[Exchange]:
        """Return the exchanges that have not ended."""

    def give_up(self) -> int:
        """Mark what is under way as not ended; return how many exchanges."""

    def last_event(self) -> float:
        """Return the event loop's time of the newest network event."""

    async def finish(self, deadline_s: float) -> None:
        """Wait for bodies that are being fetched, at most `deadline_s` seconds, and mark what is lost."""

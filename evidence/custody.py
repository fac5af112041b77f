"""The custody log: who touched an exhibit, when, where, how and why, each line chained to the one before.

Rules:
1. a line is the canonical JSON (RFC 8785) of one entry, and ends with a newline in the exported file
2. `seq` counts from 0; `prev_sha256` is the SHA-256 of the line before (without its newline), 64 zeros for the first
3. `utc` never runs backwards; `monotonic` (seconds, as text) belongs to one boot of one host and is kept, not compared
4. a lone chain cannot show that its tail was cut: whoever needs that compares `head` and `length` with those that
   `evidence.json` names, which the notary has sealed

Example:
>>> log = CustodyLog.parse(b"")
>>> log.length, log.head == GENESIS
(0, True)
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785

from evidence.errors import ClockBackwards, CustodyBroken
from evidence.ports import Clock
from guards.caps import load_json_capped
from guards.errors import GuardError
from records.model import CustodyEntry

GENESIS = "0" * 64
"""What the first entry's `prev_sha256` holds."""
MAX_LOG_BYTES = 50_000_000
"""A longer exported log is refused."""
MAX_LINE_BYTES = 100_000
_FIELDS = frozenset({"seq", "prev_sha256", "utc", "monotonic", "actor", "host", "action", "object_sha256", "reason"})
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
_MONOTONIC = re.compile(r"(0|[1-9]\d{0,11})\.\d{9}\Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Touch:
    """What is about to be logged: who did what, to which object (its SHA-256), on which host, and why."""

    actor: str
    host: str
    action: str
    object_sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CustodyLog:
    """A checked log. Made by `of` or `parse`, so an instance always holds an unbroken chain."""

    entries: tuple[CustodyEntry, ...] = ()

    @classmethod
    def of(cls, entries: Sequence[CustodyEntry]) -> "CustodyLog":
        """Return the log of these entries; raises `CustodyBroken` where the chain does not hold."""
        previous: CustodyEntry | None = None
        for entry in entries:
            check_link(previous, entry)
            previous = entry
        return cls(tuple(entries))

    @classmethod
    def parse(cls, data: bytes) -> "CustodyLog":
        """Read an exported log; raises `CustodyBroken` for anything but canonical, chained lines."""
        if len(data) > MAX_LOG_BYTES:
            message = f"expected a custody log of at most {MAX_LOG_BYTES} bytes, found {len(data)}"
            raise CustodyBroken(message)
        if data and not data.endswith(b"\n"):
            message = "expected the custody log to end with a newline; its last line is cut"
            raise CustodyBroken(message)
        return cls.of([_parse_line(number, line) for number, line in enumerate(data.split(b"\n")[:-1], 1)])

    @property
    def head(self) -> str:
        """The SHA-256 of the last line; 64 zeros for an empty log."""
        return entry_sha256(self.entries[-1]) if self.entries else GENESIS

    @property
    def length(self) -> int:
        """How many entries there are."""
        return len(self.entries)

    def append(self, touch: Touch, clock: Clock) -> "CustodyLog":
        """Return the log with one more entry; raises `ClockBackwards` where the clock was set back."""
        entry = next_entry(self.entries[-1] if self.entries else None, touch, clock)
        return CustodyLog((*self.entries, entry))

    def to_jsonl(self) -> bytes:
        """Return the log as it is exported."""
        return b"".join(line_of(entry) + b"\n" for entry in self.entries)


def next_entry(previous: CustodyEntry | None, touch: Touch, clock: Clock) -> CustodyEntry:
    """Return the entry that continues the chain after `previous`; raises `ClockBackwards`."""
    now = clock.now().astimezone(UTC)
    if previous is not None and now < previous.utc:
        message = f"the clock shows {now.isoformat()}, before the last custody entry of {previous.utc.isoformat()}"
        raise ClockBackwards(message, "set the system's clock right (NTP), then run again")
    return CustodyEntry(
        seq=previous.seq + 1 if previous else 0,
        prev_sha256=entry_sha256(previous) if previous else GENESIS,
        utc=now,
        monotonic_ns=clock.monotonic_ns(),
        actor=clean_text(touch.actor),
        host=clean_text(touch.host),
        action=clean_text(touch.action),
        object_sha256=touch.object_sha256,
        reason=clean_text(touch.reason),
    )


def clean_text(text: str) -> str:
    """Return text as every store keeps it: NUL and lone surrogates become U+FFFD, and at most 2,000 characters."""
    return _UNSTORABLE.sub("\ufffd", text[:2000])


def line_of(entry: CustodyEntry) -> bytes:
    """Return an entry's canonical line, without a newline."""
    seconds, nanoseconds = divmod(entry.monotonic_ns, 1_000_000_000)
    return rfc8785.dumps(
        {
            "seq": entry.seq,
            "prev_sha256": entry.prev_sha256,
            "utc": utc_text(entry.utc),
            "monotonic": f"{seconds}.{nanoseconds:09d}",
            "actor": entry.actor,
            "host": entry.host,
            "action": entry.action,
            "object_sha256": entry.object_sha256,
            "reason": entry.reason,
        }
    )


def entry_sha256(entry: CustodyEntry) -> str:
    """Return the SHA-256 of an entry's line: what the next entry names."""
    return hashlib.sha256(line_of(entry)).hexdigest()


def check_link(previous: CustodyEntry | None, entry: CustodyEntry) -> None:
    """Raise `CustodyBroken` unless `entry` continues the chain after `previous`."""
    seq = previous.seq + 1 if previous else 0
    if entry.seq != seq:
        message = f"custody entry {seq} is missing or out of order: found number {entry.seq}"
        raise CustodyBroken(message)
    expected = entry_sha256(previous) if previous else GENESIS
    if entry.prev_sha256 != expected:
        message = f"custody entry {entry.seq} follows {entry.prev_sha256}, but the entry before it is {expected}"
        raise CustodyBroken(message)
    if previous and entry.utc < previous.utc:
        message = f"custody entry {entry.seq} of {utc_text(entry.utc)} lies before entry {previous.seq} of {utc_text(previous.utc)}"
        raise CustodyBroken(message)


def utc_text(moment: datetime) -> str:
    """Return an aware time as `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parse_line(number: int, line: bytes) -> CustodyEntry:
    try:
        data = load_json_capped(line, max_bytes=MAX_LINE_BYTES, max_depth=2)
    except GuardError as error:
        message = f"custody line {number} is not JSON: {error.message}"
        raise CustodyBroken(message) from error
    if not isinstance(data, dict) or set(data) != _FIELDS:
        message = f"custody line {number}: expected the fields {', '.join(sorted(_FIELDS))}"
        raise CustodyBroken(message)
    entry = _entry_of(number, data)
    if line_of(entry) != line:
        message = f"custody line {number} is not in canonical form (RFC 8785)"
        raise CustodyBroken(message)
    return entry


def _entry_of(number: int, data: dict[str, object]) -> CustodyEntry:
    seq, texts = data["seq"], {name: value for name, value in data.items() if name != "seq"}
    if not isinstance(seq, int) or isinstance(seq, bool) or not all(isinstance(text, str) for text in texts.values()):
        message = f"custody line {number}: expected `seq` as a number and all else as text"
        raise CustodyBroken(message)
    words = {name: str(value) for name, value in texts.items()}
    fits = _UTC.match(words["utc"]) and _MONOTONIC.match(words["monotonic"]) and _SHA256.match(words["prev_sha256"])
    if not fits:
        message = f"custody line {number}: time, monotonic or prev_sha256 is malformed"
        raise CustodyBroken(message)
    try:
        moment = datetime.fromisoformat(words["utc"])
    except ValueError as error:
        message = f"custody line {number}: {words['utc']} is no time"
        raise CustodyBroken(message) from error
    seconds, _, fraction = words["monotonic"].partition(".")
    return CustodyEntry(
        seq=seq,
        prev_sha256=words["prev_sha256"],
        utc=moment,
        monotonic_ns=int(seconds) * 1_000_000_000 + int(fraction),
        actor=words["actor"],
        host=words["host"],
        action=words["action"],
        object_sha256=words["object_sha256"],
        reason=words["reason"],
    )

"""Bitcoin block headers, checked one by one and against pinned checkpoints: what a proof's Merkle root is compared with.

A header is taken only where
1. it is 80 bytes, and its double SHA-256 is the hash that the document names (where it names one)
2. that hash meets the header's own target (proof of work), and the target is one that the main chain had at this
   height: equal to the pinned one up to the last checkpoint, at most four times easier a period after it
3. it is the pinned block where its height is a checkpoint's
4. its neighbours in the document link to it
5. its time is not more than two hours ahead of `now` (the system's clock where none is given)

Levels: `checkpoint` where linked headers join it to a pinned block (with six blocks on top where that lies below),
else `header`. NOT guaranteed at level `header`: that the block is in the best chain, or at that very height; to forge one
costs the proof of work of a real block.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import cast

from guards.caps import load_json_capped
from guards.errors import GuardError
from notary.errors import HeadersMalformed, HeadersUnreadable
from records.terms import Level

HEADER_BYTES = 80
PERIOD = 2016
"""Blocks between two changes of the target."""
CONFIRMATIONS = 6
MAX_BOOK_BYTES = 32_000_000
MAX_HEADERS = 100_000
TIME_SLACK = timedelta(hours=2)
"""How far a block's time may run ahead of true time by the rules of the network."""
POW_LIMIT = 0xFFFF << 208
_EASIER_A_PERIOD = 4


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """An 80-byte block header (Bitcoin's own serialisation) under the height that its source gave it."""

    height: int
    raw: bytes

    @property
    def hash(self) -> bytes:
        """The block hash in internal byte order."""
        return hashlib.sha256(hashlib.sha256(self.raw).digest()).digest()

    @property
    def hash_hex(self) -> str:
        """The block hash as it is commonly shown (reversed)."""
        return self.hash[::-1].hex()

    @property
    def prev(self) -> bytes:
        """The hash of the block before, in internal byte order."""
        return self.raw[4:36]

    @property
    def merkle_root(self) -> bytes:
        """The Merkle root over the block's transactions, as a proof's path ends in it."""
        return self.raw[36:68]

    @property
    def time(self) -> datetime:
        """The time that the miner wrote; good to about two hours."""
        return datetime.fromtimestamp(int.from_bytes(self.raw[68:72], "little"), UTC)

    @property
    def target(self) -> int:
        """The target that the hash must not exceed; 0 for a form that no node accepts."""
        bits = int.from_bytes(self.raw[72:76], "little")
        exponent, mantissa = bits >> 24, bits & 0x7FFFFF
        if bits & 0x800000 or exponent > 34:
            return 0
        return mantissa << 8 * (exponent - 3) if exponent > 3 else mantissa >> 8 * (3 - exponent)


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Pinned blocks: for each period of 2,016 blocks the last block's hash (as shown) and the next period's target."""

    entries: tuple[tuple[str, int], ...]

    @classmethod
    @cache
    def packaged(cls) -> "Checkpoints":
        """Return the checkpoints that markwatch ships (see `data/PROVENANCE.md`)."""
        text = resources.files("notary").joinpath("data/bitcoin_checkpoints.json").read_text("utf-8")
        return cls(tuple((str(block), int(target)) for block, target in json.loads(text)))

    def hash_at(self, height: int) -> str | None:
        """Return the pinned hash at `height`, None where none is pinned."""
        period, place = divmod(height, PERIOD)
        return self.entries[period][0] if place == PERIOD - 1 and period < len(self.entries) else None

    def target_problem(self, height: int, target: int) -> str:
        """Say why a header at `height` cannot have this target; "" where it can."""
        period = height // PERIOD
        known = len(self.entries)
        if period <= known:
            expected = self.entries[period - 1][1] if period else POW_LIMIT
            return (
                "" if target == expected else f"expected the target {expected:x} at height {height}, found {target:x}"
            )
        easiest = min(
            POW_LIMIT, (self.entries[-1][1] if known else POW_LIMIT) * _EASIER_A_PERIOD ** min(period - known, 128)
        )
        return (
            ""
            if 0 < target <= easiest
            else f"expected a target of at most {easiest:x}, found {target:x}: another network?"
        )


class HeaderBook:
    """Headers by height, each checked when it is asked for; a refused one is as good as missing, and says why."""

    def __init__(
        self,
        raw: Mapping[int, tuple[str, str]] | None = None,
        *,
        checkpoints: Checkpoints | None = None,
        now: datetime | None = None,
    ) -> None:
        self._raw = dict(raw or {})
        self._checkpoints = checkpoints or Checkpoints.packaged()
        self._now = now
        self._judged: dict[int, BlockHeader | str] = {}

    @classmethod
    def from_json(cls, path: Path, *, now: datetime | None = None) -> "HeaderBook":
        """Read `{"headers": {"<height>": {"header": hex, "block_hash": hex}}}`; raises `HeadersMalformed`.

        A file that cannot be opened raises its subclass `HeadersUnreadable`.
        """
        try:
            with Path(path).open("rb") as stream:
                data = stream.read(MAX_BOOK_BYTES + 1)
        except OSError as error:
            raise HeadersUnreadable(f"cannot read {path}: {error.strerror}", "check the path") from error
        return cls.from_bytes(data, now=now)

    @classmethod
    def from_bytes(cls, data: bytes, *, now: datetime | None = None) -> "HeaderBook":
        """Read the same form from bytes (a package carries it); raises `HeadersMalformed`."""
        try:
            document = load_json_capped(data, max_bytes=MAX_BOOK_BYTES, max_depth=8)
        except GuardError as error:
            raise HeadersMalformed(f"the headers cannot be read: {error.message}", "fetch them again") from error
        entries = document.get("headers") if isinstance(document, dict) else None
        if not isinstance(entries, dict) or len(entries) > MAX_HEADERS:
            raise HeadersMalformed(f'expected {{"headers": {{height: …}}}} with at most {MAX_HEADERS} entries')
        return cls(dict(_entry(height, item) for height, item in entries.items()), now=now)

    def __len__(self) -> int:
        return len(self._raw)

    def get(self, height: int) -> BlockHeader | None:
        """Return the header at `height`; None where it is missing or refused (`refusal` says which)."""
        judged = self._judge(height)
        return judged if isinstance(judged, BlockHeader) else None

    def refusal(self, height: int) -> str:
        """Return why the header at `height` was refused; "" where it is missing or fine."""
        judged = self._judge(height)
        return judged if isinstance(judged, str) else ""

    def level(self, height: int) -> Level:
        """Return how far the header at `height` was checked: NONE, HEADER or CHECKPOINT."""
        if self.get(height) is None:
            return Level.NONE
        if self._pinned_above(height) or self._pinned_below(height):
            return Level.CHECKPOINT
        return Level.HEADER

    def support(self, height: int) -> list[int]:
        """Return the heights of the headers that `level` rests on at `height`: none, itself, or the run to a pinned block."""
        if self.get(height) is None:
            return []
        if self._pinned_above(height):
            return list(range(height, height - height % PERIOD + PERIOD))
        if self._pinned_below(height):
            return list(range(len(self._checkpoints.entries) * PERIOD - 1, height + CONFIRMATIONS + 1))
        return [height]

    def document(self, heights: list[int]) -> dict[str, object]:
        """Return the headers at `heights` in the form that `from_bytes` reads, for a package to carry."""
        found = [header for height in sorted(set(heights)) if (header := self.get(height)) is not None]
        return {"headers": {str(h.height): {"block_hash": h.hash_hex, "header": h.raw.hex()} for h in found}}

    def _judge(self, height: int) -> BlockHeader | str | None:
        if height not in self._raw:
            return None
        if height not in self._judged:
            alone = self._check_alone(height)
            self._judged[height] = self._unlinked(alone) or alone if isinstance(alone, BlockHeader) else alone
        return self._judged[height]

    def _check_alone(self, height: int) -> BlockHeader | str:
        """Apply rules 1, 2, 3 and 5; return the header or what is wrong with it."""
        text, named_hash = self._raw[height]
        raw = _hex_bytes(text)
        if raw is None or len(raw) != HEADER_BYTES:
            return f"expected {HEADER_BYTES} bytes in hex at height {height}, found {text[:40]!r}"
        header = BlockHeader(height, raw)
        if named_hash and named_hash != header.hash_hex:
            return f"the header at height {height} hashes to {header.hash_hex}, not to {named_hash[:64]}"
        if not int.from_bytes(header.hash, "little") <= header.target:
            return f"the header at height {height} lacks the proof of work that it claims"
        problem = self._checkpoints.target_problem(height, header.target)
        pinned = self._checkpoints.hash_at(height)
        if not problem and pinned and pinned != header.hash_hex:
            problem = f"expected the pinned block {pinned} at height {height}, found {header.hash_hex}"
        if not problem and header.time > (self._now or datetime.now(UTC)) + TIME_SLACK:
            problem = f"the header at height {height} is dated {header.time:%Y-%m-%d %H:%M} UTC, which is in the future"
        return problem or header

    def _unlinked(self, header: BlockHeader) -> str:
        """Apply rule 4: a neighbour in the book must link."""
        for lower in (header.height - 1, header.height):
            below, above = self._neighbour(lower, header), self._neighbour(lower + 1, header)
            if below and above and above[4:36] != hashlib.sha256(hashlib.sha256(below).digest()).digest():
                return f"the headers at heights {lower} and {lower + 1} do not link: a reorganised or made-up chain"
        return ""

    def _neighbour(self, height: int, header: BlockHeader) -> bytes | None:
        if height == header.height:
            return header.raw
        return _hex_bytes(self._raw[height][0]) if height in self._raw else None

    def _pinned_above(self, height: int) -> bool:
        """Say whether linked headers run from `height` up to the period's pinned last block."""
        last = height - height % PERIOD + PERIOD - 1
        if self._checkpoints.hash_at(last) is None:
            return False
        return all(self.get(number) is not None for number in range(last, height - 1, -1))

    def _pinned_below(self, height: int) -> bool:
        """Say whether linked headers run from the last pinned block up to `height` and six blocks beyond."""
        first = len(self._checkpoints.entries) * PERIOD - 1
        if not first <= height < first + MAX_HEADERS:
            return False
        return all(self.get(number) is not None for number in range(height + CONFIRMATIONS, first - 1, -1))


def _entry(height: str, item: object) -> tuple[int, tuple[str, str]]:
    """Return one entry of the document; the header itself is checked later."""
    if not (height.isascii() and height.isdigit()) or len(height) > 9 or str(int(height)) != height:
        raise HeadersMalformed(f"expected a block height, found {height[:40]!r}")
    fields = cast("dict[str, object]", item) if isinstance(item, dict) else {}
    header, block_hash = fields.get("header"), fields.get("block_hash", "")
    if not isinstance(header, str) or not isinstance(block_hash, str):
        raise HeadersMalformed(f'expected {{"header": hex, "block_hash": hex}} at height {height}')
    return int(height), (header, block_hash)


def _hex_bytes(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None

"""What the notary needs from outside: a store for its work, and anchors. Both are joined to it in `patrol.app`."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from notary.ots import Node
from records.model import Proof
from records.terms import ProofState

Clock = Callable[[], datetime]
"""Gives the time, aware and in UTC."""


class Commitment(Protocol):
    """One digest to be proved; `batch_id` is "" and `leaf_index` -1 while it waits for a batch."""

    @property
    def id(self) -> str:
        """A ULID."""

    @property
    def subject(self) -> str:
        """What the digest is of, in the caller's words (`exhibit/EV-…`)."""

    @property
    def sha256(self) -> str:
        """The digest, 64 lower-case hex digits."""

    @property
    def nonce(self) -> str:
        """The leaf's nonce, 32 hex digits."""

    @property
    def created_at(self) -> datetime:
        """When it was enqueued."""

    @property
    def batch_id(self) -> str:
        """The batch that holds it."""

    @property
    def leaf_index(self) -> int:
        """Its place among the batch's leaves."""


class ProofStore(Protocol):
    """Where commitments, batches and anchorings are kept. Each method is one transaction.

    An anchoring is a `Proof` whose `subject_sha256` is its batch's root and whose `data` is a bare timestamp tree.
    """

    def commit(self, subject: str, sha256: str, nonce: str, at: datetime) -> Commitment:
        """Store a commitment, or return the one that (subject, sha256) has already, unchanged."""

    def close_batch(
        self,
        root_of: Callable[[Sequence[Commitment]], str],
        *,
        anchors: Sequence[str],
        now: datetime,
        max_items: int,
        max_age: timedelta,
    ) -> str:
        """Close one due batch with its leaves' places and queued anchorings; return its id, "" where none is due."""

    def add_anchorings(self, anchors: Sequence[str], now: datetime, *, uncounted: str) -> int:
        """Queue the anchors that a batch lacks while none has taken its root; names that start so do not count."""

    def leaves(self, batch_id: str) -> Sequence[Commitment]:
        """Return a batch's commitments in leaf order."""

    def commitments(self, sha256: str = "") -> Sequence[Commitment]:
        """Return the commitments to one digest, or all."""

    def anchorings(self, batch_ids: Sequence[str]) -> Sequence[Proof]:
        """Return the anchorings of these batches."""

    def lease(
        self,
        states: Sequence[ProofState],
        *,
        anchors: Sequence[str],
        now: datetime,
        until: datetime,
        becomes: ProofState | None = None,
    ) -> tuple[str, Proof] | None:
        """Lease the longest due anchoring in one of `states`; counts a try. None where none is due."""

    def settle(self, token: str, proof: Proof, *, next_try_at: datetime) -> bool:
        """Write a leased anchoring back and free it; False, writing nothing, where the lease was taken over."""

    def hurry(self, states: Sequence[ProofState], now: datetime) -> None:
        """Make the anchorings in `states` due at once."""


class Anchor(Protocol):
    """Someone outside who takes a root and later attests to it. Nothing that an anchor says is proof by itself."""

    @property
    def name(self) -> str:
        """Unique among the anchors; part of the idempotency key."""

    @property
    def operator(self) -> str:
        """Who runs it; anchors of one operator are not independent."""

    @property
    def demo(self) -> bool:
        """Whether it is the demo's, and counts for nothing."""

    def submit(self, root: bytes) -> Node:
        """Hand in a root (32 bytes) and return the answer, evaluated from that root; raises `AnchorError`."""

    def upgrade(self, commitment: bytes, uri: str) -> Node:
        """Ask for more on a pending commitment and return the answer, evaluated from it; raises `AnchorError`."""

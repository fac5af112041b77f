"""Commitments, batches and anchorings: which digests were committed, under which root, and how each anchor stands."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from records.model import AnchorClaim
from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import Coded, EnumText
from records.terms import ProofState


class BatchRow(Base):
    """One closed batch: `root` is the Merkle root (hex) over its `size` leaves. Never changed."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    root: Mapped[str] = mapped_column(SafeText)
    size: Mapped[int]
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CommitmentRow(Base):
    """One (subject, SHA-256) to be proved, its nonce (hex), and its place in a batch once that is closed."""

    __tablename__ = "commitments"
    __table_args__ = (
        UniqueConstraint("subject", "sha256"),
        UniqueConstraint("batch_id", "leaf_index"),
        Index(None, "sha256"),
    )

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    subject: Mapped[str] = mapped_column(SafeText)
    sha256: Mapped[str] = mapped_column(SafeText)
    nonce: Mapped[str] = mapped_column(SafeText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("batches.id"))
    leaf_index: Mapped[int | None]


class AnchoringRow(Base):
    """One batch at one anchor. (anchor, root) is the idempotency key; `lease` is the holder's token.

    `data` is the anchor's answer as a serialised timestamp tree over the root; empty while queued.
    """

    __tablename__ = "anchorings"
    __table_args__ = (UniqueConstraint("anchor", "root"), Index(None, "state", "next_try_at"), Index(None, "batch_id"))

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    batch_id: Mapped[str] = mapped_column(ForeignKey("batches.id"))
    anchor: Mapped[str] = mapped_column(SafeText)
    root: Mapped[str] = mapped_column(SafeText)
    state: Mapped[ProofState] = mapped_column(EnumText(ProofState))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    claims: Mapped[tuple[AnchorClaim, ...]] = mapped_column(Coded(tuple[AnchorClaim, ...]))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease: Mapped[str | None] = mapped_column(SafeText)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(SafeText)

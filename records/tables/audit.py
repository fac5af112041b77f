"""The audit trail: hash-chained, append-only."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from records.tables.append_only import append_only
from records.tables.base import Base, SafeText, UtcDateTime


class AuditRow(Base):
    """One entry; the columns are `records.model.AuditEntry`'s fields and `sha256`, the digest of their JSON."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    prev_sha256: Mapped[str] = mapped_column(SafeText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(SafeText)
    action: Mapped[str] = mapped_column(SafeText)
    object_id: Mapped[str] = mapped_column(SafeText, index=True)
    detail: Mapped[str] = mapped_column(SafeText)
    sha256: Mapped[str] = mapped_column(SafeText)


class AuditHeadRow(Base):
    """The chain's end (one row): how many entries there are and the last one's digest, so that a cut tail shows.

    Locking this row is also what puts concurrent writers in order.
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int]
    sha256: Mapped[str] = mapped_column(SafeText)


append_only(Base.metadata.tables["audit"])

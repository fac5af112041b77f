"""Tables of the evidence room: exhibits, their artifacts, their custody logs and their sealed bags."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, Json, SafeText, UtcDateTime


class ExhibitRow(Base):
    """One capture of one page. At most one exhibit of a hit is pending at any time."""

    __tablename__ = "exhibits"
    __table_args__ = (
        Index(
            "uq_exhibits_pending_hit",
            "hit_id",
            unique=True,
            sqlite_where=text("outcome = 'pending' AND hit_id <> ''"),
            postgresql_where=text("outcome = 'pending' AND hit_id <> ''"),
        ),
        Index("ix_exhibits_hit_id", "hit_id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    url: Mapped[str] = mapped_column(SafeText)
    outcome: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    hit_id: Mapped[str] = mapped_column(String(64), default="")
    captured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fidelity: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(SafeText, default="")
    lost: Mapped[object] = mapped_column(Json)


class ArtifactRow(Base):
    """One file of an exhibit; its bytes lie in the vault."""

    __tablename__ = "artifacts"

    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id", ondelete="RESTRICT"), primary_key=True)
    path: Mapped[str] = mapped_column(String(500), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    sm3: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(40))
    media_type: Mapped[str] = mapped_column(String(100))


class CustodyRow(Base):
    """One entry of an exhibit's custody log. Rows are added, never changed; monotonic time is text (beyond 2**53 too)."""

    __tablename__ = "custody_entries"

    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id", ondelete="RESTRICT"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    prev_sha256: Mapped[str] = mapped_column(String(64))
    utc: Mapped[datetime] = mapped_column(UtcDateTime)
    monotonic_ns: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(SafeText)
    host: Mapped[str] = mapped_column(SafeText)
    action: Mapped[str] = mapped_column(String(40))
    object_sha256: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(SafeText)


class BagRow(Base):
    """The files of an exhibit's sealed bag, fixed at its first build."""

    __tablename__ = "bags"

    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id", ondelete="RESTRICT"), primary_key=True)
    built_at: Mapped[datetime] = mapped_column(UtcDateTime)
    files: Mapped[object] = mapped_column(Json)

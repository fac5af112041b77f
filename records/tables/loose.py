"""Digests of bytes in the vault that go once nothing needs them any more."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, UtcDateTime


class LooseBlobRow(Base):
    """Bytes that were kept for a time only: a page's own, or a picture whose snapshot was forgotten."""

    __tablename__ = "loose_blobs"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)

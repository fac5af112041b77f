"""Sellers: accounts on one source, with the identity that their pages state."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, SafeText


class SellerRow(Base):
    """One seller account; the columns are `records.model.Seller`'s fields."""

    __tablename__ = "sellers"
    __table_args__ = (Index(None, "source_id", "name"),)

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    source_id: Mapped[str] = mapped_column(SafeText)
    name: Mapped[str] = mapped_column(SafeText)
    location: Mapped[str] = mapped_column(SafeText)
    uscc: Mapped[str] = mapped_column(SafeText, index=True)

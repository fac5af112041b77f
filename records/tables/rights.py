"""Rights, their reference samples and their authorizations."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import Coded, EnumText
from records.terms import GiRoute, RightKind

_TEXTS = tuple[str, ...]


class RightRow(Base):
    """One right; the columns are `records.model.Right`'s fields, and when the row was last changed."""

    __tablename__ = "rights"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    kind: Mapped[RightKind] = mapped_column(EnumText(RightKind))
    name: Mapped[str] = mapped_column(SafeText)
    aliases: Mapped[tuple[str, ...]] = mapped_column(Coded(_TEXTS))
    nice_classes: Mapped[tuple[int, ...]] = mapped_column(Coded(tuple[int, ...]))
    goods: Mapped[tuple[str, ...]] = mapped_column(Coded(_TEXTS))
    region: Mapped[str] = mapped_column(SafeText)
    owner: Mapped[str] = mapped_column(SafeText)
    registration_no: Mapped[str] = mapped_column(SafeText)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    authorized_sellers: Mapped[tuple[str, ...]] = mapped_column(Coded(_TEXTS))
    images: Mapped[tuple[str, ...]] = mapped_column(Coded(_TEXTS))
    route: Mapped[GiRoute | None] = mapped_column(EnumText(GiRoute))
    territory: Mapped[tuple[str, ...]] = mapped_column(Coded(_TEXTS))
    production_area: Mapped[str] = mapped_column(SafeText)
    legal_text: Mapped[str] = mapped_column(SafeText)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReferenceRow(Base):
    """One reference sample; its bytes lie in the vault under `sha256`."""

    __tablename__ = "rights_references"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    right_id: Mapped[str] = mapped_column(ForeignKey("rights.id"), index=True)
    sha256: Mapped[str] = mapped_column(SafeText)
    media_type: Mapped[str] = mapped_column(SafeText)
    origin: Mapped[str] = mapped_column(SafeText)


class AuthorizationRow(Base):
    """Who may use a right, and between which dates."""

    __tablename__ = "authorizations"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    right_id: Mapped[str] = mapped_column(ForeignKey("rights.id"), index=True)
    seller: Mapped[str] = mapped_column(SafeText)
    uscc: Mapped[str] = mapped_column(SafeText)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

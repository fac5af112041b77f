"""Sellers and the sources that they sell on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from records.engine import Sessions
from records.model import Seller, Source
from records.tables.listings import SourceRow
from records.tables.sellers import SellerRow
from records.tables.types import columns_of, record_of
from records.upsert import upsert


def save_seller(session: Session, seller: Seller) -> None:
    """Insert or update a seller within a transaction; an empty place or code never replaces a known one."""
    known = session.get(SellerRow, seller.id)
    if known is None:
        session.add(SellerRow(**columns_of(seller)))
        session.flush()
        return
    known.location = seller.location or known.location
    known.uscc = seller.uscc or known.uscc


class SellerRecords:
    """Stores seller accounts by id."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, seller: Seller) -> None:
        """Insert or update by id."""
        with self._sessions.begin() as session:
            upsert(session, SellerRow, [columns_of(seller)])

    def get(self, seller_id: str) -> Seller | None:
        """Return one seller, None where there is none."""
        with self._sessions() as session:
            row = session.get(SellerRow, seller_id)
            return None if row is None else record_of(Seller, row)

    def named(self, source_id: str, name: str) -> list[Seller]:
        """Return the sellers of this name on a source, by id."""
        query = select(SellerRow).where(SellerRow.source_id == source_id, SellerRow.name == name)
        with self._sessions() as session:
            return [record_of(Seller, row) for row in session.scalars(query.order_by(SellerRow.id))]

    def all(self) -> list[Seller]:
        """Return every seller, by source, name and id."""
        query = select(SellerRow).order_by(SellerRow.source_id, SellerRow.name, SellerRow.id)
        with self._sessions() as session:
            return [record_of(Seller, row) for row in session.scalars(query)]


class SourceRecords:
    """Stores sources by id; the crawler's records add them as they are met."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, source: Source) -> None:
        """Insert or update by id."""
        with self._sessions.begin() as session:
            upsert(session, SourceRow, [columns_of(source)])

    def get(self, source_id: str) -> Source | None:
        """Return one source, None where there is none."""
        with self._sessions() as session:
            row = session.get(SourceRow, source_id)
            return None if row is None else record_of(Source, row)

    def all(self) -> list[Source]:
        """Return every source, by origin."""
        with self._sessions() as session:
            return [record_of(Source, row) for row in session.scalars(select(SourceRow).order_by(SourceRow.origin))]

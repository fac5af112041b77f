"""The packages that were built."""

from sqlalchemy import select

from records.engine import Sessions
from records.model import Package
from records.tables.cases import PackageRow
from records.tables.types import columns_of, record_of
from records.upsert import upsert


class PackageRecords:
    """Stores packages by id; the ZIPs themselves lie in the home's `packages/`."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def save(self, package: Package) -> None:
        """Insert or update by id."""
        with self._sessions.begin() as session:
            upsert(session, PackageRow, [columns_of(package)])

    def get(self, package_id: str) -> Package | None:
        """Return one package, None where there is none."""
        with self._sessions() as session:
            row = session.get(PackageRow, package_id)
            return None if row is None else record_of(Package, row)

    def for_case(self, case_id: str) -> list[Package]:
        """Return a case's packages, oldest first."""
        query = select(PackageRow).where(PackageRow.case_id == case_id).order_by(PackageRow.built_at, PackageRow.id)
        with self._sessions() as session:
            return [record_of(Package, row) for row in session.scalars(query)]

    def all(self) -> list[Package]:
        """Return every package, oldest first."""
        query = select(PackageRow).order_by(PackageRow.built_at, PackageRow.id)
        with self._sessions() as session:
            return [record_of(Package, row) for row in session.scalars(query)]

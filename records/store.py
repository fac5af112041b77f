"""All records of one database behind one name.

Example:
    records = Records(open_engine(url))
    records.rights.save(rights)
"""

from sqlalchemy import Engine

from records.audit import AuditRecords
from records.cases import CaseRecords
from records.clock import Clock, utc_now
from records.decisions import DecisionRecords
from records.engine import Sessions
from records.exhibits import ExhibitRecords
from records.forget import ForgetRecords
from records.hits import HitRecords
from records.jobs import JobRecords
from records.listings import ListingRecords
from records.marks import MarkRecords
from records.packages import PackageRecords
from records.proofs import ProofRecords
from records.reach import FairRecords, HostRecords, LoginRecords, RenderRecords
from records.rights import RightRecords
from records.sellers import SellerRecords, SourceRecords
from records.tables.registry import metadata
from records.watches import WatchRecords


class Records:
    """The repositories over one engine. The tables must exist: `records.migrate.upgrade` makes them."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self.engine = engine
        self.sessions = Sessions(engine)
        self.rights = RightRecords(self.sessions, clock)
        self.watches = WatchRecords(self.sessions)
        self.sources = SourceRecords(self.sessions)
        self.sellers = SellerRecords(self.sessions)
        self.hits = HitRecords(self.sessions, clock)
        self.marks = MarkRecords(self.sessions)
        self.decisions = DecisionRecords(self.sessions)
        self.cases = CaseRecords(self.sessions, clock)
        self.packages = PackageRecords(self.sessions)
        self.jobs = JobRecords(self.sessions, clock)
        self.audit = AuditRecords(self.sessions, clock)
        self.listings = ListingRecords(self.sessions)
        self.forgetting = ForgetRecords(self.sessions)
        self.hosts = HostRecords(self.sessions)
        self.renders = RenderRecords(self.sessions)
        self.logins = LoginRecords(self.sessions)
        self.fairs = FairRecords(self.sessions)
        self.exhibits = ExhibitRecords(self.sessions)
        self.proofs = ProofRecords(self.sessions)

    def create_tables(self) -> None:
        """Make every table that is missing, without a migration's mark: for tests and databases in memory."""
        metadata.create_all(self.engine)

    def close(self) -> None:
        """Close the pool's connections."""
        self.engine.dispose()

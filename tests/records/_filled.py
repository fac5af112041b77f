"""A database with rows in every table that the records' own repositories write; loaded by the tests' fixtures."""

from datetime import UTC, datetime
from decimal import Decimal

from records.ids import hit_id, new_ulid, source_id
from records.model import (
    Authorization,
    Decision,
    Finding,
    Hit,
    Listing,
    Money,
    Package,
    PriceRange,
    Reference,
    Right,
    Run,
    Seller,
    Text,
    Watch,
)
from records.store import Records
from records.terms import (
    DecisionStage,
    HitState,
    JobKind,
    Outcome,
    RightKind,
    Rung,
    RunOutcome,
    TargetKind,
    Verdict,
)

AT = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)
ORIGIN = "https://shop.example"
RIGHTS = [
    Right("GI-1", RightKind.GI, "某地白绒山羊", aliases=("白绒山羊",), nice_classes=(31,), valid_from=AT.date()),
    Right("TM-1", RightKind.TRADEMARK, "驼铃坊", images=("a.png",)),
]
WATCH = Watch("W1", "某店", TargetKind.SHOP, (ORIGIN + "/?page={page}",), ("TM-1",), created_at=AT)


def listing(number: int, title: str = "驼铃坊 围巾") -> Listing:
    """Return a listing of the shop."""
    return Listing(
        id=f"listing-{number}", key=str(number), title=title, source_id=source_id(ORIGIN), url=f"{ORIGIN}/{number}",
        price=PriceRange(Money(Decimal("36.50"), "CNY")), attributes={"产地": "某旗"}, seller="甲店",
    )  # fmt: skip


def crawl(records: Records, *listings: Listing, at: datetime = AT) -> Run:
    """Write one finished run of one page with these listings."""
    run = records.listings.open_run(Run(new_ulid(), WATCH.id, RunOutcome.RUNNING, at), [("p1", "{}")])
    records.listings.write_page(
        run.id, "p1", origin=ORIGIN, listings=[(one, ["ab" * 32]) for one in listings], follow=[], page_url=ORIGIN,
        page_sha256="cd" * 32, status=200, rung=Rung.CARDS, rendered=False, reason="", at=at,
    )  # fmt: skip
    return records.listings.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=at)


def found(number: int, score: float = 0.9, right: str = "TM-1", **fields: object) -> Hit:
    """Return a hit on a listing, as detection makes it."""
    where = f"listing-{number}"
    why = Finding(
        "names", "exact", "title", score, Text("含“驼铃坊”", "holds 驼铃坊"), 0, 3, "驼铃坊", versions={"names": "1"}
    )
    given = {"alert": True, "outcome": Outcome.SUSPECTED, "findings": (why,)} | fields
    return Hit(hit_id(where, right), where, right, score, **given)  # type: ignore[arg-type]


def fill(records: Records) -> None:
    """Write rows into the tables."""
    records.rights.save(RIGHTS)
    records.rights.save_reference(Reference("R1", "TM-1", "ef" * 32, "image/png", "a.png"))
    records.rights.save_authorization(Authorization("A1", "GI-1", "甲店", "91150000MA0N", AT.date(), None))
    records.watches.save(WATCH)
    records.sellers.save(Seller("S1", source_id(ORIGIN), "甲店", "某市", "91150000MA0N"))
    crawl(records, listing(1), listing(2, "坏字\x00 \ud800"))
    for snapshot in records.hits.undetected("v1", 10):
        records.hits.save_detected(snapshot.id, "v1", [found(int(snapshot.listing.key))])
    hit = records.hits.query()[0]
    decision = Decision(new_ulid(), hit.id, "officer", Verdict.SUSPECTED, DecisionStage.PROPOSE, AT, "标志相同")
    records.decisions.append(decision, HitState.PROPOSED)
    case = records.cases.open_for(hit.listing_id, [hit.id], "涉嫌")
    records.packages.save(Package("P1", case.id, ("EV-1",), "packages/P1.zip", "ab" * 32, AT))
    records.jobs.enqueue(JobKind.CAPTURE, hit.id)
    records.audit.append("officer", "decide", hit.id, "标志相同")

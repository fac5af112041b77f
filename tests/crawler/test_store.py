"""The store of runs, listings, snapshots and sellers, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from records.engine import Sessions, open_engine
from records.ids import listing_id, new_ulid, source_id
from records.listings import ListingRecords, snapshot_id
from records.model import Listing, Money, PriceRange, Run
from records.sellers import SellerRecords
from records.tables.base import Base
from records.terms import ListingState, Rung, RunOutcome

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ORIGIN = "https://shop.example"
SOURCE = source_id(ORIGIN)


def listing(key="k1", **changes):
    money = Money(Decimal("36.50"), "CNY")
    values = {
        "title": "驼绒围巾",
        "source_id": SOURCE,
        "key": key,
        "url": key,
        "price": PriceRange(money, money),
        "images": ("https://c/1.jpg",),
        "rung": Rung.CARDS,
    }
    return Listing(id=listing_id(SOURCE, key), **{**values, **changes})


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request, tmp_path):
    """A fresh database of each kind."""
    url = f"sqlite:///{tmp_path}/r.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = open_engine(url)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def store(engine):
    return ListingRecords(Sessions(engine))


@pytest.fixture
def sellers(engine):
    return SellerRecords(Sessions(engine))


@pytest.fixture
def run(store):
    return store.open_run(Run(new_ulid(), "w", RunOutcome.RUNNING, NOW), [("p1", "{}"), ("p2", "{}")])


def write(store, run, page, *items, follow=(), at=NOW, **changes):
    values = {
        "origin": ORIGIN,
        "page_url": page,
        "page_sha256": "ab",
        "status": 200,
        "rung": Rung.CARDS,
        "rendered": False,
        "reason": "",
    }
    pairs = [item if isinstance(item, tuple) else (item, ("",)) for item in items]
    return store.write_page(run.id, page, listings=pairs, follow=list(follow), at=at, **{**values, **changes})


def end(store, run, *, complete=True, outcome=RunOutcome.OK, after=2, at=NOW):
    return store.end_run(run.id, outcome=outcome, reason="", complete=complete, delist_after=after, at=at)


def again(store, hours):
    moment = NOW + timedelta(hours=hours)
    return store.open_run(Run(new_ulid(), "w", RunOutcome.RUNNING, moment), [("p1", "{}")]), moment


def test_pages_are_due_in_order_until_done(store, run):
    assert len(store.due_pages(run.id)) == 2
    write(store, run, "p1", follow=[("p3", '{"n": 3}'), ("p2", "{}")])
    assert store.due_pages(run.id) == ["{}", '{"n": 3}']
    assert store.done_pages(run.id) == ["p1"]


def test_an_unfinished_run_is_taken_up(store, run):
    other = store.open_run(Run(new_ulid(), "w", RunOutcome.RUNNING, NOW), [("p9", "{}")])
    assert other.id == run.id
    assert len(store.due_pages(run.id)) == 2


def test_a_page_written_twice_is_written_once(store, run):
    assert write(store, run, "p1", listing()) == 1
    assert write(store, run, "p1", listing("k2")) == 0
    assert store.count() == 1
    assert end(store, run).new_items == 1


def test_an_unknown_page_writes_nothing(store, run):
    assert write(store, run, "elsewhere", listing()) == 0
    assert store.count() == 0


def test_a_listing_seen_on_two_pages_of_a_run_is_one(store, run):
    write(store, run, "p1", listing())
    write(store, run, "p2", listing(title="another look"))
    assert store.count() == 1
    assert store.get(listing().id).title == "驼绒围巾"
    assert end(store, run).items == 1


def test_what_goes_in_comes_out(store, run):
    one = listing(
        attributes={"产地": "阿拉善"},
        origin="阿拉善",
        seller="店",
        seller_uscc="91150000MA0N0000XX",
        breadcrumbs=("a", "b"),
    )
    write(store, run, "p1", (one, ("ff" * 32,)))
    assert store.get(one.id) == one
    snapshot = store.latest_snapshot(one.id)
    assert snapshot.listing == one
    assert snapshot.image_sha256s == ("ff" * 32,)
    assert snapshot.taken_at == NOW
    assert store.snapshot(snapshot.id) == snapshot
    assert list(store.all(batch=1)) == [one]


def test_equal_content_is_one_snapshot(store, run):
    one = listing()
    write(store, run, "p1", one)
    end(store, run)
    second, moment = again(store, 1)
    write(store, second, "p1", replace(one, rung=Rung.STRUCTURED), at=moment)
    assert len(store.snapshots(one.id)) == 1
    assert store.state(one.id) is ListingState.UNCHANGED


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x"},
        {"price": None},
        {"seller": "x"},
        {"origin": "x"},
        {"images": ("https://c/2.jpg",)},
        {"attributes": {"a": "b"}},
        {"url": "https://x/"},
    ],
)
def test_each_field_counts_as_a_change(change):
    assert snapshot_id(listing(), ("",)) != snapshot_id(listing(**change), ("",))


def test_another_picture_under_the_same_address_is_a_change_and_another_address_of_the_same_is_none():
    assert snapshot_id(listing(), ("aa",)) != snapshot_id(listing(), ("bb",))
    assert snapshot_id(listing(), ("aa",)) == snapshot_id(listing(images=("https://cdn2/1.jpg",)), ("aa",))


def test_missing_then_delisted_then_relisted(store, run):
    one, two = listing("k1"), listing("k2")
    write(store, run, "p1", one, two)
    end(store, run)
    states = []
    for hour in (1, 2, 3):
        later, moment = again(store, hour)
        write(store, later, "p1", *((one, two) if hour == 3 else (one,)), at=moment)
        end(store, later, at=moment)
        states.append(store.state(two.id))
    assert states == [ListingState.MISSING, ListingState.DELISTED, ListingState.RELISTED]
    assert store.state(one.id) is ListingState.UNCHANGED


def test_an_incomplete_run_ages_nothing(store, run):
    one = listing()
    write(store, run, "p1", one)
    end(store, run)
    later, moment = again(store, 1)
    end(store, later, complete=False, outcome=RunOutcome.PARTIAL, at=moment)
    assert store.state(one.id) is ListingState.NEW


def test_another_watch_keeps_a_listing_alive(store, run):
    one = listing()
    write(store, run, "p1", one)
    end(store, run)
    later, moment = again(store, 1)
    other = store.open_run(Run(new_ulid(), "w-other", RunOutcome.RUNNING, moment), [("p1", "{}")])
    write(store, other, "p1", one, at=moment)
    end(store, later, at=moment)
    assert store.state(one.id) is ListingState.UNCHANGED


def test_a_run_ends_once_with_its_counts(store, run):
    write(store, run, "p1", listing("k1"), rendered=True, rung=Rung.RESPONSES)
    write(store, run, "p2", listing("k2"), rung=Rung.RESPONSES)
    ended = end(store, run)
    assert (ended.pages, ended.items, ended.new_items, ended.rendered_pages, ended.rung) == (2, 2, 2, 1, Rung.RESPONSES)
    assert end(store, run, outcome=RunOutcome.FAILED) == ended
    assert store.history("w") == [ended]
    assert store.runs("w")[0] == ended


def test_history_leaves_out_what_still_runs(store, run):
    assert store.history("w") == []
    assert [one.outcome for one in store.runs("w")] == [RunOutcome.RUNNING]


def test_hostile_text_is_stored(store, run):
    one = listing(title="a\x00b\ud800", description="’; DROP TABLE listings; --")
    write(store, run, "p1", one)
    assert store.get(one.id).title == "a\ufffdb\ufffd"
    assert store.count() == 1


def test_what_is_unknown_is_none(store):
    assert store.get("x") is None
    assert store.state("x") is None
    assert store.latest_snapshot("x") is None
    assert store.snapshot("x") is None
    assert store.snapshots("x") == []
    assert store.sources() == []
    assert list(store.all()) == []


def test_a_seller_is_written_with_his_listings_and_keeps_what_was_known(store, run, sellers):
    write(
        store, run, "p1", listing("k1", seller="大漠绒品店", seller_location="内蒙古", seller_uscc="91152900MA0N2ABC4D")
    )
    write(store, run, "p2", listing("k2", seller="大漠绒品店"), listing("k3"))
    (seller,) = sellers.all()
    assert (seller.name, seller.source_id, seller.location) == ("大漠绒品店", SOURCE, "内蒙古")
    assert seller.uscc == "91152900MA0N2ABC4D"
    assert sellers.named(SOURCE, "大漠绒品店") == [seller]


def test_a_sellers_place_follows_what_the_newest_page_states(store, run, sellers):
    write(store, run, "p1", listing("k1", seller="店", seller_location="内蒙古"))
    write(store, run, "p2", listing("k2", seller="店", seller_location="宁夏"))
    assert [one.location for one in sellers.all()] == ["宁夏"]


def test_a_page_that_is_refused_writes_no_seller_either(store, run, sellers):
    write(store, run, "p1", listing("k1"))
    write(store, run, "p1", listing("k2", seller="店"))
    assert sellers.all() == []


def test_the_failures_of_a_run_and_the_listing_of_an_address(store, run):
    write(store, run, "p1", listing("k1"))
    write(store, run, "p2", reason="the site answers 503", status=503)
    assert store.failures(run.id) == ["the site answers 503"]
    assert store.read_at(SOURCE, "p1").key == "k1"
    assert store.read_at(SOURCE, "p2") is None
    assert store.read_at("another", "p1") is None

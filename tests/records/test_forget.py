"""Forgetting and sightings, on both databases."""

from datetime import timedelta

from records.forget import Forgotten
from records.ids import new_ulid
from records.model import Run
from records.sightings import Sighting
from records.terms import ListingState, Rung, RunOutcome

PAGE, PICTURE = "cd" * 32, "ab" * 32


def see(records, sample, at, *listings, fields="f1", page=PAGE):
    """Write one run whose page bytes were kept."""
    run = records.listings.open_run(Run(new_ulid(), sample.WATCH.id, RunOutcome.RUNNING, at), [("p1", "{}")])
    records.listings.write_page(
        run.id, "p1", origin=sample.ORIGIN, listings=[Sighting(one, [PICTURE], fields) for one in listings], follow=[],
        page_url=sample.ORIGIN, page_sha256=page, status=200, rung=Rung.CARDS, rendered=False, reason="", at=at, bytes_kept=True,
    )  # fmt: skip
    return records.listings.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=at)


def test_equal_fields_keep_the_snapshot_and_show_the_listing_as_last_seen(records, sample):
    from dataclasses import replace

    records.rights.save(sample.RIGHTS)
    one = sample.listing(1)
    see(records, sample, sample.AT, one)
    first = records.listings.latest_snapshot(one.id)
    later = replace(one, sales="已售 9 件")
    see(records, sample, sample.AT + timedelta(hours=1), later)
    assert records.listings.latest_snapshot(one.id) == first
    assert records.listings.get(one.id).sales == "已售 9 件"
    assert records.listings.state(one.id) is ListingState.UNCHANGED
    see(records, sample, sample.AT + timedelta(hours=2), later, fields="f2")
    assert records.listings.state(one.id) is ListingState.CHANGED
    assert len(records.listings.snapshots(one.id)) == 2


def test_what_is_no_hit_is_forgotten_and_what_is_one_is_not(records, sample):
    records.rights.save(sample.RIGHTS)
    hit, plain = sample.listing(1), sample.listing(2)
    see(records, sample, sample.AT, hit, plain)
    forgetting = records.forgetting
    assert forgetting.loose() == [PAGE]
    assert forgetting.needed([PAGE, PICTURE, "00" * 32]) == {PAGE: False, PICTURE: True}
    records.hits.save_detected(records.listings.latest_snapshot(hit.id).id, "v", [sample.found(1)])
    records.hits.save_detected(records.listings.latest_snapshot(plain.id).id, "v", [])
    assert forgetting.needed([PAGE]) == {PAGE: False}
    assert forgetting.forget(sample.AT - timedelta(days=1)) == Forgotten()
    would = forgetting.would_forget(sample.AT + timedelta(days=1))
    assert would == Forgotten(listings=1, snapshots=1, pages=1)
    assert records.listings.count() == 2
    assert forgetting.forget(sample.AT + timedelta(days=1)) == would
    assert [one.id for one in records.listings.all()] == [hit.id]
    assert forgetting.loose() == sorted([PAGE, PICTURE])
    forgetting.settle([PICTURE])
    assert forgetting.loose() == [PAGE]
    assert forgetting.forget(sample.AT + timedelta(days=1)) == Forgotten()


def test_a_seller_without_listings_goes(records, sample):
    records.rights.save(sample.RIGHTS)
    see(records, sample, sample.AT, sample.listing(1))
    records.hits.save_detected(records.listings.latest_snapshot("listing-1").id, "v", [])
    assert len(records.sellers.all()) == 1
    assert records.forgetting.forget(sample.AT + timedelta(days=1)).sellers == 1
    assert records.sellers.all() == []

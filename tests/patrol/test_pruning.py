"""Forgetting what is no hit: what goes, what stays, and kill -9 at any point."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from records.crawl import Run
from records.ids import new_ulid
from records.model import Decision
from records.sightings import Sighting
from records.terms import DecisionStage, HitState, Rung, RunOutcome, Verdict

ROOT = Path(__file__).parents[2]


@pytest.fixture
def keep(house, shop):
    """Write one run of listings with pictures and page bytes, as the crawl stage does; everything in it is a day old."""

    def write(*keys, days=100, picture=b"picture", page=b"<html>page"):
        at = house.now() - timedelta(days=days)
        store, vault = house.records.listings, house.vault
        run = store.open_run(Run(new_ulid(), "w1", RunOutcome.RUNNING, at), [("page", "{}")])
        made = []
        for key in keys:
            shas = (vault.put(picture + key.encode()), vault.put(picture))
            one = shop.listing(key, images=("http://shop.example/1.png", "http://shop.example/2.png"))
            made.append(Sighting(one, shas, f"{int(key):064x}"))
        sha = vault.put(page + "".join(keys).encode())
        store.write_page(
            run.id, "page", origin="http://shop.example", listings=made, follow=[], page_url="http://shop.example/list",
            page_sha256=sha, status=200, rung=Rung.CARDS, rendered=False, reason="", at=at, bytes_kept=True,
        )  # fmt: skip
        store.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=at)
        for path in house.vault.root.rglob("*"):
            if path.is_file():
                os.utime(path, (time.time() - 86_400,) * 2)
        return [one.listing for one in made], sha

    return write


def detected(house, *listings):
    for one in listings:
        house.records.hits.save_detected(house.records.listings.latest_snapshot(one.id).id, "v", [])


def missing(house):
    """Return what snapshots name of pictures that the vault does not hold."""
    found = [snap for one in house.records.listings.all() for snap in house.records.listings.snapshots(one.id)]
    return [sha for snap in found for sha in snap.image_sha256s if sha and not house.vault.has(sha)]


def test_what_is_no_hit_goes_with_its_pictures_and_what_is_one_stays(house, shop, keep):
    (hit, plain, other), _ = keep("1", "2", "3")
    (fresh,), _ = keep("4", days=3)
    shop.hit(hit)
    detected(house, plain, other, fresh)
    own = house.records.listings.latest_snapshot(plain.id).image_sha256s[0]
    shared = house.records.listings.latest_snapshot(plain.id).image_sha256s[1]
    done = house.pruning().run()
    assert (done.rows.listings, done.rows.snapshots, done.rows.pages) == (2, 2, 1)
    assert {one.id for one in house.records.listings.all()} == {hit.id, fresh.id}
    assert not house.vault.has(own)
    assert house.vault.has(shared)
    assert missing(house) == []
    assert house.records.forgetting.loose() == [house.records.listings.latest_snapshot(hit.id).page_sha256]
    again = house.pruning().run()
    assert (again.rows.listings, again.files) == (0, 0)


def test_a_pages_bytes_stay_until_detection_and_decision(house, shop, keep):
    (hit, plain), page = keep("1", "2", days=1)
    detected(house, plain)
    assert house.pruning().release() == (0, 0)
    stored = shop.hit(hit)
    assert house.pruning().release() == (0, 0)
    assert house.vault.get(page).startswith(b"<html>")
    decision = Decision(new_ulid(), stored.id, "ann", Verdict.FALSE_POSITIVE, DecisionStage.PROPOSE, house.now(), "no")
    house.records.decisions.append(decision, HitState.DISMISSED)
    files, size = house.pruning().release()
    assert (files, size) == (1, len(b"<html>page12"))
    assert not house.vault.has(page)
    assert house.records.listings.get(hit.id) is not None
    assert missing(house) == []


def test_a_confirmed_hits_page_stays_until_it_is_captured(house, shop, keep):
    (hit,), page = keep("1", days=1)
    stored = shop.hit(hit)
    decision = Decision(new_ulid(), stored.id, "ann", Verdict.SUSPECTED, DecisionStage.CONFIRM, house.now(), "same")
    house.records.decisions.append(decision, HitState.CONFIRMED)
    house.pruning().release()
    assert house.vault.has(page)


def test_bytes_that_something_else_names_stay(house, shop, keep, mark):
    from records.model import Reference

    (plain,), page = keep("1")
    sha = house.records.listings.latest_snapshot(plain.id).image_sha256s[0]
    house.records.rights.save_reference(Reference("r1", mark.id, sha, "image/png", "a.png"))
    detected(house, plain)
    house.pruning().run()
    assert house.vault.has(sha)
    assert not house.vault.has(page)
    assert house.records.forgetting.loose() == []


def test_bytes_put_a_moment_ago_stay_for_now(house, keep):
    (plain,), page = keep("1")
    detected(house, plain)
    house.vault.put(b"<html>page1")
    house.pruning().run()
    assert house.vault.has(page)
    assert page in house.records.forgetting.loose()


def test_older_contents_of_a_listing_on_offer_go_but_for_what_a_hit_speaks_of(house, shop, keep):
    (one,), _ = keep("1", days=120)
    first = house.records.listings.latest_snapshot(one.id)
    shop.hit(one)
    shop.see(shop.listing("1", title="砚溪雁 茶叶 500克"))
    assert len(house.records.listings.snapshots(one.id)) == 2
    house.pruning().run()
    assert next(snap.id for snap in house.records.listings.snapshots(one.id)) == first.id
    (two,), _ = keep("2", days=120)
    detected(house, two)
    shop.see(shop.listing("2", title="别的茶叶"))
    assert house.pruning().run().rows.snapshots == 1
    assert len(house.records.listings.snapshots(two.id)) == 1


def test_a_dry_run_touches_nothing(house, keep):
    (one, two), _ = keep("1", "2")
    detected(house, one, two)
    before = sorted(house.vault.digests())
    told = house.pruning().would()
    assert (told.rows.listings, told.files) == (2, 0)
    assert house.records.listings.count() == 2
    assert sorted(house.vault.digests()) == before
    assert house.pruning().run().rows == told.rows


def test_a_seller_goes_with_his_last_listing(house, shop, keep):
    (one,), _ = keep("1")
    detected(house, one)
    assert len(house.records.sellers.all()) == 1
    assert house.pruning().run().rows.sellers == 1
    assert house.records.sellers.all() == []


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_it_leaves_nothing_dangling_and_the_next_call_ends_it(house, env, shop, keep, seed):
    rng = random.Random(seed)
    for part in range(6):
        listings, _ = keep(*(str(1 + part * 100 + n) for n in range(100)), days=100 + part)
        shop.hit(listings[0])
        detected(house, *listings[1:])
    whole = house.records.listings.count() + sum(1 for _ in house.vault.root.rglob("*"))
    kills = 0
    for wanted in sorted(rng.sample(range(1, 1_100), 6)):
        child = subprocess.Popen(
            [sys.executable, "-m", "desk.cli.main", "prune"], env={**os.environ, **env, "PYTHONPATH": str(ROOT)}, cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while child.poll() is None:
            left = house.records.listings.count() + sum(1 for _ in house.vault.root.rglob("*"))
            if whole - left >= wanted:
                child.send_signal(signal.SIGKILL)
                kills += 1
                break
        child.wait(60)
        assert missing(house) == []
    assert kills
    house.pruning().run()
    assert house.records.listings.count() == 6
    named = {
        sha
        for one in house.records.listings.all()
        for sha in house.records.listings.latest_snapshot(one.id).image_sha256s
    }
    pages = {house.records.listings.latest_snapshot(one.id).page_sha256 for one in house.records.listings.all()}
    assert set(house.vault.digests()) == named | pages

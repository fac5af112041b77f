"""The stage against real records: pages in transactions, the life of a listing, and kill -9 at any point."""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from crawler.stage import plan_for
from records.ids import new_ulid
from records.model import Right, Run, Watch
from records.terms import ListingState, RightKind, RunOutcome, TargetKind

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def watch_of(site, *targets, **changes):
    values = {
        "id": "w1",
        "name": "w1",
        "target_kind": TargetKind.CATEGORY,
        "targets": tuple(site.url + t for t in targets or ("/",)),
    }
    return Watch(**{**values, **changes})


def test_a_run_writes_listings_snapshots_and_pictures(site, kit, stage_of, store, blobs):
    kit.shop(site, 5)
    run = stage_of(site).run(watch_of(site))
    assert (run.outcome, run.items, run.new_items, run.pages) == (RunOutcome.OK, 5, 5, 7)
    listings = list(store.all())
    assert len(listings) == store.count() == 5
    for listing in listings:
        snapshot = store.latest_snapshot(listing.id)
        assert snapshot.state is ListingState.NEW
        assert snapshot.run_id == run.id
        assert snapshot.page_url == listing.url
        assert len(snapshot.page_sha256) == 64
        assert blobs.get(snapshot.image_sha256s[0]) == kit.picture(int(listing.url.rsplit("/", 1)[1]))
    assert [source.origin for source in store.sources()] == [site.url]


def test_the_life_of_a_listing(site, kit, stage_of, store):
    kit.shop(site, 3, per_page=9)
    stage, watch = stage_of(site, delist_after=2), watch_of(site)
    stage.run(watch)
    ids = {listing.url.rsplit("/", 1)[1]: listing.id for listing in store.all()}
    assert stage.run(watch).new_items == 0
    assert all(len(store.snapshots(one)) == 1 for one in ids.values())

    site.put("/goods/2", kit.detail(2).replace("¥28.50", "¥19.00"))
    site.put("/", kit.listing_page([1, 2]))
    stage.run(watch)
    assert store.state(ids["2"]) is ListingState.CHANGED
    assert str(store.get(ids["2"]).price.low.amount) == "19.00"
    assert len(store.snapshots(ids["2"])) == 2
    assert store.state(ids["1"]) is ListingState.UNCHANGED
    assert store.state(ids["3"]) is ListingState.MISSING

    stage.run(watch)
    assert store.state(ids["3"]) is ListingState.DELISTED
    site.put("/", kit.listing_page([1, 2, 3]))
    stage.run(watch)
    assert store.state(ids["3"]) is ListingState.RELISTED
    assert store.count() == 3


def test_an_incomplete_run_finds_nothing_missing(site, kit, stage_of, store):
    kit.shop(site, 3, per_page=9)
    stage, watch = stage_of(site), watch_of(site)
    stage.run(watch)
    site.put("/", kit.listing_page([1, 2]))
    site.put("/goods/1", b"", 500)
    assert stage.run(watch).outcome is RunOutcome.PARTIAL
    assert all(store.state(listing.id) is not ListingState.MISSING for listing in store.all())


def test_a_failed_product_page_keeps_what_was_known(site, kit, stage_of, store):
    kit.shop(site, 2, per_page=9)
    stage, watch = stage_of(site), watch_of(site)
    stage.run(watch)
    site.put("/goods/1", b"", 404)
    stage.run(watch)
    one = next(listing for listing in store.all() if listing.url.endswith("/1"))
    assert one.origin == "内蒙古 第1旗"


def test_fewer_than_half_is_drift_and_marks_nothing(site, kit, stage_of, store):
    kit.shop(site, 6, per_page=9)
    stage, watch = stage_of(site, details=False, images_per_listing=0), watch_of(site)
    for _ in range(2):
        assert stage.run(watch).outcome is RunOutcome.OK
    site.put("/", kit.listing_page([1, 2]))
    run = stage.run(watch)
    assert run.outcome is RunOutcome.DRIFT
    assert "median" in run.reason
    assert all(store.state(listing.id) is not ListingState.MISSING for listing in store.all())


@pytest.mark.parametrize(("target", "words"), [("not a url", "http"), ("http://127.0.0.1:1/s?q={term}", "search term")])
def test_a_plan_that_cannot_be_crawled_is_a_failed_run(site, stage_of, store, target, words):
    watch = Watch("w2", "w2", TargetKind.SEARCH, (target,))
    run = stage_of(site).run(watch)
    assert run.outcome is RunOutcome.FAILED
    assert words in run.reason
    assert store.runs("w2")[0] == run


def test_the_terms_come_from_the_watchs_rights(site, stage_of):
    rights = [
        Right("r1", RightKind.GI, "阿拉善白绒山羊", aliases=("Alxa goat", "阿绒")),
        Right("r2", RightKind.TRADEMARK, "驼铃雪"),
    ]
    stage = stage_of(site)
    assert plan_for(watch_of(site, right_ids=("r2",)), rights, stage.options).terms == ("驼铃雪",)
    assert plan_for(watch_of(site), rights, stage.options).terms == ("阿拉善白绒山羊", "Alxa goat", "阿绒", "驼铃雪")
    assert plan_for(watch_of(site), rights, stage.options).obey_robots
    assert not plan_for(watch_of(site, authority="court order 12"), rights, stage.options).obey_robots


CRAWLER = """
import sys
from pathlib import Path
from crawler.stage import CrawlStage, StageOptions
from records.engine import Sessions, open_engine
from records.listings import ListingRecords
from records.model import Watch
from records.terms import TargetKind

class Folder:
    def __init__(self, root):
        self.root = Path(root)
        self.root.mkdir(exist_ok=True)
    def put(self, data):
        import hashlib
        sha = hashlib.sha256(data).hexdigest()
        (self.root / sha).write_bytes(data)
        return sha
    def get(self, sha):
        return (self.root / sha).read_bytes()

home, url, host, delay = sys.argv[1:]
store = ListingRecords(Sessions(open_engine(f"sqlite:///{home}/records.db")))
options = StageOptions("markwatch/0.1", Path(home) / "spool", (host,), crawl_delay_s=float(delay))
print(CrawlStage(store, Folder(home + "/vault"), options).run(Watch("w1", "w1", TargetKind.CATEGORY, (url,))).outcome)
"""


def _crawl_until(home, site, requests=None, delay=0.0):
    """Run the stage in a process of its own; kill it once the site saw so many more requests (None: let it end).

    Return whether it ended by itself.
    """
    command = [sys.executable, "-c", CRAWLER, str(home), site.url + "/", f"127.0.0.1:{site.port}", str(delay)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    seen, deadline = len(site.log), time.monotonic() + 120
    try:
        while process.poll() is None and time.monotonic() < deadline:
            if requests is not None and len(site.log) - seen >= requests:
                return False
            time.sleep(0.01)
        assert process.poll() is not None, "the crawl did not end"
        return True
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("seed", [20261122])
def test_kill_9_at_random_points_loses_and_doubles_nothing(site, kit, store, tmp_path, seed):
    kit.shop(site, 24, per_page=5)
    for number in range(1, 25):
        body = kit.detail(number)
        site.pages[f"/goods/{number}"] = lambda path, body=body: time.sleep(0.15) or kit.Answer(body)
    chance = random.Random(seed)
    for kill in range(5):
        assert not _crawl_until(tmp_path, site, chance.randint(1, 9)), f"ended before kill {kill + 1}"
    while True:
        if _crawl_until(tmp_path, site) and store.history("w1"):
            break
    listings = list(store.all())
    assert sorted(int(listing.url.rsplit("/", 1)[1]) for listing in listings) == list(range(1, 25))
    assert all(listing.origin for listing in listings)
    assert all(len(store.snapshots(listing.id)) == 1 for listing in listings)
    assert all(all(store.latest_snapshot(listing.id).image_sha256s) for listing in listings)
    runs = store.runs("w1", 10)
    assert runs[-1].items == 24


@pytest.mark.parametrize(("kills", "count"), [(5, 30), pytest.param(50, 330, marks=pytest.mark.soak)])
def test_a_kill_repeats_no_more_than_the_request_in_flight(site, kit, store, tmp_path, kills, count):
    """Among polite requests, one at a time, each kill may cost the one that was under way: pages and pictures together."""
    kit.shop(site, count, per_page=max(10, count // 15))  # within a watch's twenty listing pages
    chance = random.Random(20261126)
    for kill in range(kills):
        assert not _crawl_until(tmp_path, site, chance.randint(2, 8), 0.02), f"ended before kill {kill + 1}"
    assert _crawl_until(tmp_path, site, delay=0.0)
    assert store.history("w1")
    listings = list(store.all())
    assert sorted(int(listing.url.rsplit("/", 1)[1]) for listing in listings) == list(range(1, count + 1))
    assert all(len(store.snapshots(listing.id)) == 1 for listing in listings)
    again = [path for path in site.log if path != "/robots.txt" and not path.startswith("/pic")]
    assert len(again) - len(set(again)) <= kills


def test_a_resumed_run_does_not_fetch_done_pages_again(site, kit, store, tmp_path, stage_of):
    kit.shop(site, 6, per_page=3)
    from crawler.plan import PageTask, dump, page_key
    from records.ids import new_ulid
    from records.model import Run

    tasks = [
        PageTask(f"{site.url}/", series=f"{site.url}/"),
        PageTask(f"{site.url}/?p=2", number=2, series=f"{site.url}/"),
    ]
    rows = [(page_key(task), dump(PageTask, task).decode()) for task in tasks]
    now = datetime.now(UTC)
    run = store.open_run(Run(new_ulid(), "w1", RunOutcome.RUNNING, now), rows)
    store.write_page(
        run.id,
        rows[0][0],
        origin=site.url,
        listings=[],
        follow=[],
        page_url=tasks[0].url,
        page_sha256="",
        status=200,
        rung=None,
        rendered=False,
        reason="",
        at=now,
    )
    ended = stage_of(site).run(watch_of(site))
    assert ended.id == run.id
    assert site.asked("/") == 0
    assert ended.items == 3


def test_a_run_taken_up_after_pages_that_all_failed_is_no_success(site, kit, stage_of, store):
    kit.shop(site, 3)
    stage, watch = stage_of(site), watch_of(site)
    run = store.open_run(Run(new_ulid(), watch.id, RunOutcome.RUNNING, NOW), [("k", "{}")])
    store.write_page(run.id, "k", origin=site.url, listings=[], follow=[], page_url=f"{site.url}/", page_sha256="", status=503,
                     rung=None, rendered=False, reason="the site answers 503", at=NOW)  # fmt: skip
    ended = stage.run(watch)
    assert ended.outcome is RunOutcome.FAILED
    assert "503" in ended.reason
    assert site.log == []


def test_a_run_taken_up_after_its_last_good_page_is_ok_but_ages_nothing(site, kit, stage_of, store):
    kit.shop(site, 3)
    stage, watch = stage_of(site), watch_of(site)
    whole = stage.run(watch)
    listings = [(listing, ()) for listing in store.all()]
    run = store.open_run(Run(new_ulid(), watch.id, RunOutcome.RUNNING, NOW), [("k", "{}")])
    store.write_page(run.id, "k", origin=site.url, listings=listings[:1], follow=[], page_url=f"{site.url}/", page_sha256="",
                     status=200, rung=None, rendered=False, reason="", at=NOW)  # fmt: skip
    ended = stage.run(watch)
    assert (whole.outcome, ended.outcome, ended.id) == (RunOutcome.OK, RunOutcome.OK, run.id)
    assert [store.state(listing.id) for listing, _ in listings[1:]] == [ListingState.NEW, ListingState.NEW]


def test_a_product_at_two_addresses_is_one_listing_even_where_its_page_fails_later(site, kit, stage_of, store):
    def page(number):
        return kit.detail(number).replace("</head>", f'<link rel="canonical" href="/goods/{number}"></head>')

    kit.shop(site, 2)
    for path in ("/goods/1", "/wool/goods/1"):
        site.put(path, page(1))
    second = kit.card(1).replace("/goods/1", "/wool/goods/1")
    site.put("/", kit.listing_page([2]).replace("</ul></main>", f"{second}</ul></main>"))
    site.put("/both", kit.listing_page([1, 2]).replace("</ul></main>", f"{second}</ul></main>"))
    stage = stage_of(site)
    stage.run(watch_of(site))
    assert {listing.url for listing in store.all()} == {f"{site.url}/goods/1", f"{site.url}/goods/2"}
    stage.run(watch_of(site, "/both"))
    site.put("/wool/goods/1", b"", 404)
    stage.run(watch_of(site))
    assert store.count() == 2
    assert {listing.origin for listing in store.all()} == {"内蒙古 第1旗", "内蒙古 第2旗"}


def test_a_canonical_address_that_all_products_share_is_not_believed(site, kit, stage_of, store):
    kit.shop(site, 3)
    for number in (1, 2, 3):
        site.put(
            f"/goods/{number}", kit.detail(number).replace("</head>", '<link rel="canonical" href="/anything"></head>')
        )
    stage_of(site).run(watch_of(site))
    assert {listing.title for listing in store.all()} == {f"阿拉善驼绒围巾 第{n}款" for n in (1, 2, 3)}

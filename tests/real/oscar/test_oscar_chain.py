"""The main job over a real shop: patrolled with nothing but a watch, then confirmed, captured, packaged and verified.

There is no site profile for this shop, and it states no schema.org: the cards and product pages must be understood.
"""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import imagehash
import pytest
from PIL import Image

from demo.calendar import DemoCalendar
from demo.tamper import flip_one_byte
from patrol.app import App, build
from patrol.checking import verify_package_file
from patrol.portfolio import import_rights
from patrol.round import RoundReport
from patrol.watches import WatchDraft, save_watch
from records.model import Case, Exhibit, Hit, Listing
from records.terms import CaptureOutcome, HitState, Outcome, Verdict

EXPECTED = json.loads(Path(__file__).with_name("hits.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Patrolled:
    """The App after one round over the shop."""

    app: App
    report: RoundReport
    shop: object
    listings: dict[str, Listing]

    def product(self, upc: str):
        """The catalogue's row of a UPC."""
        return next(p for p in self.shop.products if p.upc == upc)


@pytest.fixture(scope="module")
def patrolled(oscar_shop, tmp_path_factory) -> Iterator[Patrolled]:
    """One round over the shop: rights imported, one watch, nothing else."""
    home = tmp_path_factory.mktemp("home")
    with DemoCalendar() as calendar:
        app = build(
            {
                "MARKWATCH_HOME": str(home),
                "MARKWATCH_ALLOW_HOSTS": f"{urlsplit(oscar_shop.url).netloc},{calendar.host}",
                "MARKWATCH_CALENDARS": calendar.url,
                "MARKWATCH_CALENDARS_QUORUM": "1",
                "MARKWATCH_CRAWL_DELAY_S": "0",
            }
        )
        app.init()
        assert not import_rights(app, oscar_shop.rights_file, "tester").problems
        save_watch(app, WatchDraft("oscar", (oscar_shop.url,), kind="shop"), "tester")
        report = app.round().run()
        listings = {listing.title: listing for listing in app.records.listings.all()}
        yield Patrolled(app, report, oscar_shop, listings)
        app.close()


def test_the_run_is_complete(patrolled):
    (watch,) = patrolled.report.watches
    assert (watch.outcome, watch.items) == ("ok", len(patrolled.shop.products)), watch.reason


def test_every_product_is_found_once_and_nothing_else(patrolled):
    assert set(patrolled.listings) == {product.title for product in patrolled.shop.products}
    assert patrolled.app.records.listings.count() == len(patrolled.shop.products)


def test_every_price_and_currency_is_right(patrolled):
    for product in patrolled.shop.products:
        price = patrolled.listings[product.title].price
        assert price is not None, product.title
        assert (price.low.amount, price.low.currency) == (product.price, "CNY"), product.title
        assert price.high is None or price.high == price.low, product.title


def test_every_address_is_the_products_own(patrolled):
    for number, product in enumerate(patrolled.shop.products, 1):
        url = patrolled.listings[product.title].url
        assert url is not None
        assert url.startswith(patrolled.shop.url + "catalogue/")
        assert url.endswith(f"_{number}/"), (product.title, url)


def test_every_description_is_read(patrolled):
    for product in patrolled.shop.products:
        assert product.description in patrolled.listings[product.title].description, product.title


def test_every_stated_origin_and_attribute_is_read(patrolled):
    for product in patrolled.shop.products:
        listing = patrolled.listings[product.title]
        assert listing.origin == product.origin, product.title
        assert listing.ingredients == product.attributes.get("配料", product.attributes.get("Ingredients", ""))
        assert listing.standard == product.attributes.get("执行标准", "")
        for name, text in product.attributes.items():
            assert listing.attributes.get(name) == text, (product.title, name)


def test_every_photo_is_the_products_own(patrolled, oscar_harness, tmp_path):
    originals = oscar_harness.make_pictures(tmp_path)
    for product in patrolled.shop.products:
        listing = patrolled.listings[product.title]
        snapshot = patrolled.app.records.listings.latest_snapshot(listing.id)
        assert listing.images[0].startswith(patrolled.shop.url + "media/")
        seen = Image.open(io.BytesIO(patrolled.app.vault.get(snapshot.image_sha256s[0])))
        original = Image.open(originals / f"{product.upc}.jpg")
        assert imagehash.phash(seen) - imagehash.phash(original) <= 6, product.title


def _alerts(patrolled) -> dict[str, tuple[str, str]]:
    by_id = {listing.id: title for title, listing in patrolled.listings.items()}
    upcs = {product.title: product.upc for product in patrolled.shop.products}
    hits = patrolled.app.records.hits.query(limit=1000)
    return {upcs[by_id[h.listing_id]]: (h.right_id, h.outcome.value) for h in hits if h.alert}


def test_every_planted_listing_is_raised_for_its_right(patrolled):
    alerts = _alerts(patrolled)
    missing = {
        row["title"]: alerts.get(upc)
        for upc, row in EXPECTED.items()
        if alerts.get(upc) != (row["right"], row["outcome"])
    }
    assert not missing


def test_no_honest_listing_is_raised(patrolled):
    wrong = {patrolled.product(upc).title: alert for upc, alert in _alerts(patrolled).items() if upc not in EXPECTED}
    assert not wrong


def test_every_alert_says_why_in_both_languages(patrolled):
    for hit in patrolled.app.records.hits.query(limit=1000):
        assert all(f.explanation.zh and f.explanation.en for f in hit.findings)
        assert not any("侵权" in f.explanation.zh for f in hit.findings)


def test_a_second_round_finds_nothing_new_and_doubles_nothing(patrolled):
    before = {hit.id for hit in patrolled.app.records.hits.query(alerts_only=False, limit=10_000)}
    report = patrolled.app.round().run()
    assert report.watches[0].outcome == "ok"
    assert (report.watches[0].new_items, report.new_hits) == (0, 0)
    assert patrolled.app.records.listings.count() == len(patrolled.shop.products)
    assert {hit.id for hit in patrolled.app.records.hits.query(alerts_only=False, limit=10_000)} == before


@pytest.fixture(scope="module")
def kept(patrolled) -> tuple[Case, Exhibit, Hit]:
    """The clearest hit, confirmed by two people, captured and stamped by the worker."""
    hits = patrolled.app.records.hits.query(limit=1000)
    hit = next(h for h in hits if h.alert and h.outcome is Outcome.SUSPECTED and h.state is HitState.OPEN)
    review = patrolled.app.review()
    review.decide(hit.id, Verdict.SUSPECTED, actor="officer")
    case = review.confirm(hit.id, actor="reviewer").case
    assert case is not None
    report = patrolled.app.worker().run(once=True)
    assert report.failed == 0, report.document()
    (exhibit,) = patrolled.app.records.exhibits.for_hit(hit.id)
    return case, exhibit, hit


@pytest.fixture(scope="module")
def package(patrolled, kept, tmp_path_factory) -> Path:
    """The case's package."""
    out = tmp_path_factory.mktemp("package") / "case.zip"
    patrolled.app.packages().build(kept[0].number, out, actor="reviewer")
    return out


def _verify(patrolled, path: Path) -> dict:
    return verify_package_file(lambda: patrolled.app, path, (), None, "en")


def test_the_page_is_captured_whole(patrolled, kept):
    _, exhibit, hit = kept
    assert exhibit.outcome is CaptureOutcome.COMPLETE, exhibit.reason
    assert exhibit.url == patrolled.app.records.listings.get(hit.listing_id).url
    roles = {artifact.path.rsplit("/", 1)[-1] for artifact in exhibit.artifacts}
    assert {"full.png", "dom.html", "exchanges.jsonl", "match.json"} <= roles


def test_the_package_verifies_with_its_proof_pending(patrolled, package):
    verdict = _verify(patrolled, package)
    assert verdict["exit"] == 2, verdict["reasons"]
    assert set(verdict["files"].values()) == {"ok"}


def test_one_flipped_byte_fails(patrolled, package, tmp_path):
    touched = flip_one_byte(package, tmp_path / "changed.zip")
    verdict = _verify(patrolled, tmp_path / "changed.zip")
    assert verdict["exit"] == 1
    changed = [name for name, state in verdict["files"].items() if state == "changed"]
    assert any(touched.endswith(name) for name in changed), verdict["files"]


def test_a_cut_package_fails(patrolled, package, tmp_path):
    cut = Path(shutil.copy(package, tmp_path / "cut.zip"))
    with cut.open("r+b") as file:
        file.truncate(cut.stat().st_size // 2)
    assert _verify(patrolled, cut)["exit"] == 1

"""A robots.txt that an authority overrides shows wherever a source is reported."""

from dataclasses import replace

from desk.alarms import with_robots
from evidence.package.report import _why
from patrol.tasks import detection_of
from records.model import Run
from records.terms import RunOutcome


def test_the_packages_report_says_it_with_the_authority(house, shop, mark):
    watch = house.records.watches.get("w1")
    house.records.watches.save(replace(watch, authority="阿拉善盟某局 委托书 2026-3"))
    store = house.records.listings
    store.open_run(Run("r1", "w1", RunOutcome.RUNNING, house.now(), robots="overridden"), [("page", "{}")])
    listing = shop.listing()
    shop.see(listing)
    match = dict(detection_of(house, shop.hit(listing)).match)
    assert match["crawl"]["robots"] == "overridden"
    english, chinese = _why({"match": match}, "en"), _why({"match": match}, "zh")
    assert "on this authority: 阿拉善盟某局 委托书 2026-3" in english
    assert "依授权未遵循 robots.txt" in chinese


def test_one_that_is_obeyed_is_said_too(house, shop):
    listing = shop.listing()
    shop.see(listing)
    match = dict(detection_of(house, shop.hit(listing)).match)
    assert "obeyed by the crawl" in _why({"match": match}, "en")


def test_lines_about_sources():
    assert with_robots("ok", "obeyed") == "ok"
    assert "robots.txt" in with_robots("", "overridden")
    assert with_robots("ok", "overridden").startswith("ok")

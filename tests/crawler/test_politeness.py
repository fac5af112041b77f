"""robots.txt by RFC 9309, Crawl-delay, Retry-After in both forms."""

import itertools
from datetime import UTC, datetime

import pytest

from crawler.net.hosts import wait_seconds
from crawler.net.robots import Rules
from records.terms import RunOutcome

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("Fri, 01 May 2026 08:00:30 GMT", 30.0),
        ("Fri, 01 May 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_retry_after_in_both_forms(value, seconds):
    assert wait_seconds(value, NOW) == seconds


def test_retry_after_is_kept(site, kit, crawled):
    kit.shop(site, 2, per_page=9)
    page = site.pages["/"]
    site.pages["/"] = lambda path: (
        page if site.asked("/") > 1 else kit.Answer(b"wait", 429, "text/plain", {"Retry-After": "1"})
    )
    run = crawled(site, details=False, images_per_listing=0)
    assert run.end.outcome is RunOutcome.OK
    first, second = (site.times[place] for place, path in enumerate(site.log) if path == "/")
    assert second - first >= 1.0


def test_crawl_delay_is_kept_by_all_requests_of_the_host(site, kit, crawled):
    kit.shop(site, 2, per_page=9)
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.4\n", kind="text/plain")
    run = crawled(site)
    assert run.end.outcome is RunOutcome.OK
    assert run.end.robots == "allowed"
    times = site.times[1:]
    assert len(times) == 5
    assert all(later - earlier >= 0.35 for earlier, later in itertools.pairwise(times))


def test_robots_disallow_is_an_outcome_and_an_authority_overrides_it(site, kit, crawled):
    kit.shop(site, 2, per_page=9)
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", kind="text/plain")
    run = crawled(site)
    assert run.end.outcome is RunOutcome.BLOCKED
    assert "robots.txt disallows" in run.end.reason
    assert site.log == ["/robots.txt"]
    run = crawled(site, obey_robots=False)
    assert run.end.outcome is RunOutcome.OK
    assert run.end.robots == "overridden"


def test_robots_rules_hold_for_product_pages_and_pictures(site, kit, crawled):
    kit.shop(site, 2, per_page=9)
    site.put(
        "/robots.txt",
        "User-agent: markwatch\nDisallow: /goods/2\nDisallow: /pic/\n\nUser-agent: *\nDisallow: /\n",
        kind="text/plain",
    )
    run = crawled(site)
    assert site.asked("/goods/1") == 1
    assert site.asked("/goods/2") == 0
    assert not any(path.startswith("/pic") for path in site.log)
    assert len(run.listings) == 2


def test_a_robots_txt_answered_with_503_disallows_everything(site, kit, crawled):
    kit.shop(site, 2, per_page=9)
    site.put("/robots.txt", b"User-agent: *\nAllow: /\n", 503, kind="text/plain")
    run = crawled(site)
    assert run.end.outcome is RunOutcome.BLOCKED
    assert "503" in run.end.reason
    assert set(site.log) == {"/robots.txt"}


def test_a_giant_robots_txt_is_read_to_its_cap(site, kit, crawled):
    kit.shop(site, 2, per_page=9)
    site.put("/robots.txt", b"User-agent: *\nDisallow: /goods/1\n" + b"# filler\n" * 1_000_000, kind="text/plain")
    run = crawled(site, images_per_listing=0, max_page_bytes=20_000_000)
    assert site.asked("/goods/1") == 0
    assert site.asked("/goods/2") == 1
    assert len(run.listings) == 2


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/c", False),
        ("User-agent: MarkWatch\nDisallow: /", "/", False),
        ("User-agent: other\nDisallow: /", "/", True),
        ("", "/", True),
        ("User-agent: *\nDisallow: /*.php$", "/x.php", False),
        ("<html>nonsense", "/", True),
    ],
)
def test_rules(rules, path, allowed):
    assert Rules(rules).allowed(f"https://x.example{path}", "markwatch") is allowed


def test_delays_and_refusals():
    assert Rules("User-agent: *\nCrawl-delay: 7").delay("markwatch") == 7.0
    assert Rules("User-agent: *\nCrawl-delay: 99999").delay("markwatch") == 120.0
    assert Rules("").delay("markwatch") == 0.0
    assert not Rules(refusal="unreachable").allowed("https://x.example/", "markwatch")

"""What a run says of fairs: pure, and over a fair of three pages with exhibitors' own sites."""

from datetime import UTC, date, datetime

import pytest

from crawler.fairs import fair_id, fairs_of, merged
from records.crawl import Exhibitor, Fair
from records.model import Event, Listing, Watch
from records.terms import RunOutcome, TargetKind

NOW = datetime(2026, 4, 1, tzinfo=UTC)
EVENT = Event("第九届戈壁特产博览会", date(2026, 5, 1), date(2026, 5, 3), "阿拉善左旗会展中心")
URL = "https://fair.example/2026"


def shows(title, seller, **fields):
    return Listing(title, title, seller=seller, event=fields.pop("event", EVENT), **fields)


def test_exhibitors_are_put_together_from_what_they_show():
    listings = [
        shows(
            "岚沟酒业",
            "岚沟酒业",
            booth="A12",
            attributes={"国别": "中国", "展品": "白酒、果酒;酒具", "网址": "www.langou.example"},
        ),
        shows("岚沟陈酿", "岚沟酒业", booth="A12"),
        shows("Sand Art GmbH", "Sand Art GmbH", attributes={"Country": "Germany"}, url="https://sandart.example/"),
        shows("无主之物", " "),
        Listing("x", "没有展会", seller="谁"),
    ]
    (fair,) = fairs_of("w1", listings, URL, NOW)
    assert (fair.name, fair.starts, fair.ends, fair.venue) == (EVENT.name, EVENT.starts, EVENT.ends, EVENT.venue)
    assert fair.exhibitors == (
        Exhibitor("岚沟酒业", "A12", "中国", ("白酒", "果酒", "酒具", "岚沟陈酿"), "http://www.langou.example"),
        Exhibitor("Sand Art GmbH", "", "Germany", (), "https://sandart.example/"),
    )
    assert fair.id == fair_id("w1", EVENT.name)


@pytest.mark.parametrize("site", ["javascript:alert(1)", "见展位", "ftp://x.example/a", ""])
def test_what_is_no_site_is_none(site):
    (fair,) = fairs_of("w1", [shows("甲", "甲", attributes={"官网": site}, url=f"{URL}/e/1")], URL, NOW)
    assert fair.exhibitors[0].site == ""


def test_a_date_that_is_not_stated_is_not_invented():
    (fair,) = fairs_of("w1", [shows("甲", "甲", event=Event("某展"))], URL, NOW)
    assert (fair.starts, fair.ends, fair.venue) == (None, None, "")


def test_a_run_that_left_pages_out_forgets_nobody():
    known = Fair("f", "w", URL, "展", NOW, date(2026, 5, 1), None, "馆", (Exhibitor("甲", "A1"), Exhibitor("乙", "B1")))
    fresh = Fair("f", "w", URL, "展", NOW, None, date(2026, 5, 3), "", (Exhibitor("乙", "B2"),))
    both = merged(fresh, known)
    assert (both.starts, both.ends, both.venue) == (date(2026, 5, 1), date(2026, 5, 3), "馆")
    assert both.exhibitors == (Exhibitor("乙", "B2"), Exhibitor("甲", "A1"))
    assert merged(fresh, None) is fresh


def fair_site(site, count=7, per_page=3):
    """A fair with pages of exhibitors and a page for each, as event programs write them."""
    head = "<h1>第九届戈壁特产博览会</h1><p>时间:2026年5月1日-3日</p><p>地点:阿拉善左旗会展中心</p>"
    pages = -(-count // per_page)
    for page in range(1, pages + 1):
        numbers = range((page - 1) * per_page + 1, min(count, page * per_page) + 1)
        cards = "".join(
            f'<div class="exhibitor-card"><a href="/e/{n}"><h3>岚沟{n}号企业</h3></a><span class="booth">展位 A{n:02}</span><p>中国</p></div>'
            for n in numbers
        )
        more = f'<a href="/list?page={page + 1}">下一页</a>' if page < pages else ""
        site.put(
            "/list" if page == 1 else f"/list?page={page}",
            f"<html lang=zh><title>参展商名录</title><body>{head}<div>{cards}</div>{more}</body></html>",
        )
    for n in range(1, count + 1):
        site.put(
            f"/e/{n}",
            f"<html lang=zh><title>岚沟{n}号企业</title><body><h1>岚沟{n}号企业</h1><table><tr><th>展位号</th><td>A{n:02}</td></tr><tr><th>国别</th><td>中国</td></tr>"
            f"<tr><th>主营产品</th><td>苦荞、驼绒</td></tr></table><p>官网:<a href='http://shop{n}.example/'>http://shop{n}.example/</a></p><p>企业简介若干文字。</p></body></html>",
        )


def test_a_fair_is_kept_with_its_exhibitors_and_a_second_run_changes_nothing(site, stage_of, fairs):
    fair_site(site)
    watch = Watch("w9", "戈壁展", TargetKind.EXHIBITION, (site.url + "/list",))
    stage = stage_of(site, images_per_listing=0)
    run = stage.run(watch)
    assert run.outcome is RunOutcome.OK, run.reason
    (fair,) = fairs.all()
    assert (fair.name, fair.starts, fair.ends) == ("第九届戈壁特产博览会", date(2026, 5, 1), date(2026, 5, 3))
    assert "阿拉善左旗会展中心" in fair.venue
    assert sorted(one.name for one in fair.exhibitors) == [f"岚沟{n}号企业" for n in range(1, 8)]
    first = next(one for one in fair.exhibitors if one.name == "岚沟3号企业")
    assert (first.booth, first.country, first.products, first.site) == (
        "A03",
        "中国",
        ("苦荞", "驼绒"),
        "http://shop3.example/",
    )
    stage.run(watch)
    (again,) = fairs.all()
    assert (again.id, set(again.exhibitors)) == (fair.id, set(fair.exhibitors))
    site.put("/list?page=2", b"", 500)
    stage.run(watch)
    assert len(fairs.all()[0].exhibitors) == 7

"""A whole crawl in its child process against loopback sites: what it finds, follows, refuses and reports."""

import gzip
import os
import time
from pathlib import Path

from crawler.plan import PageKind, PageTask
from crawler.runner import TOKEN, crawl, marked
from records.terms import RenderMode, Rung, RunOutcome


def test_every_product_once_with_its_fields_and_its_picture_in_the_spool(site, kit, crawled):
    kit.shop(site, 7)
    run = crawled(site)
    assert run.end.outcome is RunOutcome.OK
    assert run.end.complete
    assert run.end.robots == "none (status 404)"
    found = {listing.title: listing for listing in run.listings}
    assert len(run.listings) == len(found) == 7
    one = found["阿拉善驼绒围巾 第4款"]
    assert one.url == f"{site.url}/goods/4"
    assert str(one.price.low.amount) == "48.50"
    assert one.price.low.currency == "CNY"
    assert one.origin == "内蒙古 第4旗"
    assert one.standard == "GB/T 4"
    assert one.seller == "店1"
    assert one.description == "驼绒围巾的说明，编号4。"
    assert one.images == (f"{site.url}/pic/4.png",)
    assert "张三" not in repr(run.listings)
    assert site.agents == {kit.AGENT}
    assert len(site.log) == len(set(site.log))
    assert {listing.rung for listing in run.listings} == {Rung.CARDS}
    assert len(run.images) == 7
    for image in run.images:
        assert Path(image.path).read_bytes()
        assert Path(image.path).name == image.sha256
    assert {sha for page in run.pages for sha in page.images.values()} == {image.sha256 for image in run.images}


def test_a_page_limit_ends_the_list_and_makes_the_run_incomplete(site, kit, crawled):
    kit.shop(site, 9)
    run = crawled(site, page_limit=2, details=False)
    assert len(run.listings) == 6
    assert not run.end.complete
    assert "page limit" in run.end.reason


def test_done_pages_are_not_fetched_again(site, kit, plan_of):
    kit.shop(site, 7)
    from crawler.plan import page_key

    first = PageTask(f"{site.url}/", series=f"{site.url}/")
    second = PageTask(f"{site.url}/?p=2", number=2, series=f"{site.url}/")
    list(crawl(plan_of(site, pending=(second,), done=(page_key(first),), details=False, images_per_listing=0)))
    assert site.asked("/") == 0
    assert site.asked("/?p=2") == 1


def test_a_repeating_page_ends_the_list(site, kit, crawled):
    site.pages["/"] = lambda path: kit.Answer(kit.listing_page([1, 2, 3], f"/?p={len(site.log) + 5}"))
    run = crawled(site, details=False, images_per_listing=0, stall_pages=2)
    assert len(run.listings) == 3
    assert len(run.pages) == 3


def test_a_dead_product_page_keeps_its_card(site, kit, crawled):
    kit.shop(site, 3)
    site.put("/goods/2", b"gone", 404)
    run = crawled(site)
    assert run.end.outcome is RunOutcome.PARTIAL
    assert "404" in run.end.reason
    assert {listing.title for listing in run.listings} == {f"阿拉善驼绒围巾 第{n}款" for n in (1, 2, 3)}


def test_every_bad_status_is_reported_with_its_number(site, crawled):
    statuses = [400, 401, 404, 410, 403, 418, 500, 429, 502, 504, 451, 503]
    for status in statuses:
        site.put(f"/{status}", b"<html><body><h1>no</h1></body></html>", status)
    run = crawled(site, *(f"/{status}" for status in statuses), details=False)
    told = {int(page.task.url.rsplit("/", 1)[1]): page for page in run.pages}
    assert set(told) == set(statuses)
    assert all(str(status) in page.failure for status, page in told.items())
    assert {status for status, page in told.items() if page.blocked} == {401, 403, 429, 451}
    assert run.end.outcome is RunOutcome.BLOCKED


def test_garbage_is_reported_with_a_reason(site, crawled):
    bodies = [
        (b"", "text/html"),
        (b"\x00\xff\xfe" * 300, "text/html"),
        (b"<<<>>>" * 50, ""),
        (b'{"a": 1}', "application/json"),
        (b"%PDF-1.4 nonsense", "application/pdf"),
        (b"<html><body><ul><li><a href='/x'>cut", "text/html"),
    ]
    for number, (body, kind) in enumerate(bodies):
        site.put(f"/{number}", body, kind=kind)
    run = crawled(site, *(f"/{number}" for number in range(len(bodies))), render=RenderMode.NEVER)
    assert len(run.pages) == len(bodies)
    assert not run.listings
    assert run.end.outcome in (RunOutcome.EMPTY, RunOutcome.FAILED)
    assert run.end.reason


def test_an_unreachable_site_fails_with_its_name(site, crawled):
    site.close()
    run = crawled(site)
    assert run.end.outcome is RunOutcome.FAILED
    assert f"127.0.0.1:{site.port}" in run.end.reason


def test_a_private_address_is_refused(site, kit, crawled):
    kit.shop(site, 2)
    run = crawled(site, allow_hosts=())
    assert run.end.outcome is RunOutcome.FAILED
    assert "expected a public address" in run.end.reason
    assert site.log == []


def test_a_redirect_to_a_private_address_is_refused(site, other_site, kit, crawled):
    kit.shop(other_site, 2)
    site.put("/", b"", 302, Location=f"{other_site.url}/")
    run = crawled(site)
    assert run.end.outcome is RunOutcome.FAILED
    assert other_site.log == []


def test_a_redirect_loop_ends(site, crawled):
    site.put("/", b"", 302, Location="/a")
    site.put("/a", b"", 302, Location="/")
    run = crawled(site)
    assert run.end.outcome is RunOutcome.FAILED
    assert len(site.log) < 15


def test_a_picture_that_is_none_is_kept_out_and_reported(site, kit, crawled):
    kit.shop(site, 3)
    site.put("/pic/2.png", b"<html>no picture</html>", kind="image/png")
    run = crawled(site)
    bad = [image for image in run.images if image.reason]
    assert [image.url for image in bad] == [f"{site.url}/pic/2.png"]
    assert "not an image" in bad[0].reason
    assert run.end.outcome is RunOutcome.OK
    assert "1 pictures could not be kept" in run.end.reason


def test_a_picture_on_a_private_host_is_not_fetched(site, other_site, kit, crawled):
    site.put("/", kit.listing_page([1, 2]).replace("/pic/1.png", f"{other_site.url}/pic/1.png"))
    run = crawled(site, details=False)
    assert other_site.log == []
    assert any("public address" in image.reason for image in run.images)


def test_a_compression_bomb_is_capped(site, crawled):
    site.put("/", gzip.compress(b"<p>" + b"a" * 60_000_000), Content_Encoding="gzip")
    run = crawled(site, max_page_bytes=2_000_000)
    assert run.end.outcome is RunOutcome.FAILED
    assert "2000000" in run.end.reason


def test_an_endless_answer_is_cut_off(site, crawled):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"<p>more</p>" * 5_000)
        except OSError:
            pass

    site.pages["/"] = lambda path: __import__("types").SimpleNamespace(body=drip)
    run = crawled(site, max_page_bytes=1_000_000)
    assert run.end.outcome is RunOutcome.FAILED
    assert "more than the 1000000 bytes" in run.end.reason


def test_a_silent_site_meets_the_deadline(site, crawled):
    def silent(handler):
        time.sleep(8)

    site.pages["/"] = lambda path: __import__("types").SimpleNamespace(body=silent)
    run = crawled(site, page_deadline_s=1.0, run_deadline_s=20)
    assert run.end.outcome is RunOutcome.FAILED


def test_wrong_charsets_are_seen_through(site, kit, crawled):
    cases = [("gb18030", "utf-8"), ("utf-8", "gbk"), ("gb18030", "")]
    for number, (real, declared) in enumerate(cases):
        kind = "text/html" + (f"; charset={declared}" if declared else "")
        site.put(f"/{number}", kit.listing_page(range(number * 10 + 1, number * 10 + 4)).encode(real), kind=kind)
    site.put("/3", kit.listing_page([91, 92, 93]), kind="")
    run = crawled(site, "/0", "/1", "/2", "/3", details=False, images_per_listing=0)
    assert len(run.listings) == 12
    assert all("阿拉善驼绒围巾" in listing.title for listing in run.listings)


def test_a_captcha_and_a_login_wall_are_blocked_not_bypassed(site, crawled):
    site.put("/", "<html><head><title>安全验证</title></head><body><p>请完成验证：拖动滑块</p></body></html>")
    site.put("/in", "<html><body><h1>请先登录</h1><form><input name='u'><input type='password'></form></body></html>")
    run = crawled(site, "/", "/in")
    assert run.end.outcome is RunOutcome.BLOCKED
    told = {page.task.url.removeprefix(site.url): page.blocked for page in run.pages}
    assert "captcha" in told["/"]
    assert "login" in told["/in"]
    assert sorted((site.asked("/"), site.asked("/in"))) == [1, 2]  # one of them once more, for its picture
    assert run.end.screenshot


def test_a_search_template_is_filled_for_each_term_and_page(site, kit, crawled):
    def answer(path):
        number = int(path.rsplit("page=", 1)[1])
        offset = 0 if "%E9%A9%BC" in path else 10
        return (
            kit.Answer(kit.listing_page([offset + 2 * number - 1, offset + 2 * number]))
            if number < 3
            else kit.Answer("<html><body><p>无结果</p></body></html>")
        )

    site.pages["/s"] = answer
    run = crawled(site, "/s?q={term}&page={page}", terms=("驼绒", "锁阳"), details=False, images_per_listing=0)
    assert len(run.listings) == 8
    assert {listing.url.rsplit("/", 1)[1] for listing in run.listings} == {"1", "2", "3", "4", "11", "12", "13", "14"}


def test_a_template_without_terms_is_a_failed_run(site, crawled):
    run = crawled(site, "/s?q={term}")
    assert run.end.outcome is RunOutcome.FAILED
    assert "search term" in run.end.reason


def test_a_run_deadline_ends_a_run_as_partial(site, kit, crawled):
    kit.shop(site, 30, per_page=30)
    for number in range(1, 31):
        body = kit.detail(number)
        site.pages[f"/goods/{number}"] = lambda path, body=body: time.sleep(1.5) or kit.Answer(body)
    run = crawled(site, run_deadline_s=4.0, images_per_listing=0)
    assert run.end.outcome is RunOutcome.PARTIAL
    assert "deadline" in run.end.reason


def test_nothing_is_left_running(site, kit, plan_of, monkeypatch):
    kit.shop(site, 3)
    tokens = []
    from crawler import runner

    real = runner.new_ulid
    monkeypatch.setattr(runner, "new_ulid", lambda: tokens.append(real()) or tokens[-1])
    for event in crawl(plan_of(site)):
        if event.event == "page":
            assert marked(tokens[0])
            break
    time.sleep(0.3)
    assert marked(tokens[0]) == []
    assert TOKEN not in os.environ


def test_product_pages_of_other_sites_are_not_followed(site, other_site, kit, crawled):
    page = kit.listing_page([1, 2, 3]).replace('href="/goods/2"', 'href="http://localhost:1/goods/2"')
    site.put("/", page)
    run = crawled(site, images_per_listing=0)
    details = [one.task.url for one in run.pages if one.task.kind is PageKind.DETAIL]
    assert f"{site.url}/goods/1" in details
    assert not any("localhost" in url for url in details)
    assert any(listing.url == "http://localhost:1/goods/2" for listing in run.listings)

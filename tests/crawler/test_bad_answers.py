"""Answers that real servers give and standards do not foresee: each has a clear outcome."""

import pytest

from records.model import Watch
from records.terms import RenderMode, RunOutcome, TargetKind


def watch_of(site, path="/", **fields):
    return Watch("w1", "w1", TargetKind.CATEGORY, (site.url + path,), render=RenderMode.NEVER, **fields)


def raw(head, body):
    """Return an answer that is written as it stands, and the connection closed after it."""

    def write(handler):
        handler.close_connection = True
        handler.wfile.write(head.encode("latin-1") + b"\r\n\r\n" + body)
        handler.wfile.flush()

    return write


def test_a_page_without_content_type_is_read_by_its_bytes(site, kit, stage_of, store):
    body = kit.listing_page([1, 2, 3]).encode("gb18030").replace(b"<head>", b'<head><meta charset="gbk">')
    site.put("/", raw(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}", body))
    run = stage_of(site, details=False, images_per_listing=0).run(watch_of(site))
    assert (run.outcome, run.items) == (RunOutcome.OK, 3), run.reason
    assert all(one.title.startswith("阿拉善驼绒围巾") for one in store.all())


def test_half_a_page_gives_its_half(site, kit, stage_of, store):
    whole = kit.listing_page(range(1, 9)).encode()
    body = whole[: whole.index(b"/goods/6")]
    site.put("/", raw(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(whole)}", body))
    run = stage_of(site, details=False, images_per_listing=0).run(watch_of(site))
    assert run.outcome in (RunOutcome.OK, RunOutcome.PARTIAL, RunOutcome.FAILED)
    assert run.items in (0, 4, 5, 6)
    assert run.items or run.reason


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/octet-stream", "text/plain", "nonsense"])
def test_a_page_that_calls_itself_something_else_has_an_outcome(site, kit, stage_of, kind):
    site.put("/", kit.listing_page([1, 2, 3]), kind=kind)
    run = stage_of(site, details=False, images_per_listing=0).run(watch_of(site))
    assert run.outcome in (RunOutcome.OK, RunOutcome.FAILED, RunOutcome.EMPTY)
    assert run.items == 3 or run.reason


def test_an_empty_answer_says_so(site, stage_of):
    site.put("/", b"")
    run = stage_of(site).run(watch_of(site))
    assert run.outcome is RunOutcome.FAILED
    assert "0 bytes" in run.reason


def test_a_template_without_page_follows_the_links_instead(site, kit, stage_of):
    first = kit.listing_page([1, 2], "/s?q=x&p=2")
    site.pages["/s"] = lambda path: kit.Answer(kit.listing_page([3, 4]) if "p=2" in path else first)
    run = stage_of(site, details=False, images_per_listing=0).run(watch_of(site, "/s?q=x"))
    assert (run.outcome, run.items) == (RunOutcome.OK, 4)


def test_a_template_whose_pages_are_all_the_same_ends(site, kit, stage_of):
    site.pages["/s"] = lambda path: kit.Answer(kit.listing_page([1, 2]))
    run = stage_of(site, details=False, images_per_listing=0).run(watch_of(site, "/s?page={page}", page_limit=50))
    assert (run.outcome, run.items) == (RunOutcome.OK, 2)
    assert len(site.log) < 8


def test_a_calendar_without_end_ends(site, kit, stage_of):
    def month(path):
        number = int(path.rsplit("=", 1)[1]) if "=" in path else 1
        days = "".join(f'<li class=day><a href="/day?m={number}&d={d}">{d}日</a></li>' for d in range(1, 29))
        return kit.Answer(
            f"<html><body><h1>第 {number} 月</h1><ul>{days}</ul><a rel=next href='/cal?m={number + 1}'>下一页</a></body></html>"
        )

    site.pages["/cal"] = month
    run = stage_of(site, details=False, images_per_listing=0).run(watch_of(site, "/cal?m=1", page_limit=12))
    assert run.outcome in (RunOutcome.OK, RunOutcome.EMPTY)
    assert len(site.log) <= 14


def test_a_private_target_is_refused_with_the_way_to_allow_it(site, stage_of):
    run = stage_of().run(watch_of(site))
    assert run.outcome is RunOutcome.FAILED
    assert "127.0.0.1" in run.reason
    assert site.log == []

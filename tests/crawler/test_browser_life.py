"""The browser's life: begun anew after some pages, and hostile pages that end in time while the run goes on."""

import time
from pathlib import Path

import pytest

from crawler.runner import crawl
from records.terms import RenderMode, RunOutcome


def shop(site, count):
    cards = "".join(
        f'<li class=g><a href="/p/{n}"><b>苦荞 第{n}款</b></a><i>¥{n}8.00</i></li>' for n in range(1, count + 1)
    )
    site.put("/", f"<html><body><ul>{cards}</ul></body></html>")
    for n in range(1, count + 1):
        site.put(f"/p/{n}", f"<html><body><h1>苦荞 第{n}款</h1><p class=price>¥{n}8.00</p><p>说明</p></body></html>")


def browsers():
    """Return the process ids of Chromium's main processes that run under a crawl."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().split(b"\0")
            parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        if b"chrom" in line[0] and not any(part.startswith(b"--type=") for part in line):
            found.add((entry.name, parent))
    return found


def test_the_browser_is_begun_anew_after_some_pages(site, plan_of):
    shop(site, 7)
    before, seen, pages = browsers(), set(), []
    for event in crawl(
        plan_of(site, render=RenderMode.ALWAYS, browser_pages=3, images_per_listing=0, run_deadline_s=120.0)
    ):
        seen |= browsers() - before
        if event.event == "page":
            pages.append(event)
    assert event.outcome is RunOutcome.OK
    assert len(pages) == 8
    assert len(seen) >= 3


HOSTILE = {
    "endless script": "<script>for(;;){}</script>",
    "dialogs": "<script>setInterval(() => alert('x'), 10); for (let n = 0; n < 50; n++) setTimeout(() => confirm('y'), n)</script>",
    "windows": "<script>setInterval(() => window.open('/x'), 5)</script>",
    "redirects": "<script>setTimeout(() => { location.href = '/p/1?' + Math.random() }, 20)</script>",
    "nodes": "<script>setInterval(() => { for (let n = 0; n < 500; n++) document.body.append(document.createElement('div')) }, 20)</script>",
    "polling": "<script>setInterval(() => fetch('/poll'), 100)</script>",
    "download": "<script>location.href = '/file.bin'</script>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_ends_in_time_and_the_run_goes_on(site, plan_of, kit, name):
    shop(site, 2)
    page = site.pages["/p/1"].body
    site.put("/p/1", (page if isinstance(page, str) else page.decode()).replace("</body>", HOSTILE[name] + "</body>"))
    site.pages["/file.bin"] = lambda path: kit.Answer(b"\0" * 1000, 200, "application/octet-stream")
    site.put("/poll", "{}", kind="application/json")
    plan = plan_of(site, render=RenderMode.ALWAYS, page_deadline_s=4.0, images_per_listing=0, run_deadline_s=90.0)
    began = time.monotonic()
    *events, end = crawl(plan)
    assert time.monotonic() - began < 80
    read = {event.task.url.removeprefix(site.url): event for event in events if event.event == "page"}
    assert set(read) == {"/", "/p/1", "/p/2"}
    assert read["/p/2"].failure == ""
    assert end.outcome in (RunOutcome.OK, RunOutcome.PARTIAL)
    assert end.items >= 1


def test_an_endless_stream_is_cut_at_the_pages_bytes(site, plan_of, kit):
    shop(site, 2)
    sent = []

    def pour(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        try:
            while sum(sent) < 500_000_000:
                handler.wfile.write(b"x" * 65_536)
                sent.append(65_536)
        except OSError:
            return

    site.pages["/pour"] = kit.Answer(pour)
    page = site.pages["/p/1"].body
    text = page if isinstance(page, str) else page.decode()
    site.put("/p/1", text.replace("</body>", "<script>fetch('/pour').then(r => r.text())</script></body>"))
    plan = plan_of(
        site,
        render=RenderMode.ALWAYS,
        page_deadline_s=5.0,
        images_per_listing=0,
        rendered_bytes=3_000_000,
        run_deadline_s=90.0,
    )
    *events, end = crawl(plan)
    assert end.outcome is RunOutcome.OK
    assert len([event for event in events if event.event == "page"]) == 3
    assert sum(sent) < 12_000_000

"""Rendering in a real Chromium: a single-page shop, pressing "next", the egress check of what a page itself asks for."""

import asyncio
import json

import pytest

from crawler.dryrun import watch_test
from crawler.net.proxy import EgressProxy
from crawler.stage import StageOptions
from guards.egress import EgressPolicy
from records.terms import RenderMode, Rung, RunOutcome

pytestmark = pytest.mark.browser

SHELL = '<html lang="zh-CN"><head><title>单页店</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>'
SCRIPT = """
let page = 1;
async function show() {
  const got = await (await fetch('/api/goods?page=' + page)).json();
  const app = document.getElementById('app');
  app.innerHTML = '<div class="grid">' + got.list.map(g => `<div class="tile" onclick="1"><div class="pic" style="background-image:url(${g.cover})"></div>
    <div class="tile-name">${g.name}</div><div class="price">¥${g.price}.00</div></div>`).join('') + '</div>' +
    (got.more ? '<div class="pager"><a href="#" id="n">下一页</a></div>' : '');
  const n = document.getElementById('n'); if (n) n.onclick = e => { e.preventDefault(); page++; show(); };
}
show();
EVIL
"""


def spa(site, count=7, per_page=3, evil=""):
    site.put("/", SHELL)
    site.put("/app.js", SCRIPT.replace("EVIL", evil), kind="text/javascript")
    goods = [
        {"id": f"g{n}", "name": f"绿洲驼绒被{n}号", "price": n, "cover": f"/pic/{n}.png", "detail": f"说明{n}"}
        for n in range(1, count + 1)
    ]

    def api(path):
        number = int(path.rsplit("=", 1)[1])
        start = (number - 1) * per_page
        body = {"list": goods[start : start + per_page], "more": start + per_page < count}
        from types import SimpleNamespace

        return SimpleNamespace(
            body=json.dumps(body, ensure_ascii=False), status=200, kind="application/json", headers={}
        )

    site.pages["/api/goods"] = api


def test_a_single_page_shop_with_click_pages_and_a_prying_script(site, other_site, kit, crawled):
    pry = f"fetch('{other_site.url}/secret').catch(() => 0); const f = document.createElement('iframe'); f.src = '{other_site.url}/frame'; document.body.append(f);"
    pry += f"new WebSocket('ws://127.0.0.1:{other_site.port}/ws');"
    spa(site, evil=pry)
    for number in range(1, 8):
        site.put(f"/pic/{number}.png", kit.picture(number), kind="image/png")
    run = crawled(site, page_deadline_s=30.0, run_deadline_s=120.0)
    assert run.end.outcome is RunOutcome.OK
    assert run.end.rendered_pages == 1
    assert [listing.key for listing in run.listings] == [f"id:g{n}" for n in range(1, 8)]
    assert {listing.url for listing in run.listings} == {None}
    assert {listing.rung for listing in run.listings} == {Rung.RESPONSES}
    assert run.listings[6].description == "说明7"
    assert {listing.price.low.currency for listing in run.listings} == {"CNY"}
    assert len(run.images) == 7
    assert other_site.log == []
    assert site.agents == {kit.AGENT}


def test_never_means_never(site, crawled):
    spa(site)
    run = crawled(site, render=RenderMode.NEVER)
    assert run.end.outcome is RunOutcome.EMPTY
    assert run.end.rendered_pages == 0
    assert site.asked("/app.js") == 0


def test_the_dry_run_of_a_page_gives_the_promised_document(site, kit, tmp_path):
    kit.shop(site, 5, per_page=3)
    options = StageOptions(kit.AGENT, tmp_path, (f"127.0.0.1:{site.port}",), crawl_delay_s=0)
    document = watch_test(f"{site.url}/", options)
    assert json.loads(json.dumps(document)) == document
    assert {"url", "rung", "rendered", "items", "next", "outcome", "robots"} <= set(document)
    assert (document["rung"], document["rendered"], document["outcome"]) == ("cards", False, "ok")
    assert document["next"] == f"{site.url}/?p=2"
    assert [set(item) for item in document["items"]] == [{"id", "url", "title", "price", "currency", "image"}] * 3
    assert document["items"][0]["price"] == "18.50"
    assert document["items"][0]["currency"] == "CNY"
    assert not any(path.startswith("/goods") for path in site.log)
    assert document["pictures"] == {f"{site.url}/pic/{n}.png": "40×30" for n in (1, 2, 3)}
    both = watch_test(f"{site.url}/", options, pages=2)
    assert len(both["items"]) == 5
    assert both["next"] is None


def test_the_dry_run_of_what_cannot_be_read_says_why(site, kit, tmp_path):
    refused = watch_test(f"{site.url}/", StageOptions(kit.AGENT, tmp_path))
    assert (refused["outcome"], refused["items"], refused["next"]) == ("failed", [], None)
    assert "public address" in refused["reason"]
    wrong = watch_test("no url", StageOptions(kit.AGENT, tmp_path))
    assert wrong["outcome"] == "failed"


async def _through(port, request):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    data = await asyncio.wait_for(reader.read(100_000), 10)
    while more := await asyncio.wait_for(reader.read(100_000), 10):
        data += more
    writer.close()
    return data


def test_the_browsers_proxy_checks_each_connection(site, other_site):
    site.put("/a", b"hello")
    proxy = EgressProxy(EgressPolicy(frozenset({f"127.0.0.1:{site.port}"})), 1_000_000)
    port = proxy.start()
    try:
        ok = asyncio.run(
            _through(port, f"GET {site.url}/a HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n".encode())
        )
        assert ok.endswith(b"hello")
        for target in (
            f"GET {other_site.url}/ HTTP/1.1",
            f"CONNECT 127.0.0.1:{other_site.port} HTTP/1.1",
            "CONNECT 169.254.169.254:80 HTTP/1.1",
            "GET http://[::1]:9/ HTTP/1.1",
        ):
            assert asyncio.run(_through(port, f"{target}\r\nHost: x\r\n\r\n".encode())).startswith(b"HTTP/1.1 403")
        for target in ("GET / HTTP/1.1", "GET ftp://x/ HTTP/1.1", "nonsense"):
            assert asyncio.run(_through(port, f"{target}\r\n\r\n".encode())) == b""
    finally:
        proxy.close()
    assert other_site.log == []
    assert len(proxy.refused) == 4


def test_the_browsers_proxy_keeps_to_its_budget(site):
    site.put("/big", b"x" * 1_000_000)
    proxy = EgressProxy(EgressPolicy(frozenset({"127.0.0.1"})), 200_000)
    port = proxy.start()
    try:
        data = asyncio.run(_through(port, f"GET {site.url}/big HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
    finally:
        proxy.close()
    assert len(data) < 400_000

"""Loopback sites, plans and stores for the crawler's tests."""

import hashlib
import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from crawler.events import PageRead, RunEnded
from crawler.plan import CrawlPlan
from crawler.runner import crawl
from crawler.stage import CrawlStage, StageOptions
from records.engine import Sessions, open_engine
from records.listings import ListingRecords
from records.reach import FairRecords, HostRecords, RenderRecords
from records.tables.base import Base

HERE = Path(__file__).parent
AGENT = "markwatch/0.1 (+https://example.org/contact)"


@dataclass
class Answer:
    """What a path answers; `body` may be a function of the handler, which then writes by itself."""

    body: object = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict = field(default_factory=dict)


class Site:
    """A site on loopback: `pages` by path (with query), `log` of what was asked for, with times."""

    def __init__(self):
        self.pages: dict[str, Answer | Callable] = {}
        self.log: list[str] = []
        self.times: list[float] = []
        self.agents: set[str] = set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                site.log.append(self.path)
                site.times.append(time.monotonic())
                site.agents.add(self.headers.get("User-Agent", ""))
                found = site.pages.get(self.path) or site.pages.get(self.path.split("?")[0])
                answer = found(self.path) if callable(found) else found
                site.answer(self, answer or Answer(b"not here", 404, "text/plain"))

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def answer(handler, answer):
        if callable(answer.body):
            answer.body(handler)
            return
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        try:
            handler.send_response(answer.status)
            if answer.kind:
                handler.send_header("Content-Type", answer.kind)
            for name, value in answer.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            pass

    def put(self, path, body=b"", status=200, kind="text/html; charset=utf-8", **headers):
        self.pages[path] = Answer(body, status, kind, {k.replace("_", "-"): v for k, v in headers.items()})

    def asked(self, path):
        return self.log.count(path)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def picture(seed=1, size=(40, 30), form="PNG"):
    """Return a picture's bytes, another for each seed."""
    out = io.BytesIO()
    Image.new("RGB", size, (seed * 37 % 256, seed * 91 % 256, seed * 13 % 256)).save(out, form)
    return out.getvalue()


def card(number, price=None, link=True):
    """Return one card of the sample shop."""
    price = price or f"¥{number}8.50"
    name = f"阿拉善驼绒围巾 第{number}款"
    head = f'<a href="/goods/{number}">{name}</a>' if link else name
    return (
        f'<li class="goods"><img src="/pic/{number}.png" alt="{name}"><h3>{head}</h3><span class="price">{price}</span>'
        f'<span class="shop-name">店{number % 3}</span></li>'
    )


def detail(number):
    """Return one product page of the sample shop."""
    return (
        f'<html lang="zh-CN"><head><title>阿拉善驼绒围巾 第{number}款 - 样店</title></head><body><header><nav><a href="/">首页</a></nav></header>'
        f'<div class="main"><h1>阿拉善驼绒围巾 第{number}款</h1><img src="/pic/{number}.png"><p class="price">¥{number}8.50</p>'
        f"<button>加入购物车</button><table><tr><th>产地</th><td>内蒙古 第{number}旗</td></tr><tr><th>执行标准</th><td>GB/T {number}</td></tr></table>"
        f"<h2>商品详情</h2><p>驼绒围巾的说明，编号{number}。</p><h2>用户评价</h2><p>张三：很好</p></div></body></html>"
    )


def listing_page(numbers, following="", lang="zh-CN"):
    """Return a listing page of the sample shop."""
    more = f'<div class="pages"><a href="{following}">下一页</a></div>' if following else ""
    cards = "".join(card(number) for number in numbers)
    return (
        f'<html lang="{lang}"><head><title>样店</title></head><body><nav><ul><li><a href="/about">关于</a></li></ul></nav>'
        f"<main><h1>全部商品</h1><ul class='goods-list'>{cards}</ul>{more}</main></body></html>"
    )


def shop(site, count=7, per_page=3):
    """Put the sample shop on a site: `/` with its pages, product pages and pictures."""
    pages = [list(range(start, min(start + per_page, count + 1))) for start in range(1, count + 1, per_page)]
    for number, items in enumerate(pages, 1):
        path = "/" if number == 1 else f"/?p={number}"
        site.put(path, listing_page(items, f"/?p={number + 1}" if number < len(pages) else ""))
    for number in range(1, count + 1):
        site.put(f"/goods/{number}", detail(number))
        site.put(f"/pic/{number}.png", picture(number), kind="image/png")
    return site


class Blobs:
    """A blob store in memory."""

    def __init__(self):
        self.data = {}

    def put(self, data):
        sha = hashlib.sha256(data).hexdigest()
        self.data[sha] = data
        return sha

    def get(self, sha):
        return self.data[sha]


@pytest.fixture
def site():
    """An empty site on loopback."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def other_site():
    """A second site, on another port."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def plan_of(tmp_path):
    """Make a plan for a site without delay."""

    def make(site, *targets, **changes):
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        values = {
            "watch_id": "w",
            "targets": tuple(site.url + target for target in targets or ("/",)),
            "user_agent": AGENT,
            "spool_dir": str(spool),
            "allow_hosts": (f"127.0.0.1:{site.port}",),
            "crawl_delay_s": 0.0,
            "page_deadline_s": 10.0,
            "run_deadline_s": 60.0,
        }
        return CrawlPlan(**{**values, **changes})

    return make


class Crawled:
    """All events of a crawl, sorted."""

    def __init__(self, events):
        self.events = list(events)
        self.pages = [event for event in self.events if isinstance(event, PageRead)]
        self.images = [event for event in self.events if event.event == "image"]
        self.listings = [listing for page in self.pages for listing in page.listings]
        self.end = self.events[-1]
        assert isinstance(self.end, RunEnded)
        assert sum(isinstance(event, RunEnded) for event in self.events) == 1


@pytest.fixture
def crawled(plan_of):
    """Crawl a site and return the sorted events."""

    def run(site, *targets, **changes):
        return Crawled(crawl(plan_of(site, *targets, **changes)))

    return run


@pytest.fixture
def store(tmp_path):
    """Listing records in a fresh SQLite database."""
    engine = open_engine(f"sqlite:///{tmp_path}/records.db")
    Base.metadata.create_all(engine)
    yield ListingRecords(Sessions(engine))
    engine.dispose()


@pytest.fixture
def blobs():
    """A blob store in memory."""
    return Blobs()


@pytest.fixture
def hosts(tmp_path):
    """What is owed to hosts, in the database of `store`."""
    engine = open_engine(f"sqlite:///{tmp_path / 'records.db'}")
    yield HostRecords(Sessions(engine))
    engine.dispose()


@pytest.fixture
def renders(tmp_path):
    """Which pages needed a browser, in the database of `store`."""
    engine = open_engine(f"sqlite:///{tmp_path / 'records.db'}")
    yield RenderRecords(Sessions(engine))
    engine.dispose()


@pytest.fixture
def fairs(tmp_path):
    """Exhibitions as last seen, in the database of `store`."""
    engine = open_engine(f"sqlite:///{tmp_path / 'records.db'}")
    yield FairRecords(Sessions(engine))
    engine.dispose()


@pytest.fixture
def stage_of(store, blobs, hosts, renders, fairs, tmp_path):
    """Make a crawl stage for sites."""

    def make(*sites, **changes):
        allowed = tuple(f"127.0.0.1:{site.port}" for site in sites)
        values = {"user_agent": AGENT, "spool": tmp_path / "spool", "allow_hosts": allowed, "crawl_delay_s": 0.0}
        return CrawlStage(
            store, blobs, StageOptions(**{**values, **changes}), hosts=hosts, renders=renders, fairs=fairs
        )

    return make


@pytest.fixture
def kit():
    """The sample shop's builders."""

    class Kit:
        pass

    Kit.shop, Kit.card, Kit.detail, Kit.picture, Kit.listing_page = map(
        staticmethod, (shop, card, detail, picture, listing_page)
    )
    Kit.Answer, Kit.AGENT, Kit.HERE, Kit.Site, Kit.Blobs = Answer, AGENT, HERE, Site, Blobs
    return Kit

"""Speed of a whole crawl beside bare Scrapy in the same run: `python -m bench.speed_crawl [--products N] [--rounds N]`.

Both read the same shop from nginx on loopback: product pages of some 20 KB, reached over listing pages of 24 cards, or the
listing pages alone. Bare Scrapy takes links and keeps nothing; ours finds, reads, checks and stores every listing.
"""

import argparse
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CARDS = 24
"""Cards of a listing page."""
PRODUCT_BYTES = 20_000
"""Size that a page is filled up to."""
_FILL = "<p>本店承诺所售商品均为实物拍摄,支持七天无理由退换,产地直发,详情请见下方说明。</p>\n"
_CONF = """daemon off; master_process off; pid {root}/nginx.pid; error_log {root}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; default_type text/html; charset utf-8; types {{ text/html html; text/plain txt; }}
client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3; uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
server {{ listen 127.0.0.1:{port}; root {root}/site; }} }}
"""
_BARE = """
import json, sys, time
import scrapy
from scrapy.crawler import CrawlerProcess
start, details = sys.argv[1], sys.argv[2] == "1"
class Bare(scrapy.Spider):
    name = "bare"
    start_urls = [start]
    pages = 0
    def parse(self, response):
        Bare.pages += 1
        if details:
            yield from response.follow_all(css="li.goods a", callback=self.product)
        for link in response.css("a.next"):
            yield response.follow(link, self.parse)
    def product(self, response):
        Bare.pages += 1
process = CrawlerProcess({"LOG_ENABLED": False, "CONCURRENT_REQUESTS": 32, "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
    "DOWNLOAD_DELAY": 0, "ROBOTSTXT_OBEY": False, "TELNETCONSOLE_ENABLED": False, "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor"})
process.crawl(Bare)
began = time.perf_counter()
process.start()
print(json.dumps([Bare.pages, time.perf_counter() - began]))
"""


def make_site(root: Path, products: int) -> None:
    """Write the shop: `/list/1.html` …, `/p/1.html` …, and a robots.txt that allows all."""
    (root / "site" / "list").mkdir(parents=True)
    (root / "site" / "p").mkdir()
    (root / "site" / "robots.txt").write_text("User-agent: *\nAllow: /\n", "utf-8")
    pages = -(-products // CARDS)
    for page in range(1, pages + 1):
        numbers = range((page - 1) * CARDS + 1, min(products, page * CARDS) + 1)
        cards = "".join(
            f'<li class="goods"><a href="/p/{n}.html"><h3>岚沟驼绒围巾 第{n}款 加厚</h3></a><b class="price">¥{n % 900 + 9}.50</b><i class="shop">岚沟{n % 40}店</i></li>\n'
            for n in numbers
        )
        more = f'<a class="next" rel="next" href="/list/{page + 1}.html">下一页</a>' if page < pages else ""
        _write(
            root / "site" / "list" / f"{page}.html", f"全部商品 {page}", f'<ul class="goods-list">{cards}</ul>{more}'
        )
    for n in range(1, products + 1):
        facts = f"<tr><th>产地</th><td>内蒙古阿拉善左旗</td></tr><tr><th>执行标准</th><td>GB/T {n}</td></tr><tr><th>品牌</th><td>岚沟</td></tr>"
        body = f'<h1>岚沟驼绒围巾 第{n}款 加厚</h1><b class="price">¥{n % 900 + 9}.50</b><p>店铺:岚沟{n % 40}店</p><table>{facts}</table><div class="detail">'
        _write(root / "site" / "p" / f"{n}.html", f"岚沟驼绒围巾 第{n}款", body, "</div>")


def _write(path: Path, title: str, body: str, end: str = "") -> None:
    head = f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title></head><body><header><nav><a href="/">首页</a></nav></header><main>'
    fill = _FILL * max(0, (PRODUCT_BYTES - len((head + body).encode())) // len(_FILL.encode()))
    path.write_text(f"{head}{body}{fill}{end}</main></body></html>", "utf-8")


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """Serve the shop with nginx on loopback; yield its address."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("expected nginx on this machine, found none: apt-get install nginx-light")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    (root / "nginx.conf").write_text(_CONF.format(root=root, port=port), "utf-8")
    server = subprocess.Popen([program, "-c", str(root / "nginx.conf"), "-p", str(root)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def bare(start: str, *, details: bool) -> float:
    """Return pages a second of bare Scrapy, its start not counted."""
    done = subprocess.run(
        [sys.executable, "-c", _BARE, start, "1" if details else "0"],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    pages, seconds = json.loads(done.stdout.splitlines()[-1])
    return float(pages) / float(seconds)


def ours(start: str, products: int, *, details: bool) -> float:
    """Return pages a second of a whole run, from its first page to its end, and check that every product was stored."""
    from crawler.stage import CrawlStage, StageOptions
    from evidence.vault import Vault
    from records.engine import Sessions, open_engine
    from records.listings import ListingRecords
    from records.model import Watch
    from records.reach import HostRecords
    from records.tables.registry import metadata
    from records.terms import RenderMode, TargetKind

    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/records.db")
        metadata.create_all(engine)
        sessions = Sessions(engine)
        store = ListingRecords(sessions)
        host = start.split("/")[2]
        options = StageOptions(
            "markwatch/bench", Path(folder), (host,), crawl_delay_s=0.0, details=details, images_per_listing=0
        )
        stage = CrawlStage(store, Vault(Path(folder) / "vault"), options, hosts=HostRecords(sessions))
        watch = Watch("w", "w", TargetKind.CATEGORY, (start,), page_limit=100_000, render=RenderMode.NEVER)
        moments: list[float] = []
        run = stage.run(watch, progress=lambda _line: moments.append(time.perf_counter()))
        rate = (run.pages - 1) / (time.perf_counter() - moments[0])
        engine.dispose()
    if run.items != products:
        raise SystemExit(f"expected {products} listings, found {run.items}: {run.outcome} {run.reason}")
    return rate


def compare(name: str, start: str, products: int, rounds: int, goal: float, *, details: bool) -> bool:
    """Print both speeds, measured in turn, and their ratio; return whether the goal is reached."""
    peers, mine = [], []
    for _ in range(rounds):
        peers.append(bare(start, details=details))
        mine.append(ours(start, products, details=details))
    ratio = statistics.median(one / other for one, other in zip(mine, peers, strict=True))
    print(
        f"{name:<22} {statistics.median(mine):>7,.0f} pages/s, bare Scrapy {statistics.median(peers):>7,.0f}: "
        f"ratio {ratio:.2f} (goal >= {goal:.2f})"
    )
    return ratio >= goal


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=2_000)
    parser.add_argument(
        "--listings", type=int, default=12_000, help="products of the listing pages that are read alone"
    )
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args(argv)
    for name, products, goal, details in (
        ("product pages", args.products, 0.70, True),
        ("listing pages", args.listings, 0.50, False),
    ):
        with tempfile.TemporaryDirectory(prefix="bench-crawl-") as folder:
            make_site(Path(folder), products)
            with serving(Path(folder)) as url:
                compare(name, f"{url}/list/1.html", products, args.rounds, goal, details=details)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1_000
    print(f"  memory of the largest process {peak:,.0f} MB (goal <= 300)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

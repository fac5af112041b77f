"""A tiny shop on loopback: two listing pages of cards with pictures, and a page for each product."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image, ImageDraw

TITLES = [
    "砚溪雁 高山茶叶 250克", "青石坪 手工瓷碗 四只装", "云栖渡 竹编收纳篮", "砚溪雁 红茶礼盒", "木樨巷 桂花糕 十二枚", "白露洲 棉麻桌布",
    "长汀里 铸铁壶 一升", "松烟阁 宣纸 四尺一刀", "石门滩 海盐 两斤", "阿里窑 紫砂杯", "芦花荡 咸鸭蛋 二十枚", "北岭坡 山核桃 500克",
]  # fmt: skip
"""What the shop sells: two offers under the invented mark 砚溪雁, ten under other names."""
PAGE_SIZE = 6


def picture(number: int) -> bytes:
    """Return a small PNG that differs by number."""
    image = Image.new("RGB", (120, 90), (40 + number * 17 % 200, 90, 200 - number * 13 % 180))
    ImageDraw.Draw(image).ellipse((number * 5 % 60, 10, 50 + number * 5 % 60, 70), fill=(250, 240, number * 20 % 255))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


@dataclass
class State:
    """What tests change while the shop runs."""

    titles: list[str] = field(default_factory=lambda: list(TITLES))
    garbage: bool = False
    slow_s: float = 0.0
    requests: int = 0


def _card(number: int, title: str) -> str:
    return (
        f'<li class="product"><a href="/p/{number}"><img src="/img/{number}.png" alt=""><h3>{escape(title)}</h3></a>'
        f'<span class="price">¥{19 + number}.50</span><span class="shop">小巷杂货铺</span></li>'
    )


def _list_page(state: State, page: int) -> str:
    start = (page - 1) * PAGE_SIZE
    cards = "".join(_card(start + i, title) for i, title in enumerate(state.titles[start : start + PAGE_SIZE], 1))
    more = f'<a rel="next" href="/list?page={page + 1}">下一页</a>' if start + PAGE_SIZE < len(state.titles) else ""
    return f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>小巷杂货铺</title><ul class="products">{cards}</ul>{more}</html>'


def _product_page(state: State, number: int) -> str:
    title = escape(state.titles[number - 1])
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
        f'<img src="/img/{number}.png" alt=""><p class="price">¥{19 + number}.50</p><dl><dt>产地</dt><dd>某地</dd></dl></html>'
    )


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        """Serve a list page, a product page or a picture."""
        state: State = self.server.state
        state.requests += 1
        parts = urlsplit(self.path)
        if state.slow_s:
            threading.Event().wait(state.slow_s)
        try:
            if state.garbage and parts.path != "/robots.txt":
                self._send(b"\x00\xff\xfe<<<<" + bytes(range(256)) * 50, "text/html")
            elif parts.path == "/list":
                page = int(parse_qs(parts.query).get("page", ["1"])[0])
                self._send(_list_page(state, page).encode(), "text/html; charset=utf-8")
            elif parts.path.startswith("/p/"):
                self._send(_product_page(state, int(parts.path[3:])).encode(), "text/html; charset=utf-8")
            elif parts.path.startswith("/img/"):
                self._send(picture(int(parts.path[5:].removesuffix(".png"))), "image/png")
            else:
                self.send_error(404)
        except (ValueError, IndexError):
            self.send_error(404)
        except OSError:
            return

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@dataclass
class ShopServer:
    """The running shop: its base URL and its state."""

    url: str
    state: State


@contextmanager
def serve() -> Iterator[ShopServer]:
    """Serve the shop on a free loopback port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.state = State()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ShopServer(f"http://127.0.0.1:{server.server_address[1]}", server.state)  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

"""Hostile pages: each costs little, none raises, none takes the run along."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extract.charset import decode
from crawler.extract.document import Document
from crawler.extract.ladder import PageInput, read_page
from crawler.extract.tame import MAX_ELEMENTS, tame
from crawler.net.reader import Reader
from crawler.plan import PageKind, PageTask
from guards.errors import GuardError

URL = "https://shop.example/list"
BOMBS = {
    "nested divs": b"<div>" * 100_000,
    "nested spans with prices": b"<span class=price>&yen;5" * 20_000,
    "nested itemscopes": b"<div itemscope itemtype='https://schema.org/Product' itemprop=offers>" * 300 + b"x",
    "flat itemscopes": b"<div itemscope itemtype='https://schema.org/Product'><b itemprop=name>n</b></div>" * 20_000,
    "deep json-ld": b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script>",
    "deep state": b"<script>window.__STATE__ = " + b'{"a":' * 100_000 + b"</script>",
    "many cards": b"<ul>" + b"<li><a href=/p><img src=/i><h3>t</h3></a><b>&yen;5</b></li>" * 20_000 + b"</ul>",
    "many links in one card": b"<ul><li>"
    + b"<a href=/x class=title>name<img src=y></a>" * 5_000
    + b"</li><li><a href=/y><img src=z>t</a></li></ul>",
    "many attributes": b"<div " + b"a=1 " * 100_000 + b">",
    "one long word": b"<h1>" + b"9" * 2_000_000 + b"</h1>",
    "digits and separators": b"<p class=price>" + b"1,1.1 " * 100_000 + b"</p>",
    "many tables": b"<table>" + b"<tr><th>a</th><td>b</td></tr>" * 30_000 + b"</table>",
    "unclosed": b"<a href='" * 50_000,
    "nulls": b"\x00" * 1_000_000,
    "many scripts": b"<script>a={};</script>" * 20_000,
    "entities": b"&amp;" * 300_000,
    "srcset": b"<img srcset='" + b"a 1w," * 100_000 + b"'>",
}


CASES = [
    *((name, PageKind.LIST) for name in BOMBS),
    *(
        (name, PageKind.DETAIL)
        for name in ("nested divs", "nested itemscopes", "deep json-ld", "entities", "one long word")
    ),
]


@pytest.fixture(scope="module")
def reader():
    """One warm child for all bombs, as in a crawl."""
    made = Reader()
    yield made
    made.close()


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_bomb_does_no_harm(reader, name, kind):
    page = PageInput(PageTask(URL, kind), URL, b"<html><body>" + BOMBS[name])
    try:
        assert asyncio.run(reader.page(page)) is not None
    except GuardError as error:
        assert error.message
    cards = b"".join(b"<li><a href=/p/%d>name %d</a><b>&yen;%d</b></li>" % (n, n, n) for n in range(3))
    fine = asyncio.run(reader.page(PageInput(PageTask(URL), URL, b"<ul>" + cards + b"</ul>")))
    assert len(fine.items) == 3


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_what_is_parsed_of_a_bomb_is_bounded(name):
    text = BOMBS[name].decode("utf-8", "replace")
    tamed = tame(text)
    assert len(tamed) <= len(text)
    document = Document(BOMBS[name], URL)
    count = 0 if document.root is None else sum(1 for _ in document.root.iter())
    assert count <= MAX_ELEMENTS + 10


def test_a_page_within_the_limits_is_left_as_it_is():
    text = "<ul>" + "<li><a href='/p'>x</a></li>" * 5_000 + "</ul><script>if (a<b) { '</p>' }</script>"
    assert tame(text) == text


def test_an_inline_picture_or_state_is_no_attribute_bomb():
    text = f"<div data-props='{{{'&quot;a&quot; : 1, ' * 5_000}}}'><img src=\"data:image/png;base64,{'A' * 50_000}\"></div>"
    assert tame(text) == text


def test_a_tag_with_thousands_of_attributes_loses_them():
    text = "<p>before</p><div " + " ".join(f"a{n}=1" for n in range(5_000)) + ">inside</div>"
    assert tame(text) == "<p>before</p><div>inside</div>"


def test_what_comes_after_the_limit_is_cut_off():
    text = "<b>x</b>" * (MAX_ELEMENTS + 5)
    assert tame(text) == "<b>x</b>" * MAX_ELEMENTS


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_without_harm(body):
    for kind in (PageKind.LIST, PageKind.DETAIL):
        output = read_page(PageInput(PageTask(URL, kind), URL, body))
        assert isinstance(output.items, tuple)


PIECES = [
    "<ul>",
    "</ul>",
    "<li>",
    "<a href='/p/{}'>",
    "</a>",
    "<img src='/i/{}.jpg'>",
    "<h1>题{}</h1>",
    "<h3>名{}</h3>",
    "<b class='price'>¥{}</b>",
    "<table><tr>",
    "<th>产地</th>",
    "<td>甲{}</td>",
    "</table>",
    '<script>window.S={{"a":[{}]}}</script>',
    "<div class='review'>",
    "</div>",
    "<div itemscope itemtype='http://schema.org/Product'>",
    "<i itemprop='name'>x{}</i>",
    "<dl><dt>配料</dt><dd>乙</dd></dl>",
    "<h2>评论</h2>",
    "<base href='//'>",
    "<a rel=next href='?page={}'>",
    "<del>¥9{}</del>",
    "<select><option>{}",
]


@pytest.mark.parametrize("seed", range(40))
def test_any_order_of_shop_markup_is_read_without_harm(seed):
    chance = random.Random(seed)
    html = "".join(chance.choice(PIECES).format(n) for n in range(150))
    for kind in (PageKind.LIST, PageKind.DETAIL):
        for exhibition in (False, True):
            output = read_page(PageInput(PageTask(URL, kind), URL, html.encode(), exhibition=exhibition))
            assert len({item.key for item in output.items}) == len(output.items)


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        ("阿拉善".encode("gb18030") * 20, "text/html; charset=utf-8", "阿拉善"),
        ("阿拉善".encode() * 20, "text/html; charset=gbk", "阿拉善"),
        (b"<meta charset=gb2312>" + "阿拉善".encode("gbk"), "", "阿拉善"),
        ("阿拉善".encode("utf-16"), "", "阿拉善"),
        ("\ufeff阿拉善".encode(), "text/html; charset=latin-1", "阿拉善"),
        ("阿拉善茶".encode("gb18030") * 9, "", "阿拉善"),
        ("caf\xe9 gr\xf6\xdfe".encode("latin-1"), "text/html; charset=iso-8859-1", "café größe"),
        ("阿拉善".encode() * 30 + b"\xe9", "text/html; charset=utf-8", "阿拉善"),
        (b"plain", "text/html; charset=nonsense", "plain"),
        (b"plain", "text/html; charset=base64", "plain"),
    ],
)
def test_a_charset_is_believed_only_where_the_bytes_agree(body, header, expected):
    assert expected in decode(body, header)


@given(st.binary(max_size=500), st.text(max_size=40))
def test_any_bytes_decode(body, header):
    assert isinstance(decode(body, header), str)

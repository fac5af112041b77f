"""Listing pages of shops built in many ways, written by us after the manner of common shop programs; no site code."""

import pytest

from crawler.extract.ladder import PageInput, read_page
from crawler.plan import PageTask
from records.terms import Rung

URL = "https://shop.example/list"
NAV = "<header><nav><ul>" + "".join(f'<li><a href="/c/{n}">分类{n}</a></li>' for n in range(9)) + "</ul></nav></header>"
FOOT = "<footer><ul>" + "".join(f'<li><a href="/f/{n}">帮助{n}</a></li>' for n in range(6)) + "</ul></footer>"
RELATED = (
    '<aside class="sidebar"><h3>最近浏览</h3><ul>'
    + "".join(
        f'<li><a href="/p/90{n}"><img src="/i/90{n}.jpg"></a><a href="/p/90{n}">旧品{n}</a><span>¥{n}</span></li>'
        for n in range(3)
    )
    + "</ul></aside>"
)


def page(cards, lang="zh-CN", more=""):
    return f'<html lang="{lang}"><head><title>店</title></head><body>{NAV}<main>{cards}</main>{RELATED}{FOOT}{more}</body></html>'


def read(html, url=URL, **changes):
    return read_page(PageInput(PageTask(url), url, html.encode(), **changes))


def each(template, count=12, wrap=("", "")):
    return (
        wrap[0]
        + "".join(template.replace("{n}", str(n)).replace("{nn}", str(n * 10)) for n in range(1, count + 1))
        + wrap[1]
    )


MANNERS = {
    "woocommerce": each(
        '<li class="product type-product post-{n} status-publish instock product_cat-c{n} has-post-thumbnail"><a href="/product/p{n}/" class="woocommerce-LoopProduct-link">'
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="/i/{n}.jpg"><h2 class="woocommerce-loop-product__title">Item {n} name</h2><span class="price"><del><span class="amount">£99.00</span></del>'
        '<ins><span class="woocommerce-Price-amount amount"><bdi><span>£</span>{n}.50</bdi></span></ins></span></a><a href="?add-to-cart={n}" class="button">Add to basket</a></li>',
        wrap=('<ul class="products columns-4">', "</ul>"),
    ),
    "rows of bootstrap": each(
        '<div class="col-md-3"><div class="card"><a href="/p/{n}"><img src="/i/{n}.jpg"></a><div class="card-body"><h5 class="card-title">Item {n} name</h5><p class="card-text">£{n}.50</p>'
        '<a class="btn" href="/p/{n}">View</a></div></div></div>'
    )
    .replace(
        '<div class="col-md-3"><div class="card"><a href="/p/5">',
        '</div><div class="row"><div class="col-md-3"><div class="card"><a href="/p/5">',
    )
    .join(['<div class="row">', "</div>"]),
    "whole card a link": each(
        '<a class="tile" href="/p/{n}"><div class="pic" style="background-image:url(/i/{n}.jpg)"></div><div class="n">Item {n} name</div><div class="m"><b>£{n}.50</b></div></a>',
        wrap=("<div class='g'>", "</div>"),
    ),
    "shopify": each(
        '<li class="grid__item"><div class="card-wrapper product-card-wrapper"><div class="card"><div class="card__media"><img srcset="/i/{n}.jpg?w=165 165w, /i/{n}.jpg 900w" src="/i/{n}.jpg?w=1" alt="Item {n} name"></div>'
        '<h3 class="card__heading"><a href="/products/p{n}" class="full-unstyled-link">Item {n} name</a></h3></div><div class="price"><span class="visually-hidden">Regular price</span>'
        '<span class="price-item">£{n}.50 GBP</span></div></div></li>',
        wrap=('<ul id="product-grid" class="grid product-grid">', "</ul>"),
    ),
    "table": each(
        '<tr><td><img src="/i/{n}.jpg"></td><td><a href="/p/{n}">Item {n} name</a></td><td>£{n}.50</td></tr>',
        wrap=("<table><thead><tr><th>Pic</th><th>Name</th><th>Price</th></tr></thead><tbody>", "</tbody></table>"),
    ),
    "dl": each(
        '<dl><dt><a href="/p/{n}"><img src="/i/{n}.jpg"></a></dt><dd class="t"><a href="/p/{n}">Item {n} name</a></dd><dd class="pr">£{n}.50</dd></dl>',
        wrap=('<div class="box">', "</div>"),
    ),
    "magento": each(
        '<li class="item product product-item"><div class="product-item-info"><a href="/p{n}.html" class="product photo"><span class="product-image-container"><img class="product-image-photo" src="/i/{n}.jpg" alt="Item {n} name"></span></a>'
        '<div class="product details"><strong class="product name product-item-name"><a class="product-item-link" href="/p{n}.html">Item {n} name</a></strong><div class="price-box"><span class="price-wrapper"><span class="price">£{n}.50</span></span></div>'
        '<div class="actions"><form><button title="Add to Cart"><span>Add to Cart</span></button></form><a href="#" class="action towishlist">Wish list</a></div></div></div></li>',
        wrap=('<ol class="products list items product-items">', "</ol>"),
    ),
    "custom elements": each(
        '<product-card><a href="/p/{n}"><img src="/i/{n}.jpg"><span class="title">Item {n} name</span></a><span class="cost">£{n}.50</span></product-card>',
        wrap=("<product-grid>", "</product-grid>"),
    ),
    "cut titles": each(
        '<li><a href="/p/{n}"><img src="/i/{n}.jpg" alt="Item {n} name"></a><h3><a href="/p/{n}" title="Item {n} name">Item {n} n...</a></h3><p class="price_color">£{n}.50</p></li>',
        wrap=("<ol>", "</ol>"),
    ),
    "onclick": each(
        '<div class="item" onclick="location.href=\'/p/{n}\'"><img src="/i/{n}.jpg"><p class="name">Item {n} name</p><em>£{n}.50</em></div>',
        wrap=("<div>", "</div>"),
    ),
}


@pytest.mark.parametrize("manner", MANNERS)
def test_every_card_is_found_with_its_fields(manner):
    output = read(page(MANNERS[manner], lang="en-GB"))
    assert [item.title for item in output.items] == [f"Item {n} name" for n in range(1, 13)]
    assert [str(item.price.low.amount) for item in output.items] == [f"{n}.50" for n in range(1, 13)]
    assert {item.price.low.currency for item in output.items} == {"GBP"}
    assert len({item.url for item in output.items}) == 12
    assert [item.images[0] for item in output.items] == [f"https://shop.example/i/{n}.jpg" for n in range(1, 13)]
    assert output.rung is Rung.CARDS
    assert not output.detail
    assert not output.obstacle


CHINESE = each(
    '<div class="item J_MouserOnverReq"><div class="pic-box"><a href="//item.shop.example/item.htm?id={n}&spm=a230r.1"><img data-src="//img.example/{n}.jpg" src="//img.example/s.gif" alt="x"></a></div>'
    '<div class="row row-1"><div class="price g_price"><span>¥</span><strong>{n}8.00</strong></div><div class="deal-cnt">{nn}0人付款</div></div><div class="row row-2 title"><a href="//item.shop.example/item.htm?id={n}&spm=a230r.1">阿拉善 <span class="H">白绒山羊</span> 绒衫{n}</a></div>'
    '<div class="row row-3"><div class="shop"><a href="//shop{n}.shop.example">牧人绒坊{n}店</a></div><div class="location">内蒙古 阿拉善盟</div></div></div>',
    8,
    ('<div class="items">', "</div>"),
)


def test_a_chinese_platforms_cards():
    output = read(page(CHINESE))
    assert len(output.items) == 8
    one = output.items[0]
    assert one.title == "阿拉善 白绒山羊 绒衫1"
    assert one.url == "https://item.shop.example/item.htm?id=1&spm=a230r.1"
    assert one.key == "https://item.shop.example/item.htm?id=1"
    assert (str(one.price.low.amount), one.price.low.currency) == ("18.00", "CNY")
    assert one.images == ("https://img.example/1.jpg",)
    assert one.seller == "牧人绒坊1店"
    assert one.seller_location == "内蒙古 阿拉善盟"
    assert one.sales == "100人付款"
    assert one.origin == ""


def test_json_ld_lists_win_and_are_filled_by_the_cards():
    entries = ",".join(
        f'{{"@type":"ListItem","position":{n},"url":"https://shop.example/p/{n}","name":"Item {n} name"}}'
        for n in range(1, 7)
    )
    html = page(
        each(
            '<li><a href="/p/{n}"><img src="/i/{n}.jpg"></a><h3><a href="/p/{n}">Item {n} name</a></h3><b>£{n}.50</b></li>',
            6,
            ("<ul>", "</ul>"),
        ),
        "en",
        f'<script type="application/ld+json">{{"@context":"https://schema.org","@type":"ItemList","itemListElement":[{entries}]}}</script>',
    )
    output = read(html)
    assert output.rung is Rung.STRUCTURED
    assert len(output.items) == 6
    assert str(output.items[2].price.low.amount) == "3.50"
    assert output.items[2].images == ("https://shop.example/i/3.jpg",)


def test_a_few_featured_products_do_not_hide_the_grid():
    ld = '<script type="application/ld+json">{"@type":"Product","name":"Featured","offers":{"price":"5","priceCurrency":"GBP"}}</script>'
    output = read(page(MANNERS["table"], "en", ld))
    assert len(output.items) == 12
    assert output.rung is Rung.CARDS


def test_embedded_state_is_read_where_nothing_is_shown():
    goods = ",".join(
        f'{{"id":{n},"title":"商品{n}号","price":"{n}.00","image":"/i/{n}.jpg","slug":"g-{n}"}}' for n in range(1, 6)
    )
    html = f'<html lang="zh"><body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">{{"props":{{"pageProps":{{"items":[{goods}]}}}}}}</script></body></html>'
    output = read(html)
    assert output.rung is Rung.EMBEDDED_STATE
    assert [item.key for item in output.items] == [f"id:{n}" for n in range(1, 6)]
    assert output.items[0].images == ("https://shop.example/i/1.jpg",)
    assert not output.shell


@pytest.mark.parametrize(
    "form",
    [
        "window.__STATE__ = {};",
        "window['__STATE__']={};",
        "var initialState = {};",
        "window.__STATE__ = JSON.parse({q});",
    ],
)
def test_state_in_a_script_is_read(form):
    import json

    tree = json.dumps(
        {
            "list": [
                {
                    "goodsId": f"g{n}",
                    "goodsName": f"商品{n}号",
                    "shopPrice": n,
                    "picUrl": f"//c.example/{n}.jpg",
                    "url": f"/g/{n}",
                }
                for n in range(1, 5)
            ]
        },
        ensure_ascii=False,
    )
    text = form.replace("{q}", json.dumps(tree)).replace("{}", tree)
    output = read(f"<html><body><div id=app></div><script>{text}</script></body></html>")
    assert [item.url for item in output.items] == [f"https://shop.example/g/{n}" for n in range(1, 5)]
    assert output.items[0].images == ("https://c.example/1.jpg",)


def test_a_list_of_speakers_is_found_without_prices():
    html = page(
        each(
            '<a class="speaker-row" href="/ev/speaker/S{n}/"><div class="avatar"><img src="/av/{n}.png"></div><div><h3>Speaker Number {n}</h3><p>Talk title {n}</p></div></a>',
            9,
            ("<section>", "</section>"),
        ),
        "en",
    )
    output = read(html)
    assert [item.title for item in output.items] == [f"Speaker Number {n}" for n in range(1, 10)]
    assert output.items[0].url == "https://shop.example/ev/speaker/S1/"


def test_a_search_with_one_hit_is_a_list_of_one():
    output = read(
        page(
            each(
                '<article class="product_pod"><a href="/p/{n}"><img src="/i/{n}.jpg"></a><h3><a href="/p/{n}">Item {n} name</a></h3><p class="price_color">£{n}.50</p><form><button>Add to basket</button></form></article>',
                1,
                ("<h1>Search</h1><ol><li>", "</li></ol>"),
            ),
            "en",
        ).replace(RELATED, "")
    )
    assert [item.title for item in output.items] == ["Item 1 name"]
    assert not output.detail


def test_an_empty_search_finds_nothing_and_is_no_shell():
    output = read(page("<h1>搜索</h1><p>抱歉，没有找到相关商品</p>").replace(RELATED, ""))
    assert output.items == ()
    assert not output.shell


@pytest.mark.parametrize(
    "body",
    [
        '<div id="app"></div><script src="/a.js"></script>',
        '<app-root></app-root><script src="/main.js"></script>',
        '<div id="root"><div class="spinner"></div></div><script src="/x.js"></script>',
    ],
)
def test_an_empty_shell_is_seen(body):
    assert read(f"<html><body>{body}</body></html>").shell


PAGERS = {
    '<link rel="next" href="/list?page=2">': "/list?page=2",
    '<ul class="pagination"><li class="active"><a href="?page=1">1</a></li><li><a href="?page=2">2</a></li></ul>': "/list?page=2",
    '<div class="pages"><span class="on">1</span><a href="/list?p=2">2</a><a href="/list?p=2">下一页</a></div>': "/list?p=2",
    '<a href="/list/page/2/" class="next page-numbers">→</a>': None,
    '<nav class="pagination"><a class="next page-numbers" href="/list/page/2/">→</a></nav>': "/list/page/2/",
    '<ul class="pagination"><li class="page-item"><a class="page-link" href="?page=2">下一个</a></li></ul>': "/list?page=2",
    '<nav aria-label="Page navigation"><a href="?page=2">Weiter</a></nav>': "/list?page=2",
    '<div class="pager"><a href="?start=20" aria-label="Next page">&raquo;</a></div>': "/list?start=20",
    '<ul class="pagination"><li class="disabled"><a href="?page=2">Next</a></li></ul>': "",
    '<a href="https://elsewhere.example/?page=2">Next</a>': "",
    '<div class="carousel"><a href="/slide2">Next</a></div>': "",
}


@pytest.mark.parametrize("pager", PAGERS)
def test_the_next_page(pager):
    expected = PAGERS[pager]
    found = read(page(MANNERS["table"] + pager, "en")).next
    if expected is not None:
        assert found.url == (f"https://shop.example{expected}" if expected else "")


def test_a_pager_without_addresses_is_clickable_and_guessed():
    found = read(
        page(
            MANNERS["table"] + '<ul class="pagination"><li><a href="#">1</a></li><li><a href="#">Next</a></li></ul>',
            "en",
        )
    ).next
    assert found.clickable
    assert found.url == "https://shop.example/list?page=2"

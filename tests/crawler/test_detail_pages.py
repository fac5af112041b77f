"""Product pages, labelled facts, fairs, captured JSON: fields as a page states them."""

import json
from datetime import date

import pytest

from crawler.extract.document import Document
from crawler.extract.labels import uscc_fits, uscc_in
from crawler.extract.ladder import PageInput, read_page
from crawler.extract.responses import Response
from crawler.extract.text import booth_in, sales_in, same_text
from crawler.plan import PageKind, PageTask
from records.ids import listing_id
from records.model import Listing
from records.terms import Rung

URL = "https://shop.example/p/1"


def read(html, card=None, url=URL, kind=PageKind.DETAIL, **changes):
    return read_page(PageInput(PageTask(url, kind, card=card), url, html.encode(), **changes))


PLAIN = """<html lang="zh-CN"><head><title>阿拉善白绒山羊绒衫 - 牧人店</title></head><body>
<header><a href="/">首页</a><span class="price">¥0.00</span></header><footer>统一社会信用代码：91110000MA01ABCD0X 平台</footer>
<ul class="breadcrumb"><li><a href="/">首页</a></li><li><a href="/c">羊绒</a></li></ul>
<div class="product"><div class="gallery"><a href="/big/1.jpg"><img src="/i/1.jpg"></a><img src="/i/2.jpg"></div>
<div class="info"><h1>阿拉善白绒山羊绒衫</h1><p>市场价 <del>¥999</del> 现价 <b class="price">¥<i>599</i>.00</b></p><button>加入购物车</button>
<p>店铺：牧人绒坊</p><p>发货地：河北清河</p></div></div>
<div class="params"><ul><li>品牌：牧人</li><li>产地：内蒙古阿拉善左旗</li><li>执行标准：GB/T 11951</li><li>配料：山羊绒100%</li><li>价格：599</li></ul></div>
<h2>商品详情</h2><div><p>手工梳绒。</p><p>冷水洗。</p></div>
<section class="comments"><h3>买家评论</h3><p>李四：13800000000 很好</p></section>
<h3>猜你喜欢</h3><ul class="related"><li><a href="/p/8"><img src="/i/8.jpg"></a><a href="/p/8">别的东西甲</a><b>¥1</b></li><li><a href="/p/9"><img src="/i/9.jpg"></a><a href="/p/9">别的东西乙</a><b>¥2</b></li></ul>
<dl><dt>营业执照 统一社会信用代码</dt><dd>x</dd></dl></body></html>"""


def test_a_plain_product_page():
    item = read(PLAIN).items[0]
    assert item.title == "阿拉善白绒山羊绒衫"
    assert (str(item.price.low.amount), item.price.low.currency) == ("599.00", "CNY")
    assert item.images == (
        "https://shop.example/big/1.jpg",
        "https://shop.example/i/1.jpg",
        "https://shop.example/i/2.jpg",
    )
    assert item.description == "手工梳绒。 冷水洗。"
    assert (item.origin, item.ingredients, item.standard) == ("内蒙古阿拉善左旗", "山羊绒100%", "GB/T 11951")
    assert (item.seller, item.seller_location) == ("牧人绒坊", "河北清河")
    assert item.attributes["品牌"] == "牧人"
    assert "价格" not in item.attributes
    assert item.breadcrumbs == ("首页", "羊绒")
    assert item.seller_uscc == ""
    assert "李四" not in repr(item)
    assert "别的东西" not in repr(item)


def test_the_sellers_licence_is_read_from_the_page_not_from_the_platforms_footer():
    html = PLAIN.replace(
        "<p>发货地：河北清河</p>",
        "<p>发货地：河北清河</p><table><tr><th>统一社会信用代码</th><td>91350100M000100Y43</td></tr></table>",
    )
    assert read(html).items[0].seller_uscc == "91350100M000100Y43"


def test_the_card_keeps_its_identity_and_fills():
    card = Listing(
        listing_id("s", "k"),
        "阿拉善白绒山羊绒…",
        "s",
        "k",
        URL + "?x",
        seller="卡片店",
        sales="已售9件",
        images=("https://shop.example/t/1.jpg",),
    )
    item = read(PLAIN, card).items[0]
    assert (item.id, item.key, item.source_id, item.url) == (listing_id("s", "k"), "k", "s", URL + "?x")
    assert item.title == "阿拉善白绒山羊绒衫"
    assert item.sales == "已售9件"
    assert item.images[-1] == "https://shop.example/t/1.jpg"


def test_json_ld_stands_before_the_pages_look():
    ld = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "BreadcrumbList",
                "itemListElement": [{"@type": "ListItem", "name": "甲"}, {"@type": "ListItem", "item": {"name": "乙"}}],
            },
            {
                "@type": "Product",
                "name": "阿拉善白绒山羊绒衫",
                "sku": "S1",
                "image": [{"@type": "ImageObject", "url": "/ld.jpg"}],
                "brand": {"name": "牧人牌"},
                "countryOfOrigin": "中国内蒙古",
                "review": [{"@type": "Review", "author": "王五", "reviewBody": "假的"}],
                "offers": {
                    "@type": "AggregateOffer",
                    "lowPrice": "580",
                    "highPrice": 620,
                    "priceCurrency": "CNY",
                    "seller": {
                        "@type": "Organization",
                        "name": "牧人公司",
                        "address": {"addressRegion": "内蒙古", "addressLocality": "阿拉善盟"},
                        "taxID": "91350100M000100Y43",
                    },
                },
            },
        ],
    }
    item = read(
        PLAIN.replace(
            "</head>", f'<script type="application/ld+json">{json.dumps(ld, ensure_ascii=False)}</script></head>'
        )
    ).items[0]
    assert item.rung is Rung.STRUCTURED
    assert (str(item.price.low.amount), str(item.price.high.amount)) == ("580", "620")
    assert (item.seller, item.seller_location, item.seller_uscc) == (
        "牧人公司",
        "内蒙古 阿拉善盟",
        "91350100M000100Y43",
    )
    assert item.origin == "中国内蒙古"
    assert item.breadcrumbs == ("甲", "乙")
    assert item.attributes["品牌"] == "牧人牌" or item.attributes["品牌"] == "牧人"
    assert "王五" not in repr(item)


def test_microdata():
    html = """<html lang="en"><body><div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Camel blanket</h1><img itemprop="image" src="/c.jpg">
    <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="EUR"><span itemprop="price" content="12.50">12,50</span></div>
    <div itemprop="review" itemscope itemtype="https://schema.org/Review"><span itemprop="author">Eve Buyer</span></div><p itemprop="description">Warm.</p></div></body></html>"""
    item = read(html).items[0]
    assert (item.title, item.description, item.images) == ("Camel blanket", "Warm.", ("https://shop.example/c.jpg",))
    assert (str(item.price.low.amount), item.price.low.currency) == ("12.50", "EUR")
    assert "Eve" not in repr(item)


def test_open_graph():
    html = """<html><head><meta property="og:type" content="product"><meta property="og:title" content="Camel blanket"><meta property="og:image" content="/c.jpg">
    <meta property="product:price:amount" content="12.5"><meta property="product:price:currency" content="EUR"></head><body></body></html>"""
    item = read(html, kind=PageKind.LIST).items[0]
    assert (item.title, str(item.price.low.amount), item.price.low.currency, item.images) == (
        "Camel blanket",
        "12.5",
        "EUR",
        ("https://shop.example/c.jpg",),
    )


@pytest.mark.parametrize(
    ("code", "fits"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("I1350100M000100Y43", False),
    ],
)
def test_the_check_character_of_a_credit_code(code, fits):
    assert uscc_fits(code) is fits


def test_a_credit_code_is_found_by_its_label_or_its_check_character():
    assert uscc_in("统一社会信用代码：91110000MA01ABCD0X") == "91110000MA01ABCD0X"
    assert uscc_in("订单 91350100M000100Y43") == "91350100M000100Y43"
    assert uscc_in("订单 91350100M000100Y44") == ""


@pytest.mark.parametrize(
    ("text", "booth"),
    [
        ("展位号：A12", "A12"),
        ("展位：1号馆A-12", "1号馆A-12"),
        ("Booth: B-203", "B-203"),
        ("stand C4", "C4"),
        ("展位 3馆 B12 联系", "3馆 B12"),
        ("standard 5", ""),
        ("Booth D07 Exhibits", "D07"),
        ("stand by me", ""),
    ],
)
def test_booths(text, booth):
    assert booth_in(text) == booth


def test_sales_and_titles():
    assert sales_in("¥9 月销 1000+ 包邮") == "月销 1000+"
    assert sales_in("200+人付款") == "200+人付款"
    assert sales_in("3 in stock") == ""
    assert same_text("A light in the …", "A Light in the Attic")
    assert not same_text("Camel", "Camels")


FAIR_CARDS = "".join(
    f'<div class="x"><a href="/e/{n}"><img src="/l/{n}.png"></a><h3><a href="/e/{n}">绿洲公司{n}</a></h3><p>展位号：A{n:02d}</p></div>'
    for n in range(1, 6)
)
FAIR = (
    '<html lang="zh-CN"><head><title>第三届农博会</title></head><body><h1>第三届农博会</h1><p>展会时间：2026年12月4日—7日</p>'
    f'<p>展会地点：绿洲会展中心 2号馆</p><h2>参展商名录</h2><div class="grid">{FAIR_CARDS}</div></body></html>'
)


def test_a_fairs_exhibitors_with_booths_dates_and_venue():
    output = read(FAIR, kind=PageKind.LIST, exhibition=True)
    assert [(item.seller, item.title, item.booth) for item in output.items] == [
        (f"绿洲公司{n}", f"绿洲公司{n}", f"A{n:02d}") for n in range(1, 6)
    ]
    event = output.items[0].event
    assert (event.name, event.starts, event.ends, event.venue) == (
        "第三届农博会",
        date(2026, 12, 4),
        date(2026, 12, 7),
        "绿洲会展中心 2号馆",
    )


def test_an_exhibitors_products_are_listings_with_its_booth():
    goods = "".join(
        f'<li><a href="/g/{n}"><img src="/g/{n}.jpg"></a><h4><a href="/g/{n}">锁阳片{n}号</a></h4><b>¥{n}8</b></li>'
        for n in range(1, 4)
    )
    html = f"<html><head><title>绿洲公司</title></head><body><h1>绿洲公司</h1><p>展位号：A01</p><p class='intro'>一家公司的介绍文字。</p><ul>{goods}</ul></body></html>"
    items = read(html, exhibition=True).items
    assert [item.title for item in items] == ["绿洲公司", "锁阳片1号", "锁阳片2号", "锁阳片3号"]
    assert {item.seller for item in items} == {"绿洲公司"}
    assert {item.booth for item in items} == {"A01"}


def test_a_front_page_leads_to_the_exhibitors():
    html = "<html><body><h1>Oasis Fair</h1><p>May 1–3, 2026</p><a href='/exhibitors'>Exhibitors</a></body></html>"
    output = read(html, kind=PageKind.LIST, exhibition=True)
    assert output.lead == "https://shop.example/exhibitors"
    assert output.event.starts == date(2026, 5, 1)


def rendered(cards, *bodies):
    html = f"<html lang='zh'><body><div id=app>{cards}</div></body></html>"
    responses = tuple(
        Response(f"https://shop.example/api?page={n}", json.dumps(body).encode()) for n, body in enumerate(bodies, 1)
    )
    return read(html, kind=PageKind.LIST, rendered=True, responses=responses)


TILES = "".join(
    f'<div class="t"><div style="background-image:url(/i/{n}.jpg)"></div><div>驼绒被{n}号</div><div class="price">¥{n}.00</div></div>'
    for n in range(1, 4)
)


def test_cards_without_links_get_their_identity_from_the_json():
    goods = [
        {"id": 100 + n, "name": f"驼绒被{n}号", "price": n, "image": f"{n}.jpg", "detail": f"说明{n}", "shop": "店"}
        for n in range(1, 6)
    ]
    output = rendered(
        TILES,
        {"data": {"list": goods[:3]}, "menu": [{"id": 1, "name": "分类", "icon": "x"}]},
        {"data": {"list": goods[3:]}},
    )
    assert output.rung is Rung.RESPONSES
    assert [item.key for item in output.items] == [f"id:{100 + n}" for n in range(1, 6)]
    assert {item.url for item in output.items} == {None}
    assert output.items[0].description == "说明1"
    assert output.items[0].images == ("https://shop.example/i/1.jpg",)
    assert output.items[4].images == ("https://shop.example/i/5.jpg",)
    assert {item.price.low.currency for item in output.items} == {"CNY"}


def test_json_of_other_things_is_not_taken_for_the_cards():
    output = rendered(TILES, [{"id": n, "name": f"广告{n}", "price": 1, "image": "x.jpg"} for n in range(9)])
    assert output.rung is Rung.RENDERED
    assert [item.title for item in output.items] == ["驼绒被1号", "驼绒被2号", "驼绒被3号"]


def test_a_document_knows_its_language_base_and_currency():
    document = Document(
        '<html lang="zh_CN"><head><base href="/b/"><meta property="og:price:currency" content="usd"></head><body><a href="x">y</a></body></html>',
        URL,
    )
    assert (document.lang, document.base, document.currency) == ("zh-cn", "https://shop.example/b/", "USD")
    assert document.resolve("x") == "https://shop.example/b/x"

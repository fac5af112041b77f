"""Product pages in the manner of many shop systems: each field read, nothing of the frame, of related goods or of buyers."""

import json
from decimal import Decimal

import pytest

from crawler.extract.ladder import PageInput, read_page
from crawler.plan import PageKind, PageTask

URL = "https://shop.example/goods/7"
TITLE = "阿拉善驼绒被 双人冬被 2米×2.3米"
TEXT = "选用双峰驼底绒，填充物百分之百驼绒，四季可用，蓬松透气，附检测报告。"
CODE = "91152900MA0N2ABC4D"
FRAME_HEAD = """<div class="top-bar"><a href="/login">登录</a> 客服电话：400-000-0000</div><header><a href="/"><img src="/logo.png"></a><nav><ul><li><a href="/">首页</a></li>
<li><a href="/c/bedding">床品</a></li></ul></nav><form><input name="q"><button>搜索</button></form></header>
<ol class="breadcrumb"><li><a href="/">首页</a></li><li><a href="/c/bedding">床品</a></li><li class="active">驼绒被</li></ol>"""
FRAME_FOOT = """<section class="related-products"><h2>相关商品</h2><ul><li><a href="/goods/8"><img src="/i/8.jpg"><h3>别家的羊毛毯</h3></a><span class="price">¥88.00</span></li>
<li><a href="/goods/9"><img src="/i/9.jpg"><h3>别家的棉花被</h3></a><span class="price">¥99.00</span></li></ul></section>
<footer><p>平台公司 统一社会信用代码：91110000MA01PLAT0X</p><ul><li><a href="/terms">服务条款</a></li></ul></footer>"""


def page(body, head="", tail=""):
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{TITLE} - 好店</title>{head}</head><body>{FRAME_HEAD}'
        f'<main id="content">{body}</main>{FRAME_FOOT}{tail}</body></html>'
    )


def woocommerce():
    """Description in a tab, attributes in a table, reviews in another tab."""
    return page(
        f'<div id="product-7" class="product type-product"><div class="woocommerce-product-gallery"><figure><div data-thumb="/i/7-100x100.jpg" class="woocommerce-product-gallery__image"><a href="/i/7.jpg"><img src="/i/7-600x600.jpg" data-src="/i/7.jpg"></a></div></figure></div>'
        f'<div class="summary entry-summary"><h1 class="product_title entry-title">{TITLE}</h1><p class="price"><del><span class="amount"><bdi><span>¥</span>1,599.00</bdi></span></del> <ins><span class="amount"><bdi><span>¥</span>1,299.00</bdi></span></ins></p>'
        f'<div class="woocommerce-product-details__short-description"><p>冬被</p></div><form class="cart"><input type="number" value="1"><button type="submit" class="single_add_to_cart_button">加入购物车</button></form><div class="product_meta">SKU: TR-7</div></div>'
        f'<div class="woocommerce-tabs"><ul class="tabs wc-tabs"><li><a href="#tab-description">描述</a></li><li><a href="#tab-reviews">用户评价 (2)</a></li></ul><div class="panel entry-content" id="tab-description"><h2>描述</h2><p>{TEXT}</p></div>'
        f'<div class="panel" id="tab-additional_information"><h2>其他信息</h2><table class="woocommerce-product-attributes shop_attributes"><tr><th>产地</th><td><p>内蒙古阿拉善左旗</p></td></tr><tr><th>执行标准</th><td><p>GB/T 24252</p></td></tr><tr><th>填充物</th><td><p>驼绒</p></td></tr></table></div>'
        f'<div class="panel" id="tab-reviews"><div id="reviews"><h2>2 条评价</h2><ol class="commentlist"><li>王先生 很暖和</li></ol></div></div></div></div>'
    ), {"attributes": {"填充物": "驼绒"}}


def taobao_like():
    """Attributes as list items, the shop in its own block, a lazy gallery."""
    return page(
        f'<div class="tb-detail"><div class="tb-gallery"><div class="tb-booth"><img id="J_ImgBooth" data-src="/i/7.jpg" src="/img/blank.gif"></div></div><div class="tb-property"><div class="tb-wrap"><h1 data-spm="1000983" class="tb-main-title">{TITLE}</h1>'
        f'<dl class="tb-price"><dt>价格</dt><dd><strong><em class="tb-rmb">¥</em><em class="tb-rmb-num">1599.00</em></strong></dd></dl><dl class="tb-promo"><dt>促销价</dt><dd><strong class="tb-promo-price"><em>¥</em><em>1299.00</em></strong></dd></dl>'
        f'<p>月销 235 件</p><button>立即购买</button><button>加入购物车</button></div></div><div class="shop-info"><div class="shop-name"><a href="/shop/12">大漠驼绒店</a></div><p>所在地：内蒙古 阿拉善盟</p><p>统一社会信用代码：{CODE}</p></div>'
        f'<ul class="attributes-list"><li title="内蒙古">产地:&nbsp;内蒙古阿拉善左旗</li><li>执行标准: GB/T 24252</li><li>填充物: 驼绒</li></ul><h3>商品详情</h3><div><p>{TEXT}</p></div><div class="rate-list"><h4>买家评价</h4><p>李女士：包装好</p></div></div>'
    ), {
        "seller": "大漠驼绒店",
        "place": "内蒙古 阿拉善盟",
        "code": CODE,
        "sales": "月销 235 件",
        "attributes": {"填充物": "驼绒"},
    }


def definition_list():
    """Attributes as a definition list, the price as meta data of the page too."""
    return page(
        f'<div class="row"><div class="col-6"><img src="/i/7.jpg" class="img-fluid"></div><div class="col-6"><h1>{TITLE}</h1><div class="h3">¥1,299.00 <small><s>¥1,599.00</s></small></div><a class="btn btn-primary" href="/cart/add/7">加入购物车</a>'
        f'<dl><dt>产地</dt><dd>内蒙古阿拉善左旗</dd><dt>执行标准</dt><dd>GB/T 24252</dd><dt>填充物</dt><dd>驼绒</dd><dt>店铺</dt><dd>大漠驼绒店</dd></dl></div></div><div class="description"><p>{TEXT}</p></div>',
        head=f'<meta property="og:type" content="product"><meta property="og:title" content="{TITLE}"><meta property="product:price:amount" content="1299.00"><meta property="product:price:currency" content="CNY"><meta property="og:image" content="/i/7.jpg">',
    ), {"seller": "大漠驼绒店", "attributes": {"填充物": "驼绒"}}


def json_ld():
    """Everything as JSON-LD with an aggregate offer and buyers' reviews, the body nearly bare."""
    node = {
        "@context": "https://schema.org/",
        "@type": "Product",
        "name": TITLE,
        "image": ["/i/7.jpg"],
        "description": TEXT,
        "sku": "TR-7",
        "review": [{"@type": "Review", "author": {"@type": "Person", "name": "王先生"}, "reviewBody": "很暖和"}],
        "additionalProperty": [{"@type": "PropertyValue", "name": "产地", "value": "内蒙古阿拉善左旗"}, {"@type": "PropertyValue", "name": "执行标准", "value": "GB/T 24252"}, {"@type": "PropertyValue", "name": "填充物", "value": "驼绒"}],
        "offers": {"@type": "Offer", "price": 1299, "priceCurrency": "CNY", "seller": {"@type": "Organization", "name": "大漠驼绒店", "taxID": CODE}},
    }  # fmt: skip
    return page(
        f'<h1>{TITLE}</h1><img src="/i/7.jpg"><button>加入购物车</button>',
        head=f'<script type="application/ld+json">{json.dumps(node, ensure_ascii=False)}</script>',
    ), {"seller": "大漠驼绒店", "code": CODE, "attributes": {"填充物": "驼绒"}}


def microdata():
    """Microdata through the whole body."""
    return page(
        f'<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">{TITLE}</h1><img itemprop="image" src="/i/7.jpg"><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price" content="1299.00">¥1,299.00</span>'
        f'<meta itemprop="priceCurrency" content="CNY"><link itemprop="availability" href="https://schema.org/InStock"><button>加入购物车</button></div><div itemprop="description">{TEXT}</div>'
        f'<table><tr><td>产地</td><td>内蒙古阿拉善左旗</td></tr><tr><td>执行标准</td><td>GB/T 24252</td></tr><tr><td>填充物</td><td>驼绒</td></tr></table><div itemprop="review" itemscope itemtype="https://schema.org/Review"><span itemprop="author">王先生</span> 很暖和</div></div>'
    ), {"attributes": {"填充物": "驼绒"}}


def tailwind():
    """Utility classes only; attributes as two spans a line; the licence in the shop's block."""
    rows = "".join(
        f'<div class="flex justify-between border-b py-2"><span class="text-gray-500">{label}</span><span>{value}</span></div>'
        for label, value in (("产地", "内蒙古阿拉善左旗"), ("执行标准", "GB/T 24252"), ("统一社会信用代码", CODE))
    )
    return page(
        f'<div class="grid md:grid-cols-2"><div class="aspect-square" style="background-image:url(/i/7.jpg)"></div><div><h1 class="text-3xl font-bold">{TITLE}</h1><div class="mt-4 flex items-baseline gap-2"><span class="text-2xl">￥1299</span><span class="line-through">￥1599</span></div>'
        f'<button class="mt-6 w-full">加入购物车</button><div class="mt-8">{rows}</div><div class="mt-8"><h2>商品介绍</h2><p>{TEXT}</p></div></div></div>'
    ), {"code": CODE}


SYSTEMS = {made.__name__: made for made in (woocommerce, taobao_like, definition_list, json_ld, microdata, tailwind)}


@pytest.fixture(scope="module")
def read():
    """Each system's page as the ladder reads it: by its task as a product page, and as an unknown page."""
    outputs = {}
    for name, made in SYSTEMS.items():
        body, expected = made()
        pages = [
            read_page(PageInput(PageTask(URL, kind), URL, body.encode(), content_type="text/html; charset=utf-8"))
            for kind in (PageKind.DETAIL, PageKind.LIST)
        ]
        outputs[name] = (*pages, expected)
    return outputs


@pytest.fixture(params=list(SYSTEMS))
def system(request, read):
    return read[request.param]


def test_one_product_whatever_the_page_was_asked_for(system):
    known, unknown, _ = system
    assert [item.title for item in known.items] == [TITLE]
    assert unknown.detail
    assert [item.title for item in unknown.items] == [TITLE]


def test_the_price_of_now_beside_the_old_one(system):
    price = system[0].items[0].price
    assert price is not None
    assert (price.low.amount, price.low.currency, price.high) == (Decimal(1299), "CNY", price.low)


def test_picture_text_and_labelled_facts(system):
    item, expected = system[0].items[0], system[2]
    assert item.images[0] == "https://shop.example/i/7.jpg"
    assert TEXT in item.description
    assert item.origin == "内蒙古阿拉善左旗"
    assert item.standard == "GB/T 24252"
    for label, value in expected.get("attributes", {}).items():
        assert item.attributes[label] == value


def test_the_seller_and_his_licence_never_the_platforms(system):
    item, expected = system[0].items[0], system[2]
    assert item.seller == expected.get("seller", "")
    assert item.seller_location == expected.get("place", "")
    assert item.seller_uscc == expected.get("code", "")
    assert item.sales == expected.get("sales", "")


def test_no_buyer_and_no_other_product_is_kept(system):
    said = repr(system[0].items) + repr(system[1].items)
    for word in ("王先生", "李女士", "很暖和", "包装好", "别家的", "¥88", "PLAT0X"):
        assert word not in said


def test_breadcrumbs_as_shown(system):
    assert system[0].items[0].breadcrumbs == ("首页", "床品", "驼绒被")

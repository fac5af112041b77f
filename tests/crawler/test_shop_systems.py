"""Listing pages in the manner of many shop systems, with their noise: every product found once, nothing else, fields right."""

import json
from decimal import Decimal

import pytest

from crawler.extract.ladder import PageInput, read_page
from crawler.plan import PageTask

URL = "https://shop.example/category/wool"
NAMES = [
    "阿拉善白绒山羊绒围巾 男女通用",
    "驼绒被 双人冬被 2米×2.3米",
    "苁蓉片 250克 罐装",
    "Camel wool throw, natural brown",
    "沙葱酱 拌面酱 210g×2瓶",
    "锁阳切片 礼盒装",
]
PRICES = ["268.00", "1299.00", "89.50", "149.00", "36.50", "118.00"]
OLD = ["398.00", "1599.00", "129.00", "199.00", "49.90", "168.00"]
NOISE_TITLES = (
    "首页",
    "关于我们",
    "登录",
    "联系客服",
    "夏季大促",
    "隐私政策",
    "购物车",
    "下一页",
    "特价广告",
    "猜你喜欢的毛毯",
)

HEAD = """<header class="site-header"><a class="logo" href="/"><img src="/logo.png" alt="好店"></a>
<nav class="main-nav"><ul><li><a href="/">首页</a></li><li><a href="/c/1"><img src="/icons/wool.png" width="24">羊绒</a></li>
<li><a href="/c/2">驼绒</a></li><li><a href="/about">关于我们</a></li><li><a href="/login">登录</a></li></ul></nav>
<div class="mini-cart"><a href="/cart">购物车</a> <span class="amount">¥0.00</span></div></header>
<div class="banner"><a href="/sale"><img src="/b1.jpg" alt="夏季大促"></a><a href="/sale2"><img src="/b2.jpg" alt="夏季大促"></a></div>
<div class="breadcrumb"><a href="/">首页</a> / <a href="/c">全部</a> / 羊绒</div>
<aside class="sidebar"><h3>价格</h3><ul><li><a href="?min=0&max=100">¥0 - ¥100</a></li><li><a href="?min=100&max=500">¥100 - ¥500</a></li>
<li><a href="?min=500">¥500 以上</a></li></ul><div class="ad"><a href="/ad/1"><img src="/ad1.jpg">特价广告 ¥9.9</a></div></aside>"""
FOOT = """<div class="recommend"><h3>猜你喜欢</h3><ul><li><a href="/p/901"><img src="/i/901.jpg">猜你喜欢的毛毯一</a><b>¥66</b></li>
<li><a href="/p/902"><img src="/i/902.jpg">猜你喜欢的毛毯二</a><b>¥77</b></li></ul></div>
<footer class="footer"><ul><li><a href="/privacy">隐私政策</a></li><li><a href="/kf">联系客服</a></li><li><a href="/terms">服务条款</a></li></ul>
<p>© 2026 好店 蒙ICP备00000000号</p></footer>"""


def page(body, *, lang="zh-CN", head="", tail=""):
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>羊绒 - 好店</title>{head}</head>'
        f"<body>{HEAD}{body}{FOOT}{tail}</body></html>"
    )


def cards(form, count=6):
    return "".join(form(n + 1, NAMES[n], PRICES[n], OLD[n]) for n in range(count))


def split(price):
    whole, _, rest = price.partition(".")
    return whole, rest


def woocommerce():
    def one(n, name, price, old):
        return (
            f'<li class="product type-product post-{n} status-publish first instock product_cat-wool has-post-thumbnail sale purchasable">'
            f'<a href="https://shop.example/p/{n}" class="woocommerce-LoopProduct-link woocommerce-loop-product__link"><span class="onsale">Sale!</span>'
            f'<img width="300" height="300" src="https://shop.example/i/{n}-300x300.jpg" class="attachment-woocommerce_thumbnail" alt="" '
            f'srcset="https://shop.example/i/{n}-300x300.jpg 300w, https://shop.example/i/{n}.jpg 600w" sizes="300px">'
            f'<h2 class="woocommerce-loop-product__title">{name}</h2><div class="star-rating" role="img" aria-label="Rated 4.50 out of 5">'
            f'<span style="width:90%">Rated <strong class="rating">4.50</strong> out of 5</span></div>'
            f'<span class="price"><del aria-hidden="true"><span class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">&yen;</span>{old}</bdi></span></del> '
            f'<span class="screen-reader-text">Original price was: &yen;{old}.</span><ins aria-hidden="true"><span class="woocommerce-Price-amount amount"><bdi>'
            f'<span class="woocommerce-Price-currencySymbol">&yen;</span>{price}</bdi></span></ins><span class="screen-reader-text">Current price is: &yen;{price}.</span></span></a>'
            f'<a href="?add-to-cart={n}" data-quantity="1" class="button product_type_simple add_to_cart_button" data-product_id="{n}">Add to cart</a></li>'
        )

    pager = (
        '<nav class="woocommerce-pagination"><ul class="page-numbers"><li><span aria-current="page" class="page-numbers current">1</span></li>'
        '<li><a class="page-numbers" href="https://shop.example/category/wool/page/2/">2</a></li>'
        '<li><a class="next page-numbers" href="https://shop.example/category/wool/page/2/">&rarr;</a></li></ul></nav>'
    )
    return page(f'<main><ul class="products columns-4">{cards(one)}</ul>{pager}</main>'), {
        "image": "https://shop.example/i/{n}.jpg",
        "next": "https://shop.example/category/wool/page/2/",
    }


def shopify_dawn():
    def one(n, name, price, old):
        return (
            f'<li class="grid__item"><div class="card-wrapper product-card-wrapper underline-links-hover"><div class="card card--standard card--media" style="--ratio-percent: 100%;">'
            f'<div class="card__inner color-scheme-2 gradient ratio"><div class="card__media"><div class="media media--transparent media--hover-effect">'
            f'<img srcset="//shop.example/i/{n}.jpg?v=1&width=165 165w,//shop.example/i/{n}.jpg?v=1&width=533 533w" src="//shop.example/i/{n}.jpg?v=1&width=533" alt="{name}" loading="lazy" width="1000" height="1000">'
            f'</div></div><div class="card__content"><div class="card__information"><h3 class="card__heading"><a href="/p/{n}" class="full-unstyled-link">{name}</a></h3></div>'
            f'<div class="card__badge bottom left"><span class="badge">Sale</span></div></div></div><div class="card__content"><div class="card__information">'
            f'<h3 class="card__heading h5"><a href="/p/{n}" class="full-unstyled-link">{name}</a></h3><div class="card-information"><span class="visually-hidden">Vendor:</span>'
            f'<div class="price price--on-sale"><div class="price__container"><div class="price__regular"><span class="visually-hidden visually-hidden--inline">Regular price</span>'
            f'<span class="price-item price-item--regular">¥{price}</span></div><div class="price__sale"><span class="visually-hidden">Regular price</span><span><s class="price-item price-item--regular">¥{old}</s></span>'
            f'<span class="visually-hidden">Sale price</span><span class="price-item price-item--sale price-item--last">¥{price}</span></div></div></div></div></div>'
            f'<div class="quick-add"><button type="submit">Add to cart</button></div></div></div></div></li>'
        )

    pager = (
        '<div class="pagination-wrapper"><nav class="pagination" role="navigation" aria-label="Pagination"><ul class="pagination__list">'
        '<li><a class="pagination__item pagination__item--current light" aria-current="page">1</a></li><li><a href="/category/wool?page=2" class="pagination__item link">2</a></li>'
        '<li><a href="/category/wool?page=2" class="pagination__item pagination__item--prev pagination__item-arrow" aria-label="Next page"><svg></svg></a></li></ul></nav></div>'
    )
    body = f'<main id="MainContent"><div id="product-grid"><ul class="grid product-grid">{cards(one)}</ul>{pager}</div></main>'
    return page(body, lang="zh-CN"), {
        "image": "https://shop.example/i/{n}.jpg?v=1&width=533",
        "next": "https://shop.example/category/wool?page=2",
    }


def magento_luma():
    def one(n, name, price, old):
        return (
            f'<li class="item product product-item"><div class="product-item-info" data-container="product-grid"><a href="https://shop.example/p/{n}" class="product photo product-item-photo" tabindex="-1">'
            f'<span class="product-image-container"><span class="product-image-wrapper"><img class="product-image-photo" src="https://shop.example/i/{n}.jpg" loading="lazy" width="240" height="300" alt="{name}"></span></span></a>'
            f'<div class="product details product-item-details"><strong class="product name product-item-name"><a class="product-item-link" href="https://shop.example/p/{n}">\n  {name} </a></strong>'
            f'<div class="price-box price-final_price" data-role="priceBox" data-product-id="{n}"><span class="special-price"><span class="price-container price-final_price tax weee"><span class="price-label">Special Price</span>'
            f'<span data-price-amount="{price}" class="price-wrapper"><span class="price">¥{price}</span></span></span></span><span class="old-price"><span class="price-label">Regular Price</span>'
            f'<span data-price-amount="{old}" class="price-wrapper"><span class="price">¥{old}</span></span></span></div><div class="product-item-inner"><form><button title="Add to Cart" class="action tocart primary"><span>Add to Cart</span></button></form>'
            f'<a href="#" class="action towishlist"><span>Add to Wish List</span></a></div></div></div></li>'
        )

    pager = (
        '<div class="pages"><strong class="label pages-label">Page</strong><ul class="items pages-items"><li class="item current"><strong class="page"><span class="label">Page</span><span>1</span></strong></li>'
        '<li class="item"><a href="https://shop.example/category/wool?p=2" class="page"><span class="label">Page</span><span>2</span></a></li>'
        '<li class="item pages-item-next"><a class="action next" href="https://shop.example/category/wool?p=2" title="Next"><span class="label">Page</span><span>Next</span></a></li></ul></div>'
    )
    body = f'<main class="page-main"><div class="products wrapper grid products-grid"><ol class="products list items product-items">{cards(one)}</ol></div>{pager}</main>'
    return page(body), {"image": "https://shop.example/i/{n}.jpg", "next": "https://shop.example/category/wool?p=2"}


def opencart():
    def one(n, name, price, old):
        return (
            f'<div class="col mb-3"><div class="product-thumb"><div class="image"><a href="https://shop.example/p/{n}"><img src="https://shop.example/i/{n}-250x250.jpg" alt="{name}" title="{name}" class="img-fluid"></a></div>'
            f'<div class="content"><div class="description"><h4><a href="https://shop.example/p/{n}">{name}</a></h4><p>一段说明，讲它的原料。..</p><div class="price"><span class="price-new">￥{price}</span> <span class="price-old">￥{old}</span> '
            f'<span class="price-tax">税前：￥{price}</span></div></div><form method="post"><div class="button"><button type="submit" title="Add to Cart"><i class="fa-solid fa-shopping-cart"></i></button></div></form></div></div></div>'
        )

    pager = (
        '<div class="row"><div class="col-sm-6 text-start"><ul class="pagination"><li class="page-item active"><span class="page-link">1</span></li><li class="page-item"><a href="https://shop.example/category/wool?page=2" class="page-link">2</a></li>'
        '<li class="page-item"><a href="https://shop.example/category/wool?page=2" class="page-link">&gt;</a></li><li class="page-item"><a href="https://shop.example/category/wool?page=4" class="page-link">&gt;|</a></li></ul></div></div>'
    )
    body = f'<div id="product-category" class="container"><div id="content" class="col"><h2>羊绒</h2><div id="product-list" class="row row-cols-1 row-cols-md-3">{cards(one)}</div>{pager}</div></div>'
    return page(body), {
        "image": "https://shop.example/i/{n}-250x250.jpg",
        "next": "https://shop.example/category/wool?page=2",
    }


def prestashop():
    def one(n, name, price, old):
        return (
            f'<div class="js-product product col-xs-12 col-sm-6"><article class="product-miniature js-product-miniature" data-id-product="{n}"><div class="thumbnail-container"><div class="thumbnail-top">'
            f'<a href="https://shop.example/p/{n}" class="thumbnail product-thumbnail"><picture><source srcset="https://shop.example/i/{n}.webp" type="image/webp"><img src="https://shop.example/i/{n}.jpg" alt="{name}" loading="lazy" width="250" height="250"></picture></a></div>'
            f'<div class="product-description"><h2 class="h3 product-title"><a href="https://shop.example/p/{n}">{name}</a></h2><div class="product-price-and-shipping"><span class="regular-price" aria-label="Regular price">¥{old}</span>'
            f'<span class="discount-percentage discount-product">-20%</span><span class="price" aria-label="Price">¥{price}</span></div></div></div></article></div>'
        )

    pager = (
        '<nav class="pagination"><div class="col-md-4">Showing 1-6 of 12 item(s)</div><div class="col-md-6"><ul class="page-list clearfix"><li class="current"><a rel="nofollow" href="https://shop.example/category/wool?page=1" class="disabled js-search-link">1</a></li>'
        '<li><a rel="nofollow" href="https://shop.example/category/wool?page=2" class="js-search-link">2</a></li><li><a rel="next" href="https://shop.example/category/wool?page=2" class="next js-search-link">Next</a></li></ul></div></nav>'
    )
    body = f'<section id="main"><section id="products"><div id="js-product-list"><div class="products row">{cards(one)}</div>{pager}</div></section></section>'
    return page(body), {"next": "https://shop.example/category/wool?page=2"}


def ecshop_lazy():
    """A Chinese server-rendered shop: lazy pictures, the price split over elements, sales, shop and place in the card."""

    def one(n, name, price, old):
        whole, rest = split(price)
        return (
            f'<li class="gl-item"><div class="gl-i-wrap"><div class="p-img"><a target="_blank" title="{name}" href="//shop.example/p/{n}.html"><img width="220" height="220" data-lazy-img="//shop.example/i/{n}.jpg" src="//shop.example/misc/blank.gif"></a></div>'
            f'<div class="p-price"><strong><em>¥</em><i>{whole}</i><span>.{rest}</span></strong><del>¥{old}</del></div><div class="p-name p-name-type-2"><a target="_blank" href="//shop.example/p/{n}.html"><em>{name}</em><i class="promo-words">限时优惠 满200减20</i></a></div>'
            f'<div class="p-commit"><strong>已有<a href="//shop.example/p/{n}.html#comment">2000+</a>条评价</strong></div><div class="p-shop"><a class="curr-shop" href="//shop.example/shop/{n}" title="第{n}绒毛专营店">第{n}绒毛专营店</a></div>'
            f'<div class="p-icons"><i class="goods-icons">自营</i></div><div class="p-operate"><a href="javascript:;">对比</a><a href="javascript:;">关注</a><a href="//cart.example/add?pid={n}">加入购物车</a></div></div></li>'
        )

    pager = (
        '<div class="page clearfix"><span class="p-num"><a class="pn-prev disabled"><i>&lt;</i><em>上一页</em></a><a href="javascript:;" class="curr">1</a><a href="/category/wool?page=3">2</a>'
        '<a class="pn-next" href="/category/wool?page=3"><em>下一页</em><i>&gt;</i></a></span></div>'
    )
    return page(
        f'<div id="J_goodsList" class="goods-list-v2"><ul class="gl-warp clearfix">{cards(one)}</ul></div>{pager}'
    ), {
        "url": "https://shop.example/p/{n}.html",
        "image": "https://shop.example/i/{n}.jpg",
        "next": "https://shop.example/category/wool?page=3",
        "seller": "第{n}绒毛专营店",
    }


def taobao_like():
    """Hashed class names, one link around the card, price in three parts, 付款 count, place and shop in the card."""

    def one(n, name, price, old):
        whole, rest = split(price)
        return (
            f'<div class="search-content-col tbpc-col tbpc-col-lg-12"><a class="doubleCardWrapperAdapt--mEcC7olq" href="//shop.example/item.htm?id={n}00&amp;spm=a21n57.1" target="_blank"><div class="doubleCard--gO3Bz6bu">'
            f'<div class="mainPicAdaptWrapper--V_ayd2hD"><img class="mainPic--Ds3X7I8z" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="//shop.example/i/{n}.jpg_460x460q90.jpg" alt=""></div>'
            f'<div class="titleContainer"><div class="title--qJ7Xg_90" title="{name}"><span>{name}</span></div></div><div class="descBox--RunOO4S3"><span>7天无理由</span></div>'
            f'<div class="priceWrapper--dBtPZ2K1"><div class="innerPriceWrapper--aAJhHXD4"><span class="unit--D3KGu">¥</span><span class="priceInt--yqqZMJ5a">{whole}</span><span class="priceFloat--XpixvyQ1">.{rest}</span></div>'
            f'<span class="realSales--XZJiepmt">{n}00+人付款</span><div class="procity--wlcT2xH9"><span>内蒙古</span></div><div class="procity--wlcT2xH9"><span>阿拉善盟</span></div></div>'
            f'<div class="shopInfo--ORFs6rK"><span class="shopNameText--DmtlsDKm">大漠第{n}店</span></div></div></a></div>'
        )

    pager = (
        '<div class="pgWrap--RTFKoWa6"><div class="next-pagination next-medium"><div class="next-pagination-pages"><button class="next-btn next-pagination-item next-prev" disabled>上一页</button>'
        '<div class="next-pagination-list"><button class="next-btn next-pagination-item next-current">1</button><button class="next-btn next-pagination-item">2</button></div>'
        '<button class="next-btn next-pagination-item next-next"><span>下一页</span></button></div></div></div>'
    )
    return page(f'<div id="content_items_wrapper" class="contentInner">{cards(one)}</div>{pager}'), {
        "url": "https://shop.example/item.htm?id={n}00&spm=a21n57.1",
        "image": "https://shop.example/i/{n}.jpg_460x460q90.jpg",
        "clickable": True,
        "seller": "大漠第{n}店",
        "sales": "{n}00+人付款",
        "place": "内蒙古 阿拉善盟",
    }


def wholesale():
    """A wholesale card: the price as a start, minimum order, company name, CSS background as the picture."""

    def one(n, name, price, old):
        return (
            f'<div class="sm-offer-item sw-dpl-offer-item"><div class="mojar-element-image"><a href="https://shop.example/offer/{n}.html" target="_blank"><div class="img" style="background-image: url(&quot;https://shop.example/i/{n}.jpg&quot;);"></div></a></div>'
            f'<div class="mojar-element-title"><a href="https://shop.example/offer/{n}.html" target="_blank"><div class="title">{name}</div></a></div><div class="mojar-element-price"><div class="showPricec"><span class="rmb">¥</span><span class="num">{price}</span><span>起</span></div>'
            f'<div class="sale"><span>成交</span><span>{n}000+件</span></div></div><div class="mojar-element-desc">2件起批</div><div class="mojar-element-company"><a class="company-name" title="第{n}绒业有限公司" href="https://shop.example/company/{n}">第{n}绒业有限公司</a>'
            f'<span class="location">内蒙古 呼和浩特</span></div></div>'
        )

    return page(
        f'<div id="sm-offer-list" class="sm-offer-list">{cards(one)}</div><div class="fui-paging"><a class="fui-prev fui-prev-disabled" href="#">&lt;上一页</a><a class="fui-current">1</a><a href="#">2</a><a class="fui-next" href="#">下一页&gt;</a></div>'
    ), {
        "url": "https://shop.example/offer/{n}.html",
        "image": "https://shop.example/i/{n}.jpg",
        "clickable": True,
        "seller": "第{n}绒业有限公司",
        "place": "内蒙古 呼和浩特",
        "open": True,
    }


def bootstrap_template():
    """A template of which many small shops are made: links of `#`, the old price struck by a utility class."""

    def one(n, name, price, old):
        return (
            f'<div class="col mb-5"><div class="card h-100"><div class="badge bg-dark text-white position-absolute" style="top: 0.5rem">Sale</div><img class="card-img-top" src="https://shop.example/i/{n}.jpg" alt="...">'
            f'<div class="card-body p-4"><div class="text-center"><h5 class="fw-bolder">{name}</h5><div class="d-flex small text-warning mb-2"><div class="bi-star-fill"></div></div>'
            f'<span class="text-muted text-decoration-line-through">¥{old}</span>\n ¥{price}</div></div><div class="card-footer p-4 pt-0 border-top-0 bg-transparent"><div class="text-center"><a class="btn btn-outline-dark mt-auto" href="#">Add to cart</a></div></div></div></div>'
        )

    return page(
        f'<section class="py-5"><div class="container px-4 mt-5"><div class="row gx-4 row-cols-2">{cards(one)}</div></div></section>'
    ), {"url": None, "image": "https://shop.example/i/{n}.jpg"}


def tailwind():
    """Utility classes only: nothing names a title or a price."""

    def one(n, name, price, old):
        return (
            f'<div class="group relative"><div class="aspect-square w-full overflow-hidden rounded-md bg-gray-200"><img src="/i/{n}.jpg" alt="Front of bag." class="size-full object-cover"></div>'
            f'<div class="mt-4 flex justify-between"><div><h3 class="text-sm text-gray-700"><a href="/p/{n}"><span aria-hidden="true" class="absolute inset-0"></span>{name}</a></h3><p class="mt-1 text-sm text-gray-500">天然色</p></div>'
            f'<p class="text-sm font-medium text-gray-900">¥{price}</p><p class="text-sm line-through text-gray-400">¥{old}</p></div></div>'
        )

    return page(
        f'<div class="bg-white"><div class="mx-auto max-w-2xl px-4 py-16"><h2 class="text-2xl">羊绒</h2><div class="mt-6 grid grid-cols-1 gap-x-6">{cards(one)}</div></div></div>'
    ), {"image": "https://shop.example/i/{n}.jpg"}


def clicked_divs():
    """No link anywhere: the card's own script navigates."""

    def one(n, name, price, old):
        return (
            f'<div class="goods-card" data-goods-id="G{n}" onclick="location.href=\'/p/{n}\'"><div class="pic" style="background:#eee url(\'/i/{n}.jpg\') center/cover"></div><div class="nm">{name}</div>'
            f'<div class="bottom"><span class="sell">￥{price}</span><span class="yuan-jia" style="text-decoration:line-through">￥{old}</span><span>月销{n}2件</span></div></div>'
        )

    return page(f'<div class="goods-wall">{cards(one)}</div>'), {
        "image": "https://shop.example/i/{n}.jpg",
        "sales": "月销{n}2件",
    }


def plain_table():
    """A table of goods as wholesalers print it."""

    def one(n, name, price, old):
        return f'<tr><td>{n}</td><td><img src="/i/{n}.jpg" width="60"></td><td><a href="/p/{n}">{name}</a></td><td>{price}元</td><td><a href="/cart/add/{n}">订购</a></td></tr>'

    return page(
        f"<table class='list'><thead><tr><th>序号</th><th>图片</th><th>品名</th><th>价格</th><th></th></tr></thead><tbody>{cards(one)}</tbody></table><p><a href='list_2.html'>下一页</a></p>"
    ), {"image": "https://shop.example/i/{n}.jpg", "next": "https://shop.example/category/list_2.html"}


def table_grid():
    """Rows of three in a table, as old shops lay them out."""
    rows = ""
    for start in (0, 3):
        rows += (
            "<tr>"
            + "".join(
                f'<td align="center" width="33%"><a href="/p/{n + 1}"><img src="/i/{n + 1}.jpg" border="0"></a><br><a href="/p/{n + 1}">{NAMES[n]}</a><br><font color="red">会员价:{PRICES[n]}元</font><br>市场价:<s>{OLD[n]}元</s></td>'
                for n in range(start, start + 3)
            )
            + "</tr>"
        )
    return page(f'<table width="100%" cellspacing="4"><tbody>{rows}</tbody></table>'), {
        "image": "https://shop.example/i/{n}.jpg"
    }


def next_data():
    """A hydrating page: the shell shows nothing, its state holds the goods."""
    products = [
        {
            "id": f"gid-{n + 1}",
            "handle": f"p-{n + 1}",
            "title": NAMES[n],
            "vendor": f"店{n + 1}",
            "featuredImage": {"url": f"https://shop.example/i/{n + 1}.jpg", "altText": None},
            "priceRange": {
                "minVariantPrice": {"amount": PRICES[n], "currencyCode": "CNY"},
                "maxVariantPrice": {"amount": PRICES[n], "currencyCode": "CNY"},
            },
            "compareAtPriceRange": {"minVariantPrice": {"amount": OLD[n], "currencyCode": "CNY"}},
        }
        for n in range(6)
    ]
    menu = [{"id": n, "title": title, "path": f"/c/{n}"} for n, title in enumerate(("首页", "关于我们", "登录"))]
    state = {
        "props": {
            "pageProps": {
                "menu": menu,
                "collection": {"products": {"edges": [{"node": one, "cursor": "x"} for one in products]}},
            }
        }
    }
    body = f'<div id="__next"></div><script id="__NEXT_DATA__" type="application/json">{json.dumps(state)}</script>'
    return f'<!doctype html><html lang="zh-CN"><head><title>羊绒</title></head><body>{body}</body></html>', {
        "url": None,
        "image": "https://shop.example/i/{n}.jpg",
        "seller": "店{n}",
    }


def nuxt_state():
    """Nuxt 2's state as a plain assignment, the page server-rendered with links but without prices in the cards."""

    def one(n, name, price, old):
        return f'<div class="item"><a href="/p/{n}"><img src="/i/{n}.jpg"><span class="tt">{name}</span></a></div>'

    goods = [
        {
            "goodsId": n + 1,
            "goodsName": NAMES[n],
            "shopPrice": float(PRICES[n]),
            "marketPrice": float(OLD[n]),
            "currency": "CNY",
            "cover": f"/i/{n + 1}.jpg",
        }
        for n in range(6)
    ]
    script = f"<script>window.__NUXT__={json.dumps({'data': [{'list': goods}], 'serverRendered': True}, ensure_ascii=False)};</script>"
    return page(f'<div id="__nuxt"><div class="wall">{cards(one)}</div></div>', tail=script), {
        "image": "https://shop.example/i/{n}.jpg"
    }


def item_list_ld():
    """JSON-LD ItemList of Products beside cards without prices."""

    def one(n, name, price, old):
        return f'<div class="tile"><a href="/p/{n}"><img src="/i/{n}.jpg" alt="{name}"></a><a href="/p/{n}">{name}</a></div>'

    items = [
        {
            "@type": "ListItem",
            "position": n + 1,
            "item": {
                "@type": "Product",
                "name": NAMES[n],
                "url": f"/p/{n + 1}",
                "image": [f"/i/{n + 1}.jpg"],
                "offers": {"@type": "Offer", "price": PRICES[n], "priceCurrency": "CNY"},
            },
        }
        for n in range(6)
    ]
    ld = json.dumps(
        {
            "@context": "https://schema.org",
            "@graph": [{"@type": "WebSite", "name": "好店"}, {"@type": "ItemList", "itemListElement": items}],
        }
    )
    return page(f'<div class="tiles">{cards(one)}</div>', head=f'<script type="application/ld+json">{ld}</script>'), {
        "image": "https://shop.example/i/{n}.jpg"
    }


SYSTEMS = {
    made.__name__: made
    for made in (
        woocommerce, shopify_dawn, magento_luma, opencart, prestashop, ecshop_lazy, taobao_like, wholesale, bootstrap_template,
        tailwind, clicked_divs, plain_table, table_grid, next_data, nuxt_state, item_list_ld,
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def read():
    """Each system's page as the ladder reads it, with what is expected."""
    outputs = {}
    for name, made in SYSTEMS.items():
        body, expected = made()
        outputs[name] = (
            read_page(PageInput(PageTask(URL), URL, body.encode(), content_type="text/html; charset=utf-8")),
            expected,
        )
    return outputs


@pytest.fixture(params=list(SYSTEMS))
def system(request, read):
    return read[request.param]


def test_every_product_is_found_and_nothing_else(system):
    output, _ = system
    assert [item.title for item in output.items] == NAMES
    assert not any(noise in item.title for item in output.items for noise in NOISE_TITLES)


def test_the_price_of_now_with_its_currency(system):
    output, expected = system
    prices = [item.price for item in output.items]
    assert all(prices)
    assert [price.low.amount for price in prices] == [Decimal(price) for price in PRICES]
    assert {price.low.currency for price in prices} == {"CNY"}
    assert all((price.high is None) is expected.get("open", False) for price in prices)


def test_the_link_of_each_product(system):
    output, expected = system
    form = expected.get("url", "https://shop.example/p/{n}")
    wanted = [None if form is None else form.format(n=n) for n in range(1, 7)]
    assert [item.url for item in output.items] == wanted
    assert len({item.key for item in output.items}) == 6


def test_the_picture_of_each_product(system):
    output, expected = system
    if "image" not in expected:
        assert all(item.images for item in output.items)
        return
    assert [item.images[0] if item.images else "" for item in output.items] == [
        expected["image"].format(n=n) for n in range(1, 7)
    ]


def test_seller_place_and_sales_as_the_card_shows_them(system):
    output, expected = system
    for n, item in enumerate(output.items, 1):
        if "seller" in expected:
            assert item.seller == expected["seller"].format(n=n)
        if "sales" in expected:
            assert item.sales == expected["sales"].format(n=n)
        if "place" in expected:
            assert item.seller_location == expected["place"]


def test_where_the_list_goes_on(system):
    output, expected = system
    if expected.get("clickable"):
        assert output.next.clickable
    else:
        assert output.next.url == expected.get("next", "")
    assert not output.detail
    assert not output.obstacle

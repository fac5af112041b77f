"""What is no product stays out: navigation, brands, news, badges, empty results; and exhibitors without links are found."""

import pytest

from crawler.extract.ladder import PageInput, read_page
from crawler.plan import PageTask

URL = "https://shop.example/search?q=wool"
GOODS = ["驼绒围巾 米色", "山羊绒衫 女款", "羊绒帽 加厚"]


def read(body, *, lang="zh", exhibition=False, rendered=False):
    html = f'<html lang="{lang}"><body>{body}</body></html>'
    page = PageInput(PageTask(URL), URL, html.encode(), content_type="text/html; charset=utf-8", exhibition=exhibition,
                     rendered=rendered)  # fmt: skip
    return read_page(page)


def goods(form='<li><a href="/p/{n}"><img src="/i/{n}.jpg"></a><a href="/p/{n}">{name}</a><b>¥{n}8</b></li>'):
    return "<ul>" + "".join(form.format(n=n, name=name) for n, name in enumerate(GOODS, 1)) + "</ul>"


def linked(count, form):
    return "<ul>" + "".join(form.format(n=n) for n in range(1, count + 1)) + "</ul>"


@pytest.mark.parametrize(
    "noise",
    [
        linked(12, '<li><a href="/brand/{n}"><img src="/b/{n}.png" alt="品牌{n}"><span>品牌{n}</span></a></li>'),
        linked(20, '<li><a href="/news/{n}">新闻标题第{n}条：关于绒毛产业</a><span>2026-05-{n:02d}</span></li>'),
        "<nav>" + linked(15, '<li><a href="/c/{n}"><img src="/c/{n}.png">类目{n}</a></li>') + "</nav>",
        "<footer>" + linked(15, '<li><a href="/h/{n}"><img src="/h/{n}.png">帮助中心{n} ¥{n}</a></li>') + "</footer>",
        '<div class="swiper">' + linked(9, '<li><a href="/f/{n}"><img src="/f/{n}.jpg">热卖{n}号</a><b>¥{n}</b></li>') + "</div>",
        "<div class='breadcrumb'>" + linked(5, '<li><a href="/x/{n}">第{n}层</a></li>') + "</div>",
        '<div class="filter">' + linked(8, '<li><a href="?max={n}00">¥0 - ¥{n}00 <img src="/t.png"></a></li>') + "</div>",
        "<table class='cart'><tr><th>商品名称</th><th>单价</th><th>数量</th></tr>" + "<tr><td>毯</td><td>¥1</td><td>1</td></tr>" * 4 + "</table>",
    ],
    ids=["brands", "news", "navigation", "footer", "carousel", "breadcrumbs", "filters", "cart"],
)  # fmt: skip
def test_the_goods_stand_out_from_noise_before_and_after(noise):
    for body in (f"<div>{noise}</div><div>{goods()}</div>", f"<div>{goods()}</div><div>{noise}</div>"):
        output = read(body)
        assert [item.title for item in output.items] == GOODS
        assert [item.price.low.currency for item in output.items] == ["CNY"] * 3


@pytest.mark.parametrize(
    "said",
    [
        "没有找到相关商品",
        "抱歉，没有符合条件的宝贝",
        "共 0 件",
        "No products were found matching your selection.",
        "0 results",
    ],
)
def test_a_search_that_finds_nothing_lists_nothing(said):
    body = f"<main><h1>搜索</h1><p>{said}</p>{linked(6, '<li><a href=/n/{n}>公告第{n}号：发货安排</a></li>')}</main>"
    assert read(body).items == ()


def test_a_badge_that_most_cards_share_is_no_title():
    form = '<li><p>全国包邮</p><div class="pic" style="background-image:url(/i/{n}.jpg)"></div><p>{name}</p><b>¥{n}8</b></li>'
    body = goods(form).replace("</ul>", form.format(n=4, name="袜") + form.format(n=5, name="驼绒手套") + "</ul>")
    assert [item.title for item in read(body).items] == [*GOODS, "驼绒手套"]


def test_a_price_in_running_text_beside_the_struck_one():
    form = (
        '<li><img src="/i/{n}.jpg"><div><h5>{name}</h5>'
        + " \n" * 300
        + '<span class="line-through">¥99</span> \n ¥{n}8</div></li>'
    )
    assert [str(item.price.low.amount) for item in read(goods(form)).items] == ["18", "28", "38"]


@pytest.mark.parametrize(
    ("shown", "low", "high"),
    [
        ("<p>市场价：¥399</p><p>现价：¥299</p>", "299", "299"),
        ("<p>原价399元</p><p>促销价 299元</p>", "299", "299"),
        ('<span class="market_price">¥399</span><span class="shop_price">¥299</span>', "299", "299"),
        ('<div><span style="text-decoration: line-through;">399元</span> 299元</div>', "299", "299"),
        ("<p>批发价：<b>1.2万元</b></p>", "12000", "12000"),
        ("<p>¥299起</p>", "299", None),
        ("<p>36.5-48元</p>", "36.5", "48"),
        ("<p><em>¥</em><i>36</i><span>.50</span><span>100人付款</span></p>", "36.50", "36.50"),
        ("<p>Price¥299</p>", "299", "299"),
        ("<del>￥399</del><i>￥</i><b>299</b>", "299", "299"),
    ],
)
def test_prices_as_cards_show_them(shown, low, high):
    form = '<li><a href="/p/{n}"><img src="/i/{n}.jpg"></a><a href="/p/{n}">{name}</a>' + shown + "</li>"
    for item in read(goods(form)).items:
        found = item.price
        assert found.low.currency == "CNY"
        assert float(found.low.amount) == float(low)
        assert (found.high is None) is (high is None)
        assert high is None or float(found.high.amount) == float(high)


@pytest.mark.parametrize(
    ("lang", "currency"),
    [("en-US", "USD"), ("en", "XXX"), ("zh-CN", "XXX"), ("en-AU", "AUD"), ("zh-HK", "HKD"), ("", "XXX")],
)
def test_a_bare_dollar_sign_is_what_the_page_says(lang, currency):
    output = read(goods().replace("¥", "$"), lang=lang)
    assert {item.price.low.currency for item in output.items} == {currency}


def test_a_bare_dollar_sign_with_a_stated_currency():
    output = read('<script>var shop={"currency":"CAD"}</script>' + goods().replace("¥", "$"), lang="en")
    assert {item.price.low.currency for item in output.items} == {"CAD"}


TABLE = "<table><tr><th>序号</th><th>展位号</th><th>企业名称</th><th>产地</th></tr>{}</table>"
FAIRS = {
    "table": TABLE.format("".join(f"<tr><td>{n}</td><td>A{n:02d}</td><td>第{n}绒业公司</td><td>内蒙古</td></tr>" for n in range(1, 8))),
    "cards": '<div class="exhibitors">' + "".join(f'<div class="exhibitor"><div class="company-name">第{n}绒业公司</div><div class="booth">展位：A{n:02d}</div><p>羊绒纱线与驼绒被</p></div>' for n in range(1, 8)) + "</div>",
    "links": "<table><thead><tr><th>企业名称</th><th>展位号</th><th>产地</th></tr></thead><tbody>" + "".join(f'<tr><td><a href="/e/{n}">第{n}绒业公司</a></td><td>A{n:02d}</td><td>内蒙古</td></tr>' for n in range(1, 8)) + "</tbody></table>",
}  # fmt: skip


@pytest.mark.parametrize("form", sorted(FAIRS))
def test_exhibitors_with_their_booths_however_they_are_listed(form):
    output = read(f"<h1>展商名录</h1><p>时间：2026年5月1日-3日</p>{FAIRS[form]}", exhibition=True)
    assert [item.seller for item in output.items] == [f"第{n}绒业公司" for n in range(1, 8)]
    assert [item.booth for item in output.items] == [f"A{n:02d}" for n in range(1, 8)]
    assert len({item.key for item in output.items}) == 7
    assert output.event.starts.isoformat() == "2026-05-01"


def test_a_table_of_goods_by_its_headings():
    rows = "".join(
        f"<tr><td>{n}</td><td>{name}</td><td>{n}8.5</td><td>内蒙古</td></tr>" for n, name in enumerate(GOODS, 1)
    )
    output = read(f"<table><tr><th>编号</th><th>品名</th><th>单价（元）</th><th>产地</th></tr>{rows}</table>")
    assert [item.title for item in output.items] == GOODS
    assert [str(item.price.low.amount) for item in output.items] == ["18.5", "28.5", "38.5"]
    assert {item.price.low.currency for item in output.items} == {"CNY"}
    assert {item.origin for item in output.items} == {"内蒙古"}


def test_a_products_own_table_of_facts_is_no_list():
    facts = "".join(f"<tr><td>{name}</td><td>值{name}</td></tr>" for name in ("品名", "产地", "执行标准", "配料"))
    output = read(f"<h1>驼绒被</h1><img src='/i.jpg'><p>¥268</p><button>加入购物车</button><table>{facts}</table>")
    assert output.detail
    assert [item.title for item in output.items] == ["驼绒被"]
    assert output.items[0].origin == "值产地"

"""The market serves what the data say, each shop in its own way."""

import json
import re
from collections.abc import Callable

import pytest
from lxml import html

from demo import data
from demo.market import Market
from guards.http import Response

Read = Callable[[str], Response]
SHOPS = {shop.id: shop for shop in data.shops()}


def _url(market: Market, kind: str) -> str:
    return next(shop.url for shop in market.shops if shop.kind == kind)


def _items(kind: str) -> list[data.Item]:
    return [item for item in data.listings() if SHOPS[item.shop].kind == kind]


def test_each_shop_is_its_own_origin():
    with Market().start() as market:
        assert len(market.hosts) == len(market.shops) == 4
        assert sum(shop.items for shop in market.shops) == len(data.listings())


def test_stopping_twice_is_well_and_frees_the_ports():
    first = Market().start()
    ports = [int(shop.url.rstrip("/").rsplit(":", 1)[1]) for shop in first.shops]
    first.stop()
    first.stop()
    with Market(ports=ports).start() as second:
        assert [shop.url for shop in second.shops] == [shop.url for shop in first.shops]


@pytest.mark.parametrize("kind", ["jsonld", "cards", "spa", "fair"])
def test_every_shop_answers_robots_html_in_chinese_and_404(market, read, kind):
    url = _url(market, kind)
    assert read(url + "robots.txt").body.startswith(b"User-agent: *")
    front = read(url)
    assert front.status == 200
    assert html.fromstring(front.body).get("lang") == "zh-CN"
    assert read(url + "no/such/page").status == 404
    assert read(url + "pic/nothing.jpg").status == 404


def test_json_ld_tells_every_product_on_pages_that_follow_rel_next(market, read):
    url, found = _url(market, "jsonld"), []
    page = url
    while page:
        tree = html.fromstring(read(page).body)
        found += json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])["itemListElement"]
        following = tree.xpath("//link[@rel='next']/@href")
        page = url.rstrip("/") + following[0] if following else ""
    assert [entry["item"]["sku"] for entry in found] == [item.key for item in _items("jsonld")]


def test_a_product_page_states_the_same_in_json_ld_and_in_words(market, read):
    item = _items("jsonld")[0]
    tree = html.fromstring(read(f"{_url(market, 'jsonld')}item/{item.key}.html").body)
    ld = json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])
    assert (ld["name"], ld["offers"]["price"], ld["offers"]["priceCurrency"]) == (item.title, item.price, item.currency)
    assert {p["name"]: p["value"] for p in ld["additionalProperty"]} == item.attributes
    assert ld["offers"]["seller"]["name"] == item.seller
    assert tree.xpath("//h1/text()") == [item.title]


def test_cards_are_numbered_pages_without_any_schema(market, read):
    url, titles, page = _url(market, "cards"), [], 1
    while True:
        body = read(f"{url}?p={page}").body
        assert b"schema.org" not in body
        assert b"itemprop" not in body
        tree = html.fromstring(body)
        titles += tree.xpath("//li[@class='goods-item']/a/@title")
        if not tree.xpath("//a[text()='下一页']"):
            break
        page += 1
    assert titles == [item.title for item in _items("cards")]


@pytest.mark.parametrize("word", ["0", "99", "-1", "x", "", "%EF%BC%91"])
def test_a_page_that_is_none_shows_the_first(market, read, word):
    url = _url(market, "cards")
    assert read(f"{url}?p={word}").body == read(url).body


def test_the_single_page_shop_is_an_empty_shell_fed_by_json(market, read):
    url = _url(market, "spa")
    shell = read(url).body.decode()
    assert not any(item.title in shell for item in _items("spa"))
    assert "<a " not in shell
    first = json.loads(read(url + "api/goods?page=1").body)["data"]
    goods = list(first["list"])
    for page in range(2, first["pages"] + 1):
        goods += json.loads(read(f"{url}api/goods?page={page}").body)["data"]["list"]
    assert [(g["id"], g["name"]) for g in goods] == [(i.key, i.title) for i in _items("spa")]


def test_the_single_page_shops_cards_have_no_links_and_no_img(read, market):
    script = read(_url(market, "spa") + "app.js").body.decode()
    assert "backgroundImage" in script
    assert not re.search(r"""["'](?:a|img)["']""", script)


def test_the_fair_names_dates_venue_and_every_booth(market, read):
    url = _url(market, "fair")
    body = read(url).body.decode()
    assert "2026年12月4日—7日" in body
    assert SHOPS["fair"].venue in body
    booths = re.findall(r"展位号:([A-D]\d\d)", body)
    assert sorted(booths) == sorted(item.booth for item in _items("fair"))
    assert len(set(booths)) == len(booths) >= 40


def test_every_detail_page_holds_the_description(market, read):
    paths = {"jsonld": "item/{}.html", "cards": "goods/{}", "fair": "exhibitor/{}"}
    for kind, path in paths.items():
        for item in _items(kind)[::7]:
            assert (
                item.description
                in html.fromstring(read(_url(market, kind) + path.format(item.key)).body).text_content()
            )


def test_hostile_words_are_escaped(tmp_path):
    names = {"防潮垫": "</script><script>alert(1)</script>"}
    with Market(names).start() as market:
        from guards.egress import EgressPolicy
        from guards.http import fetch

        policy = EgressPolicy(market.hosts)
        bodies = [
            fetch(f"{market.shops[0].url}?page={n}", policy=policy, deadline_s=20, max_bytes=2_000_000).body
            for n in (1, 2, 3)
        ]
    assert not any(b"<script>alert" in body for body in bodies)
    assert any(b"\\u003c/script>" in body for body in bodies)

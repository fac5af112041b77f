"""The single-page shop in a real browser: what a visitor sees, and that there is nothing to follow."""

import json

import pytest
from playwright.sync_api import sync_playwright

from demo import data
from demo.pages import money
from patrol.app import build

ITEMS = [item for item in data.listings() if item.shop == "oasis"]


@pytest.fixture(scope="module")
def page(market, tmp_path_factory):
    """The shop's front page with all its cards drawn."""
    chromium = build({"MARKWATCH_HOME": str(tmp_path_factory.mktemp("home"))}).chromium
    url = next(shop.url for shop in market.shops if shop.kind == "spa")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        front = browser.new_page()
        front.goto(url)
        front.wait_for_function(f"document.querySelectorAll('.tile').length === {len(ITEMS)}", timeout=30_000)
        yield front
        browser.close()


@pytest.mark.browser
def test_every_item_is_a_card_with_its_price_and_seller(page):
    texts = page.eval_on_selector_all(".tile", "tiles => tiles.map(tile => tile.innerText)")
    for item, text in zip(ITEMS, texts, strict=True):
        assert item.title in text
        assert money(item) in text
        assert item.seller in text


@pytest.mark.browser
def test_cards_have_neither_links_nor_img_but_backgrounds(page):
    assert page.eval_on_selector_all(".tile a, .tile img", "found => found.length") == 0
    backgrounds = page.eval_on_selector_all(".tile .pic", "all => all.map(one => one.style.backgroundImage)")
    assert [f"/pic/{item.key}.jpg" in text for item, text in zip(ITEMS, backgrounds, strict=True)] == [True] * len(
        ITEMS
    )


@pytest.mark.browser
def test_a_click_shows_the_description_and_facts(page):
    item = next(one for one in ITEMS if "品牌" in one.attributes)
    page.click(f"[data-id={json.dumps(item.key)}]")
    shown = page.inner_text("dialog")
    assert item.description in shown
    assert all(f"{name}:{text}" in shown for name, text in item.attributes.items())

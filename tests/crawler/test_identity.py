"""Which address a product page states for itself, and where a list goes on: small pages, one rule each."""

import pytest

from crawler.extract.document import Document
from crawler.extract.identity import readdressed, stated_address
from crawler.extract.pagination import guess, next_page
from records.ids import listing_id
from records.model import Listing

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("page", "href", "stated"),
    [
        ("/collections/wool/products/p1", "/products/p1", f"{SHOP}/products/p1"),
        ("/products/p1?variant=3", "https://shop.example/products/p1", f"{SHOP}/products/p1"),
        ("/p/1?utm_source=x", "/p/1", f"{SHOP}/p/1"),
        ("/p/1", "https://shop.example/p/1?lang=zh", f"{SHOP}/p/1?lang=zh"),
        ("/products/p1", "/", ""),
        ("/products/p1", "/products/", ""),
        ("/products/p1", "/products", ""),
        ("/products/p1", "https://other.example/products/p1", ""),
        ("/products/p1", "http://shop.example/products/p1", ""),
        ("/item?id=5", "/item", ""),
        ("/item?id=5&spm=1", "/item?id=5", f"{SHOP}/item?id=5"),
        ("/shop#/item/5", "/shop", ""),
        ("/products/p1", "javascript:void(0)", ""),
        ("/products/p1", "", ""),
    ],
)
def test_the_address_that_a_page_states_for_itself(page, href, stated):
    document = Document(f'<html><head><link rel="canonical" href="{href}"></head><body>x</body></html>', SHOP + page)
    assert stated_address(document) == stated


def test_a_page_without_a_canonical_link_states_none():
    assert stated_address(Document("<html><body>x</body></html>", f"{SHOP}/p/1")) == ""


def test_a_listing_under_its_own_address_has_that_ones_identity():
    first = readdressed(Listing(id="a", title="t", source_id="s", key="a", url=f"{SHOP}/a"), f"{SHOP}/P/1?utm_source=x")
    again = readdressed(Listing(id="b", title="t", source_id="s", key="b", url=f"{SHOP}/b"), f"{SHOP}/P/1")
    assert (first.id, first.key) == (again.id, again.key) == (listing_id("s", f"{SHOP}/P/1"), f"{SHOP}/P/1")


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ('<link rel="next" href="?page=2">', f"{SHOP}/c?page=2"),
        ('<a href="/c?p=2">下一页</a>', f"{SHOP}/c?p=2"),
        ('<a href="/c?p=2">下一页 &gt;</a>', f"{SHOP}/c?p=2"),
        ('<a href="/c?p=2" aria-label="Next page"><svg></svg></a>', f"{SHOP}/c?p=2"),
        ('<ul class="pagination"><li class="active"><span>1</span></li><li><a href="/c/2">2</a></li></ul>', f"{SHOP}/c/2"),
        ('<div class="pages"><a href="/c/page/2/">»</a></div>', f"{SHOP}/c/page/2/"),
        ('<div class="pager"><a class="next disabled" href="/c?p=2">下一页</a></div>', ""),
        ('<div class="carousel"><a href="/x?slide=2">Next</a></div>', ""),
        ('<a href="https://elsewhere.example/c?p=2">下一页</a>', ""),
        ('<a href="/c">下一页</a>', ""),
        ('<a href="/calendar/next-month">next month</a>', ""),
        ("<p>1 / 1</p>", ""),
    ],
)  # fmt: skip
def test_where_a_list_goes_on(body, url):
    assert next_page(Document(f"<html><body>{body}</body></html>", f"{SHOP}/c"), 1).url == url


@pytest.mark.parametrize(
    "body", ['<a href="#">下一页</a>', '<a href="javascript:go(2)">下一页</a>', "<button>下一页</button>"]
)
def test_a_link_that_only_acts_is_clickable_and_its_address_a_guess(body):
    found = next_page(Document(f"<html><body><div class='pager'>{body}</div></body></html>", f"{SHOP}/c"), 1)
    assert found.clickable
    assert found.url == f"{SHOP}/c?page=2"


@pytest.mark.parametrize(
    ("url", "number", "following"),
    [
        (f"{SHOP}/c", 1, f"{SHOP}/c?page=2"),
        (f"{SHOP}/c?q=1", 1, f"{SHOP}/c?q=1&page=2"),
        (f"{SHOP}/c?page=3", 3, f"{SHOP}/c?page=4"),
        (f"{SHOP}/c/page/9/", 9, f"{SHOP}/c/page/10/"),
    ],
)
def test_the_likeliest_next_address(url, number, following):
    assert guess(url, number) == following

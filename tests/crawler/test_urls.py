"""URLs: resolving, one canonical form, page numbers, pictures' addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract import urls


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("HTTP://Shop.example:80/a/../b?utm_source=x&b=2&a=1#top", "http://shop.example/b?a=1&b=2"),
        ("https://x.example:443", "https://x.example/"),
        ("https://x.example:8443/", "https://x.example:8443/"),
        ("http://x/%e4%b8%ad/中?q=中文", "http://x/%E4%B8%AD/%E4%B8%AD?q=%E4%B8%AD%E6%96%87"),
        ("http://x/item?id=5&spm=a1z.2&scm=1", "http://x/item?id=5"),
        ("http://x/#/item/3", "http://x/#/item/3"),
        ("http://x/a?b=", "http://x/a?b="),
        ("http://x//a//b", "http://x/a//b"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
        ("http://x/%7Euser/%41", "http://x/~user/A"),
        ("not a url", "not a url"),
        ("http://x:99999/", "http://x:99999/"),
    ],
)
def test_canonical(raw, expected):
    assert urls.canonical(raw) == expected


@given(
    st.from_regex(
        r"https?://[a-zA-Z0-9.-]{1,20}(:\d{1,4})?(/[^\s]{0,30})?(\?[^\s]{0,30})?(#[^\s]{0,10})?", fullmatch=True
    )
)
def test_making_canonical_twice_changes_nothing(url):
    once = urls.canonical(url)
    assert urls.canonical(once) == once


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_href_resolves_to_http_or_nothing(base, href):
    for start in ("http://shop.example/a/b", base):
        url = urls.resolve(start, href)
        assert url is None or url.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "href", ["", "#", "#top", "javascript:void(0)", "mailto:a@b.c", "tel:123", "data:text/html,x", "ftp://x/y", None]
)
def test_what_leads_nowhere_is_none(href):
    assert urls.resolve("http://shop.example/a", href) is None


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("?p=2", "http://s.example/a/b?p=2"),
        ("../c", "http://s.example/c"),
        ("//cdn.example/x.jpg", "http://cdn.example/x.jpg"),
        ("#/item/1", "http://s.example/a/b#/item/1"),
        ("/a b/中.jpg", "http://s.example/a%20b/%E4%B8%AD.jpg"),
        (" /x\n", "http://s.example/x"),
    ],
)
def test_relative_addresses(href, expected):
    assert urls.resolve("http://s.example/a/b", href) == expected


@pytest.mark.parametrize(
    ("srcset", "best"),
    [
        ("a.jpg 100w, b.jpg 400w", "b.jpg"),
        ("a.jpg, b.jpg 2x", "b.jpg"),
        ("https://c/x,y.jpg 1x", "https://c/x,y.jpg"),
        ("", ""),
        ("data:image/gif;base64,R0 1x", ""),
    ],
)
def test_the_largest_of_a_srcset(srcset, best):
    assert urls.best_of_srcset(srcset) == best


def test_css_pictures():
    assert urls.css_url("background: #fff url('/a.png') no-repeat") == "/a.png"
    assert urls.css_url('background-image:url("/b c.png")') == "/b c.png"
    assert urls.css_url("color: red") == ""


@pytest.mark.parametrize(
    "src",
    [
        "data:image/gif;base64,R0lGOD",
        "/img/blank.gif",
        "/static/loading.svg",
        "/x/placeholder-2.png",
        "about:blank",
        "/1x1.png",
    ],
)
def test_placeholders(src):
    assert urls.is_placeholder(src)


@pytest.mark.parametrize("src", ["/media/cache/aa/1.jpg", "https://cdn.example/blanket.jpg", "/p/loadingdock.png"])
def test_pictures_are_no_placeholders(src):
    assert not urls.is_placeholder(src)


@pytest.mark.parametrize(
    ("url", "template", "number"),
    [
        ("http://x/c/?page=2", "http://x/c/?page={page}", 2),
        ("http://x/c/page/3/", "http://x/c/page/{page}/", 3),
        ("http://x/p-4.html", "http://x/p-{page}.html", 4),
        ("http://x/?a=1&p=12", "http://x/?a=1&p={page}", 12),
        ("http://x/c/", "", None),
        ("http://x/shop-3/", "", None),
    ],
)
def test_page_templates(url, template, number):
    assert urls.page_template(url) == template
    assert urls.page_number(url) == number


def test_sites():
    assert urls.origin_of("HTTPS://A.example:443/x?y") == "https://a.example"
    assert urls.same_site("http://www.a.example/", "http://a.example/x")
    assert not urls.same_site("http://a.example/", "http://b.example/")

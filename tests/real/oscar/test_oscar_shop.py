"""The harness itself: the real shop shows our catalogue, and its environment is Oscar's own."""

import io
import re

from PIL import Image

from guards.egress import EgressPolicy
from guards.http import fetch


def _get(url: str) -> bytes:
    return fetch(url, policy=EgressPolicy(frozenset({"127.0.0.1"})), deadline_s=20, max_bytes=2_000_000).body


def test_the_catalogue_is_large_and_mixed(oscar_harness):
    products = oscar_harness.catalogue()
    assert len(products) >= 100
    assert len({p.upc for p in products}) == len(products)
    assert sum(p.title.isascii() for p in products) >= 8
    assert sum(bool(p.origin) for p in products) >= 50
    assert all(p.price > 0 and p.description for p in products)


def test_the_last_page_is_one_that_the_search_backend_counts_right(oscar_harness):
    """django-haystack's Whoosh backend repeats one product and drops another where 20·k is no multiple of the last page."""
    count = len(oscar_harness.catalogue())
    last = count % 20 or 20
    assert (count - last) % last == 0


def test_every_product_is_on_the_numbered_pages(oscar_shop):
    titles: set[str] = set()
    for page in range(1, 7):
        html = _get(f"{oscar_shop.url}catalogue/?page={page}").decode()
        titles |= set(re.findall(r'<a href="/catalogue/[^"]+_\d+/" title="([^"]+)"', html))
    assert titles == {p.title for p in oscar_shop.products}


def test_a_product_page_states_price_attributes_and_photo(oscar_shop):
    wanted = oscar_shop.products[5]
    listing = _get(f"{oscar_shop.url}catalogue/").decode()
    found = re.search(r'<a href="([^"]+)" title="' + re.escape(wanted.title) + '"', listing)
    assert found is not None
    page = _get(oscar_shop.url.rstrip("/") + found[1]).decode()
    assert f"¥{wanted.price}" in page
    assert wanted.description in page
    for name, text in wanted.attributes.items():
        assert re.search(rf"<th>{name}</th>\s*<td>{re.escape(text)}</td>", page)
    photo = re.search(r'src="(/media/[^"]+)"', page)
    assert photo is not None
    assert Image.open(io.BytesIO(_get(oscar_shop.url.rstrip("/") + photo[1]))).width >= 300


def test_the_shop_runs_on_its_own_lock(oscar_harness):
    lock = oscar_harness.LOCK.read_text(encoding="utf-8")
    assert "django-oscar==" in lock
    assert lock.count("==") == len(re.findall(r"^[A-Za-z0-9_.\-]+==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE))
    assert oscar_harness.make_environment().is_relative_to(oscar_harness.CACHE)

"""When a listing has changed: jitter, tracking, counters; and what a second run of a real shop writes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.life import field_hash, pictures_of
from records.model import Listing, Money, PriceRange, Watch
from records.terms import ListingState, Rung, TargetKind

BASE = Listing(
    "l1", "岚沟苦荞 500克", "s", "7", "https://shop.example/p/7", "产自岚沟", "某店", "某市",
    price=PriceRange(Money(Decimal("100.00"), "CNY")), images=("https://img.example/a.jpg?x=1",), attributes={"产地": "岚沟"},
    sales="已售100件", rung=Rung.CARDS,
)  # fmt: skip


def priced(text, high=None, currency="CNY"):
    end = Money(Decimal(high), currency) if high else None
    return replace(BASE, price=PriceRange(Money(Decimal(text), currency), end))


@pytest.mark.parametrize(
    "same",
    [
        replace(BASE, url="https://shop.example/p/7?utm_source=a&spm=1.2.3"),
        replace(BASE, images=("https://img.example/a.jpg?x=1&spm=9.9",)),
        replace(BASE, sales="已售2.3万件", rung=Rung.EMBEDDED_STATE),
        replace(BASE, attributes={"产地": "岚沟", "库存": "12", "月销量": "300+"}),
        replace(BASE, description="产自岚沟 已售 300 件"),
        replace(BASE, description="1.2万人收藏 产自岚沟"),
        priced("104.90"),
        priced("95.10"),
    ],
)
def test_what_jitters_is_no_change(same):
    assert field_hash(same, ("",), BASE) == field_hash(BASE, ("",))


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, url="https://shop.example/p/7?sku=2"),
        replace(BASE, images=("https://img.example/b.jpg",)),
        replace(BASE, attributes={"产地": "别处"}),
        replace(BASE, title="岚沟苦荞 250克"),
        replace(BASE, description="产自别处"),
        replace(BASE, seller="另一店"),
        replace(BASE, price=None),
        priced("106"),
        priced("94"),
        priced("100", "120"),
        priced("100", currency="USD"),
    ],
)
def test_what_counts_is_a_change(other):
    assert field_hash(other, ("",), BASE) != field_hash(BASE, ("",))


def test_a_picture_counts_by_its_bytes_where_they_were_kept():
    assert field_hash(BASE, ("ab" * 32,)) != field_hash(BASE, ("cd" * 32,))
    assert field_hash(replace(BASE, images=("https://cdn.example/other",)), ("ab" * 32,)) == field_hash(
        BASE, ("ab" * 32,)
    )


@given(st.lists(st.decimals("0.95", "1.05", places=3), max_size=12))
def test_many_small_steps_add_up(steps):
    """The kept price is what is compared with: a price that crept away is a change, however slowly it did."""
    price = Decimal(100)
    for step in steps:
        price = (price * step).quantize(Decimal("0.01"))
    now = priced(str(price))
    same = field_hash(now, ("",), BASE) == field_hash(BASE, ("",))
    assert same is (abs(price - 100) <= 5)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_hash_that_says_what_it_is_of(title, about):
    one = replace(BASE, title=title, description=about)
    assert field_hash(one, ()) == field_hash(replace(one), ())
    assert field_hash(replace(one, title=title + "字"), ()) != field_hash(one, ())


def test_a_picture_that_could_not_be_fetched_is_the_one_that_is_known(site, kit, stage_of, store):
    kit.shop(site, 2, per_page=9)
    watch = Watch("w1", "w1", TargetKind.CATEGORY, (site.url + "/",))
    stage_of(site).run(watch)
    first = {one.id: store.latest_snapshot(one.id) for one in store.all()}
    assert all(all(one.image_sha256s) for one in first.values())
    for path in [one for one in site.pages if "goods" not in one and one != "/"]:
        site.put(path, b"", 500)
    stage_of(site).run(watch)
    assert {one.id: store.latest_snapshot(one.id) for one in store.all()} == first
    gone = replace(next(iter(first.values())).listing, images=("https://elsewhere.example/x.png",))
    assert pictures_of(gone, [""], next(iter(first.values()))) == ("",)


def test_a_second_run_with_other_prices_by_little_and_counters_writes_no_snapshot(site, kit, stage_of, store, blobs):
    kit.shop(site, 2, per_page=9)
    watch = Watch("w1", "w1", TargetKind.CATEGORY, (site.url + "/",))
    stage_of(site).run(watch)
    kept = {one.id: (store.latest_snapshot(one.id), one.price) for one in store.all()}
    for snapshot, _ in kept.values():
        assert blobs.get(snapshot.page_sha256)
    pages = len(blobs.data)
    site.put("/goods/2", kit.detail(2).replace("¥28.50", "¥28.90"))
    run = stage_of(site).run(watch)
    assert (run.items, run.new_items) == (2, 0)
    assert [store.latest_snapshot(one) for one in kept] == [snapshot for snapshot, _ in kept.values()]
    assert {store.state(one) for one in kept} == {ListingState.UNCHANGED}
    assert max(str(one.price.low.amount) for one in store.all()) == "28.90"
    assert len(blobs.data) == pages

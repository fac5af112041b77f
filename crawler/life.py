"""When a listing has changed: a digest of its fields with what only jitters left aside. Pure.

Left aside are tracking parameters of addresses, prices that move by little, sales figures, counters and times of day among
the attributes and in the text, the rung and the day. A price is compared with that of the snapshot kept, not with the
last one seen, so that many small steps add up to a change.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from crawler.extract.urls import canonical
from records.codec import dumps, to_json
from records.ids import digest_id
from records.model import Listing, Money, PriceRange, Snapshot

JITTER = Decimal("0.05")
"""The share by which a price may differ from the kept one and still be the same."""
_COUNTED = (
    "已售|销量|月销|售出|库存|浏览|人气|收藏|关注|评价|评论|好评|点赞|热度|访问|更新时间|刷新时间|剩余|倒计时"
    "|sold|stock|views?|viewed|favou?rites?|reviews?|ratings?|likes|updated|left in stock|remaining"
)
_COUNTER_NAME = re.compile(f"(?:{_COUNTED})", re.IGNORECASE)
_COUNTER = re.compile(
    rf"(?:{_COUNTED})\D{{0,4}}[\d.,]+\s*[万千kK+件次人个]*|[\d.,]+\s*[万千kK]?\+?\s*[件次人个]?\s*(?:{_COUNTED})",
    re.IGNORECASE,
)


def pictures_of(listing: Listing, fetched: Sequence[str], known: Snapshot | None) -> tuple[str, ...]:
    """Return a digest for each of a listing's pictures: as fetched now, else as kept of the same address, else ""."""
    before = {}
    if known is not None:
        before = dict(zip(map(canonical, known.listing.images), known.image_sha256s, strict=False))
    now = [*fetched, *[""] * len(listing.images)]
    return tuple(sha or before.get(canonical(url), "") for url, sha in zip(listing.images, now, strict=False))


def field_hash(listing: Listing, pictures: Sequence[str], known: Listing | None = None) -> str:
    """Return the SHA-256 of what of a listing counts, in hex; its price is that of `known` where it is near enough.

    `pictures` are digests by their place, "" where one was not kept: then its address counts.
    """
    shas = [*pictures, *[""] * len(listing.images)]
    images = [sha or canonical(url) for url, sha in zip(listing.images, shas, strict=False)]
    price = known.price if known is not None and _near(listing.price, known.price) else listing.price
    attributes = {name: text for name, text in listing.attributes.items() if not _COUNTER_NAME.search(name)}
    same = replace(
        listing,
        url=canonical(listing.url) if listing.url else None,
        title=_settled(listing.title),
        description=_settled(listing.description),
        attributes=attributes,
        price=price,
        sales="",
    )
    content = {**to_json(same), "images": images, "rung": ""}
    del content["seen_on"]
    return digest_id("fields", dumps(content))


def _settled(text: str) -> str:
    return _COUNTER.sub("", text).strip()


def _near(price: PriceRange | None, known: PriceRange | None) -> bool:
    """Whether two prices, of one currency and form, differ by little."""
    if price is None or known is None or (price.high is None) != (known.high is None):
        return False
    ends = [(price.low, known.low)]
    if price.high is not None and known.high is not None:
        ends.append((price.high, known.high))
    return all(_near_money(one, other) for one, other in ends)


def _near_money(one: Money, other: Money) -> bool:
    return one.currency == other.currency and abs(one.amount - other.amount) <= JITTER * abs(other.amount)

"""The demo's data, read from the files beside this module: listings, shops, rights, and what a tester knows of them.

`truth` is for tests and for the demo's closing summary; nothing that detects ever reads it. `listings(names)` and
`rights_text(names)` swap words, so that a test can ask whether detection depends on the demo's own names.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RIGHTS_FILE = HERE / "rights.csv"
IMAGES = HERE / "images"


@dataclass(frozen=True, slots=True)
class Item:
    """One listing of the market: `key` is the shop's own id, `picture` the drawing's recipe (`demo.pictures`).

    Prices are decimal text; empty at the fair, where `booth` is filled instead.
    """

    key: str
    shop: str
    title: str
    description: str
    seller: str
    seller_location: str
    picture: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    price: str = ""
    currency: str = "CNY"
    category: str = ""
    sales: int = 0
    booth: str = ""


@dataclass(frozen=True, slots=True)
class ShopSpec:
    """How one shop is built: `kind` is jsonld, cards, spa or fair; dates and venue belong to the fair."""

    id: str
    name: str
    kind: str
    per_page: int
    starts: str = ""
    ends: str = ""
    venue: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What two reviewers would say of a listing: the right concerned, the outcome, the family of the evasion.

    `outcome` is suspected, verify_origin, authorised, or none for an honest look-alike that must not alert.
    """

    right: str
    outcome: str
    family: str


def swapped(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with every key of `names` replaced by its value: one pass, the longest key first."""
    if not names:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(names, key=len, reverse=True))
    return re.sub(pattern, lambda found: names[found[0]], text)


def _item(row: dict[str, Any]) -> Item:
    """Build an item from its row: the form of `listings.jsonl`, so that `markwatch detect` reads the same file."""
    return Item(key=row.pop("id"), **row)


def listings(names: Mapping[str, str] | None = None) -> tuple[Item, ...]:
    """Read all listings; with `names`, words are swapped in every text (keys and pictures stay)."""
    lines = (HERE / "listings.jsonl").read_text(encoding="utf-8").splitlines()
    items = tuple(_item(json.loads(line)) for line in lines)
    return tuple(_renamed(item, names) for item in items) if names else items


def _renamed(item: Item, names: Mapping[str, str]) -> Item:
    return replace(
        item,
        title=swapped(item.title, names),
        description=swapped(item.description, names),
        seller=swapped(item.seller, names),
        attributes={swapped(k, names): swapped(v, names) for k, v in item.attributes.items()},
    )


def rights_text(names: Mapping[str, str] | None = None) -> str:
    """Return rights.csv as text; with `names`, words are swapped."""
    return swapped(RIGHTS_FILE.read_text(encoding="utf-8"), names or {})


def shops() -> tuple[ShopSpec, ...]:
    """Read how the shops are built."""
    table = tomllib.loads((HERE / "shops.toml").read_text(encoding="utf-8"))
    return tuple(ShopSpec(id=key, **values) for key, values in table.items())


def truth() -> Mapping[str, Expected]:
    """Read what is expected, by listing key; a listing that is not named must not alert."""
    rows = json.loads((HERE / "truth.json").read_text(encoding="utf-8"))
    return {key: Expected(**row) for key, row in rows.items()}

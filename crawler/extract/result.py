"""What a rung gives: items, and how it found them."""

from dataclasses import dataclass, field, replace
from typing import Any

from records.model import Listing
from records.terms import Rung


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it has an identity: the listing as read (`id` empty), and the site's own id where one is known."""

    listing: Listing
    own_id: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one page gave: its items in order, the rung they came from, and the card pattern where cards were used.

    `score` tells rungs apart (0 for none), `required` the fields that a profile expects and that are missing.
    """

    items: tuple[Draft, ...] = ()
    rung: Rung = Rung.CARDS
    pattern: str = ""
    score: float = 0.0
    missing: tuple[str, ...] = field(default=())


def fill(draft: Draft, other: Draft) -> Draft:
    """Return `draft` with its empty fields taken from `other`."""
    mine, theirs = draft.listing, other.listing
    changes: dict[str, Any] = {
        name: getattr(theirs, name)
        for name in (
            "url",
            "description",
            "seller",
            "seller_location",
            "seller_uscc",
            "price",
            "images",
            "origin",
            "ingredients",
            "standard",
            "breadcrumbs",
            "sales",
            "booth",
            "event",
        )
        if not getattr(mine, name) and getattr(theirs, name)
    }
    changes["attributes"] = {**theirs.attributes, **mine.attributes}
    return Draft(replace(mine, **changes), draft.own_id or other.own_id)

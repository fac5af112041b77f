"""What a rung gives: items, and how it found them."""

from dataclasses import dataclass, field

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

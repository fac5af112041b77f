"""What a crawl hands over of one listing."""

from collections.abc import Sequence
from typing import NamedTuple

from records.model import Listing


class Sighting(NamedTuple):
    """A listing as a page showed it: a digest for each of its pictures ("" where none was kept), and of its fields.

    `field_sha256` leaves aside what only jitters; "" where nobody compared it: then any difference is a change.
    """

    listing: Listing
    image_sha256s: Sequence[str]
    field_sha256: str = ""

"""Detection over files: rights and listings in, hits out; no database, no network.

    for hit in detect_file(rights, listings, Loaders(file_loader(rights_folder), file_loader(listings_folder))):
        ...

Pictures are read by loaders that the caller gives; `file_loader` reads paths relative to a file. URLs are never
fetched here. A picture that is missing or unusable is told to `warn` and passed over; the rest goes on.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detectors.engine import Engine
from detectors.types import Options, ReferenceImage
from guards.caps import read_capped
from guards.errors import GuardError
from records.model import Authorization, Hit, Listing, Right

ImageLoader = Callable[[str], bytes | None]
"""Takes a path or URL as the file names it; returns the bytes, or None where there are none to be had."""

_MAX_BYTES = 20_000_000
_MAX_IMAGES = 20
_LOG = logging.getLogger(__name__)


def no_images(name: str) -> bytes | None:
    """A loader that has no picture."""
    del name
    return None


def file_loader(base: Path, max_bytes: int = _MAX_BYTES) -> ImageLoader:
    """Return a loader of files relative to `base`; URLs, folders, missing and oversized files give None."""

    def load(name: str) -> bytes | None:
        if "://" in name or not name.strip() or "\0" in name:
            return None
        path = base / name
        try:
            if not path.is_file():
                return None
            with path.open("rb") as stream:
                return read_capped(stream, max_bytes)
        except (OSError, GuardError, ValueError):
            return None

    return load


@dataclass(frozen=True, slots=True)
class Loaders:
    """Where pictures come from: those of the rights file and those of the listings file."""

    rights: ImageLoader = no_images
    listings: ImageLoader = no_images


def references_of(
    rights: Iterable[Right], loader: ImageLoader, warn: Callable[[str], None] = _LOG.warning
) -> dict[str, list[ReferenceImage]]:
    """Load the sample pictures of rights; a reference's id is the path as the rights file names it."""
    references: dict[str, list[ReferenceImage]] = {}
    for right in rights:
        for name in right.images:
            data = loader(name)
            if data is None:
                warn(f"right {right.id}: expected a picture at {name}; found none that can be read")
            else:
                references.setdefault(right.id, []).append(ReferenceImage(name, data))
    return references


def _pictures(listing: Listing, loader: ImageLoader, warn: Callable[[str], None]) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    for position, name in enumerate(listing.images[:_MAX_IMAGES]):
        data = loader(name)
        if data is None:
            warn(f"listing {listing.id}: expected a picture at {name}; found none that can be read")
        else:
            found[position] = data
    return found


def detect_file(
    rights: Sequence[Right],
    listings: Iterable[Listing],
    loaders: Loaders | None = None,
    options: Options | None = None,
    *,
    authorizations: Sequence[Authorization] = (),
    everything: bool = False,
    warn: Callable[[str], None] = _LOG.warning,
) -> Iterator[Hit]:
    """Yield the alerts (with `everything`, all pairs that something was found of) in the listings' order.

    Raises ModelMissing where `options.model` names a model that is not there; nothing else of a listing's making.
    """
    given = loaders or Loaders()
    engine = Engine(rights, references_of(rights, given.rights, warn), options, authorizations)
    for right_id, reference_id in engine.unusable_references():
        warn(
            f"right {right_id}: the picture {reference_id} cannot be used as a reference (no raster image, or too small)"
        )
    for listing in listings:
        for hit in engine.detect(listing, _pictures(listing, given.listings, warn) if listing.images else {}):
            if hit.alert or everything:
                yield hit

"""Ids: ULIDs for what happens, digests for what is the same thing whenever it is seen again."""

import hashlib

from ulid import ULID


def new_ulid() -> str:
    """Return a fresh ULID (26 characters, sorts by time)."""
    return str(ULID())


def digest_id(*parts: str) -> str:
    """Return the SHA-256 hex digest of the parts, each length-prefixed so that no two lists collide.

    >>> digest_id("ab", "c") == digest_id("a", "bc")
    False
    """
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()


def hit_id(listing_id: str, right_id: str) -> str:
    """Return the id of the hit of a (listing, right) pair."""
    return digest_id("hit", listing_id, right_id)


def listing_id(source_id: str, key: str) -> str:
    """Return the id of the listing that a source knows by `key`."""
    return digest_id("listing", source_id, key)


def source_id(origin: str) -> str:
    """Return the id of the source with this origin (`https://host[:port]`)."""
    return digest_id("source", origin)

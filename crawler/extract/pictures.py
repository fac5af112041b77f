"""Pictures as fetched: whether the bytes are one, looked at in a killable process."""

import base64
import binascii
from urllib.parse import unquote_to_bytes

from guards.caps import open_image_capped


def measure(data: bytes) -> tuple[int, int]:
    """Return a picture's width and height in pixels; raises a `GuardError` for what is none. Run it in `guards.killable`."""
    image = open_image_capped(data)
    return image.width, image.height


def from_data_url(url: str, limit: int) -> bytes | None:
    """Return the bytes of a `data:image/…` URL of at most `limit` bytes, or None."""
    head, _, payload = url.partition(",")
    if not head.startswith("data:image/") or len(payload) > limit * 4 // 3 + 4:
        return None
    try:
        return base64.b64decode(payload, validate=False) if head.endswith(";base64") else unquote_to_bytes(payload)
    except (binascii.Error, ValueError):
        return None

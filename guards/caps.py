"""Caps on bytes, pixels and depth: what is read from strangers has an end, known beforehand.

`CapExceeded` says that there is more than the cap; `Malformed` that the bytes are not what they are taken for.

>>> load_json_capped(b'{"a": [1, 2]}', max_bytes=100)
{'a': [1, 2]}
"""

import io
import json
import re
import struct
import warnings
import zlib
from typing import BinaryIO, NoReturn

from PIL import Image, ImageFile, UnidentifiedImageError

from guards.errors import CapExceeded, Malformed

# Pillow's own warning says less than the cap below, and says it to the wrong person.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_CHUNK = 1 << 16
_IMAGE_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
_NO_IMAGE = "not an image of a known form"
_SEMANTIC = re.compile(rb'["\[\]{}]')
_STRING_REST = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# What Pillow's readers let escape on broken bytes, seen in its own fuzzing history.
_BROKEN_IMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    ZeroDivisionError,
    AttributeError,
    RuntimeError,  # NotImplementedError and RecursionError are of it
    struct.error,
    zlib.error,
)
_TAG_NAME = re.compile(rb"[a-zA-Z][^\s/>]*")
_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr".split()
    # Their end tags may be left out (HTML, 13.1.2.4), so an open one is no sign of depth.
    + b"p li dt dd option optgroup tr td th thead tbody tfoot rt rp html head body colgroup caption".split()
)
_RAW_TEXT = frozenset({b"script", b"style", b"textarea", b"title", b"xmp", b"noscript", b"iframe", b"noembed"})


def read_capped(stream: BinaryIO, limit: int) -> bytes:
    """Read all of `stream`, at most `limit` bytes; raises `CapExceeded` where there is one byte more."""
    parts: list[bytes] = []
    left = limit + 1
    while left > 0:
        part = stream.read(min(_CHUNK, left))
        if not part:
            return b"".join(parts)
        parts.append(part)
        left -= len(part)
    message = f"expected at most {limit} bytes, found more"
    raise CapExceeded(message)


def json_depth_ok(data: bytes | str, max_depth: int = 64) -> bool:
    """Tell whether arrays and objects in a JSON text nest at most `max_depth` deep (the text may still be broken)."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    depth = position = 0
    while found := _SEMANTIC.search(raw, position):
        position = found.end()
        mark = found.group()
        if mark == b'"':
            rest = _STRING_REST.match(raw, position)
            if rest is None:
                return True
            position = rest.end()
        elif mark in b"[{":
            depth += 1
            if depth > max_depth:
                return False
        else:
            depth -= 1
    return True


def load_json_capped(data: bytes | str, *, max_bytes: int, max_depth: int = 64) -> object:
    """Parse a JSON text of at most `max_bytes` bytes and `max_depth` levels.

    Raises `CapExceeded`, or `Malformed` for what is not JSON (RFC 8259: NaN and Infinity are not).
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > max_bytes:
        message = f"expected JSON of at most {max_bytes} bytes, found {len(raw)}"
        raise CapExceeded(message)
    if not json_depth_ok(raw, max_depth):
        message = f"expected JSON of at most {max_depth} levels, found more"
        raise CapExceeded(message)
    try:
        # Decoded here: json would guess UTF-16 and 32, which the depth check does not read.
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        message = f"expected JSON, found {raw[:40]!r}: {error}"
        raise Malformed(message) from error


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)


def open_image_capped(data: bytes, *, max_bytes: int = 20_000_000, max_pixels: int = 50_000_000) -> Image.Image:
    """Decode a picture's first frame into RGB, or RGBA where it has transparency; pixels stay where they are stored.

    Raises `CapExceeded` for more bytes or pixels than allowed (seen before decoding), `Malformed` for what is no
    picture, a broken one, or one in a format other than JPEG, PNG, GIF, WebP, BMP, TIFF and AVIF.
    NOT guaranteed: a decoder's bug can still crash the process; decode strangers' pictures in `guards.killable`.
    """
    if len(data) > max_bytes:
        message = f"expected a picture of at most {max_bytes} bytes, found {len(data)}"
        raise CapExceeded(message)
    try:
        with Image.open(io.BytesIO(data), formats=_IMAGE_FORMATS) as image:
            _check_pixels(image.size, max_pixels)
            # A switch of the whole process, which WeasyPrint turns on when it is imported: half a picture is none here.
            ImageFile.LOAD_TRUNCATED_IMAGES = False
            image.load()
            return _to_rgb(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        message = f"expected a picture of at most {max_pixels} pixels: {error}"
        raise CapExceeded(message) from error
    except UnidentifiedImageError as error:  # its own words hold an address in memory
        raise Malformed(_NO_IMAGE) from error
    except _BROKEN_IMAGE as error:
        message = f"not an image that can be read: {type(error).__name__}: {str(error)[:200]}"
        raise Malformed(message) from error


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        message = f"expected a picture of at most {max_pixels} pixels, found {width} x {height}"
        raise CapExceeded(message)
    if not width or not height:
        message = f"a picture of {width} x {height} pixels"
        raise ValueError(message)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode == "I":
        # 16-bit greys: Pillow would clip them all to white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.mode == "F":
        return image.convert("L").convert("RGB")
    transparent = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def markup_depth_ok(data: bytes, limit: int = 512) -> bool:
    """Tell whether the elements of an HTML or XML text nest at most `limit` deep, by a linear scan of its tags.

    An estimate for refusing bombs before a parser recurses: comments and the text of scripts are passed over, elements
    whose end tag may be left out are not counted.
    """
    depth = position = 0
    while (start := data.find(b"<", position)) >= 0:
        if data.startswith(b"<!--", start):
            position = _after(data, b"-->", start)
            continue
        closing = data.startswith(b"</", start)
        name = _TAG_NAME.match(data, start + 1 + closing)
        if name is None:
            position = start + 1
            continue
        end = _after(data, b">", name.end())
        word, position = name.group().lower(), end
        if word in _RAW_TEXT:
            position = end if closing else _after_raw_text(data, word, end)
        elif word not in _VOID and not data.endswith(b"/>", start, end):
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > limit:
                return False
    return True


def _after(data: bytes, mark: bytes, start: int) -> int:
    """Return the place behind the next `mark`, or the end of `data`."""
    found = data.find(mark, start)
    return len(data) if found < 0 else found + len(mark)


def _after_raw_text(data: bytes, word: bytes, start: int) -> int:
    """Return the place behind the end tag of a raw-text element whose start tag ended at `start`."""
    found = re.compile(rb"</" + word + rb"[\s/>]", re.IGNORECASE).search(data, start)
    return len(data) if found is None else found.end()

"""Caps: one byte, pixel or level too many is refused, by name, before it costs anything."""

import contextlib
import io
import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from guards.caps import json_depth_ok, load_json_capped, markup_depth_ok, open_image_capped, read_capped
from guards.errors import CapExceeded, GuardError, Malformed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def levels(value):
    if isinstance(value, dict):
        return 1 + max(map(levels, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(levels, value), default=0)
    return 0


@given(st.binary(max_size=200_000), st.integers(0, 200_000))
def test_read_capped_gives_all_or_refuses(data, limit):
    if len(data) <= limit:
        assert read_capped(io.BytesIO(data), limit) == data
    else:
        with pytest.raises(CapExceeded, match=str(limit)):
            read_capped(io.BytesIO(data), limit)


def test_read_capped_reads_no_more_than_one_byte_too_many():
    stream = io.BytesIO(b"x" * 10_000_000)
    with pytest.raises(CapExceeded):
        read_capped(stream, 1000)
    assert stream.tell() == 1001


@given(json_values, st.booleans())
def test_json_depth_is_what_the_parsed_value_has(value, as_text):
    text = json.dumps(value, ensure_ascii=False)
    data = text if as_text else text.encode("utf-8", "surrogatepass")
    depth = levels(value)
    assert json_depth_ok(data, depth)
    assert depth == 0 or not json_depth_ok(data, depth - 1)


@given(json_values)
def test_json_comes_back_as_it_was(value):
    assert load_json_capped(json.dumps(value), max_bytes=1_000_000) == value


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 65 + b"]" * 65, ('{"k":["' + '\\"]' * 9 + '"' + ",[" * 70)]
)
def test_json_that_nests_too_deep_is_refused(data):
    with pytest.raises(CapExceeded, match="levels"):
        load_json_capped(data, max_bytes=1_000_000)


def test_json_of_too_many_bytes_is_refused():
    assert load_json_capped("[1]", max_bytes=3) == [1]
    with pytest.raises(CapExceeded, match="at most 2 bytes"):
        load_json_capped("[1]", max_bytes=2)
    with pytest.raises(CapExceeded):
        load_json_capped('"善"', max_bytes=4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"\xff\xfe[\x00]\x00",
        b"[1,]",
        b"{'a':1}",
        b'"\x00"',
        b"]" * 9,
        b"9" * 5000,
        b"\xef\xbb\xbf[]",
    ],
)
def test_what_is_not_json_is_malformed(data):
    with pytest.raises(Malformed):
        load_json_capped(data, max_bytes=10_000)


@given(st.binary(max_size=300))
def test_json_of_any_bytes_ends_in_a_value_or_our_error(data):
    with contextlib.suppress(GuardError):
        load_json_capped(data, max_bytes=1000)


def picture(mode="RGB", size=(8, 6), form="PNG", **options):
    out = io.BytesIO()
    Image.new(mode, size).save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("mode", "form", "expected"),
    [
        ("RGB", "JPEG", "RGB"), ("L", "JPEG", "RGB"), ("CMYK", "JPEG", "RGB"), ("RGB", "PNG", "RGB"),
        ("RGBA", "PNG", "RGBA"), ("LA", "PNG", "RGBA"), ("P", "PNG", "RGB"), ("P", "GIF", "RGB"), ("1", "PNG", "RGB"),
        ("I;16", "PNG", "RGB"), ("RGB", "WEBP", "RGB"), ("RGBA", "WEBP", "RGBA"), ("RGB", "BMP", "RGB"),
        ("F", "TIFF", "RGB"), ("I", "TIFF", "RGB"), ("LAB", "TIFF", "RGB"), ("RGB", "TIFF", "RGB"),
    ],
)  # fmt: skip
def test_pictures_of_every_mode_come_as_rgb(mode, form, expected):
    image = open_image_capped(picture(mode, form=form))
    assert (image.mode, image.size) == (expected, (8, 6))
    image.getpixel((7, 5))


def test_transparency_in_a_palette_is_kept():
    assert open_image_capped(picture("P", form="PNG", transparency=0)).mode == "RGBA"


def test_sixteen_bit_greys_keep_their_shades():
    out = io.BytesIO()
    image = Image.new("I;16", (2, 1))
    image.putpixel((0, 0), 0x4000)
    image.putpixel((1, 0), 0xFF00)
    image.save(out, "PNG")
    opened = open_image_capped(out.getvalue())
    assert [opened.getpixel((x, 0))[0] for x in (0, 1)] == [0x40, 0xFF]


def test_only_the_first_frame_of_an_animation_is_taken():
    out = io.BytesIO()
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert open_image_capped(out.getvalue()).getpixel((0, 0))[:3] == (255, 0, 0)


def png_bomb(width, height):
    """A PNG of a few bytes that claims this many pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 10_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1), (50_000_001, 1)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size):
    with pytest.raises(CapExceeded, match="pixels"):
        open_image_capped(png_bomb(*size))


def test_the_pixel_cap_is_exact():
    assert open_image_capped(picture(size=(10, 10)), max_pixels=100).size == (10, 10)
    with pytest.raises(CapExceeded):
        open_image_capped(picture(size=(10, 11)), max_pixels=100)


def test_too_many_bytes_are_refused():
    data = picture()
    with pytest.raises(CapExceeded, match="bytes"):
        open_image_capped(data, max_bytes=len(data) - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<html></html>",
        b"\x89PNG\r\n\x1a\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"P6 9 9 255\n" + b"x" * 243,
    ],
)
def test_what_is_no_picture_is_malformed(data):
    with pytest.raises(Malformed, match="not an image"):
        open_image_capped(data)


@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"]), st.data())
def test_a_broken_picture_ends_in_a_picture_or_our_error(form, data):
    raw = bytearray(picture("RGB", (16, 16), form))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    with contextlib.suppress(GuardError):
        assert open_image_capped(bytes(raw[:cut])).mode in ("RGB", "RGBA")


@pytest.mark.parametrize("depth", [1, 10, 512])
def test_markup_up_to_the_limit_passes(depth):
    assert markup_depth_ok(b"<div>" * depth + b"x" + b"</div>" * depth)
    assert not markup_depth_ok(b"<div>" * (depth + 1), limit=depth)


@pytest.mark.parametrize(
    "data",
    [
        b"<p>" * 5000, b"<li><br><img src=x>" * 5000, b"<b></b>" * 5000, b"<svg><path/></svg>" * 5000,
        b"<!--" + b"<div>" * 5000 + b"-->", b"<script>" + b"'<div>'" * 5000 + b"</script>", b"a < b " * 5000,
        b"<tr><td>1" * 5000, b"", b"<", b"</div>" * 5000, b"<DIV></div>" * 5000, b"<!doctype html>" * 999,
    ],
)  # fmt: skip
def test_ordinary_markup_is_not_deep(data):
    assert markup_depth_ok(data)


@pytest.mark.parametrize(
    "data", [b"<div>" * 100_000, b"<a><b>" * 5000, b"<x:y a='1'>" * 5000, b"<DiV\n>" * 5000, b"<!-- x --><i>" * 5000]
)
def test_deep_markup_is_seen(data):
    assert not markup_depth_ok(data)


@given(st.binary(max_size=400))
def test_any_bytes_have_a_depth(data):
    assert isinstance(markup_depth_ok(data), bool)


@pytest.mark.parametrize("unit", [b"<a ", b"<!--", b"<script>", b"<", b"</", b"<script", b'"', b"\\", b'"\\'])
def test_long_runs_of_one_unit_are_scanned_to_their_end(unit):
    # A quadratic scan of 1 MB would take hours.
    data = unit * (1_000_000 // len(unit))
    assert markup_depth_ok(data, limit=10**6)
    assert json_depth_ok(data)


def test_half_a_picture_is_none_whatever_a_library_switched_on(monkeypatch):
    """WeasyPrint lets Pillow fill up cut pictures with grey, in the whole process, once it is imported."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with io.BytesIO() as stream:
        Image.new("RGB", (32, 32), "teal").save(stream, "PNG")
        data = stream.getvalue()
    with pytest.raises(Malformed):
        open_image_capped(data[:60])

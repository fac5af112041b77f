"""ZIP files that two tools read differently, bombs, and any flipped byte."""

import io
import random
import stat
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evidence.errors import VerifyRefused
from evidence.verify import verify_package
from evidence.verify.zipread import MAX_ENTRIES, ZipIndex
from evidence.zipform import Bytes, write_zip


def made(*pairs, **info):
    """Return a ZIP by Python's own writer."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in pairs:
            entry = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            entry.external_attr = (0o040755 if name.endswith("/") else 0o100644) << 16
            for field, value in info.items():
                setattr(entry, field, value)
            archive.writestr(entry, data)
    return out.getvalue()


def read(data, **limits):
    """Read a ZIP whole; return its files."""
    index = ZipIndex.read(io.BytesIO(data), **limits)
    return {entry.name: b"".join(index.chunks(entry)) for entry in index.files}


def refused(data, why):
    """Assert that a ZIP is refused for this reason."""
    with pytest.raises(VerifyRefused, match=why):
        read(data)


def test_plain_zips_of_common_tools_are_read():
    assert read(made(("a/b.txt", b"one"), ("c", b""))) == {"a/b.txt": b"one", "c": b""}
    assert read(made(("a", b"x" * 5000), compress_type=zipfile.ZIP_DEFLATED)) == {"a": b"x" * 5000}
    assert read(made(("dir/", b""), ("dir/证据.txt", b"1"))) == {"dir/证据.txt": b"1"}


def test_our_own_form_is_read_back():
    out = io.BytesIO()
    write_zip(out, [("EV/a", Bytes(b"1")), ("EV/文.txt", Bytes(b"2" * 100_000))])
    assert read(out.getvalue()) == {"EV/a": b"1", "EV/文.txt": b"2" * 100_000}


@pytest.mark.parametrize(
    "name", ["../up", "/abs", "a/../b", "a//b", "./a", "a\\b", "C:/x", "a/\x01b", "e\u0301.txt", "n" * 700]
)
def test_names_that_lead_elsewhere(name):
    refused(made((name, b"1")), "leads elsewhere|NFC")


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.txt", "a.txt"), ("A.txt", "a.txt"), ("ﬁ.txt", "fi.txt"), ("straße", "STRASSE"), ("a", "a/b")],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_collide(first, second):
    refused(made((first, b"1"), (second, b"2")), "collide|file and a folder")


def test_links_and_devices():
    refused(made(("link", b"/etc/passwd"), external_attr=(stat.S_IFLNK | 0o777) << 16), "no plain file")
    refused(made(("node", b""), external_attr=(stat.S_IFCHR | 0o600) << 16), "no plain file")
    refused(made(("dir/", b"data"), external_attr=(stat.S_IFDIR | 0o755) << 16), "no plain file|differ|cut")


def test_data_in_front_behind_and_between():
    good = made(("a", b"1"), ("b", b"2"))
    refused(b"#!/bin/sh\n" + good, "does not lie where|begins at")
    refused(good + b"tail", "end record")
    refused(good[:-2] + b"\x04\x00" + b"note", "comment|none|cut")
    cut = good.index(b"PK\x03\x04", 4)
    gap = bytearray(good[:cut] + b"GAP!" + good[cut:])
    end = len(gap) - 22
    size, offset = struct.unpack_from("<LL", gap, end + 12)
    struct.pack_into("<L", gap, end + 16, offset + 4)
    second = gap.index(b"PK\x01\x02", gap.index(b"PK\x01\x02", offset) + 4)
    struct.pack_into("<L", gap, second + 42, struct.unpack_from("<L", gap, second + 42)[0] + 4)
    assert size
    refused(bytes(gap), "a gap or an overlap")


def test_local_header_and_central_directory_disagree():
    good = made(("aaaa", b"12345"), ("bbbb", b"67890"))
    refused(good.replace(b"aaaa", b"zzzz", 1), "local header")
    for at in (6, 8, 10, 12, 14, 18, 22):
        twisted = bytearray(good)
        twisted[at] ^= 1
        with pytest.raises(VerifyRefused):
            read(bytes(twisted))


def test_two_entries_that_share_bytes():
    good = bytearray(made(("aaaa", b"12345"), ("bbbb", b"12345")))
    central = good.index(b"PK\x01\x02")
    second = good.index(b"PK\x01\x02", central + 4)
    struct.pack_into("<L", good, second + 42, 0)
    refused(bytes(good), "a gap or an overlap")


def test_encryption_descriptors_and_odd_methods():
    for place, value, why in ((8, 1, "encrypted"), (8, 8, "descriptor"), (10, 14, "stored or deflated")):
        twisted = bytearray(made(("a", b"123")))
        central = twisted.index(b"PK\x01\x02")
        struct.pack_into("<H", twisted, central + place, value)
        struct.pack_into("<H", twisted, place - 2, value)
        refused(bytes(twisted), why)


def test_zip64_claims():
    good = bytearray(made(("a", b"123")))
    end = len(good) - 22
    twisted = bytearray(good)
    struct.pack_into("<H", twisted, end + 8, 0xFFFF)
    struct.pack_into("<H", twisted, end + 10, 0xFFFF)
    refused(bytes(twisted), "ZIP64")
    extra = struct.pack("<HHQ", 1, 8, 3)
    refused(made(("a", b"123"), extra=extra), "extra field")
    refused(made(("a", b"123"), extra=struct.pack("<HH", 0x7075, 0)), "extra field")
    refused(made(("a", b"123"), comment=b"note"), "comment")


def test_bombs_are_refused_before_they_unpack():
    bomb = made(("zeros", b"\0" * 50_000_000), compress_type=zipfile.ZIP_DEFLATED)
    with pytest.raises(VerifyRefused, match="at most"):
        read(bomb, max_total=10_000_000)
    lying = bytearray(made(("zeros", b"\0" * 100_000), compress_type=zipfile.ZIP_DEFLATED))
    central = lying.index(b"PK\x01\x02")
    for place in (22, central + 24):
        struct.pack_into("<L", lying, place, 400_000_000)
    refused(bytes(lying), "bomb")
    short = bytearray(made(("zeros", b"\0" * 100_000), compress_type=zipfile.ZIP_DEFLATED))
    central = short.index(b"PK\x01\x02")
    for place in (22, central + 24):
        struct.pack_into("<L", short, place, 50_000)
    refused(bytes(short), "unpacks to more")


def test_too_many_entries():
    good = bytearray(made(("a", b"1")))
    end = len(good) - 22
    struct.pack_into("<HH", good, end + 8, MAX_ENTRIES + 1, MAX_ENTRIES + 1)
    refused(bytes(good), "more than")


def test_what_is_no_zip_gives_one(tmp_path):
    for number, data in enumerate(
        (b"", b"PK", b"hello" * 100, b"PK\x05\x06" + bytes(18), random.Random(1).randbytes(5000))
    ):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(data)
        verdict = verify_package(path)
        assert verdict.exit_code == 1
        assert verdict.reasons
    assert verify_package(tmp_path / "absent.zip").exit_code == 1
    assert verify_package(tmp_path).exit_code == 1


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_refused_and_nothing_else_escapes(data):
    try:
        read(b"PK\x03\x04" + data)
    except VerifyRefused:
        return
    raise AssertionError("random bytes were read as a ZIP")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_cut_or_stretched_zip_is_refused(data):
    good = made(("aaaa", b"12345" * 50), ("bbbb", b"67890"))
    at = data.draw(st.integers(1, len(good) - 1))
    more = data.draw(st.binary(max_size=3))
    assume(good[:at] + more != good)
    with pytest.raises(VerifyRefused):
        read(good[:at] + more)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_flipped_byte_of_a_package_is_found(sealed, data):
    whole = sealed.path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(whole)
    changed[at] ^= 1 << bit
    path = sealed.folder / "flipped.zip"
    path.write_bytes(bytes(changed))
    verdict = sealed.verify(path=path)
    assert verdict.exit_code == 1, (at, bit, [str(reason) for reason in verdict.reasons])


def test_every_byte_of_the_headers_and_of_what_lies_beside_the_bag_matters(sealed):
    """Hypothesis rarely meets the small parts: each byte of the ZIP's own structure and of seal and proofs, one bit."""
    whole = sealed.path.read_bytes()
    with zipfile.ZipFile(sealed.path) as archive:
        infos = archive.infolist()
    places = [
        at for info in infos for at in range(info.header_offset, info.header_offset + 30 + len(info.filename.encode()))
    ]
    beside = [info for info in infos if ".proofs/" in info.filename]
    places += [
        at
        for info in beside
        for at in range(info.header_offset, info.header_offset + 30 + len(info.filename.encode()) + info.file_size)
    ]
    central = archive.start_dir
    chosen = random.Random(7).sample(sorted({*places, *range(central, len(whole))}), 250)
    path = sealed.folder / "flipped.zip"
    for at in chosen:
        changed = bytearray(whole)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(bytes(changed))
        assert sealed.verify(path=path).exit_code == 1, at


@pytest.mark.soak
def test_every_single_byte_of_the_headers_matters(sealed):
    whole = sealed.path.read_bytes()
    with zipfile.ZipFile(sealed.path) as archive:
        start, infos = archive.start_dir, archive.infolist()
    places = {
        *range(start, len(whole)),
        *(at for info in infos for at in range(info.header_offset, info.header_offset + 30)),
    }
    path = sealed.folder / "flipped.zip"
    for at in sorted(places):
        changed = bytearray(whole)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(bytes(changed))
        assert sealed.verify(path=path).exit_code == 1, at


def test_a_repacked_package_is_as_good_as_the_original(sealed):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = sealed.folder / "repacked.zip"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, data in sealed.files().items():
                archive.writestr(name, data)
        verdict = sealed.verify(path=path)
        assert verdict.exit_code == 2, [str(reason) for reason in verdict.reasons]
        assert set(verdict.files.values()) == {"ok"}

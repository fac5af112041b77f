"""The forms that others rely on: ZIP as written and read, seal and signed list, WACZ parts, environment, SOCKS5."""

import asyncio
import hashlib
import io
import json
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.capture import environment
from evidence.capture.gateway import Connection, Gateway, _handshake
from evidence.capture.wacz import Page, surt, write_wacz
from evidence.capture.warc import IndexLine
from evidence.errors import BlobChanged, PackageError, VerifyRefused
from evidence.package.build import PackageInput, VaultSource, build_package
from evidence.package.seal import CASE_LINE, STAMPED, proofs_json, seal_json, seal_lines, stamped
from evidence.vault import Vault
from evidence.verify.wacz import check_wacz
from evidence.verify.zipread import Window, ZipIndex
from evidence.zipform import FIXED_TIME, Bytes, FileOnDisk, write_zip
from guards.egress import EgressPolicy
from notary.seal import SealKey, open_note
from records.model import Bag, BagFile

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
KEY = SealKey("markwatch/seal", bytes(range(32)))
"""A fixed key, so that what it signs can stand here as it must be."""
IDS = ("EV-01AAAAAAAAAAAAAAAAAAAAAAAA", "EV-01BBBBBBBBBBBBBBBBBBBBBBBB")

# --- ZIP -------------------------------------------------------------------------------------------------------------

NAMES = st.lists(
    st.text(st.characters(categories=("Ll", "Lu", "Nd", "Lo")), min_size=1, max_size=6), min_size=1, max_size=3
).map("/".join)


def packed(entries):
    out = io.BytesIO()
    write_zip(out, [(name, Bytes(data)) for name, data in entries])
    return out.getvalue()


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=40), max_size=6))
def test_what_is_written_is_read_back_by_both_readers_or_refused(files):
    data = packed(files.items())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        theirs = {name: archive.read(name) for name in archive.namelist()}
    assert theirs == files
    try:
        index = ZipIndex.read(io.BytesIO(data))
    except VerifyRefused as error:
        assert any(word in error.message for word in ("collide", "NFC", "file and a folder", "holds", "leads"))
        return
    assert {entry.name: index.get(entry, 100) for entry in index.files} == files


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_our_reader_takes_python_reads_alike(data):
    """Change a few bytes: either it is refused, or zipfile sees the same names and bytes."""
    whole = bytearray(packed([("a/one.txt", b"first file"), ("b.txt", b"second"), ("c", b"")]))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        index = ZipIndex.read(io.BytesIO(bytes(whole)))
        ours = {entry.name: index.get(entry, 1000) for entry in index.files}
    except VerifyRefused:
        return
    with zipfile.ZipFile(io.BytesIO(bytes(whole))) as archive:
        assert {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")} == ours


def test_every_entry_has_the_fixed_form():
    with zipfile.ZipFile(io.BytesIO(packed([("b", b"1"), ("a/c", b"22")]))) as archive:
        infos = archive.infolist()
    assert [item.filename for item in infos] == ["b", "a/c"], "in the order given"
    for item in infos:
        assert item.date_time == FIXED_TIME
        assert item.external_attr >> 16 == 0o100644
        assert (item.extra, item.comment, item.compress_type, item.create_system) == (b"", b"", zipfile.ZIP_STORED, 3)


def test_a_source_that_is_not_as_long_as_it_says(tmp_path):
    class Liar(Bytes):
        size = 3

    with pytest.raises(PackageError, match="expected 3 bytes, found 5"):
        write_zip(io.BytesIO(), [("a", Liar(b"12345"))])
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    source = FileOnDisk(path)
    path.write_bytes(b"1234567")
    with pytest.raises(PackageError, match="expected 5 bytes, found 7"):
        write_zip(io.BytesIO(), [("a", source)])


def test_limits_on_names_and_sizes(monkeypatch):
    monkeypatch.setattr("evidence.zipform.MAX_ENTRIES", 2)
    assert packed([("a", b""), ("b", b"")])
    with pytest.raises(PackageError, match=r"fewer|more than"):
        packed([("a", b""), ("b", b""), ("c", b"")])
    monkeypatch.setattr("evidence.zipform.MAX_ZIP_BYTES", 3)
    with pytest.raises(PackageError):
        packed([("a", b"1234")])


def test_a_window_is_a_file_of_its_own():
    stream = io.BytesIO(b"0123456789")
    view = io.BufferedReader(Window(stream, 2, 5))
    assert view.read() == b"23456"
    assert view.seek(-2, io.SEEK_END) == 3
    assert view.read(10) == b"56"
    assert view.seek(1) == 1
    assert view.seek(1, io.SEEK_CUR) == 2
    assert view.read(1) == b"4"
    raw = Window(stream, 2, 5)
    assert raw.seek(-9) == 0
    assert raw.seek(99) == 99
    assert raw.read(1) == b""


@pytest.mark.parametrize("cut", range(1, 22))
def test_an_end_record_that_is_cut(cut):
    with pytest.raises(VerifyRefused):
        ZipIndex.read(io.BytesIO(packed([("a", b"1")])[:-cut]))


@pytest.mark.parametrize(
    ("offset", "form", "value"),
    [
        (4, "<H", 1),
        (6, "<H", 1),
        (8, "<H", 0),
        (8, "<H", 2),
        (10, "<H", 3),
        (8, "<H", 0xFFFF),
        (12, "<L", 0xFFFFFFFF),
        (12, "<L", 5),
        (16, "<L", 0),
        (16, "<L", 0xFFFFFFFF),
        (20, "<H", 1),
    ],
)
def test_an_end_record_that_says_something_else(offset, form, value):
    data = bytearray(packed([("a", b"1")]))
    struct.pack_into(form, data, len(data) - 22 + offset, value)
    with pytest.raises(VerifyRefused):
        ZipIndex.read(io.BytesIO(bytes(data)))


def test_bytes_that_do_not_fit_their_crc_or_size():
    data = packed([("a", b"hello")])
    at = data.index(b"hello")
    index = ZipIndex.read(io.BytesIO(data[:at] + b"hellO" + data[at + 5 :]))
    with pytest.raises(VerifyRefused, match="CRC"):
        index.get(index.files[0], 10)
    with pytest.raises(VerifyRefused, match="at most 4"):
        index.get(index.files[0], 4)


def test_a_whole_larger_than_allowed():
    with pytest.raises(VerifyRefused, match="unpack to 8 bytes"):
        ZipIndex.read(io.BytesIO(packed([("a", b"1234"), ("b", b"5678")])), max_total=7)


# --- seal, list, build -----------------------------------------------------------------------------------------------


def bag_of(vault, exhibit_id, **payload):
    """Return a bag of a few small files in the vault; only the files that a seal names are real."""
    files = {
        "data/evidence.json": b"{}",
        "tagmanifest-sha256.txt": b"t256",
        "tagmanifest-sha512.txt": b"t512",
        **{f"data/{name}": data for name, data in payload.items()},
    }
    listed = (BagFile(path, len(data), vault.put(data)) for path, data in files.items())
    return Bag(exhibit_id, AT, tuple(sorted(listed, key=lambda item: item.path)))


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "vault")


def test_the_golden_seal(vault):
    seal = json.loads(seal_json(bag_of(vault, IDS[0]), KEY))
    digests = [hashlib.sha256(data).hexdigest() for data in (b"{}", b"t256", b"t512")]
    body = (
        f"markwatch/seal/{IDS[0]}\n"
        f"sha256 {digests[0]} evidence.json\n"
        f"sha256 {digests[1]} tagmanifest-sha256.txt\n"
        f"sha256 {digests[2]} tagmanifest-sha512.txt\n"
    )
    assert seal["format"] == "markwatch-seal/1"
    assert seal["key"] == str(KEY.verifier)
    assert seal["note"].startswith(body + "\n— markwatch/seal ")
    assert open_note(seal["note"], [KEY.verifier]).lines == tuple(seal_lines(bag_of(vault, IDS[0])))


def test_the_seal_depends_on_bag_and_key_alone(vault):
    bag = bag_of(vault, IDS[0])
    assert seal_json(bag, KEY) == seal_json(bag, KEY)
    assert seal_json(bag, KEY) != seal_json(bag_of(vault, IDS[1]), KEY)
    assert seal_json(bag, KEY) != seal_json(bag, SealKey.generate("markwatch/seal"))
    assert rfc8785.dumps(json.loads(seal_json(bag, KEY))) == seal_json(bag, KEY)


def test_the_signed_list_names_proofs_and_exhibits(vault):
    files = {"evidence.json.ots": b"1", "headers/bitcoin.json": b"2"}
    note = json.loads(proofs_json(IDS[0], files, KEY, reversed(IDS)))["note"]
    opened = open_note(note, [KEY.verifier])
    assert opened.origin == f"markwatch/proofs/{IDS[0]}"
    assert opened.lines == (
        f"{CASE_LINE}{IDS[0]}",
        f"{CASE_LINE}{IDS[1]}",
        f"sha256 {hashlib.sha256(b'1').hexdigest()} evidence.json.ots",
        f"sha256 {hashlib.sha256(b'2').hexdigest()} headers/bitcoin.json",
    )
    assert open_note(json.loads(proofs_json(IDS[0], {}, KEY))["note"], [KEY.verifier]).lines == ()


def test_what_the_notary_takes(vault):
    assert stamped(bag_of(vault, IDS[0])) == {
        "evidence.json": hashlib.sha256(b"{}").hexdigest(),
        "tagmanifest-sha256.txt": hashlib.sha256(b"t256").hexdigest(),
    }
    assert [name for name, _ in STAMPED] == ["evidence.json", "tagmanifest-sha256.txt"]


def test_a_package_is_a_function_of_what_is_given(vault, tmp_path):
    bags = [bag_of(vault, one, page=one.encode()) for one in IDS]
    proofs = {IDS[0]: {"evidence.json.ots": b"proof"}}
    first = build_package(PackageInput("C", bags, KEY, AT, proofs), vault, tmp_path / "a.zip")
    again = build_package(PackageInput("C", bags[::-1], KEY, AT, proofs, "court"), vault, tmp_path / "b.zip")
    assert first.sha256 == again.sha256, "neither the order nor the recipient is in the bytes"
    assert first.exhibit_ids == IDS
    assert (first.recipient, again.recipient) == ("", "court")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
    assert names == [
        *(
            f"{IDS[0]}/{name}"
            for name in ("data/evidence.json", "data/page", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
        ),
        *(f"{IDS[0]}.proofs/{name}" for name in ("evidence.json.ots", "proofs.json", "seal.json")),
        *(
            f"{IDS[1]}/{name}"
            for name in ("data/evidence.json", "data/page", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
        ),
        *(f"{IDS[1]}.proofs/{name}" for name in ("proofs.json", "seal.json")),
    ]


def test_a_package_of_nothing_and_of_a_changed_file(vault, tmp_path):
    with pytest.raises(PackageError, match="no exhibit"):
        build_package(PackageInput("C", [], KEY, AT), vault, tmp_path / "a.zip")
    bag = bag_of(vault, IDS[0], page=b"1234")
    path = vault.path(hashlib.sha256(b"1234").hexdigest())
    path.chmod(0o600)
    path.write_bytes(b"1235")
    with pytest.raises(BlobChanged):
        build_package(PackageInput("C", [bag], KEY, AT), vault, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
    with pytest.raises(BlobChanged), VaultSource(vault, path.name, 4).open() as stream:
        while stream.read(2):
            continue


# --- WACZ ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Shop.example/A", "example,shop)/a"),
        ("https://shop.example:443/", "example,shop)/"),
        ("http://shop.example:443/", "example,shop:443)/"),
        ("http://127.0.0.1:8000/x", "127.0.0.1:8000)/x"),
        ("http://[::1]:80/", "::1)/"),
        ("http://shop.example/羊绒", "example,shop)/%e7%be%8a%e7%bb%92"),
        ("http://shop.example/a%20b?z=1&y=%20", "example,shop)/a%20b?y=%20&z=1"),
        ("http://shop.example", "example,shop)/"),
    ],
)
def test_keys_of_the_index(url, key):
    assert surt(url) == key


def test_an_archive_whose_warc_is_garbage_is_named(tmp_path):
    (tmp_path / "data.warc.gz").write_bytes(b"no gzip")
    line = IndexLine("http://a/", "20261122083000", "text/html", "200", "sha256:A", 7, 0)
    out = io.BytesIO()
    write_wacz(out, tmp_path / "data.warc.gz", [line], Page("EV-1", "http://a/", "2026-11-22T08:30:00Z", ""), "test")
    capture = {"id": "EV-1", "url": "http://a/", "final_url": "http://a/"}
    (said,) = check_wacz(io.BytesIO(out.getvalue()), capture, [])
    assert "WARC" in said
    assert check_wacz(io.BytesIO(b""), capture, []) == check_wacz(io.BytesIO(b""), capture, [])
    assert "refused" in check_wacz(io.BytesIO(b"PK"), capture, [])[0]


@pytest.mark.parametrize(
    "gone", ["datapackage.json", "datapackage-digest.json", "indexes/index.idx", "pages/pages.jsonl"]
)
def test_a_part_that_is_gone_or_one_too_many(sealed, gone):
    data = sealed.bag()[f"data/capture/{sealed.id}.wacz"]
    capture = json.loads(sealed.bag()["data/capture/capture.json"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    less = packed([(name, value) for name, value in files.items() if name != gone])
    assert gone in check_wacz(io.BytesIO(less), capture, [])[0]
    more = packed([*files.items(), (f"{gone}.bak", b"")])
    assert f"{gone}.bak" in check_wacz(io.BytesIO(more), capture, [])[0]


# --- environment -----------------------------------------------------------------------------------------------------


def test_resolvers_and_routes_are_read_as_they_stand(monkeypatch):
    texts = {
        "/etc/resolv.conf": ["# nameserver 9.9.9.9", "nameserver 192.0.2.53", "search x", "nameserver 2001:db8::53"],
        "/proc/net/route": ["Iface\tDestination", "eth0\t00000000\t0102A8C0"],
        "/etc/os-release": ['PRETTY_NAME="Debian 13"', "broken line"],
    }
    monkeypatch.setattr(environment, "_lines", lambda path: texts.get(str(path), []))
    assert environment.resolvers() == ["192.0.2.53", "2001:db8::53"]
    assert environment.routes() == ["Iface Destination", "eth0 00000000 0102A8C0"]
    assert environment.system()["os"] == "Debian 13"


def test_files_that_are_not_there_give_nothing_known(monkeypatch):
    assert environment._lines(Path("/nowhere/at/all")) == []
    monkeypatch.setattr(environment, "_lines", lambda path: [])
    assert environment.resolvers() == []
    assert environment.system()["os"]


def test_without_fontconfig_the_fonts_are_unknown(monkeypatch):
    environment.fonts.cache_clear()
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    try:
        assert environment.fonts() == {"state": "unknown: fc-list is not installed", "fonts": []}
    finally:
        environment.fonts.cache_clear()


def test_our_own_files_are_digested_each_and_as_a_whole():
    found = environment.own_files()
    name = "evidence/capture/environment.py"
    assert found["files"][name] == hashlib.sha256(Path(environment.__file__).read_bytes()).hexdigest()
    text = "".join(f"{digest}  {path}\n" for path, digest in found["files"].items())
    assert found["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert {path.split("/")[0] for path in found["files"]} == set(environment.HOUSE_FOLDERS)


def test_the_clock_says_that_nothing_was_compared():
    clock = environment.clock()
    assert datetime.fromisoformat(clock["utc"]).tzinfo
    assert clock["sources"] == []
    assert "none in reach" in clock["state"]


def test_a_browser_that_is_not_there_has_a_path_and_no_digest(tmp_path):
    found = environment.browser(str(tmp_path / "chromium"), "")
    assert found["path"] == str(tmp_path / "chromium")
    assert str(tmp_path / "chromium") not in found["files"]


def test_versions_of_what_is_not_installed():
    assert environment._version("no-such-distribution-of-ours") == "not installed"
    assert environment._version("rfc8785") != "not installed"


# --- SOCKS5 ----------------------------------------------------------------------------------------------------------


class Writer:
    """Takes what the gateway answers."""

    def __init__(self):
        self.data = b""

    def write(self, data):
        self.data += data

    async def drain(self):
        """Nothing waits."""


def shake(data):
    """Let the gateway's handshake read these bytes; return what it understood and answered."""

    async def run():
        reader, writer = asyncio.StreamReader(), Writer()
        reader.feed_data(data)
        reader.feed_eof()
        return await _handshake(reader, writer), writer.data

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("address", "host"),
    [
        (b"\x01\xc0\x00\x02\x01", "192.0.2.1"),
        (b"\x04" + b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01", "2001:db8::1"),
        (b"\x03\x0cShop.Example", "shop.example"),
        (b"\x03\x0dshop.example.", "shop.example"),
        (b"\x03\x05[::1]", "::1"),
    ],
)
def test_addresses_of_every_kind(address, host):
    target, answered = shake(b"\x05\x01\x00" + b"\x05\x01\x00" + address + b"\x01\xbb")
    assert target == (host, 443)
    assert answered == b"\x05\x00"


@pytest.mark.parametrize("command", [0, 2, 3, 255])
def test_only_connect_is_served(command):
    target, _ = shake(b"\x05\x01\x00\x05" + bytes([command]) + b"\x00\x01\x7f\x00\x00\x01\x00\x50")
    assert target is None


def test_another_version_is_not_answered():
    assert shake(b"\x04\x01\x00") == (None, b"")


@pytest.mark.parametrize("data", [b"", b"\x05", b"\x05\x02\x00", b"\x05\x01\x00\x05\x01\x00\x03\x0ashop"])
def test_a_greeting_that_is_cut(data):
    with pytest.raises(asyncio.IncompleteReadError):
        shake(data)


def test_refusals_are_told_for_the_newest_connection():
    gateway = Gateway(EgressPolicy(), 10)
    gateway.connections = [
        Connection("shop.example", 80, "refused", "private"),
        Connection("shop.example", 80, "closed"),
        Connection("ads.example", 443, "browser", "own call"),
    ]
    assert gateway.refusal("shop.example") is None
    assert gateway.refusal("ADS.example").reason == "own call"
    assert gateway.refusal("never.example") is None
    assert gateway.refusal("") is None
    assert gateway.port == 0
    assert not gateway.capped
    gateway.total = 11
    assert gateway.capped

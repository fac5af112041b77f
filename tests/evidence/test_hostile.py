"""Forgeries by somebody who knows the form: odd ZIPs, odd JSON, exhibits left out or added, times that cannot be, bombs."""

import hashlib
import io
import json
import struct
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.errors import VerifyRefused
from evidence.package.seal import HEADERS, headers_for, proofs_json
from evidence.verify import bagsteps, verdict, verifier, wacz, warcread, zipread
from evidence.verify.proofsteps import ProofStanding, _not_before
from evidence.verify.verdict import EXTRA, MISSING, OK, Findings, clean
from notary import ots
from notary.headers import Checkpoints, HeaderBook
from notary.seal import SealKey, sign_note

NOW = (2026, 11, 22, 9, 30, 0)


def zipped(entries):
    """Return a stored ZIP of (ZipInfo or name, data) pairs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info, data in entries:
            archive.writestr(info if isinstance(info, zipfile.ZipInfo) else zipfile.ZipInfo(info, NOW), data)
    return out.getvalue()


def info(name, date=NOW, mode=0o100644, system=3, extra=b""):
    """Return an entry's metadata."""
    made = zipfile.ZipInfo(name, date)
    made.external_attr, made.create_system, made.extra = mode << 16, system, extra
    return made


def read(data):
    return zipread.ZipIndex.read(io.BytesIO(data))


def reasons(verdict_):
    return "\n".join(str(reason) for reason in verdict_.reasons)


# --- the container ---------------------------------------------------------------------------------------------------


def test_a_zip64_end_record_that_hides_in_a_time_field():
    """Python's zipfile follows a locator in front of the end record; a reader of ours must not see another ZIP than it."""
    inner = zipped([("other.txt", b"another content")])
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 1)
    field = struct.pack("<HH", 0x5455, len(locator)) + locator
    data = bytearray(zipped([("inner.bin", inner), info_pair("last.txt")]))
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<H", data, at + 30, len(field))
    end = data.rindex(b"PK\x05\x06")
    data[end:end] = field
    end += len(field)
    size = struct.unpack_from("<L", data, end + 12)[0]
    struct.pack_into("<L", data, end + 12, size + len(field))
    with pytest.raises(VerifyRefused, match="ZIP64"):
        read(bytes(data))


def info_pair(name):
    return info(name), b"x"


@pytest.mark.parametrize(
    ("extra", "fine"),
    [
        (struct.pack("<HHBL", 0x5455, 5, 1, 1_700_000_000), True),
        (struct.pack("<HHBBLBL", 0x7875, 11, 1, 4, 0, 4, 0), True),
        (struct.pack("<HH", 0x000A, 32) + bytes(32), True),
        (struct.pack("<HH", 0x5455, 76) + bytes(76), False),
        (struct.pack("<HH", 0x7075, 9) + bytes(9), False),
        (struct.pack("<HH", 0x9901, 7) + bytes(7), False),
        (struct.pack("<HH", 0x5455, 9) + bytes(5), False),
        (b"\x55\x54", False),
    ],
)
def test_extra_fields_that_common_tools_write_and_others(extra, fine):
    data = zipped([(info("a.txt", extra=extra), b"a")])
    if fine:
        assert [entry.name for entry in read(data).files] == ["a.txt"]
    else:
        with pytest.raises(VerifyRefused):
            read(data)


@pytest.mark.parametrize("system", [0, 3, 19])
@pytest.mark.parametrize("mode", [0o120777, 0o060644, 0o104755, 0o102755, 0o010644, 0o140644])
def test_links_and_devices_whatever_system_the_entry_names(system, mode):
    with pytest.raises(VerifyRefused, match="no plain file"):
        read(zipped([(info("a.txt", mode=mode, system=system), b"/etc/passwd")]))


def test_executables_among_plain_files():
    with pytest.raises(VerifyRefused, match="executable"):
        read(zipped([(info("a.txt"), b"a"), (info("b.txt", mode=0o100755), b"b")]))
    assert len(read(zipped([(info("a.txt", mode=0o100755), b"a"), (info("b.txt", mode=0o100755), b"b")])).files) == 2


def test_a_file_that_dos_takes_for_a_folder():
    odd = info("a.txt")
    odd.external_attr |= 0x10
    with pytest.raises(VerifyRefused, match="no plain file"):
        read(zipped([(odd, b"")]))


@pytest.mark.parametrize("name", ["a\u202etxt.exe", "a\u200b.txt", "a\u2028b", "\ufeffa", "a\u0085b", "a/" * 40 + "b"])
def test_invisible_characters_and_deep_paths(name):
    with pytest.raises(VerifyRefused, match="leads elsewhere"):
        read(zipped([(info(name), b"a")]))


def test_a_package_that_common_tools_packed_anew(sealed):
    """Unpacked, the files keep the builder's time; a tool then adds its own fields and folder entries, in its own order."""
    stamp = struct.pack("<HHBL", 0x5455, 5, 1, 315_532_800)
    files = sealed.files()
    names = sorted(files, key=lambda name: hashlib.sha256(name.encode()).digest())
    folders = sorted(
        {"/".join(name.split("/")[:depth]) + "/" for name in names for depth in range(1, name.count("/") + 1)}
    )
    fixed = (1980, 1, 1, 0, 0, 0)
    entries = [(info(folder, fixed, 0o40755, extra=stamp), b"") for folder in folders]
    path = sealed.folder / "anew.zip"
    path.write_bytes(
        zipped([*entries, *((info(name, (1980, 1, 2, 0, 0, 0), extra=stamp), files[name]) for name in names)])
    )
    assert sealed.verify(path=path).exit_code == 2, reasons(sealed.verify(path=path))


def test_a_proof_that_another_tool_put_back(sealed):
    """One entry with its own time and mode among the builder's: a proof was upgraded in place; nothing sealed changed."""
    name = f"{sealed.id}.proofs/evidence.json.ots"
    fixed = (1980, 1, 1, 0, 0, 0)
    entries = [(info(one) if one == name else info(one, fixed), data) for one, data in sealed.files().items()]
    path = sealed.folder / "one.zip"
    path.write_bytes(zipped(entries))
    assert sealed.verify(path=path).exit_code == 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_files_in_another_order_than_the_builders(sealed, data):
    files = sealed.files()
    first, second = data.draw(st.lists(st.sampled_from(sorted(files)), min_size=2, max_size=2, unique=True))
    swapped = {**dict.fromkeys(files, b"")}
    order = [second if name == first else first if name == second else name for name in swapped]
    found = sealed.verify({name: files[name] for name in order})
    assert found.exit_code == 1
    assert "order" in reasons(found)


# --- what lies outside -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "打开我.html",
        "receipt.pdf",
        "EV-01AAAAAAAAAAAAAAAAAAAAAAAA.txt",
        "nested/EV-x/data/a.txt",
        "{id}.proofs/receipt.pdf",
        "{id}.proofs/certs/ca.pem",
        "{id}.proofs/headers/deeper/x.json",
        "{id}/data/deep/er/a.txt",
        "{id}/data/report/report.fr.pdf",
        "{id}/extra.txt",
        "{id}/tagmanifest-md5.txt",
        "{id}/fetch.txt",
        "{low}/data/evidence.json.bak",
    ],
)
def test_an_extra_file_at_any_place(sealed, name):
    place = name.format(id=sealed.id, low=sealed.id.lower() + "x")
    found = sealed.verify({**sealed.files(), place: b"something"})
    assert found.exit_code == 1
    assert found.files[place] == EXTRA
    inside = [state for path, state in found.files.items() if path.startswith(f"{sealed.id}/data/") and path != place]
    assert set(inside) == {OK}, "what was sealed is not blamed"


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("{id}/data/empty/", 1),
        ("{id}/empty/", 1),
        ("empty/", 1),
        ("EV-01AAAAAAAAAAAAAAAAAAAAAAAA/", 1),
        ("{id}/data/", 2),
        ("{id}/", 2),
        ("{id}.proofs/headers/", 2),
    ],
)
def test_empty_folders_are_extra_and_those_above_files_are_not(sealed, folder, code):
    entries = [(info(name), data) for name, data in sealed.files().items()]
    path = sealed.folder / "folders.zip"
    path.write_bytes(zipped([(info(folder.format(id=sealed.id), mode=0o40755), b""), *entries]))
    assert sealed.verify(path=path).exit_code == code


# --- whole exhibits --------------------------------------------------------------------------------------------------


def test_a_whole_exhibit_that_is_left_out_is_missed(sealed, pair):
    other, both = pair
    assert sealed.verify(both).exit_code == 2
    for gone, left in ((other, sealed.id), (sealed.id, other)):
        found = sealed.verify({name: data for name, data in both.items() if not name.startswith(gone)})
        assert found.exit_code == 1
        assert found.files[f"{gone}/"] == MISSING
        assert f"{left} was packaged together" in reasons(found)
        assert found.exhibits == (left,)


def test_without_the_signed_list_nothing_is_known_of_the_others(sealed, pair):
    other, both = pair
    left = {name: data for name, data in both.items() if not name.startswith(other) and "/proofs.json" not in name}
    found = sealed.verify(left)
    assert found.exit_code == 2, "never 0"
    assert "proofs.json" in reasons(found)


def test_a_list_of_another_build_does_not_fit(sealed, pair):
    _, both = pair
    single = sealed.files()
    name = f"{sealed.id}.proofs/proofs.json"
    assert sealed.verify({**both, name: single[name]}).exit_code == 1
    assert sealed.verify({**single, name: both[name]}).exit_code == 1


def test_a_whole_exhibit_that_was_never_in_the_package(sealed, pair):
    other, both = pair
    foreign = {name: data for name, data in both.items() if name.startswith(other)}
    found = sealed.verify({**sealed.files(), **foreign})
    assert found.exit_code == 1
    assert "was not packaged together" in reasons(found)


def test_a_bag_or_its_proofs_alone(sealed, pair):
    other, both = pair
    no_bag = {name: data for name, data in both.items() if not name.startswith(f"{other}/")}
    assert sealed.verify(no_bag).exit_code == 1
    no_proofs = {name: data for name, data in both.items() if not name.startswith(f"{other}.proofs/")}
    assert sealed.verify(no_proofs).exit_code == 2
    nothing = {name: data for name, data in both.items() if ".proofs/" not in name}
    assert sealed.verify(nothing).exit_code == 2


# --- seals and keys --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["all", "no ots", "seal only", "nothing"])
@pytest.mark.parametrize("trusting", ["the home", "nobody"])
def test_an_attacker_who_recomputes_everything_and_seals_it_himself(sealed, keep, trusting):
    bag = sealed.bag()
    bag["data/render/viewport.png"] += b"!"
    thief = SealKey.generate(sealed.kept.key.name)
    files = sealed.forge(bag, reseal=thief)
    wanted = {
        "all": (".ots", "proofs.json", "seal.json"),
        "no ots": ("proofs.json", "seal.json"),
        "seal only": ("seal.json",),
    }
    files = {n: d for n, d in files.items() if ".proofs/" not in n or n.endswith(wanted.get(keep, ()))}
    found = sealed.verify(files, trusted_keys=[sealed.trusted] if trusting == "the home" else [])
    assert found.exit_code == (1 if keep in ("all", "no ots") else 2), reasons(found)


@pytest.mark.parametrize("what", ["seal", "list", "both"])
@pytest.mark.parametrize("trusting", ["the home", "nobody", "the thief"])
def test_one_exhibit_sealed_by_another_key_than_the_rest(sealed, pair, what, trusting):
    """The thief makes one exhibit over and signs it himself; the other one, untouched, gives him away."""
    other, both = pair
    thief = SealKey.generate(sealed.kept.key.name)
    names = {"seal": ["seal.json"], "list": ["proofs.json"], "both": ["seal.json", "proofs.json"]}[what]
    files = dict(both)
    for name in names:
        document = json.loads(files[f"{other}.proofs/{name}"])
        lines = document["note"].rpartition("\n\n")[0].split("\n")
        document |= {"key": str(thief.verifier), "note": sign_note(lines[0], lines[1:], thief)}
        files[f"{other}.proofs/{name}"] = rfc8785.dumps(document)
    keys = {"the home": [sealed.trusted], "nobody": [], "the thief": [str(thief.verifier)]}[trusting]
    found = sealed.verify(files, trusted_keys=keys)
    assert found.exit_code == 1
    blamed = {path for path, state in found.files.items() if state == "changed"}
    forged = {f"{other}.proofs/{name}" for name in names}
    if trusting != "the thief":
        assert blamed == forged, reasons(found)
    assert {reason.step for reason in found.reasons if reason.wrong} == {11}


def test_two_keys_on_one_exhibit_where_none_is_trusted(sealed):
    thief = SealKey.generate(sealed.kept.key.name)
    files = sealed.forge(sealed.bag(), reseal=thief)
    found = sealed.verify(files, trusted_keys=[])
    assert found.exit_code == 1
    assert "others of this package" in reasons(found)


def test_a_key_field_exchanged_for_another(sealed):
    name = f"{sealed.id}.proofs/seal.json"
    seal = json.loads(sealed.files()[name])
    thief = SealKey.generate(sealed.kept.key.name)
    for key in (str(thief.verifier), "", "x+y+z", None, 7, seal["key"].replace("markwatch", "markwatcn")):
        data = rfc8785.dumps({**seal, "key": key})
        found = sealed.verify({**sealed.files(), name: data}, trusted_keys=[sealed.trusted, str(thief.verifier)])
        assert found.exit_code == 1, key


def test_a_second_signature_and_a_second_format(sealed):
    name = f"{sealed.id}.proofs/seal.json"
    seal = json.loads(sealed.files()[name])
    thief = SealKey.generate("thief")
    text = seal["note"].rpartition("\n\n")[0] + "\n"
    raw = bytes.fromhex(thief.verifier.key_id) + thief.sign(text)
    import base64

    line = f"— thief {base64.b64encode(raw).decode()}\n"
    for changed in (
        {**seal, "note": seal["note"] + line},
        {**seal, "format": "markwatch-seal/2"},
        {**seal, "more": 1},
        {"format": seal["format"], "note": seal["note"]},
    ):
        assert sealed.verify({**sealed.files(), name: rfc8785.dumps(changed)}).exit_code == 1
    assert sealed.verify({**sealed.files(), name: json.dumps(seal, indent=1).encode()}).exit_code == 1
    doubled = sealed.files()[name].replace(b'{"format"', b'{"format":"markwatch-seal/1","format"')
    assert sealed.verify({**sealed.files(), name: doubled}).exit_code == 1


def test_proofs_of_another_exhibit(sealed, pair):
    other, both = pair
    for name in ("seal.json", "evidence.json.ots", "tagmanifest-sha256.txt.ots", "proofs.json"):
        theirs = both[f"{other}.proofs/{name}"]
        found = sealed.verify({**both, f"{sealed.id}.proofs/{name}": theirs})
        assert found.exit_code == 1, name
        assert found.files[f"{sealed.id}.proofs/{name}"] == "changed"


# --- times -----------------------------------------------------------------------------------------------------------


def test_a_block_from_before_the_bag_was_built():
    built = datetime(2026, 11, 22, 8, tzinfo=UTC)
    good = ProofStanding("a", "ots", "verified", "header", "fits", "2026-11-22T09:00:00Z")
    assert _not_before(good, built) == good
    assert _not_before(good, None) == good
    near = built + timedelta(hours=4)
    assert _not_before(good, near).state == "verified", "a miner's clock may be off"
    late = _not_before(good, built + timedelta(days=1))
    assert late.state == "invalid"
    assert "before the bag was built" in late.reason
    pending = ProofStanding("a", "ots", "pending")
    assert _not_before(pending, built + timedelta(days=1)) == pending


# --- hostile documents -----------------------------------------------------------------------------------------------

ODD = [
    None,
    True,
    -1,
    2**53 - 1,
    "",
    "http://[",
    "\u202e",
    "x" * 3000,
    [],
    [[]],
    {},
    {"a": []},
    1e300,
    "2026-13-45T00:00:00Z",
]
DOCUMENTS = [
    "data/evidence.json",
    "data/capture/capture.json",
    "data/network/tls.json",
    "data/network/exchanges.jsonl",
    "data/custody/custody.jsonl",
    "data/environment/before.json",
    "data/render/domsnapshot.json",
    "data/detection/match.json",
]


def places(document, path=()):
    """Yield the path of every value in a JSON document, to a depth of four, few items of a list."""
    yield path
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document[:3])
        if isinstance(document, list)
        else ()
    )
    if len(path) < 4:
        for key, value in items:
            yield from places(value, (*path, key))


def replaced(document, path, value):
    """Return a copy with the value at `path` replaced."""
    if not path:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", DOCUMENTS)
def test_odd_values_anywhere_end_in_a_verdict(sealed, with_lists, name, data):
    bag = sealed.bag()
    lines = bag[name].split(b"\n") if name.endswith("l") else [bag[name]]
    number = data.draw(st.integers(0, max(0, len(lines) - 2)))
    document = json.loads(lines[number])
    path = data.draw(st.sampled_from(list(places(document))))
    value = data.draw(st.sampled_from(ODD))
    changed = replaced(document, path, value)
    lines[number] = rfc8785.dumps(changed)
    if lines[number] == bag[name].split(b"\n")[number]:
        return
    files = with_lists(sealed, {**bag, name: b"\n".join(lines)}, evidence=name != "data/evidence.json")
    found = sealed.verify(files)
    assert found.exit_code == 1
    assert "malformed: " not in reasons(found), "no step needs the last net"
    json.dumps(found.document(), ensure_ascii=False).encode()
    assert not any("\u202e" in str(reason) or len(reason.what) > 3000 for reason in found.reasons)


@pytest.fixture
def with_lists():
    """Return all files with evidence.json's list and the manifests recomputed, custody and seal as they were."""

    def make(sealed, bag, *, evidence):
        if evidence:
            document = json.loads(bag["data/evidence.json"])
            for item in document["files"]:
                data = bag[item["path"]]
                item |= {
                    "size": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "sm3": hashlib.new("sm3", data).hexdigest(),
                }
            bag = {**bag, "data/evidence.json": rfc8785.dumps(document)}
        for algorithm in ("sha256", "sha512"):
            for kind, inside in (("manifest", True), ("tagmanifest", False)):
                listed = {
                    path: hashlib.new(algorithm, data).hexdigest()
                    for path, data in sorted(bag.items())
                    if path.startswith("data/") is inside and not path.startswith("tagmanifest")
                }
                bag[f"{kind}-{algorithm}.txt"] = "".join(f"{d}  {p}\n" for p, d in listed.items()).encode()
        beside = {name: data for name, data in sealed.files().items() if not name.startswith(f"{sealed.id}/")}
        return {**{f"{sealed.id}/{path}": data for path, data in sorted(bag.items())}, **beside}

    return make


@pytest.mark.parametrize(
    "text",
    [
        b'{"format":"markwatch-evidence/1","format":"markwatch-evidence/1"}',
        b'{"a":1e999}',
        b'{"a":NaN}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":9007199254740993}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b"[]",
        b"",
        b"null",
    ],
)
def test_documents_that_are_not_canonical_objects(text):
    assert bagsteps.canonical_json(text) is None


def test_the_last_net_gives_one(sealed, monkeypatch):
    def broken(*_):
        raise KeyError("unforeseen")

    monkeypatch.setattr(verifier, "check_custody", broken)
    found = sealed.verify()
    assert found.exit_code == 1
    assert "malformed" in reasons(found)


# --- bombs -----------------------------------------------------------------------------------------------------------


def test_a_million_lines_are_counted_not_kept(sealed):
    name = f"{sealed.id}/manifest-sha256.txt"
    for lines in (b"\n" * 900_000, b"\n" * 5_000_000):
        found = sealed.verify({**sealed.files(), name: lines})
        assert found.exit_code == 1
        assert len(found.reasons) < 500
    listed = b"".join(b"%064x  data/%d\n" % (number, number) for number in range(12_000))
    found = sealed.verify({**sealed.files(), name: listed})
    assert len(found.reasons) <= verdict.MAX_REASONS + 1
    assert "more findings" in reasons(found)


def test_more_findings_than_are_kept_still_decide():
    found = Findings()
    for number in range(verdict.MAX_REASONS):
        found.open(12, f"p{number}", "pending")
    found.wrong(5, "late", "changed")
    answer = found.verdict()
    assert answer.exit_code == 1
    assert answer.files == {"late": "changed"}
    assert found.verdict().exit_code == 1


def test_large_files_are_refused_or_only_hashed(sealed, monkeypatch):
    monkeypatch.setattr(verifier, "MAX_SMALL", 2_000)
    assert "expected at most 2000" in reasons(sealed.verify())
    monkeypatch.setattr(verifier, "MAX_SMALL", 64_000_000)
    monkeypatch.setattr(verifier, "MAX_SMALL_TOTAL", 20_000)
    assert sealed.verify().exit_code == 1


def test_a_large_dom_snapshot_is_hashed_and_not_looked_into(sealed, monkeypatch):
    name = f"{sealed.id}/data/render/domsnapshot.json"
    data = sealed.files()[name]
    for limit, looked_into in ((len(data), True), (len(data) - 1, False)):
        monkeypatch.setattr(verifier, "MAX_SMALL", limit)
        index = read(zipped([(name, data)]))
        view = verifier._read_bag(index, sealed.id, {"data/render/domsnapshot.json": index.files[0]})
        assert bool(view.small) is looked_into
        assert view.digests["data/render/domsnapshot.json"].sha256 == hashlib.sha256(data).hexdigest()


def deflated(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(info(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def test_documents_that_unpack_to_far_more_than_documents_do(sealed):
    name = f"{sealed.id}/data/network/dns.json"
    path = sealed.folder / "bomb.zip"
    path.write_bytes(deflated(name, b" " * 1_500_000))
    found = sealed.verify(path=path)
    assert found.exit_code == 1
    assert "holds 1500000 bytes in" in reasons(found)


def test_a_package_that_unpacks_to_a_hundred_times_its_size(monkeypatch):
    data = deflated("EV-x/zeros", bytes(3_000_000))
    assert len(read(data).files) == 1
    monkeypatch.setattr(zipread, "MIN_BOMB", 1_000_000)
    with pytest.raises(VerifyRefused, match="bomb"):
        read(data)


def test_more_exhibits_than_a_case_has(sealed, monkeypatch, pair):
    monkeypatch.setattr(verifier, "MAX_EXHIBITS", 1)
    assert "more than 1 exhibits" in reasons(sealed.verify(pair[1]))


def test_what_lies_beside_a_bag_is_bounded(sealed, monkeypatch):
    many = {f"{sealed.id}.proofs/headers/{number}.json": b"{}" for number in range(verifier.MAX_BESIDE_FILES)}
    assert "beside" in reasons(sealed.verify({**sealed.files(), **many}))
    monkeypatch.setattr(verifier, "MAX_BESIDE", 100)
    assert "beside" in reasons(sealed.verify())


def test_bounds_inside_the_archive(sealed, monkeypatch):
    monkeypatch.setattr(warcread, "MAX_UNPACKED", 100)
    assert "unpack to more" in reasons(sealed.verify())
    monkeypatch.setattr(warcread, "MAX_UNPACKED", 2_000_000_000)
    monkeypatch.setattr(wacz, "MAX_INDEX_LINES", 1)
    assert "more than 1 lines" in reasons(sealed.verify())


def test_text_is_safe_to_print():
    assert clean("阿拉善 ok") == "阿拉善 ok"
    assert clean("a\x1b[31m\u202e\ud800\n") == "a\\u001b[31m\\u202e\\ud800\\u000a"
    assert len(clean("x" * 100_000)) == 1_501
    found = Findings()
    found.wrong(6, "data/\u202ex", "why\x1b")
    assert found.files == {"data/\\u202ex": "changed"}
    assert "\x1b" not in str(found.reasons[0])


# --- headers that travel along ---------------------------------------------------------------------------------------


class Headers:
    """A book that knows which headers support which."""

    def __init__(self, runs):
        self.runs = runs

    def support(self, height):
        return self.runs.get(height, [])

    def document(self, heights):
        return {"headers": {str(height): {"header": "00", "block_hash": ""} for height in heights}}


def attested(height):
    """Return an .ots proof with one Bitcoin attestation at `height`."""
    body, left = b"", height
    while left >= 128:
        body, left = body + bytes([left & 127 | 128]), left >> 7
    body += bytes([left])
    message = b"\x00" + bytes.fromhex("0588960d73d71901") + bytes([len(body)]) + body
    root = ots.Node(b"\1" * 32)
    for item in ots.parse_tree(message, b"\1" * 32).attestations:
        root.attestations.add(item)
    return ots.serialize(ots.Proof(ots.SHA256, root))


def test_a_package_carries_the_headers_that_its_proofs_need():
    headers = Headers({800_000: [800_000, 800_001], 5: [5]})
    packed = json.loads(headers_for([attested(800_000), b"garbage"], headers))
    assert sorted(packed["headers"]) == ["800000", "800001"]
    assert headers_for([attested(7)], headers) == b""
    assert headers_for([], headers) == b""


def test_the_headers_are_packaged_listed_and_read_back(sealed, tmp_path):
    from evidence.package.stage import PackageStage

    kept = sealed.kept
    height = 2016 * 400 + 7

    class Proven:
        def enqueue(self, subject, sha256):
            """Nothing is queued."""

        def proof_files(self, sha256):
            return attested(height)

    stage = PackageStage(
        kept.store, kept.vault, Proven(), kept.key, kept.clock, headers=Headers({height: [height, height + 1]})
    )
    bag = stage.prepare(sealed.id)
    files = stage.proof_files(bag)
    assert set(files) == {"evidence.json.ots", "tagmanifest-sha256.txt.ots", HEADERS}
    assert HeaderBook.from_bytes(files[HEADERS]).get(height) is None, "a header of nonsense is refused"
    note = json.loads(proofs_json(sealed.id, files, kept.key, [sealed.id]))["note"]
    assert f"sha256 {hashlib.sha256(files[HEADERS]).hexdigest()} {HEADERS}" in note
    assert f"exhibit {sealed.id}" in note


def test_headers_that_the_signed_list_does_not_name_are_extra(sealed):
    name = f"{sealed.id}.proofs/headers/more.json"
    found = sealed.verify({**sealed.files(), name: b'{"headers":{}}'})
    assert found.exit_code == 1
    assert found.files[name] == EXTRA
    unlisted = {n: d for n, d in sealed.files().items() if not n.endswith("/proofs.json")}
    more = sorted({**unlisted, name: b'{"headers":{}}'}.items(), key=lambda item: (".proofs/" in item[0], item[0]))
    assert sealed.verify(dict(more)).exit_code == 2, "in the builder's order, and no list that could speak against it"


def test_which_headers_a_level_rests_on():
    book = HeaderBook({}, checkpoints=Checkpoints((("00" * 32, 1 << 250),)))
    assert book.support(2016) == []

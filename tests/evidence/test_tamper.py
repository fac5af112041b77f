"""Each way of tampering that is known: the verdict is 1 with the right reason, or 2 where only proofs are gone."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile

import pytest
import rfc8785

from notary import ots
from notary.seal import SealKey


def wrong(verdict):
    """Return the wrong steps' numbers."""
    return sorted({reason.step for reason in verdict.reasons if reason.wrong})


def said(verdict):
    """Return all reasons as one text."""
    return "\n".join(map(str, verdict.reasons))


def edit_json(data, **changes):
    """Return canonical JSON with fields replaced."""
    return rfc8785.dumps({**json.loads(data), **changes})


def rebuilt_wacz(data, change):
    """Return a WACZ whose files went through `change`, its data package recomputed as py-wacz would."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files = change(files)
    package = json.loads(files["datapackage.json"])
    for resource in package["resources"]:
        body = files[resource["path"]]
        resource |= {"hash": f"sha256:{hashlib.sha256(body).hexdigest()}", "bytes": len(body)}
    files["datapackage.json"] = json.dumps(package).encode()
    if "datapackage-digest.json" in files:
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(files['datapackage.json']).hexdigest()}"}
        files["datapackage-digest.json"] = json.dumps(digest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), body)
    return out.getvalue()


def test_a_forgery_that_bagit_accepts_is_found_by_the_seal(sealed, tmp_path):
    bag = sealed.bag()
    bag["data/render/dom.html"] = bag["data/render/dom.html"].replace(b"39.90", b"99.90")
    path = sealed.write(sealed.forge(bag))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(tmp_path / sealed.id)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdict = sealed.verify(path=path)
    assert verdict.exit_code == 1
    assert wrong(verdict)[0] == 11
    assert "seals other bytes" in said(verdict)
    assert all(reason.step in (11, 12) for reason in verdict.reasons), "all but seal and proofs was recomputed rightly"


def test_a_forgery_resealed_by_another_key_is_never_ok(sealed):
    bag = sealed.bag()
    bag["data/render/dom.html"] += b"<!-- forged -->"
    forged = sealed.forge(bag, reseal=SealKey.generate())
    for name in [name for name in forged if name.endswith((".ots", "proofs.json"))]:
        del forged[name]
    verdict = sealed.verify(forged)
    assert verdict.exit_code == 2
    assert [item.state for item in verdict.proofs if item.kind == "seal"] == ["untrusted"]


def test_a_forgery_resealed_with_the_old_proofs_is_wrong(sealed):
    bag = sealed.bag()
    bag["data/render/dom.html"] += b"<!-- forged -->"
    verdict = sealed.verify(sealed.forge(bag, reseal=SealKey.generate()))
    assert verdict.exit_code == 1
    assert 12 in wrong(verdict)


@pytest.mark.parametrize(
    "gone",
    [
        ("seal.json",),
        ("evidence.json.ots",),
        ("proofs.json",),
        ("seal.json", "proofs.json", "evidence.json.ots", "tagmanifest-sha256.txt.ots"),
    ],
)
def test_removed_seals_and_proofs_give_two_never_zero(sealed, gone):
    files = {
        name: data
        for name, data in sealed.files().items()
        if name.rpartition("/")[2] not in gone or ".proofs/" not in name
    }
    verdict = sealed.verify(files)
    assert verdict.exit_code == 2
    missing = {name for name, state in verdict.files.items() if state == "missing"}
    assert missing == {f"{sealed.id}.proofs/{name}" for name in gone}


def test_without_a_trusted_key_the_seal_is_untrusted(sealed):
    verdict = sealed.verify(trusted_keys=[])
    assert verdict.exit_code == 2
    assert [item.state for item in verdict.proofs if item.kind == "seal"] == ["untrusted"]
    other = sealed.verify(trusted_keys=[str(SealKey.generate().verifier)])
    assert [item.state for item in other.proofs if item.kind == "seal"] == ["untrusted"]


def test_every_file_of_the_bag_matters_when_it_is_changed_removed_or_swapped(sealed):
    files = sealed.files()
    inside = [name for name in files if name.startswith(f"{sealed.id}/")]
    for number, name in enumerate(inside):
        changed = sealed.verify({**files, name: files[name] + b" "})
        assert changed.exit_code == 1, name
        assert changed.files[name] != "ok", name
        removed = sealed.verify({key: data for key, data in files.items() if key != name})
        assert removed.exit_code == 1, name
        assert removed.files[name] == "missing", name
        other = inside[(number + 1) % len(inside)]
        swapped = sealed.verify({**files, name: files[other], other: files[name]})
        assert swapped.exit_code == 1, (name, other)


def test_a_file_cut_short_or_renamed(sealed):
    files = sealed.files()
    name = f"{sealed.id}/data/render/full.png"
    assert sealed.verify({**files, name: files[name][:-1]}).files[name] == "changed"
    moved = {(key if key != name else f"{sealed.id}/data/render/other.png"): data for key, data in files.items()}
    verdict = sealed.verify(moved)
    assert verdict.exit_code == 1
    assert verdict.files[name] == "missing"
    assert verdict.files[f"{sealed.id}/data/render/other.png"] == "extra"


@pytest.mark.parametrize(
    ("where", "step"),
    [
        ("{id}/data/render/more.png", 5),
        ("{id}/notes.txt", 3),
        ("{id}/fetch.txt", 3),
        ("{id}.proofs/more.txt", 12),
        ("readme.txt", 2),
        ("{id}/tagmanifest-md5.txt", 3),
        ("打开我.html", 2),
    ],
)
def test_an_extra_file_is_named(sealed, where, step):
    name = where.format(id=sealed.id)
    verdict = sealed.verify({**sealed.files(), name: b"more"})
    assert verdict.exit_code == 1
    assert verdict.files[name] == "extra"
    assert step in wrong(verdict)


def test_an_unlisted_tag_file_that_bagit_lets_pass(sealed, tmp_path):
    path = sealed.write({**sealed.files(), f"{sealed.id}/extra-tag.txt": b"read me first"})
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(tmp_path / sealed.id)], capture_output=True, check=False
    )
    assert done.returncode == 0
    assert sealed.verify(path=path).exit_code == 1


def test_edited_bag_info_without_tag_manifests(sealed):
    files = sealed.files()
    files[f"{sealed.id}/bag-info.txt"] = files[f"{sealed.id}/bag-info.txt"].replace(b"2026", b"2020")
    for name in ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt"):
        del files[f"{sealed.id}/{name}"]
    verdict = sealed.verify(files)
    assert verdict.exit_code == 1
    assert verdict.files[f"{sealed.id}/tagmanifest-sha512.txt"] == "missing"


def _with_field(sealed, field, value):
    """Return a consistent bag whose evidence.json gives one file another digest."""
    bag = sealed.forge(sealed.bag())
    name = f"{sealed.id}/data/evidence.json"
    document = json.loads(bag[name])
    entry = next(item for item in document["files"] if item["path"] == "data/render/full.png")
    entry[field] = value
    return bag, name, document


@pytest.mark.parametrize(
    ("field", "value"), [("sm3", "0" * 64), ("sha256", "0" * 64), ("size", 7), ("sm3", None), ("sha256", "md5:0")]
)
def test_one_digest_right_and_the_other_wrong(sealed, field, value):
    files, name, document = _with_field(sealed, field, value)
    verdict = sealed.verify({**files, name: rfc8785.dumps(document)})
    assert verdict.exit_code == 1
    assert f"its {field} is" in said(verdict)


def test_a_downgraded_digest_field_is_not_taken(sealed):
    files, name, document = _with_field(sealed, "sm3", "0" * 64)
    entry = next(item for item in document["files"] if item["path"] == "data/render/full.png")
    del entry["sm3"]
    entry["md5"] = "d41d8cd98f00b204e9800998ecf8427e"
    verdict = sealed.verify({**files, name: rfc8785.dumps(document)})
    assert verdict.exit_code == 1
    assert 6 in wrong(verdict)


def test_evidence_json_that_is_not_canonical(sealed):
    name = f"{sealed.id}/data/evidence.json"
    files = sealed.files()
    verdict = sealed.verify({**files, name: json.dumps(json.loads(files[name]), indent=1).encode()})
    assert verdict.exit_code == 1
    assert "canonical" in said(verdict)


def _custody_forgery(sealed, change):
    """Return the verdict on a package whose custody lines went through `change`, all lists recomputed around them."""
    from_lines = sealed.bag()["data/custody/custody.jsonl"].splitlines(keepends=True)
    bag = sealed.bag()
    log = b"".join(change(from_lines))
    document = json.loads(bag["data/evidence.json"])
    for item in document["files"]:
        if item["path"] == "data/custody/custody.jsonl":
            item |= {
                "size": len(log),
                "sha256": hashlib.sha256(log).hexdigest(),
                "sm3": hashlib.new("sm3", log).hexdigest(),
            }
    bag |= {"data/custody/custody.jsonl": log, "data/evidence.json": rfc8785.dumps(document)}
    return sealed.verify({f"{sealed.id}/{name}": data for name, data in bag.items()})


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("missing", lambda lines: lines[:3] + lines[4:]),
        ("reordered", lambda lines: [lines[0], lines[2], lines[1], *lines[3:]]),
        ("forked", lambda lines: [*lines, lines[-1]]),
        ("cut", lambda lines: lines[:-2]),
        ("half a line", lambda lines: [*lines[:-1], lines[-1][:-9]]),
        ("empty", lambda lines: []),
        ("edited", lambda lines: [line.replace(b"worker", b"nobody") for line in lines]),
        ("not JSON", lambda lines: [*lines, b"{}\n"]),
    ],
)
def test_a_custody_log_that_was_touched(sealed, what, change):
    verdict = _custody_forgery(sealed, change)
    assert verdict.exit_code == 1, what
    assert 7 in wrong(verdict), what


def test_a_custody_clock_that_runs_backwards(sealed):
    def backwards(lines):
        entries = [json.loads(line) for line in lines]
        entries[-1]["utc"] = "2001-01-01T00:00:00.000000Z"
        return [rfc8785.dumps(entry) + b"\n" for entry in entries]

    verdict = _custody_forgery(sealed, backwards)
    assert 7 in wrong(verdict)
    assert "lies before entry" in said(verdict)


def test_a_custody_log_that_was_never_told_of_a_file(sealed):
    bag = sealed.bag()
    shot = bag["data/render/full.png"]
    bag["data/render/full.png"] = bag["data/render/viewport.png"] + b"0"
    forged = sealed.forge(bag, reseal=sealed.kept.key)
    assert sealed.verify({k: v for k, v in forged.items() if not k.endswith(".ots")}).exit_code == 2, (
        "the forger holds the key"
    )
    forged[f"{sealed.id}/data/render/full.png"] = shot
    assert sealed.verify(forged).exit_code == 1


def test_a_file_of_another_capture_is_named(sealed):
    bag = sealed.bag()
    for name in (
        "data/environment/before.json",
        "data/network/dns.json",
        "data/network/tls.json",
        "data/detection/match.json",
    ):
        other = {**bag, name: edit_json(bag[name], capture="EV-01AAAAAAAAAAAAAAAAAAAAAAAA")}
        verdict = sealed.verify(sealed.forge(other))
        assert 8 in wrong(verdict), name
        assert verdict.files[f"{sealed.id}/{name}"] == "changed", name


def test_a_dom_snapshot_of_another_page(sealed):
    bag = sealed.bag()
    name = "data/render/domsnapshot.json"
    document = json.loads(bag[name])
    document["strings"][document["documents"][0]["documentURL"]] = "http://elsewhere.example/"
    verdict = sealed.verify(sealed.forge({**bag, name: json.dumps(document).encode()}))
    assert 8 in wrong(verdict)


def test_a_network_log_of_another_capture(sealed):
    bag = sealed.bag()
    name = "data/network/exchanges.jsonl"
    lines = [edit_json(line, capture="EV-01AAAAAAAAAAAAAAAAAAAAAAAA") for line in bag[name].splitlines()]
    verdict = sealed.verify(sealed.forge({**bag, name: b"".join(line + b"\n" for line in lines)}))
    assert 8 in wrong(verdict)


def test_capture_json_that_names_another_screenshot(sealed):
    bag = sealed.bag()
    bag["data/render/full.png"] = bag["data/render/viewport.png"] + b"1"
    verdict = sealed.verify(sealed.forge(bag, capture=False))
    assert 8 in wrong(verdict)
    assert verdict.files[f"{sealed.id}/data/render/full.png"] == "changed"


def _wacz_forgery(sealed, change):
    bag = sealed.bag()
    name = f"data/capture/{sealed.id}.wacz"
    bag[name] = rebuilt_wacz(bag[name], change)
    return sealed.verify(sealed.forge(bag))


def _edit(name, change):
    return lambda files: {**files, name: change(files[name])}


def _cdx(change):
    return _edit("indexes/index.cdx.gz", lambda data: gzip.compress(change(gzip.decompress(data)), mtime=0))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda files: files, ""),
        (_edit("pages/pages.jsonl", lambda data: data.replace(b'"ts": "20', b'"ts": "19')), "no record with this time"),
        (_edit("pages/pages.jsonl", lambda data: data.replace(b'"id": "EV-', b'"id": "EX-')), "the page list is of"),
        (_edit("pages/pages.jsonl", lambda data: data + data.splitlines(keepends=True)[1]), "expected one page"),
        (lambda files: {k: v for k, v in files.items() if k != "datapackage-digest.json"}, "lacks"),
        (lambda files: {**files, "archive/more.warc.gz": b""}, "beyond its form"),
        (_cdx(lambda text: text.replace(b'"offset": "', b'"offset": "9', 1)), "where no such record lies"),
        (_cdx(lambda text: b"".join(text.splitlines(keepends=True)[1:])), "does not list the record"),
        (_cdx(lambda text: text.replace(b"20", b"19", 1)), "index"),
        (_edit("indexes/index.idx", lambda data: data.replace(b'"length": ', b'"length": 1')), "index.idx"),
        (_edit("archive/data.warc.gz", lambda data: data[:-20]), "cut short"),
        (_edit("archive/data.warc.gz", lambda data: data + b"tail"), "unpack"),
    ],
)
def test_a_wacz_that_was_rebuilt(sealed, change, reason):
    verdict = _wacz_forgery(sealed, change)
    if not reason:
        assert 9 not in wrong(verdict), "the rebuilding itself does no harm"
        return
    assert 9 in wrong(verdict)
    assert reason in said(verdict)


def _members(warc):
    """Return the records of a gzipped WARC, one by one."""
    import zlib

    found = []
    while warc:
        inflate = zlib.decompressobj(31)
        found.append(inflate.decompress(warc))
        warc = inflate.unused_data
    return found


def _warc_forgery(sealed, change):
    """Return the verdict on a WARC whose records went through `change`, index and data package following."""

    def rebuild(files):
        records = change(_members(files["archive/data.warc.gz"]))
        packed = [gzip.compress(record, mtime=0) for record in records]
        lines, offset, at = gzip.decompress(files["indexes/index.cdx.gz"]).decode().splitlines(), 0, {}
        for record, member in zip(records, packed, strict=True):
            head = record.split(b"\r\n\r\n")[0].decode()
            if "WARC-Type: response" in head:
                url = head.split("WARC-Target-URI: ")[1].split("\r\n")[0]
                at[url] = (offset, len(member), head.split("WARC-Payload-Digest: ")[1].split("\r\n")[0])
            offset += len(member)
        moved = []
        for line in lines:
            key, stamp, fields = line.split(" ", 2)
            item = json.loads(fields)
            place, length, digest = at[item["url"]]
            moved.append(
                f"{key} {stamp} {json.dumps({**item, 'offset': str(place), 'length': str(length), 'digest': digest})}\n"
            )
        block = gzip.compress("".join(moved).encode(), mtime=0)
        pointer = {
            "offset": 0,
            "length": len(block),
            "digest": f"sha256:{hashlib.sha256(block).hexdigest()}",
            "filename": "index.cdx.gz",
        }
        idx = files["indexes/index.idx"].splitlines()[0] + b"\nx 0 " + json.dumps(pointer).encode() + b"\n"
        return {
            **files,
            "archive/data.warc.gz": b"".join(packed),
            "indexes/index.cdx.gz": block,
            "indexes/index.idx": idx,
        }

    return _wacz_forgery(sealed, rebuild)


def test_rebuilding_the_warc_unchanged_does_no_harm(sealed):
    assert 9 not in wrong(_warc_forgery(sealed, lambda records: records))


def test_a_price_changed_in_the_warc_with_its_digests_recomputed(sealed):
    import base64
    import re

    def reprice(records):
        changed = []
        for original in records:
            record = original
            if b"39.90" in record:
                head, _, block = record.partition(b"\r\n\r\n")
                block = block[:-4].replace(b"39.90", b"99.90")
                payload = block.split(b"\r\n\r\n", 1)[1]
                for field, data in ((b"Block", block), (b"Payload", payload)):
                    digest = base64.b32encode(hashlib.sha256(data).digest())
                    head = re.sub(
                        rb"WARC-" + field + rb"-Digest: sha256:[A-Z2-7=]+",
                        b"WARC-" + field + b"-Digest: sha256:" + digest,
                        head,
                    )
                record = head + b"\r\n\r\n" + block + b"\r\n\r\n"
            changed.append(record)
        assert changed != records
        return changed

    verdict = _warc_forgery(sealed, reprice)
    assert "differ from" in said(verdict), "the network log holds the body's digest"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda records: [r.replace(b"39.90", b"99.90") for r in records], "digest"),
        (lambda records: [r.replace(b"Digest: sha256:", b"Digest: sha1:") for r in records], "digest"),
        (lambda records: [r.replace(b"WARC/1.1", b"WARC/1.0") for r in records], "WARC/1.1"),
        (lambda records: records[:-2], "does not list|no such record|differ"),
        (lambda records: [records[0], records[2], records[1], *records[3:]], "expected one warcinfo"),
        (lambda records: records[1:], "expected one warcinfo"),
    ],
)
def test_warc_records_that_do_not_hold(sealed, change, reason):
    import re

    if reason.startswith("does"):
        verdict = _wacz_forgery(
            sealed,
            _edit("archive/data.warc.gz", lambda d: b"".join(gzip.compress(r, mtime=0) for r in change(_members(d)))),
        )
    else:
        verdict = _warc_forgery(sealed, change)
    assert 9 in wrong(verdict)
    assert re.search(reason, said(verdict))


def test_a_proof_over_another_digest(sealed):
    root = ots.Node(b"\x07" * 32)
    root.attestations.add(ots.pending("https://calendar.example/"))
    other = ots.serialize(ots.Proof(ots.SHA256, root))
    verdict = sealed.verify({**sealed.files(), f"{sealed.id}.proofs/evidence.json.ots": other})
    assert verdict.exit_code == 1
    assert 12 in wrong(verdict)


def test_a_pending_proof_is_not_confirmed_by_renaming_its_calendar(sealed):
    name = f"{sealed.id}.proofs/evidence.json.ots"
    files = sealed.files()
    changed = files[name].replace(b"calendar.example", b"calendar.exampla")
    assert changed != files[name]
    verdict = sealed.verify({**files, name: changed})
    assert verdict.exit_code == 1
    assert "changed since the package was built" in said(verdict)


def test_a_seal_of_another_exhibit_and_broken_seals(sealed):
    files, name = sealed.files(), f"{sealed.id}.proofs/seal.json"
    seal = json.loads(files[name])
    lists = files[f"{sealed.id}.proofs/proofs.json"]
    broken = [
        rfc8785.dumps({**seal, "note": seal["note"].replace(sealed.id, "EV-01AAAAAAAAAAAAAAAAAAAAAAAA")}),
        rfc8785.dumps({**seal, "key": str(SealKey.generate().verifier)}),
        rfc8785.dumps({**seal, "format": "markwatch-seal/0"}),
        json.dumps(seal).encode(),
        b"{}",
        b"",
        b"not json",
        lists,
    ]
    for data in broken:
        verdict = sealed.verify({**files, name: data})
        assert verdict.exit_code == 1, data[:60]
        assert 11 in wrong(verdict)


def test_a_case_of_two_exhibits_with_their_bags_exchanged(sealed, pair):
    other, both = pair
    assert sealed.verify(both).exit_code == 2
    page = f"{other}/data/environment/before.json"
    mixed = {**both, f"{sealed.id}/data/environment/before.json": both[page]}
    assert sealed.verify(mixed).exit_code == 1
    alone = {name: data for name, data in both.items() if name.startswith(other)}
    renamed = {name.replace(other, "EV-01AAAAAAAAAAAAAAAAAAAAAAAA"): data for name, data in alone.items()}
    assert sealed.verify(renamed).exit_code == 1
    crossed = {
        name.replace(other, "?").replace(sealed.id, other).replace("?", sealed.id): data for name, data in both.items()
    }
    assert sealed.verify(crossed).exit_code == 1


def test_a_forgery_without_seal_and_proofs_is_wrong_where_the_exhibit_is_known(sealed):
    from evidence.package.seal import sealed as sealed_digests

    own = {sealed.id: sealed_digests(sealed.kept.store.bag(sealed.id))}
    bag = sealed.bag()
    bag["data/render/dom.html"] += b"<!-- forged -->"
    bare = {name: data for name, data in sealed.forge(bag).items() if ".proofs/" not in name}
    assert sealed.verify(bare).exit_code == 2, "nothing in the package speaks against it"
    verdict = sealed.verify(bare, known=lambda exhibit_id: own.get(exhibit_id, {}))
    assert verdict.exit_code == 1
    assert wrong(verdict) == [11]
    assert verdict.files[f"{sealed.id}/data/evidence.json"] == "changed"
    whole = {name: data for name, data in sealed.files().items() if ".proofs/" not in name}
    assert sealed.verify(whole, known=lambda exhibit_id: own.get(exhibit_id, {})).exit_code == 2, (
        "only the seal is gone"
    )
    assert sealed.verify(known=lambda _exhibit_id: {}).exit_code == sealed.verify().exit_code

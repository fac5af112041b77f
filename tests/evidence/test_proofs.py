"""Seals and proofs beside a bag: when 0, when 1, when 2."""

import hashlib
import json
import time

import pytest
import rfc8785

from evidence.package.seal import PROOFS_FORMAT
from evidence.verify.proofsteps import judge_proof
from notary import ots
from notary.headers import Checkpoints, HeaderBook
from notary.seal import SealKey, sign_note

EASY = 0x7FFFFF << (8 * 28)
HEIGHT = 2016


def bitcoin_proof(sha256, height=HEIGHT):
    """Return an .ots proof that claims the digest itself to be a block's Merkle root."""
    from notary.otsops import Attestation

    root = ots.Node(bytes.fromhex(sha256))
    root.attestations.add(next(iter(_attestation(Attestation, height))))
    return ots.serialize(ots.Proof(ots.SHA256, root))


def _attestation(kind, height):
    """Yield a Bitcoin attestation, read back from its bytes: the tag, then the height as a varuint."""
    tag = bytes.fromhex("0588960d73d71901")
    body, left = b"", height
    while left >= 128:
        body, left = body + bytes([left & 127 | 128]), left >> 7
    body += bytes([left])
    message = b"\x00" + tag + bytes([len(body)]) + body
    parsed = ots.parse_tree(message, b"\0" * 32)
    assert all(isinstance(item, kind) for item in parsed.attestations)
    yield from parsed.attestations


def mined(merkle_root, at=None):
    """Return a block header of almost no difficulty over this Merkle root, of now where no Unix time is given."""
    at = int(time.time()) if at is None else at
    for nonce in range(10_000):
        raw = (1).to_bytes(4, "little") + bytes(32) + merkle_root + at.to_bytes(4, "little")
        raw += ((31 << 24) | 0x7FFFFF).to_bytes(4, "little") + nonce.to_bytes(4, "little")
        digest = hashlib.sha256(hashlib.sha256(raw).digest()).digest()
        if int.from_bytes(digest, "little") <= 0x7FFFFF << (8 * 28):
            return raw, digest[::-1].hex()
    raise AssertionError("no nonce found")


def book(*digests, at=None):
    """Return headers at which these digests are Merkle roots, under a checkpoint of almost no difficulty."""
    raw = {}
    for number, sha256 in enumerate(digests):
        header, block = mined(bytes.fromhex(sha256), at)
        raw[HEIGHT + 2 * number] = (header.hex(), block)
    return HeaderBook(raw, checkpoints=Checkpoints((("00" * 32, EASY),)))


def digests(sealed):
    bag = sealed.bag()
    return [hashlib.sha256(bag[path]).hexdigest() for path in ("data/evidence.json", "tagmanifest-sha256.txt")]


def proven(sealed):
    """Return the package's files with two proofs that a user's headers verify, and those headers."""
    files, (first, second) = sealed.files(), digests(sealed)
    proofs = {
        "evidence.json.ots": bitcoin_proof(first),
        "tagmanifest-sha256.txt.ots": bitcoin_proof(second, HEIGHT + 2),
    }
    files |= {f"{sealed.id}.proofs/{name}": data for name, data in proofs.items()}
    return files, book(first, second)


def test_whole_sealed_and_verified_gives_zero(sealed):
    files, headers = proven(sealed)
    verdict = sealed.verify(files, headers=headers)
    assert verdict.exit_code == 0, [str(reason) for reason in verdict.reasons]
    assert verdict.state == "verified"
    assert {item.state for item in verdict.proofs} == {"verified"}
    document = verdict.document("en")
    assert document["exit"] == 0
    assert {item["level"] for item in document["proofs"] if item["kind"] == "ots"} == {"header"}
    assert json.loads(json.dumps(document)) == document


def test_a_block_that_is_older_than_the_bag_is_wrong(sealed):
    files, _ = proven(sealed)
    verdict = sealed.verify(files, headers=book(*digests(sealed), at=int(time.time()) - 86_400))
    assert verdict.exit_code == 1
    assert {item.state for item in verdict.proofs if item.kind == "ots"} == {"invalid"}
    assert any("one of the two times is false" in str(reason) for reason in verdict.reasons)


def test_the_same_without_the_users_headers_or_key_is_undecided(sealed):
    files, headers = proven(sealed)
    assert sealed.verify(files).exit_code == 1, "unlisted by proofs.json and not verified: changed"
    assert sealed.verify(files, headers=headers, trusted_keys=[]).exit_code == 2


def test_one_byte_flipped_in_a_proven_package(sealed):
    files, headers = proven(sealed)
    name = f"{sealed.id}/data/render/viewport.png"
    assert sealed.verify({**files, name: files[name][:-1] + b"!"}, headers=headers).exit_code == 1


def test_headers_that_travel_with_the_package_are_not_trusted(sealed):
    sha256, _ = digests(sealed)
    proof, packaged = bitcoin_proof(sha256), book(sha256)
    standing = judge_proof(proof, sha256, None, [packaged])
    assert (standing.state, standing.level) == ("unverifiable", "header")
    assert "package only" in standing.reason
    assert judge_proof(proof, sha256, packaged, []).state == "verified"
    assert judge_proof(proof, "0" * 64, packaged, []).state == "invalid"
    assert judge_proof(b"garbage", sha256, None, []).state == "invalid"


def test_malformed_packaged_headers_are_wrong(sealed):
    verdict = sealed.verify({**sealed.files(), f"{sealed.id}.proofs/headers/bitcoin.json": b"{"})
    assert verdict.exit_code == 1


def test_a_demo_calendar_never_counts(sealed, tmp_path):
    kept = sealed.kept
    kept.calendar.uri = "http://127.0.0.1:1234/demo-calendar"
    try:
        kept.packages().build("C", [sealed.id], tmp_path / "demo.zip")
    finally:
        kept.calendar.uri = "https://calendar.example/"
    verdict = sealed.verify(path=tmp_path / "demo.zip")
    assert verdict.exit_code == 2
    assert {item.state for item in verdict.proofs if item.kind == "ots"} == {"demo"}


@pytest.mark.parametrize(
    "lines",
    [
        ["sha256 00 x"],
        ["md5 " + "0" * 64 + " evidence.json.ots"],
        ["sha256 " + "0" * 64 + " evidence.json.ots"] * 2,
        ["sha256 " + "0" * 64 + " evidence.json.ots"],
    ],
)
def test_a_list_of_proofs_that_does_not_fit(sealed, lines):
    key = sealed.kept.key
    note = sign_note(f"markwatch/proofs/{sealed.id}", lines, key)
    data = rfc8785.dumps({"format": PROOFS_FORMAT, "key": str(key.verifier), "note": note})
    assert sealed.verify({**sealed.files(), f"{sealed.id}.proofs/proofs.json": data}).exit_code == 1


def test_a_listed_header_file_that_is_gone_is_undecided(sealed):
    key, files = sealed.kept.key, sealed.files()
    lines = [
        f"sha256 {hashlib.sha256(files[f'{sealed.id}.proofs/{name}']).hexdigest()} {name}"
        for name in ("evidence.json.ots", "tagmanifest-sha256.txt.ots")
    ]
    note = sign_note(f"markwatch/proofs/{sealed.id}", [*lines, "sha256 " + "0" * 64 + " headers/bitcoin.json"], key)
    data = rfc8785.dumps({"format": PROOFS_FORMAT, "key": str(key.verifier), "note": note})
    verdict = sealed.verify({**files, f"{sealed.id}.proofs/proofs.json": data})
    assert verdict.exit_code == 2
    assert any("was built with it" in str(reason) for reason in verdict.reasons)


def test_a_seal_by_an_impostor_of_the_same_name(sealed):
    other = SealKey.generate(sealed.kept.key.name)
    files = sealed.forge(sealed.bag(), reseal=other)
    verdict = sealed.verify(files)
    assert verdict.exit_code in (1, 2)
    assert [item.state for item in verdict.proofs if item.kind == "seal"] == ["untrusted"]

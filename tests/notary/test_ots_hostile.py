"""Hostile proofs: each is refused with a reason, and the work that it could cost is counted, not timed."""

import sys
import tracemalloc

import pytest

from notary import ots, otsops
from notary.errors import ProofMalformed
from notary.ots import ANSWER_LIMITS, MAGIC, PROOF_LIMITS, Node, Proof
from notary.otsops import varuint

HEAD = MAGIC + b"\x01\x08" + bytes(32)
PENDING = b"\x00" + otsops.write_attestation(otsops.pending("https://a.example"))


def attested(tag: bytes, payload: bytes) -> bytes:
    return HEAD + b"\x00" + tag + varuint(len(payload)) + payload


def uri(text: bytes) -> bytes:
    return attested(otsops.PENDING_TAG, varuint(len(text)) + text)


def append(operand: bytes) -> bytes:
    return b"\xf0" + varuint(len(operand)) + operand


def forks(count: int) -> bytes:
    return HEAD + b"".join(b"\xff" + append(number.to_bytes(4, "big")) + PENDING for number in range(count)) + PENDING


GOOD = HEAD + b"\x08" + PENDING
CASES = {
    "empty": (b"", "OpenTimestamps proof"),
    "wrong magic": (b"\x01" + GOOD[1:], "OpenTimestamps proof"),
    "half a magic": (MAGIC[:10], "OpenTimestamps proof"),
    "version 0": (MAGIC + b"\x00" + GOOD[len(MAGIC) + 1 :], "version 1"),
    "version 2": (MAGIC + b"\x02" + GOOD[len(MAGIC) + 1 :], "version 1"),
    "a version without end": (MAGIC + b"\xff" * 1_000_000, "longer one"),
    "file op append": (MAGIC + b"\x01\xf0" + bytes(32) + PENDING, "hash operation"),
    "file op hexlify": (MAGIC + b"\x01\xf3" + bytes(32) + PENDING, "hash operation"),
    "digest cut": (MAGIC + b"\x01\x08" + bytes(31), "cut short"),
    "nothing after the digest": (HEAD, "cut short"),
    "trailing": (GOOD + b"\x00", "more bytes"),
    "nesting 256": (HEAD + b"\x08" * 256 + PENDING, "255 operations"),
    "nesting 300": (HEAD + b"\x08" * 300 + PENDING, "255 operations"),
    "nesting 5,000": (HEAD + b"\x08" * 5_000 + PENDING, "255 operations"),
    "nesting 10 MB": (HEAD + b"\x08" * 9_000_000, "255 operations"),
    "unknown op": (HEAD + b"\x99" + PENDING, "unknown operation 0x99"),
    "two continuations": (HEAD + b"\xff\xff" + PENDING, "unknown operation 0xff"),
    "an empty operand": (HEAD + b"\xf0\x00" + PENDING, "1 to 4096"),
    "append past 4,096": (HEAD + append(bytes(4065)) + PENDING, "found 4097"),
    "prepend past 4,096": (HEAD + b"\xf1" + varuint(4065) + bytes(4065) + PENDING, "found 4097"),
    "an operand past 4,096": (HEAD + append(bytes(4097)) + PENDING, "1 to 4096"),
    "an operand that claims a terabyte": (HEAD + b"\xf0" + varuint(1 << 40), "1 to 4096"),
    "hexlify past 2,048": (HEAD + append(bytes(2017)) + b"\xf3" + PENDING, "hexlify"),
    "payload past 8,192": (attested(b"12345678", bytes(8193)), "0 to 8192"),
    "a payload that claims a terabyte": (HEAD + b"\x00" + bytes(8) + varuint(1 << 40), "0 to 8192"),
    "a URI past 1,000": (uri(b"a" * 1001), "0 to 1000"),
    "a URI with a query": (uri(b"https://a.example/?x=1"), "characters"),
    "a URI with credentials": (uri(b"https://a@b.example"), "characters"),
    "a URI with a line break": (uri(b"https://a.example/\r\nHost: b"), "characters"),
    "a URI in Chinese": (uri("https://例子".encode()), "characters"),
    "a URI with brackets": (uri(b"http://[::1]/"), "characters"),
    "a pending payload with a rest": (attested(otsops.PENDING_TAG, b"\x01ax"), "more bytes"),
    "a Bitcoin payload with a rest": (attested(otsops.BITCOIN_TAG, b"\x01\x00"), "more bytes"),
    "an empty Bitcoin payload": (attested(otsops.BITCOIN_TAG, b""), "cut short"),
    "a huge height": (attested(otsops.BITCOIN_TAG, b"\xff" * 9 + b"\x01"), "longer one"),
    "the varuint bomb": (attested(otsops.BITCOIN_TAG, b"\xff" * 8000 + b"\x01"), "longer one"),
    "a varuint bomb of 1 MB": (HEAD + b"\xf0" + b"\xff" * 1_000_000, "longer one"),
    "a padded integer": (attested(otsops.BITCOIN_TAG, b"\x81\x00"), "shortest form"),
    "10k forks": (forks(10_000), "at most 5000"),
    "20k attestations": (HEAD + (b"\xff" + PENDING) * 20_000 + PENDING, "at most 5000"),
    "duplicate operations": (HEAD + b"\xff\x08" + PENDING + b"\x08" + PENDING, "stands twice"),
    "more than 10 MB": (GOOD + bytes(10_000_000), "at most 10000000 bytes"),
    "much work in few bytes": (
        HEAD
        + append(bytes(4000))
        + b"".join(b"\xff" + append(bytes([number])) + b"\xf2" * 200 + PENDING for number in range(50))
        + PENDING,
        "2000000 bytes",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_with_a_reason(name):
    data, reason = CASES[name]
    with pytest.raises(ProofMalformed, match=reason):
        ots.parse(data)


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_cut_anywhere(cut):
    with pytest.raises(ProofMalformed):
        ots.parse(GOOD[:cut])


def lines_run(call) -> int:
    """Count the lines of Python that a call runs in our parser: a bound that no machine's speed changes."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.endswith(("notary/ots.py", "notary/otsops.py")):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with pytest.raises(ProofMalformed):
            call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", CASES)
def test_what_a_refusal_costs_is_bounded(name):
    data, _ = CASES[name]
    assert lines_run(lambda: ots.parse(data)) < 80 * PROOF_LIMITS.max_items


@pytest.mark.parametrize(
    "name", ["nesting 10 MB", "more than 10 MB", "10k forks", "20k attestations", "much work in few bytes"]
)
def test_what_a_refusal_holds_is_bounded(name):
    data, _ = CASES[name]
    tracemalloc.start()
    try:
        with pytest.raises(ProofMalformed):
            ots.parse(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64_000_000


def test_ten_megabytes_of_payload_stay_within_memory():
    blob = b"\xff\x00" + b"12345678" + varuint(8192)
    data = HEAD + b"".join(blob + number.to_bytes(4, "big") + bytes(8188) for number in range(1200)) + PENDING
    assert len(data) < ots.MAX_PROOF_BYTES
    tracemalloc.start()
    try:
        assert len(ots.parse(data).root.attestations) == 1201
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64_000_000


def test_depth_is_met_exactly():
    deep = ots.parse(HEAD + b"\x08" * 255 + PENDING)
    assert sum(1 for _ in deep.root.walk()) == 256
    assert ots.serialize(deep) == HEAD + b"\x08" * 255 + PENDING


def test_depth_is_of_a_path_not_of_the_whole():
    many = (
        HEAD + b"".join(b"\xff" + append(bytes([number])) + b"\x08" * 200 + PENDING for number in range(10)) + PENDING
    )
    assert len(ots.attestations(ots.parse(many).root)) == 11


def test_an_answer_has_narrower_limits():
    with pytest.raises(ProofMalformed, match="at most 10000 bytes"):
        ots.parse_tree(PENDING + bytes(10_000), bytes(32))
    with pytest.raises(ProofMalformed, match="200 operations"):
        ots.parse_tree(b"\x08" * 201 + PENDING, bytes(32))
    assert ots.parse_tree(b"\x08" * ANSWER_LIMITS.max_depth + PENDING, bytes(32)).ops


@pytest.mark.parametrize("msg", [b"", bytes(4097)])
def test_an_answer_over_no_message(msg):
    with pytest.raises(ProofMalformed, match="1 to 4096"):
        ots.parse_tree(PENDING, msg)


@pytest.mark.parametrize(
    ("tag", "size", "name"), [(0x02, 20, "sha1"), (0x03, 20, "ripemd160"), (0x67, 32, "keccak256")]
)
def test_other_file_operations_are_read_and_named(tag, size, name):
    proof = ots.parse(MAGIC + b"\x01" + bytes([tag]) + bytes(size) + PENDING)
    assert (proof.algorithm, len(proof.digest)) == (name, size)


def test_a_file_uri_is_only_a_text_here():
    """The format allows it; `notary.anchors` never fetches it."""
    ((_, item),) = ots.attestations(ots.parse(uri(b"file:///etc/passwd")).root)
    assert item.uri == "file:///etc/passwd"


def test_the_same_attestation_twice_is_one():
    proof = ots.parse(HEAD + b"\xff" + PENDING + PENDING)
    assert len(proof.root.attestations) == 1


def test_writing_and_merging_do_not_recurse():
    root = Node(bytes(32))
    node = root
    for _ in range(5_000):
        node = node.add((otsops.SHA256, b""))
    node.attestations.add(otsops.pending("https://a.example"))
    assert len(ots.serialize(Proof(otsops.SHA256, root))) > 5_000
    other = Node(bytes(32))
    ots.merge(other, root)
    assert other == root


def test_apply_refuses_what_it_does_not_know():
    with pytest.raises(ProofMalformed, match="unknown operation"):
        otsops.apply((0x99, b""), b"a")
    with pytest.raises(ProofMalformed, match="1 to 4096"):
        otsops.apply((otsops.HEXLIFY, b""), bytes(4000))

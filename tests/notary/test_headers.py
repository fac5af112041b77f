"""Block headers: each rule of `notary.headers` broken once, on genuine headers and on mined ones."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from notary.errors import HeadersMalformed
from notary.headers import PERIOD, POW_LIMIT, BlockHeader, Checkpoints, HeaderBook
from records.terms import Level

GENESIS = (
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa"
    "4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
GENESIS_HASH = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"


@pytest.fixture(scope="module")
def document(data):
    return json.loads((data / "extra" / "headers.json").read_text())


def book_of(document, **changes) -> HeaderBook:
    return HeaderBook.from_bytes(json.dumps(document).encode(), **changes)


def changed(document, height, **fields):
    copy = json.loads(json.dumps(document))
    copy["headers"][str(height)].update(fields)
    return copy


def test_the_genesis_block():
    book = HeaderBook({0: (GENESIS, GENESIS_HASH)})
    header = book.get(0)
    assert header is not None
    assert header.time == datetime(2009, 1, 3, 18, 15, 5, tzinfo=UTC)
    assert header.merkle_root[::-1].hex() == "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    assert (header.target, header.hash_hex) == (POW_LIMIT, GENESIS_HASH)


@pytest.mark.parametrize(
    ("height", "time"),
    [
        (129405, "2011-06-08T16:15:34"),
        (358391, "2015-05-28T15:41:18"),
        (428648, "2016-09-07T05:56:43"),
        (429172, "2016-09-10T20:31:00"),
        (429355, "2016-09-11T22:12:07"),
        (429808, "2016-09-14T17:41:21"),
        (455605, "2017-03-03T17:25:37"),
        (465751, "2017-05-10T12:47:41"),
        (523364, "2018-05-19T08:50:49"),
    ],
)
def test_genuine_headers_pass_every_rule(book, height, time):
    header = book.get(height)
    assert header is not None
    assert header.time == datetime.fromisoformat(time).replace(tzinfo=UTC)
    assert book.refusal(height) == ""
    assert book.level(height) is Level.HEADER


def test_a_missing_header_is_missing(book):
    assert (book.get(1), book.refusal(1), book.level(1), len(book)) == (None, "", Level.NONE, 9)


def test_headers_come_back_as_a_document(book):
    again = book_of(book.document([358391, 129405, 1, 358391]))
    assert len(again) == 2
    assert again.get(358391) == book.get(358391)


@pytest.mark.parametrize("at", range(80))
def test_a_flipped_byte_is_refused(document, at):
    raw = bytearray(bytes.fromhex(document["headers"]["358391"]["header"]))
    raw[at] ^= 1
    bad = book_of(changed(document, 358391, header=raw.hex()))
    assert bad.get(358391) is None
    assert "hashes to" in bad.refusal(358391)
    unnamed = book_of(changed(document, 358391, header=raw.hex(), block_hash=""))
    assert unnamed.get(358391) is None
    assert unnamed.refusal(358391)
    assert unnamed.get(129405) is not None


@pytest.mark.parametrize("text", ["", "zz", "00" * 79, "00" * 81, "é"])
def test_no_header_at_all(document, text):
    bad = book_of(changed(document, 358391, header=text))
    assert bad.get(358391) is None
    assert "80 bytes" in bad.refusal(358391)


def test_a_genuine_header_under_another_period_is_refused(document):
    entry = document["headers"]["358391"]
    moved = book_of({"headers": {str(358391 + PERIOD): entry}})
    assert moved.get(358391 + PERIOD) is None
    assert "expected the target" in moved.refusal(358391 + PERIOD)


def test_low_difficulty_is_refused(mine):
    """A header that meets its own easy target, at a height whose target is known."""
    chain = mine(358391, 1)
    book = HeaderBook(chain.raw)
    assert book.get(358391) is None
    assert "expected the target" in book.refusal(358391)


def test_another_network_is_refused_beyond_the_checkpoints(mine):
    high = PERIOD * (len(Checkpoints.packaged().entries) + 3)
    book = HeaderBook(mine(high, 1).raw)
    assert book.get(high) is None
    assert "another network" in book.refusal(high)


def test_a_work_that_is_not_there_is_refused():
    header = bytes(72) + (0x1D00FFFF).to_bytes(4, "little") + bytes(4)
    book = HeaderBook({5: (header.hex(), "")})
    assert book.get(5) is None
    assert "proof of work" in book.refusal(5)


@pytest.mark.parametrize("bits", [0x1D80FFFF, 0xFF00FFFF, 0x00000000, 0x01800000])
def test_a_target_that_no_node_takes(bits):
    header = BlockHeader(0, bytes(72) + bits.to_bytes(4, "little") + bytes(4))
    assert header.target == 0
    assert HeaderBook({0: (header.raw.hex(), "")}).get(0) is None


def test_small_exponents():
    assert BlockHeader(0, bytes(72) + (0x02123456).to_bytes(4, "little") + bytes(4)).target == 0x1234


def test_a_future_time_is_refused(document):
    at = datetime(2015, 5, 28, 15, 41, 18, tzinfo=UTC)
    early = book_of(document, now=at - timedelta(hours=2, seconds=1))
    assert early.get(358391) is None
    assert "in the future" in early.refusal(358391)
    assert book_of(document, now=at - timedelta(hours=2)).get(358391) is not None


def test_neighbours_must_link(mine):
    chain, other = mine(100, 4), mine(200, 1)
    assert all(chain.book().get(height) for height in range(100, 104))
    chain.raw[102] = other.raw[200]
    broken = chain.book()
    assert broken.get(100) is not None
    for height in (101, 102, 103):
        assert broken.get(height) is None
        assert "do not link" in broken.refusal(height)


def test_level_checkpoint_needs_the_whole_link(mine):
    """Linked headers up to the pinned last block of their period."""
    chain = mine(2000, 16)  # ends at 2015, the last of the first period
    pinned = type(chain.checkpoints)(((chain.raw[2015][1], 1),))
    chain.checkpoints = pinned
    assert {chain.book().level(height) for height in range(2000, 2016)} == {Level.CHECKPOINT}
    assert chain.book().support(2010) == list(range(2010, 2016)), "what a package must carry to stand alone"
    del chain.raw[2007]
    book = chain.book()
    assert book.level(2005) is Level.HEADER
    assert book.level(2008) is Level.CHECKPOINT


def test_another_block_at_a_checkpoint_is_refused(mine):
    chain = mine(2014, 2)
    chain.checkpoints = type(chain.checkpoints)((("ab" * 32, 1),))
    book = chain.book()
    assert book.get(2015) is None
    assert "pinned block" in book.refusal(2015)
    assert book.level(2014) is Level.HEADER


def test_beyond_the_last_checkpoint_six_blocks_on_top_are_needed(mine):
    chain = mine(2015, 12)  # 2015 is pinned; 2016 to 2026 follow
    chain.checkpoints = type(chain.checkpoints)(((chain.raw[2015][1], 1),))
    book = chain.book()
    assert book.level(2020) is Level.CHECKPOINT
    assert book.level(2021) is Level.HEADER
    assert book.support(2020) == list(range(2015, 2027)), "the pinned block, the run, and six on top"
    assert book.support(2021) == [2021]
    assert book.support(9999) == []
    alone = book_of(book.document(book.support(2020)))
    assert len(alone) == 12
    del chain.raw[2016]
    assert chain.book().level(2020) is Level.HEADER


def test_the_packaged_checkpoints_know_the_genuine_targets(book):
    points = Checkpoints.packaged()
    assert len(points.entries) == 473
    assert points.hash_at(2015) == "00000000693067b0e6b440bc51450b9f3850561b07f6d3c021c54fbd6abb9763"
    assert points.hash_at(2014) is None
    assert points.hash_at(PERIOD * 473 + PERIOD - 1) is None
    for height in (129405, 358391, 428648, 455605, 523364):
        header = book.get(height)
        assert header is not None
        assert points.target_problem(height, header.target) == ""
        assert points.target_problem(height, header.target + 1)


def test_targets_may_only_get_four_times_easier_a_period():
    points = Checkpoints((("00" * 32, 1000),))
    assert points.target_problem(PERIOD, 1000) == ""
    assert points.target_problem(PERIOD, 999)
    assert points.target_problem(2 * PERIOD, 4000) == ""
    assert points.target_problem(2 * PERIOD, 4001)
    assert points.target_problem(2 * PERIOD, 0)
    assert points.target_problem(10_000 * PERIOD, POW_LIMIT) == ""
    assert points.target_problem(10_000 * PERIOD, POW_LIMIT + 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"headers": []}',
        '{"headers": {"x": {}}}',
        '{"headers": {"01": {"header": ""}}}',
        '{"headers": {"-1": {"header": ""}}}',
        '{"headers": {"1": 5}}',
        '{"headers": {"1": {"header": 5}}}',
        '{"headers": {"1": {"header": "", "block_hash": 5}}}',
        '{"headers": {"9999999999": {"header": ""}}}',
        '{"headers": {"１": {"header": ""}}}',
        "\xff",
        "[" * 100_000,
    ],
)
def test_documents_of_another_form(text):
    with pytest.raises(HeadersMalformed):
        HeaderBook.from_bytes(text.encode("latin-1", "replace"))


def test_a_document_with_too_many_headers():
    entries = ",".join(f'"{number}":{{"header":""}}' for number in range(100_001))
    with pytest.raises(HeadersMalformed, match="at most"):
        HeaderBook.from_bytes(f'{{"headers":{{{entries}}}}}'.encode())


def test_a_missing_file(tmp_path):
    with pytest.raises(HeadersMalformed, match="cannot read"):
        HeaderBook.from_json(tmp_path / "none.json")


def test_checkpoints_are_read_once():
    assert Checkpoints.packaged() is Checkpoints.packaged()


def test_hash_and_root_orders(document):
    header = BlockHeader(358391, bytes.fromhex(document["headers"]["358391"]["header"]))
    assert header.hash == hashlib.sha256(hashlib.sha256(header.raw).digest()).digest()
    assert header.hash_hex == document["headers"]["358391"]["block_hash"]

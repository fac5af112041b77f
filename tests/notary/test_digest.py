import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.errors import MarkwatchError
from notary.digest import CHUNK_BYTES, checked_sha256, digest_bytes, digest_file, digest_stream
from notary.errors import DigestError

# GB/T 32905-2016, annex A: the standard's own two examples.
SM3_ABC = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
SM3_64 = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_the_standards_own_examples():
    assert digest_bytes(b"abc").sm3 == SM3_ABC
    assert digest_bytes(b"abcd" * 16).sm3 == SM3_64
    assert digest_bytes(b"abc").sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_nothing_has_digests_too():
    empty = digest_bytes(b"")
    assert empty.size == 0
    assert empty.sha256 == hashlib.sha256().hexdigest()


@given(st.binary(max_size=300), st.integers(1, 50))
def test_a_stream_in_pieces_is_the_whole(data, size):
    class Dripping(io.BytesIO):
        def read(self, count=-1):
            return super().read(size)

    assert digest_stream(Dripping(data)) == digest_bytes(data)


def test_a_file_longer_than_one_chunk(tmp_path):
    data = b"\x5a" * (CHUNK_BYTES + 17)
    path = tmp_path / "big"
    path.write_bytes(data)
    record = digest_file(path)
    assert (record.size, record.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert record.sm3 == hashlib.new("sm3", data).hexdigest()


def test_no_more_than_a_chunk_is_asked_for_at_once():
    asked = []

    class Watched(io.BytesIO):
        def read(self, count=-1):
            asked.append(count)
            return super().read(count)

    digest_stream(Watched(bytes(3 * CHUNK_BYTES)))
    assert set(asked) == {CHUNK_BYTES}


def test_a_cap_stops_an_endless_stream():
    class Endless(io.RawIOBase):
        def read(self, count=-1):
            return bytes(count)

    with pytest.raises(DigestError, match="at most 5000000"):
        digest_stream(Endless(), max_bytes=5_000_000)
    assert digest_stream(io.BytesIO(bytes(10)), max_bytes=10).size == 10


def test_a_missing_file_says_which(tmp_path):
    with pytest.raises(DigestError, match=r"none\.bin"):
        digest_file(tmp_path / "none.bin")
    assert issubclass(DigestError, MarkwatchError)


def test_the_canonical_record_is_fixed():
    assert digest_bytes(b"abc").canonical() == (
        b'{"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","size":3,"sm3":"'
        + SM3_ABC.encode()
        + b'"}'
    )


@pytest.mark.parametrize("text", ["", "ab", "g" * 64, "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "０" * 64])
def test_only_a_lower_case_sha256_is_taken(text):
    with pytest.raises(DigestError):
        checked_sha256(text)


def test_a_good_sha256_gives_its_bytes():
    assert checked_sha256("00" * 31 + "ff") == bytes(31) + b"\xff"

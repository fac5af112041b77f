"""WARC and WACZ as written and as read back: equal bytes for equal input, warcio's own reader as the oracle."""

import gzip
import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from evidence.capture.exchange import Exchange
from evidence.capture.wacz import Page, write_wacz
from evidence.capture.warc import warc_date, write_warc
from evidence.errors import VerifyRefused
from evidence.verify.wacz import check_wacz
from evidence.verify.warcread import read_warc

AT = datetime(2026, 11, 22, 8, 30, 1, 999999, UTC)
INFO = {"date": "2026-11-22T08:30:00Z", "software": "test", "note": "a\r\nb"}


def exchange(seq=0, url="http://shop.example/", body=b"<p>39.90", **changes):
    fields = {
        "seq": seq,
        "url": url,
        "method": "GET",
        "started_at": AT,
        "resource_type": "document",
        "status": 200,
        "status_text": "OK",
        "request_headers": [("Host", "shop.example")],
        "response_headers": [("Content-Type", "text/html"), ("Content-Length", str(len(body or b"")))],
        "body": body,
        "server": "192.0.2.1:80",
        "ended": True,
    }
    return Exchange(**{**fields, **changes})


def written(*exchanges, name="EV-1"):
    out = io.BytesIO()
    index = write_warc(out, name, exchanges, INFO)
    return out.getvalue(), index


def responses(warc):
    return [
        (record.rec_headers, record.http_headers, record.content_stream().read())
        for record in ArchiveIterator(io.BytesIO(warc))
        if record.rec_type == "response"
    ]


def test_equal_exchanges_give_equal_bytes():
    first, index = written(exchange(), exchange(1, "http://shop.example/a"))
    assert (first, index) == written(exchange(), exchange(1, "http://shop.example/a"))
    assert first != written(exchange(), exchange(1, "http://shop.example/a"), name="EV-2")[0], (
        "record ids are the capture's own"
    )
    assert (
        hashlib.sha256(first).hexdigest()
        == hashlib.sha256(written(exchange(), exchange(1, "http://shop.example/a"))[0]).hexdigest()
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_bodies_come_back_through_both_readers(bodies):
    warc, index = written(
        *(exchange(number, f"http://shop.example/{number}", body) for number, body in enumerate(bodies))
    )
    assert [body for _, _, body in responses(warc)] == bodies
    records = read_warc(io.BytesIO(warc), len(warc))
    mine = [record for record in records if record.kind == "response"]
    assert [record.payload_sha256 for record in mine] == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert [(record.offset, record.length, record.payload_digest) for record in mine] == [
        (line.offset, line.length, line.digest) for line in index
    ]
    for line in index:
        assert gzip.decompress(warc[line.offset :][: line.length]).startswith(b"WARC/1.1\r\n")


def test_headers_of_an_undone_encoding_are_renamed_and_the_rest_kept():
    headers = [
        ("Content-Encoding", "gzip"),
        ("content-length", "11"),
        ("X-One", "a"),
        ("X-One", "b"),
        ("Set-Cookie", "a=1\nb=2"),
    ]
    ((_, http, body),) = responses(written(exchange(body=b"plain text", response_headers=headers))[0])
    assert body == b"plain text"
    assert http.headers == [
        ("x-orig-Content-Encoding", "gzip"),
        ("x-orig-content-length", "11"),
        ("X-One", "a"),
        ("X-One", "b"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("content-length", "10"),
    ]


def test_headers_of_an_untouched_body_stay_as_they_were():
    ((_, http, _),) = responses(written(exchange())[0])
    assert http.headers == [("Content-Type", "text/html"), ("Content-Length", "8")]


def test_hostile_headers_cannot_make_records():
    hostile = exchange(
        response_headers=[("X\r\nWARC-Type", "a\rb"), (":status", "200"), ("Content-Type", "text/\x00html; x")],
        status_text="OK\r\nSet-Cookie: x",
        request_headers=[(":path", "/"), ("A", "1\r\n\r\nGET / HTTP/1.1")],
    )
    warc, _ = written(hostile)
    records = read_warc(io.BytesIO(warc), len(warc))
    assert [record.kind for record in records] == ["warcinfo", "response", "request"]
    assert len(list(ArchiveIterator(io.BytesIO(warc)))) == 3
    assert any("line break" in what for what in hostile.lost)


def test_what_was_not_kept_is_marked_truncated():
    redirect = exchange(body=None, status=302, status_text="")
    ((headers, http, body),) = responses(written(redirect)[0])
    assert (body, headers["WARC-Truncated"], http.statusline) == (b"", "unspecified", "302 Found")
    assert written(exchange(status=None, body=None))[1] == [], "what has no answer has no record"
    assert written(exchange(status=799, status_text=""))[1][0].status == "799"


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_changed_byte_of_a_warc_is_refused_or_changes_nothing_that_counts(data):
    warc, _ = written(exchange())
    twisted = bytearray(warc)
    at = data.draw(st.integers(0, len(warc) - 1))
    twisted[at] ^= data.draw(st.integers(1, 255))
    try:
        records = read_warc(io.BytesIO(bytes(twisted)), len(twisted))
    except VerifyRefused:
        return
    assert [record.payload_sha256 for record in records] == [
        record.payload_sha256 for record in read_warc(io.BytesIO(warc), len(warc))
    ]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_escapes(data):
    for stream in (data, gzip.compress(data), gzip.compress(b"WARC/1.1\r\n" + data)):
        if stream:
            with pytest.raises(VerifyRefused):
                read_warc(io.BytesIO(stream), len(stream))


@pytest.mark.parametrize("length", ["", "-1", "9999999999999", "1e3", "٣"])
def test_lengths_that_are_no_lengths(length):
    record = f"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: {length}\r\n\r\nx\r\n\r\n".encode()
    packed = gzip.compress(record)
    with pytest.raises(VerifyRefused, match="length"):
        read_warc(io.BytesIO(packed), len(packed))


def test_a_bomb_is_refused(monkeypatch):
    monkeypatch.setattr("evidence.verify.warcread.MAX_RECORD_BYTES", 100_000)
    packed = gzip.compress(b"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: 90000\r\n\r\n" + bytes(10_000_000))
    with pytest.raises(VerifyRefused):
        read_warc(io.BytesIO(packed), len(packed))


@pytest.fixture
def wacz(tmp_path):
    """A WACZ of one page, and what the network log says of it."""
    warc, index = written(exchange())
    (tmp_path / "data.warc.gz").write_bytes(warc)
    out = io.BytesIO()
    write_wacz(
        out, tmp_path / "data.warc.gz", index, Page("EV-1", "http://shop.example/", warc_date(AT), "标题"), "test"
    )
    log = [{"url": "http://shop.example/", "status": 200, "body_sha256": hashlib.sha256(b"<p>39.90").hexdigest()}]
    return out.getvalue(), {"id": "EV-1", "url": "http://shop.example/", "final_url": "http://shop.example/#top"}, log


def test_a_wacz_of_ours_holds(wacz):
    data, capture, log = wacz
    assert check_wacz(io.BytesIO(data), capture, log) == []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None


def test_a_wacz_of_another_capture_or_log_does_not(wacz):
    data, capture, log = wacz
    assert check_wacz(io.BytesIO(data), {**capture, "id": "EV-2"}, log)
    assert check_wacz(io.BytesIO(data), {**capture, "final_url": "http://other.example/"}, log)
    assert check_wacz(io.BytesIO(data), capture, [])
    assert check_wacz(io.BytesIO(data), capture, [{**log[0], "status": 404}])
    assert check_wacz(io.BytesIO(data), capture, [{**log[0], "body_sha256": "0" * 64}])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_twisted_wacz_never_raises(wacz, data):
    whole, capture, log = wacz
    twisted = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        twisted[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    if bytes(twisted) != whole:
        assert isinstance(check_wacz(io.BytesIO(bytes(twisted)), capture, log), list)

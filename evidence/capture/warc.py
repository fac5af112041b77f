"""Exchanges as WARC 1.1 (ISO 28500:2017), one gzip member a record, SHA-256 digests, through warcio.

Rules:
- a response record with its request record for each exchange that got an answer; record ids derive from the capture's
  id and the exchange's number, so equal input gives equal bytes
- the payload is the body as the recorder gave it. Where it is decoded, the headers that spoke of the encoding are kept
  under `x-orig-<name>`, and `content-length` is that of the kept body
- header values that no WARC line can hold (line breaks) have them replaced by spaces, which `lost` then says
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from evidence.capture.exchange import Exchange, Headers
from records.terms import Fidelity

_NAMESPACE = uuid.UUID("6ff2dd5b-1d3c-5b0b-9b0e-6d0c3d4d8c11")
_URL_SAFE = "".join(chr(code) for code in range(33, 127))
_BREAKS = re.compile(r"[\r\n\x00]+")
_FRAMING = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True)
class IndexLine:
    """Where one response lies in the WARC: what a CDXJ line says."""

    url: str
    timestamp: str
    mime: str
    status: str
    digest: str
    length: int
    offset: int


class _Sha256Writer(WARCWriter):  # type: ignore[misc]
    """warcio's writer with SHA-256 in place of its SHA-1."""

    def _create_digester(self) -> Any:
        return Digester("sha256")


def warc_date(moment: datetime) -> str:
    """Return a time as WARC-Date, to the second (what CDXJ timestamps and page times can both hold)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_warc(out: BinaryIO, capture_id: str, exchanges: Iterable[Exchange], info: dict[str, str]) -> list[IndexLine]:
    """Write a warcinfo record and each answered exchange to `out`; return the index, in the order of the records."""
    writer = _Sha256Writer(out, gzip=True, warc_version="WARC/1.1")
    writer.write_record(_warcinfo(writer, capture_id, info))
    answered = (exchange for exchange in exchanges if exchange.status is not None)
    return [_write_exchange(writer, out, capture_id, exchange) for exchange in answered]


def _record_id(capture_id: str, what: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(_NAMESPACE, f'{capture_id}/{what}')}>"


def _warcinfo(writer: Any, capture_id: str, info: dict[str, str]) -> Any:
    body = "".join(f"{name}: {_BREAKS.sub(' ', value)}\r\n" for name, value in info.items()).encode()
    headers = {"WARC-Record-ID": _record_id(capture_id, "info"), "WARC-Date": info["date"]}
    return writer.create_warc_record("", "warcinfo", payload=BytesIO(body), length=len(body), warc_headers_dict=headers)


def _write_exchange(writer: Any, out: BinaryIO, capture_id: str, exchange: Exchange) -> IndexLine:
    date, url = warc_date(exchange.started_at), _one_line(exchange.url, exchange)
    body = exchange.body or b""
    status = f"{exchange.status} {_token(exchange.status_text or _reason(exchange.status), exchange)}".strip()
    http = StatusAndHeaders(status, _kept_headers(exchange, len(body)), protocol="HTTP/1.1")
    named = {"WARC-Record-ID": _record_id(capture_id, f"{exchange.seq}/response"), "WARC-Date": date}
    if exchange.server:
        named["WARC-IP-Address"] = exchange.server.rpartition(":")[0].strip("[]")
    if exchange.body is None:
        named["WARC-Truncated"] = "unspecified"
    response = writer.create_warc_record(
        url, "response", payload=BytesIO(body), length=len(body), http_headers=http, warc_headers_dict=named
    )
    digest = response.rec_headers.get_header("WARC-Payload-Digest")
    offset = out.tell()
    writer.write_record(response)
    length = out.tell() - offset
    writer.write_record(_request(writer, capture_id, exchange, named["WARC-Record-ID"]))
    return IndexLine(url, re.sub(r"\D", "", date), _mime(exchange), str(exchange.status), digest, length, offset)


def _request(writer: Any, capture_id: str, exchange: Exchange, response_id: str) -> Any:
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = quote(_one_line(target, exchange), safe=_URL_SAFE)
    headers = [(_token(name, exchange), _one_line(value, exchange)) for name, value in exchange.request_headers]
    headers = [(name, value) for name, value in headers if not name.startswith(":")]
    http = StatusAndHeaders(f"{exchange.method} {target} HTTP/1.1", headers, is_http_request=True)
    named = {
        "WARC-Record-ID": _record_id(capture_id, f"{exchange.seq}/request"),
        "WARC-Date": warc_date(exchange.started_at),
        "WARC-Concurrent-To": response_id,
    }
    body = exchange.request_body or b""
    return writer.create_warc_record(
        _one_line(exchange.url, exchange),
        "request",
        payload=BytesIO(body),
        length=len(body),
        http_headers=http,
        warc_headers_dict=named,
    )


def _kept_headers(exchange: Exchange, length: int) -> Headers:
    """Return the response headers, those about an undone encoding renamed where the body was decoded."""
    decoded = exchange.fidelity is Fidelity.BROWSER_DECODED and _decoded(exchange, length)
    kept: Headers = []
    for name, value in exchange.response_headers:
        clean = _token(name, exchange)
        if clean.startswith(":"):
            continue
        renamed = f"x-orig-{clean}" if decoded and clean.lower() in _FRAMING else clean
        # Chromium joins duplicates of some headers with a line break: each is a line of its own again.
        kept += [(renamed, _one_line(part, exchange)) for part in value.split("\n")]
    if decoded:
        kept.append(("content-length", str(length)))
    return kept


def _decoded(exchange: Exchange, length: int) -> bool:
    """Tell whether the kept body is framed otherwise than its headers say."""
    for name, value in exchange.response_headers:
        if name.lower() in ("content-encoding", "transfer-encoding"):
            return True
        if name.lower() == "content-length":
            return value.strip() != str(length)
    return True


def _one_line(text: str, exchange: Exchange) -> str:
    clean = _BREAKS.sub(" ", text)
    if clean != text:
        exchange.lost.append("header: a line break or NUL was replaced by a space")
    return clean.encode("utf-8", "replace").decode()


def _token(text: str, exchange: Exchange) -> str:
    """Return a header's name or a status text in ASCII, the only form that a WARC's HTTP head holds there."""
    clean = _one_line(text, exchange)
    if not clean.isascii():
        exchange.lost.append("header: characters outside of ASCII in a name or status text were replaced")
    return clean.encode("ascii", "replace").decode()


def _reason(status: int | None) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""


def _mime(exchange: Exchange) -> str:
    for name, value in exchange.response_headers:
        if name.lower() == "content-type":
            return re.sub(r"[^\x21-\x7e]", "", value.split(";")[0].strip())[:100] or "unk"
    return "unk"

"""A WACZ 1.1.1 of one page: WARC, CDXJ index, page list, data package, all stored and sorted.

Written here and not with py-wacz, so that equal captures give equal bytes; `wacz validate -f` accepts it.
The page's `ts` is the WARC-Date of its response, to the second: py-wacz and replayers look the page up by it.
"""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

import rfc8785

from evidence.capture.warc import IndexLine
from evidence.zipform import Bytes, FileOnDisk, Source, write_zip
from notary.digest import digest_stream

WARC_NAME = "data.warc.gz"
WACZ_VERSION = "1.1.1"
CDXJ_META = {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}


@dataclass(frozen=True, slots=True)
class Page:
    """The captured page: its id, the URL as recorded, the WARC-Date of its response, and its title."""

    id: str
    url: str
    date: str
    title: str


def write_wacz(out: BinaryIO, warc: Path, index: Sequence[IndexLine], page: Page, software: str) -> None:
    """Write the WACZ of the WARC file `warc` to a seekable stream."""
    cdx_gz, idx = _index_files(index)
    parts: list[tuple[str, Source]] = [
        (f"archive/{WARC_NAME}", FileOnDisk(warc)),
        ("indexes/index.cdx.gz", Bytes(cdx_gz)),
        ("indexes/index.idx", Bytes(idx)),
        ("pages/pages.jsonl", Bytes(_pages(page))),
    ]
    package = _datapackage(parts, page, software)
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
    tail: list[tuple[str, Source]] = [
        ("datapackage.json", Bytes(package)),
        ("datapackage-digest.json", Bytes(rfc8785.dumps(digest))),
    ]
    write_zip(out, parts + tail)


def surt(url: str) -> str:
    """Return the sort-friendly form of a URL that CDXJ lines begin with (lower case, host reversed, query sorted).

    >>> surt("https://www.example.com:8443/a?b=1&a=2")
    'com,example:8443)/a?a=2&b=1'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = host.removeprefix("www.")
    key = host if host.replace(".", "").isdigit() or ":" in host else ",".join(reversed(host.split(".")))
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port and parts.port != default else ""
    query = "&".join(sorted(parts.query.lower().split("&"))) if parts.query else ""
    path = quote(unquote(parts.path or "/"), safe="/!$&'()*+,;=:@~-._").lower()
    return f"{key}{port}){path}" + (f"?{query}" if query else "")


def _index_files(index: Sequence[IndexLine]) -> tuple[bytes, bytes]:
    """Return the compressed CDXJ (one block) and the secondary index that points into it."""
    lines = sorted(_cdxj_line(line) for line in index)
    text = "".join(f"{line}\n" for line in lines).encode()
    buffer = BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as stream:
        stream.write(text)
    block = buffer.getvalue()
    first = " ".join(lines[0].split(" ", 2)[:2]) if lines else ""
    pointer = {"offset": 0, "length": len(block), "digest": f"sha256:{hashlib.sha256(block).hexdigest()}"}
    named = {**pointer, "filename": "index.cdx.gz"}
    header = "!meta 0 " + json.dumps(CDXJ_META)
    return block, f"{header}\n{first} {json.dumps(named)}\n".encode()


def _cdxj_line(line: IndexLine) -> str:
    fields = {
        "url": line.url,
        "mime": line.mime,
        "status": line.status,
        "digest": line.digest,
        "length": str(line.length),
        "offset": str(line.offset),
        "filename": WARC_NAME,
    }
    return f"{surt(line.url)} {line.timestamp} {json.dumps(fields, ensure_ascii=False)}"


def _pages(page: Page) -> bytes:
    header = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    entry = {"id": page.id, "url": page.url, "ts": page.date, "title": page.title}
    return b"".join(_json(item) + b"\n" for item in (header, entry))


def _json(document: dict[str, Any], indent: int | None = None) -> bytes:
    """Return a document as UTF-8; a page's title may hold lone surrogates, which UTF-8 cannot: they read "?"."""
    return json.dumps(document, ensure_ascii=False, indent=indent).encode("utf-8", "replace")


def _datapackage(parts: Sequence[tuple[str, Source]], page: Page, software: str) -> bytes:
    document: dict[str, Any] = {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "software": software,
        "created": page.date,
        "modified": page.date,
        "title": page.title[:500] or page.url,
        "mainPageUrl": page.url,
        "mainPageDate": page.date,
        "resources": [
            {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{_sha256(source)}", "bytes": source.size}
            for name, source in parts
        ],
    }
    return _json(document, indent=2)


def _sha256(source: Source) -> str:
    with source.open() as stream:
        return digest_stream(stream).sha256

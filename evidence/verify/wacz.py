"""Step 9: the WACZ from inside: data package, index, page list and WARC agree with one another and with the capture.

Stock tools do not look at all of this: an index that points to another record, a page time without its record, a
missing `datapackage-digest.json`, a WARC that was rebuilt.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, BinaryIO

from evidence.capture.wacz import WACZ_VERSION, WARC_NAME
from evidence.errors import VerifyRefused
from evidence.verify.warcread import WarcRecord, read_warc
from evidence.verify.zipread import Entry, ZipIndex
from guards.caps import load_json_capped, read_capped
from guards.errors import GuardError

WARC_PATH = f"archive/{WARC_NAME}"
PARTS = (WARC_PATH, "indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl")
ALL_PARTS = (*PARTS, "datapackage.json", "datapackage-digest.json")
MAX_PART = 64_000_000
MAX_INDEX_LINES = 20_000


def check_wacz(stream: BinaryIO, capture: Mapping[str, Any], exchanges: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with a WACZ (empty where nothing is).

    `capture` is the capture's own record, `exchanges` the lines of network/exchanges.jsonl, both already bound to the
    same bag by the steps before. Raises nothing for what the WACZ holds.
    """
    try:
        index = ZipIndex.read(stream)
        by_name = {entry.name: entry for entry in index.files}
        missing, extra = set(ALL_PARTS) - set(by_name), set(by_name) - set(ALL_PARTS)
        if missing or extra:
            return [f"the WACZ lacks {sorted(missing)} and holds beyond its form {sorted(extra)}"]
        problems = _datapackage(index, by_name, capture)
        with _warc_view(index, by_name[WARC_PATH]) as warc:
            records = read_warc(warc, by_name[WARC_PATH].size)
        responses = [record for record in records if record.kind == "response"]
        problems += _kinds(records)
        problems += _cdxj(index, by_name, responses)
        problems += _pages(index.get(by_name["pages/pages.jsonl"], MAX_PART), responses, capture)
        problems += _exchanges(responses, exchanges)
    except (VerifyRefused, GuardError) as error:
        return [error.message]
    except (KeyError, TypeError, ValueError, AttributeError, OSError, EOFError, zlib.error) as error:
        return [f"the WACZ is malformed: {type(error).__name__}: {str(error)[:200]}"]
    return problems


def _warc_view(index: ZipIndex, entry: Entry) -> BinaryIO:
    view = index.window(entry)
    if view is None:
        raise VerifyRefused("the WARC is not stored but deflated inside the WACZ")
    return view


def _datapackage(index: ZipIndex, by_name: Mapping[str, Entry], capture: Mapping[str, Any]) -> list[str]:
    raw = index.get(by_name["datapackage.json"], MAX_PART)
    digest = _json(index.get(by_name["datapackage-digest.json"], 10_000))
    package = _json(raw)
    problems = []
    if digest != {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}"}:
        problems.append("datapackage-digest.json does not hold the SHA-256 of datapackage.json")
    if package.get("wacz_version") != WACZ_VERSION or package.get("profile") != "data-package":
        problems.append(f"expected a WACZ {WACZ_VERSION}, found {package.get('wacz_version')}")
    listed = {item["path"]: (item["hash"], item["bytes"]) for item in package["resources"]}
    actual = {name: (f"sha256:{_sha256(index, by_name[name])}", by_name[name].size) for name in PARTS}
    if listed != actual or len(package["resources"]) != len(PARTS):
        wrong = sorted(name for name in {*listed, *actual} if listed.get(name) != actual.get(name))
        problems.append(f"datapackage.json and the files differ: {', '.join(wrong) or 'a file listed twice'}")
    if _bare(package.get("mainPageUrl", "")) != _bare(str(capture["final_url"] or capture["url"])):
        problems.append(f"the WACZ's main page is {package.get('mainPageUrl')}, the capture's {capture['final_url']}")
    return problems


def _kinds(records: Sequence[WarcRecord]) -> list[str]:
    kinds = [record.kind for record in records]
    pairs = kinds[1:]
    if (
        kinds[:1] != ["warcinfo"]
        or pairs[0::2] != ["response"] * (len(pairs) // 2)
        or pairs[1::2] != ["request"] * (len(pairs) // 2)
    ):
        return [f"expected one warcinfo record, then responses with their requests, found {kinds[:8]}"]
    problems = []
    for response, request in zip(records[1::2], records[2::2], strict=True):
        same = response.url == request.url and response.date == request.date
        if not same or request.headers.get("warc-concurrent-to") != response.headers.get("warc-record-id"):
            problems.append(f"the request at {request.offset} does not belong to the response before it")
    return problems


def _cdxj(index: ZipIndex, by_name: Mapping[str, Entry], responses: Sequence[WarcRecord]) -> list[str]:
    packed = index.get(by_name["indexes/index.cdx.gz"], MAX_PART)
    with gzip.GzipFile(fileobj=BytesIO(packed)) as stream:
        text = read_capped(stream, MAX_PART).decode()  # type: ignore[arg-type]
    if text.count("\n") > MAX_INDEX_LINES:
        return [f"the index holds more than {MAX_INDEX_LINES} lines"]
    listed = set()
    for line in _lines(text):
        _, timestamp, fields = line.split(" ", 2)
        item = _json(fields.encode())
        listed.add(
            (
                timestamp,
                item["url"],
                item["status"],
                item["digest"],
                int(item["offset"]),
                int(item["length"]),
                item["filename"],
            )
        )
    actual = {
        ("".join(ch for ch in r.date if ch.isdigit()), r.url, r.status, r.payload_digest, r.offset, r.length, WARC_NAME)
        for r in responses
    }
    problems = [
        f"the index points to {item[1]} at {item[4]}, where no such record lies" for item in sorted(listed - actual)[:5]
    ]
    problems += [
        f"the index does not list the record of {item[1]} at {item[4]}" for item in sorted(actual - listed)[:5]
    ]
    pointer = _lines(index.get(by_name["indexes/index.idx"], MAX_PART).decode())
    block = f"sha256:{hashlib.sha256(packed).hexdigest()}"
    where = json.loads(pointer[1][pointer[1].rindex("{") :]) if len(pointer) == 2 else {}
    if (where.get("digest"), where.get("length"), where.get("offset")) != (block, len(packed), 0):
        problems.append("index.idx does not fit index.cdx.gz")
    return problems


def _pages(data: bytes, responses: Sequence[WarcRecord], capture: Mapping[str, Any]) -> list[str]:
    if data.count(b"\n") > 2:
        return ["expected one page in pages.jsonl, found more"]
    lines = _lines(data.decode())
    if len(lines) != 2:
        return [f"expected one page in pages.jsonl, found {len(lines) - 1}"]
    page = _json(lines[1].encode())
    problems = []
    if page.get("id") != capture["id"]:
        problems.append(f"the page list is of {page.get('id')}, the capture is {capture['id']}")
    if not any(record.url == page.get("url") and record.date == page.get("ts") for record in responses):
        problems.append(f"the page {page.get('url')} of {page.get('ts')} has no record with this time")
    if _bare(str(page.get("url", ""))) != _bare(str(capture["final_url"] or capture["url"])):
        problems.append(f"the page list names {page.get('url')}, the capture {capture['final_url']}")
    return problems


def _exchanges(responses: Sequence[WarcRecord], exchanges: Sequence[Mapping[str, Any]]) -> list[str]:
    """Compare the WARC with the network log: the same answers, in the same order, with the same bodies."""
    empty = hashlib.sha256(b"").hexdigest()
    logged = [
        (item["url"], str(item["status"]), item["body_sha256"] or empty)
        for item in exchanges
        if item["status"] is not None
    ]
    recorded = [(record.url, record.status, record.payload_sha256) for record in responses]
    if logged != recorded:
        return [f"the network log holds {len(logged)} answers that differ from the {len(recorded)} records of the WARC"]
    return []


def _lines(text: str) -> list[str]:
    """Return the lines between line feeds alone: a title may hold U+0085 or U+2028, which `splitlines` breaks at."""
    return text.removesuffix("\n").split("\n")


def _bare(url: str) -> str:
    return url.split("#", 1)[0]


def _json(data: bytes) -> dict[str, Any]:
    document = load_json_capped(data, max_bytes=MAX_PART)
    if not isinstance(document, dict):
        raise VerifyRefused("expected a JSON object inside the WACZ")
    return document


def _sha256(index: ZipIndex, entry: Entry) -> str:
    hasher = hashlib.sha256()
    for chunk in index.chunks(entry):
        hasher.update(chunk)
    return hasher.hexdigest()

"""From what a session saw to the capture's folder: network log, WARC, WACZ, environment, and `capture/capture.json`.

Every file is named in capture.json with its size, SHA-256 and SM3, beside the capture's id and the page's URL, so that a
file of another capture cannot take its place unseen.
"""

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rfc8785

from evidence.capture.browser import SANDBOX_NOTE, sandboxed
from evidence.capture.exchange import Exchange
from evidence.capture.layout import RESULT
from evidence.capture.session import Seen
from evidence.capture.tls import describe, pem_chain
from evidence.capture.wacz import Page, write_wacz
from evidence.capture.warc import IndexLine, warc_date, write_warc
from evidence.custody import utc_text
from notary.digest import digest_file
from records.terms import Fidelity

RECORDER_NOTE = (
    "exchanges as Chromium reports them: header bytes, chunking and content-encoding are not those of the wire"
)


def write_files(seen: Seen) -> dict[str, Any]:
    """Write all files of a capture into its folder; return the document of capture.json. Raises OSError."""
    folder, request = Path(seen.request.folder), seen.request
    exchanges = seen.recorder.exchanges if seen.recorder else []
    _write_network(seen, folder, exchanges)
    _write_json(
        folder / "environment" / "before.json",
        {"capture": request.id, "url": request.url, **seen.before, "capturing": _how(seen)},
    )
    _write_json(
        folder / "environment" / "after.json",
        {"capture": request.id, "url": request.url, **seen.after, "totals": _totals(seen, exchanges)},
    )
    if seen.rendering:
        lines = [{"capture": request.id, **item} for item in seen.console]
        _write_jsonl(folder / "render" / "console.jsonl", lines)
    wacz = _write_archive(seen, folder, exchanges)
    document = _document(seen, exchanges, wacz)
    document["files"] = [_file(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]
    _write_json(folder / RESULT, document)
    return document


def _write_archive(seen: Seen, folder: Path, exchanges: list[Exchange]) -> str:
    """Write the WACZ, where any response came; return its path below the folder, or ""."""
    main = _main_exchange(seen, exchanges)
    if main is None:
        return ""
    software = f"markwatch/{_own_version()} Chromium/{seen.browser_version}"
    info = {
        "date": warc_date(seen.started_at),
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": seen.request.id,
        "description": RECORDER_NOTE,
    }
    warc = Path(seen.request.scratch) / "data.warc.gz"
    with warc.open("wb") as out:
        index: list[IndexLine] = write_warc(out, seen.request.id, exchanges, info)
    name = f"capture/{seen.request.id}.wacz"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    title = seen.rendering.title if seen.rendering else ""
    page = Page(seen.request.id, main.url, warc_date(main.started_at), title)
    with (folder / name).open("wb") as out:
        write_wacz(out, warc, index, page, software)
    warc.unlink()
    return name


def _main_exchange(seen: Seen, exchanges: list[Exchange]) -> Exchange | None:
    """Return the exchange that gave the page itself: the last answered document of the main frame's redirects."""
    documents = [item for item in exchanges if item.status is not None and item.resource_type == "document"]
    bare = seen.final_url.split("#", 1)[0]
    fitting = [item for item in documents if item.url.split("#", 1)[0] == bare]
    return (fitting or documents or [None])[0]  # type: ignore[list-item]


def _write_network(seen: Seen, folder: Path, exchanges: list[Exchange]) -> None:
    network, request = folder / "network", seen.request
    head = {"capture": request.id, "url": request.url}
    _write_jsonl(network / "exchanges.jsonl", [_exchange_line(request.id, item) for item in exchanges])
    connections = seen.gateway.connections if seen.gateway else []
    _write_json(
        network / "dns.json",
        {
            **head,
            "connections": [
                {
                    "host": item.host,
                    "port": item.port,
                    "state": item.state,
                    "reason": item.reason,
                    "peer": item.peer,
                    "addresses": item.addresses,
                    "sent": item.sent,
                    "received": item.received,
                }
                for item in connections
            ],
        },
    )
    _write_json(
        network / "route.json",
        {**head, "route": seen.before.get("route", []), "by_way_of": "the capture's own gateway"},
    )
    _write_json(network / "tls.json", {**head, "hosts": seen.hosts_tls or _probe_alone(seen)})
    for netloc, chain in seen.chains.items():
        if chain:
            target = network / "tls" / f"{_safe(netloc)}.pem"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(pem_chain(chain))


def _probe_alone(seen: Seen) -> dict[str, Any]:
    return {f"{seen.probe.host}:{seen.probe.port}": describe(seen.probe, [])} if seen.probe else {}


def _safe(netloc: str) -> str:
    """Return a host and port as a file name."""
    return "".join(ch if ch.isalnum() or ch in ".-" else "_" for ch in netloc)[:120]


def _exchange_line(capture_id: str, item: Exchange) -> dict[str, Any]:
    return {
        "capture": capture_id,
        "seq": item.seq,
        "url": item.url,
        "method": item.method,
        "started_at": utc_text(item.started_at),
        "resource_type": item.resource_type,
        "frame_url": item.frame_url,
        "request_headers": item.request_headers,
        "request_body_sha256": _sha(item.request_body),
        "request_body_size": len(item.request_body or b""),
        "status": item.status,
        "status_text": item.status_text,
        "response_headers": item.response_headers,
        "body_sha256": _sha(item.body),
        "body_size": None if item.body is None else len(item.body),
        "server": item.server,
        "tls": item.tls,
        "redirected_from": item.redirected_from,
        "failure": item.failure,
        "fidelity": item.fidelity.value,
        "lost": item.lost,
    }


def _sha(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _how(seen: Seen) -> dict[str, Any]:
    return {
        "recorder": {"fidelity": Fidelity.BROWSER_DECODED.value, "note": RECORDER_NOTE},
        "gateway": "every connection of the browser passes a SOCKS5 gateway of this program on 127.0.0.1, which forwards "
        "bytes unchanged; TLS stays between browser and site",
        "profile": "fresh, removed afterwards",
        "sandbox": "on" if sandboxed() else SANDBOX_NOTE,
        "service_workers": "blocked, so that each request is seen",
        "downloads": "refused",
        "viewport": list(seen.request.viewport),
        "lang": seen.request.lang,
    }


def _totals(seen: Seen, exchanges: list[Exchange]) -> dict[str, Any]:
    blocked = [item for item in seen.gateway.connections if item.state == "browser"] if seen.gateway else []
    return {
        "exchanges": len(exchanges),
        "answered": sum(item.status is not None for item in exchanges),
        "bytes": seen.gateway.total if seen.gateway else 0,
        "windows_closed": seen.windows,
        "dialogs": seen.dialogs,
        "websockets": seen.sockets,
        "blocked_browser_calls": sorted({f"{item.host}:{item.port}" for item in blocked}),
    }


def _document(seen: Seen, exchanges: list[Exchange], wacz: str) -> dict[str, Any]:
    return {
        "format": "markwatch-capture/1",
        "id": seen.request.id,
        "url": seen.request.url,
        "final_url": seen.final_url,
        "status": seen.status,
        "title": seen.rendering.title if seen.rendering else "",
        "outcome": seen.outcome.value,
        "reason": seen.reason,
        "fidelity": Fidelity.BROWSER_DECODED.value,
        "captured_at": utc_text(seen.started_at),
        "wacz": wacz,
        "certificate": _certificate(seen),
        "lost": _lost(seen, exchanges),
    }


def _certificate(seen: Seen) -> dict[str, Any] | None:
    """Return the verdict on the page's own host, redirects followed; None over plain http."""
    hosts = seen.hosts_tls or _probe_alone(seen)
    wanted = urlsplit(seen.final_url or seen.request.url)
    if wanted.scheme != "https" and not seen.probe:
        return None
    found = hosts.get(wanted.netloc) or next(iter(hosts.values()), None)
    return {name: found[name] for name in ("valid", "subject", "issuer", "sha256", "reason")} if found else None


def _lost(seen: Seen, exchanges: Iterable[Exchange]) -> list[dict[str, str]]:
    lost = [{"url": item.url[:2000], "what": what} for item in exchanges for what in dict.fromkeys(item.lost)]
    lost += [{"url": url[:2000], "what": "websocket: its messages were not recorded"} for url in seen.sockets]
    page = seen.request.url
    if seen.windows:
        lost.append({"url": page, "what": f"windows: {seen.windows} that the page opened were closed"})
    if seen.rendering:
        lost += [{"url": page, "what": f"render: {note}"} for note in seen.rendering.notes]
        lost += [{"url": page, "what": f"render: {name}: {why}"} for name, why in seen.rendering.missing.items()]
    return lost


def _file(folder: Path, path: Path) -> dict[str, Any]:
    record = digest_file(path)
    return {
        "path": path.relative_to(folder).as_posix(),
        "size": record.size,
        "sha256": record.sha256,
        "sm3": record.sm3,
    }


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(rfc8785.dumps(_plain(document)))


def _write_jsonl(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(rfc8785.dumps(_plain(line)) + b"\n" for line in lines))


def _plain(value: Any) -> Any:
    """Return a JSON tree that RFC 8785 takes: tuples as lists, lone surrogates replaced, numbers within 2**53."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _own_version() -> str:
    try:
        return version("markwatch")
    except PackageNotFoundError:
        return "0"

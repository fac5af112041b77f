"""The report: one exhibit on paper, in Chinese and in English, as PDF/A-3b through WeasyPrint.

Rules:
- everything that a page or a seller wrote is escaped; nothing is loaded from anywhere (the screenshot is inline)
- it states facts that the package holds, and what they do not prove; states that change later (proofs) are not in it
- equal input gives equal bytes: the PDF's identifier derives from the exhibit, and no clock is read
"""

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from evidence.custody import CustodyLog, utc_text
from evidence.errors import PackageError
from evidence.package.words import word
from records.model import Artifact, Exhibit

BEIJING = timezone(timedelta(hours=8))
MAX_SHOT_BYTES = 20_000_000
MAX_LOST = 12
MAX_FINDINGS = 40
_CSS = """
@page { size: A4; margin: 18mm 16mm; @bottom-center { content: counter(page) " / " counter(pages); font-size: 8pt; } }
body { font-family: "Noto Sans CJK SC", "Noto Sans", "DejaVu Sans", sans-serif; font-size: 9pt; line-height: 1.45; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 11pt; margin: 5mm 0 1mm; }
.source { border: 0.4pt solid #444; padding: 2mm; margin: 3mm 0; }
table { border-collapse: collapse; width: 100%; } td, th { border: 0.3pt solid #999; padding: 1mm 1.5mm; text-align: left;
vertical-align: top; overflow-wrap: anywhere; } th { background: #f2f2f2; font-weight: normal; }
.digest { font-family: "DejaVu Sans Mono", monospace; font-size: 6.5pt; } img { max-width: 100%; max-height: 150mm; border: 0.3pt solid #999; }
"""


@dataclass(frozen=True, slots=True)
class ReportInput:
    """All that a report is made of; `capture`, `environment` and `match` are the package's own JSON documents."""

    exhibit: Exhibit
    custody: CustodyLog
    built_at: datetime
    capture: Mapping[str, Any]
    environment: Mapping[str, Any]
    match: Mapping[str, Any]
    screenshot: bytes = b""


def report_pdf(report: ReportInput, lang: str) -> bytes:
    """Return the report in `lang` as PDF/A-3b. Raises `PackageError` where WeasyPrint's libraries are missing."""
    try:
        from weasyprint import HTML, URLFetcher  # heavy, and needs Pango
    except OSError as error:
        message = f"the report cannot be made: {error}"
        raise PackageError(message, "install Pango (`apt install libpango-1.0-0 libpangoft2-1.0-0`)") from error
    identifier = hashlib.sha256(f"{report.exhibit.id}/{lang}".encode()).digest()[:16]
    inline_only = URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
    document = HTML(string=report_html(report, lang), url_fetcher=inline_only)
    pdf = document.write_pdf(pdf_identifier=identifier, pdf_variant="pdf/a-3b")
    if not pdf:
        message = "the report came out empty"
        raise PackageError(message, "run `markwatch doctor`")
    return bytes(pdf)


def report_html(report: ReportInput, lang: str) -> str:
    """Return the report in `lang` as one HTML page without any outside reference."""
    exhibit = report.exhibit
    parts = [
        f"<h1>{_w('title', lang)}</h1><div>{_w('subtitle', lang)}</div>",
        f"<p class='source'>{_w('source', lang, id=exhibit.id)}</p>",
        _what(report, lang),
        _when(report, lang),
        _why(report.match, lang),
        _shot(report.screenshot, lang),
        _digests(exhibit.artifacts, lang),
        _custody(report.custody, lang),
        f"<h2>{_w('proofs', lang)}</h2><p>{_w('proofs_text', lang, id=exhibit.id)}</p>",
        _limits(report.capture, lang),
    ]
    head = f"<meta charset='utf-8'><title>{_e(exhibit.id)}</title><style>{_CSS}</style>"
    return f"<!doctype html><html lang='{'en' if lang == 'en' else 'zh-CN'}'><head>{head}</head><body>{''.join(parts)}</body></html>"


def _what(report: ReportInput, lang: str) -> str:
    exhibit, capture = report.exhibit, report.capture
    rows = [
        ("exhibit", exhibit.id),
        ("url", exhibit.url),
        ("final_url", capture.get("final_url", "")),
        ("page_title", capture.get("title", "")),
        ("status", capture.get("status")),
        ("outcome", exhibit.outcome.value),
        ("fidelity", exhibit.fidelity.value),
    ]
    if exhibit.reason:
        rows.append(("reason", exhibit.reason))
    return f"<h2>{_w('what', lang)}</h2>{_table(rows, lang)}"


def _when(report: ReportInput, lang: str) -> str:
    environment = report.environment
    first = report.custody.entries[0] if report.custody.entries else None
    clock, beacon = environment.get("clock", {}), environment.get("beacon", {})
    system, browser = environment.get("system", {}), environment.get("browser", {})
    rows = [
        ("captured", _moment(report.exhibit.captured_at)),
        ("built", _moment(report.built_at)),
        ("host", first.host if first else ""),
        ("actor", first.actor if first else ""),
        ("clock", clock.get("state", "")),
        ("beacon", f"{beacon.get('state', '')}: {beacon.get('reason', '')}"),
        ("browser", browser.get("version", "")),
        ("system", system.get("os", "")),
        ("certificate", _certificate(report.capture.get("certificate"), lang)),
    ]
    return f"<h2>{_w('when', lang)}</h2>{_table(rows, lang)}"


def _certificate(found: Mapping[str, Any] | None, lang: str) -> str:
    if not found:
        return word("cert_none", lang)
    verdict = word("cert_valid" if found.get("valid") else "cert_invalid", lang)
    reason = f" ({found.get('reason')})" if found.get("reason") else ""
    subject, issuer = word("subject", lang), word("issuer", lang)
    return f"{verdict}{reason}; {subject} {found.get('subject', '')}; {issuer} {found.get('issuer', '')}; SHA-256 {found.get('sha256', '')}"


def _why(match: Mapping[str, Any], lang: str) -> str:
    inner = match.get("match") or {}
    hit = inner.get("hit")
    rows = [(key, _named(inner[key])) for key in ("right", "listing") if inner.get(key)]
    findings = inner.get("findings") or (hit.get("findings") if isinstance(hit, Mapping) else None) or []
    rows += [("finding", _sentence(item, lang)) for item in findings[:MAX_FINDINGS] if isinstance(item, Mapping)]
    crawl = inner.get("crawl")
    if isinstance(crawl, Mapping):
        rows.append(("robots", _robots(crawl, lang)))
    rows += [("references", item.get("path", "")) for item in match.get("references", [])[:20]]
    return f"<h2>{_w('why', lang)}</h2>" + (_table(rows, lang) if rows else f"<p>{_w('none_given', lang)}</p>")


def _robots(crawl: Mapping[str, Any], lang: str) -> str:
    """Return whether the crawl that found the listing obeyed robots.txt, and on what ground where it did not."""
    if crawl.get("robots") != "overridden":
        return word("robots_obeyed", lang)
    return f"{word('robots_overridden', lang)} {crawl.get('authority', '')}"


def _named(value: object) -> str:
    """Return what names a right or a listing best."""
    if isinstance(value, Mapping):
        return " · ".join(
            str(value[key]) for key in ("id", "name", "title", "registration_no", "seller", "url") if value.get(key)
        )
    return str(value)


def _sentence(finding: Mapping[str, Any], lang: str) -> str:
    said = finding.get("explanation", "")
    if isinstance(said, Mapping):
        said = said.get("en" if lang == "en" else "zh", "")
    return f"{said} [{finding.get('detector', '')}/{finding.get('rule', '')}, {finding.get('field', '')}, {finding.get('score', '')}]"


def _shot(data: bytes, lang: str) -> str:
    head = f"<h2>{_w('screenshot', lang)}</h2>"
    if not data or len(data) > MAX_SHOT_BYTES:
        return f"{head}<p>{_w('no_screenshot', lang)}</p>"
    return f"{head}<img alt='' src='data:image/png;base64,{base64.b64encode(data).decode()}'>"


def _digests(artifacts: Sequence[Artifact], lang: str) -> str:
    rows = "".join(
        f"<tr><td>{_e(item.path)}</td><td>{item.size}</td><td class='digest'>{_e(item.sha256)}<br>{_e(item.sm3)}</td></tr>"
        for item in artifacts
    )
    head = f"<tr><th>{_w('file', lang)}</th><th>{_w('size', lang)}</th><th>SHA-256 / SM3</th></tr>"
    return f"<h2>{_w('digests', lang)}</h2><table>{head}{rows}</table>"


def _custody(log: CustodyLog, lang: str) -> str:
    rows = "".join(
        f"<tr><td>{item.seq}</td><td>{_e(utc_text(item.utc))}</td><td>{_e(item.actor)}@{_e(item.host)}</td>"
        f"<td>{_e(item.action)}</td><td>{_e(item.reason[:300])}</td></tr>"
        for item in log.entries
    )
    head = f"<p>{log.length} {_w('entries', lang)}; {_w('custody_head', lang)} <span class='digest'>{_e(log.head)}</span></p>"
    return f"<h2>{_w('custody', lang)}</h2>{head}<table>{rows}</table>"


def _limits(capture: Mapping[str, Any], lang: str) -> str:
    items = "".join(f"<li>{_w(f'not_{number}', lang)}</li>" for number in range(1, 6))
    lost = [f"{item.get('url', '')}: {item.get('what', '')}" for item in capture.get("lost", [])]
    shown = "".join(f"<li>{_e(text[:400])}</li>" for text in lost[:MAX_LOST]) or f"<li>{_w('lost_none', lang)}</li>"
    if len(lost) > MAX_LOST:
        shown += f"<li>{_w('more', lang, n=len(lost) - MAX_LOST)}</li>"
    return f"<h2>{_w('not_proved', lang)}</h2><ul>{items}</ul><p>{_w('lost', lang)}</p><ul>{shown}</ul>"


def _table(rows: Sequence[tuple[str, object]], lang: str) -> str:
    cells = "".join(
        f"<tr><th>{_w(key, lang)}</th><td>{_e('' if value is None else value)}</td></tr>" for key, value in rows
    )
    return f"<table>{cells}</table>"


def _moment(moment: datetime | None) -> str:
    """Return a time in Beijing time and in UTC."""
    if moment is None:
        return ""
    return f"{moment.astimezone(BEIJING).strftime('%Y-%m-%d %H:%M:%S')} +08:00 (UTC {utc_text(moment)})"


def _w(key: str, lang: str, **values: object) -> str:
    return _e(word(key, lang, **values))


def _e(value: object) -> str:
    """Escape text for HTML; control characters that XML and PDF cannot hold become U+FFFD."""
    text = "".join(ch if ch in "\n\t" or ord(ch) >= 32 else "\ufffd" for ch in str(value))
    return html.escape(text.encode("utf-8", "replace").decode())

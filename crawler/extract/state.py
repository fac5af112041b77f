"""Rung "embedded state": the JSON that a page carries for its own scripts (`__NEXT_DATA__`, `window.__STATE__ = {…}`).

Rules: only `JSON.parse`-able text is read, nothing is executed; each block is size- and depth-capped; a link that the
page itself shows is preferred to one that would have to be guessed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from crawler.extract.document import Document
from crawler.extract.objects import Fields, Found, find_arrays, slugs
from crawler.extract.result import Draft, Reading
from guards.caps import load_json_capped
from guards.errors import GuardError
from records.terms import Rung

_MAX_BLOCK = 5_000_000
_ASSIGNED = re.compile(
    r"(?:window|self|globalThis)?\s*(?:\.|\[[\"'])?\s*([A-Za-z_$][\w$.]{1,60})(?:[\"']\])?\s*=\s*(?=[{\[]|JSON\.parse\()"
)
_PARSED = re.compile(r"JSON\.parse\(\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')\s*\)", re.DOTALL)


def read_state(document: Document) -> Reading:
    """Return the products of the likeliest array in a page's embedded JSON."""
    best: Found | None = None
    for tree in trees(document):
        for found in find_arrays(tree, document)[:1]:
            if best is None or found.score > best.score:
                best = found
    if best is None:
        return Reading(rung=Rung.EMBEDDED_STATE)
    drafts = tuple(_linked(document, draft, raw) for draft, raw in zip(best.drafts, best.raws, strict=True))
    return Reading(drafts, Rung.EMBEDDED_STATE, best.path, best.score)


def trees(document: Document) -> Iterator[object]:
    """Yield the JSON trees in a page's scripts."""
    for script in document.select("script[not(@src)]"):
        text = script.text or ""
        kind = (script.get("type") or "").lower()
        if len(text) < 20 or len(text) > _MAX_BLOCK or "ld+json" in kind:
            continue
        if "json" in kind:
            yield from _loaded(text)
        elif kind in ("", "text/javascript", "module", "application/javascript"):
            for block in _blocks(text):
                yield from _loaded(block)


def _loaded(text: str) -> Iterator[object]:
    try:
        yield load_json_capped(text.strip(), max_bytes=_MAX_BLOCK * 4, max_depth=64)
    except GuardError:
        return


def _blocks(text: str) -> Iterator[str]:
    """Yield the JSON texts assigned to a name in a script (at most 20)."""
    for found in list(_ASSIGNED.finditer(text))[:20]:
        rest = text[found.end() :]
        parsed = _PARSED.match(rest)
        if parsed:
            yield _unquoted(parsed[1])
        elif rest[:1] in ("{", "["):
            block = _balanced(rest)
            if not block:
                return
            yield block


def _unquoted(literal: str) -> str:
    """Return the text of a JavaScript string literal that is also valid JSON (single quotes turned)."""
    body = literal if literal[0] == '"' else '"' + literal[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    try:
        value = json.loads(body, strict=False)
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""


def _balanced(text: str) -> str:
    """Return the leading object or array, found by its brackets; `undefined` is read as null."""
    depth, place, quoted = 0, 0, False
    while place < len(text):
        char = text[place]
        if quoted:
            place += char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
            if depth == 0:
                return re.sub(r"(?<=[:,\[])\s*undefined(?=\s*[,}\]])", "null", text[: place + 1])
        place += 1
    return ""


def _linked(document: Document, draft: Draft, raw: Fields) -> Draft:
    """Return the draft with the link that the page shows for its slug or id, where it has none."""
    if draft.listing.url or document.root is None:
        return draft
    for name in slugs(raw):
        if len(name) < 2:
            continue
        end = re.compile(rf"(?:^|[/=_-]){re.escape(name)}(?:[/?#.&_-]|$)")
        for anchor in document.select("a[@href]"):
            if end.search(anchor.get("href") or "") and (url := document.resolve(anchor.get("href"))):
                return Draft(replace(draft.listing, url=url), draft.own_id)
    return draft

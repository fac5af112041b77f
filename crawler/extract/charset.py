"""Bytes of a page → text, whatever the page says of its own charset.

Order: byte-order mark, `Content-Type`, `<meta charset>`, then UTF-8. A declaration that the bytes contradict is not
believed: GBK declared as UTF-8 is read as GB 18030, and the reverse. Bytes that fit nothing become U+FFFD.
"""

import codecs
import re

_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHINESE = ("gb18030", "big5")
_SAMPLE = 200_000


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page; never raises."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    declared = _name(_HEADER.search(content_type)) or _meta(body)
    for name in dict.fromkeys([*_strict_first(body, declared), "utf-8", *_CHINESE]):
        if _fits(body, name):
            return body.decode(name, "replace")
    return body.decode(declared or "utf-8", "replace")


def _strict_first(body: bytes, declared: str) -> list[str]:
    """Return what to try first: multi-byte UTF-8 fits other text by accident so rarely that it beats a declaration."""
    if not declared:
        return []
    return ["utf-8", declared] if any(byte > 127 for byte in body[:_SAMPLE]) else [declared]


def _meta(body: bytes) -> str:
    found = _META.search(body[:4096])
    return _known(found[1].decode("ascii")) if found else ""


def _name(found: re.Match[str] | None) -> str:
    return _known(found[1]) if found else ""


def _known(name: str) -> str:
    """Return Python's name of a charset; GBK and GB 2312 are read as their superset."""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return ""
    if known in ("gbk", "gb2312", "hz"):
        return "gb18030"
    if known in ("utf-7", "utf-16", "utf-32", "idna", "punycode", "unicode_escape", "raw_unicode_escape"):
        return ""
    return "cp1252" if known in ("iso8859-1", "ascii", "latin-1") else known if _is_text(known) else ""


def _is_text(name: str) -> bool:
    try:
        b"a".decode(name)
    except (LookupError, UnicodeError, AssertionError):
        return False
    return True


def _fits(body: bytes, name: str) -> bool:
    """Return whether the bytes decode with next to no errors (a cut last character or a stray byte is forgiven)."""
    text = body[:_SAMPLE].decode(name, "replace")
    odd = text.count("\ufffd") + (len(re.findall("[\ue000-\uf8ff]", text)) if name in _CHINESE else 0)
    return odd <= 1 + len(text) // 2_000

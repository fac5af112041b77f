"""Secrets hidden in what is logged, and in what an error says: by the name of their field and by their form.

The forms: user:password in a URL, bearer tokens, JWTs, the API keys of well-known services, cookies and Authorization
headers, `name: value` of a secret's name with quotes or without, token-like query parameters, PEM and signing keys.
That is a net, not a promise: nothing should log a secret at all. Imports nothing heavy.
"""

import re
from collections.abc import Mapping

MAX_VALUE = 8_000
"""Longest text that one field may carry, in characters."""
HIDDEN = "***"
"""What stands in a secret's place."""

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|pwd$|psk$|secret|token|cookie|authorization|^auth$|^key$|(api|access)[-_]?key|private|credential"
    r"|sess(ion)?_?id|signature|jwt",
    re.IGNORECASE,
)
_QUOTED_OR_BARE = r"(?:\"[^\"\r\n]{1,8000}\"?|'[^'\r\n]{1,8000}'?|[^\s&;,\"']+)"
_SECRET_FORMS = (
    (re.compile(r"(://[^/\s:@]{0,200}):[^/\s]{1,500}@"), r"\1:***@"),
    # A database's password may hold a slash; in a page's address an @ after one is part of the path.
    (
        re.compile(r"\b((?:postgres|mysql|mariadb|redis|mongodb|amqp)[a-z0-9+]{0,20}://[^/\s:@]{0,200}):\S{1,500}@"),
        r"\1:***@",
    ),
    (re.compile(r"\b(https?://)[^/\s:@]{16,500}@", re.IGNORECASE), r"\1***@"),
    (re.compile(r"\b((?:set-)?cookies?['\"]?\s{0,4}[=:]\s{0,4})[^\r\n]{1,8000}", re.IGNORECASE), r"\1***"),
    (
        re.compile(
            r"(b?(['\"])(?:(?:set-)?cookie|(?:proxy-)?authorization)\2\s{0,4},\s{0,4})[^\r\n]{1,8000}", re.IGNORECASE
        ),
        r"\1***",
    ),
    (re.compile(r"\b((?:proxy-)?authorization['\"]?\s{0,4}[=:]\s{0,4})[^\r\n,;}]{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"([?&](?:sig|sign|auth|code)=)[^\s&#\"']{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"(?<![\w-])((?:key|jwt|pwd|pass|psk|sid|otp|auth)=)[^\s&#\"']{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=\-]{6,}", re.IGNORECASE), r"\1 ***"),
    (
        re.compile(
            r"((?:token|secret|password|passwd|passphrase|(?:api|access|auth|private)[-_]?key|credential|signature|sess(?:ion|id)|bearer"
            r"|密码|口令|令牌|密钥)"
            r"[\w-]{0,40}['\"]?\s{0,4}(?:[=:：]|%3D)\s{0,4}b?)" + _QUOTED_OR_BARE,
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    (re.compile(r"(--(?:token|secret|password|passphrase|api-key)\s{1,4})\S{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{8,8000}\.[\w-]{8,8000}(?:\.[\w-]{0,8000})?"), HIDDEN),
    (
        re.compile(
            r"\b(?:sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{16,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}"
            r"|(?:AKIA|ASIA|AKID|LTAI)[0-9A-Za-z]{12,})"
        ),
        HIDDEN,
    ),
    (
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
    (re.compile(r"PRIVATE\+KEY\+[^\s\"']+"), HIDDEN),
)
"""What secrets look like. Every repeat before a fixed word is bounded, so that no text costs quadratic time."""


def redact_text(text: str) -> str:
    """Return the text with everything of a secret's form replaced, cut to `MAX_VALUE` characters."""
    short = text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"
    for pattern, replacement in _SECRET_FORMS:
        short = pattern.sub(replacement, short)
    return short[: MAX_VALUE + 1]


def redact(value: object, name: str = "", depth: int = 6) -> object:
    """Return `value` fit for a log line: secrets hidden by name and form, bytes never shown, nesting bounded."""
    if name and _SECRET_NAME.search(name):
        return HIDDEN
    if depth <= 0 or isinstance(value, bytes | bytearray):
        return f"<{type(value).__name__}>"
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Mapping):
        named = str(value.get("name", "")) if "value" in value else ""
        items = list(value.items())[:100]
        return {redact_text(str(k)): redact(v, named if k == "value" else str(k), depth - 1) for k, v in items}
    if isinstance(value, list | tuple | set | frozenset):
        if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str | bytes):
            return [redact(value[0], "", depth - 1), redact(value[1], str(value[0]), depth - 1)]
        return [redact(v, "", depth - 1) for v in list(value)[:100]]
    return redact_text(str(value))

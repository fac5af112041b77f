"""Structured logs: one JSON object a line in HOME/logs, rotated, with ids bound and secrets redacted.

- each command group writes its own file (`patrol.jsonl`, `work.jsonl` …), so that two processes never rotate one file
- `bound(run=…, hit=…, exhibit=…)` adds ids to every line inside a `with`
- secrets are redacted by the name of their field and by their form (user:password in a URL, bearer tokens,
  cookies and Authorization headers, token-like query parameters, PEM and signing keys). That is a net, not a promise: nothing should log a secret at all.
"""

import logging
import logging.handlers
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

MAX_BYTES = 5_000_000
"""Size at which a log file is rotated."""
BACKUPS = 5
"""Rotated files that are kept beside the current one."""
MAX_VALUE = 8_000
"""Longest text that one field may carry, in characters."""
HIDDEN = "***"
"""What stands in a secret's place."""

_SECRET_NAME = re.compile(
    r"pass(word|wd)?$|secret|token|cookie|authorization|api[-_]?key|private|credential|session_?id", re.IGNORECASE
)
_SECRET_FORMS = (
    (re.compile(r"(://[^/\s:@]{0,200}):[^/\s]{1,500}@"), r"\1:***@"),
    (re.compile(r"\b((?:set-)?cookie['\"]?\s{0,4}[=:]\s{0,4})[^\r\n]{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b((?:proxy-)?authorization['\"]?\s{0,4}[=:]\s{0,4})[^\r\n,;}]{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"([?&](?:key|sig|sign|auth|code|jwt|pwd|pass)=)[^\s&#\"']{1,8000}", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=\-]{6,}", re.IGNORECASE), r"\1 ***"),
    (
        re.compile(
            r"((?:token|secret|password|passwd|api[-_]?key|signature|session)[\w-]{0,40}\s{0,4}[=:]\s{0,4})[^\s&;,\"']+",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    (
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
    (re.compile(r"PRIVATE\+KEY\+[^\s\"']+"), HIDDEN),
)
"""What secrets look like. Every repeat before a fixed word is bounded, so that no text costs quadratic time."""


def _quiet() -> None:
    """Before `configure`, hand lines to the standard library, which prints nothing below a warning."""
    logging.getLogger("markwatch").addHandler(logging.NullHandler())
    if not structlog.is_configured():
        structlog.configure(
            processors=[_redact_event, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )


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
        return {str(k): redact(v, str(k), depth - 1) for k, v in list(value.items())[:100]}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(v, "", depth - 1) for v in list(value)[:100]]
    return redact_text(str(value))


def _redact_event(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    return {key: redact(value, key) for key, value in event.items()}


def configure(folder: Path, name: str, level: str = "INFO") -> Path:
    """Send this process's structlog lines, and the standard library's warnings, to `folder/name.jsonl`.

    Returns the file's path. Calling it again redirects to the new file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("markwatch").setLevel(level.upper())
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return path


def logger(name: str) -> "FilteringBoundLogger":
    """Return the logger of one part of the house (`patrol`, `desk.web` …), below `markwatch`."""
    log: FilteringBoundLogger = structlog.get_logger(f"markwatch.{name}")
    return log


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Bind ids (run, watch, hit, exhibit, job) to every line that is logged inside the `with`."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


_quiet()

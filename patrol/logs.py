"""Structured logs: one JSON object a line in HOME/logs, rotated, with ids bound and secrets redacted.

- each command group writes its own file (`patrol.jsonl`, `work.jsonl` …), so that two processes never rotate one file
- `bound(run=…, hit=…, exhibit=…)` adds ids to every line inside a `with`
- secrets are redacted, see `patrol.redaction`
"""

import logging
import logging.handlers
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from patrol.redaction import redact

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

MAX_BYTES = 5_000_000
"""Size at which a log file is rotated."""
BACKUPS = 5
"""Rotated files that are kept beside the current one."""


def _quiet() -> None:
    """Before `configure`, hand lines to the standard library, which prints nothing below a warning."""
    logging.getLogger("markwatch").addHandler(logging.NullHandler())
    if not structlog.is_configured():
        structlog.configure(
            processors=[_redact_event, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
        )


def _redact_event(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    return {key: redact(value, key) for key, value in event.items()}


class _File(logging.handlers.RotatingFileHandler):
    """A rotated file. Where it cannot be written (a full disk), that is said once in a line, and the work goes on."""

    _said = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Say why a line was lost; the standard library would print a traceback for each."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        stream, self.stream = self.stream, None  # opened anew with the next line
        with suppress(OSError):
            if stream is not None:
                stream.close()
        if not self._said:
            self._said = True
            why = error.strerror or type(error).__name__
            sys.stderr.write(f"日志无法写入 / the log cannot be written: {self.baseFilename}: {why}\n")


def configure(folder: Path, name: str, level: str = "INFO") -> Path:
    """Send this process's structlog lines, and the standard library's warnings, to `folder/name.jsonl`.

    Returns the file's path. Calling it again redirects to the new file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.jsonl"
    handler = _File(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True)
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

"""Writing to a terminal: hostile text made harmless, tables, and a standard output that may be closed early."""

import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def harmless(text: object, limit: int = 400) -> str:
    """Return text fit for a terminal: no control or bidi-override characters, one line, at most `limit` characters."""
    kept = (
        " " if ch in "\n\r\t" else ch
        for ch in str(text)
        if ch in "\n\r\t" or (unicodedata.category(ch) not in {"Cc", "Cs"} and ch not in _BIDI)
    )
    line = "".join(kept)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def write(stream: TextIO, text: str) -> None:
    """Write and flush; a reader that has gone away is no error, so the command's own exit code stays."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _to_devnull(stream)
    except ValueError:  # the stream was closed under us
        return


def _to_devnull(stream: TextIO) -> None:
    """Point a broken stream's descriptor at /dev/null, so that the interpreter's last flush stays silent."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    except (OSError, ValueError):
        return


def table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], title: str = "", *, wide: int | None = None
) -> str:
    """Return a table as text, as wide as the terminal (at least 80, 110 where there is none).

    `wide` is the column that takes the room that is left; the others then keep to one line each. A cell that is a
    tuple is shown as lines below one another.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = max(80, os.get_terminal_size(1).columns) if _is_terminal() else 110
    console = Console(width=width, file=None, color_system=None, highlight=False, markup=False, emoji=False)
    drawn = Table(title=harmless(title) or None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for number, heading in enumerate(headings):
        drawn.add_column(
            Text(heading),
            overflow="fold",
            no_wrap=wide is not None and number != wide,
            ratio=1 if number == wide else None,
        )
    drawn.expand = wide is not None
    for row in rows:
        drawn.add_row(*(Text(_cell(cell)) for cell in row))
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()


def _cell(cell: object) -> str:
    """Return a cell's text; a tuple's parts on lines of their own."""
    return "\n".join(harmless(part) for part in cell) if isinstance(cell, tuple) else harmless(cell)


def _is_terminal() -> bool:
    try:
        return os.isatty(1) and sys.stdout.isatty()
    except (OSError, ValueError):
        return False

"""What every command gets: where to print, in which language, who acts, and the App when it is needed."""

import getpass
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from desk import words
from desk.cli.terminal import harmless, write

if TYPE_CHECKING:
    from patrol.app import App
    from patrol.portfolio import Problem


class Context:
    """One run of a command. `emit` may be called once: it prints the result, as JSON or in words."""

    def __init__(self, *, out: TextIO, err: TextIO, as_json: bool, actor: str = "", command: str = "") -> None:
        self.out = out
        self.err = err
        self.as_json = as_json
        self.command = command
        self.log_path: Path | None = None
        self._actor = actor
        self._app: App | None = None

    @property
    def app(self) -> "App":
        """The wired parts; made on first use, which also makes MARKWATCH_HOME and starts the log."""
        if self._app is None:
            from patrol.app import build

            self._app = build()
            words.use(self._app.settings.lang)
            self._app.warn = lambda text: self.say("warning", text=text)
            self.log_path = self._app.start_log(self.command.split(" ")[0] or "markwatch")
        return self._app

    @property
    def actor(self) -> str:
        """Who acts: `--actor`, else MARKWATCH_ACTOR, else the login of the operating system."""
        name = self._actor or self.app.settings.actor or _login()
        return harmless(name, 100).strip() or "unknown"

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: not with `--json`, and only where input and progress are a terminal."""
        return not self.as_json and sys.stdin is not None and sys.stdin.isatty() and self.err.isatty()

    def say(self, key: str, /, **values: object) -> None:
        """Print one line of progress on standard error, secrets in its values hidden."""
        from patrol.redaction import redact_text

        safe = {name: harmless(redact_text(str(value))) for name, value in values.items()}
        write(self.err, words.say(key, **safe) + "\n")

    def bad_row(self, file: str, problem: "Problem") -> None:
        """Name one thing wrong in a file on standard error; line 0 and an empty column are left out."""
        with_line = "bad_row" if problem.column else "bad_line"
        key = with_line if problem.line else "bad_cell" if problem.column else "bad_file"
        self.say(key, file=file, line=problem.line, column=problem.column, reason=problem.reason)

    def mend(self, bad: int) -> str:
        """Where something in a file was wrong, say on standard error what to do about it; return that step, else ""."""
        step = words.say("mend_rows") if bad else ""
        if step:
            self.say("next_step_line", next_step=step)
        return step

    def note(self, text: str) -> None:
        """Print one line that is already in words on standard error."""
        write(self.err, harmless(text, 2000) + "\n")

    def emit(self, document: Mapping[str, object], in_words: Callable[[], str]) -> None:
        """Print the result on standard output: one line of JSON with `--json`, else what `in_words` returns."""
        if self.as_json:
            line = json.dumps(document, ensure_ascii=False, allow_nan=False, default=str)
            write(self.out, line + "\n")
        else:
            text = in_words()
            write(self.out, text if text.endswith("\n") else text + "\n")

    def close(self) -> None:
        """Release what the App holds."""
        if self._app is not None:
            self._app.close()
            self._app = None


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"

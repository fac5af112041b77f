"""The `markwatch` command: parse, run, and end with a promised exit code; never a traceback.

0 all well · 1 found wrong · 2 not decidable yet · 3 misused · 4 failed. Help must answer within half a second, so
nothing heavy is imported here; each group's file imports what it needs when its command runs.
"""

import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from desk import words
from desk.cli import groups
from desk.cli.context import Context
from desk.cli.parser import Parser, UsageError, build
from desk.cli.terminal import harmless, write
from guards.errors import EXIT_MISUSED, EXIT_OK, MarkwatchError, reading

if TYPE_CHECKING:
    import argparse

VERSION = "0.1.0"
"""The version that `markwatch --version` prints."""


def main() -> None:
    """Run the command line of this process and end it with the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    out = _private_stdout()
    code = run(sys.argv[1:], out=out, err=sys.stderr)
    write(out, "")
    sys.stderr.flush()
    os._exit(code) if _threads_linger() else sys.exit(code)


def _private_stdout() -> TextIO:
    """Return a stream on the real standard output, and point descriptor 1 at standard error.

    Libraries and child processes that print then cannot spoil the one line of JSON.
    """
    try:
        mine = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
        os.dup2(2, 1)
    except OSError:
        return sys.stdout
    return mine


def _threads_linger() -> bool:
    """Whether a library left a thread that would keep the process from ending."""
    import threading

    return any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate())


def run(argv: Sequence[str], *, out: TextIO, err: TextIO) -> int:
    """Run one command line and return its exit code. Prints the result on `out`, everything else on `err`."""
    words.use(_language())
    Parser.out = out
    as_json = "--json" in argv
    try:
        args = build(groups.REGISTER).parse_args(list(argv))
    except UsageError as error:
        write(err, error.usage)
        return _failed(Context(out=out, err=err, as_json=as_json), error)
    except SystemExit:  # argparse ends `--help` this way, after printing it
        return EXIT_OK
    if getattr(args, "version", False) and not hasattr(args, "run"):
        write(out, f"markwatch {VERSION}\n")
        return EXIT_OK
    if not hasattr(args, "run"):
        write(err, build(groups.REGISTER).format_help())
        return EXIT_MISUSED
    context = Context(
        out=out, err=err, as_json=as_json, actor=getattr(args, "actor", "") or "", command=getattr(args, "command", "")
    )
    return _guarded(context, args)


def _language() -> str:
    """Return the language wished for before the settings are read: the environment's, else that of a `.env`."""
    if "MARKWATCH_LANG" in os.environ or not os.path.isfile(".env"):  # noqa: PTH113 - pathlib would cost start-up time
        return os.environ.get("MARKWATCH_LANG", "")
    from dotenv import dotenv_values

    try:
        return dotenv_values(".env").get("MARKWATCH_LANG") or ""
    except (OSError, UnicodeDecodeError):
        return ""  # the settings name what is wrong with it


def _guarded(context: Context, args: "argparse.Namespace") -> int:
    try:
        code: int = args.run(context, args)
    except MarkwatchError as error:
        return _failed(context, error)
    except (KeyboardInterrupt, EOFError):  # Ctrl-C, or Ctrl-D at a question
        return _failed(context, MarkwatchError(words.say("interrupted"), words.say("interrupted_next")))
    except Exception as error:  # noqa: BLE001 - the outermost loop: a user never sees a traceback, the log keeps it
        return _unexpected(context, error)
    finally:
        _close(context)
    return code


def _close(context: Context) -> None:
    try:
        context.close()
    except Exception as error:  # noqa: BLE001 - the outermost loop: closing must not hide the result
        write(context.err, f"{harmless(error)}\n")


def _failed(context: Context, error: MarkwatchError) -> int:
    from patrol.redaction import redact_text

    lang = words.language()
    message, step = redact_text(reading(error.message, lang)), redact_text(reading(error.next_step, lang))
    document = {
        "error": type(error).__name__,
        "message": message,
        "next_step": step,
        "exit": error.exit_code,
    }
    lines = [words.say("error_line", message=harmless(message, 2000))]
    if step:
        lines.append(words.say("next_step_line", next_step=harmless(step, 2000)))
    write(context.err, "\n".join(lines) + "\n")
    if context.as_json:
        context.emit(document, str)
    return error.exit_code


def _unexpected(context: Context, error: Exception) -> int:
    """Say shortly what failed, keep the traceback in the log only, and return 4."""
    where = str(context.log_path) if context.log_path else words.say("no_log")
    short = type(error).__name__
    try:
        from patrol import logs

        short = f"{short}: {error}"[:500]
        logs.logger("cli").error("unexpected", command=context.command, exc_info=error)
    except Exception as second:  # noqa: BLE001 - the outermost loop: the log itself may be what failed
        where = f"{words.say('no_log')} ({type(second).__name__})"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _failed(context, MarkwatchError(words.say("disk_full", error=short), words.say("disk_full_next")))
    return _failed(context, MarkwatchError(words.say("unexpected", error=short), words.say("see_log", path=where)))


if __name__ == "__main__":
    main()

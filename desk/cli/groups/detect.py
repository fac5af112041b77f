"""`markwatch detect`: detection alone, on files; no database, no network."""

import argparse
from pathlib import Path

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_OK, EXIT_WRONG


def register(commands: Commands) -> None:
    """Add `detect`."""
    commands.add("detect", _detect, _options)


def _options(parser: Parser) -> None:
    parser.add_argument("--rights", type=Path, required=True, metavar="FILE", help=say("help_arg_rights"))
    parser.add_argument("--listings", type=Path, required=True, metavar="FILE", help=say("help_arg_listings"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("help_arg_hits"))
    parser.add_argument("--all", action="store_true", help=say("help_opt_all"))


def _detect(context: Context, args: argparse.Namespace) -> int:
    """Write hits.jsonl atomically; bad rows are named and skipped, and make the exit code 1."""
    from patrol.batch import detect_files

    report = detect_files(context.app, args.rights, args.listings, args.out, everything=args.all)
    for problem in report.problems:
        context.bad_row(problem.file, problem)
    for warning in report.warnings:
        context.say("warning", text=warning)
    document = {
        "listings": report.listings,
        "rights": report.rights,
        "hits": report.written,
        "alerts": report.alerts,
        "out": str(args.out),
        "errors": [{"file": p.file, "line": p.line, "column": p.column, "reason": p.reason} for p in report.problems],
        "warnings": report.warnings,
        "next_step": context.mend(len(report.problems)),
    }
    context.emit(
        document,
        lambda: say(
            "detect_done",
            listings=report.listings,
            rights=report.rights,
            hits=report.written,
            alerts=report.alerts,
            out=args.out,
        ),
    )
    return EXIT_WRONG if report.problems else EXIT_OK

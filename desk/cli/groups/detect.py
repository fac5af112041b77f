"""`markwatch detect`: detection alone, on files; no database, no network."""

import argparse
from pathlib import Path
from typing import Any

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
    parser.add_argument("--overlays", type=Path, default=None, metavar="DIR", help=say("help_opt_overlays"))


def _detect(context: Context, args: argparse.Namespace) -> int:
    """Write hits.jsonl atomically; bad rows are named and skipped, and make the exit code 1."""
    from patrol.batch import detect_files

    report = detect_files(
        context.app, args.rights, args.listings, args.out, everything=args.all, overlays=args.overlays
    )
    for problem in report.problems:
        context.bad_row(problem.file, problem)
    for warning in report.warnings:
        context.say("warning", text=warning)
    document: dict[str, Any] = {
        "listings": report.listings,
        "rights": report.rights,
        "hits": report.written,
        "alerts": report.alerts,
        "out": str(args.out),
        "errors": [{"file": p.file, "line": p.line, "column": p.column, "reason": p.reason} for p in report.problems],
        "warnings": report.warnings,
        **({"overlays": report.overlays, "overlays_dir": str(args.overlays)} if args.overlays else {}),
        "next_step": context.mend(len(report.problems)),
    }
    context.emit(document, lambda: _in_words(document))
    return EXIT_WRONG if report.problems else EXIT_OK


def _in_words(document: dict[str, Any]) -> str:
    names = ("listings", "rights", "hits", "alerts", "out")
    lines = [say("detect_done", **{name: document[name] for name in names})]
    if "overlays" in document:
        lines.append(say("overlays_drawn", count=document["overlays"], folder=document["overlays_dir"]))
    return "\n".join(lines)

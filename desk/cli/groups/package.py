"""`markwatch package build` and `verify`: the court's package, and its check, offline."""

import argparse
from pathlib import Path
from typing import Any

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import language, say
from guards.errors import EXIT_OK


def register(commands: Commands) -> None:
    """Add `package build` and `verify`."""
    commands.group("package").add("build", _build, _target)
    commands.add("verify", _verify, _package)


def _target(parser: Parser) -> None:
    parser.add_argument("case", metavar="CASE", help=say("help_arg_case"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help=say("help_opt_out_zip"))
    parser.add_argument("--recipient", default="", metavar="NAME", help=say("help_opt_recipient"))


def _package(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE.zip", help=say("help_arg_package"))
    parser.add_argument("--key", action="append", default=[], metavar="KEY", help=say("help_opt_key"))
    parser.add_argument("--headers", type=Path, default=None, metavar="HEADERS.json", help=say("help_opt_headers"))


def _build(context: Context, args: argparse.Namespace) -> int:
    package = context.app.packages().build(args.case, args.out, actor=context.actor, recipient=args.recipient)
    document = {
        "id": package.id,
        "case": package.case_id,
        "exhibits": list(package.exhibit_ids),
        "package": str(args.out),
        "sha256": package.sha256,
    }
    context.emit(
        document, lambda: say("package_built", out=args.out, exhibits=len(package.exhibit_ids), sha256=package.sha256)
    )
    return EXIT_OK


def _verify(context: Context, args: argparse.Namespace) -> int:
    """0, 1 or 2 as formats promise; never 0 where a proof or seal is absent, pending or not trusted."""
    from patrol.checking import verify_package_file

    document = verify_package_file(lambda: context.app, args.file, args.key, args.headers, language())
    context.emit(document, lambda: _in_words(document))
    return int(document["exit"])


def _in_words(document: dict[str, Any]) -> str:
    from desk.cli.terminal import harmless

    bad = {path: state for path, state in document["files"].items() if state != "ok"}
    lines = [
        say("verify_file", state=say(f"file_{state}"), path=harmless(path)) for path, state in list(bad.items())[:100]
    ]
    lines += [
        say(
            "verify_proof",
            subject=harmless(p["name"]),
            state=p["state"],
            level=p["level"],
            reason=harmless(p["reason"]),
        )
        for p in document["proofs"]
    ]
    lines += [harmless(reason) for reason in document["reasons"][:50]]
    ok = len(document["files"]) - len(bad)
    return "\n".join([*lines, say("verify_done", state=say(f"verify_{document['exit']}"), ok=ok, bad=len(bad))])

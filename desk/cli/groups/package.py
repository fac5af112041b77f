"""`markwatch package build` and `verify`: the court's package, and its check, offline."""

import argparse
from pathlib import Path

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
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
    context.emit(document, lambda: say("package_built", out=args.out, exhibits=len(package.exhibit_ids), sha256=package.sha256))
    return EXIT_OK


def _verify(context: Context, args: argparse.Namespace) -> int:
    from patrol.checking import verify_package_file

    from desk.cli.terminal import harmless

    document = verify_package_file(context.seal_keys(args.key), args.file, args.headers)
    bad = [f for f in document["files"] if f["state"] != "ok"]

    def in_words() -> str:
        lines = [say("verify_file", state=say(f"file_{f['state']}"), path=harmless(f["path"])) for f in bad[:100]]
        lines += [say("verify_proof", state=p["state"], level=p["level"], subject=harmless(p["subject"])) for p in document["proofs"]]
        lines += [harmless(reason) for reason in document["reasons"][:50]]
        ok = len(document["files"]) - len(bad)
        return "\n".join([*lines, say("verify_done", state=say(f"verify_{document['exit']}"), ok=ok, bad=len(bad))])

    context.emit(document, in_words)
    return int(document["exit"])

"""`markwatch rights import` and `rights list`: the portfolio."""

import argparse
from pathlib import Path

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_OK, EXIT_WRONG


def register(commands: Commands) -> None:
    """Add `rights import` and `rights list`."""
    group = commands.group("rights")
    group.add("import", _import, _file)
    group.add("list", _list)


def _file(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("help_arg_rights"))


def _import(context: Context, args: argparse.Namespace) -> int:
    """Keep the good rows, name each bad one on standard error, and end with 1 if there was one."""
    from patrol.portfolio import import_rights

    report = import_rights(context.app, args.file, context.actor)
    for problem in report.problems:
        context.bad_row(args.file.name, problem)
    for warning in report.warnings:
        context.say("warning", text=warning)
    document = {
        "rights": report.kept,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "references": report.references,
        "errors": [{"line": p.line, "column": p.column, "reason": p.reason} for p in report.problems],
        "warnings": list(report.warnings),
        "next_step": context.mend(len(report.problems)),
    }
    context.emit(
        document,
        lambda: say(
            "rights_imported",
            kept=report.kept,
            added=report.added,
            changed=report.changed,
            references=report.references,
            bad=len(report.problems),
        ),
    )
    return EXIT_WRONG if report.problems else EXIT_OK


def _list(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table

    rights = context.app.records.rights.all()
    rows = [
        {
            "id": right.id,
            "kind": right.kind.value,
            "route": right.route.value if right.route else "",
            "name": right.name,
            "aliases": list(right.aliases),
            "owner": right.owner,
            "registration_no": right.registration_no,
            "valid_to": right.valid_to.isoformat() if right.valid_to else "",
        }
        for right in rights
    ]
    headings = [
        say("col_id"),
        say("col_kind"),
        say("col_name"),
        say("col_owner"),
        say("col_registration"),
        say("col_valid_to"),
    ]
    cells = [
        (r["id"], say(f"kind_{r['kind']}"), r["name"], r["owner"], r["registration_no"], r["valid_to"]) for r in rows
    ]
    context.emit({"rights": rows}, lambda: table(headings, cells) if cells else say("rights_none"))
    return EXIT_OK

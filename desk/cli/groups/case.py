"""`markwatch evidence list/show` and `case list/show`: what was kept, and what is handled together."""

import argparse

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_OK


def register(commands: Commands) -> None:
    """Add the `evidence` and `case` commands."""
    evidence = commands.group("evidence")
    evidence.add("list", _evidence_list)
    evidence.add("show", _evidence_show, _exhibit)
    case = commands.group("case")
    case.add("list", _case_list)
    case.add("show", _case_show, _case)


def _exhibit(parser: Parser) -> None:
    parser.add_argument("exhibit", metavar="ID", help=say("help_arg_exhibit"))


def _case(parser: Parser) -> None:
    parser.add_argument("case", metavar="CASE", help=say("help_arg_case"))


def _evidence_list(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table
    from patrol.keeping import exhibit_document

    rows = [exhibit_document(exhibit, files=False) for exhibit in context.app.records.exhibits.all()]
    headings = [say(f"col_{n}") for n in ("id", "outcome", "url", "captured_at", "files", "reason")]
    cells = [
        (r["id"], say(f"capture_{r['outcome']}"), r["url"], r["captured_at"], r["file_count"], r["reason"])
        for r in rows
    ]
    context.emit({"exhibits": rows}, lambda: table(headings, cells) if cells else say("exhibits_none"))
    return EXIT_OK


def _evidence_show(context: Context, args: argparse.Namespace) -> int:
    from desk.cli.terminal import harmless, table
    from patrol.keeping import exhibit_document, find_exhibit

    document = exhibit_document(find_exhibit(context.app, args.exhibit), files=True)
    files = document["files"]
    rows = [(f["path"], f["size"], f["role"], f["sha256"]) for f in files] if isinstance(files, list) else []
    headings = [say(f"col_{n}") for n in ("file", "size", "role", "sha256")]
    head = [
        f"{say(f'col_{n}')}: {harmless(document[n])}"
        for n in ("id", "url", "outcome", "captured_at", "fidelity", "reason")
    ]
    context.emit(document, lambda: "\n".join(head) + "\n" + table(headings, rows))
    return EXIT_OK


def _case_list(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table
    from patrol.packages import case_document

    rows = [case_document(context.app, case) for case in context.app.records.cases.all()]
    headings = [say(f"col_{n}") for n in ("number", "title", "hits", "exhibits", "opened_at")]
    cells = [(r["number"], r["title"], len(r["hits"]), len(r["exhibits"]), r["opened_at"]) for r in rows]
    context.emit({"cases": rows}, lambda: table(headings, cells) if cells else say("cases_none"))
    return EXIT_OK


def _case_show(context: Context, args: argparse.Namespace) -> int:
    from desk.cli.terminal import harmless
    from patrol.packages import case_document, find_case

    document = case_document(context.app, find_case(context.app, args.case))
    lines = [
        f"{say(f'col_{name}')}: {harmless(document[name])}"
        for name in ("number", "title", "hits", "exhibits", "opened_at")
    ]
    context.emit(document, lambda: "\n".join(lines))
    return EXIT_OK

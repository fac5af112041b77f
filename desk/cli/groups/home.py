"""`markwatch init`, `doctor`, `backup`, `restore` and `prune`: the data folder and what stands around it."""

import argparse
from pathlib import Path

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_OK, EXIT_WRONG

MAX_DAYS = 36_500
"""The longest time, in days, that can be asked for."""


def register(commands: Commands) -> None:
    """Add `init`, `doctor`, `backup`, `restore` and `prune`."""
    commands.add("init", _init)
    commands.add("doctor", _doctor)
    commands.add("backup", _backup, _file)
    commands.add("restore", _restore, _file)
    commands.add("prune", _prune, _prune_flags)


def _file(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("help_arg_backup"))


def _init(context: Context, _args: argparse.Namespace) -> int:
    app = context.app
    made = app.init()
    document = {"home": str(app.home), "database": made.database, "key": made.verifier_key, "created": made.created}
    context.emit(document, lambda: say("init_done", home=app.home, key=made.verifier_key))
    return EXIT_OK


def _doctor(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table
    from patrol.doctor import examine

    checks = examine(context.app, progress=lambda name: context.say("doctor_checking", name=name))
    ok = all(check.ok for check in checks)
    lang = context.app.lang
    document = {
        "ok": ok,
        "checks": [
            {
                "name": c.name,
                "state": c.state,
                "ok": c.ok,
                "detail": c.detail.in_lang(lang),
                "mend": c.mend.in_lang(lang),
            }
            for c in checks
        ],
    }
    rows = [
        (say(f"doctor_{c.state}"), say(f"doctor_name_{c.name}"), c.detail.in_lang(lang), c.mend.in_lang(lang))
        for c in checks
    ]
    headings = [say("col_state"), say("col_check"), say("col_detail"), say("col_mend")]
    context.emit(document, lambda: table(headings, rows) + say("doctor_ok" if ok else "doctor_not_ok"))
    return EXIT_OK if ok else EXIT_WRONG


def _backup(context: Context, args: argparse.Namespace) -> int:
    from patrol.moving import backup_home

    report = backup_home(context.app, args.file, context.actor)
    context.emit(report, lambda: say("backup_done", file=args.file, files=report["files"]))
    return EXIT_OK


def _restore(context: Context, args: argparse.Namespace) -> int:
    from patrol.moving import restore_home

    report = restore_home(context.app, args.file, context.actor)
    context.emit(report, lambda: say("restore_done", home=report["home"], files=report["files"]))
    return EXIT_OK


def _prune_flags(parser: Parser) -> None:
    parser.add_argument("--older-than", type=_days, metavar="DAYS", help=say("help_arg_older_than"))
    parser.add_argument("--dry-run", action="store_true", help=say("help_arg_prune_dry"))


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= MAX_DAYS):
        raise argparse.ArgumentTypeError(say("prune_days", found=text[:20], most=MAX_DAYS))
    return int(text)


def _prune(context: Context, args: argparse.Namespace) -> int:
    pruning = context.app.pruning(args.older_than)
    if args.dry_run:
        pruned = pruning.would()
    else:
        pruned = pruning.run()
        context.app.records.audit.append(
            context.actor, "prune", pruned.before.date().isoformat(), str(pruned.document())
        )
    document = {**pruned.document(), "dry_run": args.dry_run}
    told = {key: value for key, value in document.items() if key != "before"}
    context.emit(
        document, lambda: say("prune_would" if args.dry_run else "prune_done", before=pruned.before.date(), **told)
    )
    return EXIT_OK

"""`markwatch profile test`: site profiles proved on the pages saved beside them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_OK, EXIT_WRONG

if TYPE_CHECKING:
    from crawler.proving import Proved


def register(commands: Commands) -> None:
    """Add `profile`."""
    commands.group("profile").add("test", _test, _path)


def _path(parser: Parser) -> None:
    parser.add_argument("path", nargs="*", type=Path, metavar="PATH", help=say("help_arg_profile"))


def _test(context: Context, args: argparse.Namespace) -> int:
    """0 when every profile reads its saved pages as it says; 1 when one does not."""
    from crawler.extract.profile import SITES
    from crawler.proving import profile_files, prove
    from desk.cli.terminal import table

    own = context.app.home / "sites"
    places = args.path or [*([own] if own.is_dir() and any(own.glob("*.toml")) else []), SITES]
    proved = [prove(path, context.app.lang) for place in places for path in profile_files(place)]
    headings = [say("col_profile"), say("col_page"), say("col_items"), say("col_next_page"), say("col_outcome")]
    ok = all(one.ok for one in proved)
    summary = say("profiles_proved", count=len(proved), bad=sum(not one.ok for one in proved))
    context.emit(
        {"ok": ok, "profiles": [_document(one) for one in proved]},
        lambda: table(headings, [row for one in proved for row in _rows(one)], wide=4) + summary,
    )
    return EXIT_OK if ok else EXIT_WRONG


def _rows(one: "Proved") -> list[tuple[object, ...]]:
    if one.problem:
        return [(one.name, one.path.name, "-", "-", one.problem)]
    joined = say("alarms_join").join
    return [
        (one.name, proof.file, proof.items, proof.following or "-", joined(proof.problems) or say("profile_ok"))
        for proof in one.proofs
    ]


def _document(one: "Proved") -> dict[str, Any]:
    pages = [
        {"file": p.file, "url": p.url, "items": p.items, "next": p.following, "problems": list(p.problems)}
        for p in one.proofs
    ]
    return {"profile": one.name, "file": str(one.path), "ok": one.ok, "problem": one.problem, "pages": pages}

"""`markwatch fairs`: the exhibitions that are watched, their exhibitors, and their calendar."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.atomic import write_atomic
from guards.errors import EXIT_OK

if TYPE_CHECKING:
    from records.crawl import Fair


def register(commands: Commands) -> None:
    """Add `fairs`."""
    group = commands.group("fairs")
    group.add("list", _list)
    group.add("show", _show, _fair)
    group.add("ical", _ical, _out)


def _fair(parser: Parser) -> None:
    parser.add_argument("fair", help=say("help_arg_fair"))


def _out(parser: Parser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("help_arg_ical"))


def _document(fair: "Fair") -> dict[str, Any]:
    return {
        "id": fair.id, "name": fair.name, "starts": fair.starts.isoformat() if fair.starts else None,
        "ends": fair.ends.isoformat() if fair.ends else None, "venue": fair.venue, "url": fair.url,
        "exhibitors": len(fair.exhibitors), "seen_at": fair.seen_at.isoformat(),
    }  # fmt: skip


def _list(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table

    rows = [_document(fair) for fair in context.app.records.fairs.all()]
    headings = [say("col_fair"), say("col_dates"), say("col_venue"), say("col_exhibitors")]
    cells = [(r["name"], _dates(r), r["venue"] or "-", r["exhibitors"]) for r in rows]
    context.emit({"fairs": rows}, lambda: table(headings, cells) if cells else say("fairs_none"))
    return EXIT_OK


def _dates(row: dict[str, Any]) -> str:
    days = [row[key] for key in ("starts", "ends") if row[key]]
    return " – ".join(dict.fromkeys(days)) or "-"


def _show(context: Context, args: argparse.Namespace) -> int:
    from desk.cli.terminal import table
    from patrol.fairs import find_fair

    fair = find_fair(context.app.records.fairs.all(), args.fair)
    rows = [
        {"name": e.name, "booth": e.booth, "country": e.country, "products": list(e.products), "site": e.site}
        for e in fair.exhibitors
    ]
    headings = [say("col_name"), say("col_booth"), say("col_country"), say("col_products"), say("col_site")]
    cells = [
        (e.name, e.booth or "-", e.country or "-", ";".join(e.products) or "-", e.site or "-") for e in fair.exhibitors
    ]
    context.emit(_document(fair) | {"exhibitors": rows}, lambda: table(headings, cells, wide=3))
    return EXIT_OK


def _ical(context: Context, args: argparse.Namespace) -> int:
    from patrol.almanac import calendar

    fairs = [fair for fair in context.app.records.fairs.all() if fair.starts]
    write_atomic(args.out, calendar(fairs))
    document = {"file": str(args.out), "fairs": len(fairs)}
    context.emit(document, lambda: say("fairs_written", count=len(fairs), file=args.out))
    return EXIT_OK

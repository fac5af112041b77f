"""`markwatch login`: a user's own cookies for a host, sealed, with the authority to use them."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_OK, both


def register(commands: Commands) -> None:
    """Add `login`."""
    group = commands.group("login")
    group.add("add", _add, _definition)
    group.add("list", _list)
    group.add("remove", _remove, _one)


def _definition(parser: Parser) -> None:
    parser.add_argument("host", help=say("help_arg_login_host"))
    parser.add_argument("--cookies", required=True, metavar="FILE", help=say("help_opt_cookies"))
    parser.add_argument("--authority", required=True, metavar="TEXT", help=say("help_opt_login_authority"))
    parser.add_argument("--until", default="", metavar="YYYY-MM-DD", help=say("help_opt_login_until"))


def _one(parser: Parser) -> None:
    parser.add_argument("login", help=say("help_arg_login"))


def _add(context: Context, args: argparse.Namespace) -> int:
    from guards.caps import read_capped
    from patrol.errors import Misused
    from patrol.logins import MAX_BYTES, read_cookies

    if args.cookies == "-":
        text = sys.stdin.read(MAX_BYTES + 1)
    else:
        try:
            with Path(args.cookies).open("rb") as stream:
                text = read_capped(stream, MAX_BYTES).decode("utf-8", "replace")
        except OSError as error:
            message = both(f"无法读取 {args.cookies}:{error.strerror}", f"cannot read {args.cookies}: {error.strerror}")
            raise Misused(message, "--cookies FILE") from error
    host = args.host.strip().lower()
    cookies, others = read_cookies(text, host)
    app = context.app
    login = app.logins.seal(host, cookies, args.authority, context.actor, app.now(), _day(args.until))
    app.records.logins.save(login)
    app.records.audit.append(context.actor, "login added", login.id, f"{host}: {args.authority}")
    document = {"id": login.id, "host": host, "cookies": len(cookies), "others": others}
    context.emit(document, lambda: say("login_added", **document))
    return EXIT_OK


def _day(text: str) -> datetime | None:
    from patrol.errors import Misused

    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        message = both(f"应为日期 YYYY-MM-DD,实为 {text[:20]!r}", f"expected a date YYYY-MM-DD, found {text[:20]!r}")
        raise Misused(message, "--until 2027-01-31") from error


def _list(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table

    rows = [
        {
            "id": one.id, "host": one.host, "authority": one.authority, "actor": one.actor, "made_at": one.made_at.isoformat(),
            "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        }
        for one in context.app.records.logins.all()
    ]  # fmt: skip
    headings = [say("col_id"), say("col_host"), say("col_authority"), say("col_actor"), say("col_until")]
    cells = [(r["id"], r["host"], r["authority"], r["actor"], (r["expires_at"] or "-")[:10]) for r in rows]
    context.emit({"logins": rows}, lambda: table(headings, cells, wide=2) if cells else say("logins_none"))
    return EXIT_OK


def _remove(context: Context, args: argparse.Namespace) -> int:
    context.app.records.logins.delete(args.login)
    context.app.records.audit.append(context.actor, "login removed", args.login)
    context.emit({"removed": args.login}, lambda: say("login_removed", id=args.login))
    return EXIT_OK

"""`markwatch desk`: the review desk. `markwatch work`: the worker that captures, stamps and upgrades."""

import argparse

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_FAILED, EXIT_OK


def register(commands: Commands) -> None:
    """Add `desk` and `work`."""
    commands.add("desk", _desk, _address)
    commands.add("work", _work, _pace)


def _address(parser: Parser) -> None:
    parser.add_argument("--host", default="", metavar="H", help=say("help_opt_host"))
    parser.add_argument("--new-token", action="store_true", help=say("help_opt_new_token"))
    parser.add_argument("--port", type=int, default=-1, metavar="P", help=say("help_opt_port"))


def _pace(parser: Parser) -> None:
    parser.add_argument("--once", action="store_true", help=say("help_opt_once"))
    parser.add_argument("--hands", type=int, default=2, metavar="N", help=say("help_opt_hands"))


def _desk(context: Context, args: argparse.Namespace) -> int:
    """Print a one-time sign-in link, then serve until stopped; a stop by Ctrl-C or SIGTERM is a good end.

    With `--new-token` print a new API token of the actor instead, and end.
    """
    from desk.web.serve import Desk, open_access

    if args.new_token:
        token = open_access(context.app).new_token(context.actor)
        context.emit({"token": token, "actor": context.actor}, lambda: token)
        return EXIT_OK

    desk = Desk.open(context.app, host=args.host, port=args.port, actor=context.actor)
    document = {"desk": desk.url, "sign_in": desk.sign_in_url()}
    context.emit(document, lambda: say("desk_up", url=desk.url, sign_in=document["sign_in"]))
    desk.serve()
    return EXIT_OK


def _work(context: Context, args: argparse.Namespace) -> int:
    report = context.app.worker().run(once=args.once, progress=context.say, hands=max(1, min(args.hands, 8)))
    document = report.document()
    context.emit(document, lambda: say("work_done", done=report.done, retrying=report.retrying, failed=report.failed))
    return EXIT_FAILED if report.failed else EXIT_OK

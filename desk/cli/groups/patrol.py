"""`markwatch patrol`: the day's round; crawls what is due, detects, stores hits."""

import argparse
from collections.abc import Callable

from desk.alarms import with_robots
from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.errors import EXIT_FAILED, EXIT_OK, EXIT_WRONG


def register(commands: Commands) -> None:
    """Add `patrol`."""
    commands.add("patrol", _patrol, _options)


def _options(parser: Parser) -> None:
    parser.add_argument("--watch", default="", metavar="NAME", help=say("help_opt_watch"))
    parser.add_argument("--due", action="store_true", help=say("help_opt_due"))


def _in_words(context: Context) -> Callable[..., None]:
    """Return a progress printer that says a run's outcome in words."""

    def progress(key: str, /, **values: object) -> None:
        if "outcome" in values:
            values["outcome"] = say(f"run_{values['outcome']}")
        context.say(key, **values)

    return progress


def _patrol(context: Context, args: argparse.Namespace) -> int:
    """0 when every source was read; 4 when a source could not be; 1 when kept pictures were found changed."""
    from desk.cli.terminal import table

    round_ = context.app.round()
    report = round_.run(watch_name=args.watch, due_only=args.due, progress=_in_words(context))
    headings = [
        say("col_watch"),
        say("col_outcome"),
        say("col_pages"),
        say("col_items"),
        say("col_new"),
        say("col_reason"),
    ]
    cells = [
        (w.watch, say(f"run_{w.outcome}"), w.pages, w.items, w.new_items, with_robots(w.reason, w.robots))
        for w in report.watches
    ]
    summary = say(
        "patrol_done", watches=len(report.watches), failed=report.failed, hits=report.new_hits, alerts=report.alerts
    )
    context.emit(report.document(), lambda: (table(headings, cells) if cells else "") + summary)
    if report.failed:
        return EXIT_FAILED
    return EXIT_WRONG if report.damaged else EXIT_OK

"""`markwatch watch add/list/test/pause/import`: where to look, and a dry run before anything is saved."""

import argparse
from pathlib import Path
from typing import Any

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import say
from guards.atomic import write_atomic
from guards.errors import EXIT_FAILED, EXIT_OK, EXIT_WRONG


def register(commands: Commands) -> None:
    """Add the `watch` commands."""
    group = commands.group("watch")
    group.add("add", _add, _definition)
    group.add("list", _list)
    group.add("test", _test, _url)
    group.add("pause", _pause, _name)
    group.add("import", _import, _file)
    group.add("screenshot", _screenshot, _shot)


def _definition(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", default="", help=say("help_arg_watch"))
    parser.add_argument("--target", action="append", default=[], metavar="URL", help=say("help_opt_target"))
    parser.add_argument("--url", action="append", dest="target", metavar="URL", help=say("help_opt_target"))
    parser.add_argument("--kind", default="", metavar="KIND", help=say("help_opt_kind"))
    parser.add_argument("--right", action="append", default=[], metavar="ID", help=say("help_opt_right"))
    parser.add_argument("--cadence", type=int, default=24, metavar="HOURS", help=say("help_opt_cadence"))
    parser.add_argument("--window", default="", metavar="HH:MM-HH:MM", help=say("help_opt_window"))
    parser.add_argument("--pages", type=int, default=20, metavar="N", help=say("help_opt_pages"))
    parser.add_argument("--render", default="auto", metavar="MODE", help=say("help_opt_render"))
    parser.add_argument("--session", default="", metavar="ID", help=say("help_opt_session"))
    parser.add_argument("--authority", default="", metavar="TEXT", help=say("help_opt_authority"))


def _name(parser: Parser) -> None:
    parser.add_argument("name", help=say("help_arg_watch"))
    parser.add_argument("--resume", action="store_true", help=say("help_opt_resume"))


def _shot(parser: Parser) -> None:
    parser.add_argument("name", help=say("help_arg_watch"))
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("help_arg_shot"))


def _url(parser: Parser) -> None:
    parser.add_argument("url", metavar="URL", help=say("help_arg_url"))
    parser.add_argument("--pages", type=int, default=1, metavar="N", help=say("help_opt_pages"))
    parser.add_argument("--render", default="auto", metavar="MODE", help=say("help_opt_render"))


def _file(parser: Parser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=say("help_arg_watches"))


def _add(context: Context, args: argparse.Namespace) -> int:
    from patrol.watches import WatchDraft, save_watch

    if context.interactive and not (args.name and args.target):
        from desk.cli.questions import ask_watch

        ask_watch(context, args)
    draft = WatchDraft(
        name=args.name,
        targets=tuple(args.target),
        kind=args.kind,
        rights=tuple(args.right),
        cadence_hours=args.cadence,
        pages=args.pages,
        render=args.render,
        authority=args.authority,
        window=args.window,
        session=args.session,
    )
    watch = save_watch(context.app, draft, context.actor)
    document = _document(watch)
    context.emit(document, lambda: say("watch_added", name=watch.name, targets="  ".join(watch.targets)))
    return EXIT_OK


def _document(watch: "object") -> dict[str, Any]:
    from patrol.watches import watch_document

    return watch_document(watch)  # type: ignore[arg-type]


def _list(context: Context, _args: argparse.Namespace) -> int:
    from desk.alarms import alarms_in_words, with_robots
    from desk.cli.terminal import table
    from patrol.times import beijing_minute
    from patrol.watches import overview

    rows = overview(context.app)
    headings = [
        say("col_name"),
        say("col_state"),
        say("col_targets"),
        say("col_rights"),
        say("col_last_run"),
        say("col_outcome"),
        say("col_items"),
        say("col_next_due"),
        say("col_alarms"),
    ]
    cells = [
        (
            r["name"],
            say(f"watch_state_{r['state']}"),
            " ".join(map(str, r["targets"])),
            ";".join(map(str, r["rights"])) or say("all_rights"),
            beijing_minute(r["last_run"] or "") or "-",
            with_robots(say(f"run_{r['outcome']}") if r["outcome"] else "-", "overridden" if r["authority"] else ""),
            say("items_usual", items=r["items"], usual=f"{r['usual_items']:g}") if r["usual_items"] else r["items"],
            _next_due(r),
            alarms_in_words(r["alarms"]) or "-",
        )
        for r in rows
    ]
    context.emit({"watches": rows}, lambda: table(headings, cells) if cells else say("watches_none"))
    return EXIT_OK


def _next_due(row: dict[str, Any]) -> str:
    """Return when a watch is due, and the fair that makes it due sooner."""
    from patrol.times import beijing_minute

    due = beijing_minute(row["next_due"] or "") or "-"
    return f"{due} · {say('watch_fair', **row['fair'])}" if row["fair"] else due


def _test(context: Context, args: argparse.Namespace) -> int:
    """Print what a crawl of this URL would find. Nothing is saved."""
    from desk.cli.terminal import table
    from patrol.watches import dry_run

    document = dry_run(context.app, args.url, pages=args.pages, render=args.render)
    headings = [say("col_row"), say("col_title"), say("col_price"), say("col_picture")]

    def in_words() -> str:
        items = document["items"]
        cells = [
            (
                number,
                (i["title"], i["url"] or i["id"] or "-"),
                f"{i['price'] or ''} {i['currency'] or ''}".strip(),
                _pictured(i, document["pictures"]),
            )
            for number, i in enumerate(items, start=1)
        ]
        summary = say(
            "watch_tested",
            items=len(items),
            rung=document["rung"] or "-",
            outcome=say(f"run_{document['outcome']}"),
            next=document["next"] or "-",
        )
        lines = [summary, say("watch_robots", robots=say(f"robots_{document['robots'].partition(' ')[0]}"))]
        if document["missing"]:
            fields = say("alarms_join").join(say(f"card_{name}") for name in document["missing"])
            lines.append(say("watch_missing", fields=fields))
        return (table(headings, cells, wide=1) if cells else "") + "\n".join(lines) + _sample_hits(document)

    context.emit(document, in_words)
    outcome = document["outcome"]
    if outcome in {"failed", "blocked"}:
        context.say("watch_test_failed", reason=document.get("reason") or say(f"run_{outcome}"))
        return EXIT_FAILED
    return EXIT_OK


def _pictured(item: dict[str, Any], sizes: dict[str, str]) -> str:
    """Return a picture's size, or that there is one that was not measured."""
    return sizes.get(str(item["image"])[:500]) or (say("picture_there") if item["image"] else "-")


def _sample_hits(document: dict[str, Any]) -> str:
    """Return the sample hits as a table with their count above."""
    from desk.cli.terminal import table

    if document["hits_found"] is None:
        return "\n" + say("watch_no_rights")
    headings = [say("col_title"), say("col_right"), say("col_outcome"), say("col_why")]
    cells = [(h["title"], h["right_name"], say(f"outcome_{h['outcome']}"), h["why"]) for h in document["hits"]]
    told = "\n" + say("watch_hits", count=document["hits_found"], items=len(document["items"]))
    if document["hits_a_day"] is not None:
        told += "\n" + say("watch_hits_a_day", count=f"{document['hits_a_day']:g}")
    return told + ("\n" + table(headings, cells, wide=3) if cells else "")


def _pause(context: Context, args: argparse.Namespace) -> int:
    from patrol.watches import pause

    watch = pause(context.app, args.name, resume=args.resume, actor=context.actor)
    context.emit(_document(watch), lambda: say("watch_resumed" if args.resume else "watch_paused", name=watch.name))
    return EXIT_OK


def _import(context: Context, args: argparse.Namespace) -> int:
    """Save every good watch of a TOML file; name the bad ones and end with 1."""
    from patrol.watches import import_watches

    saved, problems = import_watches(context.app, args.file, context.actor)
    for name, reason in problems:
        context.say("bad_watch", name=name, reason=reason)
    document = {
        "watches": [w.name for w in saved],
        "errors": [{"watch": n, "reason": r} for n, r in problems],
        "next_step": context.mend(len(problems)),
    }
    context.emit(document, lambda: say("watches_imported", saved=len(saved), bad=len(problems)))
    return EXIT_WRONG if problems else EXIT_OK


def _screenshot(context: Context, args: argparse.Namespace) -> int:
    """Write the picture of the page that blocked a watch's newest run."""
    from patrol.watches import blocked_page

    data = blocked_page(context.app, args.name)
    write_atomic(args.out, data)
    context.emit({"file": str(args.out), "bytes": len(data)}, lambda: say("shot_written", file=args.out))
    return EXIT_OK

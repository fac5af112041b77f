"""`markwatch hits list/show/decide/confirm`: the review, from a shell."""

import argparse
from pathlib import Path
from typing import Any

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import field_name, language, say
from guards.errors import EXIT_OK


def register(commands: Commands) -> None:
    """Add the `hits` commands."""
    group = commands.group("hits")
    group.add("list", _list, _filters)
    group.add("show", _show, _hit, _showing)
    group.add("decide", _decide, _hit, _verdict)
    group.add("confirm", _confirm, _hit, _confirmation)


def _filters(parser: Parser) -> None:
    parser.add_argument("--state", default="", metavar="STATE", help=say("help_opt_state"))
    parser.add_argument("--right", default="", metavar="ID", help=say("help_opt_right"))
    parser.add_argument("--all", action="store_true", help=say("help_opt_all_hits"))
    parser.add_argument("--limit", type=int, default=200, metavar="N", help=say("help_opt_limit"))


def _hit(parser: Parser) -> None:
    parser.add_argument("hit", metavar="ID", help=say("help_arg_hit"))


def _showing(parser: Parser) -> None:
    parser.add_argument("--unmask", action="store_true", help=say("help_opt_unmask"))
    parser.add_argument("--overlay", type=Path, default=None, metavar="FILE", help=say("help_opt_overlay"))
    parser.add_argument("--finding", type=int, default=0, metavar="N", help=say("help_opt_finding"))


def _verdict(parser: Parser) -> None:
    verdicts = ["suspected", "false_positive", "authorised", "snooze", "undo"]
    parser.add_argument("verdict", choices=verdicts, help=say("help_arg_verdict"))
    parser.add_argument("--reason", default="", metavar="TEXT", help=say("help_opt_reason"))
    parser.add_argument("--snapshot", default="", metavar="ID", help=say("help_opt_snapshot"))


def _confirmation(parser: Parser) -> None:
    parser.add_argument("--return", dest="send_back", action="store_true", help=say("help_opt_return"))
    parser.add_argument("--reason", default="", metavar="TEXT", help=say("help_opt_reason"))
    parser.add_argument("--snapshot", default="", metavar="ID", help=say("help_opt_snapshot"))


def _list(context: Context, args: argparse.Namespace) -> int:
    from desk.cli.terminal import harmless, table
    from patrol.today import hit_rows, source_health

    app = context.app
    rows = hit_rows(app, state=args.state, right=args.right, everything=args.all, limit=args.limit)
    health = source_health(app)
    failed = sum(1 for s in health if s["failed"])
    patrolled = sum(1 for s in health if s["outcome"] != "never")
    document = {"hits": rows, "sources": health, "patrolled": patrolled, "failed": failed}
    headings = [say(f"col_{n}") for n in ("id", "score", "outcome", "state", "right", "title", "price")]
    cells = [
        (
            str(r["id"])[:10],
            f"{r['score']:.2f}",
            say(f"outcome_{r['outcome']}"),
            say(f"state_{r['state']}"),
            harmless(r["right_name"], 20),
            (f"{r['title']} ({r['seller'] or '-'})", r["why"]),
            r["price"] or "-",
        )
        for r in rows
    ]
    nothing = say("hits_none", sources=patrolled, failed=failed)

    def in_words() -> str:
        return table(headings, cells, wide=5) + say("hits_count", hits=len(rows)) if cells else nothing

    context.emit(document, in_words)
    return EXIT_OK


def _show(context: Context, args: argparse.Namespace) -> int:
    from patrol.today import hit_document

    document = hit_document(context.app, args.hit, unmasked_by=context.actor if args.unmask else "")
    if args.overlay is not None:
        from patrol.overlays import draw_hit

        document["overlay"] = draw_hit(context.app, args.hit, args.finding, args.overlay)
    context.emit(document, lambda: _in_words(document))
    return EXIT_OK


_SHOWN = (
    "id", "title", "description", "url", "seller", "seller_location", "price", "origin", "right_name", "registration_no",
    "score", "outcome", "state", "first_seen", "last_seen", "case",
)  # fmt: skip
"""What `hits show` prints above the findings."""


def _in_words(document: dict[str, Any]) -> str:
    from desk.cli.terminal import harmless, table

    shown = document | {
        "url": document["url"] or document["page_url"],
        "outcome": say(f"outcome_{document['outcome']}"),
        "state": say(f"state_{document['state']}"),
    }
    head = [(say(f"col_{name}"), shown.get(name) or "-") for name in _SHOWN]
    findings = document.get("findings")
    rows = (
        [
            (f["detector"], f["rule"], field_name(f["field"], language()), f["text"], f["score"], f["explanation"])
            for f in findings
        ]
        if isinstance(findings, list)
        else []
    )
    headings = [say(f"col_{n}") for n in ("detector", "rule", "field", "text", "score", "why")]
    lines = [f"{name}: {harmless(value)}" for name, value in head]
    drawn = document.get("overlay")
    kept = [line for number, f in enumerate(findings or (), 1) for line in _kept(number, f)] + _decided(document)
    kept += [say("overlay_drawn", file=drawn["file"], finding=drawn["finding"])] if drawn else []
    return "\n".join(lines) + "\n" + table(headings, rows) + "\n".join(harmless(line) for line in kept) + "\n"


def _kept(number: int, finding: dict[str, Any]) -> list[str]:
    """Return a finding's place, region, ground, sample and steps, one line, where it has any of them."""
    told = {
        "speaks_against": "✓" if finding["against"] else "",
        "span": f"{finding['start']}–{finding['end']}" if finding["end"] else "",
        "region": ",".join(map(str, finding["region"] or ())),
        "ground": finding["ground"],
        "reference": finding["reference"],
        "steps": "; ".join(finding["steps"]),
    }
    parts = [f"{say(f'col_{name}')} {value}" for name, value in told.items() if value]
    return [f"{number}. {finding['rule']}: {' · '.join(parts)}"] if parts else []


def _decided(document: dict[str, Any]) -> list[str]:
    """Return the threshold, the runner-up and the versions that the findings were made with."""
    other, findings = document.get("runner_up"), document.get("findings") or ()
    versions = {name: value for finding in findings for name, value in finding["versions"].items()}
    lines = [f"{say('col_threshold')}: {document['threshold']}"]
    lines += [f"{say('col_runner_up')}: {other['right']} {other['score']:.2f}"] if other else []
    return [*lines, f"{say('col_versions')}: " + " ".join(f"{k}={v}" for k, v in sorted(versions.items()))]


def _decide(context: Context, args: argparse.Namespace) -> int:
    from patrol.review import decision_document
    from records.terms import Verdict

    done = context.app.review().decide(
        args.hit, Verdict(args.verdict), actor=context.actor, reason=args.reason, seen=args.snapshot
    )
    document = decision_document(done)
    context.emit(
        document,
        lambda: say("decided", hit=done.hit.id[:10], state=say(f"state_{done.hit.state.value}"), actor=context.actor),
    )
    return EXIT_OK


def _confirm(context: Context, args: argparse.Namespace) -> int:
    from patrol.review import decision_document

    done = context.app.review().confirm(
        args.hit, actor=context.actor, agree=not args.send_back, reason=args.reason, seen=args.snapshot
    )
    document = decision_document(done)
    key = "returned" if args.send_back else "confirmed"
    number = done.case.number if done.case else "-"
    context.emit(document, lambda: say(key, hit=done.hit.id[:10], actor=context.actor, case=number))
    return EXIT_OK

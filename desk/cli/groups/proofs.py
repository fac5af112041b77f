"""`markwatch capture`, `stamp` and `proofs list/upgrade/verify`: keeping a page, and proving when a file existed."""

import argparse
from pathlib import Path
from typing import Any

from desk.cli.context import Context
from desk.cli.parser import Commands, Parser
from desk.words import language, say
from guards.errors import EXIT_FAILED, EXIT_OK, EXIT_UNDECIDED, EXIT_WRONG


def register(commands: Commands) -> None:
    """Add `capture`, `stamp` and the `proofs` commands."""
    commands.add("capture", _capture, _page)
    commands.add("stamp", _stamp, _files)
    group = commands.group("proofs")
    group.add("list", _list)
    group.add("upgrade", _upgrade)
    group.add("verify", _verify, _proof)


def _page(parser: Parser) -> None:
    parser.add_argument("url", metavar="URL", help=say("help_arg_url"))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=say("help_opt_out_dir"))


def _files(parser: Parser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help=say("help_arg_stamp"))


def _proof(parser: Parser) -> None:
    parser.add_argument("proof", type=Path, metavar="PROOF", help=say("help_arg_proof"))
    parser.add_argument("--file", type=Path, required=True, metavar="FILE", help=say("help_opt_file"))
    parser.add_argument("--headers", type=Path, default=None, metavar="HEADERS.json", help=say("help_opt_headers"))


def _capture(context: Context, args: argparse.Namespace) -> int:
    """0 complete, 1 partial (something is missing, and named), 4 failed."""
    from patrol.keeping import capture_document
    from patrol.watches import check_url

    check_url(args.url)
    context.say("capturing", url=args.url)
    document = capture_document(context.app, args.url, args.out)
    shown = {"outcome": say(f"capture_{document['outcome']}"), "wacz": document["wacz"] or "-"}
    context.emit(document, lambda: say("captured", reason=document.get("reason", ""), **shown))
    if document["outcome"] == "failed":
        return EXIT_FAILED
    return EXIT_OK if document["outcome"] == "complete" else EXIT_WRONG


def _stamp(context: Context, args: argparse.Namespace) -> int:
    from patrol.keeping import stamp_files

    rows = stamp_files(context.app, args.files, progress=context.say)
    pending = [r for r in rows if r["state"] != "verified"]
    context.emit({"proofs": rows}, lambda: "\n".join(say("stamped", **_shown(r)) for r in rows))
    return EXIT_UNDECIDED if pending else EXIT_OK


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    state = row["state"]
    return {"file": row["file"], "state": say(f"proof_{state}"), "proof": row["proof"] or "-", "reason": row["reason"]}


def _list(context: Context, _args: argparse.Namespace) -> int:
    from desk.cli.terminal import table
    from patrol.keeping import proof_rows

    rows = proof_rows(context.app)
    headings = [say(f"col_{n}") for n in ("id", "subject", "anchor", "state", "reason")]
    cells = [(str(r["id"])[:10], r["subject"], r["anchor"], say(f"proof_{r['state']}"), r["reason"]) for r in rows]
    context.emit({"proofs": rows}, lambda: table(headings, cells) if cells else say("proofs_none"))
    return EXIT_OK


def _upgrade(context: Context, _args: argparse.Namespace) -> int:
    from patrol.keeping import upgrade_proofs

    document = upgrade_proofs(context.app, progress=context.say)
    context.emit(document, lambda: say("proofs_upgraded", upgraded=document["upgraded"], waiting=document["waiting"]))
    return EXIT_UNDECIDED if document["waiting"] else EXIT_OK


def _verify(context: Context, args: argparse.Namespace) -> int:
    """Verified 0, pending or unverifiable 2, invalid 1."""
    from patrol.keeping import verify_proof_file

    document, code = verify_proof_file(args.proof, args.file, args.headers, language())
    context.emit(
        document,
        lambda: say(
            "proof_checked",
            state=say(f"verdict_{document['state']}"),
            level=document["level"],
            reason=document["reason"],
        ),
    )
    return code

"""What `watch add` asks a person at a terminal, step by step: an answer that cannot be is said why, and asked again."""

import argparse
from collections.abc import Callable
from typing import TypeVar

from desk.cli.context import Context
from desk.words import say
from guards.errors import both
from patrol.errors import Misused
from patrol.watches import check_url
from patrol.window import window_of

_T = TypeVar("_T")
_TRIES = 5
"""How often one question is asked before the command gives up."""


def ask_watch(context: Context, args: argparse.Namespace) -> None:
    """Ask for what the flags of `watch add` left open, and put it into `args`.

    Raises Misused with the last reason where an answer cannot be used five times over.
    """
    args.name = args.name or _asked(context, "ask_name", "", _name)
    args.target = args.target or [_asked(context, "ask_target", "", _url)]
    args.right = args.right or _asked(context, "ask_rights", "", lambda text: _rights(context, text))
    args.cadence = _asked(context, "ask_cadence", str(args.cadence), _count)
    args.pages = _asked(context, "ask_pages", str(args.pages), _count)
    args.window = args.window or _asked(context, "ask_window", "", lambda text: str(window_of(text) or ""))


def _asked(context: Context, question: str, default: str, read: Callable[[str], _T]) -> _T:
    from rich.console import Console
    from rich.prompt import Prompt

    console = Console(file=context.err)
    for left in range(_TRIES - 1, -1, -1):
        answer = Prompt.ask(say(question), console=console, default=default, show_default=bool(default))
        try:
            return read(answer.strip())
        except Misused as error:
            if not left:
                raise
            console.print(error.in_lang(context.app.lang), markup=False, highlight=False)
    raise AssertionError  # the loop ends by return or raise


def _name(text: str) -> str:
    if not text:
        raise Misused(both("名称不能为空", "expected a name, found nothing"), "")
    return text


def _url(text: str) -> str:
    check_url(text)
    return text


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:7]) > 0:
        return int(text[:7])
    raise Misused(
        both(f"应为不小于 1 的整数,实为 {text[:20]!r}", f"expected a whole number of 1 or more, found {text[:20]!r}"),
        "",
    )


def _rights(context: Context, text: str) -> list[str]:
    wanted = [part.strip() for part in text.replace("\uff1b", ";").split(";") if part.strip()]
    known = {right.id for right in context.app.records.rights.all()}
    unknown = [one for one in wanted if one not in known]
    if unknown:
        shown = ", ".join(sorted(known)[:12])
        raise Misused(
            both(
                f"没有权利 {unknown[0]!r};已有:{shown or '尚无'}",
                f"unknown right {unknown[0]!r}; known: {shown or 'none'}",
            ),
            "",
        )
    return wanted

"""The argument parser: `argparse` with our exit code for misuse and help in the user's language.

Importing this file must stay cheap: `markwatch --help` answers within half a second.
"""

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TextIO

from desk.words import say
from guards.errors import EXIT_MISUSED, MarkwatchError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

    from desk.cli.context import Context

Handler = Callable[["Context", argparse.Namespace], int]
"""What a command does: takes the context and its arguments, returns the exit code."""


class UsageError(MarkwatchError):
    """The command line was not understood; `usage` is the short usage of the command."""

    exit_code = EXIT_MISUSED

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message, say("see_help"))
        self.usage = usage


class _Help(argparse.HelpFormatter):
    """argparse's help with the word for usage in the user's language."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: "Iterable[argparse._MutuallyExclusiveGroup]",
        prefix: str | None = None,
    ) -> None:
        """Add the usage line."""
        super().add_usage(usage, actions, groups, say("help_usage") if prefix is None else prefix)


_SAID = (
    (re.compile(r"the following arguments are required: (?P<what>.+)"), "usage_required"),
    (re.compile(r"unrecognized arguments: (?P<what>.+)"), "usage_unrecognised"),
    (re.compile(r"argument (?P<name>.+?): invalid choice: (?P<what>.+) \(choose from (?P<known>.+)\)"), "usage_choice"),
    (re.compile(r"argument (?P<name>.+?): invalid int value: (?P<what>.+)"), "usage_number"),
    (re.compile(r"argument (?P<name>.+?): expected (?:one|at least one) argument"), "usage_value"),
)
"""argparse's own complaints and the catalogue's keys for them; another one is shown as it is."""


def in_words(message: str) -> str:
    """Return argparse's complaint in the user's language, or as it is where the catalogue has no words for it."""
    for pattern, key in _SAID:
        if found := pattern.fullmatch(message):
            return say(key, **found.groupdict())
    return message


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` instead of ending the process with 2, with help in two languages."""

    out: ClassVar[TextIO | None] = None
    """Where help is printed; standard output where None."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given, add_help=False, formatter_class=_Help)
        self._positionals.title, self._optionals.title = say("help_positionals"), say("help_options")
        self.add_argument("-h", "--help", action="help", help=say("help_opt_help"))

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help on `out`, which may be another stream than the interpreter's standard output."""
        super().print_help(file or Parser.out)

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with the message."""
        raise UsageError(in_words(message), self.format_usage())


class Commands:
    """Collects commands: every one gets `--json`, `--actor` and help from the catalogue (`help_<name>`)."""

    def __init__(self, subparsers: "argparse._SubParsersAction[Parser]", prefix: str = "") -> None:
        self._subparsers = subparsers
        self._prefix = prefix

    def add(self, name: str, handler: Handler, *arguments: Callable[[Parser], object]) -> Parser:
        """Add a command; `arguments` are functions that add its options."""
        parser = self._parser(name)
        for add_arguments in arguments:
            add_arguments(parser)
        _common(parser)
        parser.set_defaults(run=handler, command=f"{self._prefix}{name}")
        return parser

    def group(self, name: str) -> "Commands":
        """Add a command that has commands of its own."""
        parser = self._parser(name)
        inner = parser.add_subparsers(dest=f"{name}_command", required=True, metavar="COMMAND", parser_class=Parser)
        return Commands(inner, f"{self._prefix}{name} ")

    def _parser(self, name: str) -> Parser:
        key = "help_" + f"{self._prefix}{name}".replace(" ", "_").replace("-", "_")
        text = say(key)
        return self._subparsers.add_parser(name, help=text, description=text, allow_abbrev=False)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=say("help_opt_json"))
    parser.add_argument("--actor", default=argparse.SUPPRESS, metavar="NAME", help=say("help_opt_actor"))


def build(register: Sequence[Callable[[Commands], None]]) -> Parser:
    """Return the whole parser; each function in `register` adds its group's commands."""
    parser = Parser(prog="markwatch", description=say("help_markwatch"), epilog=say("help_epilog"), allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help=say("help_opt_version"))
    _common(parser)
    subparsers = parser.add_subparsers(dest="top", metavar="COMMAND", parser_class=Parser)
    commands = Commands(subparsers)
    for add_group in register:
        add_group(commands)
    return parser

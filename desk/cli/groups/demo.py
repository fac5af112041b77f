"""`markwatch demo`: the main job from start to end on the bundled sample market."""

import argparse

from desk.cli.context import Context
from desk.cli.parser import Commands


def register(commands: Commands) -> None:
    """Add `demo`."""
    commands.add("demo", _demo)


def _demo(context: Context, _args: argparse.Namespace) -> int:
    from demo.run import run

    return run(context, as_json=context.as_json)

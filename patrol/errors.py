"""The errors of patrol; each says what was expected, what was found, and what to do next."""

from typing import ClassVar

from guards.errors import EXIT_MISUSED, EXIT_UNDECIDED, EXIT_WRONG, MarkwatchError, Said, both


class PatrolError(MarkwatchError):
    """Root of what patrol raises on purpose."""


class WrongSettings(PatrolError):
    """Another folder's `settings.py` was found, or a value in ours is not usable."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class HomeUnusable(PatrolError):
    """MARKWATCH_HOME cannot be made or written."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class NoBrowser(PatrolError):
    """No Chromium was found, so nothing can be rendered or captured."""


class Misused(PatrolError):
    """A command or call that names something unknown: a watch, a hit, a case."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class ReviewRefused(PatrolError):
    """A decision that the review rules do not allow; the message says which rule and why."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class FoundWrong(PatrolError):
    """Something that was checked is wrong: a bad row, a changed file."""

    exit_code: ClassVar[int] = EXIT_WRONG


class NotYet(PatrolError):
    """Not decidable yet: a capture or a proof is still pending."""

    exit_code: ClassVar[int] = EXIT_UNDECIDED


def see(command: str) -> Said:
    """Return the next step that points to a command, such as `hits list`, in both languages."""
    return both(f"查看:markwatch {command}", f"see: markwatch {command}")


def check_path() -> Said:
    """Return the next step for a file that is not there or cannot be read."""
    return both("检查路径与权限", "check the path and its rights")

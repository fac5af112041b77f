"""The one error family: what went wrong, and what to do next.

Every package has one root below `MarkwatchError`. A message states what was expected and what was found;
`next_step` tells the user what to do. The command line prints both and ends with `exit_code`; no traceback.
What users meet says both in two languages: `raise Refused(both("误报须写理由", "a false alarm needs a reason"), …)`.
"""

from typing import ClassVar

EXIT_OK = 0
"""All well."""
EXIT_WRONG = 1
"""Something was found wrong: a bad row, a tampered file."""
EXIT_UNDECIDED = 2
"""Not decidable yet: a proof pending, an anchor out of reach."""
EXIT_MISUSED = 3
"""Usage or configuration."""
EXIT_FAILED = 4
"""Failed, and nothing half-written is left behind."""


class Said(str):
    """A message in English that carries its Chinese reading in `zh`; an f-string of it is plain English again."""

    __slots__ = ("zh",)
    zh: str


def both(zh: str, en: str) -> Said:
    """Return a message in both languages: it reads as `en` wherever a plain text is expected."""
    message = Said(en)
    message.zh = zh
    return message


def reading(text: str, lang: str) -> str:
    """Return the text in `lang` ("zh" or "en"); a plain text has one reading only."""
    return str(getattr(text, "zh", text)) if lang == "zh" else str(text)


class MarkwatchError(Exception):
    """Root of all errors that markwatch raises on purpose.

    `message` gives expected and actual, `next_step` the way on (may be empty), `exit_code` what a command
    that meets it ends with.
    """

    exit_code: ClassVar[int] = EXIT_FAILED

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} — {self.next_step}" if self.next_step else self.message

    def in_lang(self, lang: str) -> str:
        """Return message and next step on one line in `lang`; English where an error has no Chinese reading."""
        message, step = reading(self.message, lang), reading(self.next_step, lang)
        return f"{message} — {step}" if step else message


class GuardError(MarkwatchError):
    """Root of what the guards refuse."""


class EgressRefused(GuardError):
    """An address that must not be reached: private, loopback, link-local, metadata, or an unknown scheme."""


class CapExceeded(GuardError):
    """More bytes, pixels or depth than a cap allows."""


class TimedOut(GuardError):
    """A deadline passed; the work was killed."""


class WorkerDied(GuardError):
    """The killable child ended without an answer."""


class HostUnresolved(EgressRefused):
    """A host name that has no address now: nothing was reached, so nothing is known of it."""


class Malformed(GuardError):
    """Bytes that are not what they are taken for: not an image, not JSON, not an HTTP answer."""


class Unreachable(GuardError):
    """No connection could be made, or it broke before the whole answer was there."""


class DiskFull(GuardError):
    """The disk has no room left; nothing half-written was kept."""


class JobFailed(GuardError):
    """The function in the killable child raised something other than an error of ours."""


class BrokenPlugIn(GuardError):
    """A file in a folder of plug-ins cannot be imported; the start is refused."""

    exit_code: ClassVar[int] = EXIT_MISUSED

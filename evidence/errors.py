"""What evidence refuses. Every error leaving this package derives from `EvidenceError`."""

from typing import ClassVar

from guards.errors import EXIT_MISUSED, EXIT_WRONG, MarkwatchError


class EvidenceError(MarkwatchError):
    """Root of the evidence room's errors."""


class VaultError(EvidenceError):
    """A vault that cannot be read or written."""


class BlobMissing(VaultError):
    """The vault holds no file under this digest."""

    exit_code: ClassVar[int] = EXIT_WRONG


class BlobChanged(VaultError):
    """A vault file holds other bytes than its name says."""

    exit_code: ClassVar[int] = EXIT_WRONG


class VaultReadOnly(VaultError):
    """A write into a vault that was opened for reading only."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class CustodyBroken(EvidenceError):
    """A custody log whose chain does not hold."""

    exit_code: ClassVar[int] = EXIT_WRONG


class ClockBackwards(EvidenceError):
    """The clock shows a time before the last custody entry; nothing is written with it."""


class CaptureError(EvidenceError):
    """A capture that could not even be tried: no browser, no room, a bad option."""


class PackageError(EvidenceError):
    """A package that cannot be built; no file is left behind."""


class VerifyRefused(EvidenceError):
    """A package that cannot be read as what it claims to be: a ZIP trick, a bomb, not a ZIP."""

    exit_code: ClassVar[int] = EXIT_WRONG

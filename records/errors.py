"""What the records refuse. Every error leaving this package derives from `RecordsError`."""

from typing import ClassVar

from guards.errors import EXIT_MISUSED, EXIT_WRONG, MarkwatchError


class RecordsError(MarkwatchError):
    """Root of the records' errors. Raised inside a statement it comes out unwrapped (`records.engine` sees to it)."""


class BadValue(RecordsError):
    """A value that cannot be stored or read: a naive time, a wrong type, an unknown field."""


class NotFound(RecordsError):
    """No row has this id."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class Conflict(RecordsError):
    """The row is not in the state that the change needs: a lost lease, a name used twice."""


class AppendOnly(RecordsError):
    """An attempt to change or delete what may only be added to: decisions, audit entries."""


class ChainBroken(RecordsError):
    """A hash chain does not hold: an entry was changed, removed or reordered."""

    exit_code: ClassVar[int] = EXIT_WRONG


class Misconfigured(RecordsError):
    """A database URL or a file that cannot be used as asked."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class NewerDatabase(RecordsError):
    """The database was written by a newer version of markwatch; it was not touched."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class Unreachable(RecordsError):
    """The database cannot be opened, is locked for too long, or is no database."""


class StorageFull(RecordsError):
    """The disk is full; the transaction was rolled back."""


class BackupError(RecordsError):
    """A backup cannot be made or restored; nothing half-written is left."""


class BackupTampered(BackupError):
    """A backup file holds other bytes than its manifest says."""

    exit_code: ClassVar[int] = EXIT_WRONG

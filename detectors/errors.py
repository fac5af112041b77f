"""The error family of the detectors."""

from typing import ClassVar

from guards.errors import EXIT_MISUSED, EXIT_WRONG, MarkwatchError


class DetectorError(MarkwatchError):
    """Root of what the detectors raise on purpose."""


class DuplicateDetector(DetectorError):
    """Two plug-in files carry the same detector name; the start is refused."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class BrokenDetector(DetectorError):
    """A plug-in file does not hold a `DETECTOR` with the parts that the engine calls."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class ModelMissing(DetectorError):
    """The embedding model is not where the settings say, or cannot be loaded."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class TeacherMissing(DetectorError):
    """The packaged teacher that the default model is distilled from was not found or is not the known one."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class NoOverlay(DetectorError):
    """No overlay can be drawn: the finding has no place in a picture, or the bytes are not the pictures that it speaks of."""

    exit_code: ClassVar[int] = EXIT_WRONG


class BadGround(DetectorError):
    """A file of legal grounds lacks a field or holds a date that is none."""


class BrokenKind(DetectorError):
    """A kind of right has no file, or its file no `KIND`, or names a detector that does not exist."""

    exit_code: ClassVar[int] = EXIT_MISUSED


class DuplicateKind(DetectorError):
    """Two files are about one kind of right; the start is refused."""

    exit_code: ClassVar[int] = EXIT_MISUSED

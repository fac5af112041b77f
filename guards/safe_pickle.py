"""Reads a child's answer without trusting it: a pickle that may hold plain values and the house's own records only."""

import dataclasses
import enum
import importlib
import io
import pickle

from guards.errors import MarkwatchError, WorkerDied

TRUSTED_PACKAGES = frozenset({"guards", "records", "crawler", "detectors", "evidence", "notary"})
"""Packages whose dataclasses, enums and errors an answer may hold."""

_PLAIN = frozenset(
    {
        ("builtins", "set"),
        ("builtins", "frozenset"),
        ("builtins", "bytearray"),
        ("builtins", "complex"),
        ("builtins", "slice"),
        ("builtins", "range"),
        ("collections", "OrderedDict"),
        ("collections", "Counter"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
        ("fractions", "Fraction"),
        ("uuid", "UUID"),
        ("copyreg", "_reconstructor"),
        ("builtins", "object"),
    }
)


class _AnswerReader(pickle.Unpickler):
    """An unpickler that finds plain values, and records, enums and errors of trusted packages."""

    def __init__(self, data: bytes, package: str) -> None:
        super().__init__(io.BytesIO(data))
        self._packages = TRUSTED_PACKAGES | {package}

    def find_class(self, module: str, name: str) -> object:
        """Return the class that the answer names; raises `UnpicklingError` for all others."""
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.partition(".")[0] in self._packages and name.isidentifier():
            found = getattr(importlib.import_module(module), name, None)
            if isinstance(found, type) and _is_record(found):
                return found
        message = f"an answer may not hold {module}.{name}"
        raise pickle.UnpicklingError(message)


def _is_record(found: type) -> bool:
    is_named_tuple = issubclass(found, tuple) and hasattr(found, "_fields")
    return dataclasses.is_dataclass(found) or is_named_tuple or issubclass(found, (enum.Enum, MarkwatchError))


def load_answer(data: bytes, package: str) -> tuple[str, object]:
    """Return (kind, value) of a child's answer; `package` is the top-level package of the function that was run.

    Raises `WorkerDied` for an answer that cannot be read or holds what it may not.
    """
    try:
        answer = _AnswerReader(data, package).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError, TypeError, IndexError) as error:
        message = f"an answer that cannot be read: {error}"
        raise WorkerDied(message, "return plain values, bytes, or dataclasses of the house") from error
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[0], str):
        return answer[0], answer[1]
    message = "an answer of an unknown form"
    raise WorkerDied(message)

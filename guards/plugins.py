"""Plug-ins that are found by lying in a package's folder: each module of it is imported, none is registered."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from guards.errors import BrokenPlugIn, both

# What a file with a slip raises while it is imported; anything else is a fault of ours, not of the file.
_SLIPS = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, KeyError, IndexError, OSError)


def modules_of(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """Yield (name, module) of each module in a package's folder, by name.

    Raises `BrokenPlugIn` for the first that cannot be imported, with its name and what is wrong with it.
    """
    for name in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
        whole = f"{package.__name__}.{name}"
        try:
            module = importlib.import_module(whole)
        except _SLIPS as error:
            reason = f"{type(error).__name__}: {error}"
            raise BrokenPlugIn(
                both(f"插件 {whole} 无法载入:{reason}", f"the plug-in {whole} cannot be imported: {reason}"),
                both("改正该文件,或把它移走", "mend the file, or take it away"),
            ) from error
        yield name, module

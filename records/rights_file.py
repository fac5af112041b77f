"""A rights file (.csv, .xlsx, .yaml) → the rights in it, and what is wrong, row by row. Pure reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from guards.caps import read_capped
from guards.errors import CapExceeded, both
from records.errors import Misconfigured
from records.model import Right
from records.rights_csv import read_csv
from records.rights_rows import Reader, RowReader
from records.rights_xlsx import read_xlsx
from records.rights_yaml import read_yaml
from records.rows import RowError, RowWarning

MAX_FILE_BYTES = 50_000_000
"""A larger rights file is refused."""
_READERS: dict[str, Reader] = {".csv": read_csv, ".xlsx": read_xlsx, ".yaml": read_yaml, ".yml": read_yaml}


@dataclass(frozen=True, slots=True)
class RightsFile:
    """The good rows of a rights file in its order, and what is wrong or odd in the others. `folder` is the file's.

    `lines` says in which line (counted from 1) each right's id was met.
    """

    rights: tuple[Right, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[RowWarning, ...]
    folder: Path
    lines: Mapping[str, int]


def read_rights(path: Path) -> RightsFile:
    """Read a rights file. Bad rows are in `errors`, the good ones are kept.

    Raises `Misconfigured` where the file is missing, too large, or of another kind.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise Misconfigured(
            both(
                f"应为 .csv、.xlsx 或 .yaml 文件,实为 {path.name}",
                f"expected a .csv, .xlsx or .yaml file, got {path.name}",
            ),
            both("另存为其中一种", "save it as one of these"),
        )
    try:
        with path.open("rb") as stream:
            data = read_capped(stream, MAX_FILE_BYTES)
    except CapExceeded as error:
        raise Misconfigured(
            both(f"{path} 超过 {MAX_FILE_BYTES} 字节", f"{path}: expected at most {MAX_FILE_BYTES} bytes"),
            both("拆分文件", "split the file"),
        ) from error
    except OSError as error:
        raise Misconfigured(
            both(f"无法读取 {path}:{error.strerror}", f"{path} cannot be read: {error.strerror}"),
            both("检查路径", "check the path"),
        ) from error
    reader = RowReader(path.parent)
    read(data, reader)
    by_line = sorted(reader.errors, key=lambda error: error.line)
    return RightsFile(tuple(reader.rights), tuple(by_line), tuple(reader.warnings), path.parent, reader.lines)

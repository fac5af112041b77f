"""What reading a user's file gives beside its good rows: errors and warnings, each with its line and column."""

from dataclasses import dataclass

from records.model import Text


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row was refused. `line` counts from 1 in the file (a sheet's row, a YAML file's line); 0: the whole file."""

    line: int
    column: str
    text: Text

    @property
    def reason(self) -> str:
        """The reason in English."""
        return self.text.en

    def __str__(self) -> str:
        return f"line {self.line}, {self.column or 'row'}: {self.text.en}"


@dataclass(frozen=True, slots=True)
class RowWarning(RowError):
    """What is odd in a row that was kept all the same."""

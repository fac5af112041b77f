"""Legal grounds as dated data: which provision a rule rests on, in the version that held on the day.

One TOML file a family of law and territory. Each `[[version]]` is one version of one text: `law`, `law_en`,
`text_version`, `from`, `to` (may be missing), `territory`, `quoted` (whether the text was read by us), `read_in` (where;
required then), and `clauses`: what the text grounds, each with its `topic`, its `route` and its `clause` (both may be
missing). A clause may only be named where the text was read; what was not read is shown with 〔待核对〕. A rule without a
ground on that day shows none. NOT guaranteed: that a public copy is the official text, or that no later version exists.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from detectors.errors import BadGround
from detectors.lands import CN, laws
from records.model import Right, Text
from records.terms import GiRoute

UNREAD = "〔待核对〕"


@dataclass(frozen=True, slots=True)
class Ground:
    """One provision in one version of its text. `route` None: for every route. `read_in` is "" where it was not read."""

    topic: str
    law: Text
    text_version: str
    clause: str
    starts: date
    ends: date | None
    territory: str
    route: GiRoute | None
    quoted: bool
    read_in: str = ""

    @property
    def shown(self) -> str:
        """The provision as findings name it; 〔待核对〕 where its text was not read."""
        return f"{self.text}{self.clause}{'' if self.quoted else UNREAD}"

    @property
    def text(self) -> str:
        """The law and the version of its text, without the clause."""
        return f"《{self.law.zh}》({self.text_version})"

    def holds(self, day: date) -> bool:
        """Whether this version was in force on that day."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


def parse(text: str, name: str) -> tuple[Ground, ...]:
    """Read one TOML file's grounds. Raises BadGround with the file's name and what is wrong."""
    try:
        return tuple(ground for row in tomllib.loads(text)["version"] for ground in _grounds(row))
    except (KeyError, TypeError, ValueError) as error:
        raise BadGround(
            f"expected law, law_en, text_version, from, territory, quoted and clauses in each version of {name}; "
            f"found a fault: {error}",
            "mend the file; detectors/grounds/__init__.py describes the fields",
        ) from error


def _grounds(row: dict[str, object]) -> Iterator[Ground]:
    starts, ends, quoted, read_in = row["from"], row.get("to"), row["quoted"] is True, str(row.get("read_in", ""))
    if type(starts) is not date or not (ends is None or (type(ends) is date and starts <= ends)):
        raise ValueError("from and to must be dates, in that order")
    if quoted is not bool(read_in):
        raise ValueError("read_in must say where the text was read, and only where quoted is true")
    clauses = row["clauses"]
    if not isinstance(clauses, list) or not clauses:
        raise ValueError("clauses must say what the text grounds")
    for part in clauses:
        clause = str(part.get("clause", ""))
        if clause and not quoted:
            raise ValueError(f"{clause} is named of a text that was not read")
        yield Ground(
            topic=str(part["topic"]),
            law=Text(str(row["law"]), str(row["law_en"])),
            text_version=str(row["text_version"]),
            clause=clause,
            starts=starts,
            ends=ends,
            territory=str(row["territory"]),
            route=GiRoute(str(part["route"])) if "route" in part else None,
            quoted=quoted,
            read_in=read_in,
        )


@lru_cache(maxsize=1)
def load() -> tuple[Ground, ...]:
    """Return all grounds of the folder, files in order of name. Raises BadGround."""
    entries = sorted(files(__name__).iterdir(), key=lambda entry: entry.name)
    return tuple(
        ground
        for entry in entries
        if entry.name.endswith(".toml")
        for ground in parse(entry.read_text(encoding="utf-8"), entry.name)
    )


def choose(topic: str, day: date, *, territory: Iterable[str] = (CN,), route: GiRoute | None = None) -> Ground | None:
    """Return the ground for a topic that held on `day` under the law that `lands.laws` says, the route's own first."""
    lands = laws(territory)
    fitting = [
        ground
        for ground in load()
        if ground.topic == topic and ground.holds(day) and ground.territory in lands and ground.route in {None, route}
    ]
    return min(fitting, key=lambda ground: ground.route is None, default=None)


def shown(topic: str, right: Right, day: date) -> str:
    """Return the provision that a finding names for this right on this day, or "" where none is on file."""
    ground = choose(topic, day, territory=right.territory, route=right.route)
    return ground.shown if ground else ""


def text_of(right: Right, day: date) -> str:
    """Return the law and version of its text that a right rests on, on this day; "" where none is on file.

    It follows from kind, route and territory. That the text was read is *not* said: a finding's ground says so.
    """
    ground = choose(right.kind.value, day, territory=right.territory, route=right.route)
    return ground.text if ground else ""

"""Legal grounds as dated data: which provision a rule rests on, in the version that held on the day.

Each TOML file here holds `[[ground]]` tables: `topic` (what the rules ask for), `law`, `text_version`, `clause`
(may be empty), `from`, `to` (may be missing), `territory`, `route` (may be missing), `quoted` (whether the text
was read by us). What was not read is shown with 〔待核对〕. A rule without a ground on that day shows none.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from detectors.errors import BadGround
from records.model import Right, Text
from records.terms import GiRoute

UNREAD = "〔待核对〕"


@dataclass(frozen=True, slots=True)
class Ground:
    """One provision in one version of its text. `route` None: for every route."""

    topic: str
    law: Text
    text_version: str
    clause: str
    starts: date
    ends: date | None
    territory: str
    route: GiRoute | None
    quoted: bool

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
        rows = tomllib.loads(text)["ground"]
        return tuple(_ground(row) for row in rows)
    except (KeyError, TypeError, ValueError) as error:
        raise BadGround(
            f"expected topic, law, law_en, text_version, from, territory and quoted in each ground of {name}; "
            f"found a fault: {error}",
            "mend the file; detectors/grounds/__init__.py describes the fields",
        ) from error


def _ground(row: dict[str, object]) -> Ground:
    starts, ends = row["from"], row.get("to")
    if type(starts) is not date or not (ends is None or type(ends) is date):
        raise ValueError("from and to must be dates")
    return Ground(
        topic=str(row["topic"]),
        law=Text(str(row["law"]), str(row["law_en"])),
        text_version=str(row["text_version"]),
        clause=str(row.get("clause", "")),
        starts=starts,
        ends=ends,
        territory=str(row["territory"]),
        route=GiRoute(str(row["route"])) if "route" in row else None,
        quoted=row["quoted"] is True,
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


def choose(topic: str, day: date, *, territory: Iterable[str] = ("CN",), route: GiRoute | None = None) -> Ground | None:
    """Return the ground for a topic that held on `day` in one of the territories, the route's own first."""
    lands = set(territory)
    fitting = [
        ground
        for ground in load()
        if ground.topic == topic and ground.holds(day) and ground.territory in lands and ground.route in {None, route}
    ]
    return min(fitting, key=lambda ground: ground.route is None, default=None)


def shown(topic: str, right: Right, day: date) -> str:
    """Return the provision that a finding names for this right on this day, or "" where none is on file."""
    ground = choose(topic, day, territory=right.territory or ("CN",), route=right.route)
    return ground.shown if ground else ""


def text_of(right: Right, day: date) -> str:
    """Return the law and version of its text that a right rests on, on this day; "" where none is on file.

    It follows from kind, route and territory. That the text was read is *not* said: a finding's ground says so.
    """
    ground = choose(right.kind.value, day, territory=right.territory or ("CN",), route=right.route)
    return ground.text if ground else ""

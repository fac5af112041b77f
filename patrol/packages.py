"""Cases and their packages: which exhibits a case has, sealing them for the notary, and building the ZIP."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guards.errors import both
from patrol.errors import Misused, NotYet, see
from patrol.keeping import read_headers
from patrol.logs import bound, logger
from records.model import Case, Exhibit, Package
from records.terms import CaptureOutcome

if TYPE_CHECKING:
    from evidence.package.stage import PackageStage
    from patrol.app import App

KEPT = (CaptureOutcome.COMPLETE, CaptureOutcome.PARTIAL)
"""Outcomes whose exhibits can be packaged."""


def find_case(app: "App", number: str) -> Case:
    """Return a case by its number or id; raise Misused where there is none."""
    case = app.records.cases.get(number)
    if case is None:
        known = ", ".join(one.number for one in app.records.cases.all()[:10])
        raise Misused(
            both(
                f"没有案号 {number!r};已有:{known or '尚无案件'}",
                f"there is no case {number!r}; known: {known or 'none yet'}",
            ),
            see("case list"),
        )
    return case


def exhibits_of(app: "App", case: Case) -> list[Exhibit]:
    """Return a case's exhibits whose captures ended with something kept, the oldest first."""
    found = [exhibit for hit_id in case.hit_ids for exhibit in app.records.exhibits.for_hit(hit_id)]
    return sorted((one for one in found if one.outcome in KEPT), key=lambda one: (one.created_at, one.id))


def case_document(app: "App", case: Case) -> dict[str, Any]:
    """Return a case as `--json` prints it."""
    return {
        "id": case.id,
        "number": case.number,
        "title": case.title,
        "hits": list(case.hit_ids),
        "exhibits": [exhibit.id for exhibit in exhibits_of(app, case)],
        "opened_at": case.opened_at.isoformat(),
    }


class Packages:
    """Seals exhibits and builds packages over one App."""

    def __init__(self, app: "App") -> None:
        self._app = app

    @cached_property
    def _stage(self) -> "PackageStage":
        from evidence.clock import SystemClock
        from evidence.package.stage import PackageStage

        app = self._app
        own = app.settings.headers_file
        headers = read_headers(own) if own else None
        return PackageStage(app.records.exhibits, app.vault, app.notary, app.seal_key, SystemClock(), headers=headers)

    def seal(self, exhibit: Exhibit) -> None:
        """Fix an exhibit's bag and hand its digests to the notary; idempotent."""
        self._stage.prepare(exhibit.id)

    def build(self, number: str, out: Path, *, actor: str, recipient: str = "") -> Package:
        """Build a case's package at `out`, and keep a record of it.

        Raises Misused for an unknown case, NotYet (exit 2) where no capture has ended yet; `out` is then untouched.
        """
        app = self._app
        case = find_case(app, number)
        exhibits = exhibits_of(app, case)
        if not exhibits:
            raise NotYet(
                both(
                    f"案件 {case.number} 尚无证据:保全尚未完成",
                    f"the case {case.number} has no exhibit yet: its captures have not ended",
                ),
                both("先运行:markwatch work --once", "run: markwatch work --once"),
            )
        package = self._stage.build(case.number, [one.id for one in exhibits], out, recipient=recipient)
        app.records.packages.save(package)
        app.records.audit.append(
            actor, "package built", case.number, f"{package.sha256} for {recipient or 'nobody named'}"
        )
        with bound(case=case.number):
            logger("packages").info("package built", path=str(out), sha256=package.sha256, exhibits=len(exhibits))
        return package

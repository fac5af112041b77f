"""The run of `markwatch demo`: the main job from start to end on the sample market, by the same code as real use.

Market and calendar up → own data folder → rights and watches → patrol → alerts → two people confirm the clear ones →
capture and stamp → package → verify → one byte flipped in a copy, and the check fails → the desk.

What is special here is only what stands around that code: the data folder (`MARKWATCH_HOME/demo`, wiped only where it
carries our marker), the loopback hosts that are allowed, the demo calendar, and the two roles that decide.
`demo.data.truth` is read for the closing summary alone.
"""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from demo.words import say
from guards.errors import EXIT_FAILED, EXIT_OK, MarkwatchError

if TYPE_CHECKING:
    from demo.market import Market
    from desk.web.serve import Desk as WebDesk
    from patrol.app import App
    from records.model import Case, Hit

MARKER = ".markwatch-demo"
"""A data folder without this file is never wiped."""
OFFICER, REVIEWER = "demo-officer", "demo-reviewer"
MOST_CONFIRMED = 4
"""Hits that the demo confirms and captures at most."""
HANDS = 2
"""Captures made at a time."""
ROWS_SHOWN = 60
"""Rows of the alerts' table at most."""
DESK_DEADLINE_S = 20.0
"""How long the desk may take to answer, and to stop."""


class DemoError(MarkwatchError):
    """The demo could not go on."""


class Desk(Protocol):
    """What the demo needs of the command line that started it (`desk.cli.context.Context`)."""

    out: TextIO

    @property
    def app(self) -> "App":
        """The wired parts over the user's own settings."""

    def note(self, text: str) -> None:
        """Print one line of progress."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo ends with; `document` is the promised JSON."""

    listings: int
    rights: int
    alerts: int
    exhibits: int
    package: Path
    exit_code: int
    state: str
    tampered_exit: int
    planted: int
    raised: int
    false_alarms: int

    def document(self, desk_url: str) -> dict[str, object]:
        """Return the document that `demo --json` promises, with what was added to it."""
        return {
            "listings": self.listings,
            "rights": self.rights,
            "alerts": self.alerts,
            "exhibits": self.exhibits,
            "package": str(self.package),
            "verify": {"exit": self.exit_code, "state": self.state},
            "desk": desk_url,
            "tampered": {"exit": self.tampered_exit},
            "expected": {"planted": self.planted, "raised": self.raised, "false_alarms": self.false_alarms},
        }


def demo_home(base: Path) -> Path:
    """Return a fresh `base/demo`: wiped where it carries our marker, made where it is missing.

    Raises DemoError for a folder with other content: nothing that the demo did not make is deleted.
    """
    home = base / "demo"
    if home.exists() and any(home.iterdir()):
        if not (home / MARKER).is_file():
            raise DemoError(f"{home} holds files that the demo did not make", "move them away, or set MARKWATCH_HOME")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / MARKER).write_text("made by `markwatch demo`, which empties this folder at each start\n", encoding="utf-8")
    return home


def overrides(home: Path, hosts: frozenset[str], calendar_url: str) -> dict[str, str]:
    """Return the settings that differ from the user's: own folder, loopback hosts, demo calendar; nothing of theirs."""
    return {
        "MARKWATCH_HOME": str(home),
        "MARKWATCH_DATABASE_URL": f"sqlite:///{home / 'markwatch.db'}",
        "MARKWATCH_VAULT_URL": (home / "vault").as_uri(),
        "MARKWATCH_ALLOW_HOSTS": ",".join(sorted(hosts)),
        "MARKWATCH_CALENDARS": calendar_url,
        "MARKWATCH_CALENDARS_QUORUM": "1",
        "MARKWATCH_HEADERS_FILE": "",
        "MARKWATCH_CONFIRM_RULE_MIN_SCORE": "",
        "MARKWATCH_CRAWL_DELAY_S": "0",
    }


def run(context: Desk, *, as_json: bool) -> int:
    """Run the demo and return its exit code (0 while proofs pend). Raises a MarkwatchError where it cannot go on."""
    from desk.cli.terminal import write
    from desk.words import language

    lang = language()
    context.note(say(lang, "hello"))
    with started(context, lang) as (market, app):
        summary = chain(context, app, market)
        return _end(app, summary, as_json=as_json, write=lambda text: write(context.out, text))


@contextlib.contextmanager
def started(context: Desk, lang: str) -> Iterator[tuple["Market", "App"]]:
    """Start market and calendar, and build the App over the demo's own home; all are ended with the block."""
    from demo.calendar import DemoCalendar
    from demo.market import Market
    from guards.atomic import FileLock
    from patrol.app import build

    base = context.app.home
    with Market().start() as market, DemoCalendar() as calendar, FileLock(base / ".demo.lock", timeout_s=5):
        context.note(say(lang, "market"))
        for shop in market.shops:
            context.note(say(lang, "shop", url=shop.url, name=shop.name, kind=shop.kind, items=shop.items))
        home = demo_home(base)
        app = build(overrides(home, market.hosts | {calendar.host}, calendar.url))
        context.note(say(lang, "home", home=home))
        try:
            yield market, app
        finally:
            app.close()


def chain(context: Desk, app: "App", market: "Market") -> Summary:
    """Run the main job; each step is the function that its own command calls."""
    warm = threading.Thread(target=_warm_model, args=(app,), name="demo-model", daemon=True)
    warm.start()
    rights = _portfolio(context, app, market)
    _patrol(context, app)
    warm.join(timeout=120)
    alerts = _show_alerts(context, app)
    case = _confirm(context, app)
    exhibits = _keep(context, app)
    return _package(context, app, case, Counts(rights, alerts, exhibits), market)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rights, alerts and exhibits there are."""

    rights: int
    alerts: int
    exhibits: int


def _warm_model(app: "App") -> None:
    """Load what detection needs while the crawl runs; what goes wrong here comes up again, and is told, in detection."""
    with contextlib.suppress(MarkwatchError, ImportError):
        from detectors.context import ContextModel

        if model := app.usable_model():
            ContextModel(model).fit("羊绒围巾", ("羊绒",), (25,))


def _portfolio(context: Desk, app: "App", market: "Market") -> int:
    from patrol.portfolio import import_rights
    from patrol.watches import WatchDraft, save_watch

    app.init()
    report = import_rights(app, market.rights_file, OFFICER)
    if report.problems:
        raise DemoError(f"the demo's rights file has {len(report.problems)} bad rows: {report.problems[0].reason}", "")
    for shop in market.shops:
        kind = "exhibition" if shop.kind == "fair" else "shop"
        save_watch(app, WatchDraft(shop.name, (shop.url,), kind=kind), OFFICER)
    words = {"kept": report.kept, "references": report.references, "watches": len(market.shops)}
    context.note(say(app.lang, "rights", **words))
    return report.kept


def _patrol(context: Desk, app: "App") -> None:
    context.note(say(app.lang, "patrol"))
    report = app.round().run(progress=_telling(context, app.lang))
    for watch in report.watches:
        if watch.outcome != "ok":
            line = {"watch": watch.watch, "outcome": watch.outcome, "reason": watch.reason}
            context.note(say(app.lang, "source_failed", **line))
    pages, items = sum(w.pages for w in report.watches), sum(w.items for w in report.watches)
    context.note(say(app.lang, "patrolled", pages=pages, items=items, alerts=report.alerts))


def _telling(context: Desk, lang: str) -> "Callable[..., None]":
    """Return a printer of the stages' own progress, indented below the demo's steps."""
    from desk import words

    def progress(key: str, /, **values: object) -> None:
        if "outcome" in values:
            values["outcome"] = words.say_in(lang, f"run_{values['outcome']}")
        context.note("      " + words.say_in(lang, key, **values).rstrip())

    return progress


def _show_alerts(context: Desk, app: "App") -> int:
    """Show the alerts with their reasons; return how many there are."""
    from desk.cli.terminal import table
    from patrol.today import hit_rows

    rows = hit_rows(app, limit=10_000)
    headings = [say(app.lang, f"col_{name}") for name in ("score", "outcome", "right", "title")]
    cells = [
        (
            f"{r['score']:.2f}",
            say(app.lang, str(r["outcome"])),
            r["right_name"],
            (f"{r['title']} ({r['seller'] or '-'})", r["why"]),
        )
        for r in rows[:ROWS_SHOWN]
    ]
    context.note(say(app.lang, "alerts"))
    for line in table(headings, cells, wide=3).splitlines():
        context.note(line)
    return len(rows)


def clearest(hits: "Sequence[Hit]", source_of: "Callable[[Hit], str]", limit: int) -> "list[Hit]":
    """Return the highest-scored suspected alerts, one a right and one a source, at most `limit`."""
    from records.terms import HitState, Outcome

    chosen: list[Hit] = []
    rights, sources = set[str](), set[str]()
    for hit in sorted(hits, key=lambda h: (-h.score, h.id)):
        fits = hit.alert and hit.outcome is Outcome.SUSPECTED and hit.state is HitState.OPEN
        if fits and hit.right_id not in rights and source_of(hit) not in sources and len(chosen) < limit:
            chosen.append(hit)
            rights.add(hit.right_id)
            sources.add(source_of(hit))
    return chosen


def _confirm(context: Desk, app: "App") -> "Case":
    """Have two people confirm the clear hits; return the first one's case."""
    from records.terms import Verdict

    def source_of(hit: "Hit") -> str:
        listing = app.records.listings.get(hit.listing_id)
        return listing.source_id if listing else ""

    review, cases = app.review(), []
    chosen = clearest(app.records.hits.query(limit=10_000), source_of, MOST_CONFIRMED)
    context.note(say(app.lang, "confirm", officer=OFFICER, reviewer=REVIEWER, count=len(chosen)))
    for hit in chosen:
        review.decide(hit.id, Verdict.SUSPECTED, actor=OFFICER)
        done = review.confirm(hit.id, actor=REVIEWER)
        cases.append(done.case)
        listing, right = app.records.listings.get(hit.listing_id), app.records.rights.get(hit.right_id)
        names = {"right": right.name if right else hit.right_id, "title": listing.title if listing else hit.listing_id}
        context.note(say(app.lang, "confirmed", score=hit.score, **names))
    case = next((case for case in cases if case is not None), None)
    if case is None:
        raise DemoError(say(app.lang, "no_alert"), "")
    return case


def _keep(context: Desk, app: "App") -> int:
    """Run the worker: it captures what was confirmed, and stamps; return how many exhibits ended with something kept."""
    context.note(say(app.lang, "keep"))
    app.worker().run(once=True, progress=_telling(context, app.lang), hands=HANDS)
    kept = [e for e in app.records.exhibits.all() if e.artifacts]
    for exhibit in kept:
        words = {"exhibit": exhibit.id, "outcome": exhibit.outcome.value, "files": len(exhibit.artifacts)}
        context.note(say(app.lang, "kept", **words))
    return len(kept)


def _package(context: Desk, app: "App", case: "Case", counts: Counts, market: "Market") -> Summary:
    """Build one case's package, verify it, and show that a changed copy fails."""
    from demo.hindsight import compare
    from demo.tamper import flip_one_byte
    from patrol.checking import verify_package_file

    path = app.folder("packages") / f"{case.number}.zip"
    app.packages().build(case.number, path, actor=REVIEWER, recipient="demo")
    context.note(say(app.lang, "package", path=path))
    verdict = verify_package_file(lambda: app, path, (), None, app.lang)
    context.note(say(app.lang, "verified", exit=verdict["exit"], state=verdict["state"]))
    copy = path.with_name(path.stem + "-changed.zip")
    touched = flip_one_byte(path, copy)
    changed = verify_package_file(lambda: app, copy, (), None, app.lang)
    context.note(say(app.lang, "tampered", path=touched, exit=changed["exit"]))
    seen = compare(app, market)
    context.note(
        say(app.lang, "truth", planted=seen.planted, raised=seen.raised, honest=seen.honest, wrong=seen.false_alarms)
    )
    return Summary(
        seen.listings, counts.rights, counts.alerts, counts.exhibits, path, int(verdict["exit"]), str(verdict["state"]),
        int(changed["exit"]), seen.planted, seen.raised, seen.false_alarms,
    )  # fmt: skip


def _end(app: "App", summary: Summary, *, as_json: bool, write: "Writer") -> int:
    """Name the package and the desk; without `--json` serve the desk until Ctrl-C. 0 where the check went as it must."""
    import json

    from desk.web.serve import Desk as WebDesk

    desk = WebDesk.open(app, port=0 if as_json else -1, actor=OFFICER)
    good = summary.exit_code in (0, 2) and summary.tampered_exit == 1 and summary.exhibits > 0
    if as_json:
        with answering(desk):
            write(json.dumps(summary.document(desk.url), ensure_ascii=False) + "\n")
    else:
        write(say(app.lang, "end", package=summary.package, desk=desk.url) + "\n")
        write(say(app.lang, "sign_in", url=desk.sign_in_url()) + "\n")
        desk.serve()
    return EXIT_OK if good else EXIT_FAILED


@contextlib.contextmanager
def answering(desk: "WebDesk") -> Iterator[None]:
    """Serve the desk from a thread and see that it answers; it is stopped at the end. DemoError where it does not."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    thread = threading.Thread(target=desk.serve, name="demo-desk", daemon=True)
    thread.start()
    try:
        connection = HTTPConnection(urlsplit(desk.url).netloc, timeout=DESK_DEADLINE_S)
        connection.request("GET", "/")
        connection.getresponse().read(1_000_000)
        yield
    except (OSError, HTTPException) as error:
        raise DemoError(f"the desk at {desk.url} does not answer: {error}", "run: markwatch desk") from error
    finally:
        desk.stop()
        thread.join(DESK_DEADLINE_S)


class Writer(Protocol):
    """Writes a text to standard output."""

    def __call__(self, text: str, /) -> None:
        """Write the text."""

"""The one place that reads settings and joins the parts; everything else gets values.

    app = patrol.app.build()                      # settings from the environment and .env
    app = patrol.app.build({"MARKWATCH_HOME": …}) # the same with some values overridden (tests, the demo)

Every part is made on first use and kept: opening the App itself touches neither network nor model.

| part | what it is |
|---|---|
| `settings`, `home`, `lang` | the typed knobs; MARKWATCH_HOME (made on first use); "zh" or "en" |
| `records` | the store, migrated to the newest schema |
| `vault`, `seal_key`, `policy` | content-addressed files; the sealing key (made by `init`); the egress policy |
| `engine()` | the detectors over the portfolio as it stands now |
| `crawl_stage`, `capture_stage`, `notary` | the stages of the rooms |
| `round()`, `detecting()`, `review()`, `worker()`, `packages()` | patrol's own stages over the above |
| `close()` | releases connections and children |
"""

import importlib
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from guards.atomic import FileLock
from guards.errors import both, reading
from patrol.equipment import check_plug_ins, context_model, find_chromium, need_chromium
from patrol.errors import HomeUnusable, WrongSettings
from patrol.made import Made, without_password
from patrol.spool import sweep
from patrol.times import beijing_day, utc_now
from records.terms import CaptureOutcome

if TYPE_CHECKING:
    from crawler.stage import CrawlStage, StageOptions
    from detectors.engine import Engine, Options
    from evidence.capture.api import CaptureOptions
    from evidence.stage import CaptureStage
    from evidence.vault import Vault
    from guards.egress import EgressPolicy
    from notary.seal import SealKey
    from notary.stage import Notary
    from patrol.detecting import Detecting, DetectReport, Progress
    from patrol.jobs import Worker
    from patrol.logins import LoginKeeper
    from patrol.packages import Packages
    from patrol.pruning import Pruning
    from patrol.review import Review
    from patrol.round import Round
    from records.hits import HitFilter
    from records.model import Run, Watch
    from records.store import Records
    from settings import Settings

VERSION = "0.1.0"
CRAWL_LOCK_S = 5.0  # how long a patrol waits for another one of the same watch
_WRITABLE = both("把 MARKWATCH_HOME 设为您可写的目录", "set MARKWATCH_HOME to a folder that you may write")
BOT_NAME = "markwatch"
"""What our settings.py calls itself; another folder's settings.py does not."""


def own_settings() -> ModuleType:
    """Import `settings` and make sure that it is ours.

    A folder with a `settings.py` of its own (every Scrapy project has one) may come first on the import path.
    Raises WrongSettings, which names the file that was found.
    """
    try:
        module = importlib.import_module("settings")
    except ImportError as error:
        raise WrongSettings(
            both(f"无法载入 settings.py:{error}", f"settings.py could not be imported: {error}"),
            both("重新安装:make setup", "install markwatch again: make setup"),
        ) from error
    found = getattr(module, "BOT_NAME", None)
    if found != BOT_NAME:
        raise WrongSettings(
            both(
                f"找到的 settings.py 属于另一个项目:{getattr(module, '__file__', '?')}(BOT_NAME 应为 {BOT_NAME!r},实为 {found!r})",
                f"settings.py of another project was found at {getattr(module, '__file__', '?')}: "
                f"expected BOT_NAME {BOT_NAME!r}, found {found!r}",
            ),
            both(
                "换一个目录运行 markwatch,或把该目录移出 PYTHONPATH",
                "run markwatch from another folder, or take that folder out of PYTHONPATH",
            ),
        )
    return module


def build(overrides: Mapping[str, str] | None = None) -> "App":
    """Read the settings (environment, `.env`, then `overrides`, named like the environment) and return the App.

    Raises WrongSettings for another project's settings.py or a value that does not fit its type.
    """
    module = own_settings()
    settings: Settings = module.load({**_dotenv(), **os.environ, **overrides}) if overrides else module.load()
    return App(settings)


def _dotenv() -> dict[str, str]:
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(".env").items() if value is not None}


class App:
    """The wired parts; see the module's table."""

    def __init__(self, settings: "Settings") -> None:
        self.settings = settings
        self.warn: Callable[[str], None] = lambda _text: None
        """Told, in words, what works less well than it could; the command line prints it on standard error."""

    def unknown_variables(self) -> list[str]:
        """Return the `MARKWATCH_…` variables of this process that nothing reads."""
        return list(own_settings().unknown_variables(os.environ))

    @property
    def lang(self) -> str:
        """The users' language, "zh" or "en"."""
        return self.settings.lang

    @cached_property
    def home(self) -> Path:
        """MARKWATCH_HOME, made with mode 0700 where it is missing.

        Raises HomeUnusable where it cannot be made or written.
        """
        home = Path(self.settings.home).resolve()
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise HomeUnusable(
                both(
                    f"无法建立数据目录 MARKWATCH_HOME {home}:{error.strerror}",
                    f"MARKWATCH_HOME {home} cannot be made: {error.strerror}",
                ),
                _WRITABLE,
            ) from error
        if not os.access(home, os.W_OK | os.X_OK):
            raise HomeUnusable(
                both(f"数据目录 MARKWATCH_HOME {home} 不可写", f"MARKWATCH_HOME {home} is not writable"), _WRITABLE
            )
        return home

    def start_log(self, name: str) -> Path:
        """Send this process's log to HOME/logs/NAME.jsonl and return that path."""
        from patrol import logs

        return logs.configure(self.home / "logs", name, self.settings.log_level)

    def folder(self, name: str) -> Path:
        """Return HOME/NAME, made where it is missing (`packages`, `proofs`, `spool`, `keys` …)."""
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    @cached_property
    def records(self) -> "Records":
        """The store over MARKWATCH_DATABASE_URL, brought to the newest schema (a copy is taken before an upgrade)."""
        from records import migrate
        from records.engine import open_engine
        from records.restore import check_complete
        from records.store import Records

        check_complete(self.home)
        url = self.settings.database_url
        if migrate.current(url) != migrate.head():
            with FileLock(self.home / ".migrate.lock", timeout_s=120):
                migrate.upgrade(url, copies=self.home / "copies")
        return Records(open_engine(url))

    def existing_records(self) -> "Records | None":
        """Return the store where a SQLite database of this program's schema is there already, else None. Makes nothing.

        A database on a server is left out: what asks for this must work without a network.
        """
        from records import migrate
        from records.engine import parse_url

        parsed = parse_url(self.settings.database_url)
        if parsed.get_backend_name() != "sqlite" or not Path(parsed.database or "").is_file():
            return None
        return self.records if migrate.current(self.settings.database_url) == migrate.head() else None

    @cached_property
    def vault(self) -> "Vault":
        """The content-addressed store of files."""
        from evidence.vault import Vault

        path = self.settings.vault_path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Vault(path)

    @cached_property
    def policy(self) -> "EgressPolicy":
        """Which hosts may be reached: public ones, and those of MARKWATCH_ALLOW_HOSTS."""
        from guards.egress import EgressPolicy

        return EgressPolicy(self.settings.allow_hosts)

    @property
    def seal_path(self) -> Path:
        """Where the sealing key lies."""
        return self.home / "keys" / "seal.key"

    @cached_property
    def seal_key(self) -> "SealKey":
        """The sealing key; made on first use, as `init` makes it."""
        from notary.seal import SealKey

        if not self.seal_path.exists():
            self.folder("keys")
            with FileLock(self.home / "keys" / ".seal.lock", timeout_s=30):
                if not self.seal_path.exists():
                    SealKey.generate().save(self.seal_path)
        return SealKey.load(self.seal_path)

    @property
    def user_agent(self) -> str:
        """How crawler, capture and anchors name themselves."""
        if self.settings.user_agent:
            return self.settings.user_agent
        contact = f" (+{self.settings.contact_url})" if self.settings.contact_url else ""
        return f"markwatch/{VERSION}{contact}"

    @property
    def chromium(self) -> str:
        """Chromium's program: the setting, else the first one found on this machine; "" where there is none."""
        if self.settings.chromium is not None:
            return str(self.settings.chromium)
        return find_chromium()

    def now(self) -> datetime:
        """Return the time now, aware and in UTC."""
        return utc_now()

    def init(self) -> Made:
        """Make the data folder, the database and the sealing key where they are missing; idempotent."""
        created = not self.seal_path.exists()
        _ = self.records
        for name in ("vault", "proofs", "packages", "logs", "spool"):
            self.folder(name)
        return Made(without_password(self.settings.database_url), str(self.seal_key.verifier), created)

    # the rooms' stages

    def engine(self) -> "Engine":
        """Return the detectors over the portfolio as it stands now, with reference pictures from the vault."""
        from detectors.engine import Engine
        from patrol.portfolio import stored_references

        rights = self.records.rights.all()
        given = [one for right in rights for one in self.records.rights.authorizations(right.id)]
        return Engine(rights, stored_references(self), self.detect_options(), given)

    def detect_options(self) -> "Options":
        """Return how to detect, by the settings, today."""
        from detectors.engine import Options
        from detectors.reader import available

        return Options(
            threshold=self.settings.alert_threshold,
            model=self.usable_model(),
            today=beijing_day(self.now()),
            ocr=self.settings.read_pictures and available(),
        )

    def usable_model(self) -> str:
        """Return the context model of the settings, "" where it is off or cannot be had.

        Names and pictures are then still compared: a missing model is told by `warn`, in the log, and by the engine's
        versions ("off"), so that everything is detected again once there is one.
        """
        from patrol.logs import logger

        name, why = context_model(self.settings.model)
        if why:
            logger("app").warning("context is off", reason=str(why))
            self.warn(reading(why, self.lang))
        return name

    @cached_property
    def notary(self) -> "Notary":
        """The notary over the calendars and headers of the settings."""
        from notary.anchors import Reach, build_anchors, by_kind
        from notary.headers import HeaderBook
        from notary.stage import Notary, Policy

        reach = Reach(policy=self.policy, user_agent=self.user_agent, ca_file=self.settings.extra_ca_file)
        anchors = build_anchors(by_kind(self.settings.calendars), reach)
        headers = HeaderBook.from_json(self.settings.headers_file) if self.settings.headers_file else HeaderBook()
        policy = Policy(quorum=self.settings.calendars_quorum)
        return Notary(self.records.proofs, anchors, self.now, policy, headers=headers)

    def crawl_options(self) -> "StageOptions":
        """Return what every crawl has in common."""
        from crawler.stage import StageOptions

        given = self.settings
        return StageOptions(
            user_agent=self.user_agent,
            spool=self.folder("spool"),
            allow_hosts=tuple(sorted(given.allow_hosts)),
            chromium=self.chromium,
            ca_file=str(given.extra_ca_file or ""),
            crawl_delay_s=given.crawl_delay_s,
            page_deadline_s=given.page_deadline_s,
            run_deadline_s=given.run_deadline_s,
            max_page_bytes=given.max_page_bytes,
            max_image_bytes=given.max_image_bytes,
            images_per_listing=given.images_per_listing,
            host_limit=given.host_requests_per_day,
            sites_dir=str(self.home / "sites") if (self.home / "sites").is_dir() else "",
        )

    @cached_property
    def crawl_stage(self) -> "CrawlStage":
        """Watch → run, listings and snapshots."""
        from crawler.stage import CrawlStage

        return CrawlStage(
            self.records.listings,
            self.vault,
            self.crawl_options(),
            self.now,
            self.records.hosts,
            self.records.renders,
            self.records.fairs,
            lambda watch: self.logins.cookies_of(watch, self.records.logins.get, self.now()),
        )

    @cached_property
    def logins(self) -> "LoginKeeper":
        """The keeper of sealed logins."""
        from patrol.logins import LoginKeeper

        return LoginKeeper(self.home / "keys" / "logins.key")

    def crawl(self, watch: "Watch") -> "Run":
        """Run one watch, alone: a second patrol of the same watch at the same time is refused with a GuardError."""
        sweep(self.folder("spool"))
        with FileLock(self.folder("spool") / f".watch-{watch.id}.lock", timeout_s=CRAWL_LOCK_S):
            return self.crawl_stage.run(watch, self.records.rights.all())

    def capture_options(self) -> "CaptureOptions":
        """Return how pages are captured; raises NoBrowser where there is no Chromium."""
        from evidence.capture.api import CaptureOptions

        return CaptureOptions(
            policy=self.policy,
            chromium=need_chromium(self.chromium),
            deadline_s=self.settings.capture_deadline_s,
            lang="zh-CN" if self.lang == "zh" else "en-US",
            ca_file=self.settings.extra_ca_file,
            disk_floor_bytes=self.settings.disk_floor_bytes,
        )

    @cached_property
    def capture_stage(self) -> "CaptureStage":
        """Hit → exhibit."""
        from evidence.clock import SystemClock
        from evidence.stage import CaptureStage

        work = self.folder("spool") / "captures"
        return CaptureStage(self.records.exhibits, self.vault, work, self.capture_options(), SystemClock())

    # patrol's own stages

    def detecting(self) -> "Detecting":
        """Return the detection stage over the portfolio as it stands now."""
        from patrol.detecting import Detecting

        return Detecting(self.engine(), self.vault, self.records.hits)

    def review(self) -> "Review":
        """Return the review."""
        from patrol.review import Review, ReviewStores

        r = self.records
        stores = ReviewStores(r.hits, r.decisions, r.rights, r.cases, r.jobs, r.audit, r.listings)
        return Review(stores, self.now, captured=self.was_captured, rule_min_score=self.settings.confirm_rule_min_score)

    def was_captured(self, hit_id: str) -> bool:
        """Say whether a hit has an exhibit whose capture ended and kept something."""
        kept = (CaptureOutcome.COMPLETE, CaptureOutcome.PARTIAL)
        return any(exhibit.outcome in kept for exhibit in self.records.exhibits.for_hit(hit_id))

    def hit_filter(self, **fields: object) -> "HitFilter":
        """Return a filter for `records.hits.list`."""
        from records.hits import HitFilter

        return HitFilter(**fields)  # type: ignore[arg-type]

    def round(self) -> "Round":
        """Return the day's round. Raises as `check_plug_ins`, before anything is crawled."""
        from patrol.round import Round

        check_plug_ins()

        def detect(progress: "Progress | None") -> "DetectReport":
            return self.detecting().run(progress)

        r = self.records
        rule = self.review().apply_rule
        return Round(r.watches, r.listings, self.crawl, detect, rule, self.now, self.pruning().release, r.fairs.all)

    def pruning(self, keep_days: int | None = None) -> "Pruning":
        """Return what forgets listings that are no hit; by default after the settings' days."""
        from patrol.pruning import Pruning

        days = self.settings.keep_days if keep_days is None else keep_days
        return Pruning(self.records.forgetting, self.vault, self.now(), days)

    def worker(self) -> "Worker":
        """Return the worker over the job queue."""
        from patrol.tasks import make_worker

        return make_worker(self)

    def packages(self) -> "Packages":
        """Return the builder of packages."""
        from patrol.packages import Packages

        return Packages(self)

    def close(self) -> None:
        """Close what was opened; parts that were never used are not made."""
        if "records" in self.__dict__:
            self.records.close()

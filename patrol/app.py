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
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from patrol.errors import HomeUnusable, WrongSettings

if TYPE_CHECKING:
    from crawler.stage import CrawlStage
    from detectors.engine import Engine
    from evidence.stage import CaptureStage
    from evidence.vault import Vault
    from guards.egress import EgressPolicy
    from notary.seal import SealKey
    from notary.stage import Notary
    from patrol.detecting import Detecting
    from patrol.jobs import Worker
    from patrol.packages import Packages
    from patrol.review import Review
    from patrol.round import Round
    from records.store import Records
    from settings import Settings

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
        raise WrongSettings(f"settings.py could not be imported: {error}", "install markwatch again: make setup") from error
    found = getattr(module, "BOT_NAME", None)
    if found != BOT_NAME:
        raise WrongSettings(
            f"settings.py of another project was found at {getattr(module, '__file__', '?')}: "
            f"expected BOT_NAME {BOT_NAME!r}, found {found!r}",
            "run markwatch from another folder, or take that folder out of PYTHONPATH",
        )
    return module


def build(overrides: Mapping[str, str] | None = None) -> "App":
    """Read the settings (environment, `.env`, then `overrides`, named like the environment) and return the App.

    Raises WrongSettings for another project's settings.py or a value that does not fit its type.
    """
    module = own_settings()
    env = dict(os.environ)
    env.update(overrides or {})
    settings: Settings = module.load(env)
    return App(settings)


class App:
    """The wired parts; see the module's table."""

    def __init__(self, settings: "Settings") -> None:
        self.settings = settings

    @property
    def lang(self) -> str:
        """The users' language, "zh" or "en"."""
        return self.settings.lang

    @cached_property
    def home(self) -> Path:
        """MARKWATCH_HOME, made with mode 0700 where it is missing.

        Raises HomeUnusable where it cannot be made or written.
        """
        home = Path(self.settings.home).expanduser().resolve()
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise HomeUnusable(
                f"MARKWATCH_HOME {home} cannot be made: {error.strerror}", "set MARKWATCH_HOME to a folder that you may write"
            ) from error
        if not os.access(home, os.W_OK | os.X_OK):
            raise HomeUnusable(f"MARKWATCH_HOME {home} is not writable", "set MARKWATCH_HOME to a folder that you may write")
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
        """The store over MARKWATCH_DATABASE_URL, migrated to the newest schema (a copy is taken before an upgrade)."""
        from records.engine import open_engine
        from records.store import Records

        return Records(open_engine(self.settings.database_url))

    @cached_property
    def vault(self) -> "Vault":
        """The content-addressed store of files."""
        from evidence.vault import Vault

        return Vault(self.folder("vault"))

    @cached_property
    def policy(self) -> "EgressPolicy":
        """Which hosts may be reached: public ones, and those of MARKWATCH_ALLOW_HOSTS."""
        from guards.egress import EgressPolicy

        return EgressPolicy(frozenset(self.settings.allow_hosts))

    def close(self) -> None:
        """Close what was opened; parts that were never used are not made."""

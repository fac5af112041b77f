"""Every knob of markwatch: typed, with its unit, read from the environment as `MARKWATCH_<NAME>` or from a `.env`.

Only `patrol/app.py` reads settings; it passes values on. `Settings()` alone holds the defaults and reads nothing;
`load()` reads the environment. A value that makes no sense is a `SettingsError` (exit code 3) that names the variable,
what is wrong with it, and what to do.

>>> load({"MARKWATCH_LANG": "en"}).lang
'en'
"""

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from guards.egress import EgressPolicy
from guards.errors import EXIT_MISUSED, EgressRefused, MarkwatchError

BOT_NAME = "markwatch"
"""Tells this settings module from a stranger's of the same name that lies in the working folder."""

PREFIX = "MARKWATCH_"
"""What the name of every variable starts with."""

_CALENDARS = (
    "https://a.pool.opentimestamps.org",
    "https://b.pool.opentimestamps.org",
    "https://a.pool.eternitywall.com",
    "https://ots.btc.catallaxy.com",
)
_SECRET = {"database_url", "vault_url"}


class SettingsError(MarkwatchError):
    """A setting that makes no sense; names the variable, its problem and the next step."""

    exit_code: ClassVar[int] = EXIT_MISUSED


def _split(value: object) -> object:
    """Turn a comma-separated text into its parts."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    """Return a path seen from the root, `~` and `~name` resolved; raises ValueError where there is no such home."""
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        message = f"expected a path, found a home that does not exist: {path}"
        raise ValueError(message) from error


class Settings(BaseSettings):
    """The values of all knobs. Frozen; addresses that may hold a password are left out of `repr`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    home: Path = Field(Path("~/.markwatch"), description="Folder of all data; made when missing.")
    database_url: str = Field(
        default_factory=lambda data: f"sqlite:///{data['home'] / 'markwatch.db'}",
        repr=False,
        description="SQLAlchemy address: sqlite:///… or postgresql+psycopg://…; by default a file in the home.",
    )
    vault_url: str = Field(
        default_factory=lambda data: (data["home"] / "vault").as_uri(),
        repr=False,
        description="Where kept bytes lie: a file: URL or a folder's path; by default in the home.",
    )
    allow_hosts: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Comma-separated private hosts (host or host:port) that may be reached; none by default.",
    )
    extra_ca_file: Path | None = Field(None, description="PEM file of roots trusted beside the system's.")
    lang: Literal["zh", "en"] = Field("zh", description="Language of tables, reasons and reports.")
    actor: str = Field("", description="Who acts, as the records name them; empty: the login of the operating system.")
    alert_threshold: float = Field(0.5, ge=0, le=1, description="Score (0..1) from which a hit asks for a person.")
    model: str = Field(
        default_factory=lambda: str(Path(sys.prefix) / "share" / "markwatch" / "model"),
        min_length=1,
        description="sentence-transformers model: a path or a name; by default the one that set-up built; off: none.",
    )
    read_pictures: bool = Field(True, description="Whether the text in pictures is read too (about 0.3 s a picture).")
    detect_workers: int = Field(
        0, ge=0, le=64, description="Processes that `detect` uses; 0: one a core for large files, else this one."
    )
    calendars: Annotated[tuple[str, ...], NoDecode] = Field(
        _CALENDARS,
        description="Comma-separated URLs of OpenTimestamps calendars, KIND+URL for another kind; none: stamp nowhere.",
    )
    calendars_quorum: int = Field(
        default_factory=lambda data: max(1, min(2, len(data.get("calendars", ())))),
        ge=1,
        description="Calendars that must have taken a root before it counts as sent; 2, or 1 where one is named.",
    )
    headers_file: Path | None = Field(
        None, description="JSON file of Bitcoin block headers that proofs are checked by."
    )
    contact_url: str = Field(
        "", description="Page or mail address for site owners, named in the user agent; empty: none is named."
    )
    user_agent: str = Field(
        "", max_length=300, description="User agent of crawler and capture; empty: markwatch/<version> and the contact."
    )
    crawl_delay_s: float = Field(1.0, ge=0, le=3600, description="Seconds between two requests to one host.")
    host_requests_per_day: int = Field(
        50_000,
        ge=0,
        description="Requests to one host in a day, pictures and the browser's own among them; 0: no limit.",
    )
    page_deadline_s: float = Field(30.0, gt=0, le=600, description="Seconds that one page may take, images apart.")
    max_page_bytes: int = Field(8_000_000, ge=10_000, description="Bytes of a page after decompression.")
    max_image_bytes: int = Field(20_000_000, ge=10_000, description="Bytes of a picture.")
    images_per_listing: int = Field(4, ge=0, le=50, description="Pictures fetched for each listing; a count.")
    run_deadline_s: float = Field(3600.0, gt=0, description="Seconds that one run of a watch may take.")
    capture_deadline_s: float = Field(120.0, gt=0, le=3600, description="Seconds that one capture may take.")
    confirm_rule_min_score: float | None = Field(
        None, ge=0, le=1, description="Score (0..1) from which a rule confirms a hit without a person; unset: rule off."
    )
    chromium: Path | None = Field(None, description="Chromium's program; unset: the one found on this machine.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe line logged.")
    desk_host: str = Field("127.0.0.1", min_length=1, description="Address that the desk listens on.")
    desk_port: int = Field(8470, ge=0, le=65535, description="Port that the desk listens on; 0: any free one.")
    keep_days: int = Field(
        90, ge=1, le=36_500, description="Days after which `prune` forgets what was last seen before and is no hit."
    )
    disk_floor_bytes: int = Field(500_000_000, ge=0, description="Free bytes below which nothing new is captured.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing but what is passed in: `load` alone looks at the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("home", mode="after")
    @classmethod
    def _absolute_home(cls, value: Path) -> Path:
        home = _absolute(value)
        if home.exists() and not home.is_dir():
            message = "expected a folder, found a file"
            raise ValueError(message)
        return home

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, value: str) -> str:
        scheme = value.partition(":")[0].partition("+")[0]
        if scheme not in ("sqlite", "postgresql", "postgres"):
            message = "expected sqlite:///… or postgresql+psycopg://…"
            raise ValueError(message)
        return value

    @field_validator("vault_url", mode="after")
    @classmethod
    def _file_vault(cls, value: str) -> str:
        if "://" not in value and not value.startswith("file:"):
            return _absolute(Path(value)).as_uri()
        if urlsplit(value).scheme != "file" or urlsplit(value).netloc not in ("", "localhost"):
            message = "expected a file: URL or a folder's path"
            raise ValueError(message)
        return value

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _hosts(cls, value: object) -> object:
        parts = _split(value)
        if isinstance(parts, Iterable):
            try:
                return EgressPolicy(map(str, parts)).allow_hosts
            except EgressRefused as error:
                raise ValueError(error.message) from error
        return value

    @field_validator("calendars", mode="before")
    @classmethod
    def _calendar_list(cls, value: object) -> object:
        return () if value == "none" else _split(value)

    @field_validator("calendars", mode="after")
    @classmethod
    def _calendar_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            kind, plus, scheme = urlsplit(url).scheme.rpartition("+")
            if scheme not in ("http", "https") or not urlsplit(url).hostname or (plus and not kind):
                message = f"expected http(s) URLs separated by commas, KIND+URL for another kind, found {url[:100]!r}"
                raise ValueError(message)
            if "@" in urlsplit(url).netloc:
                message = f"expected URLs without user name and password, found one for {urlsplit(url).hostname}"
                raise ValueError(message)
        return tuple(url.rstrip("/") for url in value)

    @field_validator("calendars_quorum", mode="after")
    @classmethod
    def _reachable_quorum(cls, value: int, info: ValidationInfo) -> int:
        calendars = info.data.get("calendars", ())
        if calendars and value > len(calendars):
            message = f"expected at most the number of calendars, {len(calendars)}, found {value}"
            raise ValueError(message)
        return value

    @field_validator("extra_ca_file", "headers_file", "chromium", mode="after")
    @classmethod
    def _existing_file(cls, value: Path | None) -> Path | None:
        found = None if value is None else _absolute(value)
        if found is not None and not found.is_file():
            message = f"expected a file, found none at {value}"
            raise ValueError(message)
        return found

    @field_validator("contact_url", "user_agent", mode="after")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable() or not value.isascii():
            message = "expected one line of ASCII text"
            raise ValueError(message)
        return value

    @property
    def vault_path(self) -> Path:
        """The vault's folder."""
        return Path(unquote(urlsplit(self.vault_url).path))


class _MappingSource(EnvSettingsSource):
    """The environment source of pydantic-settings, reading a mapping that it is given."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._given = {name.lower(): value for name, value in env.items() if value != ""}
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return dict(self._given)


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in `env`; without it those of the process, over those of a `.env` in the working folder.

    Raises `SettingsError` for the first value that makes no sense; all wrong variables are named.
    """
    if env is None:
        from_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
        env = {**from_file, **os.environ}
    try:
        values = _MappingSource(env)()
        return Settings(**{name: value for name, value in values.items() if name in Settings.model_fields})
    except ValidationError as error:
        raise _explained(error) from error


def unknown_variables(env: Mapping[str, str]) -> list[str]:
    """Return the `MARKWATCH_…` variables that no knob reads: most likely misspelt. `doctor` names them."""
    known = {variable(name) for name in Settings.model_fields}
    return sorted(name for name in env if name.upper().startswith(PREFIX) and name.upper() not in known)


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + field.upper()


def _explained(error: ValidationError) -> SettingsError:
    """Say which variables are wrong, how, and what each one means."""
    problems, steps = [], []
    for problem in error.errors(include_url=False, include_input=False):
        if problem["type"] == "default_factory_not_called":
            # Follows from another field's error, which is in the list itself.
            continue
        name = str(problem["loc"][0]) if problem["loc"] else "?"
        text = problem["msg"].removeprefix("Value error, ")
        problems.append(f"{variable(name)}: {text}")
        field = Settings.model_fields.get(name)
        steps.append(f"set {variable(name)} to: {field.description if field else 'a known value'}")
    return SettingsError("; ".join(problems), "; ".join(steps) + " Or unset it for the default.")

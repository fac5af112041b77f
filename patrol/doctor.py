"""`markwatch doctor`: looks at everything that the main job needs, and says how to mend each.

A check never raises and never waits longer than its own deadline. States: `good`; `warn` (works, but know this);
`bad` (something that the main job needs is missing). The exit code is 1 only for `bad`.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from guards.errors import MarkwatchError, reading
from patrol.redaction import redact_text
from records.model import Text

if TYPE_CHECKING:
    from patrol.app import App

GOOD, WARN, BAD = "good", "warn", "bad"
NOTHING = Text("", "")
PROBE_S = 20.0
"""How long one check may wait, in seconds."""
CLOCK_SLACK_S = 120.0
"""A clock further from true time than this is bad."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its state, what was found, and how to mend it."""

    name: str
    state: str
    detail: Text
    mend: Text = NOTHING

    @property
    def ok(self) -> bool:
        """Whether the main job can do with it."""
        return self.state != BAD


def _same(text: str) -> Text:
    return Text(text, text)


def _text(message: str) -> Text:
    return Text(reading(message, "zh"), reading(message, "en"))


def examine(app: "App", progress: Callable[[str], None] | None = None) -> list[Check]:
    """Run every check in a fixed order and return what each found."""
    return list(_checks(app, progress or (lambda _name: None)))


CHECKS: dict[str, "Callable[[App], Check]"] = {}
"""The checks by name, in the order in which they run; `checking` adds one."""


def checking(name: str) -> "Callable[[Callable[[App], Check]], Callable[[App], Check]]":
    """Register a check under `name`."""

    def register(check: "Callable[[App], Check]") -> "Callable[[App], Check]":
        CHECKS[name] = check
        return check

    return register


def _checks(app: "App", progress: Callable[[str], None]) -> Iterator[Check]:
    for name, check in CHECKS.items():
        progress(name)
        try:
            yield check(app)
        except MarkwatchError as error:
            yield Check(name, BAD, _text(error.message), _text(error.next_step))
        except (OSError, ImportError, subprocess.SubprocessError) as error:
            yield Check(name, BAD, _same(redact_text(f"{type(error).__name__}: {error}")), _same("make setup"))


@checking("home")
def check_home(app: "App") -> Check:
    """The data folder can be made and written, and is not open to other users."""
    home = app.home
    if home.stat().st_mode & 0o022:
        return Check(
            "home", WARN, Text(f"{home} 可被他人写入", f"{home} can be written by others"), _same(f"chmod 700 {home}")
        )
    return Check("home", GOOD, _same(str(home)))


@checking("settings")
def check_settings(app: "App") -> Check:
    """Every `MARKWATCH_…` variable is one that is read: another is most likely misspelt."""
    unknown = app.unknown_variables()
    if unknown:
        names = ", ".join(unknown[:5])
        return Check(
            "settings",
            WARN,
            Text(f"没有这样的设置:{names}", f"no such setting: {names}"),
            Text("检查拼写", "check the spelling"),
        )
    return Check("settings", GOOD, Text("均可识别", "all are known"))


@checking("disk")
def check_disk(app: "App") -> Check:
    """There is more room than the floor below which nothing is captured."""
    free, floor = shutil.disk_usage(app.home).free, app.settings.disk_floor_bytes
    detail = Text(
        f"剩余 {free / 1e9:.1f} GB(下限 {floor / 1e9:.1f} GB)", f"{free / 1e9:.1f} GB free (floor {floor / 1e9:.1f} GB)"
    )
    if free < floor:
        return Check(
            "disk", BAD, detail, Text("腾出空间,或调整 MARKWATCH_HOME", "free some space, or move MARKWATCH_HOME")
        )
    return Check("disk", GOOD, detail)


@checking("database")
def check_database(app: "App") -> Check:
    """The database opens, and has the version that this program knows."""
    from records import migrate

    url = app.settings.database_url
    _ = app.home
    found, newest = migrate.current(url), migrate.head()
    if not found:
        return Check("database", WARN, Text("尚未建立", "not made yet"), _same("markwatch init"))
    migrate.check(url) if found > newest else None
    if found < newest:
        return Check(
            "database",
            WARN,
            Text(f"版本 {found},将升级到 {newest}", f"version {found}, to be upgraded to {newest}"),
            _same("markwatch init"),
        )
    problems = app.records.audit.check().problems
    if problems:
        return Check(
            "database", BAD, _same(problems[0]), Text("从备份恢复", "restore a backup: markwatch restore FILE")
        )
    return Check("database", GOOD, Text(f"版本 {found}", f"version {found}"))


@checking("vault")
def check_vault(app: "App") -> Check:
    """The vault's files are what their names say (all of them; stops listing after the first few)."""
    report = app.vault.check_all()
    bad = [*report.changed, *report.strange]
    if bad:
        detail = Text(f"{len(bad)} 个文件已被改动:{bad[0]}", f"{len(bad)} files were changed: {bad[0]}")
        return Check("vault", BAD, detail, Text("从备份恢复这些文件", "restore these files from a backup"))
    return Check("vault", GOOD, _same(str(app.settings.vault_path)))


@checking("seal_key")
def check_seal_key(app: "App") -> Check:
    """The sealing key is there and private."""
    if not app.seal_path.exists():
        return Check("seal_key", WARN, Text("尚未建立", "not made yet"), _same("markwatch init"))
    return Check("seal_key", GOOD, _same(str(app.seal_key.verifier)))


@checking("browser")
def check_browser(app: "App") -> Check:
    """Chromium is there and starts."""
    path = app.chromium
    mend = Text(
        "apt-get install chromium,或设置 MARKWATCH_CHROMIUM", "apt-get install chromium, or set MARKWATCH_CHROMIUM"
    )
    if not path:
        return Check("browser", BAD, Text("未找到 Chromium", "no Chromium was found"), mend)
    done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=PROBE_S, check=False)
    if done.returncode != 0:
        return Check("browser", BAD, _same(f"{path}: {(done.stderr or done.stdout).strip()[:200]}"), mend)
    return Check("browser", GOOD, _same(f"{done.stdout.strip()[:100]} ({path})"))


@checking("sandbox")
def check_sandbox(app: "App") -> Check:
    """The browser can be sandboxed: not as root, and user namespaces are allowed."""
    del app
    if os.geteuid() == 0:
        return Check("sandbox", WARN, Text("以 root 运行,浏览器没有沙箱", "running as root: the browser has no sandbox"),
                     Text("用普通用户运行", "run as an ordinary user"))  # fmt: skip
    switch = Path("/proc/sys/kernel/unprivileged_userns_clone")
    if switch.exists() and switch.read_text("ascii").strip() == "0":
        return Check(
            "sandbox",
            WARN,
            Text("内核不允许用户命名空间", "the kernel forbids user namespaces"),
            _same("sysctl kernel.unprivileged_userns_clone=1"),
        )
    return Check("sandbox", GOOD, Text("可用", "available"))


@checking("recorder")
def check_recorder(app: "App") -> Check:
    """The libraries that render and record are installed."""
    del app
    import importlib.util

    missing = [
        name
        for name in ("playwright", "warcio", "scrapy", "scrapy_playwright")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        return Check(
            "recorder", BAD, Text(f"缺少 {'、'.join(missing)}", f"missing: {', '.join(missing)}"), _same("make setup")
        )
    return Check("recorder", GOOD, Text("可用", "available"))


@checking("fonts")
def check_fonts(app: "App") -> Check:
    """A Chinese font and an emoji font are installed: without them captures show blank boxes."""
    del app
    mend = _same("apt-get install fonts-noto-cjk fonts-noto-color-emoji")
    tool = shutil.which("fc-list")
    if tool is None:
        return Check(
            "fonts",
            WARN,
            Text("没有 fc-list,无法检查字体", "no fc-list here, so fonts cannot be checked"),
            _same("apt-get install fontconfig"),
        )
    chinese = subprocess.run(
        [tool, ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=PROBE_S, check=False
    ).stdout.split("\n")
    names = sorted({line.split(",")[0].strip() for line in chinese if line.strip()})
    if not names:
        return Check("fonts", BAD, Text("没有中文字体", "no Chinese font"), mend)
    emoji = subprocess.run(
        [tool, ":charset=1f600", "family"], capture_output=True, text=True, timeout=PROBE_S, check=False
    ).stdout.strip()
    if not emoji:
        return Check("fonts", WARN, Text(f"{names[0]};没有表情符号字体", f"{names[0]}; no emoji font"), mend)
    return Check("fonts", GOOD, _same(", ".join(names[:3])))


@checking("clock")
def check_clock(app: "App") -> Check:
    """The clock is plausible: not before this program's newest file, and synchronised where the system can say so."""
    newest = max(path.stat().st_mtime for path in Path(__file__).parent.glob("*.py"))
    now = app.now().timestamp()
    mend = Text("启用 NTP:timedatectl set-ntp true", "switch on NTP: timedatectl set-ntp true")
    if now + CLOCK_SLACK_S < newest:
        return Check("clock", BAD, Text("时钟早于程序文件", "the clock is behind this program's own files"), mend)
    tool = shutil.which("timedatectl")
    said = ""
    if tool:
        done = subprocess.run(
            [tool, "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=PROBE_S,
            check=False,
        )
        said = done.stdout.strip()
    if said == "yes":
        return Check("clock", GOOD, Text("已与 NTP 同步", "synchronised by NTP"))
    return Check("clock", WARN, Text("无法确认时钟已同步", "it cannot be told whether the clock is synchronised"), mend)


@checking("model")
def check_model(app: "App") -> Check:
    """The embedding model is where the settings say. Loading it is left to `patrol`."""
    name = app.settings.model
    if name == "off":
        return Check("model", WARN, Text("已关闭语境模型", "the context model is off"), _same("MARKWATCH_MODEL"))
    path = Path(name)
    if path.is_dir() and (path / "modules.json").is_file():
        return Check("model", GOOD, _same(name))
    if path.is_absolute() or path.exists():
        return Check(
            "model",
            BAD,
            Text(f"没有模型:{name}", f"there is no model at {name}"),
            Text("运行 make setup,或设置 MARKWATCH_MODEL", "run make setup, or set MARKWATCH_MODEL"),
        )
    return Check(
        "model",
        WARN,
        Text(f"{name}(将按名称加载,可能需要联网)", f"{name} (loaded by name, which may need the network)"),
    )


@checking("anchors")
def check_anchors(app: "App") -> Check:
    """At least one calendar answers. Out of reach is a note, not a failure: digests are queued and tried again."""
    from guards.http import fetch
    from notary.anchors import split_kind

    calendars = [split_kind(endpoint)[1] for endpoint in app.settings.calendars]
    if not calendars:
        return Check("anchors", WARN, Text("未设置日历服务器", "no calendar is set"), _same("MARKWATCH_CALENDARS"))
    reached, reasons = [], []
    for url in calendars:
        try:
            fetch(
                url + "/",
                policy=app.policy,
                deadline_s=PROBE_S / len(calendars),
                max_bytes=1_000_000,
                ca_file=app.settings.extra_ca_file,
            )
        except MarkwatchError as error:
            reasons.append(f"{url}: {error.message}")
        else:
            reached.append(url)
    if reached:
        return Check(
            "anchors", GOOD, Text(f"{len(reached)}/{len(calendars)} 可达", f"{len(reached)} of {len(calendars)} answer")
        )
    return Check(
        "anchors",
        WARN,
        _same(redact_text(reasons[0])),
        Text(
            "摘要会排队并稍后重试;检查网络或 MARKWATCH_CALENDARS",
            "digests are queued and tried again; check the network or MARKWATCH_CALENDARS",
        ),
    )

"""Watches: adding, importing from TOML, pausing, listing with their last runs, and the dry run."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from guards.errors import MarkwatchError, both
from patrol.errors import Misused, check_path, see
from patrol.health import health_of
from patrol.samples import samples
from patrol.window import window_of
from records.ids import digest_id
from records.model import Listing, Watch
from records.terms import RenderMode, TargetKind, WatchState

if TYPE_CHECKING:
    from patrol.app import App

_EXAMPLE = both("参看 README 中的示例", "see the example in the README")
MAX_TOML_BYTES = 2_000_000
"""Largest watches file that is read."""
MAX_DRY_PAGES = 100
"""Most pages that a dry run follows."""
MAX_TARGETS = 1000
"""Most targets that one watch may have."""

_T = TypeVar("_T", TargetKind, RenderMode)


@dataclass(frozen=True, slots=True)
class WatchDraft:
    """A watch as a person wrote it, not yet checked; `kind` and `render` are words of `records.terms`."""

    name: str
    targets: tuple[str, ...]
    kind: str = ""
    rights: tuple[str, ...] = ()
    cadence_hours: int = 24
    pages: int = 20
    render: str = "auto"
    authority: str = ""
    session: str = ""
    window: str = ""


def save_watch(app: "App", draft: WatchDraft, actor: str) -> Watch:
    """Check a draft and store it; a watch of the same name is replaced, its state kept.

    Raises Misused that names what is wrong: no target, a URL that is none, an unknown kind, an unknown right.
    """
    watch = _checked(app, draft)
    app.records.watches.save(watch)
    app.records.audit.append(actor, "watch saved", watch.id, watch.name)
    return watch


def _checked(app: "App", draft: WatchDraft) -> Watch:
    name = draft.name.strip()
    if not name or len(name) > 200:
        raise Misused(
            both("监测任务名称应有 1 至 200 个字", "expected a watch's name of 1 to 200 characters"),
            "markwatch watch add NAME --target URL",
        )
    if not draft.targets or len(draft.targets) > MAX_TARGETS:
        found = len(draft.targets)
        raise Misused(
            both(
                f"网址应有 1 至 {MAX_TARGETS} 个,实有 {found} 个", f"expected 1 to {MAX_TARGETS} targets, found {found}"
            ),
            both("补上:--target https://…", "add: --target https://…"),
        )
    for target in draft.targets:
        check_url(target)
    if draft.cadence_hours < 1 or draft.pages < 1:
        raise Misused(both("间隔(小时)与页数至少为 1", "cadence (hours) and pages must be at least 1"), "")
    known = {right.id for right in app.records.rights.all()}
    unknown = [right for right in draft.rights if right not in known]
    if unknown:
        raise Misused(
            both(
                f"没有权利 {', '.join(map(repr, unknown[:5]))};已有:{', '.join(sorted(known)[:12]) or '尚无'}",
                f"unknown right {', '.join(map(repr, unknown[:5]))}; known: {', '.join(sorted(known)[:12]) or 'none yet'}",
            ),
            both("先导入:markwatch rights import 文件", "import it first: markwatch rights import FILE"),
        )
    kind = _word(TargetKind, draft.kind or _guessed_kind(draft.targets), "kind")
    before = app.records.watches.by_name(name)
    return Watch(
        id=before.id if before else digest_id("watch", name)[:26],
        name=name,
        target_kind=kind,
        targets=draft.targets,
        right_ids=draft.rights,
        cadence_hours=draft.cadence_hours,
        page_limit=draft.pages,
        render=_word(RenderMode, draft.render, "render"),
        authority=draft.authority,
        state=before.state if before else WatchState.ACTIVE,
        created_at=before.created_at if before else app.now(),
        window=str(window_of(draft.window) or ""),
        session_id=_login_of(app, draft),
    )


def _login_of(app: "App", draft: WatchDraft) -> str:
    """Return the id of the draft's login; raise Misused where there is none, or a target lies on another host."""
    if not draft.session:
        return ""
    login = app.records.logins.get(draft.session)
    if login is None:
        raise Misused(
            both(f"没有登录状态 {draft.session[:40]!r}", f"unknown login {draft.session[:40]!r}"), see("login list")
        )
    strange = [target for target in draft.targets if urlsplit(target).netloc.lower() != login.host]
    if strange:
        raise Misused(
            both(
                f"登录状态只用于 {login.host},网址却是 {strange[0]}",
                f"the login is for {login.host}, found the target {strange[0]}",
            ),
            both("为别的站点另建监测任务", "make another watch for the other host"),
        )
    return login.id


def _guessed_kind(targets: tuple[str, ...]) -> str:
    return TargetKind.SEARCH.value if any("{term}" in target for target in targets) else TargetKind.CATEGORY.value


def _word(kind: type[_T], text: str, what: str) -> _T:
    try:
        return kind(text)
    except ValueError as error:
        known = ", ".join(kind)
        message = both(f"{what} 不能是 {text!r},可用:{known}", f"unknown {what} {text!r}: expected one of {known}")
        raise Misused(message, "") from error


def check_url(url: str) -> None:
    """Raise Misused for what is no whole http or https URL, or one that carries a user name or password."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        login = parts.username is not None or parts.password is not None
    except ValueError:
        good = login = False
    if good and login:
        raise Misused(
            both(
                f"网址中不能带用户名和密码(主机 {parts.hostname}):会留在记录与证据中",
                f"expected a URL without user name and password (host {parts.hostname}): records and evidence would keep them",
            ),
            both("去掉网址中 @ 及其前面的部分", "take out the part up to the @"),
        )
    if not good:
        raise Misused(
            both(f"应为 http 或 https 网址,实为 {url[:200]!r}", f"expected an http or https URL, found {url[:200]!r}"),
            both("写出完整网址:https://shop.example/…", "write it in full: https://shop.example/…"),
        )


def import_watches(app: "App", path: Path, actor: str) -> tuple[list[Watch], list[tuple[str, str]]]:
    """Save every good `[[watch]]` of a TOML file; return the watches saved, and (name, reason) of each bad one.

    Raises Misused for a file that cannot be read at all.
    """
    saved, problems = [], []
    for number, entry in enumerate(_read_toml(path), 1):
        name = str(entry.get("name", f"#{number}")) if isinstance(entry, Mapping) else f"#{number}"
        try:
            saved.append(save_watch(app, _draft(entry), actor))
        except MarkwatchError as error:
            problems.append((name, error.in_lang(app.lang)))
    return saved, problems


def _read_toml(path: Path) -> list[object]:
    try:
        if path.stat().st_size > MAX_TOML_BYTES:
            raise Misused(
                both(f"{path} 超过 {MAX_TOML_BYTES} 字节", f"{path} is larger than {MAX_TOML_BYTES} bytes"),
                both("拆分它", "split it"),
            )
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        message = both(f"无法读取 {path}:{error.strerror}", f"{path} cannot be read: {error.strerror}")
        raise Misused(message, check_path()) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Misused(both(f"{path} 不是 TOML:{error}", f"{path} is not TOML: {error}"), _EXAMPLE) from error
    entries = document.get("watch")
    if not isinstance(entries, list) or not entries:
        raise Misused(
            both(f"{path} 中没有 [[watch]] 表", f"expected one or more [[watch]] tables in {path}, found none"),
            _EXAMPLE,
        )
    return entries


_FIELDS = {"name", "targets", "kind", "rights", "cadence_hours", "pages", "render", "authority", "window", "session"}


def _draft(entry: object) -> WatchDraft:
    if not isinstance(entry, Mapping):
        raise Misused(both("应为 [[watch]] 表", "expected a [[watch]] table"), _EXAMPLE)
    unknown = sorted(set(entry) - _FIELDS)
    if unknown:
        words, known = ", ".join(unknown), ", ".join(sorted(_FIELDS))
        raise Misused(both(f"没有字段 {words};可用:{known}", f"unknown field {words}; known: {known}"), "")
    return WatchDraft(
        name=_text(entry, "name"),
        targets=_texts(entry, "targets"),
        kind=_text(entry, "kind"),
        rights=_texts(entry, "rights"),
        cadence_hours=_number(entry, "cadence_hours", 24),
        pages=_number(entry, "pages", 20),
        render=_text(entry, "render") or "auto",
        authority=_text(entry, "authority"),
        window=_text(entry, "window"),
        session=_text(entry, "session"),
    )


def _text(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise Misused(both(f"{name} 应为文字,实为 {value!r}", f"expected text for {name}, found {value!r}"), "")
    return value


def _texts(entry: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Misused(
            both(f"{name} 应为文字列表,实为 {value!r}", f"expected a list of texts for {name}, found {value!r}"), ""
        )
    return tuple(value)


def _number(entry: Mapping[str, object], name: str, default: int) -> int:
    value = entry.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Misused(
            both(f"{name} 应为整数,实为 {value!r}", f"expected a whole number for {name}, found {value!r}"), ""
        )
    return value


def pause(app: "App", name: str, *, resume: bool, actor: str) -> Watch:
    """Pause a watch, or resume it; raises Misused where there is none of this name."""
    watch = app.records.watches.by_name(name)
    if watch is None:
        raise Misused(both(f"没有名为 {name!r} 的监测任务", f"there is no watch called {name!r}"), see("watch list"))
    app.records.watches.set_state(watch.id, WatchState.ACTIVE if resume else WatchState.PAUSED)
    app.records.audit.append(actor, "watch resumed" if resume else "watch paused", watch.id, name)
    return app.records.watches.by_name(name) or watch


def watch_document(watch: Watch) -> dict[str, Any]:
    """Return a watch as `--json` prints it."""
    return {
        "id": watch.id,
        "name": watch.name,
        "kind": watch.target_kind.value,
        "targets": list(watch.targets),
        "rights": list(watch.right_ids),
        "cadence_hours": watch.cadence_hours,
        "pages": watch.page_limit,
        "render": watch.render.value,
        "authority": watch.authority,
        "window": watch.window,
        "session": watch.session_id,
        "state": watch.state.value,
    }


def overview(app: "App") -> list[dict[str, Any]]:
    """Return every watch with its newest run (when it began, how it ended, what it saw) and its health."""
    rows = []
    for watch in app.records.watches.all():
        health = health_of(watch, app.records.listings, app.now(), app.records.fairs.all())
        last = health.last
        rows.append(
            watch_document(watch)
            | health.document()
            | {
                "last_run": last.started_at.isoformat() if last else None,
                "outcome": last.outcome.value if last else "",
                "items": last.items if last else 0,
                "reason": last.reason if last else "",
            }
        )
    return rows


def dry_run(app: "App", url: str, *, pages: int, render: str) -> dict[str, Any]:
    """Return what a crawl of this URL would find, and what of it would be an alert by its words; nothing is saved.

    `hits` are up to `MOST_SAMPLES` alerts, the likeliest first; `hits_found` counts all of them (None: no rights yet).
    Raises Misused for a URL that is none.
    """
    from crawler.dryrun import watch_test

    check_url(url)
    if not 1 <= pages <= MAX_DRY_PAGES:
        raise Misused(
            both(f"页数应为 1 至 {MAX_DRY_PAGES},实为 {pages}", f"expected 1 to {MAX_DRY_PAGES} pages, found {pages}"),
            "",
        )
    terms = tuple(right.name for right in app.records.rights.all()[:3]) if "{term}" in url else ()
    kind = TargetKind.SEARCH if "{term}" in url else TargetKind.CATEGORY
    found: list[Listing] = []
    document = watch_test(
        url,
        app.crawl_options(),
        pages=pages,
        terms=terms,
        render=_word(RenderMode, render, "render"),
        target_kind=kind,
        seen=found.extend,
    )
    return document | samples(app, found)


def blocked_page(app: "App", name: str) -> bytes:
    """Return the picture (PNG) of the page that blocked a watch's newest run.

    Raises Misused where there is no such watch, or its newest run kept no picture.
    """
    watch = app.records.watches.by_name(name)
    if watch is None:
        raise Misused(both(f"没有名为 {name!r} 的监测任务", f"there is no watch called {name!r}"), see("watch list"))
    run = next(iter(app.records.listings.runs(watch.id, 1)), None)
    if run is None or not run.screenshot_sha256:
        message = both(
            f"{name!r} 最近一次巡查没有被拦截的截图", f"the newest run of {name!r} kept no picture of a blocking page"
        )
        raise Misused(message, see("watch list"))
    return app.vault.get(run.screenshot_sha256)

"""Importing the portfolio: good rows are kept, bad ones named; each right's pictures are checked and put in the vault.

A row with a picture that is none is refused, as any bad row is. A URL that cannot be reached now says nothing about its
picture: it is named, and the right is kept without it, so that the name is protected at once. Pictures are paths relative
to the rights file (never outside its folder), or URLs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from guards.caps import open_image_capped, read_capped
from guards.errors import CapExceeded, GuardError, MarkwatchError, both, reading
from guards.http import fetch
from patrol.errors import FoundWrong
from patrol.times import beijing_day
from records.ids import digest_id
from records.image_paths import is_url
from records.model import Reference, Right

if TYPE_CHECKING:
    from detectors.engine import ReferenceImage
    from patrol.app import App
    from records.portfolio import RowWarning

_FORMS = both("使用 JPEG、PNG、WebP、GIF 或 BMP", "use JPEG, PNG, WebP, GIF or BMP")
FETCH_DEADLINE_S = 30.0
"""How long one picture's download may take."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file; `line` counts from 1 (0 where it concerns the file as a whole)."""

    file: str
    line: int
    column: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import kept and what it found wrong."""

    kept: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    references: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def import_rights(app: "App", path: Path, actor: str) -> ImportReport:
    """Import a rights file into the records; return what was kept and what was wrong.

    Each right is stored with the version of the legal text that it rests on today (`detectors.grounds.text_of`).

    Raises a MarkwatchError where the file cannot be read at all; nothing is changed then.
    """
    from detectors.grounds import text_of
    from records.portfolio import read_rights

    parsed = read_rights(path)
    report = ImportReport(warnings=[warning_text(one, app.lang) for one in parsed.warnings])
    report.problems = [Problem(path.name, e.line, e.column, e.text.in_lang(app.lang)) for e in parsed.errors]
    today = beijing_day(app.now())
    rights: list[Right] = []
    references: list[Reference] = []
    for right in parsed.rights:
        samples = _samples(app, right, path, parsed.lines[right.id], report)
        if samples is not None:
            rights.append(replace(right, legal_text=text_of(right, today)))
            references += samples
    report.problems.sort(key=lambda problem: problem.line)
    report.kept, report.references = len(rights), len(references)
    report.added, report.changed, report.unchanged = app.records.rights.save(rights)
    for sample in references:
        app.records.rights.save_reference(sample)
    app.records.audit.append(
        actor, "rights imported", path.name, f"{report.kept} kept, {len(report.problems)} problems"
    )
    return report


def warning_text(row: "RowWarning", lang: str) -> str:
    """Return what is odd in a row of a rights file, with its line and column."""
    return f"{row.line} {row.column}: {row.text.in_lang(lang)}"


def _samples(app: "App", right: Right, path: Path, line: int, report: ImportReport) -> list[Reference] | None:
    """Return a right's pictures, kept in the vault; None where one is wrong: its row is refused and nothing is kept of it."""
    good: list[tuple[str, bytes, str]] = []
    refused = False
    for where in right.images:
        try:
            data = read_picture(app, where, path.parent)
            good.append((where, data, picture_type(data, app.settings.max_image_bytes)))
        except (MarkwatchError, OSError) as error:
            refused = refused or not (
                is_url(where) and isinstance(error, GuardError) and not isinstance(error, CapExceeded)
            )
            report.problems.append(Problem(path.name, line, "images", f"{where}: {why(error, app.lang)}"))
    if refused:
        return None
    return [
        Reference(digest_id("reference", right.id, sha256)[:32], right.id, sha256, media_type, where)
        for where, data, media_type in good
        for sha256 in (app.vault.put(data),)
    ]


def why(error: MarkwatchError | OSError, lang: str) -> str:
    """Return what an error says in `lang`; the operating system's own words where it is one of its errors."""
    return error.in_lang(lang) if isinstance(error, MarkwatchError) else str(error.strerror or error)


def read_picture(app: "App", where: str, folder: Path) -> bytes:
    """Return a picture's bytes from a URL (under the egress policy) or from a path below `folder`.

    Raises FoundWrong for a path outside the folder or an answer that is no picture, GuardError for a refused address.
    """
    if is_url(where):
        answer = fetch(
            where,
            policy=app.policy,
            deadline_s=FETCH_DEADLINE_S,
            max_bytes=app.settings.max_image_bytes,
            ca_file=app.settings.extra_ca_file,
        )
        if answer.status != 200:
            raise FoundWrong(
                both(f"应答状态应为 200,实为 {answer.status}", f"expected status 200, got {answer.status}"),
                both("检查网址", "check the URL"),
            )
        return answer.body
    return read_local(where, folder, app.settings.max_image_bytes)


def read_local(where: str, folder: Path, limit: int) -> bytes:
    """Return the bytes of a file below `folder`, at most `limit`; raise FoundWrong for one outside it or missing."""
    root = folder.resolve()
    target = (root / where).resolve()
    if not target.is_relative_to(root):
        raise FoundWrong(
            both("路径越出了权利清单所在目录", "the path leads out of the rights file's folder"),
            both("把图片放在清单旁边", "put the picture beside the file"),
        )
    if not target.is_file():
        raise FoundWrong(
            both("没有这个文件", "there is no such file"),
            both("检查路径(相对于清单文件)", "check the path, relative to the rights file"),
        )
    with target.open("rb") as stream:
        return read_capped(stream, limit)


def picture_type(data: bytes, limit: int) -> str:
    """Return a picture's media type; raise FoundWrong where the bytes are no picture of a known form."""
    try:
        open_image_capped(data, max_bytes=limit).close()
    except CapExceeded:
        raise
    except GuardError as error:
        raise FoundWrong(
            both(f"不是可读的图片:{reading(error.message, 'zh')}", f"expected a picture: {error.message}"), _FORMS
        ) from error
    kind = sniff(data)
    if not kind:
        raise FoundWrong(both("不是受支持的图片格式", "expected a JPEG, PNG, WebP, GIF or BMP picture"), _FORMS)
    return kind


_MAGIC: Sequence[tuple[bytes, str]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)


def sniff(data: bytes) -> str:
    """Return the media type that the first bytes say, "" where they are none of the accepted pictures'."""
    for magic, media_type in _MAGIC:
        if data.startswith(magic):
            return media_type
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def stored_references(app: "App") -> "dict[str, list[ReferenceImage]]":
    """Return the rights' reference pictures from the vault, by right; raises FoundWrong where one is damaged."""
    from detectors.engine import ReferenceImage

    references: dict[str, list[ReferenceImage]] = {}
    for sample in app.records.rights.all_references():
        try:
            data = app.vault.get(sample.sha256)
        except MarkwatchError as error:
            raise FoundWrong(
                both(
                    f"{sample.right_id} 的比对样本已损坏:{error.in_lang('zh')}",
                    f"the reference picture of {sample.right_id} is damaged: {error}",
                ),
                both("重新导入权利清单", "import the rights file again"),
            ) from error
        references.setdefault(sample.right_id, []).append(ReferenceImage(sample.id, data))
    return references

"""Detection on files alone: rights × listings → hits.jsonl; no database and no network.

Bad rows of either file are named and skipped. Pictures are read relative to their file; a URL among them is skipped,
since nothing is fetched. The hits are written atomically: either the whole file or nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from guards.errors import MarkwatchError, both, reading
from patrol.portfolio import Problem, picture_type, read_local, warning_text, why
from records.ids import digest_id
from records.image_paths import is_url
from records.model import Hit, Listing, Right

if TYPE_CHECKING:
    from detectors.engine import ReferenceImage
    from patrol.app import App
    from patrol.crew import Kit


@dataclass(slots=True)
class BatchReport:
    """What `detect` read and wrote; `warnings` are what is odd in the rights file (a name of one character).

    `overlays` counts the pictures that were drawn.
    """

    rights: int = 0
    listings: int = 0
    written: int = 0
    alerts: int = 0
    overlays: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def detect_files(
    app: "App", rights_file: Path, listings_file: Path, out: Path, *, everything: bool, overlays: Path | None = None
) -> BatchReport:
    """Read both files, detect, and write the alerts (or with `everything` all pairs found) to `out`.

    With `overlays`, a folder that is made where it is missing, each finding about a picture is drawn into a PNG there.
    Raises a MarkwatchError where a file cannot be read or written at all; `out` is then untouched, and of the overlays
    those that were drawn are whole.
    """
    from patrol.crew import Kit, workers_for
    from patrol.overlays import make_folder
    from records.portfolio import read_rights, write_hits

    parsed = read_rights(rights_file)
    report = BatchReport(rights=len(parsed.rights), warnings=[warning_text(one, app.lang) for one in parsed.warnings])
    report.problems = [Problem(rights_file.name, e.line, e.column, e.text.in_lang(app.lang)) for e in parsed.errors]
    references = {
        right.id: _references(app, right, rights_file, parsed.lines[right.id], report) for right in parsed.rights
    }
    if overlays is not None:
        make_folder(overlays)
    kit = Kit(
        rights=parsed.rights,
        references=references,
        options=app.detect_options(),
        listings_file=listings_file,
        max_image_bytes=app.settings.max_image_bytes,
        lang=app.lang,
        everything=everything,
        overlays=overlays,
    )
    workers = workers_for(listings_file, app.settings.detect_workers)
    write_hits(out, _hits(kit, report, workers), app.lang)
    return report


def _references(app: "App", right: Right, path: Path, line: int, report: BatchReport) -> list["ReferenceImage"]:
    from detectors.engine import ReferenceImage

    found = []
    for where in right.images:
        if is_url(where):
            reason = both("detect 不联网,不取网址上的图片", "a URL is not fetched by detect")
            report.problems.append(
                Problem(path.name, line, f"images ({right.id})", f"{where}: {reading(reason, app.lang)}")
            )
            continue
        try:
            data = read_local(where, path.parent, app.settings.max_image_bytes)
            picture_type(data, app.settings.max_image_bytes)
        except (MarkwatchError, OSError) as error:
            report.problems.append(Problem(path.name, line, f"images ({right.id})", f"{where}: {why(error, app.lang)}"))
            continue
        found.append(ReferenceImage(digest_id("reference", right.id, where)[:32], data))
    return found


def _hits(kit: "Kit", report: BatchReport, workers: int) -> Iterator[Hit]:
    from patrol.crew import detect_all

    for done in detect_all(kit, _listings(kit, report), workers):
        report.problems += done.problems
        report.written += len(done.hits)
        report.overlays += done.overlays
        report.alerts += sum(hit.alert for hit in done.hits)
        yield from done.hits


def _listings(kit: "Kit", report: BatchReport) -> Iterator[Listing]:
    """Yield the good rows; name the others."""
    from records.portfolio import read_listings

    for row in read_listings(kit.listings_file):
        if isinstance(row, Listing):
            report.listings += 1
            yield row
        else:
            report.problems.append(Problem(kit.listings_file.name, row.line, row.column, row.text.in_lang(kit.lang)))

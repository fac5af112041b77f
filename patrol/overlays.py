"""Overlays of hits: a reference laid over a listing's picture, drawn from the records and the vault, or beside a detection.

What is drawn lies in the finding (`records.alignment.Alignment`); the bytes are found by its digests, so that a hit can be drawn
for as long as the vault holds both pictures.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.overlay import draw
from detectors.types import ReferenceImage
from guards.atomic import write_atomic
from guards.errors import MarkwatchError, both
from patrol.errors import FoundWrong, Misused, check_path, see
from records.alignment import Alignment
from records.model import Finding, Hit

if TYPE_CHECKING:
    from patrol.app import App

_UNSAFE = re.compile(r"[^A-Za-z0-9.\u3400-\u9fff-]+")
_NAME = 40
"""Bytes of an id that a file name keeps; a digest after them tells two files apart."""


def draw_hit(app: "App", hit_id: str, number: int, out: Path) -> dict[str, Any]:
    """Write the overlay of a hit's finding to `out`, whole or not at all; return what was drawn.

    `number` counts the hit's findings from 1; 0 means the first one that has a place in a picture. Raises Misused where
    there is none, FoundWrong where a picture's bytes are gone or changed, NoOverlay where they cannot be drawn.
    """
    from patrol.today import find_view

    hit = find_view(app, hit_id).hit
    at, finding, kept = _chosen(hit, number)
    data = draw(_bytes(app, kept.image_sha256), _bytes(app, kept.reference_sha256), finding, hit.id)
    write_atomic(out, data)
    return {"file": str(out), "finding": at, "field": finding.field, "reference": finding.reference_id}


def _chosen(hit: Hit, number: int) -> tuple[int, Finding, Alignment]:
    fit = {at: (at, one, one.alignment) for at, one in enumerate(hit.findings, 1) if one.alignment is not None}
    if not fit:
        raise Misused(
            both("这条线索没有可绘对照图的图片理由", "this hit has no finding about a picture that could be drawn"),
            both("旧版本保存的线索请先重新巡查", "if it was found by an earlier version, patrol again first"),
        )
    if number and number not in fit:
        known = ", ".join(map(str, fit))
        raise Misused(
            both(
                f"第 {number} 条理由不是图片理由;可用:{known}", f"finding {number} is not about a picture; use {known}"
            ),
            see(f"hits show {hit.id[:10]}"),
        )
    return fit[number or min(fit)]


def _bytes(app: "App", sha256: str) -> bytes:
    try:
        return app.vault.get(sha256)
    except MarkwatchError as error:
        raise FoundWrong(
            both(
                f"证据库中的图片 {sha256[:16]}… 已丢失或被改动:{error.in_lang('zh')}",
                f"the picture {sha256[:16]}… in the vault is missing or was changed: {error.message}",
            ),
            both("从备份恢复证据库", "restore the vault from a backup"),
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder for overlays where it is missing; raise Misused where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misused(
            both(f"无法建立目录 {folder}:{error.strerror}", f"the folder {folder} cannot be made: {error.strerror}"),
            check_path(),
        ) from error


def draw_beside(
    hits: Sequence[Hit], pictures: Mapping[int, bytes], references: Mapping[str, Sequence[ReferenceImage]], folder: Path
) -> Iterator[Path | MarkwatchError]:
    """Write the overlays of one listing's hits into `folder`; yield each file's path, or why one could not be drawn.

    `pictures` are the listing's by position. Raises a GuardError where the folder cannot be written.
    """
    for hit in hits:
        for finding in hit.findings:
            if finding.alignment is None:
                continue
            shown = pictures.get(int(finding.field.removeprefix("images[").removesuffix("]")), b"")
            sample = next((one.data for one in references[hit.right_id] if one.id == finding.reference_id), b"")
            try:
                data = draw(shown, sample, finding, hit.id)
            except MarkwatchError as error:
                yield error
                continue
            path = folder / file_name(hit, finding)
            write_atomic(path, data)
            yield path


def file_name(hit: Hit, finding: Finding) -> str:
    """Return a safe name for an overlay: listing, right, picture and reference, shortened, and a digest of all of them.

    >>> from records.model import Text
    >>> from records.terms import Outcome
    >>> hit = Hit("h", "../a b", "tm1", 0.9, True, Outcome.SUSPECTED, ())
    >>> file_name(hit, Finding("image_copy", "image.copy", "images[0]", 0.9, Text("", ""), reference_id="r1"))
    'a-b_tm1_0_r1_c6891ca24c.png'
    """
    parts = (
        hit.listing_id,
        hit.right_id,
        finding.field.removeprefix("images[").removesuffix("]"),
        finding.reference_id,
    )
    told = hashlib.sha256("\0".join((*parts, finding.rule)).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    short = [_UNSAFE.sub("-", part).encode()[:_NAME].decode(errors="ignore") for part in parts]
    shown = [part.strip("-.") or "x" for part in short]
    return "_".join((*shown, told)) + ".png"

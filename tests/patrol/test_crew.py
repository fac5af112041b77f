"""Detection in worker processes: the same bytes as in one; a worker that ends is told."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from detectors.engine import Options
from patrol.crew import CHUNK, WORTH_BYTES, Kit, detect_all, workers_for
from patrol.errors import PatrolError
from records.hits_file import write_hits
from records.model import Listing, Right
from records.terms import RightKind

RIGHT = Right("t", RightKind.TRADEMARK, "砚溪雁", goods=("茶叶",))


def _kit(folder: Path, *, everything: bool = False) -> Kit:
    return Kit([RIGHT], {}, Options(today=date(2026, 6, 1)), folder / "l.jsonl", 1_000_000, "zh", everything)


def _listings(count: int) -> Iterator[Listing]:
    titles = ("砚★溪★雁 茶叶 250克", "保温杯", "砚溪雁的故事 图书 精装")
    for number in range(count):
        images = ("missing.jpg",) if number == 700 else ()
        yield Listing(f"{number:05}", titles[number % 3], images=images)


def test_two_workers_write_what_one_process_writes(tmp_path: Path) -> None:
    written = []
    for workers in (1, 2):
        done = list(detect_all(_kit(tmp_path, everything=True), _listings(3 * CHUNK + 5), workers))
        assert len(done) == 4
        assert [problem.column for part in done for problem in part.problems] == ["images[0] (00700)"]
        write_hits(tmp_path / f"{workers}.jsonl", [hit for part in done for hit in part.hits])
        written.append((tmp_path / f"{workers}.jsonl").read_bytes())
    assert written[0] == written[1]
    assert {json.loads(line)["alert"] for line in written[0].splitlines()} == {True, False}


def test_only_what_is_wanted_comes_back(tmp_path: Path) -> None:
    (done,) = detect_all(_kit(tmp_path), _listings(30), 1)
    assert len(done.hits) == 10
    assert all(hit.alert for hit in done.hits)


class _Fatal(Listing):
    """Ends the process that receives it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:  # type: ignore[override]
        return os._exit, (3,)


def test_a_worker_that_ends_is_told(tmp_path: Path) -> None:
    with pytest.raises(PatrolError, match="ended unexpectedly"):
        list(detect_all(_kit(tmp_path), [_Fatal("1", "茶")], 2))


def test_workers_are_used_where_a_file_is_large(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"{}")
    with large.open("wb") as stream:
        stream.truncate(WORTH_BYTES)
    assert workers_for(small, 0) == 1
    assert workers_for(tmp_path / "none", 0) == 1
    assert workers_for(large, 0) == min(4, len(os.sched_getaffinity(0)))
    assert workers_for(small, 3) == 3

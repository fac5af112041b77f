"""kill -9 in the midst of writing, at seeded moments: what was committed is there, once; what was not is not, at all."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import TextIO

import pytest
from sqlalchemy import text

from records import migrate
from records.backup import backup, restore
from records.clock import utc_now
from records.engine import open_engine
from records.errors import Misconfigured
from records.restore import check_complete
from records.store import Records
from records.terms import HitState, JobKind, JobState

WORKER = Path(__file__).with_name("_worker.py")


def _start(url: str, count: int) -> list[tuple["subprocess.Popen[str]", list[str]]]:
    """Start workers; return them, ready, each with the lines that it goes on printing."""
    command = [sys.executable, str(WORKER), url]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    started = []
    for child in children:
        assert child.stdout is not None
        lines = [child.stdout.readline().strip()]
        threading.Thread(target=_read, args=(child.stdout, lines), daemon=True).start()
        started.append((child, lines))
    return started


def _read(stream: TextIO, lines: list[str]) -> None:
    lines.extend(line.strip() for line in stream)


def _kill(child: "subprocess.Popen[str]") -> None:
    child.send_signal(signal.SIGKILL)
    child.wait(30)
    time.sleep(0.05)  # the reading thread takes what is left in the pipe


def _check(store: Records, seen: Counter[str], kills: int, wanted: int) -> None:
    steps = {
        name: {line.split()[1] for line in seen if line.startswith(name + " ")} for name in ("decided", "finished")
    }
    decided = [decision.hit_id for decision in store.decisions.all()]
    assert len(decided) == len(set(decided)) and steps["decided"] <= set(decided)
    cases = store.cases.all()
    assert sorted(case.number for case in cases) == [f"MW-{utc_now().year}-{n:06d}" for n in range(1, len(cases) + 1)]
    in_cases = [hit for case in cases for hit in case.hit_ids]
    assert len(in_cases) == len(set(in_cases))
    audit = store.audit.check()
    acknowledged = sum(line.startswith("audited ") for line in seen)
    assert audit.ok, audit.problems
    assert acknowledged <= audit.entries <= acknowledged + kills
    jobs = store.jobs.all()
    assert len(jobs) == wanted
    done = {job.key for job in jobs if job.state is JobState.DONE}
    assert steps["finished"] <= done <= set(decided) & set(in_cases)
    proposed = {hit.id for hit in store.hits.query(state=HitState.PROPOSED, limit=10_000)}
    assert proposed == set(decided)


@pytest.mark.parametrize(("kills", "hits"), [(5, 60), pytest.param(100, 3000, marks=pytest.mark.soak)])
def test_nothing_is_lost_and_nothing_doubled(url: str, sample: ModuleType, kills: int, hits: int) -> None:
    store = Records(open_engine(url))
    store.rights.save(sample.RIGHTS)
    store.hits.save([sample.found(number) for number in range(hits)])
    for hit in store.hits.query(limit=hits):
        store.jobs.enqueue(JobKind.CAPTURE, hit.id)
    chance = random.Random(20261122)
    seen: Counter[str] = Counter()
    for done in range(1, kills + 1):
        children = _start(url, 2)  # at once, killed one after the other
        time.sleep(chance.uniform(0.0, 0.25))
        for child, lines in children:
            _kill(child)
            seen.update(lines)
        _check(store, seen, 2 * done, hits)
    if url.startswith("sqlite"):
        with store.sessions() as session:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    time.sleep(0.25)  # the leases of the last ones run out
    ((child, lines),) = _start(url, 1)
    assert child.wait(300) == 0
    time.sleep(0.1)
    seen.update(lines)
    _check(store, seen, 2 * kills, hits)
    assert {job.state for job in store.jobs.all()} == {JobState.DONE}
    assert len(store.decisions.all()) == len(store.cases.all()) == hits
    store.close()


def _spawn(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("kills", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_a_killed_backup_or_restore_leaves_nothing_that_looks_whole(
    url: str, filled: Records, tmp_path: Path, kills: int
) -> None:
    filled.close()
    home = tmp_path / "home"
    for number in range(20):
        path = home / "vault" / f"{number:02}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * 200_000)
    wanted = {path.name: path.read_bytes() for path in (home / "vault").iterdir()}
    backup(home, url, tmp_path / "whole.zip")
    chance = random.Random(7)
    setup = "import sys; from pathlib import Path; from records.backup import backup, restore; sys.stdout.close(); "
    for number in range(kills):
        target, new = tmp_path / f"{number}.zip", tmp_path / f"new{number}"
        database = f"sqlite:///{new / 'markwatch.db'}"
        for code in (
            f"backup(Path({str(home)!r}), {url!r}, Path({str(target)!r}))",
            f"restore(Path({str(tmp_path / 'whole.zip')!r}), Path({str(new)!r}), {database!r})",
        ):
            child = _spawn(setup + code)
            assert child.stdout is not None
            child.stdout.read()  # ends when the imports are done
            time.sleep(chance.uniform(0, 0.4))
            child.kill()
            child.wait(30)
        if target.exists():
            restore(target, tmp_path / f"again{number}", f"sqlite:///{tmp_path / f'{number}.db'}")
        kept = {path.name: path.read_bytes() for path in new.glob("vault/*")}
        if (new / ".restoring").exists():
            with pytest.raises(Misconfigured, match="interrupted"):
                check_complete(new)
        elif kept:
            assert kept == wanted
            migrate.check(database)
        else:
            restore(tmp_path / "whole.zip", new, database)
            assert {path.name: path.read_bytes() for path in new.glob("vault/*")} == wanted
            assert not list(new.glob(".restore-*"))

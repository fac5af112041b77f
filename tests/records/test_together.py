"""Several at once: reviewers, detectors, upgrades, backups, each in a thread or process of its own."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from records import migrate
from records.backup import backup, restore
from records.engine import open_engine
from records.errors import Conflict
from records.model import Decision, Right
from records.store import Records
from records.terms import DecisionStage, HitState, RightKind, Verdict


def _at_once(work: Callable[[int], object], count: int) -> list[object]:
    """Run `work(0…count-1)` together; return results or errors in order."""
    together = threading.Barrier(count)

    def run(number: int) -> object:
        together.wait(30)
        try:
            return work(number)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_two_reviewers_one_decides(records: Records, sample: ModuleType) -> None:
    records.rights.save(sample.RIGHTS)
    records.hits.save([sample.found(number) for number in range(6)])
    for hit in records.hits.query():

        def decide(number: int, hit_id: str = hit.id) -> str:
            decision = Decision(
                f"{hit_id}-{number}", hit_id, f"a{number}", Verdict.SUSPECTED, DecisionStage.PROPOSE, sample.AT
            )
            records.decisions.append(decision, HitState.PROPOSED, HitState.OPEN)
            return decision.id

        results = _at_once(decide, 3)
        won = [result for result in results if isinstance(result, str)]
        assert len(won) == 1
        assert [decision.id for decision in records.decisions.for_hit(hit.id)] == won
        assert all("by now" in str(result) for result in results if result not in won)


def test_one_decision_sent_twice_is_one(records: Records, sample: ModuleType) -> None:
    records.rights.save(sample.RIGHTS)
    records.hits.save([sample.found(1)])
    hit = records.hits.query()[0]
    decision = Decision("D1", hit.id, "a", Verdict.SUSPECTED, DecisionStage.PROPOSE, sample.AT)
    results = _at_once(lambda _: records.decisions.append(decision, HitState.PROPOSED, HitState.OPEN), 4)
    assert results == [None] * 4
    assert records.decisions.all() == [decision]


def test_detectors_at_once_write_each_hit_once(records: Records, sample: ModuleType) -> None:
    records.rights.save(sample.RIGHTS)
    records.watches.save(sample.WATCH)
    sample.crawl(records, *[sample.listing(number) for number in range(8)])

    def detect(_number: int) -> int:
        new = 0
        for snapshot in records.hits.undetected("v1", 100):
            new += records.hits.save_detected(snapshot.id, "v1", [sample.found(int(snapshot.listing.key))])
        return new

    _at_once(detect, 3)
    hits = records.hits.query()
    assert sorted(hit.listing_id for hit in hits) == [f"listing-{number}" for number in range(8)]
    assert records.hits.undetected("v1", 100) == []
    assert records.marks.count("v1") == 8


def test_importers_at_once_keep_every_right(records: Records) -> None:
    def load(number: int) -> tuple[int, int, int]:
        return records.rights.save([Right(f"R{n}", RightKind.WORK, f"画{n}") for n in range(number, number + 30)])

    _at_once(load, 3)
    assert len(records.rights.all()) == 32
    assert records.rights.save(records.rights.all()) == (0, 0, 32)


def test_programs_that_upgrade_at_once_make_one_schema(empty_url: str) -> None:
    code = f"from records import migrate; print(migrate.upgrade({empty_url!r}).after)"
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for child in children:
        out, problem = child.communicate(timeout=180)
        assert child.returncode == 0, problem
        assert out.strip() == migrate.head()
    assert migrate.differences(empty_url) == []


def test_a_backup_amid_writers_is_whole(url: str, sample: ModuleType, tmp_path: Path) -> None:
    store = Records(open_engine(url))
    sample.fill(store)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set() and number < 500:
            store.audit.append("officer", "look", f"hit-{number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(tmp_path / "home", url, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        writer.join(60)
    for number in range(3):
        target = f"sqlite:///{tmp_path / f'{number}.db'}"
        restore(tmp_path / f"{number}.zip", tmp_path / f"new{number}", target)
        restored = Records(open_engine(target))
        check = restored.audit.check()
        assert check.ok, check.problems
        assert restored.decisions.all() == store.decisions.all()
        restored.close()
    store.close()

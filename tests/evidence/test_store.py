"""The exhibits' store on SQLite and PostgreSQL: what goes in comes out, once, in one piece."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from evidence.custody import CustodyLog, Touch
from records.engine import Sessions, open_engine
from records.errors import Conflict, NotFound
from records.exhibits import ExhibitRecords
from records.model import Artifact, Bag, BagFile, Exhibit
from records.tables.base import Base
from records.terms import CaptureOutcome, Fidelity

AT = datetime(2026, 11, 22, 8, 30, 0, 123456, UTC)


class Ticking:
    """A clock for tests."""

    def __init__(self):
        self.at = AT

    def now(self):
        self.at += timedelta(milliseconds=1)
        return self.at

    def monotonic_ns(self):
        return 2**62


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'r.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    Base.metadata.create_all(engine)
    yield ExhibitRecords(Sessions(engine))
    engine.dispose()


def log_of(*actions):
    log, clock = CustodyLog(), Ticking()
    for action in actions:
        log = log.append(Touch("worker", "主机", action, "0" * 64, "理由 🐐"), clock)
    return log


def exhibit(number=1, hit="h1", **changes):
    fields = {
        "id": f"EV-{number:026d}",
        "url": "https://shop.example/商品",
        "outcome": CaptureOutcome.PENDING,
        "created_at": AT,
        "hit_id": hit,
    }
    return Exhibit(**{**fields, **changes})


def ended(given, outcome=CaptureOutcome.COMPLETE):
    files = tuple(
        Artifact(path, 2**40, "a" * 64, "b" * 64, "render", "image/png")
        for path in ("render/b.png", "render/a.png", "Render/c.png")
    )
    return replace(
        given,
        outcome=outcome,
        captured_at=AT,
        artifacts=files,
        lost=({"url": "u", "what": "w"},),
        reason="原因",
        fidelity=Fidelity.BROWSER_DECODED,
    )


def test_an_exhibit_comes_back_whole(store):
    log = log_of("requested", "captured", "stored")
    pending = store.open_exhibit(exhibit(), log.entries[0])
    assert store.get(pending.id) == pending
    done = store.finish(ended(pending), log.entries[1:])
    assert store.get(pending.id) == done
    assert [item.path for item in done.artifacts] == ["Render/c.png", "render/a.png", "render/b.png"], (
        "sorted alike on both"
    )
    assert CustodyLog.of(store.custody(pending.id)) == log, "the chain survives the database"
    assert store.all() == [done] == store.for_hit("h1")
    assert store.get("EV-none") is None


def test_a_hit_has_one_pending_exhibit(store):
    log = log_of("requested")
    first = store.open_exhibit(exhibit(1), log.entries[0])
    assert store.open_exhibit(exhibit(2), log.entries[0]) == first
    assert len(store.all()) == 1
    store.finish(ended(first, CaptureOutcome.FAILED), ())
    assert store.open_exhibit(exhibit(3), log.entries[0]).id == exhibit(3).id
    for number in (4, 5):
        store.open_exhibit(exhibit(number, hit=""), log.entries[0])
    assert len(store.all()) == 4, "captures that no hit asked for are not held back"


def test_an_end_is_final(store):
    log = log_of("requested", "captured")
    pending = store.open_exhibit(exhibit(), log.entries[0])
    done = store.finish(ended(pending), log.entries[1:])
    again = store.finish(replace(ended(pending), outcome=CaptureOutcome.FAILED, reason="late"), log.entries[1:])
    assert again == done
    assert len(store.custody(pending.id)) == 2


def test_custody_rows_continue_or_are_refused(store):
    log = log_of("requested", "viewed", "exported")
    pending = store.open_exhibit(exhibit(), log.entries[0])
    with pytest.raises(Conflict, match="entry 1"):
        store.append_custody(pending.id, log.entries[2])
    with pytest.raises(Conflict):
        store.append_custody(pending.id, log.entries[0])
    store.append_custody(pending.id, log.entries[1])
    assert len(store.custody(pending.id)) == 2


def test_a_refused_end_writes_nothing(store):
    log = log_of("requested", "captured", "stored")
    pending = store.open_exhibit(exhibit(), log.entries[0])
    with pytest.raises(Conflict):
        store.finish(ended(pending), log.entries[2:])
    assert store.get(pending.id) == pending
    assert len(store.custody(pending.id)) == 1


def test_unknown_exhibits(store):
    log = log_of("requested")
    with pytest.raises(NotFound):
        store.finish(exhibit(), ())
    with pytest.raises(NotFound):
        store.append_custody("EV-none", log.entries[0])
    with pytest.raises(NotFound):
        store.save_bag(Bag("EV-none", AT, ()))
    assert store.custody("EV-none") == []
    assert store.bag("EV-none") is None


def test_a_bag_is_fixed_once(store):
    pending = store.open_exhibit(exhibit(), log_of("requested").entries[0])
    first = Bag(pending.id, AT, (BagFile("bagit.txt", 55, "c" * 64), BagFile("data/证据.json", 2**40, "d" * 64)))
    assert store.bag(pending.id) is None
    assert store.save_bag(first) == first
    assert store.save_bag(replace(first, files=())) == first
    assert store.bag(pending.id) == first

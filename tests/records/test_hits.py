"""Hits, marks and decisions: idempotent detection, a review state that stays, changes that can be seen."""

from dataclasses import replace
from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import event, text

from records.errors import AppendOnly, Conflict, NotFound
from records.hits import HitFilter
from records.model import Decision
from records.store import Records
from records.terms import DecisionStage, HitState, ListingState, Outcome, Verdict


@pytest.fixture
def watched(records: Records, sample: ModuleType) -> Records:
    """Records with rights, a watch and two crawled listings."""
    records.rights.save(sample.RIGHTS)
    records.watches.save(sample.WATCH)
    sample.crawl(records, sample.listing(1), sample.listing(2))
    return records


def _detect(records: Records, sample: ModuleType, version: str = "v1", score: float = 0.9) -> int:
    new = 0
    for snapshot in records.hits.undetected(version, 100):
        new += records.hits.save_detected(snapshot.id, version, [sample.found(int(snapshot.listing.key), score)])
    return new


def _decide(records: Records, hit_id: str, state: HitState = HitState.PROPOSED, **fields: object) -> Decision:
    given = {"id": f"D-{len(records.decisions.all())}", "actor": "a", "verdict": Verdict.SUSPECTED,
             "stage": DecisionStage.PROPOSE, "at": records.audit._clock()} | fields  # fmt: skip
    decision = Decision(hit_id=hit_id, **given)  # type: ignore[arg-type]
    records.decisions.append(decision, state)
    return decision


def test_a_listing_is_due_until_it_was_detected_with_this_version(watched: Records, sample: ModuleType) -> None:
    assert len(watched.hits.undetected("v1", 10)) == 2
    assert len(watched.hits.undetected("v1", 1)) == 1
    assert _detect(watched, sample) == 2
    assert watched.hits.undetected("v1", 10) == watched.marks.undetected("v1", 10) == []
    assert watched.marks.count("v1") == 2
    assert len(watched.hits.undetected("v2", 10)) == 2
    assert _detect(watched, sample, "v2") == 0
    assert watched.marks.count("v1") == 0
    assert watched.marks.get("listing-1") == (watched.listings.latest_snapshot("listing-1").id, "v2")  # type: ignore[union-attr]
    assert watched.marks.get("none") is None


def test_a_changed_listing_is_due_again_and_one_that_changed_back_too(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    sample.crawl(watched, sample.listing(1, "改名"), sample.listing(2), at=sample.AT + timedelta(hours=1))
    assert [snapshot.listing.title for snapshot in watched.hits.undetected("v1", 10)] == ["改名"]
    _detect(watched, sample)
    sample.crawl(watched, sample.listing(1), sample.listing(2), at=sample.AT + timedelta(hours=2))
    assert [snapshot.listing.title for snapshot in watched.hits.undetected("v1", 10)] == ["驼铃坊 围巾"]


def test_a_hit_found_again_keeps_its_state_and_when_it_was_found(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    (first, _) = watched.hits.query()
    _decide(watched, first.id, HitState.DISMISSED)
    watched.hits._clock.advance(days=1)  # type: ignore[attr-defined]
    assert _detect(watched, sample, "v2", 0.7) == 0
    again = watched.hits.get(first.id)
    assert again is not None
    assert (again.state, again.found_at, again.score) == (HitState.DISMISSED, first.found_at, 0.7)
    assert len(watched.hits.query()) == 2


def test_detection_needs_a_stored_snapshot(watched: Records, sample: ModuleType) -> None:
    with pytest.raises(NotFound):
        watched.hits.save_detected("none", "v1", [sample.found(1)])
    assert watched.hits.query() == []


def test_hits_and_mark_are_written_together_or_not_at_all(watched: Records, sample: ModuleType) -> None:
    snapshot = watched.hits.undetected("v1", 1)[0]
    with pytest.raises(NotFound, match="not stored"):
        watched.hits.save_detected(snapshot.id, "v1", [sample.found(1), sample.found(1, right="unknown-right")])
    assert watched.hits.query() == []
    assert len(watched.hits.undetected("v1", 10)) == 2


def test_a_pair_that_the_same_content_no_longer_gives_stops_asking(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    for snapshot in watched.hits.undetected("v2", 10):
        watched.hits.save_detected(snapshot.id, "v2", [])
    assert watched.hits.query() == []
    kept = watched.hits.query(alerts_only=False)
    assert [(hit.outcome, hit.score, hit.alert) for hit in kept] == [(Outcome.EXCLUDED, 0.0, False)] * 2


def test_what_was_seen_in_an_older_content_stays_and_is_shown_as_stale(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    sample.crawl(watched, sample.listing(1, "无关"), sample.listing(2), at=sample.AT + timedelta(hours=1))
    for snapshot in watched.hits.undetected("v1", 10):
        watched.hits.save_detected(snapshot.id, "v1", [])
    views = {view.hit.listing_id: view for view in watched.hits.list()}
    assert views["listing-1"].stale and not views["listing-2"].stale
    assert views["listing-1"].listing is not None and views["listing-1"].listing.title == "驼铃坊 围巾"
    assert views["listing-1"].listing_state is ListingState.CHANGED


def test_a_change_since_the_decision_is_seen(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    hit = watched.hits.for_listing("listing-1")[0]
    undecided = watched.hits.view(hit.id)
    assert undecided is not None and not undecided.changed
    _decide(watched, hit.id)
    decided = watched.hits.view(hit.id)
    assert decided is not None and not decided.changed and decided.decided_snapshot_id == hit.snapshot_id
    sample.crawl(watched, sample.listing(1, "驼铃坊 新"), at=sample.AT + timedelta(hours=1))
    before_detection = watched.hits.view(hit.id)
    assert before_detection is not None and before_detection.changed and before_detection.stale
    _detect(watched, sample)
    after = watched.hits.view(hit.id)
    assert after is not None and after.changed and not after.stale
    assert after.hit.state is HitState.PROPOSED
    _decide(watched, hit.id, HitState.CONFIRMED, actor="b", stage=DecisionStage.CONFIRM)
    confirmed = watched.hits.view(hit.id)
    assert confirmed is not None and not confirmed.changed


def test_hits_are_found_by_a_prefix_only_where_it_is_certain(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    hit = watched.hits.query()[0]
    assert watched.hits.get(hit.id) == watched.hits.get(hit.id[:12]) == hit
    assert watched.hits.get(hit.id[:5]) is None
    assert watched.hits.get("%" * 8) is None
    assert watched.hits.view("0" * 64) is None
    twin = hit.id[:10] + "x" * 54
    with watched.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO hits SELECT :twin, 'other', right_id, score, alert, outcome, findings, snapshot_id, state,"
                " found_at, updated_at, decided_snapshot_id FROM hits WHERE id = :id"
            ),
            {"twin": twin, "id": hit.id},
        )
    assert watched.hits.get(hit.id[:10]) is None
    assert watched.hits.get(hit.id[:11]) == hit


def test_lists_are_narrowed(watched: Records, sample: ModuleType) -> None:
    watched.hits.save([
        sample.found(1, 0.9), sample.found(2, 0.6), sample.found(1, 0.8, "GI-1", outcome=Outcome.VERIFY_ORIGIN),
        sample.found(2, 0.99, "GI-1", alert=False, outcome=Outcome.AUTHORISED),
    ])  # fmt: skip

    def scores(**narrow: object) -> list[float]:
        which = HitFilter(**narrow)  # type: ignore[arg-type]
        views = watched.hits.list(which)
        assert watched.hits.count(which) == len(views)
        return [view.hit.score for view in views]

    assert scores() == [0.9, 0.8, 0.6]
    assert scores(alerts_only=False) == [0.99, 0.9, 0.8, 0.6]
    assert scores(right_ids=("GI-1",)) == [0.8]
    assert scores(outcomes=(Outcome.SUSPECTED,)) == [0.9, 0.6]
    assert scores(min_score=0.8) == [0.9, 0.8]
    assert scores(listing_ids=("listing-2",)) == [0.6]
    assert scores(states=(HitState.OPEN,)) == [0.9, 0.8, 0.6]
    assert scores(states=(HitState.CONFIRMED,)) == []
    now = watched.hits._clock()
    assert scores(since=now) == [0.9, 0.8, 0.6]
    assert scores(since=now + timedelta(seconds=1)) == []
    assert [view.hit.score for view in watched.hits.list(limit=1, offset=1)] == [0.8]
    assert [hit.score for hit in watched.hits.query(state=HitState.OPEN, since=now, limit=2)] == [0.9, 0.8]


def test_a_list_is_one_query(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    hit = watched.hits.query()[0]
    case = watched.cases.open_for(hit.listing_id, [hit.id], "t")
    seen: list[str] = []
    event.listen(watched.engine, "before_cursor_execute", lambda c, cur, sql, *rest: seen.append(sql))
    views = watched.hits.list()
    assert len([sql for sql in seen if sql.lstrip().startswith("SELECT")]) == 1
    assert {view.case_number for view in views} == {case.number, ""}
    assert all(view.right.id == "TM-1" and view.listing is not None for view in views)


def test_hits_of_a_file_have_no_listing_row(records: Records, sample: ModuleType) -> None:
    records.rights.save(sample.RIGHTS)
    assert records.hits.save([sample.found(7)]) == 1
    (view,) = records.hits.list()
    assert (view.listing, view.listing_state, view.stale, view.changed) == (None, None, False, False)


def test_decisions_are_kept_in_order_and_once(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    hit = watched.hits.query()[0]
    first = _decide(watched, hit.id)
    watched.decisions.append(replace(first, reason="again"), HitState.CONFIRMED)
    assert watched.decisions.for_hit(hit.id) == [first]
    assert watched.hits.get(hit.id).state is HitState.PROPOSED  # type: ignore[union-attr]
    second = _decide(watched, hit.id, HitState.CONFIRMED, at=first.at + timedelta(seconds=1))
    assert watched.decisions.for_hit(hit.id) == watched.decisions.all() == [first, second]
    with pytest.raises(NotFound):
        _decide(watched, "none")


def test_a_slower_reviewer_is_stopped(watched: Records, sample: ModuleType) -> None:
    _detect(watched, sample)
    hit = watched.hits.query()[0]
    first = _decide(watched, hit.id)
    with pytest.raises(Conflict, match="expected the hit to be open, it is proposed"):
        watched.decisions.append(replace(first, id="other"), HitState.DISMISSED, HitState.OPEN)
    assert len(watched.decisions.for_hit(hit.id)) == 1


@pytest.mark.parametrize("verb", ["UPDATE decisions SET reason = 'x'", "DELETE FROM decisions"])
def test_a_decision_is_never_changed(filled: Records, verb: str) -> None:
    before = filled.decisions.all()
    with pytest.raises(AppendOnly), filled.sessions.begin() as session:
        session.execute(text(verb))
    assert filled.decisions.all() == before and before

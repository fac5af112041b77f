"""Crawling, detecting and deciding in any order, beside a simple model: nothing lost, doubled, or shown as it is not."""

from datetime import timedelta
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from records.ids import hit_id
from records.model import Decision
from records.store import Records
from records.tables.registry import metadata
from records.terms import DecisionStage, HitState, Verdict

TITLES = ("驼铃坊 围巾", "驼铃坊 披肩", "无关 水杯")
STATES = (HitState.PROPOSED, HitState.DISMISSED, HitState.CONFIRMED)


class _Chain(RuleBasedStateMachine):
    """Listings 0…2 with changing titles; a right's word is found in titles that hold it."""

    records: Records
    sample: ModuleType

    def __init__(self) -> None:
        super().__init__()
        _clear(self.records)
        self.records.rights.save(self.sample.RIGHTS)
        self.records.watches.save(self.sample.WATCH)
        self.now = self.sample.AT
        self.titles: dict[int, str] = {}
        self.detected: dict[int, tuple[str, str]] = {}
        self.hits: dict[int, tuple[str, HitState, str]] = {}  # title found in, state, title decided on
        self.first: dict[int, object] = {}
        self.decisions = 0

    @rule(number=st.integers(0, 2), title=st.sampled_from(TITLES))
    def crawl(self, number: int, title: str) -> None:
        self.titles[number] = title
        self.now += timedelta(hours=1)
        seen = [self.sample.listing(each, name) for each, name in self.titles.items()]
        self.sample.crawl(self.records, *seen, at=self.now)

    @rule(version=st.sampled_from(["v1", "v2"]), limit=st.integers(1, 3))
    def detect(self, version: str, limit: int) -> None:
        due = {number for number, title in self.titles.items() if self.detected.get(number) != (title, version)}
        snapshots = self.records.hits.undetected(version, limit)
        assert len(snapshots) == min(limit, len(due))
        for snapshot in snapshots:
            number, title = int(snapshot.listing.key), snapshot.listing.title
            assert number in due and title == self.titles[number]
            found = [self.sample.found(number)] if "驼铃坊" in title else []
            new = self.records.hits.save_detected(snapshot.id, version, found)
            assert new == (1 if found and number not in self.hits else 0)
            self.detected[number] = (title, version)
            if found:
                _, state, decided = self.hits.get(number, ("", HitState.OPEN, ""))
                self.hits[number] = (title, state, decided)

    @precondition(lambda self: self.hits)
    @rule(data=st.data(), state=st.sampled_from(STATES))
    def decide(self, data: st.DataObject, state: HitState) -> None:
        number = data.draw(st.sampled_from(sorted(self.hits)))
        known_as = hit_id(f"listing-{number}", "TM-1")
        self.decisions += 1
        decision = Decision(f"D{self.decisions:04}", known_as, "a", Verdict.SUSPECTED, DecisionStage.PROPOSE, self.now)
        self.records.decisions.append(decision, state)
        self.records.decisions.append(decision, HitState.OPEN)  # the same one again changes nothing
        title, _, _ = self.hits[number]
        self.hits[number] = (title, state, title)

    @invariant()
    def shown_as_it_is(self) -> None:
        views = {int(view.hit.listing_id.removeprefix("listing-")): view for view in self.records.hits.list()}
        assert set(views) == set(self.hits)
        for number, (title, state, decided) in self.hits.items():
            view = views[number]
            assert view.hit.state is state
            assert view.listing is not None and view.listing.title == title
            assert view.stale == (self.titles[number] != title)
            assert view.changed == (bool(decided) and decided != self.titles[number])
            assert self.first.setdefault(number, view.hit.found_at) == view.hit.found_at
        assert len(self.records.decisions.all()) == self.decisions


def _clear(records: Records) -> None:
    with records.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS decisions_no_delete")
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.mark.parametrize(("examples", "steps"), [(5, 12), pytest.param(200, 50, marks=pytest.mark.soak)])
def test_the_chain_behaves_as_its_model(records: Records, sample: ModuleType, examples: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        type("Chain", (_Chain,), {"records": records, "sample": sample}),
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

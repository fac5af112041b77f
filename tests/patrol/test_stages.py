"""Round, detection and worker as stages: due, idempotent, and going on where something was cut off."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from guards.errors import MarkwatchError
from patrol.detecting import Detecting, DetectReport, version_of
from patrol.errors import Misused, PatrolError
from patrol.health import is_due
from patrol.jobs import MAX_TRIES, Worker
from patrol.round import Round
from records.engine import Sessions
from records.ids import new_ulid
from records.jobs import JobRecords
from records.model import Authorization, Listing, Run, Watch
from records.terms import JobKind, JobState, RunOutcome, TargetKind, WatchState

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
WATCH = Watch("w", "a", TargetKind.CATEGORY, ("http://x/",), cadence_hours=24)


class TestDue:
    """Which watches are due."""

    @pytest.mark.parametrize(
        ("outcome", "hours", "due"),
        [(None, 0, True), (RunOutcome.OK, 23, False), (RunOutcome.OK, 24, True), (RunOutcome.FAILED, 1, False),
         (RunOutcome.RUNNING, 0, True), (RunOutcome.BLOCKED, 25, True)],
    )  # fmt: skip
    def test_by_the_last_run(self, outcome, hours, due):
        last = None if outcome is None else Run("r", "w", outcome, NOW - timedelta(hours=hours))
        assert is_due(WATCH, last, NOW) is due

    def test_a_paused_watch_never_is(self):
        assert not is_due(replace(WATCH, state=WatchState.PAUSED), None, NOW)


class TestRound:
    """The day's round over real records, with the crawl replaced by what it would have written."""

    @pytest.fixture
    def parts(self, house):
        crawled: list[str] = []

        def crawl(watch: Watch) -> Run:
            crawled.append(watch.name)
            if watch.name == "broken":
                raise PatrolError("the site cannot be reached", "try later")
            store = house.records.listings
            run = store.open_run(Run(new_ulid(), watch.id, RunOutcome.RUNNING, NOW), [])
            return store.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=NOW)

        for name in ("alpha", "broken", "gamma"):
            house.records.watches.save(replace(WATCH, id=name, name=name, created_at=NOW))
        made = Round(
            house.records.watches, house.records.listings, crawl, lambda _p: DetectReport(), lambda: 0, lambda: NOW
        )
        return made, crawled

    def test_one_that_fails_does_not_stop_the_others(self, parts):
        made, crawled = parts
        report = made.run()
        assert crawled == ["alpha", "broken", "gamma"]
        assert (report.failed, [w.outcome for w in report.watches]) == (1, ["ok", "failed", "ok"])
        assert "cannot be reached" in report.watches[1].reason

    def test_due_only_leaves_out_what_ran(self, parts):
        made, crawled = parts
        made.run()
        crawled.clear()
        made.run(due_only=True)
        assert crawled == ["broken"]

    def test_one_watch_by_name(self, parts, house):
        made, crawled = parts
        made.run(watch_name="gamma")
        assert crawled == ["gamma"]
        with pytest.raises(Misused, match="alpha, broken, gamma"):
            made.run(watch_name="delta")
        house.records.watches.set_state("gamma", WatchState.PAUSED)
        with pytest.raises(Misused, match="paused"):
            made.run(watch_name="gamma")


class TestDetecting:
    """Detection with the real engine over real records and vault."""

    def test_hits_come_once_and_again_only_when_something_changed(self, house, shop):
        shop.see(
            shop.listing("1"), shop.listing("2", title="青石坪 手工瓷碗"), shop.listing("3", title="正品 砚溪雁 红茶")
        )
        first = house.detecting().run()
        assert (first.snapshots, first.new_hits, first.alerts) == (3, 2, 2)
        assert house.detecting().run() == DetectReport()
        shop.see(shop.listing("2", title="砚溪雁 茶叶 礼盒"))
        again = house.detecting().run()
        assert (again.snapshots, again.new_hits) == (1, 1)

    def test_a_changed_right_makes_all_due_again(self, house, shop, mark):
        shop.see(shop.listing("1"), shop.listing("2", title="青石坪 手工瓷碗"))
        house.detecting().run()
        house.records.rights.save([replace(mark, aliases=("青石坪",))])
        report = house.detecting().run()
        assert (report.snapshots, report.new_hits) == (2, 1)

    def test_a_right_that_expires_makes_all_due_again(self, house, shop, mark, monkeypatch):
        house.records.rights.save([replace(mark, valid_to=date(2030, 6, 30))])
        shop.see(shop.listing("1"))

        def at(year: int, month: int, day: int) -> DetectReport:
            monkeypatch.setattr(house, "now", lambda: datetime(year, month, day, 4, tzinfo=UTC))
            return house.detecting().run()

        assert at(2030, 6, 1).alerts == 1
        assert at(2030, 6, 30).snapshots == 0, "a day that changes nothing makes nothing due"
        assert at(2030, 7, 1).snapshots == 1, "the right has expired"
        (hit,) = house.records.hits.query(alerts_only=False)
        assert not hit.alert
        assert at(2030, 7, 2).snapshots == 0

    def test_an_authorisation_that_ends_makes_all_due_again(self, house, shop, monkeypatch):
        house.records.rights.save_authorization(
            Authorization("a1", "tm1", "某小店", valid_from=date(2030, 1, 1), valid_to=date(2030, 6, 30))
        )
        shop.see(shop.listing("1"))
        alerts = []
        for month in (6, 7):
            monkeypatch.setattr(house, "now", lambda month=month: datetime(2030, month, 15, 4, tzinfo=UTC))
            alerts.append((house.detecting().run().snapshots, house.records.hits.query() != []))
        assert alerts == [(1, False), (1, True)]

    def test_a_missing_model_is_told_and_texts_are_still_compared(self, make_house, tmp_path, mark):
        told: list[str] = []
        house = make_house({"MARKWATCH_MODEL": str(tmp_path / "nowhere")})
        house.warn = told.append
        house.records.rights.save([mark])
        engine = house.engine()
        assert engine.versions["model"] == "off"
        assert len(told) == 1
        assert "no context model" in told[0]
        assert str(tmp_path / "nowhere") in told[0]
        off = make_house({"MARKWATCH_MODEL": "off"})
        assert off.engine().versions == engine.versions
        (hit,) = engine.detect(Listing("1", "砚溪雁 茶叶"))
        assert hit.alert

    def test_a_hit_keeps_its_review_when_detected_again(self, house, shop, mark):
        from records.terms import HitState, Verdict

        shop.see(shop.listing("1"))
        house.detecting().run()
        (hit,) = house.records.hits.query()
        house.review().decide(hit.id, Verdict.SNOOZE, actor="甲")
        house.records.rights.save([replace(mark, owner="新东家")])
        assert house.detecting().run().new_hits == 0
        assert house.records.hits.get(hit.id).state is HitState.SNOOZED

    def test_a_changed_vault_file_is_named_and_not_used(self, house, shop):
        shas = [house.vault.put(os.urandom(100)) for _ in range(2)]
        listing = shop.listing("1", images=("a", "b"))
        shop.see(listing, shas={listing.id: tuple(shas)})
        path = house.vault.path(shas[0])
        path.chmod(0o600)
        path.write_bytes(b"other")
        said: list[str] = []
        report = house.detecting().run(lambda key, **values: said.append(key))
        assert report.damaged == [shas[0]]
        assert report.new_hits == 1
        assert "patrol_damaged" in said

    def test_a_kill_between_two_snapshots_loses_and_doubles_nothing(self, house, shop):
        shop.see(*(shop.listing(str(n), title=f"砚溪雁 茶叶 {n} 号") for n in range(6)))
        engine = house.engine()

        class Killed(BaseException):
            """Stands for the kill: nothing catches it."""

        calls = [0]

        class Dying:
            versions = engine.versions

            def detect(self, listing, images=None):
                calls[0] += 1
                if calls[0] == 3:
                    raise Killed
                return engine.detect(listing, images)

        with pytest.raises(Killed):
            Detecting(Dying(), house.vault, house.records.hits).run()
        assert len(house.records.hits.query()) == 2
        report = Detecting(engine, house.vault, house.records.hits).run()
        assert (report.snapshots, report.new_hits) == (4, 4)
        assert len(house.records.hits.query()) == 6

    def test_the_version_does_not_depend_on_order(self):
        assert version_of({"a": "1", "b": "2"}) == version_of({"b": "2", "a": "1"})
        assert version_of({"a": "12"}) != version_of({"a1": "2"})


class TestWorker:
    """The worker over the real queue, with a clock of our own."""

    @pytest.fixture
    def clock(self) -> list[datetime]:
        return [NOW]

    @pytest.fixture
    def jobs(self, house, clock) -> JobRecords:
        return JobRecords(Sessions(house.records.engine), lambda: clock[0])

    def worker(
        self, jobs: JobRecords, clock: list[datetime], capture: Callable[[str], str], ticks: list[bool] | None = None
    ) -> Worker:
        def tick(now: bool) -> None:
            if ticks is not None:
                ticks.append(now)

        return Worker(jobs, {JobKind.CAPTURE: capture}, lambda: clock[0], prepare=lambda: None, tick=tick)

    def test_jobs_run_once_and_the_notary_is_asked(self, jobs, clock):
        for key in ("a", "b", "a"):
            jobs.enqueue(JobKind.CAPTURE, key)
        seen: list[str] = []
        ticks: list[bool] = []
        report = self.worker(jobs, clock, lambda key: seen.append(key) or "kept", ticks).run(once=True)
        assert (seen, report.done, ticks) == (["a", "b"], 2, [True])
        assert {job.state for job in jobs.all()} == {JobState.DONE}

    def test_a_failure_is_tried_again_later_and_then_given_up(self, jobs, clock):
        jobs.enqueue(JobKind.CAPTURE, "a")

        def fail(_key: str) -> str:
            raise PatrolError("cannot reach postgresql://u:hunter2@db", "later")

        states = []
        for _ in range(MAX_TRIES):
            report = self.worker(jobs, clock, fail).run(once=True)
            states += [job.state for job in report.jobs]
            assert self.worker(jobs, clock, fail).run(once=True).jobs == []
            clock[0] += timedelta(hours=1)
        assert states == ["retrying"] * (MAX_TRIES - 1) + ["failed"]
        (job,) = jobs.all()
        assert job.state is JobState.FAILED
        assert "cannot reach" in job.last_error
        assert "hunter2" not in job.last_error

    def test_an_unexpected_error_does_not_end_the_worker(self, jobs, clock):
        for key in ("bad", "good"):
            jobs.enqueue(JobKind.CAPTURE, key)

        def work(key: str) -> str:
            if key == "bad":
                raise RuntimeError("boom")
            return "kept"

        report = self.worker(jobs, clock, work).run(once=True)
        assert (report.done, report.retrying) == (1, 1)

    def test_a_dead_workers_lease_runs_out(self, jobs, clock):
        """`once` waits for a lease that a killed worker left, and takes the job when it runs out."""
        jobs.enqueue(JobKind.CAPTURE, "a")
        assert jobs.lease([JobKind.CAPTURE], 5) is not None
        seen: list[str] = []

        def prepare() -> None:
            clock[0] += timedelta(seconds=3)

        worker = Worker(
            jobs,
            {JobKind.CAPTURE: lambda key: seen.append(key) or ""},
            lambda: clock[0],
            prepare=prepare,
            tick=lambda _now: None,
        )
        assert worker.run(once=True).done == 1
        assert seen == ["a"]

    def test_a_slow_job_keeps_its_lease(self, house, monkeypatch):
        """The heartbeat prolongs the lease from another thread, so nobody else takes the job meanwhile."""
        monkeypatch.setattr("patrol.jobs.LEASE_S", 0.6)
        monkeypatch.setattr("patrol.jobs.BEAT_S", 0.1)
        jobs = house.records.jobs
        jobs.enqueue(JobKind.CAPTURE, "a")
        stolen: list[object] = []

        def slow(_key: str) -> str:
            for _ in range(12):
                threading.Event().wait(0.1)
                stolen.append(jobs.lease([JobKind.CAPTURE], 1))
            return ""

        worker = Worker(jobs, {JobKind.CAPTURE: slow}, house.now, prepare=lambda: None, tick=lambda _now: None)
        assert worker.run(once=True).done == 1
        assert set(stolen) == {None}

    def test_stop_ends_it_after_the_job_in_hand(self, jobs, clock):
        for key in "abc":
            jobs.enqueue(JobKind.CAPTURE, key)
        seen: list[str] = []

        def work(key: str) -> str:
            seen.append(key)
            worker.stop()
            return ""

        worker = self.worker(jobs, clock, work)
        assert worker.run().done == 1
        assert seen == ["a"]
        assert [job.state for job in jobs.all()] == [JobState.DONE, JobState.DUE, JobState.DUE]

    def test_a_notary_that_raises_is_only_logged(self, jobs, clock):
        def tick(_now: bool) -> None:
            raise MarkwatchError("calendar talks nonsense")

        said: list[str] = []
        worker = Worker(jobs, {}, lambda: clock[0], prepare=lambda: None, tick=tick)
        assert worker.run(once=True, progress=lambda key, **values: said.append(str(values))).jobs == []
        assert "nonsense" in said[0]

"""What the worker does for each kind of job. Every task is idempotent: its due work is read from the records."""

from typing import TYPE_CHECKING

from patrol.equipment import check_plug_ins
from patrol.errors import PatrolError
from patrol.jobs import Worker
from patrol.logs import bound, logger
from records.codec import to_json
from records.model import Exhibit, Hit
from records.terms import CaptureOutcome, JobKind, JobState

if TYPE_CHECKING:
    from evidence.stage import Detection
    from patrol.app import App


def make_worker(app: "App") -> Worker:
    """Return the worker over the App's queue; its captures, proofs and packages are the App's.

    Raises as `check_plug_ins`, before any job is taken.
    """
    check_plug_ins()
    handlers = {
        JobKind.CAPTURE: lambda key: capture(app, key),
        JobKind.PATROL: lambda key: patrol(app, key),
        JobKind.DETECT: lambda _key: detect(app),
        JobKind.STAMP: lambda _key: notarise(app, force=True),
        JobKind.UPGRADE: lambda _key: notarise(app, force=True),
        JobKind.PACKAGE: lambda key: package(app, key),
    }
    return Worker(
        app.records.jobs, handlers, app.now, prepare=lambda: prepare(app), tick=lambda force: notarise(app, force=force)
    )


def prepare(app: "App") -> int:
    """Make good what a kill left out: every confirmed hit has its case and its capture job; return how many lacked it.

    A hit whose capture failed for good is left to a person.
    """
    gave_up = {job.key for job in app.records.jobs.all(JobState.FAILED) if job.kind is JobKind.CAPTURE}
    return app.review().reconcile(gave_up)


def capture(app: "App", hit_id: str) -> str:
    """Capture a confirmed hit's page and hand the exhibit to the notary; return the exhibit's id and outcome.

    Raises PatrolError where the capture failed, so that it is tried again.
    """
    hit = app.records.hits.get(hit_id)
    if hit is None:
        raise PatrolError(f"there is no hit {hit_id}", "")
    snapshot = app.records.listings.snapshot(hit.snapshot_id) or app.records.listings.latest_snapshot(hit.listing_id)
    if snapshot is None:
        raise PatrolError("no snapshot of this listing is kept", "patrol again")
    url = snapshot.listing.url or snapshot.page_url
    if not url:
        raise PatrolError("neither the listing nor its page has a URL to capture", "patrol again")
    exhibit = app.capture_stage.run(hit, snapshot.listing, url, detection_of(app, hit))
    with bound(exhibit=exhibit.id):
        logger("capture").info("captured", outcome=exhibit.outcome.value, reason=exhibit.reason)
        if exhibit.outcome is CaptureOutcome.FAILED:
            raise PatrolError(f"capture failed: {exhibit.reason}", "it is tried again later")
        app.packages().seal(exhibit)
    return f"{exhibit.id} {exhibit.outcome.value}"


def detection_of(app: "App", hit: Hit) -> "Detection":
    """Return why the hit's page is captured: the match document and the reference samples it was compared with."""
    from evidence.stage import Detection, ReferenceSample

    right = app.records.rights.get(hit.right_id)
    snapshot = app.records.listings.snapshot(hit.snapshot_id)
    samples = [
        ReferenceSample(sample.id, app.vault.get(sample.sha256), sample.media_type)
        for sample in app.records.rights.references(hit.right_id)
    ]
    run = app.records.listings.run(snapshot.run_id) if snapshot else None
    watch = app.records.watches.get(run.watch_id) if run else None
    match = {
        "crawl": {"run": run.id, "robots": run.robots, "authority": watch.authority if watch else ""} if run else None,
        "hit": to_json(hit),
        "right": to_json(right) if right else None,
        "listing": to_json(snapshot.listing) if snapshot else None,
        "snapshot": {"id": snapshot.id, "taken_at": snapshot.taken_at.isoformat(), "page_sha256": snapshot.page_sha256}
        if snapshot
        else None,
        "decisions": [to_json(decision) for decision in app.records.decisions.for_hit(hit.id)],
    }
    return Detection(match=match, references=samples)


def patrol(app: "App", watch_name: str) -> str:
    """Run the round (of one watch where it is named) and say what it found."""
    report = app.round().run(watch_name=watch_name)
    return f"{len(report.watches)} watches, {report.failed} failed, {report.new_hits} new hits"


def detect(app: "App") -> str:
    """Detect on what is due and say what was found."""
    report = app.detecting().run()
    return f"{report.snapshots} snapshots, {report.new_hits} new hits"


def notarise(app: "App", *, force: bool = False) -> str:
    """Close, submit and upgrade what is due; `force` does not wait for the next try's time. Anchors never raise."""
    submitted, upgraded = app.notary.run_due(force=force)
    reasons = "; ".join([*submitted.reasons, *upgraded.reasons])
    if reasons:
        logger("notary").warning("anchors", reasons=reasons)
    return (
        f"{submitted.batches} batches, {submitted.submitted} submitted, {upgraded.upgraded} upgraded. {reasons}".strip()
    )


def package(app: "App", case_number: str) -> str:
    """Build a case's package into HOME/packages and return its path."""
    out = app.folder("packages") / f"{case_number}.zip"
    app.packages().build(case_number, out, actor="worker")
    return str(out)


def ended(exhibit: Exhibit) -> bool:
    """Say whether a capture ended with something kept."""
    return exhibit.outcome in (CaptureOutcome.COMPLETE, CaptureOutcome.PARTIAL)

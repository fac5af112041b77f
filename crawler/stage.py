"""The crawl stage: one watch → one run in the records, page by page.

Rules:
- a run that was killed is taken up where it stopped: its done pages are not fetched again, its due pages are
- a page's pictures go into the blob store first, then its listings, snapshots and following pages in one transaction;
  so a picture may be kept that no snapshot names, never the reverse
- `drift` is judged against the watch's own past: half the usual items, or another rung together with fewer items
"""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler import budget
from crawler.errors import CrawlError
from crawler.events import ImageFetched, PageRead, RunEnded
from crawler.extract.profile import SITES, load_profiles
from crawler.extract.result import Draft, fill
from crawler.extract.urls import origin_of
from crawler.fairs import fairs_of, merged
from crawler.health import PAST, alarms_of, coverage, past_of, too_few, usual_items
from crawler.life import field_hash, pictures_of
from crawler.plan import CrawlPlan, PageTask, dump, load, page_key, seed_tasks
from crawler.ports import BlobStore, FairStore, HostStore, ListingStore, RenderStore
from crawler.runner import crawl
from guards.errors import MarkwatchError
from records.crawl import HostState, RenderNeed
from records.ids import new_ulid
from records.model import Listing, Right, Run, Watch
from records.sightings import Sighting
from records.terms import RunOutcome, TargetKind

DELIST_AFTER = 3
"""How many complete runs must miss a listing before it counts as delisted."""
_TERMS_A_RIGHT = 4

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StageOptions:
    """What every plan of this stage has in common (see `CrawlPlan`)."""

    user_agent: str
    spool: Path
    allow_hosts: tuple[str, ...] = ()
    chromium: str = "/usr/bin/chromium"
    ca_file: str = ""
    crawl_delay_s: float = 1.0
    page_deadline_s: float = 30.0
    run_deadline_s: float = 3_600.0
    max_page_bytes: int = 10_000_000
    max_image_bytes: int = 20_000_000
    images_per_listing: int = 4
    details: bool = True
    delist_after: int = DELIST_AFTER
    host_limit: int = 0
    sites_dir: str = ""


class CrawlStage:
    """Runs watches against a `ListingStore` and a `BlobStore`; `clock` gives aware UTC times.

    Raises `BadProfile` where a site profile is broken or a name is used twice: nothing is crawled by half the profiles.
    """

    def __init__(
        self,
        store: ListingStore,
        blobs: BlobStore,
        options: StageOptions,
        clock: Callable[[], datetime] | None = None,
        hosts: HostStore | None = None,
        renders: RenderStore | None = None,
        fairs: FairStore | None = None,
        cookies: Callable[[Watch], tuple[str, Mapping[str, str]]] = lambda _watch: ("", {}),
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.hosts = hosts
        self.renders = renders
        self.fairs = fairs
        self.cookies = cookies
        self.options = options
        self.clock = clock or (lambda: datetime.now(UTC))
        load_profiles(*([Path(options.sites_dir)] if options.sites_dir else []), SITES)

    def run(self, watch: Watch, rights: Sequence[Right] = (), progress: Progress | None = None) -> Run:
        """Crawl a watch to the end of a run, or take up the one that was broken off; return the ended run.

        A site that cannot be reached, a plan that cannot be crawled or a blocked page is an outcome of the run with its
        reason, not an error. Raises only what the stores raise.
        """
        try:
            plan = plan_for(watch, rights, self.options)
            host, cookies = self.cookies(watch)
            plan = replace(plan, cookie_host=host, cookies=cookies)
            seeds = seed_tasks(plan)
        except MarkwatchError as error:
            run = self._open(watch, ())
            return self._close(run, RunEnded(RunOutcome.FAILED, str(error)))
        run = self._open(watch, seeds)
        due = tuple(load(PageTask, text) for text in self.store.due_pages(run.id))
        if not due:
            return self._close(run, self._with_past(run, RunEnded(RunOutcome.EMPTY, "taken up after its last page")))
        done = tuple(self.store.done_pages(run.id))
        with tempfile.TemporaryDirectory(prefix=f"crawl-{os.getpid()}-", dir=_made(self.options.spool)) as spool:
            plan = replace(
                plan,
                spool_dir=spool,
                pending=due,
                done=done,
                resumed=bool(done),
                seen_keys=tuple(self.store.listing_keys(run.id)),
                hosts=self._owing(taken_up=bool(done)),
                renders=self._remembered(due),
            )
            ended = self._read(run, plan, progress)
            closed = self._close(run, self._with_past(run, ended) if done else ended)
            self._note_fairs(watch, closed)
            return closed

    def _note_fairs(self, watch: Watch, run: Run) -> None:
        """Keep what a run of an exhibition's watch says of its fairs; one that left pages out forgets no exhibitor."""
        if self.fairs is None or watch.target_kind is not TargetKind.EXHIBITION:
            return
        known = {fair.id: fair for fair in self.fairs.all()}
        for fair in fairs_of(watch.id, self.store.seen_in(run.id), watch.targets[0], self.clock()):
            self.fairs.save(fair if run.complete else merged(fair, known.get(fair.id)))

    def _open(self, watch: Watch, seeds: Sequence[PageTask]) -> Run:
        robots = "overridden" if watch.authority.strip() else "obeyed"
        fresh = Run(new_ulid(), watch.id, RunOutcome.RUNNING, self.clock(), robots=robots)
        return self.store.open_run(fresh, [_row(task) for task in seeds])

    def _read(self, run: Run, plan: CrawlPlan, progress: Progress | None) -> RunEnded:
        """Write each page as it comes; return the crawl's own end."""
        ended = RunEnded(RunOutcome.FAILED, "the crawl gave no end")
        for event in crawl(plan):
            if self.hosts is not None and not isinstance(event, ImageFetched) and event.hosts:
                self.hosts.save(event.hosts)
            if isinstance(event, RunEnded):
                ended = replace(event, screenshot=self._keep(Path(plan.spool_dir), event.screenshot))
            elif isinstance(event, PageRead):
                self._write(run, plan, event)
                if self.renders is not None and event.renders:
                    self.renders.save(event.renders)
                if progress is not None:
                    progress(_said(event))
            elif isinstance(event, ImageFetched) and event.reason and progress is not None:
                progress(f"picture not kept: {event.url}: {event.reason}")
        return ended

    def _owing(self, *, taken_up: bool) -> tuple[HostState, ...]:
        """Return what is owed to hosts from before; after a kill, as if each had been asked just now."""
        now = self.clock()
        states = budget.owing(self.hosts.all(), now) if self.hosts is not None else ()
        return budget.taken_up(states, now, self.options.crawl_delay_s) if taken_up else states

    def _remembered(self, tasks: Sequence[PageTask]) -> tuple[RenderNeed, ...]:
        """Return what is known of the hosts that a run begins with."""
        hosts = sorted({urlsplit(task.url).netloc.rpartition("@")[2].lower() for task in tasks})
        return tuple(need for host in hosts for need in self.renders.of(host)) if self.renders is not None else ()

    def _write(self, run: Run, plan: CrawlPlan, event: PageRead) -> None:
        """Write one page in one transaction, after its pictures and, where it changes anything, its own bytes."""
        kept = {url: self._keep(Path(plan.spool_dir), sha) for url, sha in event.images.items()}
        seen = [self._seen(self._whole(listing, event), kept) for listing in event.listings]
        changed = not all(same for _, same in seen)
        whole = bool(changed and event.sha256 and self._keep(Path(plan.spool_dir), event.sha256))
        self.store.write_page(
            run.id,
            page_key(event.task),
            origin=origin_of(event.task.url),
            listings=[one for one, _ in seen],
            follow=[_row(task) for task in event.follow],
            page_url=event.task.url,
            page_sha256=event.sha256,
            status=event.status,
            rung=event.rung,
            rendered=event.rendered,
            reason=event.failure,
            at=self.clock(),
            bytes_kept=whole,
        )

    def _seen(self, listing: Listing, kept: Mapping[str, str]) -> tuple[Sighting, bool]:
        """Return a listing with its digests, and whether it is what is known of it, jitter aside."""
        known = self.store.latest_snapshot(listing.id)
        before = None if known is None else known.listing
        pictures = pictures_of(listing, [kept.get(url, "") for url in listing.images], known)
        fields = field_hash(listing, pictures, before)
        same = known is not None and before is not None and fields == field_hash(before, known.image_sha256s)
        return Sighting(listing, pictures, fields), same

    def _keep(self, spool: Path, sha256: str) -> str:
        """Put a spooled picture or page into the blob store; "" where the spool does not hold what the event says."""
        path = spool / sha256
        if not sha256 or os.sep in sha256 or not path.is_file():
            return ""
        stored = self.blobs.put(path.read_bytes())
        return stored if stored == sha256 else ""

    def _whole(self, listing: Listing, event: PageRead) -> Listing:
        """Return a listing with what earlier runs knew, where its product page could not be read this time."""
        if not event.failure or event.task.card is None:
            return listing
        known = self.store.get(listing.id) or self.store.read_at(listing.source_id, event.task.url)
        if known is None:
            return listing
        same = replace(listing, id=known.id, key=known.key, url=known.url)
        return fill(Draft(same), Draft(known)).listing

    def _close(self, run: Run, ended: RunEnded) -> Run:
        past = past_of(self.store.history(run.watch_id, 3 * PAST))
        ended = self._against_past(run, ended, past)
        shares = coverage(self.store.seen_in(run.id))
        items, rung = len(self.store.listing_keys(run.id)), self.store.rung_of(run.id)
        broken = ended.outcome not in (RunOutcome.OK, RunOutcome.EMPTY, RunOutcome.DRIFT)
        return self.store.end_run(
            run.id,
            outcome=ended.outcome,
            reason=ended.reason,
            complete=ended.complete,
            delist_after=self.options.delist_after,
            at=self.clock(),
            coverage=shares,
            screenshot_sha256=ended.screenshot,
            alarms=alarms_of(items, rung, shares, past, judged=not broken),
        )

    def _with_past(self, run: Run, ended: RunEnded) -> RunEnded:
        """Return the end of a run that was taken up, judged with what its pages brought before it was broken off."""
        failures, found = self.store.failures(run.id), len(self.store.listing_keys(run.id))
        why = failures[-1] if failures else ""
        if not found:
            if failures and ended.outcome in (RunOutcome.OK, RunOutcome.EMPTY):
                return replace(ended, outcome=RunOutcome.FAILED, reason=why, complete=False)
            return ended
        if failures and ended.outcome in (RunOutcome.OK, RunOutcome.EMPTY, RunOutcome.FAILED):
            reason = f"{len(failures)} pages failed: {why}"
            return replace(ended, outcome=RunOutcome.PARTIAL, reason=reason, complete=False)
        if ended.outcome is RunOutcome.EMPTY:
            return replace(ended, outcome=RunOutcome.OK, complete=False)
        return ended

    def _against_past(self, run: Run, ended: RunEnded, past: Sequence[Run]) -> RunEnded:
        """Return the end as `drift` where the watch usually finds more than twice as much."""
        now = len(self.store.listing_keys(run.id))
        if ended.outcome not in (RunOutcome.OK, RunOutcome.EMPTY) or not too_few(now, past):
            return ended
        usual = usual_items(past)
        reason = f"{now} listings, where the last {len(past)} runs had {usual:g} in the median"
        return replace(ended, outcome=RunOutcome.DRIFT, reason=reason, complete=False)


def plan_for(watch: Watch, rights: Sequence[Right], options: StageOptions) -> CrawlPlan:
    """Return a watch's plan; its search terms are the rights' names and first aliases."""
    mine = [right for right in rights if not watch.right_ids or right.id in watch.right_ids]
    terms = dict.fromkeys(term for right in mine for term in (right.name, *right.aliases[: _TERMS_A_RIGHT - 1]) if term)
    return CrawlPlan(
        watch.id,
        watch.targets,
        options.user_agent,
        str(options.spool),
        target_kind=watch.target_kind,
        terms=tuple(terms),
        render=watch.render,
        obey_robots=not watch.authority.strip(),
        allow_hosts=options.allow_hosts,
        details=options.details,
        page_limit=watch.page_limit,
        images_per_listing=options.images_per_listing,
        crawl_delay_s=options.crawl_delay_s,
        host_limit=options.host_limit,
        sites_dir=options.sites_dir,
        page_deadline_s=options.page_deadline_s,
        run_deadline_s=options.run_deadline_s,
        max_page_bytes=options.max_page_bytes,
        max_image_bytes=options.max_image_bytes,
        chromium=options.chromium,
        ca_file=options.ca_file,
    )


def _row(task: PageTask) -> tuple[str, str]:
    return page_key(task), dump(PageTask, task).decode("utf-8")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CrawlError(
            f"cannot make the spool folder {folder}: {error.strerror}", "check the folder and the disk"
        ) from error
    return folder


def _said(event: PageRead) -> str:
    """Return a progress line for a page."""
    where = urlsplit(event.task.url)
    what = event.failure or f"{event.items} items by {event.rung or 'no rung'}"
    return f"{where.netloc}{where.path}{'?' + where.query if where.query else ''}: {what}"

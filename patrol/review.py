"""The review: who may decide what about a hit, and what follows. Decisions are appended, never changed.

The rules, in the order in which they are checked:
1. a false alarm needs a reason; a decision needs an actor
2. nothing may call a hit suspected whose right is not valid today, or whose seller is authorised: stopped, with why
3. the actor decides on what was seen: a listing whose snapshot changed since must be compared again
4. a confirmation needs a second person: confirming one's own proposal is refused. A rule that the user switched on
   by a setting counts as the second person only for hits at or above its score, and signs with its own name
5. undo takes back one's own last decision; a confirmed hit whose page was captured is not undone but decided anew

A confirmation opens the listing's case and enqueues the capture. Both are idempotent, and the worker makes good what
a kill left out (`Review.reconcile`): due is every confirmed hit without an exhibit.
"""

import unicodedata
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from guards.errors import both, reading
from patrol.errors import Misused, ReviewRefused
from patrol.errors import see as _see
from patrol.logs import bound, logger
from patrol.ports import AuditStore, CaseStore, DecisionStore, HitStore, JobStore, ListingReader, RightStore
from patrol.times import beijing_day
from records.ids import new_ulid
from records.model import Authorization, Case, Decision, Hit, Listing, Right, Snapshot
from records.terms import DecisionStage, HitState, JobKind, Outcome, Verdict

_AFTER = {
    Verdict.SUSPECTED: HitState.PROPOSED,
    Verdict.FALSE_POSITIVE: HitState.DISMISSED,
    Verdict.AUTHORISED: HitState.AUTHORISED,
    Verdict.SNOOZE: HitState.SNOOZED,
}


@dataclass(frozen=True, slots=True)
class Done:
    """A decision that was kept, the hit as it stands now, and the case that it belongs to, if any."""

    decision: Decision
    hit: Hit
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class ReviewStores:
    """The stores that the review reads and writes."""

    hits: HitStore
    decisions: DecisionStore
    rights: RightStore
    cases: CaseStore
    jobs: JobStore
    audit: AuditStore
    listings: ListingReader


def same_person(one: str, other: str) -> bool:
    """Say whether two actor names are one person's: equal after NFKC, case folding and trimming."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def state_after(decisions: Sequence[Decision]) -> HitState:
    """Return the state that a hit's decisions lead to; undo removes the decision before it."""
    kept: list[Decision] = []
    for decision in decisions:
        if decision.verdict is Verdict.UNDO:
            del kept[-1:]
        else:
            kept.append(decision)
    if not kept:
        return HitState.OPEN
    last = kept[-1]
    if last.stage is DecisionStage.RETURN:
        return HitState.OPEN
    return HitState.CONFIRMED if last.stage is DecisionStage.CONFIRM else _AFTER[last.verdict]


def standing(decisions: Sequence[Decision]) -> Decision | None:
    """Return the last decision that still counts, or None."""
    kept: list[Decision] = []
    for decision in decisions:
        if decision.verdict is Verdict.UNDO:
            del kept[-1:]
        else:
            kept.append(decision)
    return kept[-1] if kept else None


def why_right_stops(right: Right | None, today: date) -> str:
    """Return why a right cannot ground a suspicion on this day; empty where it can."""
    if right is None:
        return both("该权利已不在权利清单中", "the right is no longer in the portfolio")
    if right.valid_to is not None and right.valid_to < today:
        day = right.valid_to.isoformat()
        return both(f"权利“{right.name}”已于 {day} 到期", f"the right {right.name} expired on {day}")
    if right.valid_from is not None and right.valid_from > today:
        day = right.valid_from.isoformat()
        return both(f"权利“{right.name}”自 {day} 起才有效", f"the right {right.name} holds only from {day}")
    return ""


def why_seller_stops(right: Right, listing: Listing, given: Iterable[Authorization], today: date) -> str:
    """Return why the seller may use the right on this day; empty where nothing says so."""
    seller = _folded(listing.seller)
    if seller and any(_folded(name) == seller for name in right.authorized_sellers):
        return both(
            f"经营者“{listing.seller}”已获“{right.name}”授权",
            f"the seller {listing.seller} is authorised for {right.name}",
        )
    for one in given:
        named = (seller and _folded(one.seller) == seller) or (one.uscc and one.uscc == listing.seller_uscc)
        began = one.valid_from is None or one.valid_from <= today
        if named and began and (one.valid_to is None or one.valid_to >= today):
            return both(
                f"经营者“{listing.seller}”已获“{right.name}”授权,有效至 {one.valid_to or '另行通知'}",
                f"the seller {listing.seller} is authorised for {right.name} until {one.valid_to or 'further notice'}",
            )
    return ""


class Review:
    """Decide, confirm, undo, and the rule; see the module's docstring for what is refused."""

    def __init__(
        self,
        stores: ReviewStores,
        clock: Callable[[], datetime],
        *,
        captured: Callable[[str], bool],
        rule_min_score: float | None = None,
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._captured = captured
        self._rule_min_score = rule_min_score
        self._log = logger("review")

    def decide(self, hit_id: str, verdict: Verdict, *, actor: str, reason: str = "", seen: str = "") -> Done:
        """Append a first person's decision. `seen` is the snapshot that was looked at (default: the hit's own).

        Raises Misused for an unknown hit, ReviewRefused where a rule stops it.
        """
        hit = self.find(hit_id)
        if verdict is Verdict.UNDO:
            return self._undo(hit, actor, reason)
        if verdict is Verdict.FALSE_POSITIVE and not reason.strip():
            raise ReviewRefused(
                both("标为误报须写明理由", "a false alarm (误报) needs a reason"),
                both('补上理由:--reason "…"', 'add: --reason "…"'),
            )
        snapshot = self._seen(hit, seen)
        if verdict is Verdict.SUSPECTED:
            if hit.state is HitState.CONFIRMED:
                raise ReviewRefused(
                    both("该线索已确认涉嫌", "the hit is confirmed already"), _see(f"hits show {hit.id[:10]}")
                )
            self._check_right_and_seller(hit, snapshot)
        decision = self._decision(hit, actor, verdict, DecisionStage.PROPOSE, reason, snapshot.id)
        return self._keep(hit, decision, _AFTER[verdict])

    def confirm(self, hit_id: str, *, actor: str, agree: bool = True, reason: str = "", seen: str = "") -> Done:
        """Confirm a proposal as the second person, or return it; a confirmation opens the case and asks for the capture.

        Confirming again what is confirmed already changes nothing. Raises as `decide` does.
        """
        hit = self.find(hit_id)
        proposal = standing(self._stores.decisions.for_hit(hit.id))
        if hit.state is not HitState.PROPOSED or proposal is None:
            raise ReviewRefused(
                both(
                    f"只能复核已提出为涉嫌的线索,该线索目前为 {hit.state.value}",
                    f"expected a hit that was proposed as suspected, found one that is {hit.state.value}",
                ),
                both(
                    f"先提出:markwatch hits decide {hit.id[:10]} suspected",
                    f"propose it first: markwatch hits decide {hit.id[:10]} suspected",
                ),
            )
        if same_person(proposal.actor, actor):
            raise ReviewRefused(
                both(
                    f"{actor} 提出了该线索,不能自行复核:须由第二人复核",
                    f"{actor} proposed this hit and cannot confirm it: a second person has to",
                ),
                both("请另一人以自己的 --actor 复核", "confirm it with another --actor"),
            )
        if not agree:
            decision = self._decision(hit, actor, Verdict.SUSPECTED, DecisionStage.RETURN, reason, proposal.snapshot_id)
            return self._keep(hit, decision, HitState.OPEN)
        snapshot = self._seen(hit, seen or proposal.snapshot_id)
        self._check_right_and_seller(hit, snapshot)
        decision = self._decision(hit, actor, Verdict.SUSPECTED, DecisionStage.CONFIRM, reason, snapshot.id)
        done = self._keep(hit, decision, HitState.CONFIRMED)
        return replace(done, case=self.follow_up(done.hit))

    def apply_rule(self) -> int:
        """Propose and confirm, by the rule's own name, every open suspected alert at or above the setting's score.

        Returns how many; 0 where the rule is off. What `decide` would refuse is left to a person.
        """
        if self._rule_min_score is None:
            return 0
        actor = f"rule:min_score={self._rule_min_score:g}"
        confirmed = 0
        for hit in list(_every(self._stores.hits, HitState.OPEN)) + list(_every(self._stores.hits, HitState.PROPOSED)):
            if hit.outcome is Outcome.SUSPECTED and hit.alert and hit.score >= self._rule_min_score:
                confirmed += self._by_rule(hit, actor)
        return confirmed

    def reconcile(self, leave: Container[str] = ()) -> int:
        """Open the case and enqueue the capture of every confirmed hit without an exhibit, those in `leave` aside.

        Returns how many there were.
        """
        confirmed = (hit for hit in _every(self._stores.hits, HitState.CONFIRMED) if hit.id not in leave)
        waiting = [hit for hit in confirmed if not self._captured(hit.id)]
        for hit in waiting:
            self.follow_up(hit)
        return len(waiting)

    def follow_up(self, hit: Hit) -> Case:
        """Open (or find) the listing's case, add the hit, and enqueue the capture unless it was made; idempotent."""
        listing = self._stores.listings.get(hit.listing_id)
        case = self._stores.cases.open_for(hit.listing_id, [hit.id], listing.title if listing else hit.listing_id)
        if not self._captured(hit.id):
            self._stores.jobs.enqueue(JobKind.CAPTURE, hit.id)
        return case

    def find(self, hit_id: str) -> Hit:
        """Return the hit with this id (or leading part of it); raise Misused where there is none."""
        hit = self._stores.hits.get(hit_id)
        if hit is None:
            raise Misused(both(f"没有编号为 {hit_id!r} 的线索", f"there is no hit {hit_id!r}"), _see("hits list"))
        return hit

    def _by_rule(self, hit: Hit, actor: str) -> int:
        """Confirm one hit by the rule; 0 where a review rule stops it (an expired right, a changed listing)."""
        try:
            snapshot = self._seen(hit, "")
            self._check_right_and_seller(hit, snapshot)
        except ReviewRefused as refused:
            self._log.info("rule left a hit to a person", hit=hit.id, why=refused.message)
            return 0
        if hit.state is HitState.OPEN:
            if self._stores.decisions.for_hit(hit.id):
                return 0  # a person returned or took back a decision: the rule does not overrule people
            proposal = self._decision(hit, actor, Verdict.SUSPECTED, DecisionStage.PROPOSE, actor, snapshot.id)
            hit = self._keep(hit, proposal, HitState.PROPOSED).hit
        decision = self._decision(hit, actor, Verdict.SUSPECTED, DecisionStage.CONFIRM, actor, snapshot.id)
        self.follow_up(self._keep(hit, decision, HitState.CONFIRMED).hit)
        return 1

    def _undo(self, hit: Hit, actor: str, reason: str) -> Done:
        last = standing(self._stores.decisions.for_hit(hit.id))
        if last is None:
            raise ReviewRefused(both("没有可撤销的意见", "there is no decision to take back"), "")
        if not same_person(last.actor, actor):
            raise ReviewRefused(
                both(
                    f"最近一次意见由 {last.actor} 作出,只能由本人撤销",
                    f"the last decision is {last.actor}'s; only they can take it back",
                ),
                both("可另行提出意见", "decide anew instead"),
            )
        if hit.state is HitState.CONFIRMED and self._captured(hit.id):
            raise ReviewRefused(
                both("页面已保全,不能撤销", "the page was captured already, which is not undone"),
                both("另行提出意见:false_positive,并写明理由", "decide anew: false_positive, with a reason"),
            )
        decision = self._decision(hit, actor, Verdict.UNDO, DecisionStage.PROPOSE, reason, last.snapshot_id)
        history = [*self._stores.decisions.for_hit(hit.id), decision]
        return self._keep(hit, decision, state_after(history))

    def _seen(self, hit: Hit, seen: str) -> Snapshot:
        """Return the listing's newest snapshot if it is the one that was seen; refuse otherwise."""
        newest = self._stores.listings.latest_snapshot(hit.listing_id)
        expected = seen or hit.snapshot_id
        if newest is None:
            raise ReviewRefused(
                both("没有该商品链接的快照", "no snapshot of this listing is kept"),
                both("先运行:markwatch patrol", "run: markwatch patrol"),
            )
        if newest.id != expected:
            raise ReviewRefused(
                both(
                    f"商品页面此后有变化:所看快照为 {expected[:10]},最新为 {newest.id[:10]}",
                    f"the listing changed since: seen was snapshot {expected[:10]}, the newest is {newest.id[:10]}",
                ),
                both(
                    f"请重新比对:markwatch hits show {hit.id[:10]}",
                    f"compare again: markwatch hits show {hit.id[:10]}",
                ),
            )
        return newest

    def _check_right_and_seller(self, hit: Hit, snapshot: Snapshot) -> None:
        right = self._stores.rights.get(hit.right_id)
        today = beijing_day(self._clock())
        why = why_right_stops(right, today)
        if not why and right is not None:
            why = why_seller_stops(right, snapshot.listing, self._stores.rights.authorizations(right.id), today)
        if why:
            raise ReviewRefused(
                both(f"已拦截:{reading(why, 'zh')}", f"stopped: {why}"),
                both(
                    "改为误报(false_positive)或已授权(authorised),或更正权利清单",
                    "decide false_positive or authorised, or correct the portfolio",
                ),
            )

    def _decision(
        self, hit: Hit, actor: str, verdict: Verdict, stage: DecisionStage, reason: str, snapshot_id: str
    ) -> Decision:
        if not actor.strip():
            raise ReviewRefused(
                both("意见须有操作人", "a decision needs an actor"),
                both("设置 --actor 或 MARKWATCH_ACTOR", "set --actor or MARKWATCH_ACTOR"),
            )
        return Decision(new_ulid(), hit.id, actor.strip(), verdict, stage, self._clock(), reason.strip(), snapshot_id)

    def _keep(self, hit: Hit, decision: Decision, state: HitState) -> Done:
        with bound(hit=hit.id):
            self._stores.decisions.append(decision, state, expected=hit.state)
            detail = f"{decision.stage.value} {decision.verdict.value} → {state.value}"
            self._stores.audit.append(decision.actor, "decision", hit.id, detail)
            self._log.info("decision", actor=decision.actor, detail=detail)
        return Done(decision, replace(hit, state=state))


def _every(hits: HitStore, state: HitState, page: int = 500) -> Iterable[Hit]:
    """Return all alerts in this state, read page by page before anything is changed."""
    found: list[Hit] = []
    while True:
        batch = hits.query(state=state, alerts_only=False, limit=page, offset=len(found))
        found.extend(batch)
        if len(batch) < page:
            return found


def decision_document(done: Done) -> dict[str, object]:
    """Return what `hits decide` and `hits confirm` print with `--json`."""
    return {
        "hit": done.hit.id,
        "state": done.hit.state.value,
        "decision": done.decision.id,
        "stage": done.decision.stage.value,
        "verdict": done.decision.verdict.value,
        "actor": done.decision.actor,
        "reason": done.decision.reason,
        "at": done.decision.at.isoformat(),
        "snapshot": done.decision.snapshot_id,
        "case": done.case.number if done.case else None,
    }

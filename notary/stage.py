"""The notary's stage: takes digests in, batches them, hands roots to anchors, and follows each anchor's answer.

    queued → submitting → pending → attested → verified
    with: queued again while an anchor is out of reach, retrying after nonsense, stale when it takes too long, dead
    where the records contradict themselves

Rules:
- every step is one transaction of the store; a kill between two loses nothing, and a lease that ran out is taken up again
- only roots leave the house, each recomputed from its leaves first; (anchor, root) is sent again only where no answer
  was written down
- what an anchor says is kept as a claim; only a block header of the book makes it verified; a claim that a header
  contradicts is not kept
- an anchor that fails is left alone for the rest of the call, so it costs one deadline

NOT guaranteed: that an anchor ever answers. `standing` says plainly how far each digest is.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from notary import merkle, ots
from notary.batching import MAX_BATCH_ITEMS, gives_root, leaf_proof, root_of
from notary.digest import checked_sha256
from notary.errors import AnchorLied, AnchorNotReady, NotaryError, ProofMalformed
from notary.headers import HeaderBook
from notary.ports import Anchor, Clock, Commitment, ProofStore
from notary.standing import DEMO_PREFIX, Standing, standing_of
from notary.upgrading import WORTH_KEEPING, open_branches, state_of, without_conflicts
from notary.verify import judge_tree
from records.model import AnchorClaim, Proof
from records.terms import ProofState

SUBMITTABLE = (ProofState.QUEUED, ProofState.RETRYING, ProofState.SUBMITTING)
"""States in which a root is (still) to be handed in."""
UPGRADABLE = (ProofState.PENDING, ProofState.ATTESTED, ProofState.STALE, ProofState.VERIFIED, ProofState.REORGED)
"""States in which there may be more to learn."""
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
MAX_TREE_BYTES = 200_000
"""An anchoring's tree is not grown beyond this, whatever its anchor answers."""
_MAX_STEPS = 10_000
_MAX_ASKED = 8
_STOP_ASKING = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Policy:
    """When a batch closes, how long a lease lasts, and how often is tried again. Times in seconds."""

    batch_items: int = 1024
    batch_s: float = 60.0
    lease_s: float = 300.0
    retry_s: float = 30.0
    retry_cap_s: float = 3600.0
    upgrade_s: float = 1800.0
    stale_s: float = 72 * 3600.0
    quorum: int = 2


class _Step(NamedTuple):
    """An anchoring as one step left it, when it is due again, and whether its anchor failed."""

    proof: Proof
    again: datetime
    failed: bool


@dataclass(slots=True)
class Tally:
    """What one call did, counted in anchorings; `reasons` says what went wrong, each once."""

    batches: int = 0
    submitted: int = 0
    upgraded: int = 0
    verified: int = 0
    waiting: int = 0
    failed: int = 0
    reasons: list[str] = field(default_factory=list)

    def add_reason(self, reason: str) -> None:
        """Note a reason once."""
        if reason and reason not in self.reasons:
            self.reasons.append(reason)


class Notary:
    """The stage over one store and its anchors; see the module's rules. Safe to run in several processes at once."""

    def __init__(
        self,
        store: ProofStore,
        anchors: Sequence[Anchor],
        clock: Clock,
        policy: Policy | None = None,
        *,
        headers: HeaderBook | None = None,
        rng: random.Random | None = None,
        nonce: Callable[[], bytes] = merkle.new_nonce,
    ) -> None:
        self._store = store
        self._anchors = {anchor.name: anchor for anchor in anchors}
        self._clock = clock
        self._policy = policy or Policy()
        self._headers = headers or HeaderBook()
        self._rng = rng or random.Random()
        self._nonce = nonce

    def enqueue(self, subject: str, sha256: str) -> Commitment:
        """Take a digest in, once a (subject, SHA-256); raises `DigestError` unless it is 64 hex digits."""
        checked_sha256(sha256)
        return self._store.commit(subject, sha256, self._nonce().hex(), self._clock())

    def close_batch(self, *, force: bool = False) -> str:
        """Close the next due batch and return its id, "" where none is due; `force` closes whatever waits."""
        return self._store.close_batch(
            root_of,
            anchors=sorted(self._anchors),
            now=self._clock(),
            max_items=min(self._policy.batch_items, MAX_BATCH_ITEMS),
            max_age=timedelta(seconds=-1 if force else self._policy.batch_s),
        )

    def submit_due(self, *, force: bool = False) -> Tally:
        """Hand in the roots that are due; `force` does not wait for the next try's time. Never raises for an anchor."""
        self._store.add_anchorings(sorted(self._anchors), self._clock(), uncounted=DEMO_PREFIX)
        return self._work(SUBMITTABLE, self._submit, force=force, becomes=ProofState.SUBMITTING)

    def upgrade_due(self, *, force: bool = False) -> Tally:
        """Ask the anchors for more, and judge what is there against the headers. Never raises for an anchor."""
        return self._work(UPGRADABLE, self._upgrade, force=force, becomes=None)

    def run_due(self, *, force: bool = False) -> tuple[Tally, Tally]:
        """Close all due batches, then submit, then upgrade; return what the two did."""
        closed = 0
        while closed < _MAX_STEPS and self.close_batch(force=force):
            closed += 1
        submitted = self.submit_due(force=force)
        submitted.batches = closed
        return submitted, self.upgrade_due(force=force)

    def proof_files(self, sha256: str) -> bytes:
        """Return the digest's self-contained .ots file, b"" while no anchor has taken its root."""
        mine = [item for item in self._store.commitments(sha256) if item.batch_id]
        trees: dict[str, list[bytes]] = {}
        for proof in self._store.anchorings([item.batch_id for item in mine]):
            if proof.data:
                trees.setdefault(proof.batch_id, []).append(proof.data)
        return leaf_proof(
            sha256, [(self._store.leaves(i.batch_id), i.leaf_index, trees.get(i.batch_id, [])) for i in mine]
        )

    def proofs(self, sha256: str = "") -> list[Proof]:
        """Return one proof a (commitment, anchor), without the .ots bytes; `anchor` is "" before its batch closes."""
        items = self._store.commitments(sha256)
        batches = sorted({item.batch_id for item in items if item.batch_id})
        by_batch: dict[str, list[Proof]] = {}
        for proof in self._store.anchorings(batches):
            by_batch.setdefault(proof.batch_id, []).append(proof)
        return [proof for item in items for proof in _as_proofs(item, by_batch.get(item.batch_id, []))]

    def standing(self, sha256: str) -> Standing:
        """Return how far a digest is, in words; `state` is QUEUED where nothing is known of it."""
        return standing_of(self.proofs(sha256), self._policy.quorum)

    def _work(
        self,
        states: Sequence[ProofState],
        step: Callable[[Anchor, Proof, Tally], _Step],
        *,
        force: bool,
        becomes: ProofState | None,
    ) -> Tally:
        """Lease and settle one anchoring after another until none is due; an anchor that fails is asked no more."""
        tally, down = Tally(), set[str]()
        started = self._clock()
        if force:
            self._store.hurry(states, started)
        for _ in range(_MAX_STEPS):
            up = [name for name in self._anchors if name not in down]
            now = self._clock()
            until = now + timedelta(seconds=self._policy.lease_s)
            leased = (
                self._store.lease(states, anchors=up, now=min(now, started), until=until, becomes=becomes)
                if up
                else None
            )
            if leased is None:
                break
            token, before = leased
            done = step(self._anchors[before.anchor], before, tally)
            self._store.settle(token, done.proof, next_try_at=done.again)
            tally.add_reason(done.proof.reason)
            if done.failed:
                down.add(before.anchor)
        return tally

    def _submit(self, anchor: Anchor, proof: Proof, tally: Tally) -> _Step:
        """Recompute the root, hand it in, and return the anchoring as it now stands."""
        if not gives_root(self._store.leaves(proof.batch_id), proof.subject_sha256):
            tally.failed += 1
            reason = f"the batch {proof.batch_id} no longer gives its root: the records were changed; nothing was sent"
            return _Step(replace(proof, state=ProofState.DEAD, reason=reason), NEVER, failed=False)
        try:
            tree = anchor.submit(bytes.fromhex(proof.subject_sha256))
            believed = self._believed(tree)
        except AnchorLied as error:
            tally.failed += 1
            return _Step(
                replace(proof, state=ProofState.RETRYING, reason=str(error)), self._retry(proof.tries), failed=True
            )
        except NotaryError as error:
            tally.waiting += 1
            return _Step(
                replace(proof, state=ProofState.QUEUED, reason=str(error)), self._retry(proof.tries), failed=True
            )
        tally.submitted += 1
        return self._accepted(proof, believed, "", tally)

    def _upgrade(self, anchor: Anchor, proof: Proof, tally: Tally) -> _Step:
        """Drop claims that a header contradicts by now, ask for each branch that waits, and judge the whole."""
        try:
            tree = ots.parse_tree(proof.data, bytes.fromhex(proof.subject_sha256), ots.PROOF_LIMITS)
        except ProofMalformed as error:
            return self._again(proof, (), f"the stored answer is damaged and is asked for again: {error.message}")
        kept, refused = without_conflicts(tree, self._headers)
        if kept is None:
            return self._again(proof, refused, refused[0].reason)
        reasons = [claim.reason for claim in refused]
        reached = True
        for node, uri in open_branches(kept)[:_MAX_ASKED]:
            reason, reached = self._ask(anchor, node, uri, room=MAX_TREE_BYTES - len(ots.serialize_tree(kept)))
            reasons.append(reason)
            if not reached:
                break
        tally.upgraded += ots.serialize_tree(kept) != proof.data
        step = self._accepted(proof, kept, "; ".join(dict.fromkeys(filter(None, reasons))), tally)
        return step._replace(failed=not reached)

    def _again(self, proof: Proof, claims: tuple[AnchorClaim, ...], reason: str) -> _Step:
        """Put an anchoring back as if it had never been handed in."""
        back = replace(proof, state=ProofState.QUEUED, data=b"", claims=claims, reason=reason)
        return _Step(back, self._clock(), failed=False)

    def _ask(self, anchor: Anchor, node: ots.Node, uri: str, *, room: int) -> tuple[str, bool]:
        """Ask for one waiting branch and merge what can be believed.

        Returns why there is nothing more ("" where there is), and whether the anchor answered sensibly.
        """
        try:
            believed = self._believed(anchor.upgrade(node.msg, uri))
        except AnchorNotReady as error:
            return error.message, True
        except NotaryError as error:
            return str(error), False
        if not {item.kind for _, item in ots.attestations(believed)} & WORTH_KEEPING:
            return f"{uri} answered with another promise only", True
        if len(ots.serialize_tree(believed)) > room:
            return f"the proof by {anchor.name} would grow beyond {MAX_TREE_BYTES} bytes: not kept", True
        ots.merge(node, believed)
        return "", True

    def _believed(self, answer: ots.Node) -> ots.Node:
        """Return the answer without what block headers contradict; raises `AnchorLied` where nothing is left."""
        kept, refused = without_conflicts(answer, self._headers)
        if kept is None:
            raise AnchorLied(
                f"a false attestation: {refused[0].reason}", "it was not kept; the anchor is asked again later"
            )
        return kept

    def _accepted(self, proof: Proof, tree: ots.Node, reason: str, tally: Tally) -> _Step:
        """Return the anchoring with its tree, claims and state, and when to look again."""
        claims = judge_tree(tree, self._headers)
        state, now = state_of(claims), self._clock()
        if state is ProofState.PENDING and (now - proof.created_at).total_seconds() > self._policy.stale_s:
            state = ProofState.STALE
        tally.verified += state is ProofState.VERIFIED
        tally.waiting += state in (ProofState.PENDING, ProofState.STALE)
        old = now - proof.created_at > _STOP_ASKING
        done = state is ProofState.VERIFIED and (old or not open_branches(tree))
        again = NEVER if done else now + timedelta(seconds=self._policy.upgrade_s * self._rng.uniform(0.8, 1.2))
        data = ots.serialize_tree(tree)
        after = replace(proof, state=state, data=data, claims=claims, tries=0, reason=reason)
        return _Step(after, again, failed=False)

    def _retry(self, tries: int) -> datetime:
        """Return when to try again after `tries` failures: doubling, capped, jittered."""
        wait = min(self._policy.retry_s * 2 ** min(tries - 1, 30), self._policy.retry_cap_s)
        return self._clock() + timedelta(seconds=wait * self._rng.uniform(0.5, 1.5))


def _as_proofs(item: Commitment, anchorings: Sequence[Proof]) -> list[Proof]:
    """Return a commitment's proofs, one an anchoring; one that waits for a batch has no anchor yet."""
    waiting = Proof(item.id, item.sha256, item.subject, "", ProofState.QUEUED, item.created_at, batch_id=item.batch_id)
    if not anchorings:
        return [waiting]
    return [replace(p, subject=item.subject, subject_sha256=item.sha256, data=b"") for p in anchorings]

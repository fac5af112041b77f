"""How far a digest's proofs are, in words that a person can act on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from records.model import Proof, Text
from records.terms import ProofState

DEMO_PREFIX = "demo/"
"""How the names of demo anchors start; nothing else may start so."""
TAKEN = (ProofState.PENDING, ProofState.ATTESTED, ProofState.VERIFIED, ProofState.RENEWED, ProofState.STALE)
"""States in which an anchor has taken the root."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The best state over all real anchors, how many took the digest, how many are wanted, and what that means."""

    state: ProofState
    accepted: int
    quorum: int
    said: Text

    @property
    def enough(self) -> bool:
        """Whether as many anchors as the policy wants have taken the digest (a promise, not yet a proof)."""
        return self.accepted >= self.quorum


def standing_of(proofs: Sequence[Proof], quorum: int) -> Standing:
    """Return the standing over one digest's proofs; a demo anchor never counts, whatever it is called."""
    real = [proof for proof in proofs if not is_demo(proof)]
    accepted = len({proof.anchor for proof in real if proof.state in TAKEN})
    state = _best(real or proofs)
    return Standing(state, accepted, quorum, _said(state, real, proofs, accepted, quorum))


def is_demo_anchor(name: str) -> bool:
    """Say whether an anchor's name is a demo's."""
    return name.startswith(DEMO_PREFIX)


def is_demo(proof: Proof) -> bool:
    """Say whether a proof is by a demo anchor, by its anchor's name or because it claims nothing else."""
    return is_demo_anchor(proof.anchor) or (bool(proof.claims) and all(claim.demo for claim in proof.claims))


def _best(proofs: Sequence[Proof]) -> ProofState:
    order = (
        ProofState.VERIFIED,
        ProofState.ATTESTED,
        ProofState.PENDING,
        ProofState.STALE,
        ProofState.SUBMITTING,
        ProofState.QUEUED,
        ProofState.RETRYING,
        ProofState.DEAD,
    )
    found = {proof.state for proof in proofs}
    return next((state for state in order if state in found), ProofState.QUEUED)


def _said(state: ProofState, real: Sequence[Proof], proofs: Sequence[Proof], accepted: int, quorum: int) -> Text:
    if proofs and not real:
        return Text("仅提交到演示日历,不计为存证", "handed to the demo calendar only, which counts for nothing")
    why = "; ".join(dict.fromkeys(proof.reason for proof in real if proof.reason))
    tail_zh, tail_en = (f"({why})", f" ({why})") if why else ("", "")
    if state is ProofState.VERIFIED:
        return Text("已用比特币区块头核验", "verified against a Bitcoin block header")
    if state is ProofState.ATTESTED:
        return Text(
            "日历称已写入比特币区块,尚待以区块头核验" + tail_zh,
            "a calendar claims a Bitcoin block; its header is needed to verify" + tail_en,
        )
    if accepted:
        zh = f"{accepted} 个日历已受理(需 {quorum} 个),等待写入比特币区块"
        return Text(
            zh + tail_zh, f"taken by {accepted} calendar(s) of {quorum} wanted, waiting for a Bitcoin block{tail_en}"
        )
    if state is ProofState.DEAD:
        return Text("记录自相矛盾,已停止提交" + tail_zh, "stopped: the records contradict themselves" + tail_en)
    return _queued(real, why)


def _queued(real: Sequence[Proof], why: str) -> Text:
    """Say why a digest waits: no batch yet, anchors out of reach, or answers that could not be believed."""
    if not why:
        return Text(
            "排队中:尚未有日历受理,稍后自动重试", "queued: no calendar has taken it yet; it is tried again later"
        )
    if any(proof.state is ProofState.RETRYING for proof in real):
        zh = f"排队中:日历的答复不可用,未予采信,稍后自动重试({why})"
        return Text(zh, f"queued: a calendar's answer could not be believed; it is tried again later ({why})")
    zh = f"排队中:联系不上日历,稍后自动重试,不会丢失({why})"
    return Text(zh, f"queued: no calendar could be reached; nothing is lost, it is tried again later ({why})")

"""Verifying a proof: bytes in, report out; no network, no clock but the one that the headers were judged by.

Steps, in this order:
1. parse within bounds (`notary.ots`)
2. the proof's digest must be the file's: a proof over other bytes is invalid, whatever else it says
3. every Bitcoin attestation is compared with the Merkle root of the header at its height
4. the earliest one that fits wins; one that does not fit is named, and makes the proof invalid where none fits

What does not count: a calendar's pending attestation (a promise), attestations of other chains and unknown kinds
(kept, neither fail nor help), and everything by the demo calendar. A verified proof says that the bytes existed
*before* a day; never since when, nor by whom, nor that what they say is true.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from Cryptodome.Hash import RIPEMD160, keccak

from guards.errors import EXIT_OK, EXIT_UNDECIDED, EXIT_WRONG
from notary import ots
from notary.digest import CHUNK_BYTES, checked_sha256
from notary.errors import DigestError, ProofMalformed
from notary.headers import HeaderBook
from notary.otsops import Attestation
from records.model import AnchorClaim, Text
from records.terms import Level, ProofState, ProofVerdict

Digests = Callable[[str], bytes | None]
"""Gives a file's digest under an algorithm (sha256, sha1, ripemd160, keccak256), None where it is not known."""

UNCERTAINTY = timedelta(hours=2)
"""How far a block's time may be from true time; so a time is good to about a day."""
DEMO_PATH = "/demo-calendar"
"""A calendar whose URI's path ends so is a demo, whoever runs it."""
_CLAIM_VERDICTS = {
    ProofState.VERIFIED: ProofVerdict.VERIFIED,
    ProofState.PENDING: ProofVerdict.PENDING,
    ProofState.ATTESTED: ProofVerdict.UNVERIFIABLE,
    ProofState.CONFLICT: ProofVerdict.INVALID,
}
_LEVEL_ORDER = (Level.CHAIN, Level.CHECKPOINT, Level.EXPLORERS, Level.HEADER)


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What verification found. `time` is the earliest verified block's; `ambiguous` says that two files can share the digest."""

    state: ProofVerdict
    level: Level
    anchors: tuple[AnchorClaim, ...]
    said: Text
    algorithm: str = ""
    digest: str = ""
    time: datetime | None = None
    ambiguous: bool = False

    @property
    def reason(self) -> str:
        """The reason in English; `said` has both languages."""
        return self.said.en

    @property
    def exit_code(self) -> int:
        """0 verified, 1 invalid, 2 pending or unverifiable."""
        codes = {ProofVerdict.VERIFIED: EXIT_OK, ProofVerdict.INVALID: EXIT_WRONG}
        return codes.get(self.state, EXIT_UNDECIDED)

    def document(self, lang: str = "en") -> dict[str, object]:
        """Return what `proofs verify --json` prints."""
        return {
            "state": self.state.value,
            "level": self.level.value,
            "anchors": [_claim_document(claim) for claim in self.anchors],
            "reason": self.said.in_lang(lang),
            "algorithm": self.algorithm,
            "digest": self.digest,
            "time": _iso(self.time),
            "day": self.time.strftime("%Y-%m-%d") if self.time else None,
            "uncertainty_hours": UNCERTAINTY.seconds // 3600 if self.time else None,
            "ambiguous": self.ambiguous,
        }


def verify_proof(proof: bytes, subject: str | Digests | None, headers: HeaderBook) -> ProofReport:
    """Verify an OpenTimestamps proof against the subject's digest and the headers; see the module's steps.

    `subject` is a SHA-256 in hex, or gives digests by algorithm (`file_digests`), or None where the bytes are not at
    hand: then nothing is verified. Never raises for what the proof holds; raises `DigestError` for a bad `subject`.
    """
    digests = _as_digests(subject)
    try:
        parsed = ots.parse(proof)
    except ProofMalformed as error:
        said = Text(f"不是可用的时间戳证明:{error.message}", f"no usable proof: {error.message}")
        return ProofReport(ProofVerdict.INVALID, Level.NONE, (), said)
    actual = digests(parsed.algorithm) if digests else None
    claims = tuple(_judge(msg, item, headers) for msg, item in ots.attestations(parsed.root))
    if actual is not None and actual != parsed.digest:
        return _report(parsed, ProofVerdict.INVALID, claims, _mismatch(parsed, actual))
    state, said = _conclude(claims)
    if actual is None and state is not ProofVerdict.INVALID:
        state, said = ProofVerdict.UNVERIFIABLE, _no_file(parsed)
    return _report(parsed, state, claims, said)


def file_digests(path: Path) -> Digests:
    """Return a provider that digests the file on demand; it raises `DigestError` where the file cannot be read."""

    def digest(algorithm: str) -> bytes | None:
        hasher = _hasher(algorithm)
        try:
            with path.open("rb") as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    hasher.update(chunk)
        except OSError as error:
            raise DigestError(f"cannot read {path}: {error.strerror}", "check the path and its rights") from error
        return hasher.digest()

    return digest


def is_demo_uri(uri: str) -> bool:
    """Say whether a calendar's URI marks it as a demo."""
    try:
        return urlsplit(uri).path.rstrip("/").endswith(DEMO_PATH)
    except ValueError:
        return False


def judge_tree(root: ots.Node, headers: HeaderBook) -> tuple[AnchorClaim, ...]:
    """Return what each attestation of a bare timestamp claims, compared with the headers (step 3 alone)."""
    return tuple(_judge(msg, item, headers) for msg, item in ots.attestations(root))


def _judge(msg: bytes, item: Attestation, headers: HeaderBook) -> AnchorClaim:
    """Compare one attestation with the headers."""
    if item.kind == "pending":
        demo = is_demo_uri(item.uri)
        level = Level.DEMO if demo else Level.NONE
        return AnchorClaim("demo" if demo else "pending", ProofState.PENDING, level, uri=item.uri, demo=demo)
    if item.kind == "demo":
        reason = "the demo calendar's own chain; counts for nothing"
        return AnchorClaim("demo", ProofState.ATTESTED, Level.DEMO, demo=True, reason=reason)
    if item.kind == "bitcoin":
        return _judge_bitcoin(msg, item.height, headers)
    reason = f"attestation {item.tag.hex()}: not checked by this version, kept as it is"
    return AnchorClaim(item.kind, ProofState.ATTESTED, height=item.height or None, reason=reason)


def _judge_bitcoin(msg: bytes, height: int, headers: HeaderBook) -> AnchorClaim:
    header = headers.get(height)
    if header is None:
        reason = headers.refusal(height) or f"the header of block {height} is needed"
        return AnchorClaim("bitcoin", ProofState.ATTESTED, height=height, reason=reason)
    if header.merkle_root != msg:
        reason = f"the path ends in {msg[::-1].hex()[:64]}, block {height} has the Merkle root {header.merkle_root[::-1].hex()}"
        return AnchorClaim("bitcoin", ProofState.CONFLICT, height=height, reason=reason)
    return AnchorClaim("bitcoin", ProofState.VERIFIED, headers.level(height), height=height, time=header.time)


def _conclude(claims: Sequence[AnchorClaim]) -> tuple[ProofVerdict, Text]:
    """Return the verdict on all claims together."""
    by_state = {state: [claim for claim in claims if claim.state is state] for state in _CLAIM_VERDICTS}
    if by_state[ProofState.VERIFIED]:
        return ProofVerdict.VERIFIED, _verified(by_state[ProofState.VERIFIED], by_state[ProofState.CONFLICT])
    if by_state[ProofState.CONFLICT]:
        worst = by_state[ProofState.CONFLICT][0]
        zh = f"比特币区块 {worst.height} 的默克尔根与证明不符,证明不成立"
        return ProofVerdict.INVALID, Text(zh, f"does not fit its block: {worst.reason}")
    unchecked = [claim for claim in by_state[ProofState.ATTESTED] if claim.kind == "bitcoin"]
    if unchecked:
        zh = f"证明指向比特币区块 {unchecked[0].height},缺少可用的区块头,无法核验"
        return ProofVerdict.UNVERIFIABLE, Text(zh, f"not checked: {unchecked[0].reason}")
    if by_state[ProofState.PENDING]:
        return ProofVerdict.PENDING, _pending(by_state[ProofState.PENDING])
    kinds = ", ".join(sorted({claim.kind for claim in claims}))
    return ProofVerdict.UNVERIFIABLE, Text(
        f"没有可核验的见证({kinds})", f"no attestation that can be checked ({kinds})"
    )


def _verified(good: Sequence[AnchorClaim], bad: Sequence[AnchorClaim]) -> Text:
    first = _earliest(good)
    day = f"{first.time:%Y-%m-%d}" if first.time else "?"
    hours = UNCERTAINTY.seconds // 3600
    zh = f"与比特币区块 {first.height} 的区块头相符:数据不晚于 {day}(UTC,误差约 ±{hours} 小时)已经存在;核验级别 {first.level.value}"
    en = f"fits the header of Bitcoin block {first.height}: the bytes existed by {day} UTC (±{hours} h); level {first.level.value}"
    if bad:
        zh += f";另有 {len(bad)} 项见证与其区块不符,未予采信"
        en += f"; {len(bad)} other attestation(s) do not fit their blocks and were not believed"
    return Text(zh, en)


def _pending(claims: Sequence[AnchorClaim]) -> Text:
    real = [claim.uri for claim in claims if not claim.demo]
    if not real:
        return Text("仅有演示日历的回执,不计为存证", "only the demo calendar has answered, which counts for nothing")
    names = ", ".join(real)
    return Text(f"已提交,等待写入比特币区块:{names}", f"submitted, waiting for a Bitcoin block: {names}")


def _mismatch(parsed: ots.Proof, actual: bytes) -> Text:
    pair = f"{parsed.algorithm} {parsed.digest.hex()} ≠ {actual.hex()}"
    return Text(f"证明针对的是另一文件:{pair}", f"the proof is over other bytes: {pair}")


def _no_file(parsed: ots.Proof) -> Text:
    zh = f"未取得原文件的 {parsed.algorithm} 摘要,无法判断证明是否针对该文件"
    return Text(zh, f"the file's {parsed.algorithm} is not at hand, so the proof cannot be tied to it")


def _report(parsed: ots.Proof, state: ProofVerdict, claims: tuple[AnchorClaim, ...], said: Text) -> ProofReport:
    """Assemble the report; level and time are those of what verified, and empty for any other state."""
    good = [claim for claim in claims if claim.state is ProofState.VERIFIED] if state is ProofVerdict.VERIFIED else []
    only_demo = bool(claims) and all(claim.demo for claim in claims) and state is not ProofVerdict.INVALID
    level = _earliest(good).level if good else Level.DEMO if only_demo else Level.NONE
    ambiguous = parsed.algorithm == "sha1"
    if ambiguous:
        zh = "(摘要为 SHA-1:不同文件可有同一摘要,内容可能有歧义)"
        said = Text(
            said.zh + zh, f"{said.en} (SHA-1: different files can share this digest, so the content is ambiguous)"
        )
    time = _earliest(good).time if good else None
    return ProofReport(state, level, claims, said, parsed.algorithm, parsed.digest.hex(), time, ambiguous)


def _earliest(good: Sequence[AnchorClaim]) -> AnchorClaim:
    """Return the earliest claim; of two at one time, the one that was checked furthest."""
    return min(
        good, key=lambda claim: (claim.time or datetime.max.replace(tzinfo=UTC), _LEVEL_ORDER.index(claim.level))
    )


def _as_digests(subject: str | Digests | None) -> Digests | None:
    if not isinstance(subject, str):
        return subject
    digest = checked_sha256(subject)
    return lambda algorithm: digest if algorithm == "sha256" else None


def _hasher(algorithm: str) -> "hashlib._Hash | RIPEMD160.RIPEMD160Hash | keccak.Keccak_Hash":
    if algorithm == "ripemd160":
        return RIPEMD160.new()
    if algorithm == "keccak256":
        return keccak.new(digest_bits=256)
    return hashlib.new(algorithm, usedforsecurity=False)


def _claim_document(claim: AnchorClaim) -> dict[str, object]:
    return {
        "kind": claim.kind,
        "height": claim.height,
        "time": _iso(claim.time),
        "state": _CLAIM_VERDICTS[claim.state].value,
        "level": claim.level.value,
        "uri": claim.uri,
        "demo": claim.demo,
        "reason": claim.reason,
    }


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None

"""What verification says: per file, per seal and proof, overall; and the words in both languages."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from guards.errors import EXIT_OK, EXIT_UNDECIDED, EXIT_WRONG
from records.model import Text

OK, CHANGED, MISSING, EXTRA = "ok", "changed", "missing", "extra"
STATES = {
    EXIT_OK: ("verified", Text("通过", "verified")),
    EXIT_WRONG: ("tampered", Text("有改动、缺失或多余,或不能读取", "changed, missing, extra or unreadable")),
    EXIT_UNDECIDED: (
        "unverifiable",
        Text("内容前后一致,但封印或时间证明尚不能判定", "consistent, but a seal or proof is not decidable yet"),
    ),
}
STEPS: Mapping[int, str] = {
    1: "container",
    2: "layout",
    3: "bag",
    4: "tag manifests",
    5: "payload manifests",
    6: "evidence.json",
    7: "custody",
    8: "capture",
    9: "archive",
    10: "certificates",
    11: "seal",
    12: "proofs",
}
"""The numbered steps; `docs/verify.md` describes them under the same numbers."""


MAX_REASONS = 5_000
"""More are counted, not kept: a hostile package shall not fill the memory."""
MAX_FILES = 200_000
"""A package holds fewer; lists may name more that are not there."""
_MAX_TEXT = 1_500
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step did not pass: the step's number, the file that it is about (may be empty), and what was found."""

    step: int
    path: str
    what: str
    wrong: bool = True

    def __str__(self) -> str:
        place = f"{self.path}: " if self.path else ""
        return f"step {self.step} ({STEPS[self.step]}): {place}{self.what}"


@dataclass(frozen=True, slots=True)
class ProofStanding:
    """One seal or proof. `state` is verified, pending, unverifiable, untrusted, demo, missing, changed or invalid.

    `key` is the verifier key that signed it, "" for what no key has signed.
    """

    name: str
    kind: str
    state: str
    level: str = "none"
    reason: str = ""
    time: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The overall answer. `exit_code` is 0 only where everything is whole and every seal and proof is verified."""

    exit_code: int
    files: Mapping[str, str]
    proofs: tuple[ProofStanding, ...]
    reasons: tuple[Reason, ...]
    exhibits: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """`verified`, `unverifiable` or `tampered`."""
        return STATES[self.exit_code][0]

    def document(self, lang: str = "zh") -> dict[str, object]:
        """Return what `markwatch verify --json` prints."""
        return {
            "exit": self.exit_code,
            "state": self.state,
            "summary": STATES[self.exit_code][1].in_lang(lang),
            "exhibits": list(self.exhibits),
            "files": dict(self.files),
            "proofs": [
                {"name": i.name, "kind": i.kind, "state": i.state, "level": i.level, "reason": i.reason, "time": i.time}
                for i in self.proofs
            ],
            "reasons": [str(reason) for reason in self.reasons],
        }


@dataclass(slots=True)
class Findings:
    """What the steps write down while they run."""

    files: dict[str, str] = field(default_factory=dict)
    proofs: list[ProofStanding] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    exhibits: list[str] = field(default_factory=list)
    more: int = 0
    more_wrong: bool = False

    def wrong(self, step: int, path: str, what: str, state: str = CHANGED) -> None:
        """Note something that is wrong (exit 1); the file's first bad state stands."""
        path = clean(path)
        self._note(Reason(step, path, clean(what)))
        if path and self.files.get(path, OK) == OK and (path in self.files or len(self.files) < MAX_FILES):
            self.files[path] = state

    def open(self, step: int, path: str, what: str) -> None:
        """Note something that cannot be decided (exit 2)."""
        self._note(Reason(step, clean(path), clean(what), wrong=False))

    def _note(self, reason: Reason) -> None:
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(reason)
            return
        self.more += 1
        self.more_wrong = self.more_wrong or reason.wrong

    def verdict(self) -> Verdict:
        """Return the answer that follows."""
        if self.more:
            self.reasons.append(Reason(1, "", f"and {self.more} more findings", wrong=self.more_wrong))
            self.more = 0
        if any(reason.wrong for reason in self.reasons):
            code = EXIT_WRONG
        elif self.reasons or not self.proofs or any(proof.state != "verified" for proof in self.proofs):
            code = EXIT_UNDECIDED
        else:
            code = EXIT_OK
        ordered = sorted(self.reasons, key=lambda reason: (not reason.wrong, reason.step))
        return Verdict(code, dict(sorted(self.files.items())), tuple(self.proofs), tuple(ordered), tuple(self.exhibits))


def clean(text: str) -> str:
    """Return text that is safe to print: control, invisible and unpaired characters escaped, its length cut."""
    shown = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    return "".join(f"\\u{ord(ch):04x}" if unicodedata.category(ch) in _UNPRINTABLE else ch for ch in shown)

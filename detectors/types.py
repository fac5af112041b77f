"""The words that the engine and its plug-ins share: options, needles, clues, cases.

A *needle* is a string that a detector wants found; a *clue* is one thing that a detector noticed about one
(listing, right) pair. Clues become findings (`records.model.Finding`) once they are combined.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from records.alignment import Alignment
from records.model import Authorization, Listing, Right, Text
from records.terms import Outcome, RightKind

if TYPE_CHECKING:
    from detectors.case import Case
    from detectors.profile import Profile

ALL_KINDS = frozenset(RightKind)


@dataclass(frozen=True, slots=True)
class Options:
    """How to detect. `model` is a path or name for sentence-transformers (empty: context is off).

    `today` is the day of the conduct where a listing says no day of its own (`Listing.seen_on`): it chooses the law,
    and whether rights and authorisations hold.
    `max_field` code points of a text field are read; the rest is left out, and the hit says so.
    With `calibrate` scores are probabilities as fitted on the benchmark; without, they are the rules' raw ones.
    With `ocr` the text in a listing's first `ocr_images` pictures is read, and the official marks of indications are looked
    for in them; no further picture is begun after `ocr_seconds`, and the hit says so.
    """

    threshold: float = 0.5
    model: str = ""
    today: date = field(default_factory=date.today)
    local_features: bool = True
    max_field: int = 20_000
    calibrate: bool = True
    ocr: bool = False
    ocr_images: int = 12
    ocr_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A right's sample picture: its record's id and its bytes (any form that Pillow reads)."""

    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line read in a picture: its place in the lines' texts joined by line ends, its box in pixels, how sure."""

    text: str
    start: int
    end: int
    box: tuple[int, int, int, int]
    confidence: float


class Layer(StrEnum):
    """The form of a field that a needle is looked for in."""

    PLAIN = "plain"
    HAN = "han"
    SKELETON = "skeleton"
    SOUND = "sound"
    SPELT = "spelt"
    MARKED = "marked"


HALVES = (("place", "goods"), ("head", "tail"))
"""What two needles that say nothing alone may be together: an indication's place and goods, a name cut in two."""


@dataclass(frozen=True, slots=True)
class Needle:
    """A string to be found in one layer, for one detector; `meta` is the detector's own note about it.

    `half`, one of `HALVES`, is given where the needle says nothing alone: a right is only looked at where a whole
    needle (no `half`), or both halves of a pair were found in the listing. `beside` are folded characters of which at
    least `least` must stand somewhere in the listing, for the needle to say anything.
    """

    layer: Layer
    text: str
    detector: str
    meta: str = ""
    half: str = ""
    beside: str = ""
    least: int = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a listing: `start`/`end` are code points of the original text of `field`."""

    field: str
    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Whether both lie in one field and share a code point."""
        return self.field == other.field and self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Match:
    """A needle that was found: its span in the folded text of the layer and in the original."""

    needle: Needle
    start: int
    end: int
    span: Span


class Effect(StrEnum):
    """What a clue does to the score.

    `FIND` is a reason for suspicion; `RAISE` removes a share of the doubt; `LOWER` takes a share of the score;
    `CANCEL` ends the suspicion; `AUTHORISE` and `VERIFY` choose the outcome; `NOTE` changes nothing.
    """

    FIND = "find"
    RAISE = "raise"
    LOWER = "lower"
    CANCEL = "cancel"
    AUTHORISE = "authorise"
    VERIFY = "verify"
    NOTE = "note"


AGAINST = frozenset({Effect.LOWER, Effect.CANCEL, Effect.AUTHORISE})
"""Effects that speak against suspicion."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing noticed. `span` is where (None: the listing as a whole or a picture).

    `target` limits a lowering or cancelling to the findings that overlap it; None means all of them.
    `score` is a probability for `FIND`, a share (0..1) for the others.
    """

    detector: str
    rule: str
    score: float
    explanation: Text
    effect: Effect = Effect.FIND
    span: Span | None = None
    target: Span | None = None
    ground: str = ""
    image: int | None = None
    region: tuple[int, int, int, int] | None = None
    reference_id: str = ""
    alignment: Alignment | None = None


class Stage(IntEnum):
    """When a detector runs: `FIND` looks for reasons, `WEIGH` sees what was found and weighs it."""

    FIND = 1
    WEIGH = 2


@dataclass(frozen=True, slots=True)
class Example:
    """What the contract suite feeds a detector: it must (or must not) say `rule` of this listing and right.

    `outcome` and `alert`, where given, are what the whole engine must say. With `read` the pictures are read.
    """

    right: Right
    listing: Listing
    says: bool
    rule: str = ""
    outcome: Outcome | None = None
    alert: bool | None = None
    references: tuple[ReferenceImage, ...] = ()
    images: Mapping[int, bytes] = field(default_factory=dict)
    authorizations: tuple[Authorization, ...] = ()
    read: bool = False


@runtime_checkable
class Detector(Protocol):
    """A plug-in: one file in `detectors/rules/` that holds `DETECTOR`, an object of this shape.

    Its class docstring is the public documentation of its rules. For whom it runs is said in `detectors/kinds/`; `kinds`
    counts only where no file there names it, as for a detector that was added from outside.
    """

    name: str
    kinds: frozenset[RightKind]
    stage: Stage

    def needles(self, profile: "Profile") -> Iterable[Needle]:
        """Return the strings to look for on behalf of one right."""
        ...

    def run(self, case: "Case") -> Iterable[Clue]:
        """Return what this detector notices about one (listing, right) pair. Pure: same case, same clues."""
        ...

    def examples(self) -> Iterable[Example]:
        """Return at least one example that it speaks of and one that it is silent on."""
        ...

"""Detection: a listing against all rights, in one pass.

The engine is pure: rights, reference pictures and options in; hits out. It reads no database and no network.
The same bytes and versions give the same hits, in the same order, with the same words.

Example:
>>> from records.model import Listing, Right
>>> from records.terms import RightKind
>>> right = Right("r1", RightKind.TRADEMARK, "砚溪雁", goods=("茶叶",))
>>> [hit.outcome.value for hit in Engine([right]).detect(Listing("1", "砚溪雁 茶叶 250克"))]
['suspected']
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice

from detectors.calibration import calibrated, calibration_digest
from detectors.case import Case
from detectors.combine import combine
from detectors.context import ContextModel
from detectors.emblem import EmblemReader
from detectors.findings import code_digest, digest, to_findings, with_runners_up
from detectors.grounds import shown
from detectors.images import ReferenceBank
from detectors.index import NeedleIndex
from detectors.profile import Profile, build
from detectors.reader import PictureReader, Readings
from detectors.reading import LETTERED
from detectors.readings import LOOSE
from detectors.registry import discover, plan
from detectors.sieve import Sieve
from detectors.types import Clue, Detector, Effect, Layer, Match, Needle, Options, ReferenceImage, Span, Stage
from detectors.view import ListingView
from records.ids import hit_id
from records.model import Authorization, Hit, Listing, Right, Text

__all__ = ["Engine", "Options", "ReferenceImage"]

_BATCH = 8_192


class Engine:
    """All detectors over a set of rights. Built once, used for many listings; not for several threads at once.

    `references` maps a right's id to its sample pictures, `authorizations` are dated permissions beside the
    names in `Right.authorized_sellers`. Raises DuplicateDetector, BrokenDetector, DuplicateKind or BrokenKind for a bad
    plug-in.
    The embedding model is loaded when it is first needed; where it is missing, ModelMissing is raised then.
    """

    def __init__(
        self,
        rights: Sequence[Right],
        references: Mapping[str, Sequence[ReferenceImage]] | None = None,
        options: Options | None = None,
        authorizations: Sequence[Authorization] = (),
        detectors: Sequence[Detector] | None = None,
    ) -> None:
        self.options = options or Options()
        self._plan = plan(tuple(detectors) if detectors is not None else discover())
        samples = references or {}
        self._profiles = [build(right, samples.get(right.id, ()), authorizations) for right in rights]
        self._index = NeedleIndex(self._needles())
        self._bank = ReferenceBank(
            {profile.right.id: profile.references for profile in self._profiles if profile.references},
            local_features=self.options.local_features,
        )
        self._pictured = frozenset(number for number, profile in enumerate(self._profiles) if profile.references)
        self._context = ContextModel(self.options.model) if self.options.model else None
        self._reader = PictureReader() if self.options.ocr else None
        self._emblems = EmblemReader(self._reader) if self._reader else None

    def _needles(self) -> Iterable[tuple[int, Needle]]:
        for number, profile in enumerate(self._profiles):
            for detector in self._plan[profile.right.kind]:
                for needle in detector.needles(profile):
                    yield number, needle

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """SHA-256 digests of what the hits depend on: code and data, rights with references, model, options.

        Where one changed, listings must be detected again.
        """
        rights = [
            part
            for profile in self._profiles
            for part in (
                repr(profile.right).encode("utf-8", "surrogatepass"),
                repr(profile.authorizations).encode("utf-8", "surrogatepass"),
                repr(profile.holding(self.options.today)).encode(),
                *(reference.data for reference in profile.references),
            )
        ]
        knobs = (
            self.options.threshold,
            self.options.local_features,
            self.options.max_field,
            self.options.calibrate,
            self.options.ocr_images,
            self.options.ocr_seconds,
        )
        return {
            "detectors": code_digest(),
            "model": self._context.digest if self._context else "off",
            "ocr": self._reader.digest if self._reader else "off",
            "options": digest([repr(knobs).encode()]),
            "threshold": f"{self.options.threshold:.4f}",
            "calibration": calibration_digest() if self.options.calibrate else "off",
            "rights": digest(rights),
        }

    def unusable_references(self) -> tuple[tuple[str, str], ...]:
        """Return (right id, reference id) of samples that cannot be compared: no raster image, or too small."""
        return self._bank.unusable()

    def detect(self, listing: Listing, images: Mapping[int, bytes] | None = None) -> list[Hit]:
        """Return a hit for each right that something was found of, in the rights' order, whatever the outcome.

        `images` maps the position in `listing.images` to bytes; bytes that are no picture are passed over.
        The caller keeps those with `.alert` unless it wants all.
        """
        pictures = images or {}
        readings = self._read(pictures)
        view = ListingView(listing, self.options.max_field, readings.lines)
        view.unread = readings.unread
        found = self._index.find(view.every, self._pictured if pictures else frozenset())
        numbers = found.keys() | self._pictured if pictures else found.keys()
        if not numbers:
            return []
        named = self._named(found)
        hits = (
            self._examine(view, self._profiles[number], found.get(number, ()), pictures, named)
            for number in sorted(numbers)
        )
        return with_runners_up([hit for hit in hits if hit is not None], self._names)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {profile.right.id: profile.right.name for profile in self._profiles}

    def detect_many(
        self, listings: Iterable[Listing], pictures: Callable[[Listing], Mapping[int, bytes]] | None = None
    ) -> Iterator[tuple[Listing, list[Hit]]]:
        """Yield each listing with what `detect` returns for it, in the order given; faster for many.

        Listings are taken 2,048 at a time, and those whose texts hold nothing that is looked for are passed over at
        once. `pictures` is asked for a listing's pictures when its turn comes, so those of one are held at a time.
        """
        stream = iter(listings)
        while batch := list(islice(stream, _BATCH)):
            for listing, passes in zip(batch, self.sieve.passing(batch), strict=True):
                images = pictures(listing) if pictures and listing.images else {}
                yield listing, self.detect(listing, images) if passes or images else []

    @cached_property
    def sieve(self) -> Sieve:
        """The first stage by itself, which says of many listings which of them have no hit by their texts."""
        return self._index.sieve(self.options.max_field)

    @property
    def patterns(self) -> int:
        """How many texts are looked for, over all layers."""
        return self._index.size

    def _read(self, pictures: Mapping[int, bytes]) -> Readings:
        """Return the text in a listing's pictures; nothing where no name could be found in it."""
        if self._reader is None or not pictures or self._index.empty:
            return Readings({}, ())
        return self._reader.read_all(pictures, self.options.ocr_images, self.options.ocr_seconds)

    def _named(self, found: Mapping[int, tuple[Match, ...]]) -> tuple[tuple[Span, str], ...]:
        """Return where whole names of any right stand, with the right's id."""
        return tuple(
            (match.span, self._profiles[number].right.id)
            for number in sorted(found)
            for match in found[number]
            if match.needle.detector == "name" and match.needle.layer is Layer.PLAIN
        )

    def _examine(
        self,
        view: ListingView,
        profile: Profile,
        matches: tuple[Match, ...],
        pictures: Mapping[int, bytes],
        named: tuple[tuple[Span, str], ...],
    ) -> Hit | None:
        case = Case(
            view, profile, matches, self.options, pictures, self._bank, self._context, named, emblems=self._emblems
        )
        case.found = _own(view, self._run(case, Stage.FIND))
        if not case.finds:
            return None
        clues = (*case.found, *self._run(case, Stage.WEIGH), *_capped(view))
        scale = partial(calibrated, kind=profile.right.kind.value) if self.options.calibrate else float
        verdict = combine(clues, self.options.threshold, scale)
        return Hit(
            id=hit_id(view.listing.id, profile.right.id),
            listing_id=view.listing.id,
            right_id=profile.right.id,
            score=verdict.score,
            alert=verdict.alert,
            outcome=verdict.outcome,
            findings=to_findings(case, clues, self.versions),
        )

    def _run(self, case: Case, stage: Stage) -> tuple[Clue, ...]:
        kind = case.kind
        return tuple(
            _grounded(case, clue)
            for detector in self._plan[kind.kind]
            if detector.stage is stage
            for clue in detector.run(case)
            if clue.rule not in kind.left_out
        )


def _grounded(case: Case, clue: Clue) -> Clue:
    """Return the clue with the provision that it rests on: by the right's kind, territory and route, on the day."""
    topic = "" if clue.ground else case.kind.topic_of(clue.rule, reason=clue.effect is Effect.FIND)
    return replace(clue, ground=shown(topic, case.profile.right, case.day)) if topic else clue


def _capped(view: ListingView) -> Iterable[Clue]:
    """Say which fields were too long to be read to their end, and in how many pictures no text was looked for."""
    if view.unread:
        yield Clue(
            detector="limits",
            rule="limits.pictures_unread",
            score=0.0,
            effect=Effect.NOTE,
            explanation=Text(
                f"有{len(view.unread)}张图片未做文字识别(超出数量或时间上限)。",
                f"In {len(view.unread)} pictures no text was looked for: the limit of number or time was reached.",
            ),
        )
    for name in view.capped:
        label, read = view.fields[name].label, len(view.fields[name].text)
        yield Clue(
            detector="limits",
            rule="limits.text_capped",
            score=0.0,
            effect=Effect.NOTE,
            explanation=Text(
                f"{label.zh}过长,只检测了前{read}字,其余部分未检测。",
                f"Only the first {read} characters of {label.en} were examined; the rest was not read.",
            ),
        )


def _own(view: ListingView, clues: tuple[Clue, ...]) -> tuple[Clue, ...]:
    """Leave out what a reading of the fields says that the fields say themselves."""
    if not view.readings:
        return clues
    cancelled = [clue.target for clue in clues if clue.target and clue.effect is Effect.CANCEL]
    plain = [
        clue.span
        for clue in clues
        if clue.span
        and clue.effect is Effect.FIND
        and clue.span.field not in view.readings
        and clue.span not in cancelled
    ]
    return tuple(
        clue
        for clue in clues
        if clue.span is None
        or clue.span.field not in view.readings
        or (
            (clue.detector not in LOOSE or (clue.detector == "sound" and clue.span.field in LETTERED))
            and (view.says_more(clue.span) and not any(view.original(clue.span).overlaps(other) for other in plain))
        )
    )

"""One (listing, right) pair under examination, with the tools that the detectors share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from detectors import kinds, words
from detectors.lexicon import words as lexicon
from detectors.nice import CLASSES, class_of, far, goods_in, within
from detectors.normalise import Folded, key
from detectors.profile import Profile
from detectors.types import Clue, Effect, Match, Options, Span
from detectors.view import FieldView, ListingView, visible
from records.alignment import Box, Pairs, Quad
from records.model import Text

if TYPE_CHECKING:
    from detectors.emblem import Sightings

NO_BOX: Box = (0, 0, 0, 0)
NO_QUAD: Quad = ((0, 0), (0, 0), (0, 0), (0, 0))
_BESIDE = 3
_NEAR = 6


class ImageMatcher(Protocol):
    """Compares a listing's picture with a right's references (see `detectors.images`)."""

    def matches(self, data: bytes, right_id: str) -> Sequence["ImageMatch"]:
        """Return the references that the picture copies, best first; [] for what is no picture."""
        ...

    def logos(self, data: bytes, right_id: str) -> Sequence["LogoMatch"]:
        """Return the right's marks that lie inside the picture, surest first; () for none (see `detectors.logos`)."""
        ...


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """A picture that copies a reference: how it was found, how far it is, and where in the listing's picture.

    For local features `distance` counts the keypoints that agree, and `pairs` are some of them. `quad` is where the corners
    of the reference's `part` lie (see `records.alignment.Alignment`).
    """

    reference_id: str
    method: str
    distance: int
    threshold: int
    region: tuple[int, int, int, int]
    probability: float
    turned: str = ""
    part: Box = NO_BOX
    quad: Quad = NO_QUAD
    pairs: Pairs = ()

    @property
    def whole(self) -> bool:
        """Whether the picture as a whole copies the reference, not a part of it."""
        return not self.method.endswith("sift")


@dataclass(frozen=True, slots=True)
class LogoMatch:
    """A mark that was found in a picture: the reference's id, its box (x, y, w, h) in the picture's pixels, how sure.

    `covered` is the share of the mark's outline that lies on edges of the picture, `weakest` that of its worst part;
    `quad` is where the corners of what is drawn in the reference lie in the picture, `part` (x, y, w, h) where that is drawn in
    the reference (see `records.alignment.Alignment`).
    """

    reference_id: str
    region: tuple[int, int, int, int]
    probability: float
    covered: float
    weakest: float
    quad: Quad
    part: Box


class MarkSpotter(Protocol):
    """Looks for the official marks of indications in a listing's pictures (see `detectors.emblem`)."""

    def seen_in(self, pictures: Mapping[int, bytes], most: int, seconds: float) -> "Sightings":
        """Look in the first `most` pictures; none is begun once `seconds` are over. The others are named."""
        ...


class ClassOfGoods(Protocol):
    """Says how far a text's goods are from a right's (see `detectors.context`)."""

    def fit(self, text: str, goods: Sequence[str], nice: Sequence[int]) -> "Fit | None":
        """Return how well the goods fit, or None where it cannot be told."""
        ...


@dataclass(frozen=True, slots=True)
class Fit:
    """How the listing's class of goods relates to the right's: 1 the same, 0 unrelated; `label` names its own.

    `word` is the everyday word for goods that tells the class; "" where the context model guessed it.
    """

    value: float
    label: Text
    word: str = ""


@dataclass
class Case:
    """One pair. `found` holds the clues of the finding stage while the weighing stage runs.

    `named` are the places where names of any right stand as registered, with the right's id.
    """

    view: ListingView
    profile: Profile
    matches: tuple[Match, ...]
    options: Options
    images: Mapping[int, bytes] = field(default_factory=dict)
    matcher: ImageMatcher | None = None
    context: ClassOfGoods | None = None
    named: tuple[tuple[Span, str], ...] = ()
    found: tuple[Clue, ...] = ()
    emblems: MarkSpotter | None = None

    @property
    def kind(self) -> kinds.Kind:
        """The right's kind: what runs for it, and what its reasons rest on."""
        return kinds.of(self.profile.right)

    @property
    def day(self) -> date:
        """The day of the conduct: the listing's own, else the options'. The law and the right's dates are asked on it."""
        return self.view.listing.seen_on or self.options.today

    def mine(self, detector: str, *meta: str) -> Iterator[Match]:
        """Return the matches of one detector's needles, optionally of some `meta` only."""
        for match in self._by_detector.get(detector, ()):
            if not meta or match.needle.meta in meta:
                yield match

    @cached_property
    def _by_detector(self) -> Mapping[str, Sequence[Match]]:
        found: dict[str, list[Match]] = {}
        for match in self.matches:
            found.setdefault(match.needle.detector, []).append(match)
        return found

    def field(self, span: Span) -> FieldView:
        """Return the field that a span lies in."""
        return self.view.fields[span.field]

    def excerpt(self, span: Span) -> str:
        """Return the original text of a span."""
        return self.field(span).excerpt(span)

    def is_word(self, span: Span) -> bool:
        """Whether letters of the span do not go on beyond its borders."""
        plain = self.field(span).plain
        return plain.is_word(*plain.locate(span.start, span.end))

    def where(self, span: Span) -> Text:
        """Return `标题第3–6字“…”` and its English: where a span lies and what it says."""
        label, shown = self.field(span).label, visible(self.excerpt(span))
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        if span.field in self.view.readings:
            return Text(f"{label.zh}“{shown}”", f"“{shown}” ({label.en})")
        first, last = span.start + 1, span.end
        at = f"第{first}字" if first == last else f"第{first}–{last}字"
        at_en = f"character {first}" if first == last else f"characters {first}–{last}"
        if lines := self.field(span).read(span):
            sure = round(100 * min(line.confidence for line in lines))
            return Text(f"{label.zh}“{shown}”(机器识别,置信度{sure}%)", f"“{shown}” ({label.en}, {sure} % sure)")
        return Text(f"{label.zh}{at}“{shown}”", f"“{shown}” ({label.en}, {at_en})")

    def before(self, span: Span, reach: int, *, clause: bool = True) -> str:
        """Return up to `reach` folded characters before a span, within its clause."""
        plain, start, end = self._locate(span)
        low = plain.clause(start, end)[0] if clause else 0
        return plain.text[max(low, start - reach) : start]

    def after(self, span: Span, reach: int, *, clause: bool = True) -> str:
        """Return up to `reach` folded characters after a span, within its clause."""
        plain, start, end = self._locate(span)
        high = plain.clause(start, end)[1] if clause else len(plain.text)
        return plain.text[end : min(high, end + reach)]

    def _locate(self, span: Span) -> tuple[Folded, int, int]:
        plain = self.field(span).plain
        start, end = plain.locate(span.start, span.end)
        return plain, start, max(start, end)

    @cached_property
    def finds(self) -> tuple[Clue, ...]:
        """The clues that are reasons for suspicion."""
        return tuple(clue for clue in self.found if clue.effect is Effect.FIND)

    @cached_property
    def text_finds(self) -> tuple[tuple[Clue, Span], ...]:
        """The reasons that lie in a text field, with their spans."""
        return tuple((clue, clue.span) for clue in self.finds if clue.span is not None)

    @cached_property
    def goods_named(self) -> str:
        """One of the right's goods (or a GI's product) that the listing names outside the right's name, or "".

        In Chinese, as a kind of it (白茶 for 茶叶) or, as a word of its own, in English.
        """
        for good in (*self.profile.goods, *self.profile.products, *self.profile.kinds):
            if any(self._outside(view, good) for view in self.view.every if view.name != "seller"):
                return good
        for stem in self.profile.kin:
            if word := next(
                (w for view in self.view if view.name == "title" for w in view.nouns if w.endswith(stem)), ""
            ):
                return word
        for word in self.profile.translated:
            if any(self._worded(view, word) for view in self.view if view.name != "seller"):
                return word
        return ""

    @cached_property
    def sold(self) -> str:
        """What shows that goods of the right's kind are for sale: as `goods_named`, else an everyday word of its classes.

        Such a word stands in the title; it says less than one of the right's own goods.
        """
        view, nice = self.view.fields.get("title"), self.profile.right.nice_classes
        if self.goods_named or view is None or not nice:
            return self.goods_named
        text = view.simplified[:200]
        nouns = [word for word, start, end in goods_in(text) if not words.crossing(text, start, end)]
        told = [word for word in nouns if within((word,), nice)]
        told += [
            word
            for word in view.nouns
            if words.is_common_noun(word) and any(g.endswith(word) for g in self.profile.goods)
        ]
        return next((word for word in told if not given(key(text), word)), "")

    def _worded(self, view: FieldView, word: str) -> bool:
        """Whether a folded word of letters stands in the field by itself, and not inside one of the right's names."""
        at = view.plain_text.find(word)
        while at >= 0:
            names = (name.folded for name in self.profile.names if word in name.folded)
            inside = not self.profile.is_gi and any(
                view.plain_text.startswith(name, at - name.find(word)) for name in names if at >= name.find(word)
            )
            if view.plain.is_word(at, at + len(word)) and not inside:
                return True
            at = view.plain_text.find(word, at + 1)
        return False

    def _outside(self, view: FieldView, good: str) -> bool:
        """Whether the field names the good elsewhere than inside what was found of the right's name."""
        position = view.plain.text.find(good)
        if position < 0:
            return False
        names = [name.folded for name in self.profile.names if good in name.folded]
        rest = view.plain.text
        for name in names:
            rest = rest.replace(name, "\n") if not self.profile.is_gi else rest
        return good in rest

    def _told_goods(self) -> Fit | None:
        """Return what everyday words for goods in the title say; None where there are none, or they do not decide."""
        nice, view = self.profile.right.nice_classes, self.view.fields.get("title")
        if not nice or view is None:
            return None
        rest = view.simplified[:200]
        for _, span in self.text_finds:
            if span.field == "title":
                rest = rest[: span.start] + " " * (span.end - span.start) + rest[span.end :]
        nouns = [word for word, start, end in goods_in(rest) if not words.crossing(rest, start, end)]
        nouns = [word for word in nouns if not given(key(rest), word)]
        if not nouns:
            return None
        label = CLASSES[class_of(nouns[0])]
        if within(nouns, nice):
            return Fit(1.0, label, nouns[0])
        return Fit(0.0, label, nouns[0]) if far(nouns, nice) else None

    @cached_property
    def fit(self) -> Fit | None:
        """How well the listing's class of goods fits the right's: by the words for goods in the title, else the model."""
        told = self._told_goods()
        if told is not None or self.context is None:
            return told
        rest = self.view.listing.title[:200]
        disguised = self.profile.products[0] if self.profile.is_gi and self.profile.products else ""
        for clue, span in self.text_finds:
            shown = key(self.excerpt(span))
            if span.field == "title" and not any(item in shown for item in self.profile.products):
                rest = rest.replace(self.excerpt(span), f" {disguised} ")
            del clue
        if not _tells_goods(key(rest)):
            return None
        return self.context.fit(
            rest, self.profile.right.goods or self.profile.products, self.profile.right.nice_classes
        )


def _tells_goods(text: str) -> bool:
    """Whether a folded text holds a word that may name goods at all: a common noun, or a word of letters."""
    for word, _, _ in words.cut(text):
        if word.isascii() and word.isalpha() and len(word) > 2:
            return True
        if len(word) > 1 and words.is_common_noun(word) and word not in lexicon("goods", "packed"):
            return True
    return False


def given(title: str, cue: str) -> bool:
    """Whether the thing that a folded title names only comes along with the goods: 送手提袋."""
    at = title.find(cue)
    near = title[max(0, at - _BESIDE) : at]
    return any(word in near for word in lexicon("goods", "given")) or any(
        word in title[max(0, at - _NEAR) : at] for word in ("送", "赠")
    )


def first_cue(text: str, table: str, *names: str) -> str:
    """Return the first (longest) cue word of the lexicon's lists that a folded text holds, or ""."""
    for name in names:
        for cue in lexicon(table, name):
            if cue in text:
                return cue
    return ""

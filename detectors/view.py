"""A listing as the detectors see it: its text fields, each folded once in every layer that is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from detectors import words
from detectors.lexicon import words as lexicon
from detectors.normalise import SEPARATOR, Folded, fold, fold_char, is_han, key, marked, parted, parted_text
from detectors.readings import readings_of
from detectors.sound import sounded, sounded_text
from detectors.spelling import spelt, spelt_text
from detectors.types import Layer, ReadLine, Span
from records.model import Listing, Text

LEET = str.maketrans("01345789|", "oleastbgl")
"""Digits and signs → the letters that they stand for."""
_MAX_FIELDS = 60
_MAX_ATTRIBUTE = 2_000
_MAX_READ = 4_000
_HIDDEN = dict.fromkeys([*range(0x20), 0x7F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)])


class _HanOnly(dict[int, str]):
    """Folded character → itself where it is a Chinese one, else nothing: for `str.translate`."""

    def __missing__(self, code: int) -> str:
        kept = chr(code) if is_han(chr(code)) else ""
        self[code] = kept
        return kept


_HAN_ONLY = _HanOnly()


@dataclass
class FieldView:
    """One text field. `text` is what is read of the original (from its beginning, so offsets hold).

    For the text of a picture, `lines` say where in the picture each part was read, and how surely.
    """

    name: str
    text: str
    label: Text
    lines: tuple[ReadLine, ...] = ()
    layers: dict[Layer, Folded | None] = field(default_factory=dict)

    @cached_property
    def plain(self) -> Folded:
        """The folded text."""
        return fold(self.text)

    @cached_property
    def simplified(self) -> str:
        """The original, one character for one, in simplified forms: what word borders are looked for in."""
        return "".join(folded if len(folded := fold_char(char)) == 1 else char for char in self.text)

    def layer(self, layer: Layer) -> Folded | None:
        """Return the field in one layer; None where the layer would equal the plain one."""
        if layer not in self.layers:
            self.layers[layer] = self._make(layer)
        return self.layers[layer]

    def _make(self, layer: Layer) -> Folded | None:
        if layer is Layer.PLAIN:
            return self.plain
        if layer is Layer.HAN:
            han = self.plain.only(is_han)
            return han if 0 < len(han.text) < len(self.plain.text) else None
        if layer is Layer.SKELETON:
            changed = self.plain.mapped(lambda char: char.translate(LEET))
            return changed if changed.text != self.plain.text else None
        if layer is Layer.SPELT:
            return spelt(self.plain)
        if layer is Layer.MARKED:
            return parted(self.plain)
        return sounded(self.plain)

    @cached_property
    def _marked(self) -> str:
        return marked(self.text)

    @cached_property
    def plain_text(self) -> str:
        """The folded text alone."""
        return self._marked.replace(SEPARATOR, "")

    def layer_text(self, layer: Layer) -> str:
        """Return the text of a layer, "" where the layer would equal the plain one: the same as `layer(…).text`.

        Costs no offsets: most fields hold nothing that is looked for.
        """
        plain = self.plain_text
        if layer is Layer.PLAIN:
            return plain
        if layer is Layer.HAN:
            han = plain.translate(_HAN_ONLY)
            return han if len(han) < len(plain) else ""
        if layer is Layer.SKELETON:
            changed = plain.translate(LEET)
            return changed if changed != plain else ""
        if layer is Layer.SPELT:
            return spelt_text(self._marked)
        if layer is Layer.MARKED:
            return parted_text(self._marked)
        return sounded_text(self._marked)

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        """The words of two characters and more in the field's first 300 characters, folded."""
        return tuple(word for word, _, _ in words.cut(self.plain_text[:300]) if len(word) > 1)

    def read(self, span: Span) -> tuple[ReadLine, ...]:
        """Return the lines of the picture that a span lies in; () for text that was not read in one."""
        return tuple(line for line in self.lines if line.start < span.end and span.start < line.end)

    def region(self, span: Span) -> tuple[int, int, int, int] | None:
        """Return the box around those lines, (x, y, w, h) in pixels of the picture, or None."""
        boxes = [line.box for line in self.read(span)]
        if not boxes:
            return None
        x, y = min(box[0] for box in boxes), min(box[1] for box in boxes)
        return x, y, max(box[0] + box[2] for box in boxes) - x, max(box[1] + box[3] for box in boxes) - y

    def excerpt(self, span: Span) -> str:
        """Return the original text of a span; lone surrogates show as U+FFFD (same length)."""
        part = self.text[span.start : span.end]
        return "".join("\ufffd" if 0xD800 <= ord(char) <= 0xDFFF else char for char in part)


def visible(text: str) -> str:
    """Return a text without control, bidi and zero-width characters, for showing in a sentence."""
    return text.translate(_HIDDEN)


_LABELS = {
    "title": Text("标题", "the title"),
    "description": Text("商品描述", "the description"),
    "seller": Text("卖家名称", "the seller's name"),
}


def field_texts(listing: Listing, most: int) -> Iterator[tuple[str, str, bool]]:
    """Yield name, text and whether it was cut, of each text field that is read: at most `most` code points of each.

    Of attributes the first sixty are read, and 2,000 code points of each.
    """
    for name in _LABELS:
        if text := str(getattr(listing, name) or ""):
            yield name, text[:most], len(text) > most
    if listing.attributes:
        less = min(most, _MAX_ATTRIBUTE)
        for attribute, value in islice(listing.attributes.items(), _MAX_FIELDS):
            if text := str(value):
                yield f"attributes.{attribute}", text[:less], len(text) > less


def _attribute_label(name: str) -> Text:
    shown = visible(name.removeprefix("attributes."))[:40]
    return Text(f"属性“{shown}”", f"the attribute “{shown}”")


class ListingView:
    """A listing's fields by name, with what its attributes say of origin and brand.

    `readings` are the lines that were read in its pictures, by the picture's place; each is a field `images[0]`.
    """

    def __init__(
        self, listing: Listing, max_field: int, readings: Mapping[int, Sequence[ReadLine]] | None = None
    ) -> None:
        self.listing = listing
        self.capped: tuple[str, ...] = ()
        self.unread: tuple[int, ...] = ()
        self.fields: dict[str, FieldView] = {}
        self.readings = {reading.name: reading for reading in readings_of(listing)}
        for name, text, cut in field_texts(listing, max_field):
            self._put(name, text, _LABELS.get(name) or _attribute_label(name), cut=cut)
        for reading in self.readings.values():
            self._put(reading.name, reading.text, reading.label, cut=False)
        for number, lines in sorted((readings or {}).items()):
            label = Text(f"第{number + 1}张图片识别文字", f"the text read in picture {number + 1}")
            text, most = "\n".join(line.text for line in lines), min(max_field, _MAX_READ)
            self._put(f"images[{number}]", text[:most], label, tuple(lines), cut=len(text) > most)

    def _put(self, name: str, text: str, label: Text, lines: tuple[ReadLine, ...] = (), *, cut: bool) -> None:
        if cut:
            self.capped = (*self.capped, name)
        if text:
            self.fields[name] = FieldView(name, text, label, lines)

    def __iter__(self) -> Iterator[FieldView]:
        return (view for name, view in self.fields.items() if name not in self.readings)

    @property
    def every(self) -> Iterator[FieldView]:
        """Return the fields and the readings of them."""
        return iter(self.fields.values())

    def original(self, span: Span) -> Span:
        """Return where a span stands in the listing: its own place, but for one of a reading."""
        return self.readings[span.field].original(span) if span.field in self.readings else span

    def says_more(self, span: Span) -> bool:
        """Whether a span is of a field itself, or leans on what a reading changed."""
        return span.field not in self.readings or self.readings[span.field].leans(span)

    def attribute_fields(self, kind: str) -> Iterator[FieldView]:
        """Return the attribute fields whose name is one of the lexicon's `kind` ("origin", "brand", "makers")."""
        names = lexicon("attributes", kind)
        for name, view in self.fields.items():
            if name.startswith("attributes.") and key(name.removeprefix("attributes.")) in names:
                yield view

    def is_attribute(self, field_name: str, kind: str) -> bool:
        """Whether the field is an attribute of that kind."""
        return any(view.name == field_name for view in self.attribute_fields(kind))

    @cached_property
    def origin(self) -> str:
        """The origin that the page states, folded: the listing's own field, else the attributes'."""
        return (
            key(self.listing.origin[:200]) or "".join(view.plain.text for view in self.attribute_fields("origin"))[:200]
        )

    @cached_property
    def seller_place(self) -> str:
        """Where the seller says to be, folded; not an origin."""
        return key(self.listing.seller_location[:200])

    @cached_property
    def whole(self) -> str:
        """Title, attributes and the beginning of the description, folded, for general cue words."""
        parts = [view.plain.text[:400] for view in self if view.name != "seller"]
        return "\n".join(parts)

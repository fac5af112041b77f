"""A listing as the detectors see it: its text fields, each folded once in every layer that is asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from detectors.lexicon import words as lexicon
from detectors.normalise import Folded, fold, fold_char, is_han, key
from detectors.sound import sounded
from detectors.types import Layer, Span
from records.model import Listing, Text

_LEET = str.maketrans("01345789|", "oleastbgl")
_MAX_FIELDS = 60
_MAX_ATTRIBUTE = 2_000
_HIDDEN = dict.fromkeys([*range(0x20), 0x7F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)])


@lru_cache(maxsize=1)
def _fillers() -> re.Pattern[str]:
    """Words between the characters of a coded name (lexicon `coded`), the longest first."""
    return re.compile("|".join(map(re.escape, sorted(lexicon("coded", "fillers"), key=len, reverse=True))))


@dataclass
class FieldView:
    """One text field. `text` is what is read of the original (from its beginning, so offsets hold)."""

    name: str
    text: str
    label: Text
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
            changed = self.plain.mapped(lambda char: char.translate(_LEET))
            return changed if changed.text != self.plain.text else None
        if layer is Layer.BARE:
            fillers = [found.span() for found in _fillers().finditer(self.plain.text)]
            return self.plain.without(fillers) if fillers else None
        return sounded(self.plain)

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


class ListingView:
    """A listing's fields by name, with what its attributes say of origin and brand."""

    def __init__(self, listing: Listing, max_field: int) -> None:
        self.listing = listing
        self.capped: tuple[str, ...] = ()
        self.fields: dict[str, FieldView] = {}
        self._max = max_field
        for name in ("title", "description", "seller"):
            self._add(name, str(getattr(listing, name) or ""), _LABELS[name])
        for attribute, value in list(listing.attributes.items())[:_MAX_FIELDS]:
            shown = visible(str(attribute))[:40]
            label = Text(f"属性“{shown}”", f"the attribute “{shown}”")
            self._add(f"attributes.{attribute}", str(value), label, _MAX_ATTRIBUTE)

    def _add(self, name: str, text: str, label: Text, limit: int = 0) -> None:
        most = min(self._max, limit or self._max)
        if len(text) > most:
            self.capped = (*self.capped, name)
        if text:
            self.fields[name] = FieldView(name, text[:most], label)

    def __iter__(self) -> Iterator[FieldView]:
        return iter(self.fields.values())

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

"""One reading of a listing: a text made of its fields, with the place in the listing that each character came from."""

from dataclasses import dataclass

from detectors.types import Span
from records.model import Text

MARK = "~"
"""Begins the name of every reading's field: no field of a listing is called so."""
MAX_READ = 300
"""Code points of a title and a description that are read otherwise."""
LETTERED = frozenset({f"{MARK}leet", f"{MARK}leeti"})
"""Readings that change figures into letters: pinyin counts in them."""
_LABELS = {
    "emoji": Text("标题(表情符号读作文字)", "the title with its emoji read as words"),
    "codes": Text(
        "标题(去掉夹在字间的暗语和字母后)", "the title without the codes and letters put between its characters"
    ),
    "parts": Text("标题(把拆开的偏旁合并后)", "the title with components put together to characters"),
    "border": Text("标题末尾与商品描述开头合读", "the end of the title with the beginning of the description"),
    "attributes": Text("相邻属性的取值合读", "the values of neighbouring attributes, put together"),
    "signs": Text("标题(表情符号读作单字)", "the title with each emoji read as one character"),
    "explained": Text("标题(按“某词的某字”取字)", "the title with “the … of …” read as the character meant"),
    "picked": Text("按页面所说位置取出的字", "the characters at the places that the page tells"),
    "leet": Text("标题(形近的数字、符号读作字母)", "the title with figures and signs read as letters like them"),
    "leeti": Text("标题(形近的数字、符号读作字母)", "the title with figures and signs read as letters like them"),
    "lead": Text("标题首词与属性取值合读", "the title's first word with the value of an attribute"),
    "turned": Text("产地属性中括号内外对调合读", "the origin with what stands in brackets put first"),
    "spread": Text("标题(去掉夹在字间的称呼等字)", "the title without forms of address put between its characters"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A text made of a listing's fields: `sources[i]` is where character i came from.

    `cuts` are positions before which something was left out or another field begins, `read` those of replaced characters.
    """

    name: str
    text: str
    sources: tuple[Span, ...]
    cuts: frozenset[int]
    read: frozenset[int]

    @property
    def label(self) -> Text:
        """What the reading is, in words."""
        return _LABELS[self.name.removeprefix(MARK)]

    def leans(self, span: Span) -> bool:
        """Whether a span of the reading holds anything that the fields themselves do not say."""
        inside = any(span.start < cut < span.end for cut in self.cuts)
        return inside or any(span.start <= place < span.end for place in self.read)

    def original(self, span: Span) -> Span:
        """Return where a span of the reading stands in the listing; the part in the first field where there are two."""
        parts = self.sources[span.start : span.end]
        field = parts[0].field
        return Span(field, parts[0].start, max(part.end for part in parts if part.field == field))

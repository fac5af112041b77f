"""What a listing states of itself: 产地, 配料 and 执行标准, by the labels of its attributes, else of its texts.

The label decides, never a guess from the value; where a seller is or ships from is not an origin.
"""

import re
import unicodedata
from collections.abc import Mapping

ORIGIN = (
    "产地",
    "原产地",
    "商品产地",
    "产品产地",
    "原产国",
    "原产国/地区",
    "生产地",
    "国产/进口产地",
    "origin",
    "place of origin",
    "country of origin",
)
"""Labels of where goods come from (产地)."""
INGREDIENTS = ("配料", "配料表", "配料成分", "原料", "原料与配料", "原辅料", "ingredients")
"""Labels of what goods are made of (配料)."""
STANDARD = (
    "执行标准", "产品执行标准", "执行标准号", "产品标准号", "产品标准代号", "产品标准", "标准号", "标准代号", "standard",
)  # fmt: skip
"""Labels of the standard that goods are made to (执行标准)."""
MAX_VALUE_CHARS = 500
"""A longer stated value is cut."""
_END = r"([^\n\r;；。|｜,，]{1,200})"


def stated(labels: tuple[str, ...], attributes: Mapping[str, str], *texts: str) -> str:
    """Return the value of the first of `labels` that the attributes hold, else that a text states (`产地：…`), else ""."""
    by_label = {_plain(name): value for name, value in reversed(list(attributes.items())) if value.strip()}
    for label in labels:
        if label in by_label:
            return by_label[label].strip()[:MAX_VALUE_CHARS]
    for text in texts:
        for label in labels:
            if found := _pattern(label).search(text):
                return found[1].strip()
    return ""


def _plain(label: str) -> str:
    return unicodedata.normalize("NFKC", label).strip(" :：*·[]【】\t").casefold()


def _pattern(label: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w]){re.escape(label)}[】\]]?\s*[:：]\s*{_END}", re.IGNORECASE)

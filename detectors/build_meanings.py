"""Build `data/meanings.tsv` from a copy of CC-CEDICT: everyday words and characters, and what they mean in English.

    python -m detectors.build_meanings cedict_ts.u8

Words of two characters that name things (by jieba's dictionary), and the characters of GB 2312's first level; of each at
most two meanings (three of a character) of one or two plain words. Explanations in brackets, surnames and mere references are left out.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from detectors.normalise import is_han
from detectors.words import is_common_noun

_LINE = re.compile(r"\S+ (\S+) \[[^\]]*\] /(.*)/")
_MEANING = re.compile(r"[a-z]+(?: [a-z]+)?")
_LEAD = re.compile(r"^(?:to |a |an |the )")
_KIND = re.compile(r"^[A-Z][a-z]+ (?=[a-z])")
"""The first word of a kind's English name: Eurasian skylark."""
_BRACKETS = re.compile(r"\([^)]*\)")
_NO_MEANING = ("variant of", "old variant", "used in", "used only", "see ", "surname ", "abbr", "erhua", "CL:")
_MOST, _MOST_ONE, _WORD, _LEVEL_ONE = 2, 3, 2, 0xD8


def _meanings(text: str) -> Iterator[str]:
    for part in re.split("[/;]", text):
        if not part.strip().startswith(_NO_MEANING):
            shown = _KIND.sub("", _LEAD.sub("", _BRACKETS.sub("", part).strip()))
            if _MEANING.fullmatch(shown):
                yield shown


def _kept(word: str) -> bool:
    """Whether the word is a character of everyday use, or one of two that names a thing."""
    if len(word) == 1:
        return is_han(word) and word.encode("gb2312", "ignore")[:1] < bytes([_LEVEL_ONE])
    return len(word) == _WORD and all(map(is_han, word)) and is_common_noun(word)


def table(text: str) -> dict[str, tuple[str, ...]]:
    """Return word → its meanings, from the text of a CC-CEDICT file."""
    found: dict[str, dict[str, None]] = {}
    for line in text.splitlines():
        entry = _LINE.match(line)
        if entry and _kept(entry.group(1)):
            found.setdefault(entry.group(1), {}).update(dict.fromkeys(_meanings(entry.group(2))))
    return {
        word: tuple(meanings)[: _MOST if len(word) > 1 else _MOST_ONE]
        for word, meanings in sorted(found.items())
        if meanings
    }


def main() -> None:
    """Read the dictionary and write the table."""
    rows = table(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = [f"{word}\t{','.join(meanings)}\n" for word, meanings in rows.items()]
    Path(__file__).with_name("data").joinpath("meanings.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

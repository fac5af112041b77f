"""Word borders, everyday words and place names, from jieba's dictionary.

The dictionary is read straight from the package: no cache file is written, and the statistical guess of unknown
words is off, so the same text always falls into the same words.
"""

import logging
from functools import lru_cache
from importlib.resources import files
from typing import Any

from detectors.lexicon import words as lexicon_words

_EVERYDAY = 30
_WINDOW = 12
_NAME_TAGS = ("nr", "ns", "nt", "nz", "eng")


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    import jieba

    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, tuple[int, str]]:
    table: dict[str, tuple[int, str]] = {}
    for line in files("jieba").joinpath("dict.txt").read_text(encoding="utf-8").splitlines():
        word, count, tag = line.split(" ")
        table[word] = (int(count), tag)
    return table


def is_word(text: str) -> bool:
    """Whether the (simplified) text is a dictionary word of any kind."""
    return text in _dictionary()


def is_everyday(text: str) -> bool:
    """Whether the text is a common word that is no proper name: such a mark needs context to be suspected.

    >>> is_everyday("苹果"), is_everyday("砚溪")
    (True, False)
    """
    count, tag = _dictionary().get(text, (0, ""))
    return count >= _EVERYDAY and not tag.startswith(_NAME_TAGS)


def is_plain(text: str) -> bool:
    """Whether the dictionary knows the text, however rare, as a word that is no proper name.

    >>> is_plain("晨露"), is_plain("砚溪")
    (True, False)
    """
    _, tag = _dictionary().get(text, (0, ""))
    return bool(tag) and not tag.startswith(_NAME_TAGS)


def frequency(text: str) -> int:
    """Return how often the dictionary has counted the text, 0 where it does not know it."""
    return _dictionary().get(text, (0, ""))[0]


def is_common_noun(text: str) -> bool:
    """Whether the dictionary knows the text as a common noun.

    >>> is_common_noun("花椒"), is_common_noun("优惠")
    (True, False)
    """
    return _dictionary().get(text, (0, ""))[1] in {"n", "nl", "ng"}


def is_verb(text: str) -> bool:
    """Whether the dictionary knows the text as a verb.

    >>> is_verb("研磨"), is_verb("花椒")
    (True, False)
    """
    return _dictionary().get(text, (0, ""))[1].startswith("v")


def is_place(text: str) -> bool:
    """Whether the dictionary or the list of provinces and countries knows the text as a place."""
    return text in lexicon_words("places", "relative") or _dictionary().get(text, (0, ""))[1] == "ns"


@lru_cache(maxsize=4096)
def cut(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return the words of a short text with their offsets."""
    return tuple(_tokenizer().tokenize(text, HMM=False))


def window(text: str, start: int, end: int) -> tuple[str, int]:
    """Return the text around a span and the offset at which it begins."""
    low = max(0, start - _WINDOW)
    return text[low : end + _WINDOW], low


def around(text: str, at: int) -> str:
    """Return the word of a simplified text that holds the character at an offset."""
    part, low = window(text, at, at + 1)
    return next(word for word, begin, end in cut(part) if begin <= at - low < end)


def crossing(text: str, start: int, end: int, *, prefix: bool = False) -> str:
    """Return the dictionary word that crosses a border of `text[start:end]`, or "".

    With `prefix`, a longer word that begins with the span is no crossing (a county named after its league).

    A name that is found only across the borders of other words is a coincidence: 上海|清晨 holds 海清.
    """
    part, low = window(text, start, end)
    first, last = start - low, end - low
    for word, begin, stop in cut(part):
        cuts_start = begin < first < stop
        cuts_end = begin < last < stop and not (prefix and begin == first)
        if (cuts_start or cuts_end) and len(word) > 1:
            return word
    return ""


def running_on(text: str, start: int, end: int) -> str:
    """Return the dictionary word that begins inside `text[start:end]` and goes on behind it, or "": 锁|阳台.

    A word that only ends with the span is a longer name for the same thing (羔羊肉 for 羊肉) and does not count.
    """
    part, low = window(text, start, end)
    first, last = start - low, end - low
    return next((word for word, begin, stop in cut(part) if first < begin < last < stop), "")


def natural(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` is made of dictionary words of two and more characters and nothing else."""
    part, low = window(text, start, end)
    first, last = start - low, end - low
    covered = sum(
        min(stop, last) - max(begin, first)
        for word, begin, stop in cut(part)
        if len(word) > 1 and begin < last and stop > first
    )
    return covered >= last - first

"""Names that a page spells out on purpose: a key is given, and the reader is to put the name together.

Right-independent: what the page says of how to read it makes one more text of it, in which all names are looked for as
in any other. Only what such a text adds counts (`Reading.leans`). The listing's title is what is read; the description is
only asked for the key.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice

from detectors.lexicon import words as lexicon
from detectors.normalise import is_han, key
from detectors.reading import MARK, MAX_READ, Reading
from detectors.types import Span
from detectors.wares import pictured
from records.model import Listing

_MAX_ATTRIBUTES, _MAX_VALUE, _MAX_JOINED = 20, 14, 4
_HAN = "\u4e00-\u9fff"
_SIGNS = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
FIGURES = "0123456789@$€£¥¢!|+§"
"""Figures and signs that may stand for letters."""
_LEET = re.compile(r"[A-Za-z][0-9@$€£¥¢!|+§]{1,2}[A-Za-z]|[$€£¥§@0158][A-Za-z]{3}")
_LEET_WORD = re.compile(r"[A-Za-z0-9@$€£¥¢!|+§]{4,40}")
_LETTERS = dict(zip("0134567892@$€£¥¢!|+§", "oleasgtbgzaselyciltsl", strict=False))
_AS_I = {**_LETTERS, "1": "i", "|": "i"}
_MEANT = re.compile(f"([{_HAN}]{{2,5}})(?:里|中)?的([{_HAN}])字?(?![{_HAN}])")
_COLOUR = re.compile("([红黄蓝绿白黑紫青金银橙])色的")
_TWICE = re.compile(f"小?([{_HAN}])\\1+")
_JOINS = "\u3001,\uff0c;\uff1b+ "
_ORDINAL = re.compile("第?([一二三四五六七八九十]{1,3}|[0-9]{1,2})(?=[个、,\uff0c和第字]|$)")
_PLACES = re.compile(
    "((?:第?(?:[一二三四五六七八九十]{1,3}|[0-9]{1,2})(?:个字|个|字)?[\u3001,\uff0c和跟以及]*){2,8})(?:个字|字)"
)
_FIRSTS = re.compile("藏头|(?:第一|头一|首|开头|前头|打头)个?字")
_PARTS = re.compile(f"[{_HAN}A-Za-z0-9]+")
_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九十")}
_TURNED = re.compile(f"\\s*([{_HAN}]{{1,4}})\\s*[(\uff08\\[\u3010]([{_HAN}]{{1,6}})[)\uff09\\]\u3011]\\s*")
_LEAD = re.compile(f"[^{_HAN}A-Za-z]*([{_HAN}]{{1,4}}|[A-Za-z]{{2,10}})(?![{_HAN}A-Za-z])")
_VALUE = re.compile(f"[{_HAN}]{{1,3}}|[A-Za-z]{{2,10}}")
_ATOMS = (
    "姐姐|哥哥|大哥|大姐|老师|师傅|老板|先生|女士|同学|家里|家|姐|哥|叔|姨|妈|爷|爸|弟|妹|嫂|婶|小|老|阿|大|的|那|这|个|它"
    "|啊|呀|哦|哈|么|又|和|跟|加|再|接"
)
_BETWEEN = re.compile(f"(?<=[{_HAN}])(?:{_ATOMS}|[\u00b7~\uff5e+.\u3002\u3001,\uff0c-]){{1,4}}(?=[{_HAN}])")
SPOKEN_CHARS = frozenset("懂猜嘘搜谐违")
SPOKEN_PAIRS = (
    *(
        "直播",
        "主播",
        "播间",
        "公屏",
        "屏蔽",
        "屏上",
        "暗号",
        "暗语",
        "姐妹",
        "妹子",
        "妹妹",
        "妹们",
        "藏头",
        "藏字",
        "藏着",
    ),
    *(
        "老铁",
        "铁子",
        "铁们",
        "铁铁",
        "铁粉",
        "念出",
        "念成",
        "念作",
        "念快",
        "念一",
        "念起",
        "念念",
        "来念",
        "起念",
        "着念",
        "能念",
    ),
    *("不念", "别念", "么念", "会念", "敢念", "得念", "好念", "名字"),
    *(
        "个字",
        "几字",
        "俩字",
        "两字",
        "二字",
        "三字",
        "四字",
        "五字",
        "字头",
        "字连",
        "字拼",
        "字谜",
        "字母",
        "的字",
        "字是",
    ),
)
"""What pages hold one of that speak in code: 直播间, 懂的, 连起来念, 藏头, 猜, 搜不到, 公屏, 暗号, 谐音, 违规词, 姐妹, 老铁, 第几个字."""
_SPOKEN = re.compile("|".join((f"[{''.join(sorted(SPOKEN_CHARS))}]", *SPOKEN_PAIRS)))


def decoded(listing: Listing) -> Iterator[Reading]:
    """Yield what the title and attributes say once their code is undone: at most one text of each way.

    What most titles hold nothing of is asked for first: this runs for every listing of a stream.
    """
    title = str(listing.title or "")[:MAX_READ]
    if _SIGNS.search(title):
        yield from _signs(title)
    if "的" in title:
        yield from _explained(title)
    if _LEET.search(title):
        yield from _leet(title)
    about = str(listing.description or "")[:MAX_READ]
    if about:
        yield from _picked(title, about)
    if _SPOKEN.search(title) or _SPOKEN.search(about):
        yield from _spread(title)
    if listing.attributes:
        yield from _lead(title, listing.attributes)
        yield from _turned(title, listing.attributes)


def _made(name: str, parts: list[tuple[str, Span]], cuts: set[int], read: set[int]) -> Reading:
    text = "".join(part for part, _ in parts)
    sources = tuple(span for part, span in parts for _ in part)
    return Reading(f"{MARK}{name}", text, sources, frozenset(cuts), frozenset(read))


def _replaced(name: str, title: str, changes: Mapping[int, tuple[int, str]]) -> Iterator[Reading]:
    """Yield the title with parts replaced: start → (end, what is read there); nothing where nothing is."""
    if not changes:
        return
    text, sources = "", list[Span]()
    cuts: set[int] = set()
    read: set[int] = set()
    at = 0
    for start, (end, shown) in sorted(changes.items()):
        text += title[at:start]
        sources += _spans()[at:start]
        (read if shown else cuts).update(range(len(text), len(text) + max(1, len(shown))))
        text += shown
        sources += [Span("title", start, end)] * len(shown)
        at = end
    sources += _spans()[at : len(title)]
    yield Reading(f"{MARK}{name}", text + title[at:], tuple(sources), frozenset(cuts - {0}), frozenset(read))


@lru_cache(maxsize=1)
def _spans() -> list[Span]:
    """Return the spans of a title's characters, one by one."""
    return [Span("title", at, at + 1) for at in range(MAX_READ)]


def _signs(title: str) -> Iterator[Reading]:
    """Read each emoji as the one character that it is a picture of: 🐫🔔渡 → 驼铃渡."""
    found = {at: (at + 1, pictured()[char][0]) for at, char in enumerate(title) if char in pictured()}
    found.update({at: (at + 1, "") for at, char in enumerate(title) if char == "\ufe0f"} if found else {})
    yield from _replaced("signs", title, found)


def _explained(title: str) -> Iterator[Reading]:
    """Read “a word's character” as that character: 山岚的岚、水沟的沟 → 岚沟; a colour and what is said twice after it."""
    changes: dict[int, tuple[int, str]] = {}
    for found in _MEANT.finditer(title):
        if found.group(2) in found.group(1):
            changes[found.start()] = found.end(), found.group(2)
    if not changes:
        return
    first = min(changes)
    for found in _COLOUR.finditer(title, first):
        changes[found.start()] = found.end(), found.group(1)
    for found in _TWICE.finditer(title, first):
        changes.setdefault(found.start(), (found.end(), found.group(1)))
    changes.update({at: (at + 1, "") for at in range(first, len(title)) if title[at] in _JOINS})
    yield from _replaced("explained", title, _apart(changes))


def _apart(changes: Mapping[int, tuple[int, str]]) -> dict[int, tuple[int, str]]:
    """Return the changes without those that begin inside another."""
    kept: dict[int, tuple[int, str]] = {}
    last = 0
    for start, (end, shown) in sorted(changes.items()):
        if start >= last:
            kept[start], last = (end, shown), end
    return kept


def _leet(title: str) -> Iterator[Reading]:
    """Read figures and signs inside words of letters as the letters that they look like."""
    for name, table in (("leet", _LETTERS), ("leeti", _AS_I)):
        changes = {
            at: (at + 1, table[title[at]])
            for word in _LEET_WORD.finditer(title)
            if _LEET.search(word.group()) and sum(map(str.isalpha, word.group())) > len(word.group()) // 2
            for at in range(word.start(), word.end())
            if title[at] in table
        }
        if name == "leet" or any(title[at] in "1|" for at in changes):
            yield from _replaced(name, title, changes)


def _number(text: str) -> int:
    """Return a number up to 39 that is written in figures or in Chinese."""
    if text.isdigit():
        return int(text)
    tens, found, ones = text.partition("十")
    if not found:
        return _DIGITS.get(text, 0)
    return 10 * (_DIGITS.get(tens, 0) if tens else 1) + (_DIGITS.get(ones, 0) if ones else 0)


def _picked(title: str, about: str) -> Iterator[Reading]:
    """Take the characters of the title that the description tells: 第一第三个字连起来, or the first of each part."""
    shown = [at for at, char in enumerate(title) if char.isalnum()]
    told = _PLACES.search(about)
    places = [_number(number) for number in _ORDINAL.findall(told.group())] if told else []
    picked = [shown[place - 1] for place in places if 0 < place <= len(shown)]
    if len(picked) < 2 and _FIRSTS.search(about):
        picked = [part.start() for part in _PARTS.finditer(title)]
        picked = picked if len(picked) > 2 else []
    if len(picked) < 2:
        return
    rest = range(max(picked) + 1, len(title))
    parts = [(title[at], Span("title", at, at + 1)) for at in picked]
    parts.append((" ", parts[-1][1]))
    parts += [(title[at], Span("title", at, at + 1)) for at in rest]
    yield _made("picked", parts, set(range(1, len(picked))), set())


def _spread(title: str) -> Iterator[Reading]:
    """Leave out forms of address and particles between two Chinese characters: only where the page speaks in code."""
    yield from _replaced("spread", title, {found.start(): (found.end(), "") for found in _BETWEEN.finditer(title)})


def _lead(title: str, attributes: Mapping[str, str]) -> Iterator[Reading]:
    """Join the title's first word, and the brand, to the short values of series and the like."""
    first, names = _LEAD.match(title), lexicon("attributes", "series")
    brands = lexicon("attributes", "brand")
    heads = [(first.group(1), Span("title", first.start(1), first.end(1)))] if first else []
    tails = []
    for name, value in islice(attributes.items(), _MAX_ATTRIBUTES):
        part = str(value)[: _MAX_VALUE + 1].strip()
        if _VALUE.fullmatch(part):
            kind = key(name[:20])
            if kind in names:
                tails.append((part, Span(f"attributes.{name}", 0, len(part))))
            elif kind in brands:
                heads.append((part, Span(f"attributes.{name}", 0, len(part))))
    parts: list[tuple[str, Span]] = []
    cuts: set[int] = set()
    size = 0
    for head, tail in islice(((head, tail) for head in dict(heads).items() for tail in tails), _MAX_JOINED):
        if is_han(head[0][0]) != is_han(tail[0][0]):
            continue
        cuts.add(size + len(head[0]))
        parts += [head, tail, ("\n", tail[1])]
        size += len(head[0]) + len(tail[0]) + 1
    if parts:
        yield _made("lead", parts, cuts, set())


def _turned(title: str, attributes: Mapping[str, str]) -> Iterator[Reading]:
    """Put what stands in brackets in an origin before what they follow, with the title after it: 沟(岚) → 岚沟."""
    names = lexicon("attributes", "origin")
    for name, value in islice(attributes.items(), _MAX_ATTRIBUTES):
        found = _TURNED.fullmatch(str(value)[:_MAX_VALUE]) if key(name[:20]) in names else None
        if found:
            field = f"attributes.{name}"
            parts = [(found.group(2), Span(field, *found.span(2))), (found.group(1), Span(field, *found.span(1)))]
            parts += [(char, Span("title", at, at + 1)) for at, char in enumerate(title)]
            yield _made("turned", parts, {len(found.group(2))}, set())
            return

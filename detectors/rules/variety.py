"""Names of plant varieties that end in a number: the number in another form, the name by its sound or look."""

import re
from collections.abc import Iterable

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.shapes import twins
from detectors.sound import name_sounds
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text
from records.terms import RightKind

_NAMED = re.compile("(?P<stem>[^0-9a-z]{2,8}?)(?P<number>[0-9]{1,4})(?P<unit>号?)")
_FOLLOWS = re.compile(
    "(?:no)?(?P<number>[0-9]{1,4}|i{1,3}|iv|vi{0,3}|ix|x|[零〇一二三四五六七八九十百]{1,4})(?![0-9])(?:号|hao)?"
)
_GENERATION = re.compile(r"f[1-9](?![0-9a-z])|[0-9a-z]?代(?!理|工|发|购|买)")
"""What a seed trader puts after the name: the variety's own seed of a later generation, F1, 2代."""
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
_DIGITS = "零一二三四五六七八九"
_SCORES = {"number": 0.8, "sound": 0.74, "lookalike": 0.7, "stem": 0.57}


class VarietyRule(Rule):
    """`variety.number`: the variety's name with its number written otherwise (三, III, No. 3).

    `variety.sound`, `variety.lookalike`: the name by pinyin, homophones or one character alike in shape, with its number.
    `variety.stem`: the name without any number, where the right's goods are named. Another number is another variety.
    """

    name = "variety"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the part before the number: written, sounded, and with a character replaced."""
        for number, name in enumerate(profile.names):
            stem = _parts(name)[0]
            if not stem:
                continue
            yield Needle(Layer.PLAIN, stem, self.name, f"{number} number")
            for sound in name_sounds(stem):
                yield Needle(Layer.SOUND, sound, self.name, f"{number} sound")
            for at, char in enumerate(stem):
                for other in twins(char):
                    yield Needle(Layer.PLAIN, stem[:at] + other + stem[at + 1 :], self.name, f"{number} lookalike")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a place: the first way that fits."""
        taken: list[Span] = []
        for match in sorted(case.mine(self.name), key=lambda match: -_SCORES[match.needle.meta.split(" ")[1]]):
            number, way = match.needle.meta.split(" ")
            found = _found(case, match, case.profile.names[int(number)], way)
            if found is not None and not any(found[0].overlaps(span) for span in taken):
                taken.append(found[0])
                yield self._clue(case, *found)

    def _clue(self, case: Case, span: Span, way: str) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        how = {
            "number": Text("编号写法不同", "with its number written otherwise"),
            "sound": Text("按读音书写", "by its sound"),
            "lookalike": Text("一字以形近字代替", "with one character replaced by one of like shape"),
            "stem": Text("略去编号,且出现其繁殖材料", "without its number, beside its propagating material"),
        }[way]
        return Clue(
            self.name,
            f"variety.{way}",
            round(_SCORES[way] * {"title": 1.0, "description": 0.85, "seller": 0.6}.get(span.field, 0.95), 4),
            Text(
                f"{where.zh}指向{right.zh}({how.zh});{tail.zh}。",
                f"{where.en} points to {right.en} ({how.en}); {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """An invented variety."""
        kind, goods = RightKind.PLANT_VARIETY, ("苹果苗",)
        for title, rule in (
            ("岚脆红III号 苹果苗", "number"),
            ("lancuihong3号 苹果苗", "sound"),
            ("岚翠红3号 苹果苗", "sound"),
            ("岚桅红3号 苹果苗", "lookalike"),
            ("岚脆红 苹果苗 两年生", "stem"),
            ("岚脆红3号F1 苹果苗", "number"),
        ):
            yield example("岚脆红3号", title, rule=f"variety.{rule}", says=True, kind=kind, goods=goods, alert=True)
        other = "岚脆红5号 苹果苗"
        yield example("岚脆红3号", other, rule="variety.stem", says=False, kind=kind, goods=goods, alert=False)
        yield example(
            "岚脆红3号", "岚脆红色 卫衣", rule="variety.stem", says=False, kind=kind, goods=goods, alert=False
        )


def _parts(name: Name) -> tuple[str, int]:
    """Return the part before a variety's number, and the number; ("", 0) where it has none."""
    found = _NAMED.fullmatch(name.folded)
    if found is None or not all(map(is_han, found["stem"])):
        return "", 0
    return found["stem"], int(found["number"])


def _number(text: str) -> int:
    """Return the number that digits, Roman or Chinese numerals tell; -1 for none."""
    if text.isascii():
        return int(text) if text.isdigit() else _ROMAN.get(text, -1)
    text = text.replace("〇", "零")
    if all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS.index(char)) for char in text))
    tens, _, ones = text.partition("十")
    if "百" in text or len(tens) > 1 or len(ones) > 1:
        return -1
    return 10 * (_DIGITS.index(tens) if tens else 1) + (_DIGITS.index(ones) if ones else 0)


def _found(case: Case, match: Match, name: Name, way: str) -> tuple[Span, str] | None:
    """Return the span and how the variety is named there, or None where it is not."""
    view, own = case.field(match.span), _parts(name)[1]
    plain = view.plain
    start, end = plain.locate(match.span.start, match.span.end)
    written = plain.text[start:end]
    if plain.widest_gap(start, end) >= Gap.CLAUSE or (written == _parts(name)[0] and way != "number"):
        return None
    follows = _FOLLOWS.match(plain.text, end)
    if follows is not None and plain.gaps[end] < Gap.CLAUSE:
        stop = follows.end()
        if _number(follows["number"]) != own:
            return None
        if plain.text.startswith(name.folded, start) and not _GENERATION.match(plain.text, start + len(name.folded)):
            return None
        return Span(match.span.field, *plain.original(start, stop)), way
    alone = way == "number" and case.goods_named and not words.is_word(written) and plain.is_word(start, end)
    set_off = end == len(plain.text) or plain.gaps[end] >= Gap.SYMBOL or plain.text.startswith(case.goods_named, end)
    return (match.span, "stem") if alone and set_off else None


DETECTOR = VarietyRule()

"""Homophones and pinyin: the name's sound, written with other characters or with letters."""

from collections.abc import Iterable
from dataclasses import dataclass

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.sound import name_sounds, reading
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_MIN_LETTERS = 6
_PLAIN_PAIR = 2


@dataclass(frozen=True, slots=True)
class _Reading:
    """How each syllable of a name was written at one place."""

    same: int
    changed: tuple[tuple[str, str], ...]
    letters: str


class SoundRule(Rule):
    """`sound.homophone`: characters replaced by others of the same sound. `sound.mixed`: partly in pinyin.

    `sound.pinyin`: wholly in pinyin letters. Text that is plain words, and happens to sound alike, is passed over
    or scored low; a name of two syllables needs its goods named as well.
    """

    name = "sound"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the sounds of each Chinese name of two characters and more."""
        for number, name in enumerate(profile.names):
            if len(name.folded) > 1:
                beside = _written(name.folded) if len(name.folded) == _PLAIN_PAIR else ""
                for needle in name_sounds(name.folded):
                    yield Needle(Layer.SOUND, needle, self.name, str(number), beside=beside)

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each place that sounds like a name and is not written like it."""
        seen: set[Span] = set()
        for match in case.mine(self.name):
            if match.span in seen:
                continue
            seen.add(match.span)
            name = case.profile.names[int(match.needle.meta)]
            heard = _heard(case, match, name)
            if heard is None or heard.same == len(name.folded):
                continue
            score = _score(case, match, name, heard)
            if score > 0:
                yield _clue(case, match.span, heard, score)

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("岚鹿坡", "蓝鹿坡 羊毛围巾", rule="sound.homophone", says=True, goods=("围巾",))
        yield example("岚鹿坡", "岚lu坡 羊毛围巾", rule="sound.mixed", says=True, goods=("围巾",))
        yield example("云禾", "运河边的羊毛围巾", rule="sound.homophone", says=False, goods=("围巾",))


def _written(name: str) -> str:
    """Return the characters of a short name and the letters that its pinyin begins with: some are written as they are."""
    return name + "".join(reading(char)[:1] for char in name)


def _heard(case: Case, match: Match, name: Name) -> _Reading | None:
    """Return how the syllables are written; None where the place is no single phrase."""
    layer = case.field(match.span).layer(Layer.SOUND)
    if layer is None or layer.widest_gap(match.start, match.end) >= Gap.CLAUSE:
        return None
    view = case.field(match.span)
    same, changed, letters = 0, [], ""
    for offset, own in enumerate(name.folded):
        start, end = layer.original(match.start + offset, match.start + offset + 1)
        low, high = view.plain.locate(start, end)
        written = view.plain.text[low:high]
        if written == own:
            same += 1
        elif len(written) == 1 and is_han(written):
            changed.append((own, written))
        else:
            letters += written
    return _Reading(same, tuple(changed), letters)


def _score(case: Case, match: Match, name: Name, heard: _Reading) -> float:
    """Return how suspicious the reading is; 0 where it is none."""
    size = len(name.folded)
    if heard.letters and not heard.changed:
        return _letters_score(case, match, heard, size)
    if heard.letters:
        return 0.7 if size > 2 else 0.0
    plainly = case.field(match.span).simplified
    if words.crossing(plainly, match.span.start, match.span.end) and size < 4:
        return 0.0
    if words.natural(plainly, match.span.start, match.span.end):
        return 0.0 if size < 4 else 0.54 if _place_changed(case, match, name, heard) else 0.3
    if size == 2:
        return 0.56 if heard.same and case.goods_named else 0.0
    if size == 3:
        return 0.78 if heard.same else 0.4 + 0.15 * bool(case.goods_named)
    return 0.86 if heard.same * 2 >= size else 0.7


def _place_changed(case: Case, match: Match, name: Name, heard: _Reading) -> bool:
    """Whether only one character of an indication's place was replaced, its product stands, and nobody is at home there."""
    product = next((item for item in case.profile.products if name.folded.endswith(item)), "")
    own, written = name.folded.removesuffix(product), case.excerpt(match.span)
    if len(product) < 2 or len(heard.changed) != 1 or heard.changed[0][0] not in own:
        return False
    other = written[: len(own)]
    return other not in case.view.seller_place and other not in case.view.origin


def _letters_score(case: Case, match: Match, heard: _Reading, size: int) -> float:
    plain = case.field(match.span).plain
    start, end = plain.locate(match.span.start, match.span.end)
    if _inside_word(plain.text, plain.gaps, start, end):
        return 0.0
    if heard.same:
        return 0.86 if size > 2 else 0.66
    if len(heard.letters) < _MIN_LETTERS:
        return 0.0
    return 0.8 if size > 2 else 0.52 * bool(case.goods_named)


def _inside_word(text: str, gaps: tuple[Gap, ...], start: int, end: int) -> bool:
    """Whether letters go on beyond a border of the span."""

    def letter(position: int) -> bool:
        return 0 <= position < len(text) and text[position].isascii() and text[position].isalpha()

    before = letter(start - 1) and letter(start) and gaps[start] <= Gap.INVISIBLE
    after = end < len(text) and letter(end) and letter(end - 1) and gaps[end] <= Gap.INVISIBLE
    return before or after


def _clue(case: Case, span: Span, heard: _Reading, score: float) -> Clue:
    where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
    steps = "、".join(f"{own}→{other}(同音{reading(own)})" for own, other in heard.changed)
    steps_en = ", ".join(f"{own}→{other}, same sound {reading(own)}" for own, other in heard.changed)
    if heard.letters:
        spelt = f"字母“{heard.letters}”按拼音读出"
        steps = f"{steps}、{spelt}" if steps else spelt
        steps_en = f"{steps_en}; “{heard.letters}” read as pinyin" if steps_en else f"“{heard.letters}” read as pinyin"
    rule = "homophone" if not heard.letters else ("mixed" if heard.same or heard.changed else "pinyin")
    if span.field == "seller":
        score *= 0.6
    elif span.field == "description":
        score *= 0.85
    return Clue(
        "sound",
        f"sound.{rule}",
        round(score, 4),
        Text(
            f"{where.zh}与{right.zh}读音相同:{steps};{tail.zh}。",
            f"{where.en} sounds like the name of {right.en} ({steps_en}); {tail.en}.",
        ),
        span=span,
    )


DETECTOR = SoundRule()

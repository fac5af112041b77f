"""A Latin mark in another spelling of the same sound, and a Latin mark written in Chinese characters by its sound."""

from collections.abc import Iterable

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han, key
from detectors.profile import Profile, latin_words
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.spelling import heard, sounds_like, word_needles
from detectors.translit import transliterations
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_SPELT_FROM = 6
_SURE_FROM = 4
_FIELDS = {"title": 1.0, "seller": 0.6, "description": 0.85}


class RespeltRule(Rule):
    """`respelt.letters`: words of letters (Latin, Cyrillic, Mongolian) that are another spelling of a Latin name.

    `respelt.characters`: Chinese characters that write out the sound of a Latin name's first word, at least three of
    them, and no plain words. The right's goods must be named, for short forms at least.
    """

    name = "respelt"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return skeletons of Latin names, and the syllables that they are written with in Chinese."""
        for number, name in enumerate(profile.names):
            if not (name.folded.isascii() and name.folded.isalpha()):
                continue
            if len(name.folded) >= _SPELT_FROM and not profile.is_gi:
                for needle in word_needles(name.folded):
                    yield Needle(Layer.SPELT, needle, self.name, f"{number} letters")
            for part in dict.fromkeys((name.folded, *latin_words(name.original)[:1])):
                if not profile.is_gi and len(part) >= _SPELT_FROM:
                    for needle in transliterations(part):
                        yield Needle(Layer.SOUND, needle, self.name, f"{number} characters {part}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a place."""
        taken: list[Span] = []
        for match in case.mine(self.name):
            if any(match.span.overlaps(other) for other in taken):
                continue
            number, way, *part = match.needle.meta.split(" ")
            found = (
                self._letters(case, match, int(number)) if way == "letters" else self._characters(case, match, *part)
            )
            if found is not None:
                taken.append(match.span)
                yield found

    def _letters(self, case: Case, match: Match, number: int) -> Clue | None:
        name, shown = case.profile.names[number], case.excerpt(match.span)
        if not case.goods_named or not case.is_word(match.span) or key(shown) == name.folded:
            return None
        if heard(shown) != name.folded and not sounds_like(heard(shown), name.folded):
            return None
        where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            "respelt.letters",
            round(0.66 * _FIELDS.get(match.span.field, 0.95), 4),
            Text(
                f"{where.zh}是{right.zh}的“{name.original}”的另一种字母拼写,读音相近;{tail.zh}。",
                f"{where.en} is another spelling, alike in sound, of “{name.original}” of {right.en}; {tail.en}.",
            ),
            span=match.span,
        )

    def _characters(self, case: Case, match: Match, part: str) -> Clue | None:
        view, size = case.field(match.span), match.end - match.start
        shown, layer = case.excerpt(match.span), case.field(match.span).layer(Layer.SOUND)
        if layer is None or layer.widest_gap(match.start, match.end) > Gap.INVISIBLE or not all(map(is_han, shown)):
            return None
        if words.crossing(view.simplified, match.span.start, match.span.end) or words.is_word(shown):
            return None
        if not case.goods_named:
            return None
        where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            "respelt.characters",
            round((0.72 if size >= _SURE_FROM else 0.58) * _FIELDS.get(match.span.field, 0.95), 4),
            Text(
                f"{where.zh}按读音写出{right.zh}名称中的“{part}”(音译);{tail.zh}。",
                f"{where.en} writes “{part}” of {right.en} in characters, by its sound; {tail.en}.",
            ),
            span=match.span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods, rule = ("围巾",), "respelt.letters"
        yield example("Sarnidola", "Sarnidula 羊毛围巾", rule=rule, says=True, goods=goods)
        yield example("Sarnidola", "Сарнидол 羊毛围巾", rule=rule, says=True, goods=goods, alert=True)
        yield example("Sarnidola", "Sarn Dolly 羊毛围巾", rule=rule, says=False, goods=goods, alert=False)
        rule = "respelt.characters"
        yield example("Telmora", "特尔莫拉 羊毛围巾", rule=rule, says=True, goods=goods, alert=True)
        yield example("Telmora", "特产魔芋 羊毛围巾", rule=rule, says=False, goods=goods, alert=False)


DETECTOR = RespeltRule()

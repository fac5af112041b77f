"""The class of goods: what is offered against what the right covers. Lowers or raises, never decides."""

from collections.abc import Iterable

from detectors.case import Case, Fit
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.rulekit import Rule, example, marked
from detectors.types import Clue, Effect, Example, Stage
from detectors.usage import Packaging, leans_on_alias, only_ingredient, other_goods, packaging
from records.model import Text
from records.terms import RightKind

_UNRELATED = 0.15
_RELATED = 0.85
_WEAK_NAME = 3
_CODED = frozenset({"masked", "coded_latin"})


class GoodsRule(Rule):
    """`goods.named`: one of the right's goods is named (raises). `goods.unrelated`: the class is another (lowers),
    `goods.related`: it is near (raises), both by the model.

    `goods.unknown`: a two-character name, no goods of the right named, and no model to ask (lowers a little).
    `goods.other`: the name is an indication's alias only, joined to other goods (lowers).
    `goods.fake_words`: 高仿, 复刻 and the like (raises). Packaging that bears a name is no other class of goods.
    """

    name = "goods"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue about the goods and one about coded words."""
        if case.text_finds and packaging(case)[0] is not Packaging.PRINTED:
            yield from self._class(case)
            yield from self._other(case)
        yield from self._imitations(case)

    def _class(self, case: Case) -> Iterable[Clue]:
        right = case.profile.right
        if case.goods_named and not only_ingredient(case):
            yield self._clue(
                "named",
                0.2,
                Effect.RAISE,
                Text(
                    f"页面标明的商品“{case.goods_named}”属于该权利核定的商品。",
                    f"The page offers “{case.goods_named}”, one of the right's goods.",
                ),
            )
        elif only_ingredient(case) or case.goods_named or not (right.goods or right.nice_classes):
            return
        elif case.fit is not None:
            yield from self._by_model(case, case.fit)
        elif _short_and_plain(case):
            yield self._clue(
                "unknown",
                0.45,
                Effect.LOWER,
                Text(
                    "名称较短,页面未写明该权利的商品,商品类别无法判断。",
                    "The name is short and none of the right's goods is named; the class of goods cannot be told.",
                ),
            )

    def _other(self, case: Case) -> Iterable[Clue]:
        head = other_goods(case, (span for _, span in case.text_finds)) if leans_on_alias(case) else ""
        if head:
            yield self._clue(
                "other",
                0.6,
                Effect.LOWER,
                Text(
                    f"所用只是该地理标志的别名,且后接另一种商品“{head}”,页面未出现该权利的商品。",
                    f"Only an alias is used, joined to other goods (“{head}”); none of the right's goods is named.",
                ),
            )

    def _by_model(self, case: Case, fit: Fit) -> Iterable[Clue]:
        if fit.value <= _UNRELATED:
            if not _fake(case) and (fit.word or not _in_code(case)):
                yield self._unrelated(case, fit)
        elif fit.value >= _RELATED:
            yield self._clue(
                "related",
                0.08,
                Effect.RAISE,
                Text(
                    "页面所售与该权利的商品类别相近(仅供参考)。",
                    "What is offered is near to the right's class of goods (a hint only).",
                ),
            )

    def _unrelated(self, case: Case, fit: Fit) -> Clue:
        long_name = any(clue.span and clue.span.end - clue.span.start > _WEAK_NAME for clue in case.finds)
        how = Text(f"页面所售更接近“{fit.label.zh}”类商品", f"What is offered is nearer to “{fit.label.en}”")
        tail = Text("(仅供参考)", " (a hint only)")
        if fit.word:
            how = Text(f"页面所售为“{fit.word}”", f"What is offered, “{fit.word}”, belongs to “{fit.label.en}” rather")
            tail = Text("", "")
        return self._clue(
            "unrelated",
            0.55 if not long_name else 0.5 if fit.word else 0.35,
            Effect.LOWER,
            Text(
                f"{how.zh},与该权利的商品不相类似{tail.zh}。",
                f"{how.en} than to the right's goods{tail.en}.",
            ),
        )

    def _imitations(self, case: Case) -> Iterable[Clue]:
        cue = _fake(case)
        if cue:
            yield self._clue(
                "fake_words",
                0.3,
                Effect.RAISE,
                Text(f"页面含“{cue}”等仿冒用语。", f"The page uses “{cue}”, a word for imitations."),
            )

    def _clue(self, rule: str, share: float, effect: Effect, words: Text) -> Clue:
        return Clue(self.name, f"goods.{rule}", share, words, effect=effect)

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("砚溪雁", "砚溪雁 茶叶", rule="goods.named", says=True, goods=("茶叶",))
        yield example("砚溪雁", "砚溪雁 茶叶", rule="goods.named", says=False, goods=("手机",))
        tea = {"region": "砂陵省岚沟县", "goods": ("茶叶",), "aliases": ("红披风",)}
        gi = RightKind.GI
        yield example("岚沟岩茶", "红披风花椒 500g", rule="goods.other", says=True, kind=gi, right=tea, alert=False)
        yield example("岚沟岩茶", "红披风岩茶 500g", rule="goods.other", says=False, kind=gi, right=tea, alert=True)
        yield example("砚溪雁", "高仿 砚溪雁 手提包", rule="goods.fake_words", says=True, goods=("箱包",))


def _in_code(case: Case) -> bool:
    """Whether what was found is in code, or read from signs, throughout: then the goods may be too, and the model cannot guess them."""
    return all(
        clue.detector in _CODED or (clue.span is not None and clue.span.field in case.view.readings)
        for clue in case.finds
    )


def _fake(case: Case) -> str:
    """Return the word for imitations that the title or the beginning of the description holds, or ""."""
    text = key(case.view.listing.title[:300] + " " + case.view.listing.description[:600])
    return next((word for word in lexicon("fake", "cues") if word in text), "")


def _short_and_plain(case: Case) -> bool:
    """Whether only two characters were found, with no more of the name elsewhere, and nothing marks them as a brand."""
    return all(
        len(case.excerpt(span)) < _WEAK_NAME and clue.rule != "joined.end_to_start" and not marked(case, span)
        for clue, span in case.text_finds
    )


DETECTOR = GoodsRule()

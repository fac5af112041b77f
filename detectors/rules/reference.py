"""Goods that are *about* the protected thing: a book, an empty box, a tool, a ticket, seeds."""

import re
from collections.abc import Iterable

from detectors.case import Case, first_cue
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.offer import given
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Effect, Example, Span, Stage
from detectors.usage import Packaging, by_measure, own_words, packaging
from records.model import Text
from records.terms import RightKind

_BOOK_TITLE = re.compile("\u300a[^\u300b]{1,60}\u300b")
_BOOK_MIN = 10
_SHARES = {"book": 0.85, "picture": 0.75, "packaging": 0.8, "tool": 0.8, "travel": 0.8, "seed": 0.5}
_NAMES = {
    "book": Text("书刊或影像", "a book or film"),
    "picture": Text("画作、海报或邮票", "a picture, poster or stamp"),
    "packaging": Text("空包装", "empty packaging"),
    "tool": Text("工具或设备", "a tool or machine"),
    "travel": Text("门票、旅游、地图或房产", "a ticket, a trip, a map or property"),
    "seed": Text("种子种苗", "seeds or seedlings"),
}


class ReferenceRule(Rule):
    """`reference.book`, `.packaging`, `.tool`, `.travel`, `.seed`: the goods are something else, which names it.

    `packaging.printed`: packaging, tags or official labels that bear the name are for sale, which is worse.
    """

    name = "reference"
    kinds = frozenset({RightKind.TRADEMARK, RightKind.GI})
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue by what the title offers."""
        title, own = key(case.view.listing.title[:300]), own_words(case)
        sold, word = packaging(case)
        if sold is Packaging.PRINTED:
            yield self._printed(case, word)
            return
        yield from self._containers(case)
        for sort in ("book", "picture", "packaging", "tool", "travel", "seed"):
            cue = first_cue(title, "reference", sort) or (_in_book_title(case) if sort == "book" else "")
            if sort == "packaging":
                cue = word
            if cue and cue not in own and not given(title, cue) and not _goods_by_measure(title, sort):
                yield self._reference(case, sort, cue)
                return

    def _containers(self, case: Case) -> Iterable[Clue]:
        """Lower a use whose goods are a vessel, a tool or a toy for the goods: 茶叶罐."""
        for clue, span in case.text_finds:
            del clue
            end = max((m.span.end for m in case.matches if m.span.overlaps(span)), default=span.end)
            tail = case.after(Span(span.field, span.start, end), 8)
            tail = next((tail[len(good) :] for good in case.profile.goods if tail.startswith(good)), tail)
            cue = next((word for word in lexicon("goods", "containers") if tail.startswith(word)), "")
            if cue and not tail.startswith(lexicon("goods", "not_containers")):
                where, right = case.where(span), kind_label(case.profile.right)
                yield Clue(
                    self.name,
                    "reference.container",
                    0.6,
                    Text(
                        f"{where.zh}后接“{cue}”,所售是盛放、加工或仿形的物品,不是{right.zh}的商品本身。",
                        f"{where.en} is followed by “{cue}”: a vessel, tool or toy, not the goods of {right.en} themselves.",
                    ),
                    effect=Effect.LOWER,
                    span=span,
                    target=span,
                )

    def _reference(self, case: Case, sort: str, cue: str) -> Clue:
        label, right = _NAMES[sort], kind_label(case.profile.right)
        return Clue(
            self.name,
            f"reference.{sort}",
            _SHARES[sort],
            Text(
                f"标题含“{cue}”,所售为{label.zh},只是提及{right.zh}。",
                f"The title holds “{cue}”: what is for sale is {label.en}, which merely mentions {right.en}.",
            ),
            effect=Effect.LOWER,
        )

    def _printed(self, case: Case, cue: str) -> Clue:
        right = kind_label(case.profile.right)
        return Clue(
            self.name,
            "packaging.printed",
            0.3,
            Text(
                f"标题含“{cue}”,所售可能是带有{right.zh}的包装、标签或标识,而非商品本身。",
                f"The title holds “{cue}”: packaging, tags or labels that bear {right.en} may be for sale, not the goods.",
            ),
            effect=Effect.RAISE,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example(
            "砚溪雁", "砚溪雁的故事 图书 精装", rule="reference.book", says=True, goods=("茶叶",), alert=False
        )
        yield example(
            "砚溪雁", "砚溪雁 标签 不干胶 印刷", rule="packaging.printed", says=True, goods=("茶叶",), alert=True
        )
        yield example(
            "岚沟苦荞",
            "岚沟苦荞包装袋 空袋 加厚 100个",
            rule="packaging.printed",
            says=True,
            kind=RightKind.GI,
            right={"region": "砂陵省岚沟县", "goods": ("苦荞米",)},
            alert=True,
        )
        yield example(
            "砚溪雁", "砚溪雁 茶叶 送手提袋", rule="reference.packaging", says=False, goods=("茶叶",), alert=True
        )


def _in_book_title(case: Case) -> str:
    """Return the book title in 《》 of the listing's title that a found name stands in, or ""."""
    for match in _BOOK_TITLE.finditer(case.view.listing.title[:300]):
        found = Span("title", match.start(), match.end())
        if len(match.group()) > _BOOK_MIN and any(span.overlaps(found) for _, span in case.text_finds):
            return match.group()
    return ""


def _goods_by_measure(title: str, sort: str) -> bool:
    return sort in {"travel", "book"} and by_measure(title)


DETECTOR = ReferenceRule()

"""Goods that are *about* the protected thing: a book, an empty box, a tool, a ticket, seeds."""

import re
from collections.abc import Iterable

from detectors import words
from detectors.case import Case, first_cue, given
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, key
from detectors.offer import fresh
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Effect, Example, Span, Stage
from detectors.usage import Packaging, by_measure, own_words, packaging
from records.model import Text
from records.terms import RightKind

_BOOK_TITLE = re.compile("\u300a[^\u300b]{1,60}\u300b")
_BOOK_MIN = 10
_VESSEL_ENDS = ("子", "具", "器", "身", "型")
_MARK = RightKind.TRADEMARK
_SHARES = {
    "book": 0.85,
    "course": 0.85,
    "picture": 0.75,
    "packaging": 0.8,
    "storage": 0.75,
    "farm": 0.8,
    "tool": 0.8,
    "travel": 0.8,
    "seed": 0.5,
}
_BY_MEASURE = frozenset({"book", "course", "travel", "tool", "storage"})
"""What is not sold by weight: a title that tells one offers the goods themselves."""
_EATEN = frozenset({"travel", "tool", "farm", "storage"})
"""What nobody calls fresh or sweet: a title that does offers the goods themselves."""
_TOYS = ("玩具", "公仔", "模型", "玩偶", "积木")
_FOR_CROPS = frozenset({"farm", "storage", "tool"})
_GROWING = frozenset({"farm", "storage", "tool", "seed"})
"""What goes along with seedlings: under a plant variety's name it says nothing."""
_MACHINE = re.compile(
    "[\u4e00-\u9fff]{2,4}(?<![手耳相飞司有时商危生随转投动待开主座单])机(?![榨制会缘织绣编雕刻压缝炒]|器[压制织绣编雕刻缝拉研磨])"
)
_NO_THING = (
    "师",
    "家级",
    "感",
    "同款",
    "级",
    "博主",
    "达人",
    "爱好者",
    "风",
    "印花",
    "馆同款",
    "色",
    "纹",
    "图案",
    "印",
    "元素",
    "主题",
    "必备",
    "专用装",
    "神器",
)
_DOING = ("看", "追", "听", "逛", "去", "住", "适合", "爱")
"""After a word for a thing: only a person or a manner is named (摄影师, 专业级)."""
_TOOL_CLASSES = frozenset({1, 5, 6, 7, 8, 9, 11, 12, 17, 19, 20, 21, 22, 31})
_NAMES = {
    "book": Text("书刊或影像", "a book or film"),
    "course": Text("课程、讲座或展演", "a course, a talk or a show"),
    "storage": Text("收纳或盛放用具", "a thing to keep goods in"),
    "farm": Text("农资或栽培养殖用品", "supplies for growing or keeping"),
    "picture": Text("画作、海报或邮票", "a picture, poster or stamp"),
    "packaging": Text("空包装", "empty packaging"),
    "tool": Text("工具或设备", "a tool or machine"),
    "travel": Text("门票、旅游、地图或房产", "a ticket, a trip, a map or property"),
    "seed": Text("种子种苗", "seeds or seedlings"),
}


class ReferenceRule(Rule):
    """`reference.book`, `.course`, `.picture`, `.packaging`, `.storage`, `.farm`, `.tool`, `.travel`, `.seed`: the goods
    are something else, which names it. Not where the title tells a weight, or praises the goods as fresh or tasty.

    `packaging.printed`: packaging, tags or official labels that bear the name are for sale, which is worse.
    """

    name = "reference"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue by what the title offers."""
        title, own = key(case.view.listing.title[:300]), own_words(case)
        sold, word = packaging(case)
        if sold is Packaging.PRINTED:
            yield self._printed(case, word)
            return
        yield from self._containers(case, own)
        for sort in _SHARES:
            cue = word if sort == "packaging" else _cue(case, title, own, sort)
            if cue and cue not in own and not given(title, cue):
                yield self._reference(case, sort, cue)
                return

    def _containers(self, case: Case, own: str) -> Iterable[Clue]:
        """Lower a use whose goods are a vessel, a tool or a toy for the goods: 茶叶罐."""
        for clue, span in case.text_finds:
            del clue
            end = max((m.span.end for m in case.matches if m.span.overlaps(span)), default=span.end)
            tail = case.after(Span(span.field, span.start, end), 8)
            tail = next((tail[len(good) :] for good in case.profile.goods if tail.startswith(good)), tail)
            cue = "" if _made_by_machine(tail) else _vessel(tail)
            if cue in lexicon("motif", "after") and not _adjoins(case, span.field, end, tail):
                continue
            if cue and not _of_its_sort(cue, own) and not tail.startswith(lexicon("goods", "not_containers")):
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


def _made_by_machine(tail: str) -> bool:
    """Whether a folded text begins with a machine and what it does: 机器压制, 机织. Then that is how the goods are made."""
    rest = tail.removeprefix("机器") if tail.startswith("机器") else tail.removeprefix("机")
    if rest == tail:
        return False
    first = next(iter(words.cut(rest[:4])), ("", 0, 0))[0]
    return rest.startswith(lexicon("reference", "made_so")) or (len(first) > 1 and words.is_verb(first))


def _of_its_sort(cue: str, own: str) -> bool:
    """Whether the right's own goods are such things: toys for a maker of toys."""
    sorts = _TOYS if cue in _TOYS else (cue,)
    return len(cue) > 1 and any(word in own for word in sorts)


def _vessel(tail: str) -> str:
    """Return the vessel, tool or toy that the folded text after a name begins with as a word: 罐, 机器, but not 机能."""
    cue = next((word for word in lexicon("goods", "containers") if tail.startswith(word)), "")
    head = next(iter(words.cut(tail)), ("", 0, 0))[0]
    return cue if len(cue) > 1 or head in {cue, *(cue + end for end in _VESSEL_ENDS)} else ""


def _adjoins(case: Case, field: str, end: int, tail: str) -> bool:
    """Whether a folded tail of a field follows without a gap: 大米造型, but not 小夜灯 造型可爱."""
    plain = case.view.fields[field].plain
    at = plain.text.find(tail, plain.index(end)) if tail else -1
    return at >= 0 and plain.gaps[at] <= Gap.INVISIBLE


def _in_book_title(case: Case) -> str:
    """Return the book title in 《》 of the listing's title that a found name stands in, or ""."""
    for match in _BOOK_TITLE.finditer(case.view.listing.title[:300]):
        found = Span("title", match.start(), match.end())
        if len(match.group()) > _BOOK_MIN and any(span.overlaps(found) for _, span in case.text_finds):
            return match.group()
    return ""


def _cue(case: Case, title: str, own: str, sort: str) -> str:
    """Return the word of a folded title by which something else than the goods is for sale, or ""."""
    kind, nice = case.profile.right.kind, set(case.profile.right.nice_classes)
    if kind is RightKind.PLANT_VARIETY and sort in _GROWING:
        return ""
    if sort in _FOR_CROPS and kind is _MARK and nice & _TOOL_CLASSES:
        return ""
    if sort == "storage" and any(good.endswith(lexicon("reference", "implement")) for good in case.profile.goods):
        return ""
    if sort == "farm" and by_measure(title) and not first_cue(title, "reference", "supplied"):
        return ""
    if (sort in _BY_MEASURE and by_measure(title)) or (sort in _EATEN and fresh(title)):
        return ""
    utensils = lexicon("reference", "utensil") if sort == "tool" and kind is not _MARK else ()
    for cue in (*lexicon("reference", sort), *utensils):
        if cue in title and cue not in own and not given(title, cue) and not _only_how(case, title, cue):
            return cue
    if sort == "book":
        return _in_book_title(case)
    if sort == "tool" and kind is not _MARK:
        found = _MACHINE.search(title)
        return found.group() if found and not given(title, found.group()) else ""
    return ""


def _only_how(case: Case, title: str, cue: str) -> bool:
    """Whether the thing only says where or how the goods grew, were made or are used, or a person is named.

    采摘园直发, 机器压制, 民宿餐桌; 摄影师同款.
    """
    rest = title[title.find(cue) + len(cue) :]
    if rest.startswith(_NO_THING) or title[: title.find(cue)].endswith(_DOING):
        return True
    if rest.startswith(("果园", "果树")):
        return False
    goods = (*case.profile.goods, *case.profile.products)
    if rest.startswith((*lexicon("reference", "grown_there"), *lexicon("reference", "made_so"))):
        return True
    if cue == "机器" and _made_by_machine(cue + rest):
        return True
    if cue in lexicon("reference", "used_at") and rest.startswith(lexicon("reference", "furnishing")):
        return True
    mark = case.profile.right.kind is _MARK
    used_there = mark and cue in lexicon("reference", "used_at") and bool(_named(title, goods))
    return used_there or (bool(goods) and rest.startswith(goods))


def _named(title: str, goods: Iterable[str]) -> str:
    """Return the first of the right's goods that a folded title names, or ""."""
    return next((good for good in goods if good in title), "")


DETECTOR = ReferenceRule()

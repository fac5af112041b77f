"""Pages that offer nothing under the name: wanted advertisements, questions and reviews, files, repair and hire."""

import re
from collections.abc import Iterable

from detectors.case import Case, first_cue, given
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.offer import fresh
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Effect, Example, Stage
from detectors.usage import by_measure
from records.model import Text
from records.terms import RightKind

_TITLE, _READ, _VALUE = 300, 600, 12
_SHARE = 0.8
_FIRST = 6
_SERVICES = 35
_SORTS = ("wanted", "digital", "talk", "service")
_NAMES = {
    "wanted": Text("求购或回收信息", "an advertisement of somebody who wants to buy"),
    "digital": Text("电子资料或设计素材", "a file to read or to draw with"),
    "talk": Text("问答、鉴别或测评内容", "a question, a test or advice"),
    "service": Text("维修、清洗或租赁服务", "repair, cleaning or hire"),
}
_UNSOLD = re.compile(r"不(?:卖|售|出售|销售)|非卖(?!品)")


class UnsoldRule(Rule):
    """`unsold.wanted`, `.talk`, `.digital`, `.service`: the page sells no goods under the name.

    Two things must agree: a word of the title, and another elsewhere on the page (只收不售, 仅讨论, 下载, 第三方维修, or an
    attribute such as 类型: 求购). Never where the title offers goods all the same: by a measure or as in stock
    (现货, 全新, 厂家); where the shop's own name bears the name; for files to print labels from; for a repairer who calls
    himself official, or a mark for services. “非卖品” is a gift or a sample on sale, and says nothing here.
    """

    name = "unsold"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue."""
        title = key(case.view.listing.title[:_TITLE])
        if not case.text_finds or first_cue(title, "unsold", "selling") or _in_shop(case):
            return
        if first_cue(title + key(case.view.listing.description[:_READ]), "fake", "cues"):
            return
        for sort in _SORTS:
            if cue := _cue(case, title, sort):
                sign = _sign(case, sort)
                if sign and not _excluded(case, title, sort):
                    yield self._clue(case, sort, cue, sign)
                    return

    def _clue(self, case: Case, sort: str, cue: str, sign: str) -> Clue:
        label, right = _NAMES[sort], kind_label(case.profile.right)
        return Clue(
            self.name,
            f"unsold.{sort}",
            _SHARE,
            Text(
                f"标题含“{cue}”,页面又称“{sign}”,属于{label.zh},没有销售{right.zh}的商品。",
                f"The title holds “{cue}” and the page says “{sign}”: it is {label.en}, and offers no goods of {right.en}.",
            ),
            effect=Effect.LOWER,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("相机",)
        for rule, title, told, says in (
            ("wanted", "求购 砚溪雁 相机 成色好的来", "只收不售,带价来", True),
            ("wanted", "求购砚溪雁相机的看这里 现货", "拍下即发", False),
            ("talk", "砚溪雁相机真假怎么看", "本帖仅讨论,不卖货", True),
            ("talk", "砚溪雁相机真假怎么看 本店保真", "不卖假货", False),
            ("talk", "砚溪雁相机 测评款", "非卖品,渠道流出", False),
            ("service", "砚溪雁相机维修 清灰", "第三方维修点,寄来修好寄回", True),
            ("service", "砚溪雁相机官方维修中心", "寄修", False),
        ):
            page = {"description": told}
            yield example("砚溪雁", title, rule=f"unsold.{rule}", says=says, goods=goods, listing=page, alert=not says)
        file = {"attributes": {"商品形式": "虚拟资料"}}
        gi = RightKind.GI
        area = {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        for title, says in (("岚沟苦荞 种植技术资料 打包下载", True), ("岚沟苦荞 标签模板 源文件", False)):
            yield example(
                "岚沟苦荞", title, rule="unsold.digital", says=says, kind=gi, right=area, listing=file, alert=not says
            )


def _in_shop(case: Case) -> bool:
    """Whether a name was found in the seller's own: such a shop trades on it."""
    return any(span.field == "seller" for _, span in case.text_finds)


def _cue(case: Case, title: str, sort: str) -> str:
    """Return the word of a folded title that says what kind of page it is, or ""."""
    own = "".join((*case.profile.goods, *case.profile.products, *(name.folded for name in case.profile.names)))
    for cue in lexicon("unsold", sort):
        if cue in title and cue not in own and not given(title, cue):
            return cue
    if sort != "wanted":
        return ""
    head = next((word for word in lexicon("unsold", "wanted_first") if title.startswith(word)), "")
    starts = [case.before(span, _FIRST, clause=False) for _, span in case.text_finds if span.field == "title"]
    return head if head and any(text.startswith(head) and len(text) < _FIRST for text in starts) else ""


def _sign(case: Case, sort: str) -> str:
    """Return what a page says beside its title that shows the same: in the description or in an attribute's value."""
    told = key(case.view.listing.title[:_TITLE] + "\n" + case.view.listing.description[:_READ])
    for word in lexicon("unsold", f"{sort}_signs"):
        if word in told and (not _UNSOLD.search(word) or _really(told)):
            return word
    if sort == "talk" and (found := _really(told)):
        return found
    return _attribute(case)


def _attribute(case: Case) -> str:
    """Return the short value of an attribute that names a kind of page: 求购, 问答, 虚拟资料, 维修; or ""."""
    for view in case.view:
        value = view.plain_text
        short = view.name.startswith("attributes.") and len(value) <= _VALUE
        kinds = lexicon("unsold", "kinds_of_page")
        if short and (value.startswith(kinds) or value.endswith(kinds)):
            return view.text[:20]
    return ""


def _really(told: str) -> str:
    """Return the words by which nothing is sold, or "": not “不卖假货”, “不售后”, or goods that are not for separate sale."""
    for found in _UNSOLD.finditer(told):
        if not told.startswith(lexicon("unsold", "not_for_sale_of"), found.end()):
            return found.group()
    return ""


def _excluded(case: Case, title: str, sort: str) -> bool:
    """Whether a page that looks like one of a sort sells goods, labels or the mark's own services all the same."""
    if sort == "service":
        for_services = any(number >= _SERVICES for number in case.profile.right.nice_classes)
        posing = [word for word in lexicon("unsold", "official") if word in title and f"非{word}" not in title]
        return for_services or bool(posing)
    if sort == "wanted":
        return False
    return by_measure(title) or bool(fresh(title)) or bool(first_cue(title, "unsold", "printing"))


DETECTOR = UnsoldRule()

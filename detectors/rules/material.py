"""What the goods are made of, as the page states it, against what the title or the right's goods promise."""

from collections.abc import Iterable, Iterator

from detectors.case import Case
from detectors.lexicon import lists
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Effect, Example, Span, Stage
from detectors.view import FieldView
from records.model import Text


class MaterialRule(Rule):
    """`origin.material_contradicted`: the page states a synthetic material where the title promises a natural one.

    Raises a suspicion that is there already; alone it is none. A blend that holds the promised material is passed over.
    """

    name = "material"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where promise and statement differ."""
        if not case.finds:
            return
        title = key(case.view.listing.title[:300])
        for view in _stated(case):
            synthetic = next((word for word in lexicon("material", "synthetic") if word in view.plain_text), "")
            for promised in lists("natural").values():
                told = next((word for word in promised if word in title), "")
                if synthetic and told and not any(word in view.plain_text for word in promised):
                    yield self._clue(case, view, told, synthetic)
                    return

    def _clue(self, case: Case, view: FieldView, told: str, synthetic: str) -> Clue:
        right, span = kind_label(case.profile.right), Span(view.name, 0, len(view.text))
        where = case.where(span)
        return Clue(
            self.name,
            "origin.material_contradicted",
            0.35,
            Text(
                f"标题称“{told}”,而{where.zh}标明“{synthetic}”,与{right.zh}之下的宣称相矛盾。",
                f"The title promises “{told}”, but {where.en} states “{synthetic}”: it contradicts what is sold under {right.en}.",
            ),
            effect=Effect.RAISE,
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """An invented name."""
        false, true = {"attributes": {"材质": "聚酯纤维"}}, {"attributes": {"材质": "羊绒80% 聚酯纤维20%"}}
        rule, goods = "origin.material_contradicted", ("围巾",)
        yield example("岚鹿坡", "岚鹿坡 羊绒围巾", rule=rule, says=True, goods=goods, listing=false, alert=True)
        yield example("岚鹿坡", "岚鹿坡 羊绒围巾", rule=rule, says=False, goods=goods, listing=true)


def _stated(case: Case) -> Iterator[FieldView]:
    """Yield the attributes that state a material."""
    names = lexicon("attributes", "material")
    for name, view in case.view.fields.items():
        if name.startswith("attributes.") and any(word in key(name) for word in names):
            yield view


DETECTOR = MaterialRule()

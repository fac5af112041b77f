"""商标 · trademarks: a registered name or sign that tells one trader's goods from another's.

- Runs: the detectors of names, of pictures (a logo or label among the samples), those that weigh a name, `reference`
  (books about the brand, packaging that bears it), `latin_words`, `coded_latin`, `short_marks`, `shortened` and `twins`
  (marks in part, in code, said for short, or of two characters), and who may use it.
- Leaves out: nothing. The grammar of places, evocation, origin and the official mark are for indications.
- Test: the same or a similar sign on the same or similar goods, and for similar ones that confusion is likely; so the
  class of goods counts, and a name that only describes, compares or says what fits is lowered.
- Ground: the Trademark Law as it stood on the day; a false statement of material rests on the law of unfair competition.
- Not looked at: well-known marks (no evidence of fame is on file), three-dimensional marks, sounds.
"""

from detectors.kinds import NAMES, PICTURES, STANDING, Kind, LegalTest
from records.model import Text
from records.terms import RightKind

KIND = Kind(
    kind=RightKind.TRADEMARK,
    label=Text("商标", "the trademark"),
    detectors=(
        *NAMES,
        *PICTURES,
        *STANDING,
        "reference",
        "coded_latin",
        "cut",
        "latin_words",
        "short_marks",
        "shortened",
        "translated",
        "twins",
    ),
    topic="trademark",
    topics={"origin.material_contradicted": "false_origin"},
    tests=(
        LegalTest(
            Text("商标近似与混淆", "likelihood of confusion"),
            Text(
                "在同一种商品上使用相同商标;或者在同一种、类似商品上使用相同、近似商标,容易导致混淆",
                "the same mark on the same goods; or the same or a similar mark on the same or similar goods, so that "
                "confusion is likely",
            ),
        ),
    ),
)

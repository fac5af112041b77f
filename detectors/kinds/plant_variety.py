"""植物新品种 · plant varieties: the right in a bred variety, sold under its registered variety name (品种名称).

- Runs: the detectors of names, `variety` (names with a number), of pictures, those that weigh a name or see what else is sold, and who may use it.
- Leaves out: packaging that bears the name (`packaging.printed`), since a name on paper sells no seed.
- Test: propagating material (seed, cuttings, young plants) of the variety is produced, offered or sold without
  permission. The variety's name is its common name for everyone, also after the right has ended, and grain or fruit
  under that name may be lawful harvest: a name alone is a reason to ask what is sold.
- Ground: the Seed Law, before it the Regulations on New Varieties, as they stood on the day.
- Not looked at: what the plant is (that takes a test of its DNA), essentially derived varieties.
"""

from detectors.kinds import NAMES, PICTURES, STANDING, Kind, LegalTest
from records.model import Text
from records.terms import RightKind

KIND = Kind(
    kind=RightKind.PLANT_VARIETY,
    label=Text("植物新品种", "the plant variety"),
    detectors=(*NAMES, *PICTURES, *STANDING, "reference", "variety"),
    topic="plant_variety",
    topics={"origin.material_contradicted": "false_origin"},
    left_out={"packaging.printed": "a name on paper sells no seed"},
    tests=(
        LegalTest(
            Text("授权品种的繁殖材料", "propagating material of the variety"),
            Text(
                "未经品种权所有人许可,生产、繁殖、许诺销售、销售授权品种的繁殖材料;名称只是线索,以品种鉴定为准",
                "producing, propagating, offering or selling the variety's propagating material without permission; the name "
                "is a lead only, and what the plant is decides",
            ),
        ),
    ),
)

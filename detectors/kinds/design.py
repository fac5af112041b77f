"""外观设计 · designs: the look of a product, as the pictures of its patent show it.

- Runs: the detectors of pictures, and who may use it. A design's name is a description: names are not looked for.
- Leaves out: nothing of what runs.
- Test: the same or a similar look on the same or a similar product, by the knowledge of its ordinary consumer. Copied
  *pictures* are found here; a like product that was photographed anew is not, and a person compares it.
- Ground: the Patent Law as it stood on the day.
- Not looked at: prior designs, whether a patent's evaluation report exists, parts of a product by themselves.
"""

from detectors.kinds import PICTURES, STANDING, Kind, LegalTest
from records.model import Text
from records.terms import RightKind

KIND = Kind(
    kind=RightKind.DESIGN,
    label=Text("外观设计", "the design"),
    detectors=(*PICTURES, *STANDING),
    topic="design",
    tests=(
        LegalTest(
            Text("整体观察、综合判断", "overall impression"),
            Text(
                "在相同或相近种类产品上,为生产经营目的制造、许诺销售、销售与图片或照片所示外观设计相同或近似的产品",
                "making, offering or selling, in the course of trade, a product of the same or a like sort whose look is the "
                "same as, or similar to, what the patent's pictures show",
            ),
        ),
    ),
)

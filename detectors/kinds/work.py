"""作品 · works: paintings, sand paintings, murals, photographs, film stills, 非遗 motifs that an author shaped.

- Runs: the detectors of pictures, and who may use it. A work's title is no sign of trade: names are not looked for.
- Leaves out: nothing of what runs.
- Test: access and substantial similarity of what is the author's own. A copied, cropped, mirrored or recoloured picture
  is found; a free imitation of a style is not, and is no copying of expression.
- Ground: the Copyright Law as it stood on the day.
- A person has to look at: whether a 非遗 motif is common heritage (the protection of folk works is left to another
  decree, which is not on file) or an author's version of it; whether a mural stands in a public place, where others may
  paint or photograph it; whether a still is used to report on the film; whether the term of protection is over.
"""

from detectors.kinds import PICTURES, STANDING, Kind, LegalTest
from records.model import Text
from records.terms import RightKind

KIND = Kind(
    kind=RightKind.WORK,
    label=Text("作品", "the work"),
    detectors=(*PICTURES, *STANDING),
    topic="work",
    tests=(
        LegalTest(
            Text("接触加实质性相似", "access and substantial similarity"),
            Text(
                "未经许可复制、发行或者通过信息网络传播与作品独创性表达实质性相似的内容,且无合理使用等法定情形",
                "copying, distributing or making available, without permission, what is substantially similar to the work's "
                "own expression, where no exception of the law applies",
            ),
        ),
    ),
)

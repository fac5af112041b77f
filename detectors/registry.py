"""Discovery of detectors: each file in `detectors/rules/` that holds a `DETECTOR`; no list to edit. And who runs for what."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import detectors.rules
from detectors import kinds
from detectors.errors import BrokenDetector, BrokenKind, DuplicateDetector
from detectors.types import ALL_KINDS, Detector
from guards.errors import both
from guards.plugins import modules_of
from records.terms import RightKind


def checked(found: Iterable[tuple[str, object]]) -> tuple[Detector, ...]:
    """Return the detectors in order of stage and name.

    `found` are (module name, its `DETECTOR`). Raises BrokenDetector where a part is missing, DuplicateDetector
    where two files use one name.
    """
    by_name: dict[str, tuple[str, Detector]] = {}
    for module, detector in found:
        if not isinstance(detector, Detector):
            raise BrokenDetector(
                both(
                    f"{module} 中应有 DETECTOR,且带 name、kinds、stage、needles、run 与 examples",
                    f"expected {module} to hold DETECTOR with name, kinds, stage, needles, run and examples",
                ),
                both(
                    "补上缺少的部分;detectors/types.py 逐一说明",
                    "add the missing part; detectors/types.py describes each",
                ),
            )
        if detector.name in by_name:
            raise DuplicateDetector(
                both(
                    f"两个检测器都叫 {detector.name!r}:{by_name[detector.name][0]} 与 {module}",
                    f"two detectors are named {detector.name!r}: {by_name[detector.name][0]} and {module}",
                ),
                both("给其中一个改名", "rename one of them; every detector needs a name of its own"),
            )
        by_name[detector.name] = (module, detector)
    return tuple(sorted((item for _, item in by_name.values()), key=lambda item: (item.stage, item.name)))


@lru_cache(maxsize=1)
def discover() -> tuple[Detector, ...]:
    """Import every file of `detectors/rules/` and return its detector. Raises as `checked` and `modules_of` do.

    Raises BrokenKind where a kind of right names a detector that is not there, and BrokenDetector for one that a kind
    names and that says for itself whom it runs for.
    """
    found = checked((module.__name__, getattr(module, "DETECTOR", None)) for _, module in modules_of(detectors.rules))
    known = {detector.name: detector for detector in found}
    for kind in kinds.discover().values():
        for name in kind.detectors:
            if name not in known:
                raise BrokenKind(
                    both(
                        f"{kind.kind.value} 指名的检测器 {name!r} 不存在",
                        f"{kind.kind.value} names no detector: {name!r}",
                    ),
                    both(f"改正 detectors/kinds/{kind.kind.value}.py", f"mend detectors/kinds/{kind.kind.value}.py"),
                )
            if known[name].kinds != ALL_KINDS:
                raise BrokenDetector(
                    both(
                        f"检测器 {name!r} 自带 kinds,而 detectors/kinds/ 也指名了它",
                        f"the detector {name!r} has kinds of its own, and detectors/kinds/ names it too",
                    ),
                    both("只留一处", "say it in one place"),
                )
    return found


def plan(found: Sequence[Detector]) -> Mapping[RightKind, tuple[Detector, ...]]:
    """Return for each kind of right the detectors that run for it, in their order.

    Those that its file names; and those that no kind names, where their own `kinds` say so.
    """
    named = {name for kind in kinds.discover().values() for name in kind.detectors}
    return {
        word: tuple(one for one in found if one.name in kind.detectors or (one.name not in named and word in one.kinds))
        for word, kind in kinds.discover().items()
    }

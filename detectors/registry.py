"""Discovery of detectors: each file in `detectors/rules/` that holds a `DETECTOR`; no list to edit."""

from collections.abc import Iterable
from functools import lru_cache

import detectors.rules
from detectors.errors import BrokenDetector, DuplicateDetector
from detectors.types import Detector
from guards.errors import both
from guards.plugins import modules_of


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
    """Import every file of `detectors/rules/` and return its detector. Raises as `checked` and `modules_of` do."""
    return checked((module.__name__, getattr(module, "DETECTOR", None)) for _, module in modules_of(detectors.rules))

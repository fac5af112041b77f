"""What a machine has: a Chromium, the context model of the settings, sound plug-ins."""

import os
import shutil
from pathlib import Path

from guards.errors import both
from patrol.errors import NoBrowser

MODEL_OFF = "off"
"""What MARKWATCH_MODEL says where detection goes without its context model."""


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Programs that are looked for on the PATH."""
# Below a cache's chromium-<build>/: Linux, and Chrome for Testing or Chromium as an app on macOS.
_PROGRAMS = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*")


def find_chromium() -> str:
    """Return the program of the first Chromium on this machine: on the PATH, else Playwright's; "" where there is none."""
    return chromium_on_path() or playwrights_chromium()


def chromium_on_path() -> str:
    """Return the first Chromium on the PATH, "" where there is none."""
    return next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), "")


def playwrights_chromium() -> str:
    """Return the newest browser that `playwright install chromium` put into the user's cache, "" where there is none.

    The caches are Playwright's own on Linux and macOS, and PLAYWRIGHT_BROWSERS_PATH.
    """
    home = Path.home()
    caches = [Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache"), home / "Library" / "Caches"]
    given = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders = [Path(given)] if given else [cache / "ms-playwright" for cache in caches]
    builds = [build for folder in folders for build in folder.glob("chromium-*") if build.name[9:].isdecimal()]
    for build in sorted(builds, key=lambda path: int(path.name[9:]), reverse=True):
        for program in (path for pattern in _PROGRAMS for path in sorted(build.glob(pattern))):
            return str(program)
    return ""


def context_model(name: str) -> tuple[str, str]:
    """Return the model to use and "", or "" and why there is none (in both languages); nothing is told of one that is off.

    A folder is looked at, a hub's name is loaded: only that tells whether it is here.
    """
    from detectors.context import ContextModel, missing
    from detectors.errors import ModelMissing

    if name == MODEL_OFF:
        return "", ""
    reason = missing(name)
    if not reason and not Path(name).is_absolute():
        try:
            ContextModel(name).fit("羊绒围巾", ("羊绒",), (25,))
        except ModelMissing as error:
            reason = error.message
    if not reason:
        return name, ""
    return "", both(
        f"没有语境模型({reason});只比对文字与图片,不看商品类别。修复:make setup,或设置 MARKWATCH_MODEL",
        f"no context model ({reason}); texts and pictures are compared, the class of goods is not looked at. "
        "Mend: make setup, or set MARKWATCH_MODEL",
    )


def check_plug_ins() -> None:
    """Find every site profile, kind of right, detector and anchor, so that a broken one stops the start, not half a round.

    Raises BadProfile, BrokenKind, DuplicateKind, BrokenDetector, DuplicateDetector or AnchorMisconfigured; each names its
    file.
    """
    from crawler.extract.profile import load_profiles
    from detectors import registry
    from notary import anchors

    load_profiles()
    registry.discover()
    anchors.discover()


def need_chromium(chromium: str) -> str:
    """Return Chromium's program; raise NoBrowser where there is none."""
    if not chromium:
        raise NoBrowser(
            both("本机没有 Chromium", "no Chromium was found on this machine"),
            both(
                "安装它(apt-get install chromium),或设置 MARKWATCH_CHROMIUM",
                "install it (apt-get install chromium), or set MARKWATCH_CHROMIUM",
            ),
        )
    return chromium

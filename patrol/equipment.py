"""What a machine has: a Chromium, and the context model of the settings."""

import os
import shutil
from pathlib import Path

from guards.errors import both

MODEL_OFF = "off"
"""What MARKWATCH_MODEL says where detection goes without its context model."""


def find_chromium() -> str:
    """Return the program of the first Chromium on this machine: on the PATH, else Playwright's; "" where there is none."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), "") or _playwright_chromium()


def _playwright_chromium() -> str:
    """Return the browser that `playwright install chromium` put into the user's cache, "" where there is none."""
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright").expanduser()
    found = sorted(cache.glob("chromium-*/chrome-linux*/chrome"))
    return str(found[-1]) if found else ""


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

"""Paths of pictures in users' files: relative to the file, and never out of its folder."""

import re
from pathlib import Path

from records.model import Text

_URL = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def is_url(image: str) -> bool:
    """Return whether an image is named by an http or https URL (which may still be refused when it is fetched)."""
    return _URL.match(image) is not None


def image_problem(folder: Path, image: str) -> Text | None:
    """Return why `image` cannot be a picture of a file in `folder`; None where it is a URL or a file inside it.

    Links are followed before the check. Whether the bytes are a picture is not looked at.
    """
    if is_url(image):
        return None
    if "\x00" in image or _SCHEME.match(image):
        return Text(
            f"图片应为相对路径或 http(s) 网址，实为 {image[:80]!r}",
            f"expected a relative path or a URL, got {image[:80]!r}",
        )
    try:
        root = folder.resolve()
        target = (root / image).resolve()
        if not target.is_relative_to(root):
            return Text(
                f"图片路径超出文件所在目录：{image[:80]}", f"the path leads out of the file's folder: {image[:80]}"
            )
        if not target.is_file():
            return Text(f"找不到图片文件：{image[:80]}", f"there is no image file {image[:80]}")
    except (OSError, RuntimeError, ValueError):
        return Text(f"无法读取的图片路径：{image[:80]!r}", f"this path cannot be read: {image[:80]!r}")
    return None

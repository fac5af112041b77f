"""The table of look-alike characters, computed from rendered glyphs: `python -m detectors.build_glyphs`.

Each character of GB 2312 is drawn with Noto Sans CJK SC (Regular), blurred a little and made 24×24; two characters
are as alike as their drawings correlate. `detectors/data/glyphs.tsv` holds, a line each: the character, its near
look-alikes (correlation ≥ .80), its looser ones (≥ .70), best first, at most eight of each. The file is kept in the
repository, since a font or a version of Pillow may differ elsewhere; a test redraws some of its lines.

What it does not hold: characters outside GB 2312, and likeness of meaning or of handwriting.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guards.atomic import write_atomic

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
_FACE_SC = 2
_SIDE = 48
_SMALL = 24
_BLUR = 1.2
_NEAR, _LOOSE = 0.80, 0.70
_MOST_NEAR, _MOST_LOOSE = 8, 8

Rows = NDArray[np.float32]


def everyday() -> tuple[str, ...]:
    """Return the Chinese characters of GB 2312 in its order."""
    chars = []
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                chars.append(bytes((high, low)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return tuple(chars)


def drawn(chars: Sequence[str], font: str = FONT, face: int = _FACE_SC) -> Rows:
    """Return a unit vector of mean 0 for each character's drawing. Raises OSError where the font is missing."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    pen = ImageFont.truetype(font, _SIDE - 4, index=face)
    rows = np.empty((len(chars), _SMALL * _SMALL), np.float32)
    for number, char in enumerate(chars):
        sheet = Image.new("L", (_SIDE, _SIDE), 0)
        ImageDraw.Draw(sheet).text((2, -9), char, fill=255, font=pen)
        small = sheet.filter(ImageFilter.GaussianBlur(_BLUR)).resize((_SMALL, _SMALL), Image.Resampling.BOX)
        row = np.asarray(small, dtype=np.float32).ravel()
        row = row - row.mean()
        rows[number] = row / max(1e-6, float(np.linalg.norm(row)))
    return rows


def line(char: str, chars: Sequence[str], likeness: Rows) -> str:
    """Return a character's line of the table, or "" where nothing is like it. `likeness` is its row."""
    order = sorted(range(len(chars)), key=lambda i: (-round(float(likeness[i]), 3), chars[i]))[
        : _MOST_NEAR + _MOST_LOOSE + 1
    ]
    near = [chars[i] for i in order if chars[i] != char and likeness[i] >= _NEAR][:_MOST_NEAR]
    loose = [chars[i] for i in order if chars[i] != char and _LOOSE <= likeness[i] < _NEAR][:_MOST_LOOSE]
    return f"{char}\t{''.join(near)}\t{''.join(loose)}\n" if near or loose else ""


def table() -> str:
    """Return the whole table; seconds."""
    chars = everyday()
    rows = drawn(chars)
    return "".join(line(char, chars, rows @ rows[number]) for number, char in enumerate(chars))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table; return 0, or 1 where the font is missing."""
    parser = argparse.ArgumentParser(prog="python -m detectors.build_glyphs")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data" / "glyphs.tsv")
    given = parser.parse_args(arguments)
    try:
        text = table()
    except OSError:
        sys.stderr.write(f"error: expected the font {FONT}; it is not there: install fonts-noto-cjk\n")
        return 1
    write_atomic(given.out, text.encode("utf-8"))
    sys.stdout.write(f"{given.out}: {text.count(chr(10))} characters\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

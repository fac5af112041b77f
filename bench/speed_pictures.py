"""Speed of the picture detectors beside peers in the same run: `python -m bench.speed_pictures [--hashes N] [--references N]`.

Peers: imagehash on Pillow's own reading (hashes), numpy counting all bits (search among hashes), OpenCV's brute force
against each reference in turn (geometric checks), RapidOCR as it comes, without keeping answers (text).
"""

import argparse
import io
import resource
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.detection.edits import encoded
from bench.detection.names import FONT, TM_GOODS
from bench.detection.pictures import scene
from detectors import features as local
from detectors.nearest import HashIndex
from detectors.pictures import picture
from detectors.reader import PictureReader
from detectors.screening import Screen

_FLIPPED = 30
"""Bits in which a query differs from the hash that it must find."""


def _rate(call: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    call()
    return count / (time.perf_counter() - began)


def hashes(count: int) -> None:
    """Print how many pictures a second are opened and hashed in all turns, beside imagehash alone."""
    import imagehash

    files = [encoded(scene(number, (640, 480)), "JPEG", quality=85) for number in range(count)]

    def ours() -> None:
        for data in files:
            opened = picture(data)
            assert opened is not None  # drawn above
            _ = opened.phash, opened.pdq

    mine = _rate(ours, count)
    peer = _rate(lambda: [imagehash.phash(Image.open(io.BytesIO(data)), hash_size=16) for data in files], count)
    print(
        f"hashes      {mine:>10,.0f} pictures/s a core, {2 * mine:,.0f} on two (goal >= 600): pHash and PDQ in 8 turns"
    )
    print(f"  imagehash {peer:>10,.0f} pictures/s, pHash of one turn: ours is {mine / peer:.2f} times that")


def search(count: int, queries: int = 400) -> None:
    """Print how many nearest hashes a second are found among `count`, and the share found, beside numpy."""
    rng = np.random.default_rng(5)
    bank = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    began = time.perf_counter()
    index = HashIndex(bank)
    built = time.perf_counter() - began
    wanted = rng.integers(0, count, queries)
    asked = np.stack([_flipped(rng, bank[row]) for row in wanted])
    index.near(asked[:4], 52)
    answers: list[NDArray[np.int64]] = []
    rate = _rate(lambda: answers.extend(index.near(asked, 52)), queries)
    found = sum(int(row) in set(rows.tolist()) for row, rows in zip(wanted, answers, strict=True)) / queries
    words = bank.view(np.uint64)
    peer = _rate(lambda: [np.bitwise_count(words ^ one.view(np.uint64)).sum(axis=1).argmin() for one in asked[:8]], 8)
    print(f"{count:,} hashes {rate:>10,.0f} queries/s at recall {found:.4f}, {_FLIPPED} bits off (goal >= 800 at 1)")
    print(f"  numpy     {peer:>10,.0f} queries/s: ours is {rate / peer:.0f} times that; built in {built:.0f} s")


def _flipped(rng: np.random.Generator, row: NDArray[np.uint8]) -> NDArray[np.uint8]:
    bits = np.unpackbits(row)
    bits[rng.choice(bits.size, _FLIPPED, replace=False)] ^= 1
    return np.packbits(bits)


def checks(count: int, shown: int = 12) -> None:
    """Print how many pictures a second are compared by local features with `count` references, and the share found."""
    bank = [local.extract(np.asarray(scene(n, (240, 180)).convert("L"))) for n in range(count)]
    began = time.perf_counter()
    screen = Screen(bank)
    pictures = [
        local.extract(np.asarray(scene(n * 7, (240, 180)).crop((20, 15, 215, 165)).convert("L"))) for n in range(shown)
    ]
    screen.worth(pictures[0], range(count), (0,))
    built = time.perf_counter() - began
    found = 0

    def ours() -> None:
        nonlocal found
        for number, one in enumerate(pictures):
            for reference, _ in sorted(screen.worth(one, range(count), (0, 1))):
                if local.place(bank[reference], one, (240, 180), (195, 150)):
                    found += reference == number * 7
                    break

    rate = _rate(ours, shown)
    some = min(count, 40)
    peer = (
        some
        * _rate(lambda: [local.place(item, pictures[0], (240, 180), (195, 150)) for item in bank[:some]], 1)
        / count
    )
    print(f"geometric   {rate:>10,.1f} pictures/s against {count:,} references, {found} of {shown} found (goal >= 10)")
    print(f"  one by one{peer:>10,.3f} pictures/s: ours is {rate / peer:,.0f} times that; lists built in {built:.0f} s")


def reading(count: int) -> None:
    """Print how many pictures a second are read, each shown twice as shops do, beside the reader without its answers."""
    font = ImageFont.truetype(FONT, 40, index=2)
    files = []
    for number in range(count):
        sheet = Image.new("RGB", (480, 320), "white")
        pen = ImageDraw.Draw(sheet)
        for row in range(3):
            pen.text(
                (24, 30 + 90 * row),
                f"{TM_GOODS[(number + row) % len(TM_GOODS)][0]} {number}号",
                fill="black",
                font=font,
            )
        files.append(encoded(sheet, "JPEG", quality=90))
    reader, plain = PictureReader(), PictureReader()
    reader.read(files[0])
    plain.read(files[0])
    rate = _rate(lambda: [reader.read(data) for data in files * 2], 2 * count)
    alone = _rate(lambda: [plain.recognise(data) for data in files * 2], 2 * count)
    print(f"reading     {rate:>10,.1f} pictures/s, each shown twice (goal >= 5)")
    print(f"  RapidOCR  {alone:>10,.1f} pictures/s, answers not kept: ours is {rate / alone:.1f} times that")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed_pictures")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--references", type=int, default=10_000)
    given = parser.parse_args(arguments)
    hashes(given.pictures)
    reading(max(4, given.pictures // 10))
    checks(given.references)
    search(given.hashes)
    print(
        f"memory      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:>10,.0f} MB at most (goal <= 1,500 a worker)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

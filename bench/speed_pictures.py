"""Speed of the picture detectors beside peers in the same run: `python -m bench.speed_pictures [--only PART...]`.

Two processes work where it says "two", each on one core. Peers: imagehash on Pillow's own reading (hashes), faiss's hash
tables and numpy counting all bits (search among hashes), each reference compared in turn (geometric checks), RapidOCR as
it comes, without keeping answers (text), the copies' stage without local features (whole pictures).
"""

import argparse
import io
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.detection.edits import encoded
from bench.detection.names import FONT, TM_GOODS
from bench.detection.pictures import product, references, scene
from detectors import features as local
from detectors.images import ReferenceBank
from detectors.nearest import HashIndex
from detectors.pictures import picture
from detectors.reader import PictureReader
from detectors.screening import Screen
from detectors.types import ReferenceImage

_FLIPPED = 52
"""Bits in which a query differs from the hash that it must find: the threshold of pHash."""
_PARTS = ("hashes", "copies", "reading", "geometric", "search")
_TOGETHER = 32
"""Queries that are asked at once."""


def _rate(call: Callable[[], object], count: int) -> float:
    began = time.perf_counter()
    call()
    return count / (time.perf_counter() - began)


def _alone() -> None:
    """Let this process use one core."""
    import cv2
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    cv2.setNumThreads(1)
    threadpool_limits(1)


def _in_two(work: Callable[[Sequence[bytes]], int], files: Sequence[bytes]) -> float:
    """Return how many files a second two processes work off, both started and warm."""
    halves = [files[::2], files[1::2]]
    with ProcessPoolExecutor(2, get_context("spawn"), _alone) as pool:
        list(pool.map(work, [half[:3] for half in halves for _ in range(4)]))
        return _rate(lambda: list(pool.map(work, halves)), len(files))


def _hashed(files: Sequence[bytes]) -> int:
    for data in files:
        opened = picture(data)
        assert opened is not None  # drawn by us
        _ = opened.phash, opened.pdq
    return len(files)


def _hashed_by_peer(files: Sequence[bytes]) -> int:
    import imagehash

    return len([imagehash.phash(Image.open(io.BytesIO(data)), hash_size=16) for data in files])


def hashes(count: int) -> None:
    """Print how many pictures a second are opened and hashed in all turns, beside imagehash alone."""
    files = [encoded(scene(number, (640, 480)), "JPEG", quality=85) for number in range(count)]
    mine, peer = _in_two(_hashed, files), _in_two(_hashed_by_peer, files)
    print(f"hashes      {mine:>10,.0f} pictures/s, two processes (goal >= 600): pHash, and PDQ in 8 turns, 640 x 480")
    print(f"  imagehash {peer:>10,.0f} pictures/s, pHash of one turn: ours is {mine / peer:.2f} times that")


def search(count: int, queries: int = 800) -> None:
    """Print how many hashes a second are looked up among `count`, and the share found, beside faiss's tables and numpy."""
    rng = np.random.default_rng(5)
    bank = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    wanted = rng.integers(0, count, queries)
    asked = np.stack([_flipped(rng, bank[row]) for row in wanted])
    parts = [asked[start : start + _TOGETHER] for start in range(0, queries, _TOGETHER)]
    index = HashIndex(bank)
    index.near(asked[:4], _FLIPPED)
    answers: list[NDArray[np.int64]] = []
    with ThreadPoolExecutor(2) as pool:
        rate = _rate(
            lambda: answers.extend(rows for one in pool.map(lambda p: index.near(p, _FLIPPED), parts) for rows in one),
            queries,
        )
    found = sum(int(row) in set(rows.tolist()) for row, rows in zip(wanted, answers, strict=True)) / queries
    pairs = _rate(lambda: [index.near(asked[n : n + 2], _FLIPPED) for n in range(0, 100, 2)], 100)
    print(
        f"{count:,} hashes {rate:>10,.0f} queries/s on two threads, recall {found:.4f} at {_FLIPPED} bits (goal >= 800 at 1)"
    )
    print(f"  two a time{pairs:>10,.0f} queries/s on one thread")
    tables, recall = _tables(bank, asked, wanted)
    print(
        f"  tables    {tables:>10,.0f} queries/s, recall {recall:.4f}: faiss's multi-index, 10 keys of 21 bits, one flip"
    )
    words = bank.view(np.uint64)
    peer = _rate(lambda: [np.bitwise_count(words ^ one.view(np.uint64)).sum(axis=1).argmin() for one in asked[:8]], 8)
    print(f"  numpy     {peer:>10,.0f} queries/s: ours is {rate / peer:.0f} times that")


def _tables(bank: NDArray[np.uint8], asked: NDArray[np.uint8], wanted: NDArray[np.int64]) -> tuple[float, float]:
    """Return queries a second and recall of hash tables over parts of the bits."""
    import faiss

    index = faiss.IndexBinaryMultiHash(256, 10, 21)
    index.add(bank)
    index.nflip = 1
    rows: list[NDArray[np.int64]] = []
    rate = _rate(lambda: rows.append(index.search(asked, 8)[1]), len(asked))
    return rate, float((rows[0] == wanted[:, None]).any(axis=1).mean())


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


_READERS: list[PictureReader] = []


def _read(files: Sequence[bytes]) -> int:
    if not _READERS:
        _READERS.append(PictureReader())
    return len([_READERS[0].read(data) for data in files])


def _read_by_peer(files: Sequence[bytes]) -> int:
    if not _READERS:
        _READERS.append(PictureReader())
    return len([_READERS[0].recognise(data) for data in files])


def reading(count: int) -> None:
    """Print how many pictures a second are read, each once and each twice as shops show them, beside the reader alone."""
    files = [_sheet(number) for number in range(count)]
    once, twice = _in_two(_read, files), _in_two(_read, [data for data in files for _ in range(4)])
    alone = _in_two(_read_by_peer, files)
    print(f"reading     {once:>10,.1f} pictures/s, two processes, each shown once (goal >= 5)")
    print(f"  four times{twice:>10,.1f} pictures/s, each shown twice to each process")
    print(f"  RapidOCR  {alone:>10,.1f} pictures/s, answers not kept: ours is {twice / alone:.1f} times that")


def _sheet(number: int) -> bytes:
    font = ImageFont.truetype(FONT, 40, index=2)
    sheet = Image.new("RGB", (480, 320), "white")
    pen = ImageDraw.Draw(sheet)
    for row in range(3):
        name = TM_GOODS[(number + row) % len(TM_GOODS)][0]
        pen.text((24, 30 + 90 * row), f"{name} {number}号", fill="black", font=font)
    return encoded(sheet, "JPEG", quality=90)


_BANKS: dict[bool, ReferenceBank] = {}


def _bank(*, local_features: bool) -> ReferenceBank:
    if local_features not in _BANKS:
        samples = {str(n): [ReferenceImage(str(n), encoded(one))] for n, one in enumerate(references(20))}
        _BANKS[local_features] = ReferenceBank(samples, local_features=local_features)
    return _BANKS[local_features]


def _scan(files: Sequence[bytes]) -> int:
    return sum(bool(_bank(local_features=True).scan(data)) for data in files)


def _hash_scan(files: Sequence[bytes]) -> int:
    return sum(bool(_bank(local_features=False).scan(data)) for data in files)


def _large(number: int) -> Image.Image:
    return scene(number, (800, 800))


def whole(count: int) -> None:
    """Print how long one picture that copies nothing takes against 20 references, by kind, beside hashes alone."""
    kinds: dict[str, Callable[[int], Image.Image]] = {"480 x 360": scene, "800 x 800": _large, "on white": product}
    for kind, draw in kinds.items():
        files = [encoded(draw(700 + n), "JPEG", quality=85) for n in range(count)]
        mine, peer = _in_two(_scan, files), _in_two(_hash_scan, files)
        print(f"copies      {2_000 / mine:>10,.0f} ms a picture and core, {kind}, no copy (goal <= 120)")
        print(f"  hashes    {2_000 / peer:>10,.0f} ms, whole copies only")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed_pictures")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--references", type=int, default=10_000)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS)
    given = parser.parse_args(arguments)
    parts: dict[str, Callable[[], None]] = {
        "hashes": lambda: hashes(given.pictures),
        "copies": lambda: whole(max(6, given.pictures // 10)),
        "reading": lambda: reading(max(4, given.pictures // 10)),
        "geometric": lambda: checks(given.references),
        "search": lambda: search(given.hashes),
    }
    for name in given.only:
        parts[name]()
    print(
        f"memory      {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:>10,.0f} MB at most (goal <= 1,500 a worker)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

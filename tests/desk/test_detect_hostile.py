"""`markwatch detect` as it is installed: what is huge, broken or hostile is named, and the rest of the batch is unharmed.

Each run is a process of its own, watched for its own peak of memory; none may end by a signal or with a traceback.
"""

import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

RIGHTS = "id,kind,name,goods,region,images\nt,trademark,砚溪雁,茶叶,,\ng,gi,岚沟苦荞,苦荞米,砂陵省岚沟县,\nw,work,砂岭晚照,,,ref.png\n"
GOOD = {"id": "good", "title": "砚溪雁 茶叶"}
START = """
import sys
from pathlib import Path
from desk.cli.main import main
left = sys.argv.pop()
try:
    sys.exit(main())
finally:
    Path(left).write_text(Path("/proc/self/status").read_text())
"""
"""The command, which leaves what the system counted for its process (`ru_maxrss` would count this one's memory as well)."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, its one document, standard error, the hits by listing, and its peak of memory."""

    code: int
    document: Any
    err: str
    hits: Mapping[str, list[Any]]
    peak_mb: float
    data: bytes


@pytest.fixture
def detect(tmp_path: Path) -> Callable[..., Ended]:
    """Run the command on listings (objects or raw lines) in a process of its own."""

    def run(
        *lines: object, rights: str = RIGHTS, before: tuple[str, ...] = (), workers: str = "1", seed: int = 0
    ) -> Ended:
        name = f"hits{seed}.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        (tmp_path / "listings.jsonl").write_bytes(b"\n".join(raw) + b"\n")
        (tmp_path / "rights.csv").write_text(rights, encoding="utf-8")
        given = {"rights": "rights.csv", "listings": "listings.jsonl", "out": name}
        argv = [part for key, path in given.items() for part in (f"--{key}", str(tmp_path / path))]
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("MARKWATCH_")},
            "MARKWATCH_HOME": str(tmp_path / "home"), "MARKWATCH_MODEL": "off", "MARKWATCH_LANG": "en",
            "MARKWATCH_DETECT_WORKERS": workers, "PYTHONHASHSEED": str(seed),
        }  # fmt: skip
        command = [*before, sys.executable, "-c", START, "detect", *argv, "--json", str(tmp_path / "status")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", (tmp_path / "status").read_text())
        data = (tmp_path / name).read_bytes()
        hits: dict[str, list[Any]] = {}
        for line in data.decode().splitlines():
            hits.setdefault(json.loads(line)["listing"], []).append(json.loads(line))
        return Ended(
            done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr, hits, int(peak) / 1024, data
        )

    return run


@pytest.fixture(scope="module")
def plain_mb(tmp_path_factory: pytest.TempPathFactory) -> float:
    """The peak of memory of a run with next to nothing to do."""
    run = detect.__wrapped__(tmp_path_factory.mktemp("plain"))  # the fixture's own function
    return run(GOOD, rights=RIGHTS.replace("ref.png", "")).peak_mb


class TestTexts:
    """Texts of every kind of harm beside a good one."""

    def test_huge_and_broken_lines_are_named_and_the_good_ones_detected(
        self, detect: Callable[..., Ended], plain_mb: float
    ) -> None:
        huge = 10_000_000
        ended = detect(
            {"id": "title", "title": "茶" * huge},
            {"id": "description", "title": "砚溪雁 茶叶", "description": "茶" * huge},
            b'{"id": "half", "title": "\\ud83d \xe7\xa0\x9a\xe6\xba\xaa\xe9\x9b\x81"}',
            b'{"id": "latin", "title": "\xff\xfe"}',
            {"id": "empty", "title": ""},
            {"id": "blank", "title": " \t\u3000 "},
            GOOD,
            rights=RIGHTS.replace("ref.png", ""),
        )
        assert ended.code == 1
        assert set(ended.hits) == {"good"}
        named = {error["line"]: (error["column"], error["reason"]) for error in ended.document["errors"]}
        assert set(named) == {1, 2, 3, 4, 5, 6}
        assert "1000000 bytes" in named[1][1]
        assert named[3] == ("title", "holds half of a surrogate pair: no valid text")
        assert named[5][0] == named[6][0] == "title"
        assert ended.document["next_step"]
        assert ended.peak_mb < plain_mb + 100

    def test_long_texts_below_the_cap_of_a_line_are_cut_and_the_hit_says_so(
        self, detect: Callable[..., Ended], plain_mb: float
    ) -> None:
        long = "茶" * 320_000
        ended = detect(
            {"id": "title", "title": "砚溪雁 茶叶" + long},
            {"id": "far", "title": "茶", "description": long + "砚溪雁"},
            {"id": "many", "title": "岚沟苦荞 砚溪雁" * 30_000},
            GOOD,
            rights=RIGHTS.replace("ref.png", ""),
        )
        assert ended.code == 0
        assert {"title", "good", "many"} <= set(ended.hits)
        for listing in ("title", "many"):
            assert "limits.text_capped" in {f["rule"] for f in ended.hits[listing][0]["findings"]}
        assert all(len(hit["findings"]) <= 120 for hits in ended.hits.values() for hit in hits)
        assert ended.peak_mb < plain_mb + 200

    def test_bidi_controls_hide_no_name_and_reach_no_reader_unseen(self, detect: Callable[..., Ended]) -> None:
        ended = detect(
            {"id": "over", "title": "\u202e砚\u202c溪\u2066雁\u2069 茶叶"},
            {"id": "marks", "title": "砚\u200f溪\u200e雁\ufeff 茶叶"},
            {"id": "nul", "title": "砚溪雁\x00 茶叶"},
            GOOD,
            rights=RIGHTS.replace("ref.png", ""),
        )
        assert ended.code == 0
        assert all(ended.hits[name][0]["alert"] for name in ("over", "marks", "nul", "good"))
        told = "".join(f["explanation"] for hits in ended.hits.values() for hit in hits for f in hit["findings"])
        assert not set(told) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x00")

    def test_names_of_one_character_are_warned_of_and_matched_with_context_only(
        self, detect: Callable[..., Ended]
    ) -> None:
        ended = detect(
            {"id": "inside", "title": "骆驼奶粉 300克"},
            {"id": "alone", "title": "「驼」 保温杯"},
            {"id": "context", "title": "「驼」 羊绒围巾"},
            rights="id,kind,name,goods\nt,trademark,驼,羊绒围巾\n",
        )
        assert ended.code == 0
        assert [hit["right"] for hit in ended.hits["context"]] == ["t"]
        assert "alone" not in ended.hits
        assert "inside" not in ended.hits
        (warning,) = [one for one in ended.document["warnings"] if "column" not in one]
        assert warning.startswith("2 name: ")
        assert "one character" in warning
        assert warning in ended.err


def _png(width: int, height: int) -> bytes:
    """Return a sound black picture of one bit a pixel: small in bytes, whatever its size in pixels."""
    packer = zlib.compressobj(9)
    row = b"\x00" * (1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return _chunks(
        [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", pixels), (b"IEND", b"")]
    )


def _chunks(parts: list[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _text_bomb() -> bytes:
    """Return a picture whose comment unpacks to 300 MB."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\x00" * 1_000_000) for _ in range(300)) + packer.flush()
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    body = zlib.compress((b"\x00" + b"\x80" * 192) * 64)
    return _chunks([(b"IHDR", head), (b"zTXt", b"c\x00\x00" + packed), (b"IDAT", body), (b"IEND", b"")])


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _scene() -> Image.Image:
    rough = np.random.default_rng(7).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((320, 320), Image.Resampling.BICUBIC)


def _frames() -> list[Image.Image]:
    return [Image.new("RGB", (320, 320), (n * 8, 0, 0)) for n in range(30)]


COPIES: Mapping[str, Callable[[], bytes]] = {
    "animated.gif": lambda: _saved(_scene(), "GIF", save_all=True, append_images=_frames()),
    "animated.webp": lambda: _saved(_scene(), "WEBP", save_all=True, append_images=_frames()),
    "cmyk.jpg": lambda: _saved(_scene().convert("CMYK"), "JPEG"),
    "alpha.png": lambda: _saved(_scene().convert("RGBA"), "PNG"),
    "grey_alpha.png": lambda: _saved(_scene().convert("LA"), "PNG"),
    "palette.png": lambda: _saved(_scene().convert("P"), "PNG"),
    "shrunk.png": lambda: _saved(_scene().resize((200, 200)), "PNG"),
}
"""Odd forms of the reference: found like any copy."""

REFUSED: Mapping[str, Callable[[], bytes]] = {
    "huge.png": lambda: _png(30_000, 30_000),
    "comment_bomb.png": _text_bomb,
    "giant_head.jpg": lambda: _saved(_scene(), "JPEG").replace(
        b"\x08" + struct.pack(">HH", 320, 320), b"\x08" + struct.pack(">HH", 65_500, 65_500)
    ),
    "too_many_bytes.bmp": lambda: b"BM" + b"\x00" * 21_000_000,
    "truncated.png": lambda: _saved(_scene(), "PNG")[:5_000],
    "truncated.jpg": lambda: _saved(_scene(), "JPEG")[:3_000],
    "vector.svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>",
    "entities.svg": lambda: b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><svg>&b;</svg>",
    "empty.png": lambda: b"",
    "no_picture.png": lambda: b"<html>404</html>",
}
"""Pictures that are refused, each named with its listing and why."""

PASSED: Mapping[str, Callable[[], bytes]] = {
    "dot.png": lambda: _saved(Image.new("RGB", (1, 1)), "PNG"),
    "line.png": lambda: _saved(Image.new("RGB", (6_000, 1)), "PNG"),
    "black.png": lambda: _png(7_000, 7_000),
}
"""Sound pictures with nothing in them to compare: neither a finding nor an error."""


class TestPictures:
    """Pictures of every kind of harm, one a listing, and all of them in one."""

    def test_each_is_found_named_or_passed_and_none_harms_another(
        self, detect: Callable[..., Ended], tmp_path: Path, plain_mb: float
    ) -> None:
        (tmp_path / "ref.png").write_bytes(_saved(_scene(), "PNG"))
        kinds = {**COPIES, **REFUSED, **PASSED}
        for name, make in kinds.items():
            (tmp_path / name).write_bytes(make())
        alone = [{"id": name, "title": "装饰画", "images": [name]} for name in kinds]
        together = {"id": "all", "title": "装饰画", "images": [*REFUSED, *PASSED, "cmyk.jpg"]}
        ended = detect(*alone, together, GOOD)
        assert ended.code == 1
        found = {name for name, hits in ended.hits.items() if any(hit["right"] == "w" and hit["alert"] for hit in hits)}
        assert found == {*COPIES, "all"}
        (whole,) = ended.hits["all"]
        assert {f["field"] for f in whole["findings"] if f["detector"] == "image_copy"} == {
            f"images[{len(REFUSED) + len(PASSED)}]"
        }
        named = {error["column"].partition("(")[2].rstrip(")"): error["reason"] for error in ended.document["errors"]}
        assert set(named) == {*REFUSED, "all"}
        assert "900000000 pixels" in named["huge.png"]
        assert all(named.values())
        assert ended.hits["good"][0]["alert"]
        assert ended.peak_mb < plain_mb + 700

    def test_as_references_they_are_named_and_all_else_is_still_detected(
        self, detect: Callable[..., Ended], tmp_path: Path
    ) -> None:
        (tmp_path / "ref.png").write_bytes(_saved(_scene(), "PNG"))
        for name, make in REFUSED.items():
            (tmp_path / name).write_bytes(make())
        rows = "".join(f"w{number},work,画{number}号,,,{name}\n" for number, name in enumerate(REFUSED))
        ended = detect(GOOD, {"id": "picture", "title": "画", "images": ["ref.png"]}, rights=RIGHTS + rows)
        assert ended.code == 1
        assert ended.document["rights"] == 3 + len(REFUSED)
        named = {error["column"]: (error["line"], error["reason"]) for error in ended.document["errors"]}
        assert set(named) == {f"images (w{number})" for number in range(len(REFUSED))}
        for number, name in enumerate(REFUSED):
            line, reason = named[f"images (w{number})"]
            assert line == 5 + number
            assert reason.startswith(f"{name}: ")
        assert ended.hits["good"][0]["alert"]
        assert [hit["right"] for hit in ended.hits["picture"]] == ["w"]


def _portfolio(count: int) -> str:
    """Return a rights file of invented names: marks of two to five characters, letters, and a tenth indications."""
    rng = np.random.default_rng(3)
    rows = ["id,kind,name,goods,region"]
    for number in range(count):
        drawn = "".join(chr(code) for code in rng.integers(0x4E00, 0x8FFF, 2 + number % 4))
        if number % 10 == 0:
            rows.append(f"r{number},gi,{drawn[:2]}苦荞,苦荞米,甘肃省{drawn[:2]}县")
        elif number % 10 == 1:
            rows.append(f"r{number},trademark,{''.join(chr(code) for code in rng.integers(97, 123, 8))},服装,")
        else:
            rows.append(f"r{number},trademark,{drawn},茶叶,")
    return "\n".join([*rows, "last,trademark,砚溪雁,茶叶,"]) + "\n"


@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_many_rights_are_indexed_within_a_bound_for_each(
    detect: Callable[..., Ended], plain_mb: float, count: int
) -> None:
    ended = detect(GOOD, {"id": "none", "title": "保温杯 500ml"}, rights=_portfolio(count))
    assert ended.code == 0
    assert ended.document["rights"] == count + 1
    assert "last" in {hit["right"] for hit in ended.hits["good"]}
    assert ended.peak_mb < plain_mb + 150 + count * PER_RIGHT_MB


PER_RIGHT_MB = 0.06
"""What a right may take at the peak: about sixty needles, most of them coded forms of its name."""


def _lonely(command: str, *flags: str) -> tuple[str, ...]:
    """Return how to run a program without any network, or () where this machine does not allow it."""
    if shutil.which(command) is None:
        return ()
    done = subprocess.run([command, *flags, "true"], capture_output=True, check=False)
    return (command, *flags) if done.returncode == 0 else ()


WITHOUT_NETWORK = _lonely("unshare", "-rn") or _lonely("unshare", "-n")


@pytest.mark.skipif(not WITHOUT_NETWORK, reason="this machine does not allow a namespace without network")
def test_it_needs_neither_network_nor_database(detect: Callable[..., Ended], tmp_path: Path) -> None:
    inside = subprocess.run(
        [*WITHOUT_NETWORK, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in inside] == ["lo"], "the namespace has a network after all"
    (tmp_path / "ref.png").write_bytes(_saved(_scene(), "PNG"))
    listings = (GOOD, {"id": "picture", "title": "画", "images": ["ref.png", "https://example.org/a.png"]})
    alone = detect(*listings, before=WITHOUT_NETWORK)
    assert alone.code == 0
    assert set(alone.hits) == {"good", "picture"}
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()] if (tmp_path / "home").exists() else []
    assert not [path for path in kept if path.suffix in {".db", ".sqlite"} or path.read_bytes()[:6] == b"SQLite"]
    assert detect(*listings, seed=1).data == alone.data


def test_the_same_bytes_come_again_in_one_process_and_in_two(detect: Callable[..., Ended], tmp_path: Path) -> None:
    (tmp_path / "ref.png").write_bytes(_saved(_scene(), "PNG"))
    listings = [
        {
            "id": f"{number:04}",
            "title": ("砚★溪★雁 茶叶", "岚沟风味 苦荞面", "保温杯", "画", "硯溪雁茶葉禮盒")[number % 5],
            "images": ["ref.png"] if number % 5 == 3 else [],
            "seen_on": "2018-06-01" if number % 2 else "2026-06-01",
        }
        for number in range(700)
    ]
    runs = [detect(*listings, workers=workers, seed=seed) for seed, workers in enumerate(("1", "1", "2"))]
    assert len(runs[0].hits) == 560
    assert [run.data == runs[0].data for run in runs] == [True] * 3
    grounds = {
        f["ground"] for hits in runs[0].hits.values() for hit in hits for f in hit["findings"] if f.get("ground")
    }
    assert {
        "《中华人民共和国商标法》(2013年修正)第五十七条",
        "《中华人民共和国商标法》(2019年修正)第五十七条",
    } <= grounds

"""The whole chain by its commands: a watched page → listings → hits → two people → capture → package → verify."""

import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from desk.cli.main import run

ROOT = Path(__file__).parents[2]


class House:
    """Runs commands in process on one home."""

    def __init__(self, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        self.folder = folder

    def __call__(self, *argv: object, expect: int = 0) -> Any:
        out, err = io.StringIO(), io.StringIO()
        code = run([*map(str, argv), "--json"], out=out, err=err)
        assert code == expect, f"{argv}: {code}\n{out.getvalue()}\n{err.getvalue()}"
        assert out.getvalue().count("\n") == 1
        return json.loads(out.getvalue())


def whole_chain(house: House, shop: Any, calendar: Any) -> None:
    folder = house.folder
    assert house("rights", "import", folder / "rights.csv")["added"] == 1
    house("watch", "add", "shop", "--target", f"{shop.url}/list", "--right", "tm1")
    report = house("patrol")
    assert (report["watches"][0]["items"], report["new_hits"], report["failed"]) == (12, 2, 0)
    hits = house("hits", "list")["hits"]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert {hit["title"][:3] for hit in hits} == {"砚溪雁"}
    chosen = hits[0]["id"]
    shown = house("hits", "show", chosen[:10])
    assert shown["findings"][0]["text"] == "砚溪雁"
    assert len(shown["images"]) == 1
    house("hits", "decide", chosen, "suspected", "--actor", "ann")
    refused = house("hits", "confirm", chosen, "--actor", "Ann", expect=3)
    assert "second person" in refused["message"]
    case = house("hits", "confirm", chosen, "--actor", "bob")["case"]
    house("package", "build", case, "--out", folder / "early.zip", expect=2)
    assert not (folder / "early.zip").exists()
    work = house("work", "--once")
    assert (work["done"], work["failed"], work["retrying"]) == (1, 0, 0)
    assert calendar.submitted
    package = house("package", "build", case, "--out", folder / "case.zip")
    verdict = house("verify", folder / "case.zip", expect=2)
    assert verdict["state"] == "unverifiable"
    assert set(verdict["files"].values()) == {"ok"}
    assert {proof["state"] for proof in verdict["proofs"] if proof["name"].endswith(".ots")} <= {"pending", "demo"}
    assert verdict["exhibits"] == package["exhibits"]
    changed = folder / "changed.zip"
    data = bytearray((folder / "case.zip").read_bytes())
    with zipfile.ZipFile(folder / "case.zip") as archive:
        info = max(archive.infolist(), key=lambda item: item.file_size)
    data[info.header_offset + 30 + len(info.filename.encode()) + info.file_size // 2] ^= 1
    changed.write_bytes(data)
    assert house("verify", changed, expect=1)["state"] == "tampered"
    assert house("evidence", "show", package["exhibits"][0])["outcome"] == "complete"
    again = house("patrol")
    assert (again["new_hits"], again["detected"]) == (0, 0)
    assert house("work", "--once")["jobs"] == []
    assert [c["number"] for c in house("case", "list")["cases"]] == [case]


def forged_without_seals(house: House) -> None:
    """Take seals and proofs off, and change evidence.json: the home that sealed the exhibit remembers its digests."""
    with zipfile.ZipFile(house.folder / "case.zip") as archive:
        bags = {name: archive.read(name) for name in archive.namelist() if ".proofs/" not in name}
    for name, change, code in (("bare.zip", b"", 2), ("forged.zip", b" ", 1)):
        with zipfile.ZipFile(house.folder / name, "w") as out:
            for path, data in bags.items():
                out.writestr(path, data + (change if path.endswith("tagmanifest-sha512.txt") else b""))
        verdict = house("verify", house.folder / name, expect=code)
        assert any("this home sealed" in reason for reason in verdict["reasons"]) == bool(change)


@pytest.mark.browser
def test_the_whole_chain_on_sqlite(chain_env, tiny_shop, calendar, monkeypatch, tmp_path):
    house = House(chain_env, monkeypatch, tmp_path)
    whole_chain(house, tiny_shop, calendar)
    forged_without_seals(house)
    house("backup", tmp_path / "backup.zip")
    monkeypatch.setenv("MARKWATCH_HOME", str(tmp_path / "restored"))
    house("restore", tmp_path / "backup.zip")
    assert house("verify", tmp_path / "case.zip", expect=2)["state"] == "unverifiable"
    case = house("case", "list")["cases"][0]["number"]
    house("package", "build", case, "--out", tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "case.zip") as one, zipfile.ZipFile(tmp_path / "again.zip") as other:
        bags = [{n: a.read(n) for n in a.namelist() if ".proofs/" not in n} for a in (one, other)]
    assert bags[0] == bags[1], "a restored home gives the same sealed bytes"


@pytest.mark.browser
@pytest.mark.postgres
def test_the_whole_chain_on_postgresql(chain_env, tiny_shop, calendar, monkeypatch, tmp_path, postgres_url):
    house = House({**chain_env, "MARKWATCH_DATABASE_URL": postgres_url}, monkeypatch, tmp_path)
    whole_chain(house, tiny_shop, calendar)
    assert not (tmp_path / "home" / "markwatch.db").exists()


STEPS = (("patrol", "--due"), ("work", "--once"))
"""The commands that are killed; each is simply run again. Without --due, a patrol killed after its crawl would crawl anew."""
AGAIN = (("patrol", "--due"), ("work", "--once"))
"""What must find nothing left to do."""


class Killed:
    """Runs commands as children, each killed with -9 (its whole session) after a while that a seed decides."""

    def __init__(self, env: dict[str, str], seed: int) -> None:
        self.env = {**os.environ, **env, "PYTHONPATH": str(ROOT), "MARKWATCH_CONFIRM_RULE_MIN_SCORE": "0.5"}
        self.random = random.Random(seed)
        self.kills = 0

    def call(self, *argv: str) -> None:
        """Run a command to its end, which must be good."""
        done = subprocess.run(
            [sys.executable, "-m", "desk.cli.main", *argv, "--json"],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, (argv, done.stdout, done.stderr)

    def kill(self, *argv: str, within_s: float) -> None:
        """Start a command and kill it; one that ended before is no kill."""
        child = subprocess.Popen(
            [sys.executable, "-m", "desk.cli.main", *argv, "--json"], env=self.env, cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            child.wait(timeout=self.random.uniform(0.3, within_s))
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            child.wait(timeout=30)
            self.kills += 1


def contents(home: Path) -> dict[str, Any]:
    """Return what a home holds, without what differs from run to run: ids by ULID, and times."""
    base = sqlite3.connect(home / "markwatch.db")
    base.row_factory = sqlite3.Row

    def rows(query: str) -> Counter[tuple[object, ...]]:
        return Counter(tuple(row) for row in base.execute(query))

    try:
        return {
            "listings": rows("select id, title, state from listings"),
            "snapshots": rows("select id, listing_id, image_sha256s from snapshots"),
            "hits": rows("select id, listing_id, right_id, state, outcome from hits"),
            "decisions": rows("select hit_id, actor, verdict, stage from decisions"),
            "cases": rows("select c.listing_id, h.hit_id from cases c join case_hits h on h.case_id = c.id"),
            "exhibits": rows("select hit_id, outcome from exhibits"),
            "jobs": rows("select kind, key, state from jobs"),
            "commitments": rows("select substr(subject, 31) from commitments"),
            "integrity": rows("pragma integrity_check"),
            "foreign": rows("pragma foreign_key_check"),
        }
    finally:
        base.close()


def prepare(env: dict[str, str], shop: Any, folder: Path, name: str, seed: int) -> tuple[Killed, Path]:
    home = folder / name
    runner = Killed({**env, "MARKWATCH_HOME": str(home)}, seed)
    runner.call("rights", "import", str(folder / "rights.csv"))
    runner.call("watch", "add", "shop", "--target", f"{shop.url}/list", "--right", "tm1")
    return runner, home


def undisturbed(env: dict[str, str], shop: Any, folder: Path) -> tuple[dict[str, Any], list[float]]:
    """Run each command to its end; return what is there, and the seconds that each took."""
    runner, home = prepare(env, shop, folder, "calm", 0)
    spans = []
    for step in STEPS:
        began = time.monotonic()
        runner.call(*step)
        spans.append(time.monotonic() - began)
    return contents(home), spans


def disturbed(
    env: dict[str, str], shop: Any, folder: Path, seed: int, kills: tuple[int, int], spans: list[float]
) -> dict[str, Any]:
    """Kill each command so many times at random points of its span, let it end once, and return what is there."""
    runner, home = prepare(env, shop, folder, f"killed-{seed}", seed)
    for step, times, span in zip(STEPS, kills, spans, strict=True):
        for _ in range(times):
            runner.kill(*step, within_s=span)
        runner.call(*step)
    assert runner.kills
    found = contents(home)
    for step in AGAIN:
        runner.call(*step)
    assert contents(home) == found, "running it all once more changes nothing"
    return found


@pytest.mark.browser
def test_kill_9_at_random_points_loses_and_doubles_nothing(chain_env, tiny_shop, tmp_path):
    del tiny_shop.state.titles[3:]
    calm, spans = undisturbed(chain_env, tiny_shop, tmp_path)
    assert (len(calm["listings"]), len(calm["hits"]), len(calm["exhibits"]), len(calm["cases"])) == (3, 1, 1, 1)
    for seed in (20260501, 20260502, 20260503):
        assert disturbed(chain_env, tiny_shop, tmp_path, seed, (2, 1), spans) == calm, seed


@pytest.mark.soak
@pytest.mark.browser
def test_many_kills(chain_env, tiny_shop, tmp_path):
    calm, spans = undisturbed(chain_env, tiny_shop, tmp_path)
    for seed in range(25):
        assert disturbed(chain_env, tiny_shop, tmp_path, seed, (4, 4), spans) == calm, seed

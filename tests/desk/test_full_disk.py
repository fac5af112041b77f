"""A real disk that is really full: every command says so, ends with 4, leaves nothing half-written, loses nothing."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[1] / "patrol" / "_shop.py"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small disk that this fills")


class Disk:
    """A tmpfs of eight megabytes, and a file that takes all of it but a few bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.filler = root / "filler"

    def fill(self, left: int) -> None:
        """Leave no more than `left` bytes, in whole pages."""
        with self.filler.open("ab", buffering=0) as stream, pytest.raises(OSError):
            while True:
                stream.write(bytes(4096))
        os.truncate(self.filler, max(0, self.filler.stat().st_size - left))

    def free(self) -> None:
        """Give all of it back."""
        self.filler.unlink(missing_ok=True)

    def names(self) -> set[str]:
        """Return what lies there; logs, locks and SQLite's two companions come and go."""
        files = (path for path in self.root.rglob("*") if path.is_file() and path != self.filler)
        passing = (".lock", "-wal", "-shm", ".jsonl")
        return {str(path.relative_to(self.root)) for path in files if not path.name.endswith(passing)}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    root = tmp_path / "disk"
    root.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(root)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this container may not mount a tmpfs")
    try:
        yield Disk(root)
    finally:
        subprocess.run(["umount", "-l", str(root)], check=True)


@pytest.fixture
def shop():
    spec = importlib.util.spec_from_file_location("full_disk_shop", SHOP)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with module.serve() as served:
        yield served


@pytest.fixture
def full(disk, cli, rights_file, shop):
    """A house on the small disk with rights and a watch; returns the runner of commands on it, and the disk."""
    host = shop.url.removeprefix("http://")
    env = {"MARKWATCH_HOME": str(disk.root / "home"), "MARKWATCH_ALLOW_HOSTS": host, "MARKWATCH_CRAWL_DELAY_S": "0"}

    def run(*argv):
        return cli(*argv, "--json", env=env)

    assert run("rights", "import", rights_file).code == 0
    assert run("watch", "add", "w", "--target", f"{shop.url}/list", "--render", "never").code == 0
    return run, disk


def said_full(ran) -> None:
    """The command says that the disk is full and what to do, in one JSON document, and sends nobody to a backup."""
    assert ran.code == 4, (ran.out, ran.err)
    assert "Traceback" not in ran.out + ran.err
    assert ran.out.count("\n") == 1
    assert ran.document["error"] in {"StorageFull", "DiskFull"}
    assert "free some space" in ran.document["next_step"]


@pytest.mark.parametrize(
    "argv",
    [("hits", "list"), ("patrol",), ("work", "--once"), ("watch", "pause", "w"), ("rights", "list"), ("init",)],
    ids=" ".join,
)
def test_without_a_byte_left(full, argv):
    run, disk = full
    before = disk.names()
    disk.fill(0)
    said_full(run(*argv))
    assert disk.names() == before
    disk.free()
    assert [watch["state"] for watch in run("watch", "list").document["watches"]] == ["active"]
    assert len(run("rights", "list").document["rights"]) == 2


@pytest.mark.parametrize("left", [0, 160_000])
def test_backup_leaves_nothing(full, left):
    run, disk = full
    before = disk.names()
    disk.fill(left)
    said_full(run("backup", disk.root / "backup.zip"))
    disk.free()
    assert disk.names() == before
    assert run("backup", disk.root / "backup.zip").code == 0


def test_restore_leaves_a_home_that_can_be_restored_into(full, cli, tmp_path):
    run, disk = full
    assert run("backup", tmp_path / "backup.zip").code == 0
    fresh = {"MARKWATCH_HOME": str(disk.root / "fresh")}
    before = disk.names()
    disk.fill(160_000)
    said_full(cli("restore", tmp_path / "backup.zip", "--json", env=fresh))
    disk.free()
    assert disk.names() == before
    assert cli("restore", tmp_path / "backup.zip", "--json", env=fresh).code == 0
    assert len(cli("rights", "list", "--json", env=fresh).document["rights"]) == 2


def test_a_patrol_that_runs_out_of_room_goes_on_later(full):
    run, disk = full
    disk.fill(160_000)
    ran = run("patrol")
    assert ran.code == 4
    assert "Traceback" not in ran.out + ran.err
    assert "full" in ran.out or "no room" in ran.out
    disk.free()
    report = run("patrol").document
    assert (report["failed"], report["watches"][0]["outcome"], report["watches"][0]["items"]) == (0, "ok", 12)
    assert len(run("hits", "list").document["hits"]) == 2, "nothing is lost and nothing doubled"


def test_capture_and_stamp(full, shop, tmp_path):
    run, disk = full
    paper = tmp_path / "paper.txt"
    paper.write_text("kept")
    before = disk.names()
    disk.fill(0)
    said_full(run("capture", f"{shop.url}/p/1", "--out", disk.root / "kept"))
    said_full(run("stamp", paper))
    disk.free()
    assert disk.names() == before
    assert run("proofs", "list").document["proofs"] == []

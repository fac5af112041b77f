"""What killed crawls leave in the spool is swept, what lives is not."""

import os
import subprocess
import sys

import pytest

from patrol.spool import sweep


def gone_pid() -> int:
    """Return the number of a process that has ended and was waited for."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def folder(spool, name):
    made = spool / name
    made.mkdir(parents=True)
    (made / "picture").write_bytes(b"x" * 10)
    return made


def test_only_folders_of_dead_processes_go(tmp_path):
    dead = folder(tmp_path, f"crawl-{gone_pid()}-ab_12")
    alive = folder(tmp_path, f"crawl-{os.getpid()}-abc")
    others = [folder(tmp_path, name) for name in ("captures", "crawl-nopid", "crawl-x-1", "crawl-0-zero", "other-1-a")]
    (tmp_path / f"crawl-{gone_pid()}-file").write_bytes(b"a file")
    assert sweep(tmp_path) == [dead.name]
    assert not dead.exists()
    assert all(one.exists() for one in (alive, *others))
    assert sweep(tmp_path) == []


def test_a_link_is_not_followed(tmp_path):
    outside = folder(tmp_path / "elsewhere", "kept")
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / f"crawl-{gone_pid()}-a").symlink_to(outside)
    assert sweep(spool) == []
    assert (outside / "picture").exists()


@pytest.mark.parametrize("name", ["crawl-99999999999999-a", "crawl-9999999999-a"])
def test_numbers_that_no_process_can_have(tmp_path, name):
    made = folder(tmp_path, name)
    sweep(tmp_path)
    assert made.exists() is (name == "crawl-99999999999999-a")


def test_a_round_sweeps_before_it_crawls(house, shop, monkeypatch):
    left = folder(house.folder("spool"), f"crawl-{gone_pid()}-a")
    (watch,) = house.records.watches.all()
    monkeypatch.setattr(house.crawl_stage, "run", lambda *_args: left.exists())
    assert house.crawl(watch) is False

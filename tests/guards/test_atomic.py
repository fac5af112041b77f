"""A file is there whole or as it was: through errors, kill -9 and a full disk; locks hold between processes."""

import resource
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.atomic import AtomicFile, FileLock, fsync_folder, remove_stale, write_atomic
from guards.errors import DiskFull, GuardError, TimedOut

HALFWAY = """
import sys, time
from pathlib import Path
from guards.atomic import AtomicFile
with AtomicFile(Path(sys.argv[1])) as handle:
    handle.write(b"new" * 100000)
    handle.flush()
    print("written", flush=True)
    time.sleep(60)
"""
LOCKED = """
import sys, time
from pathlib import Path
from guards.atomic import FileLock
with FileLock(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(60)
"""


def start(code, path):
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def leftovers(folder):
    return [path.name for path in folder.iterdir() if "markwatch-tmp" in path.name]


@given(st.binary(max_size=5000), st.binary(max_size=5000))
def test_writes_replace_the_whole_content(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp("w") / "文件"
    for data in (first, second):
        write_atomic(path, data)
        assert path.read_bytes() == data
    assert leftovers(path.parent) == []


def test_an_error_inside_leaves_the_old_content(tmp_path):
    path = tmp_path / "kept"
    write_atomic(path, b"old")
    with pytest.raises(KeyError), AtomicFile(path) as handle:
        handle.write(b"half")
        raise KeyError("stop")
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_nothing_is_seen_before_the_end(tmp_path):
    with AtomicFile(tmp_path / "new") as handle:
        handle.write(b"x")
        assert not (tmp_path / "new").exists()
    assert (tmp_path / "new").read_bytes() == b"x"


def test_kill_9_in_the_middle_leaves_the_old_content(tmp_path):
    path = tmp_path / "kept"
    write_atomic(path, b"old")
    process = start(HALFWAY, path)
    process.kill()
    process.wait()
    assert path.read_bytes() == b"old"
    assert len(leftovers(tmp_path)) == 1
    assert remove_stale(tmp_path) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]


def test_temporary_files_of_the_living_are_left_alone(tmp_path):
    process = start(HALFWAY, tmp_path / "kept")
    try:
        assert remove_stale(tmp_path) == 0
        assert len(leftovers(tmp_path)) == 1
    finally:
        process.kill()
        process.wait()


def test_the_mode_is_what_was_asked_for(tmp_path):
    write_atomic(tmp_path / "key", b"secret", mode=0o600)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_missing_folder_is_an_error_with_a_next_step(tmp_path):
    with pytest.raises(GuardError, match="check the folder"):
        write_atomic(tmp_path / "no" / "file", b"x")


@pytest.fixture
def small_disk(tmp_path):
    """A tmpfs of 1 MiB; where mounting is not allowed, a file-size limit that fails the same way (EFBIG)."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False, capture_output=True
    ).returncode
    if mounted == 0:
        yield disk
        subprocess.run(["umount", str(disk)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield disk
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_named_and_leaves_the_old_content(small_disk):
    path = small_disk / "kept"
    write_atomic(path, b"old")
    with pytest.raises(DiskFull, match="free some space"):
        write_atomic(path, b"x" * 2_000_000)
    assert path.read_bytes() == b"old"
    assert leftovers(small_disk) == []
    with pytest.raises(DiskFull), AtomicFile(path) as handle:
        for _ in range(40):
            handle.write(b"y" * 65536)
    assert path.read_bytes() == b"old"
    write_atomic(path, b"there is room again")


def test_a_lock_is_held_against_another_process(tmp_path):
    path = tmp_path / "lock"
    process = start(LOCKED, path)
    try:
        with pytest.raises(TimedOut, match="let the other command end"), FileLock(path, 0.2):
            pytest.fail("the lock was given twice")
    finally:
        process.kill()
        process.wait()
    # The kernel frees the lock of a killed process.
    with FileLock(path, 5):
        pass


def test_a_lock_is_held_against_another_thread(tmp_path):
    inside = []

    def work():
        with FileLock(tmp_path / "lock", 20):
            inside.append("in")
            time.sleep(0.02)
            inside.append("out")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == ["in", "out"] * 4


def test_a_lock_in_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(GuardError), FileLock(tmp_path / "no" / "lock", 0):
        pass


def test_fsync_folder_needs_a_folder(tmp_path):
    fsync_folder(tmp_path)
    with pytest.raises(OSError):
        fsync_folder(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []

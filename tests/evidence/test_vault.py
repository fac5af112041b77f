"""The vault: what is put in comes out, or an error says what happened to it."""

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.errors import BlobChanged, BlobMissing, VaultError, VaultReadOnly
from evidence.vault import Vault
from guards.errors import EXIT_WRONG, CapExceeded, DiskFull


@pytest.fixture
def vault(tmp_path):
    return Vault(tmp_path / "vault")


def overwrite(path, data):
    path.chmod(0o640)
    path.write_bytes(data)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=5000))
def test_bytes_come_back_under_their_digest(vault, data):
    sha256 = vault.put(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert vault.get(sha256) == data
    assert vault.verify(sha256) == len(data)
    assert vault.has(sha256)


def test_a_file_is_streamed_in(vault, tmp_path):
    source = tmp_path / "big"
    source.write_bytes(os.urandom(3_000_000))
    sha256 = vault.put_file(source)
    assert vault.get(sha256) == source.read_bytes()
    assert vault.put(source.read_bytes()) == sha256
    assert list(vault.digests()) == [sha256]


def test_the_layout_fans_out_and_is_written_once(vault):
    sha256 = vault.put(b"one")
    path = vault.path(sha256)
    assert path.relative_to(vault.root).as_posix() == f"{sha256[:2]}/{sha256[2:4]}/{sha256}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    before = path.stat().st_ino
    assert vault.put(b"one") == sha256
    assert path.stat().st_ino == before


def test_a_changed_file_is_found_by_every_way_in(vault, tmp_path):
    sha256 = vault.put(b"what was shown")
    overwrite(vault.path(sha256), b"what was shown, edited")
    source = tmp_path / "again"
    source.write_bytes(b"what was shown")
    for way in (vault.get, vault.verify, lambda _: vault.put(b"what was shown"), lambda _: vault.put_file(source)):
        with pytest.raises(BlobChanged, match="changed") as caught:
            way(sha256)
        assert "restore" in caught.value.next_step
        assert caught.value.exit_code == EXIT_WRONG
    assert vault.path(sha256).read_bytes() == b"what was shown, edited", "never silently mended"


def test_a_missing_file_says_what_to_do(vault):
    with pytest.raises(BlobMissing, match="holds no file") as caught:
        vault.get("0" * 64)
    assert "backup" in caught.value.next_step
    assert not vault.has("0" * 64)


@pytest.mark.parametrize("name", ["", "abc", "A" * 64, "../" * 21 + "a", "0" * 63 + "\n", "0" * 65])
def test_what_is_no_digest_leads_nowhere(vault, name):
    with pytest.raises(VaultError, match="SHA-256"):
        vault.get(name)


def test_check_all_names_what_is_wrong(vault):
    good, bad = vault.put(b"good"), vault.put(b"bad")
    overwrite(vault.path(bad), b"BAD")
    (vault.root / "notes.txt").write_text("whose?")
    misplaced = vault.root / "00" / "00"
    misplaced.mkdir(parents=True)
    (misplaced / good).write_bytes(b"good")
    report = vault.check_all()
    assert (report.ok, report.changed) == (1, (bad,))
    assert set(report.strange) == {"notes.txt", f"00/00/{good}"}
    assert Vault(vault.root / "none").check_all().ok == 0


def test_a_link_is_no_vault_file(vault, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"x")
    sha256 = hashlib.sha256(b"x").hexdigest()
    vault.path(sha256).parent.mkdir(parents=True)
    vault.path(sha256).symlink_to(tmp_path / "elsewhere")
    assert vault.check_all().strange == (f"{sha256[:2]}/{sha256[2:4]}/{sha256}",)


def test_read_only_refuses_writes(vault):
    sha256 = vault.put(b"kept")
    reader = Vault(vault.root, read_only=True)
    assert reader.get(sha256) == b"kept"
    with pytest.raises(VaultReadOnly):
        reader.put(b"new")


def test_caps(tmp_path):
    small = Vault(tmp_path / "small", max_blob_bytes=10)
    with pytest.raises(CapExceeded):
        small.put(b"x" * 11)
    (tmp_path / "f").write_bytes(b"x" * 11)
    with pytest.raises(CapExceeded):
        small.put_file(tmp_path / "f")
    sha256 = small.put(b"x" * 10)
    with pytest.raises(CapExceeded):
        small.get(sha256, max_bytes=9)


def test_an_absent_source_file(vault, tmp_path):
    with pytest.raises(VaultError, match="cannot read"):
        vault.put_file(tmp_path / "absent")


def test_leftovers_of_a_killed_writer_are_swept(vault):
    sha256 = vault.put(b"kept")
    left = vault.path(sha256).parent / f".x.markwatch-tmp-{2**22 + 1}-aa"
    left.write_bytes(b"half")
    assert vault.check_all().strange == ()
    assert vault.clean() == 1
    assert not left.exists()


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of one megabyte; as root only, since mounting needs it."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this system does not let root mount: {done.stderr.decode()[:100]}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_full_disk_leaves_nothing_half_written(tiny_disk, tmp_path):
    vault = Vault(tiny_disk / "vault")
    kept = vault.put(b"before")
    with pytest.raises(DiskFull) as caught:
        vault.put(os.urandom(2_000_000))
    assert "space" in caught.value.next_step
    (tmp_path / "f").write_bytes(os.urandom(2_000_000))
    with pytest.raises(DiskFull):
        vault.put_file(tmp_path / "f")
    report = vault.check_all()
    assert (report.ok, report.changed, report.strange) == (1, (), ())
    assert vault.get(kept) == b"before"
    assert not list(vault.root.rglob(".*"))


def test_killed_while_writing_leaves_whole_files_only(tmp_path):
    """A writer is killed at random moments; what lies under a digest's name is whole each time."""
    root = tmp_path / "vault"
    code = f"import os\nfrom pathlib import Path\nfrom evidence.vault import Vault\nv = Vault(Path({str(root)!r}))\nprint(1, flush=True)\nwhile True: v.put(os.urandom(200_000))"
    for delay in (1, 2, 3, 4, 5):
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        writer.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(delay * 0.017)
        writer.kill()
        writer.wait()
        writer.stdout.close()
    report = Vault(root).check_all()
    assert report.changed == report.strange == ()
    assert report.ok > 0

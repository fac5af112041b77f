"""The capture and package stages: idempotent, and whole again after a kill at any point."""

import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from evidence.capture.api import read_result
from evidence.custody import CustodyLog
from evidence.errors import BlobChanged, CaptureError, EvidenceError, PackageError
from evidence.stage import Detection, ReferenceSample, detection_files
from evidence.vault import Vault
from evidence.verify import verify_package
from guards.errors import DiskFull
from notary.seal import SealKey
from records.engine import Sessions, open_engine
from records.exhibits import ExhibitRecords
from records.terms import CaptureOutcome

ROOT = Path(__file__).parents[2]


@pytest.fixture
def replay(whole):
    """A capture that copies the real one under another id, with another outcome where asked."""
    calls = []

    def capture(url, work, options, exhibit_id, outcome="complete"):
        calls.append(exhibit_id)
        folder = work / exhibit_id
        if not folder.exists():
            shutil.copytree(whole.folder, folder)
            record = folder / "capture" / "capture.json"
            record.write_text(
                json.dumps(
                    {
                        **json.loads(record.read_text()),
                        "id": exhibit_id,
                        "outcome": outcome,
                        "reason": "" if outcome == "complete" else "why",
                    }
                )
            )
        return read_result(folder)

    capture.calls = calls
    return capture


def check_whole(kept, exhibit_id):
    """Assert that an exhibit is all there: artifacts in the vault, each stored once in a chain that holds."""
    exhibit = kept.store.get(exhibit_id)
    log = CustodyLog.of(kept.store.custody(exhibit_id))
    for artifact in exhibit.artifacts:
        assert kept.vault.verify(artifact.sha256) == artifact.size
    stored = [entry.reason for entry in log.entries if entry.action == "stored"]
    assert sorted(stored) == sorted(item.path for item in exhibit.artifacts)
    assert [entry.action for entry in log.entries].count("captured") == 1
    return exhibit


def test_running_twice_captures_once(fresh, shop, replay):
    kept = fresh(capture=replay)
    first = kept.run(shop.url())
    custody = kept.store.custody(first.id)
    assert kept.run(shop.url()) == first
    assert kept.store.custody(first.id) == custody
    assert replay.calls == [first.id]
    assert check_whole(kept, first.id).outcome is CaptureOutcome.COMPLETE
    assert list(kept.work.iterdir()) == []


def test_a_pending_exhibit_is_taken_up_and_a_whole_capture_is_not_repeated(fresh, shop, replay, monkeypatch):
    kept = fresh(capture=replay)

    def no_room(*_):
        raise DiskFull("no room", "free some")

    with monkeypatch.context() as patch:
        patch.setattr(kept.store, "finish", no_room)
        with pytest.raises(DiskFull):
            kept.run(shop.url())
    (pending,) = kept.store.for_hit(kept.hit.id)
    assert pending.outcome is CaptureOutcome.PENDING
    assert (kept.work / pending.id).is_dir(), "the capture waits for the next run"
    done = kept.run(shop.url())
    assert done.id == pending.id
    check_whole(kept, done.id)
    assert len(kept.store.for_hit(kept.hit.id)) == 1


def test_a_failed_capture_is_kept_and_tried_again_up_to_a_limit(fresh, shop, replay):
    outcomes = iter(["failed", "partial", "complete"])
    kept = fresh(capture=lambda *args: replay(*args, outcome=next(outcomes)))
    seen = [kept.run(shop.url()) for _ in range(4)]
    assert [item.outcome.value for item in seen] == ["failed", "partial", "complete", "complete"]
    assert len({item.id for item in seen}) == 3
    assert [item.reason for item in kept.store.for_hit(kept.hit.id)] == ["why", "why", ""]
    limited = fresh(capture=lambda *args: replay(*args, outcome="failed"), max_tries=2)
    assert len({limited.run(shop.url()).id for _ in range(5)}) == 2


def test_a_capture_that_cannot_be_tried_leaves_the_exhibit_pending(fresh, shop):
    def no_browser(*_):
        raise CaptureError("no browser", "install one")

    kept = fresh(capture=no_browser)
    for _ in range(2):
        with pytest.raises(CaptureError):
            kept.run(shop.url())
    assert [item.outcome for item in kept.store.for_hit(kept.hit.id)] == [CaptureOutcome.PENDING]
    assert [entry.action for entry in kept.store.custody(kept.store.for_hit(kept.hit.id)[0].id)] == ["requested"]


def test_a_file_that_changes_between_capture_and_vault_stops_the_stage(fresh, shop, replay):
    def tampering(url, work, options, exhibit_id):
        result = replay(url, work, options, exhibit_id)
        (result.folder / "render" / "dom.html").write_bytes(b"edited")
        return result

    with pytest.raises(EvidenceError, match="changed since its capture"):
        fresh(capture=tampering).run(shop.url())


def test_the_match_document_names_its_samples(sealed):
    match = json.loads(sealed.bag()["data/detection/match.json"])
    assert match["capture"] == sealed.id
    assert match["match"]["right"]["name"] == "阿拉善白绒山羊"
    (sample,) = match["references"]
    assert sealed.bag()[f"data/{sample['path']}"] == sealed.kept.detection.references[0].data
    twice = Detection({}, (ReferenceSample("a", b"same"), ReferenceSample("b", b"same", "application/zip")))
    names = [name for name, _, _ in detection_files("EV-1", "u", twice)]
    assert len(names) == len(set(names)) == 3
    odd = Detection({"note": "\ud800", "score": 0.1}, ())
    assert detection_files("EV-1", "\ud800", odd)[0][1].startswith(b"{")


SERVE = """
import importlib.util, os, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("kept_conftest", {tests!r} + "/conftest.py")
module = importlib.util.module_from_spec(spec)
sys.modules["kept_conftest"] = module
spec.loader.exec_module(module)
from notary.seal import SealKey
import evidence.package.report, weasyprint
class Shop:
    host = {host!r}
    def url(self, path="/"):
        return "http://" + self.host + path
def job():
    kept = module.keep_in(Path({home!r}), Shop())
    if {build!r}:
        kept.key = SealKey.load(Path({key!r}))
        kept.packages().build("C", [{build!r}], Path({out!r}))
    else:
        kept.run(Shop().url())
for _ in sys.stdin:
    pid = os.fork()
    if not pid:
        try:
            job()
        finally:
            os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""
"""Does the same job again and again, each time in a fresh process that is forked with everything imported."""


class Worker:
    """A process that can be told to do its job, and whose job can be killed."""

    def __init__(self, **given):
        script = SERVE.format(**{"tests": str(Path(__file__).parent), "build": "", "key": "", "out": "", **given})
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=env
        )

    def run_killed(self, delay):
        """Start the job and kill -9 it after `delay` seconds of work; return whether it was still at work."""
        self.child.stdin.write(b"go\n")
        self.child.stdin.flush()
        pid = int(self.child.stdout.readline())
        killed = not select.select([self.child.stdout], [], [], delay)[0]
        if killed:
            os.kill(pid, signal.SIGKILL)
        assert self.child.stdout.readline() == b"ended\n"
        return killed

    def close(self):
        """End the process."""
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait(30)


def killed_captures(fresh, shop, times, seed):
    """Kill the capture stage `times` times at random; then run it to its end and check."""
    kept = fresh()
    home = kept.vault.root.parent
    worker, rng = Worker(host=shop.host, home=str(home)), random.Random(seed)
    try:
        killed = sum(worker.run_killed(rng.uniform(0.05, 4.0)) for _ in range(times))
    finally:
        worker.close()
    assert killed > 0
    done = kept.run(shop.url())
    assert check_whole(kept, done.id).outcome is CaptureOutcome.COMPLETE
    assert len(kept.store.for_hit(kept.hit.id)) == 1, "nothing doubled"
    assert kept.vault.check_all().changed == ()
    deadline = time.monotonic() + 10
    while any(kept.work.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [path.name for path in kept.work.iterdir()] == []


@pytest.mark.browser
def test_killed_in_mid_capture(fresh, shop):
    killed_captures(fresh, shop, 5, seed=11)


@pytest.mark.soak
@pytest.mark.browser
def test_killed_in_mid_capture_often(fresh, shop):
    killed_captures(fresh, shop, 50, seed=12)


def copied_home(sealed, folder):
    """Return a home that holds the sealed exhibit, its bag not yet built."""
    home = folder / "home"
    home.mkdir()
    for name in ("records.db", "records.db-wal", "vault"):
        source = sealed.kept.vault.root.parent / name
        if source.is_dir():
            shutil.copytree(source, home / name)
        elif source.exists():
            shutil.copy(source, home / name)
    engine = open_engine(f"sqlite:///{home / 'records.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM bags")
    return home, ExhibitRecords(Sessions(engine)), Vault(home / "vault")


def killed_exports(sealed, shop, folder, times, seed):
    home, store, vault = copied_home(sealed, folder)
    key = folder / "seal.key"
    sealed.kept.key.save(key)
    out = folder / "out.zip"
    worker = Worker(host=shop.host, home=str(home), build=sealed.id, key=str(key), out=str(out))
    try:
        _killed_exports(worker, store, sealed, out, random.Random(seed), times)
    finally:
        worker.close()
    assert verify_package(out, trusted_keys=[sealed.trusted]).exit_code == 2
    assert vault.check_all().changed == ()
    CustodyLog.of(store.custody(sealed.id))


def _killed_exports(worker, store, sealed, out, rng, times):
    killed, bags = 0, set()
    for number in range(times):
        killed += worker.run_killed(rng.uniform(0.01, 0.2 if number == 0 else 1.2))
        if out.exists():
            assert verify_package(out, trusted_keys=[sealed.trusted]).exit_code == 2, "a package is whole or not there"
        bag = store.bag(sealed.id)
        if bag:
            bags.add(tuple(item.sha256 for item in bag.files))
    assert killed > 0
    assert len(bags) <= 1, "a bag that was fixed stays"
    assert not worker.run_killed(60)


def test_killed_in_mid_export(sealed, shop, tmp_path):
    killed_exports(sealed, shop, tmp_path, 5, seed=21)


@pytest.mark.soak
def test_killed_in_mid_export_often(sealed, shop, tmp_path):
    killed_exports(sealed, shop, tmp_path, 50, seed=22)


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of two megabytes; as root only, since mounting needs it."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this system does not let root mount: {done.stderr.decode()[:100]}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def test_a_full_disk_in_mid_capture(tiny_disk, shop, capture):
    from evidence.capture.api import CaptureOptions, capture_page
    from guards.egress import EgressPolicy

    (tiny_disk / "filler").write_bytes(bytes(2_060_000))
    options = CaptureOptions(policy=EgressPolicy([shop.host]), deadline_s=20, quiet_s=0.3, disk_floor_bytes=0)
    with pytest.raises(DiskFull) as caught:
        capture_page(shop.url(), tiny_disk / "out", options)
    assert "space" in caught.value.next_step
    assert list((tiny_disk / "out").iterdir()) == []


def test_a_full_disk_in_mid_export(tiny_disk, sealed):
    (tiny_disk / "filler").write_bytes(bytes(1_950_000))
    out = tiny_disk / "package.zip"
    before = sealed.kept.store.custody(sealed.id)
    with pytest.raises(DiskFull):
        sealed.kept.packages().build("C", [sealed.id], out)
    assert not out.exists()
    assert [path.name for path in tiny_disk.iterdir()] == ["filler"]
    assert sealed.kept.store.custody(sealed.id) == before, "no export is logged that did not happen"


def test_building_again_gives_the_same_bag_and_riper_proofs(sealed, tmp_path):
    kept = sealed.kept
    again = tmp_path / "again.zip"
    kept.packages().build("CASE-1", [sealed.id], again)
    with zipfile.ZipFile(again) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files == sealed.files()
    assert again.read_bytes() == sealed.path.read_bytes(), "the export's own log entry is not inside"
    kept.calendar.uri = "https://other.example/"
    try:
        kept.packages().build("CASE-1", [sealed.id], again)
    finally:
        kept.calendar.uri = "https://calendar.example/"
    with zipfile.ZipFile(again) as archive:
        riper = {name: archive.read(name) for name in archive.namelist()}
    changed = {name for name in files if riper[name] != files[name]}
    assert changed == {
        f"{sealed.id}.proofs/{name}" for name in ("evidence.json.ots", "tagmanifest-sha256.txt.ots", "proofs.json")
    }
    assert sealed.verify(path=again).exit_code == 2


def test_a_package_before_the_notary_has_anything(sealed, tmp_path):
    kept = sealed.kept
    kept.calendar.stamped = False
    try:
        kept.packages().build("CASE-1", [sealed.id], tmp_path / "queued.zip")
    finally:
        kept.calendar.stamped = True
    verdict = sealed.verify(path=tmp_path / "queued.zip")
    assert verdict.exit_code == 2
    assert [item.state for item in verdict.proofs if item.kind == "ots"] == ["missing", "missing"]


def test_what_cannot_be_packaged(fresh, shop, replay, tmp_path):
    kept = fresh(capture=lambda *args: replay(*args, outcome="failed"))
    exhibit = kept.run(shop.url())
    for ids, why in (
        ([exhibit.id], "capture is failed"),
        (["EV-none"], "no exhibit"),
        ([], "no exhibit that can be packaged"),
    ):
        with pytest.raises(PackageError, match=why):
            kept.packages().build("C", ids, tmp_path / "none.zip")
    assert not (tmp_path / "none.zip").exists()


def test_a_changed_vault_file_stops_the_export(sealed, tmp_path):
    _, store, vault = copied_home(sealed, tmp_path)
    kept = sealed.kept
    target = next(item for item in store.get(sealed.id).artifacts if item.path == "render/full.png")
    path = vault.path(target.sha256)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    from evidence.package.stage import PackageStage

    stage = PackageStage(store, vault, kept.calendar, SealKey.generate(), kept.clock)
    with pytest.raises(BlobChanged, match="changed") as caught:
        stage.build("C", [sealed.id], tmp_path / "out.zip")
    assert "restore" in caught.value.next_step
    assert not (tmp_path / "out.zip").exists()

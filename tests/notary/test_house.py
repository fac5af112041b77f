"""What holds for the package as a whole: what it imports, that the store is what the stage asks for, what is documented."""

import ast
import hashlib
import inspect
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from demo.calendar import DemoCalendar
from guards.errors import MarkwatchError
from notary import errors, ports
from notary.anchors import build_anchors
from notary.seal import SealKey, sign_note
from notary.stage import Notary, Policy
from records.engine import Sessions, open_engine
from records.proofs import Commitment, ProofRecords
from records.tables.base import Base
from records.terms import Level, ProofState, ProofVerdict

REPO = Path(__file__).parents[2]
NOTARY = REPO / "notary"
DOCS = REPO / "docs" / "proofs.md"
NETWORK = {"socket", "http", "http.client", "urllib.request", "ssl", "requests", "httpx", "guards.http"}


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sorted(NOTARY.rglob("*.py")), ids=lambda path: str(path.relative_to(NOTARY)))
def test_only_anchors_touch_the_network_and_nothing_the_database(path):
    found = imports_of(path)
    if path.parent.name != "anchors":
        assert not found & NETWORK
    assert not {
        name
        for name in found
        if name.partition(".")[0] in {"sqlalchemy", "settings", "scrapy", "opentimestamps", "demo"}
    }
    house = {
        name
        for name in found
        if name.partition(".")[0] in {"crawler", "detectors", "evidence", "patrol", "desk", "records"}
    }
    assert house <= {"records.model", "records.terms", "records.ids"}


def test_no_module_needs_the_library():
    code = "import sys, notary.stage, notary.anchors.opentimestamps; print('opentimestamps' in sys.modules, 'sqlalchemy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO)
    assert run.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    "name", [name for name, item in inspect.getmembers(ports.ProofStore, inspect.isfunction) if name[0] != "_"]
)
def test_the_records_keep_the_stores_promise(name):
    wanted = inspect.signature(getattr(ports.ProofStore, name)).parameters
    given = inspect.signature(getattr(ProofRecords, name)).parameters
    assert [(item.name, item.kind, item.default) for item in wanted.values()] == [
        (item.name, item.kind, item.default) for item in given.values()
    ]


def test_commitments_have_what_the_stage_reads():
    wanted = {name for name, item in vars(ports.Commitment).items() if isinstance(item, property)}
    assert wanted == set(Commitment.__dataclass_fields__)


def test_every_error_is_of_the_family_and_ends_a_command_well():
    kinds = [item for _, item in inspect.getmembers(errors, inspect.isclass) if item.__module__ == "notary.errors"]
    assert len(kinds) > 12
    for kind in kinds:
        assert issubclass(kind, MarkwatchError)
        assert kind("what", "what next").exit_code in {1, 2, 3, 4}
        assert str(kind("what", "what next")) == "what — what next"


def test_two_workers_at_once_send_each_root_once(tmp_path, reach_of, clock):
    engine = open_engine(f"sqlite:///{tmp_path}/shared.db")
    Base.metadata.create_all(engine)
    with DemoCalendar() as demo:
        made = [
            Notary(
                ProofRecords(Sessions(engine)),
                build_anchors({"opentimestamps": [demo.url]}, reach_of(demo.host)),
                clock,
                Policy(batch_items=2, batch_s=0),
            )
            for _ in range(3)
        ]
        for number in range(12):
            made[0].enqueue(f"s{number}", hashlib.sha256(b"%d" % number).hexdigest())
        gate = threading.Barrier(3)

        def work(notary: Notary) -> None:
            gate.wait()
            notary.run_due()

        threads = [threading.Thread(target=work, args=(notary,)) for notary in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(demo.submitted) == len(set(demo.submitted)) == 6
        assert {proof.state for proof in made[0].proofs()} == {ProofState.PENDING}


@pytest.mark.postgres
def test_the_life_of_a_proof_on_postgresql(postgres_url, reach_of, clock, server, calendar_script, mine):
    engine = open_engine(postgres_url)
    Base.metadata.create_all(engine)
    calendar = calendar_script(server)
    store, anchors = (
        ProofRecords(Sessions(engine)),
        build_anchors({"opentimestamps": [server.url]}, reach_of(server.host)),
    )
    notary = Notary(store, anchors, clock)
    notary.enqueue("s", "ab" * 32)
    notary.run_due(force=True)
    calendar.height = 100
    book = mine(100, 1, {100: calendar.merkle_root()}).book()
    verified = Notary(store, anchors, clock, headers=book)
    clock.advance(hours=2)
    assert verified.upgrade_due().verified == 1
    assert [proof.state for proof in verified.proofs("ab" * 32)] == [ProofState.VERIFIED]
    engine.dispose()


# --- docs/proofs.md ----------------------------------------------------------------------------------------------------


def test_every_state_verdict_and_level_is_explained():
    text = DOCS.read_text()
    used = {
        ProofState.QUEUED,
        ProofState.SUBMITTING,
        ProofState.PENDING,
        ProofState.ATTESTED,
        ProofState.VERIFIED,
        ProofState.RETRYING,
        ProofState.STALE,
        ProofState.DEAD,
    }
    for word in [*used, *ProofVerdict, Level.CHECKPOINT, Level.HEADER, Level.DEMO, Level.NONE]:
        assert f"`{word.value}`" in text


def test_every_part_is_in_both_languages():
    for part in re.split(r"^## ", DOCS.read_text(), flags=re.MULTILINE)[1:]:
        assert re.search("[\u4e00-\u9fff]{8}", part)
        assert re.search(r"(\b[a-z]+\b[ ,]+){5}", part)


@pytest.fixture
def recipe():
    """The shell lines by which a seal is checked without us."""
    (block,) = [
        block for block in re.findall(r"```bash\n(.*?)```", DOCS.read_text(), re.DOTALL) if "seal.json" in block
    ]
    return block


def seal_file(folder, lines, forged=None):
    key = SealKey("markwatch/seal", bytes(range(32)))
    note = sign_note("markwatch/seal/EV-1", lines, key)
    note = note.replace(*forged) if forged else note
    (folder / "seal.json").write_text(
        json.dumps({"format": "markwatch-seal/1", "key": str(key.verifier), "note": note})
    )


def follow(recipe, folder):
    return subprocess.run(
        ["bash", "-e", "-c", recipe], capture_output=True, text=True, cwd=folder, timeout=60, check=False
    )


def test_openssl_confirms_a_seal_as_the_page_says(recipe, tmp_path):
    seal_file(tmp_path, ["sha256 00 evidence.json", "sha256 11 tagmanifest-sha256.txt"])
    run = follow(recipe, tmp_path)
    assert run.returncode == 0, run.stderr
    assert "Signature Verified Successfully" in run.stdout
    assert (tmp_path / "text.txt").read_text().splitlines()[1] == "sha256 00 evidence.json"


def test_openssl_refuses_a_forged_seal(recipe, tmp_path):
    seal_file(tmp_path, ["sha256 00 evidence.json"], forged=("sha256 00", "sha256 ff"))
    run = follow(recipe, tmp_path)
    assert run.returncode != 0
    assert "Verified Successfully" not in run.stdout


def test_the_stock_client_names_the_root_to_look_up_as_the_page_says(data, tmp_path):
    for name in ("hello-world.txt", "hello-world.txt.ots"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    command = [
        str(Path(sys.executable).with_name("ots")),
        "--no-cache",
        "--no-bitcoin",
        "verify",
        "hello-world.txt.ots",
    ]
    run = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False, env={"HOME": str(tmp_path)}
    )
    assert (
        "Bitcoin block 358391 has merkleroot 8a1b66ecb7cbd07d8139a7e7d7f2c41aab1f5009b8364aaf61d03ad245e47e00"
        in run.stderr
    )

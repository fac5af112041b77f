"""The run of `markwatch demo`: its parts, and the whole from start to end as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from datetime import date
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import bagit
import pytest

from demo import data, run
from demo.hindsight import _counted
from demo.tamper import flip_one_byte
from demo.words import SENTENCES
from patrol.app import build
from records.model import Hit, Listing, Snapshot
from records.terms import HitState, Outcome

COMMAND = [sys.executable, "-c", "from desk.cli.main import main; main()"]
DEADLINE_S = 900


def heed_ctrl_c() -> None:
    """Undo an ignored SIGINT, which a child inherits from shells that run tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_folder_that_is_not_the_demos_is_never_wiped(tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(run.DemoError, match="did not make"):
        run.demo_home(tmp_path)
    assert (tmp_path / "demo" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_its_own_folder_is_made_anew(tmp_path):
    home = run.demo_home(tmp_path)
    (home / "markwatch.db").write_bytes(b"old")
    assert run.demo_home(tmp_path) == home
    assert [path.name for path in home.iterdir()] == [run.MARKER]
    assert home.stat().st_mode & 0o077 == 0


def test_the_users_database_vault_and_calendars_are_not_touched(tmp_path):
    values = run.overrides(tmp_path, frozenset({"127.0.0.1:1"}), "http://127.0.0.1:2/demo-calendar")
    assert str(tmp_path) in values["MARKWATCH_DATABASE_URL"]
    assert str(tmp_path) in values["MARKWATCH_VAULT_URL"]
    assert values["MARKWATCH_CALENDARS"].endswith("/demo-calendar")
    assert values["MARKWATCH_ALLOW_HOSTS"] == "127.0.0.1:1"
    assert not values["MARKWATCH_CONFIRM_RULE_MIN_SCORE"]


def _hit(number: int, right: str, score: float, **fields) -> Hit:
    values = {"alert": True, "outcome": Outcome.SUSPECTED, "findings": ()} | fields
    return Hit(f"h{number}", f"l{number}", right, score, **values)


def test_the_clearest_are_suspected_open_one_a_right_and_one_a_source():
    hits = [
        _hit(1, "A", 0.9),
        _hit(2, "A", 0.95),
        _hit(3, "B", 0.99, outcome=Outcome.VERIFY_ORIGIN),
        _hit(4, "B", 0.8),
        _hit(5, "C", 0.97, state=HitState.DISMISSED),
        _hit(6, "D", 0.3, alert=False),
        _hit(7, "E", 0.7),
    ]
    sources = {"h2": "one", "h4": "two", "h7": "two"}
    assert [hit.id for hit in run.clearest(hits, lambda hit: sources.get(hit.id, hit.id), 5)] == ["h2", "h4"]
    assert [hit.id for hit in run.clearest(hits, lambda hit: hit.id, 1)] == ["h2"]


def test_hindsight_counts_what_was_raised_for_the_right_it_concerns():
    planted = {key: row for key, row in data.truth().items() if row.outcome in ("suspected", "verify_origin")}
    ordinary = next(item.key for item in data.listings() if item.key not in data.truth())
    raised = {key: {row.right} for key, row in list(planted.items())[:3]} | {
        list(planted)[3]: {"other"},
        ordinary: {"R01"},
    }
    seen = _counted(raised, 7)
    assert (seen.listings, seen.planted, seen.raised, seen.wrong) == (7, len(planted), 3, [ordinary])
    assert len(seen.missed) == len(planted) - 3
    assert seen.planted + seen.honest == len(data.listings())


def test_one_bit_of_the_largest_payload_is_flipped(tmp_path):
    original = tmp_path / "a.zip"
    with zipfile.ZipFile(original, "w") as archive:
        archive.writestr("EV-1/data/small.txt", b"x")
        archive.writestr("EV-1/data/large.bin", bytes(1000))
        archive.writestr("EV-1.proofs/larger.bin", bytes(5000))
    assert flip_one_byte(original, tmp_path / "b.zip") == "EV-1/data/large.bin"
    with zipfile.ZipFile(original) as before, zipfile.ZipFile(tmp_path / "b.zip") as after:
        assert after.testzip() is None
        assert after.namelist() == before.namelist()
        names = [name for name in before.namelist() if before.read(name) != after.read(name)]
        assert names == ["EV-1/data/large.bin"]
        pairs = zip(before.read(names[0]), after.read(names[0]), strict=True)
    assert sum((x ^ y).bit_count() for x, y in pairs) == 1


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_both_languages_take_the_same_values(key):
    import string

    names = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in (SENTENCES[key].zh, SENTENCES[key].en)
    ]
    assert names[0] == names[1]
    assert "侵权" not in SENTENCES[key].zh


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], dict, Path]:
    """The whole demo in its own process, with a database of the user's own set that it must not touch."""
    home = tmp_path_factory.mktemp("home")
    env = {**os.environ, "MARKWATCH_HOME": str(home), "MARKWATCH_DATABASE_URL": f"sqlite:///{home / 'users-own.db'}"}
    done = subprocess.run(
        [*COMMAND, "demo", "--json"], env=env, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    last = done.stdout.strip().splitlines()[-1:] or [f'{{"stderr": {json.dumps(done.stderr[-3000:])}}}']
    return done, json.loads(last[0]), home


def test_it_ends_well_with_the_promised_document(demo):
    done, document, _ = demo
    assert done.returncode == 0, done.stderr[-3000:]
    assert {"listings", "rights", "alerts", "exhibits", "package", "verify", "desk"} <= set(document)
    assert len(done.stdout.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_every_listing_was_read_and_every_right_imported(demo):
    _, document, _ = demo
    assert document["listings"] == len(data.listings())
    assert document["rights"] == 15


def test_nearly_all_planted_are_raised_and_nearly_nothing_else(demo):
    expected = demo[1]["expected"]
    assert expected["raised"] >= 0.9 * expected["planted"]
    assert expected["false_alarms"] <= 3
    assert demo[1]["alerts"] >= expected["raised"]


def test_its_package_is_a_valid_bag_whose_proof_is_pending_or_demo(demo, tmp_path):
    _, document, _ = demo
    assert document["exhibits"] >= 1
    assert document["verify"]["exit"] == 2
    with zipfile.ZipFile(document["package"]) as archive:
        archive.extractall(tmp_path)
    bags = [path for path in tmp_path.iterdir() if (path / "bagit.txt").is_file()]
    assert bags
    for bag in bags:
        bagit.Bag(str(bag)).validate()


def test_the_command_verify_says_the_same_and_1_of_a_changed_copy(demo, tmp_path):
    _, document, home = demo
    env = {**os.environ, "MARKWATCH_HOME": str(home / "demo")}
    flip_one_byte(Path(document["package"]), tmp_path / "changed.zip")
    codes = [
        subprocess.run(
            [*COMMAND, "verify", str(path), "--json"], env=env, capture_output=True, timeout=120, check=False
        ).returncode
        for path in (document["package"], tmp_path / "changed.zip")
    ]
    assert codes == [2, 1]
    assert document["tampered"] == {"exit": 1}


def test_everything_it_started_is_stopped(demo):
    address = urlsplit(demo[1]["desk"]).netloc
    with pytest.raises(OSError):
        HTTPConnection(address, timeout=2).connect()


def test_the_users_own_database_was_not_made(demo):
    home = demo[2]
    assert not (home / "users-own.db").exists()
    assert (home / "demo" / "markwatch.db").is_file()


@pytest.fixture(scope="module")
def read(demo) -> dict[tuple[str, str], tuple[data.Item, Listing, Snapshot]]:
    """What the demo's crawl made of each item: by shop and title, read from the records that it left."""
    app = build(run.overrides(demo[2] / "demo", frozenset(), "http://127.0.0.1:9/demo-calendar"))
    items = {item.key: item for item in data.listings()}
    found = {}
    for listing in app.records.listings.all():
        snapshot = app.records.listings.latest_snapshot(listing.id)
        key = re.search(
            r"(?:gobi|bazaar|oasis|fair)-\d{3}", " ".join((listing.key, listing.url or "", *listing.images))
        )
        assert snapshot is not None
        assert key is not None, listing
        item = items[key[0]]
        found[item.shop, item.title] = (item, listing, snapshot)
    app.close()
    return found


def test_every_item_of_every_shop_is_found(read):
    assert set(read) == {(item.shop, item.title) for item in data.listings()}


def test_titles_sellers_and_places_are_the_items_own(read):
    for item, listing, _ in read.values():
        assert (listing.title, listing.seller) == (item.title, item.seller)
        assert listing.seller_location in (item.seller_location, "")


def test_prices_and_currencies_are_right_and_the_fair_has_none(read):
    for item, listing, _ in read.values():
        if item.price:
            assert listing.price is not None, item.key
            assert (listing.price.low.amount, listing.price.low.currency) == (Decimal(item.price), item.currency), (
                item.key
            )
        else:
            assert listing.price is None, item.key


def test_cards_without_links_have_no_address_and_all_others_their_own(read):
    for item, listing, _ in read.values():
        if item.shop == "oasis":
            assert listing.url is None
        else:
            assert listing.url is not None
            assert item.key in listing.url


def test_descriptions_and_stated_origins_are_read(read):
    for item, listing, _ in read.values():
        assert item.description in listing.description, item.key
        assert listing.origin == item.attributes.get("产地", item.attributes.get("Origin", "")), item.key
        assert listing.ingredients == item.attributes.get("配料", item.attributes.get("成分", "")), item.key


def test_the_first_picture_of_each_item_is_kept(read):
    assert all(snapshot.image_sha256s and snapshot.image_sha256s[0] for _, _, snapshot in read.values())


def test_the_fairs_booths_dates_and_venue_are_read(read):
    fair = next(shop for shop in data.shops() if shop.kind == "fair")
    for item, listing, _ in read.values():
        if item.shop == fair.id:
            assert listing.booth == item.booth
            assert listing.event is not None
            assert (listing.event.starts, listing.event.ends) == (
                date.fromisoformat(fair.starts),
                date.fromisoformat(fair.ends),
            )
            assert listing.event.venue == fair.venue


def test_it_shows_its_steps_and_reasons_on_stderr(demo):
    err = demo[0].stderr
    assert all(f"[{step}/8]" in err for step in range(1, 9))
    assert "涉嫌" in err
    assert err.index("[1/8]") < err.index("[8/8]")


def test_the_fair_is_still_to_come_or_was():
    fair = next(shop for shop in data.shops() if shop.kind == "fair")
    assert date.fromisoformat(fair.starts) <= date.fromisoformat(fair.ends)


def test_progress_is_shown_throughout(demo):
    """Each source, detection and each exhibit is told as it is worked on, in words."""
    told = demo[0].stderr
    for shop in data.shops():
        assert f"巡查 {shop.name} …" in told
        assert f"{shop.name}:✓ 正常" in told
    assert "比对 50 个快照" in told
    assert told.count("complete") >= demo[1]["exhibits"]


def test_ctrl_c_before_the_end_is_clean_and_leaves_no_process(tmp_path):
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "MARKWATCH_HOME": str(tmp_path), "TMPDIR": str(tmp_path / "tmp"), "MARKWATCH_LANG": "zh"}
    child = subprocess.Popen(
        [*COMMAND, "demo"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - it sets a signal, nothing else
    )  # fmt: skip
    assert child.stderr is not None
    for line in child.stderr:
        if "巡查 " in line:
            break
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 4, err
    assert "已中断" in err
    assert "Traceback" not in err
    assert _gone(str(tmp_path)), "no crawl of this demo is left"


ENDING = """
import sys
from pathlib import Path
from demo import run
from patrol.app import build
app = build(run.overrides(Path(sys.argv[1]), frozenset(), "http://127.0.0.1:9/demo-calendar") | {"MARKWATCH_DESK_PORT": "0"})
app.init()
summary = run.Summary(1, 1, 1, 1, Path("case.zip"), 2, "unverifiable", 1, 1, 1, 0)
def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()
sys.exit(run._end(app, summary, as_json=False, write=write))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_desk_stays_up_until_it_is_stopped_which_is_a_good_end(tmp_path, number):
    child = subprocess.Popen(
        [sys.executable, "-c", ENDING, str(tmp_path)], env={**os.environ, "MARKWATCH_LANG": "zh"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - it sets a signal, nothing else
    )  # fmt: skip
    assert child.stdout is not None
    told = ""
    for line in child.stdout:
        told += line
        if found := re.search(r"(http://127\.0\.0\.1:\d+/)sign-in\?token=\S+", line):
            break
    assert "case.zip" in told
    link = urlsplit(found[0])
    connection = HTTPConnection(link.netloc, timeout=20)
    connection.request("GET", f"{link.path}?{link.query}")
    assert connection.getresponse().status == 303
    assert child.poll() is None
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    with pytest.raises(OSError):
        HTTPConnection(link.netloc, timeout=2).connect()


def _gone(mark: str) -> bool:
    """Say whether no process that names `mark` in its command line or input is left, within a few seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        left = [
            entry
            for entry in Path("/proc").glob("[0-9]*")
            if mark.encode() in _read(entry / "environ") or mark.encode() in _read(entry / "cmdline")
        ]
        if not left:
            return True
        time.sleep(0.5)
    return False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""

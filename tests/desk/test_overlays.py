"""Overlays by command: of a hit in the records from the vault's pictures, and beside a detection on files."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bench.detection.edits import EDITS, encoded
from bench.detection.pictures import photos, scene
from patrol.app import App, build
from patrol.overlays import file_name
from records.ids import listing_id, new_ulid, source_id
from records.model import Finding, Hit, Listing, Run, Text, Watch
from records.terms import Outcome, RunOutcome, TargetKind

ORIGIN = "http://shop.example"
RIGHTS = "id,kind,name,goods,images\nwork,work,砂岭晚照,,sample.png\ntm1,trademark,砚溪雁,茶叶,\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a portfolio, its sample, and a shop's pictures: a crop, a collage, another one."""
    (tmp_path / "sample.png").write_bytes(encoded(photos()[5]))
    for edit in ("crop 25 %", "4-collage"):
        shown = EDITS[edit](photos()[5], scene(77))
        (tmp_path / f"{edit[:4]}.jpg").write_bytes(encoded(shown, "JPEG", quality=85))
    (tmp_path / "other.png").write_bytes(encoded(scene(78)))
    (tmp_path / "rights.csv").write_text(RIGHTS, "utf-8")
    listings = [
        {"id": "../../甲 1", "title": "装饰画", "images": ["other.png", "crop.jpg"]},
        {"id": "2", "title": "装饰画", "images": ["4-co.jpg"]},
        {"id": "3", "title": "砚溪雁 茶叶", "images": ["other.png"]},
    ]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in listings)
    (tmp_path / "listings.jsonl").write_text(lines, "utf-8")
    return tmp_path


def _detect(cli: Callable[..., Any], files: Path, *more: object, **given_too: Any) -> Any:
    given = "--rights", files / "rights.csv", "--listings", files / "listings.jsonl", "--out", files / "hits.jsonl"
    return cli("detect", *given, *more, **given_too)


def test_detect_draws_each_finding_about_a_picture(cli: Callable[..., Any], files: Path) -> None:
    ran = _detect(cli, files, "--overlays", files / "made" / "drawn", "--json")
    assert ran.code == 0, ran.err
    assert ran.document["overlays"] == 2
    assert ran.document["overlays_dir"] == str(files / "made" / "drawn")
    drawn = sorted((files / "made" / "drawn").iterdir())
    assert [path.suffix for path in drawn] == [".png", ".png"]
    assert [path.name.split("_")[:3] for path in drawn] == [["2", "work", "0"], ["甲-1", "work", "1"]]
    for path in drawn:
        with Image.open(path) as opened:
            opened.load()
            assert max(opened.size) <= 1600
    hits = [json.loads(line) for line in (files / "hits.jsonl").read_text("utf-8").splitlines()]
    kept = [one["alignment"] for hit in hits for one in hit["findings"] if "alignment" in one]
    assert len(kept) == 2
    assert all(len(one["quad"]) == 4 and one["inliers"] >= 14 and one["pairs"] for one in kept)


def test_detect_writes_the_same_bytes_again_in_several_processes_too(cli: Callable[..., Any], files: Path) -> None:
    made = []
    for name, workers in (("one", "1"), ("two", "2")):
        ran = _detect(cli, files, "--overlays", files / name, env={"MARKWATCH_DETECT_WORKERS": workers})
        assert ran.code == 0, ran.err
        made.append({path.name: path.read_bytes() for path in (files / name).iterdir()})
    assert made[0] == made[1]
    assert len(made[0]) == 2


def test_detect_without_the_option_says_nothing_of_overlays(cli: Callable[..., Any], files: Path) -> None:
    ran = _detect(cli, files, "--json")
    assert "overlays" not in ran.document
    assert not list(files.glob("**/*overlay*"))


@pytest.mark.parametrize(("lang", "words"), [("en", "2 overlays →"), ("zh", "对照图 2 张 →")])
def test_detect_says_how_many_were_drawn(cli: Callable[..., Any], files: Path, lang: str, words: str) -> None:
    ran = _detect(cli, files, "--overlays", files / "drawn", env={"MARKWATCH_LANG": lang})
    assert f"{words} {files / 'drawn'}" in ran.out


def test_a_folder_that_cannot_be_made_is_misuse(cli: Callable[..., Any], files: Path) -> None:
    ran = _detect(cli, files, "--overlays", files / "rights.csv" / "drawn")
    assert ran.code == 3
    assert "cannot be made" in ran.err
    assert not (files / "hits.jsonl").exists()


# hits in the records


@pytest.fixture
def house(cli: Callable[..., Any], home: Path) -> Iterator[App]:
    """The records and the vault of the commands' home."""
    app = build()
    yield app
    app.close()


@pytest.fixture
def hit(cli: Callable[..., Any], house: App, files: Path) -> Hit:
    """A hit that detection found in the vault's pictures: the second of a listing's is a crop of the sample."""
    assert cli("rights", "import", files / "rights.csv").code == 0
    house.records.watches.save(Watch("w1", "shop", TargetKind.CATEGORY, (f"{ORIGIN}/list",)))
    known = listing_id(source_id(ORIGIN), "1")
    listing = Listing(
        known, "装饰画", source_id=source_id(ORIGIN), key="1", url=f"{ORIGIN}/1", images=("a.png", "b.jpg")
    )
    shas = tuple(house.vault.put((files / name).read_bytes()) for name in ("other.png", "crop.jpg"))
    store = house.records.listings
    run = store.open_run(Run(new_ulid(), "w1", RunOutcome.RUNNING, house.now()), [("p", "{}")])
    store.write_page(
        run.id, "p", origin=ORIGIN, listings=[(listing, shas)], follow=[], page_url=f"{ORIGIN}/list", page_sha256="0" * 64,
        status=200, rung=None, rendered=False, reason="", at=house.now(),
    )  # fmt: skip
    store.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=house.now())
    assert house.detecting().run().alerts == 1
    (found,) = house.records.hits.query()
    return found


def test_a_hit_is_drawn_from_the_vault(cli: Callable[..., Any], hit: Hit, tmp_path: Path) -> None:
    out = tmp_path / "overlay.png"
    ran = cli("hits", "show", hit.id[:10], "--overlay", out, "--json")
    assert ran.code == 0, ran.err
    assert ran.document["overlay"]["file"] == str(out)
    assert ran.document["overlay"]["field"] == "images[1]"
    kept = ran.document["findings"][ran.document["overlay"]["finding"] - 1]["alignment"]
    assert kept["image_sha256"] == ran.document["images"][1]
    assert kept["reference_sha256"] == ran.document["references"][0]["sha256"]
    with Image.open(out) as opened:
        opened.load()
        assert max(opened.size) <= 1600
    again = tmp_path / "again.png"
    assert cli("hits", "show", hit.id, "--overlay", again, "--finding", ran.document["overlay"]["finding"]).code == 0
    assert again.read_bytes() == out.read_bytes()


def test_it_is_said_where_it_was_written(cli: Callable[..., Any], hit: Hit, tmp_path: Path) -> None:
    out = tmp_path / "overlay.png"
    assert f"overlay of finding 1 → {out}" in cli("hits", "show", hit.id, "--overlay", out).out
    assert "第 1 条理由的对照图" in cli("hits", "show", hit.id, "--overlay", out, env={"MARKWATCH_LANG": "zh"}).out


def test_a_finding_that_is_not_about_a_picture_is_misuse(cli: Callable[..., Any], hit: Hit, tmp_path: Path) -> None:
    ran = cli("hits", "show", hit.id, "--overlay", tmp_path / "o.png", "--finding", "9")
    assert ran.code == 3
    assert "finding 9 is not about a picture; use 1" in ran.err
    assert not (tmp_path / "o.png").exists()


def test_a_hit_without_a_picture_is_misuse(cli: Callable[..., Any], house: App, hit: Hit, tmp_path: Path) -> None:
    word = Finding("name", "name.exact", "title", 0.9, Text("标题", "title"), 0, 3, "砚溪雁")
    house.records.hits.save([Hit("x", hit.listing_id, "tm1", 0.9, True, Outcome.SUSPECTED, (word,))])
    (other,) = [one for one in house.records.hits.query() if one.right_id == "tm1"]
    ran = cli("hits", "show", other.id, "--overlay", tmp_path / "o.png")
    assert ran.code == 3
    assert "no finding about a picture" in ran.err
    assert not (tmp_path / "o.png").exists()
    assert (
        "没有可绘对照图的图片理由"
        in cli("hits", "show", other.id, "--overlay", "o.png", env={"MARKWATCH_LANG": "zh"}).err
    )


@pytest.mark.parametrize("which", ["image_sha256", "reference_sha256"])
@pytest.mark.parametrize("how", ["gone", "changed"])
def test_bytes_that_are_gone_or_changed_are_named(
    cli: Callable[..., Any], house: App, hit: Hit, tmp_path: Path, which: str, how: str
) -> None:
    kept = hit.findings[0].alignment
    assert kept is not None
    sha256 = getattr(kept, which)
    path = house.vault.path(sha256)
    path.chmod(0o600)
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(b"other bytes")
    ran = cli("hits", "show", hit.id, "--overlay", tmp_path / "o.png")
    assert ran.code == 1
    assert sha256[:16] in ran.err
    assert "missing or was changed" in ran.err
    assert not (tmp_path / "o.png").exists()


def test_a_place_that_cannot_be_written_leaves_nothing(cli: Callable[..., Any], hit: Hit, tmp_path: Path) -> None:
    ran = cli("hits", "show", hit.id, "--overlay", tmp_path / "none" / "o.png")
    assert ran.code == 4
    assert "Traceback" not in ran.err
    assert not (tmp_path / "none").exists()


def test_an_unknown_hit_is_misuse(cli: Callable[..., Any], hit: Hit, tmp_path: Path) -> None:
    assert cli("hits", "show", "ffffffffff", "--overlay", tmp_path / "o.png").code == 3


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "\x00\n", "字" * 400, "\ud800", "", ".", "..", "CON"])
def test_file_names_are_safe_and_tell_apart(name: str) -> None:
    finding = Finding("image_copy", "image.copy", "images[0]", 0.9, Text("", ""), reference_id=name)
    one = file_name(Hit("h", name, name, 0.9, True, Outcome.SUSPECTED, ()), finding)
    other = file_name(Hit("h", name + "x", name, 0.9, True, Outcome.SUSPECTED, ()), finding)
    assert one != other
    assert Path(one).name == one
    assert not one.startswith((".", "-"))
    assert len(one.encode()) <= 160
    assert one.isprintable()

"""Bags, reports, seals: deterministic, complete, and readable with stock tools."""

import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785

from evidence.capture.wacz import surt
from evidence.custody import CustodyLog
from evidence.errors import PackageError
from evidence.package.bag import BagInput, escape_path, make_bag
from evidence.package.build import PackageInput, build_package
from evidence.package.report import ReportInput, report_html, report_pdf
from evidence.package.seal import seal_json, stamped
from evidence.package.words import WORDS, word
from evidence.verify.verdict import STEPS
from evidence.zipform import Bytes, FileOnDisk, write_zip
from notary.seal import VerifierKey, open_note

BIN = Path(sys.executable).parent
BUILT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def given(sealed):
    """What a bag is made of, with a fixed time."""
    exhibit = sealed.kept.store.get(sealed.id)
    inside = CustodyLog.parse(sealed.bag()["data/custody/custody.jsonl"])
    return BagInput(exhibit, inside.entries, BUILT, "markwatch/test")


@pytest.fixture(scope="module")
def unpacked(sealed, tmp_path_factory):
    """The package, unpacked."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(sealed.path) as archive:
        archive.extractall(folder)
    return folder


def run(*command, cwd):
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bag(sealed, given):
    """The bag of that input."""
    return make_bag(given, sealed.kept.vault)


def test_equal_input_gives_equal_bytes(sealed, given, bag, tmp_path):
    kept, first = sealed.kept, bag
    assert first == make_bag(given, kept.vault)
    packages = []
    for name in ("one.zip", "two.zip"):
        package = PackageInput("C", [first], kept.key, BUILT, {sealed.id: {"evidence.json.ots": b"x"}}, "court")
        packages.append(build_package(package, kept.vault, tmp_path / name))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert packages[0].id == packages[1].id
    assert packages[0].sha256 == hashlib.sha256((tmp_path / "one.zip").read_bytes()).hexdigest()


def test_another_build_time_gives_another_bag(sealed, given, bag):
    later = replace(given, built_at=datetime(2027, 1, 1, tzinfo=UTC))
    first = {item.path: item.sha256 for item in bag.files}
    second = {item.path: item.sha256 for item in make_bag(later, sealed.kept.vault).files}
    changed = {path for path in first if first[path] != second[path]}
    assert {"bag-info.txt", "data/evidence.json", "data/report/report.zh.pdf"} <= changed
    assert not any(path.startswith(("data/render", "data/capture", "data/custody")) for path in changed)


def test_bagit_accepts_the_bag(unpacked, sealed):
    done = run(sys.executable, "-m", "bagit", "--validate", unpacked / sealed.id, cwd=unpacked)
    assert done.returncode == 0, done.stderr
    (unpacked / sealed.id / "data/render/full.png").open("ab").write(b"x")
    try:
        assert run(sys.executable, "-m", "bagit", "--validate", unpacked / sealed.id, cwd=unpacked).returncode != 0
    finally:
        data = sealed.bag()["data/render/full.png"]
        (unpacked / sealed.id / "data/render/full.png").write_bytes(data)


@pytest.mark.parametrize("tool", ["sha256", "sha512"])
def test_sha_sums_check(unpacked, sealed, tool):
    for name in (f"manifest-{tool}.txt", f"tagmanifest-{tool}.txt"):
        done = run(f"{tool}sum", "-c", "--strict", name, cwd=unpacked / sealed.id)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count(": OK") == len((unpacked / sealed.id / name).read_text().splitlines())


def test_openssl_agrees_on_sm3(unpacked, sealed):
    listed = json.loads((unpacked / sealed.id / "data/evidence.json").read_text())["files"]
    for item in listed[:6]:
        done = run("openssl", "dgst", "-sm3", unpacked / sealed.id / item["path"], cwd=unpacked)
        assert done.stdout.strip().endswith(item["sm3"]), done.stderr


def test_the_archive_inside_is_accepted(unpacked, sealed):
    wacz = unpacked / sealed.id / f"data/capture/{sealed.id}.wacz"
    done = run(BIN / "wacz", "validate", "-f", wacz, cwd=unpacked)
    assert done.returncode == 0, done.stdout
    assert "is valid" in done.stdout


def test_the_zip_passes_stock_tools(sealed, tmp_path):
    with zipfile.ZipFile(sealed.path) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_evidence_json_names_every_other_payload_file(sealed):
    bag = sealed.bag()
    document = json.loads(bag["data/evidence.json"])
    assert rfc8785.dumps(document) == bag["data/evidence.json"]
    named = {item["path"]: item for item in document["files"]}
    assert set(named) == {path for path in bag if path.startswith("data/")} - {"data/evidence.json"}
    for path, item in named.items():
        assert item["sha256"] == hashlib.sha256(bag[path]).hexdigest()
        assert item["sm3"] == hashlib.new("sm3", bag[path]).hexdigest()
        assert item["role"]
    roles = {item["role"] for item in named.values()}
    assert roles == {
        "archive",
        "capture",
        "render",
        "network",
        "environment",
        "detection",
        "reference",
        "custody",
        "report",
        "readme",
    }


def test_the_seal_signs_the_three_digests(sealed):
    files = sealed.files()
    seal = json.loads(files[f"{sealed.id}.proofs/seal.json"])
    assert seal["format"] == "markwatch-seal/1"
    note = open_note(seal["note"], [VerifierKey.parse(seal["key"])])
    bag = sealed.bag()
    assert note.origin == f"markwatch/seal/{sealed.id}"
    assert note.lines == tuple(
        f"sha256 {hashlib.sha256(bag[path]).hexdigest()} {name}"
        for name, path in (
            ("evidence.json", "data/evidence.json"),
            *((n, n) for n in ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")),
        )
    )
    standing = sealed.kept.store.bag(sealed.id)
    assert seal_json(standing, sealed.kept.key) == files[f"{sealed.id}.proofs/seal.json"]
    assert set(stamped(standing)) == {"evidence.json", "tagmanifest-sha256.txt"}
    assert set(stamped(standing).values()) <= set(sealed.kept.calendar.subjects)


def report_of(sealed, **changes):
    bag = sealed.bag()
    document = json.loads(bag["data/capture/capture.json"])
    fields = {
        "exhibit": sealed.kept.store.get(sealed.id),
        "custody": CustodyLog.parse(bag["data/custody/custody.jsonl"]),
        "built_at": BUILT,
        "capture": document,
        "environment": json.loads(bag["data/environment/before.json"]),
        "match": json.loads(bag["data/detection/match.json"]),
        "screenshot": bag["data/render/viewport.png"],
    }
    return ReportInput(**{**fields, **changes})


def test_the_report_says_what_it_must(sealed):
    zh, en = (report_html(report_of(sealed), lang) for lang in ("zh", "en"))
    assert f"本件直接来源于证据包 {sealed.id},核验以包内数据为准" in zh
    assert "涉嫌" in zh
    assert "What this does not prove" in en
    for text in (zh, en):
        assert sealed.id in text
        assert "阿拉善白绒山羊" in text
        assert all(item.sha256 in text and item.sm3 in text for item in sealed.kept.store.get(sealed.id).artifacts)
        assert "<b>特价</b>" not in text, "what the page says is escaped"
        assert not re.search(r"侵权(?!线索)", text), "before a judgment nothing is an infringement"
        assert not re.search(r"(src|href)\s*=\s*['\"](?!data:)", text), "nothing is loaded from anywhere"


def test_a_hostile_page_cannot_write_the_report(sealed):
    capture = {
        "title": "</td><script>x</script>\x00\x1b\ud800",
        "final_url": "javascript:'\"<",
        "lost": [{"url": "<img src=http://x/>", "what": "&"}] * 30,
    }
    environment = {"clock": {"state": "<i>"}, "beacon": {}, "system": {}, "browser": {}}
    hostile = report_of(
        sealed,
        capture=capture,
        environment=environment,
        match={"match": {"findings": [1, {"explanation": "<u>"}], "right": "<s>"}},
        screenshot=b"",
    )
    text = report_html(hostile, "en")
    for tag in ("<script>", "<img src=http", "<i>", "<u>", "<s>"):
        assert tag not in text
    assert "and 18 more" in text
    assert report_pdf(hostile, "en").startswith(b"%PDF-")


def test_the_findings_of_a_hit_are_in_the_report(sealed):
    finding = {
        "detector": "text",
        "rule": "alias",
        "field": "title",
        "score": 0.8,
        "explanation": {"zh": "标题第3字起写有别名", "en": "the title holds an alias"},
    }
    match = {"match": {"hit": {"findings": [finding]}, "right": None, "listing": {"id": "l1", "title": "绒衫"}}}
    assert "标题第3字起写有别名" in report_html(report_of(sealed, match=match), "zh")
    assert "the title holds an alias" in report_html(report_of(sealed, match=match), "en")
    assert "未附比对结论" in report_html(report_of(sealed, match={}), "zh")


def test_the_pdf_is_archival_and_the_same_each_time(sealed):
    report = report_of(sealed)
    first = report_pdf(report, "zh")
    assert first == report_pdf(report, "zh")
    streams = re.findall(rb"stream\n(.*?)\nendstream", first, re.DOTALL)
    metadata = [zlib.decompress(data) for data in streams if data[:1] == b"x"]
    assert any(b"pdfaid:part" in data for data in metadata), "it says that it is PDF/A"
    assert b"/EmbeddedFile" not in first


def test_both_languages_have_every_word():
    assert all(zh and en and zh != en for zh, en in WORDS.values())
    for key, (zh, en) in WORDS.items():
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en)), key
    assert word("more", "zh", n=3) == "另有 3 项,见 capture.json"


def test_two_files_that_want_one_place(sealed, given):
    clash = replace(given.exhibit.artifacts[0], path="report/report.zh.pdf")
    exhibit = replace(given.exhibit, artifacts=(*given.exhibit.artifacts, clash))
    with pytest.raises(PackageError, match="want the same place"):
        make_bag(replace(given, exhibit=exhibit), sealed.kept.vault)


def test_manifest_paths_are_escaped():
    assert escape_path("a%b\nc\rd") == "a%25b%0Ac%0Dd"


def test_the_zip_writer_refuses_what_it_cannot_keep(tmp_path):
    with pytest.raises(PackageError, match="used twice"):
        write_zip(io.BytesIO(), [("a", Bytes(b"1")), ("a", Bytes(b"2"))])
    path = tmp_path / "grows"
    path.write_bytes(b"123")
    source = FileOnDisk(path)
    path.write_bytes(b"12345")
    with pytest.raises(PackageError, match="expected 3 bytes"):
        write_zip(io.BytesIO(), [("a", source)])


def test_the_documented_steps_are_the_steps_of_the_code():
    root = Path(__file__).parents[2]
    documented = re.findall(r"^\| (\d+) ([a-z. ]+?) \|", (root / "docs/verify.md").read_text(), re.MULTILINE)
    in_code = re.findall(r"^(\d+)\. ([a-z. ]+):", (root / "evidence/verify/verifier.py").read_text(), re.MULTILINE)
    assert dict(documented) == dict(in_code) == {str(number): name for number, name in STEPS.items()}


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Example.com/", "com,example)/"),
        ("https://a.b.cn:8443/x?b=1&a=2", "cn,b,a:8443)/x?a=2&b=1"),
        ("http://127.0.0.1:80/A", "127.0.0.1)/a"),
        ("https://h.cn/商品", "cn,h)/%e5%95%86%e5%93%81"),
    ],
)
def test_surt(url, key):
    assert surt(url) == key

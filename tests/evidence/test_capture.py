"""Real captures of real servers on loopback by real Chromium, well-behaved and hostile."""

import hashlib
import io
import json
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from evidence.capture.api import CaptureOptions, capture_page, read_result
from evidence.errors import CaptureError
from guards.egress import EgressPolicy
from guards.errors import DiskFull
from records.terms import CaptureOutcome, Fidelity

BIN = Path(sys.executable).parent


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def rich(make_site, helpers, tmp_path_factory):
    """One capture of a page with gzip, a redirect, duplicate headers, a lazy picture, a frame, POST, 204 and 404."""
    import gzip

    answer, png = helpers["answer"], helpers["png"]
    packed = gzip.compress(b"body { color: black }" * 50)
    frame = make_site({"/frame": answer("<p>框架内容</p>".encode())})
    page = f"""<!doctype html><meta charset=utf-8><title>羊绒</title><link rel=stylesheet href=/s.css>
    <h1>39.90</h1><img src=/moved.png><div style="height:4000px"></div><img loading=lazy src=/lazy.png width=50 height=50>
    <iframe src="{frame.url("/frame")}"></iframe><img src=/missing.png><img src="http://10.1.2.3/private.png">
    <script>fetch("/none"); fetch("/post", {{method: "POST", body: "价格=39"}}); window.open("/popup");
    console.warn("留意"); alert("促销")</script>"""

    def twice(handler):
        handler.send_response(200)
        for name, value in (
            ("Content-Type", "text/plain"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("Content-Length", "2"),
        ):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(b"ok")

    site = make_site(
        {
            "/": answer(page.encode()),
            "/s.css": answer(packed, "text/css", Content_Encoding="gzip"),
            "/real.png": answer(png(), "image/png"),
            "/moved.png": answer(b"see other", status=302, Location="/real.png"),
            "/lazy.png": answer(png((1, 2, 3)), "image/png"),
            "/none": answer(b"", status=204),
            "/post": twice,
            "/popup": answer(b"<p>popup"),
        }
    )
    options = CaptureOptions(
        policy=EgressPolicy([site.host, frame.host]), deadline_s=25, quiet_s=0.5, disk_floor_bytes=0
    )
    return site, frame, capture_page(site.url(), tmp_path_factory.mktemp("rich"), options)


def test_a_page_is_captured_whole(rich):
    site, _, result = rich
    assert (result.outcome, result.reason) == (CaptureOutcome.COMPLETE, "")
    assert (result.fidelity, result.status, result.certificate) == (Fidelity.BROWSER_DECODED, 200, None)
    document = result.document()
    assert {"id", "url", "outcome", "fidelity", "wacz", "lost", "certificate"} <= set(document)
    assert document["url"] == site.url()
    assert json.loads(json.dumps(document)) == document


def test_what_the_server_sent_is_in_the_warc(rich, helpers):
    site, frame, result = rich
    with zipfile.ZipFile(result.wacz) as archive:
        warc = archive.read("archive/data.warc.gz")
    found = {}
    for record in ArchiveIterator(io.BytesIO(warc)):
        if record.rec_type == "response":
            body = record.content_stream().read()
            found[record.rec_headers["WARC-Target-URI"]] = (
                record.http_headers.get_statuscode(),
                body,
                record.http_headers.headers,
            )
    assert found[site.url("/real.png")][:2] == ("200", helpers["png"]())
    assert found[site.url("/lazy.png")][1] == helpers["png"]((1, 2, 3)), "lazy pictures are scrolled in"
    assert found[frame.url("/frame")][1].decode() == "<p>框架内容</p>"
    assert found[site.url("/missing.png")][0] == "404"
    assert found[site.url("/none")][0] == "204"
    assert found[site.url("/moved.png")][0] == "302"
    assert found[site.url("/s.css")][1] == b"body { color: black }" * 50, "decoded, and said so"
    assert [value for name, value in found[site.url("/post")][2] if name.lower() == "set-cookie"] == ["a=1", "b=2"]


def test_requests_are_recorded_as_the_server_saw_them(rich):
    site, _, result = rich
    posted = next(item for item in lines(result.folder / "network/exchanges.jsonl") if item["url"] == site.url("/post"))
    assert ("POST", "/post", "价格=39".encode()) in site.log
    assert posted["method"] == "POST"
    assert posted["request_body_sha256"] == hashlib.sha256("价格=39".encode()).hexdigest()
    assert {"Host", "User-Agent"} <= {name for name, _ in posted["request_headers"]}


def test_what_was_lost_is_said(rich):
    site, _, result = rich
    lost = {(item["url"], item["what"]) for item in result.lost}
    assert (site.url("/moved.png"), "body: the browser drops the bodies of redirects") in lost
    assert (site.url("/s.css"), "content-encoding: gzip was undone by the browser") in lost
    assert any(url == "http://10.1.2.3/private.png" for url, _ in lost)
    assert all(path != "/popup" for _, path, _ in site.log), "a page may open windows no more than for any visitor"


def test_private_addresses_are_refused_and_logged(rich):
    _, _, result = rich
    log = json.loads((result.folder / "network/dns.json").read_text())["connections"]
    refused = [item for item in log if item["host"] == "10.1.2.3"]
    assert [item["state"] for item in refused] == ["refused"]
    assert "private" in refused[0]["reason"]


def test_the_pictures_and_papers_are_real(rich):
    _, _, result = rich
    with (
        Image.open(result.folder / "render/viewport.png") as view,
        Image.open(result.folder / "render/full.png") as full,
    ):
        assert view.size == (1280, 900)
        assert full.size[1] > 4000
    assert (result.folder / "render/page.pdf").read_bytes().startswith(b"%PDF-")
    assert "39.90" in (result.folder / "render/dom.html").read_text()
    assert json.loads((result.folder / "render/axtree.json").read_text())["nodes"]
    console = {(item["type"], item["text"]) for item in lines(result.folder / "render/console.jsonl")}
    assert {("warning", "留意"), ("dialog:alert", "促销")} <= console


def test_the_environment_says_what_is_not_known(rich):
    _, _, result = rich
    before = json.loads((result.folder / "environment/before.json").read_text())
    after = json.loads((result.folder / "environment/after.json").read_text())
    assert before["clock"]["sources"] == []
    assert "none in reach" in before["clock"]["state"]
    assert before["beacon"]["state"] == "absent"
    assert before["capturing"]["sandbox"] == "on" or "root" in before["capturing"]["sandbox"]
    assert all(len(item["sha256"]) == 64 for item in before["browser"]["files"].values())
    assert any("Noto" in line for line in before["fonts"]["fonts"])
    assert "evidence/vault.py" in before["own_files"]["files"]
    assert after["clock"]["utc"] > before["clock"]["utc"]
    assert after["totals"]["bytes"] > 0


def test_stock_tools_accept_the_archive(rich, tmp_path):
    _, _, result = rich
    done = subprocess.run(
        [BIN / "wacz", "validate", "-f", str(result.wacz)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is valid" in done.stdout
    with zipfile.ZipFile(result.wacz) as archive:
        archive.extract("archive/data.warc.gz", tmp_path)
    checked = subprocess.run(
        [BIN / "warcio", "check", "-v", str(tmp_path / "archive/data.warc.gz")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "sha256" not in checked.stderr
    assert checked.stdout.count("digest pass") >= 16


def test_a_whole_capture_is_read_back_and_not_repeated(rich):
    site, _, result = rich
    asked = len(site.log)
    again = capture_page(site.url(), result.folder.parent, CaptureOptions(), capture_id=result.id)
    assert again == result == read_result(result.folder)
    assert len(site.log) == asked


def test_every_file_is_named_with_its_digests(rich):
    _, _, result = rich
    on_disk = {path.relative_to(result.folder).as_posix() for path in result.folder.rglob("*") if path.is_file()}
    assert {item.path for item in result.artifacts} == on_disk
    for item in result.artifacts:
        data = (result.folder / item.path).read_bytes()
        assert (item.size, item.sha256, item.sm3) == (
            len(data),
            hashlib.sha256(data).hexdigest(),
            hashlib.new("sm3", data).hexdigest(),
        )


def test_an_invalid_certificate_is_kept_and_named(make_site, capture, helpers, tmp_path):
    certificate = helpers["self_signed"](tmp_path)
    site = make_site(helpers["shop_routes"](), certificate)
    result = capture(site)
    assert result.outcome is CaptureOutcome.COMPLETE
    assert result.certificate.valid is False
    assert "self" in result.certificate.reason
    assert "shop.invalid" in result.certificate.subject
    assert result.certificate.sha256 == hashlib.sha256(certificate[1]).hexdigest()
    tls = json.loads((result.folder / "network/tls.json").read_text())["hosts"][site.host]
    assert tls["matches_page"] is True
    assert tls["chain_from"] == "the page's own connection"
    assert (tls["version"], tls["peer"]) == ("TLSv1.3", "127.0.0.1")
    assert len(list((result.folder / "network/tls").glob("*.pem"))) == 1


def test_a_certificate_of_an_extra_root_is_valid(make_site, capture, helpers, tmp_path):
    path, der = helpers["self_signed"](tmp_path)
    site = make_site(helpers["shop_routes"](), (path, der))
    result = capture(site, ca_file=path)
    assert result.outcome is CaptureOutcome.COMPLETE
    assert result.certificate.valid is True
    assert result.certificate.reason == ""


def test_wrong_and_expired_certificates(make_site, capture, helpers, tmp_path):
    """A page of a host that its certificate does not name, with a picture of a host whose certificate has expired."""
    expired, _ = helpers["self_signed"](tmp_path, "127.0.0.1", 2, -9)
    pictures = make_site(helpers["shop_routes"](), (expired, b""))
    path, der = helpers["self_signed"](tmp_path, "other.example", 30, -1)
    page = f"<title>x</title><p>39.90<img src={pictures.url('/goat.png')}>".encode()
    site = make_site({"/": helpers["answer"](page)}, (path, der))
    roots = tmp_path / "roots.pem"
    roots.write_bytes(expired.read_bytes() + path.read_bytes())
    result = capture(site, ca_file=roots, allow=[site.host, pictures.host])
    assert result.outcome is CaptureOutcome.COMPLETE
    assert result.certificate.valid is False
    assert "match" in result.certificate.reason
    hosts = json.loads((result.folder / "network/tls.json").read_text())["hosts"]
    assert hosts[pictures.host]["valid"] is False
    assert "expired" in hosts[pictures.host]["reason"]


def test_addresses_that_must_not_be_reached(capture, shop, tmp_path):
    for url in ("http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "http://[::1]/"):
        asked = len(shop.log)
        result = capture_page(url, tmp_path / "out", CaptureOptions(disk_floor_bytes=0))
        assert result.outcome is CaptureOutcome.FAILED, url
        assert result.reason
        assert result.wacz is None
        assert len(shop.log) == asked


def test_a_redirect_to_a_private_address(make_site, capture, shop, helpers):
    site = make_site({"/": helpers["answer"](b"", status=302, Location=shop.url("/"))})
    asked = len(shop.log)
    result = capture(site)
    assert result.outcome is CaptureOutcome.FAILED
    assert "loopback" in result.reason
    assert len(shop.log) == asked, "the private server was never asked"


def test_a_site_that_is_down(capture, make_site):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = make_site({})
    result = capture(site, "/", allow=[f"127.0.0.1:{port}"])
    assert result.outcome is CaptureOutcome.FAILED
    down = capture_page(
        f"http://127.0.0.1:{port}/",
        result.folder.parent,
        CaptureOptions(policy=EgressPolicy([f"127.0.0.1:{port}"]), disk_floor_bytes=0),
    )
    assert down.outcome is CaptureOutcome.FAILED
    assert "unreachable" in down.reason


def test_a_server_that_never_answers(make_site, capture):
    site = make_site({"/": lambda handler: time.sleep(30)})
    began = time.monotonic()
    result = capture(site, deadline_s=1.5)
    assert result.outcome is CaptureOutcome.FAILED
    assert "no answer within 1.5 s" in result.reason
    assert time.monotonic() - began < 60


def test_an_endless_stream_stops_at_the_cap(make_site, capture):
    def endless(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        while True:
            handler.wfile.write(b"<p>more and more</p>" * 500)

    result = capture(make_site({"/": endless}), max_bytes=300_000, deadline_s=4.0, render_s=2.0)
    assert result.outcome in (CaptureOutcome.PARTIAL, CaptureOutcome.FAILED)
    assert "cap of 300000 bytes" in result.reason or "capped" in result.reason
    assert sum(item.size for item in result.artifacts) < 60_000_000


def test_a_download_is_not_executed(make_site, capture, helpers):
    site = make_site(
        {
            "/": helpers["answer"](
                b"MZ" + bytes(1000), "application/octet-stream", Content_Disposition="attachment; filename=a.exe"
            )
        }
    )
    result = capture(site)
    assert result.outcome is CaptureOutcome.FAILED
    assert "download" in result.reason
    assert not list(result.folder.rglob("*.exe"))


def test_alert_loops_and_a_hundred_windows(make_site, capture, helpers):
    page = b"""<title>x</title><p>39.90<script>for (let i = 0; i < 100; i++) window.open("/" + i);
    while (true) alert("again")</script>"""
    result = capture(make_site({"/": helpers["answer"](page)}), deadline_s=3.0, render_s=1.0)
    assert result.outcome is CaptureOutcome.PARTIAL
    assert result.wacz is not None
    assert "dialogs" in result.reason or "finished loading" in result.reason


def test_a_page_that_closes_itself(make_site, capture, helpers):
    page = b"<title>x</title><p>gone<script>setTimeout(() => window.close(), 50)</script>"
    result = capture(make_site({"/": helpers["answer"](page)}), deadline_s=10.0)
    assert result.outcome in (CaptureOutcome.PARTIAL, CaptureOutcome.COMPLETE)
    if result.outcome is CaptureOutcome.PARTIAL:
        assert "closed" in result.reason
    assert result.wacz is not None


def test_a_body_that_nobody_reads_and_one_that_breaks(make_site, capture, helpers):
    def stalled(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"some")
        handler.wfile.flush()
        time.sleep(40)

    def broken(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"some")
        handler.close_connection = True

    page = b"<title>x</title><p>39.90<script>fetch('/stalled'); fetch('/broken').then(r => r.text()).catch(() => 0)</script>"
    site = make_site({"/": helpers["answer"](page), "/stalled": stalled, "/broken": broken})
    result = capture(site, deadline_s=4.0)
    assert result.outcome is CaptureOutcome.PARTIAL
    assert "had not ended" in result.reason
    lost = {item["url"] for item in result.lost}
    assert {site.url("/stalled"), site.url("/broken")} <= lost


def test_misuse_is_refused_before_anything_is_written(tmp_path, shop):
    with pytest.raises(CaptureError, match="no browser"):
        capture_page(shop.url(), tmp_path / "a", CaptureOptions(chromium="/nowhere/chromium"))
    with pytest.raises(CaptureError, match="extra roots"):
        capture_page(shop.url(), tmp_path / "a", CaptureOptions(ca_file=tmp_path / "absent.pem"))
    with pytest.raises(DiskFull, match="bytes free"):
        capture_page(shop.url(), tmp_path / "a", CaptureOptions(disk_floor_bytes=1 << 60))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CaptureError, match="cannot write"):
        capture_page(shop.url(), tmp_path / "file" / "sub", CaptureOptions(disk_floor_bytes=0))
    with pytest.raises(CaptureError, match="did not start"):
        capture_page(
            shop.url(),
            tmp_path / "b",
            CaptureOptions(policy=EgressPolicy([shop.host]), chromium="/bin/false", disk_floor_bytes=0),
        )
    assert list((tmp_path / "b").iterdir()) == []


def test_what_is_no_capture_is_not_read(tmp_path):
    (tmp_path / "capture").mkdir()
    for data in (b"", b"{}", b"[1]", b'{"id": 1, "certificate": null, "files": [{}]}'):
        (tmp_path / "capture" / "capture.json").write_bytes(data)
        with pytest.raises(CaptureError, match="no capture's record"):
            read_result(tmp_path)

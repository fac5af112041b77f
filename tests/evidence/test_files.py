"""What a session saw, written as a capture, packaged and verified: without a browser, so that odd pages can be many."""

import hashlib
import io
import json
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evidence.capture.api import CaptureOptions, kill_tree, read_result
from evidence.capture.browser import UNWANTED_DEFAULTS, launch_options
from evidence.capture.exchange import Exchange
from evidence.capture.files import write_files
from evidence.capture.gateway import Connection
from evidence.capture.layout import RESULT, media_type, write_killed
from evidence.capture.render import Rendering
from evidence.capture.request import CaptureRequest
from evidence.capture.session import Seen
from evidence.capture.tls import Probe, describe
from evidence.errors import CaptureError
from evidence.verify.bagsteps import BagView, FileDigests, canonical_json
from evidence.verify.capturesteps import check_certificates, exchanges_of
from evidence.verify.verdict import Findings
from evidence.verify.wacz import check_wacz
from guards.egress import EgressPolicy
from guards.errors import GuardError
from records.terms import CaptureOutcome

AT = datetime(2026, 11, 22, 8, 30, 1, 250_000, UTC)
ID = "EV-01AAAAAAAAAAAAAAAAAAAAAAAA"
URL = "http://shop.example/item?id=7"


def request_in(folder, url=URL, name=ID):
    """Return a capture's request with its two folders made."""
    for path in (folder / "part", folder / "scratch"):
        path.mkdir(parents=True, exist_ok=True)
    return CaptureRequest(
        name,
        url,
        str(folder / "part"),
        str(folder / "scratch"),
        (),
        "/bin/true",
        5,
        1,
        1,
        1000,
        1000,
        (800, 600),
        "zh-CN",
    )


def exchange(seq=0, url=URL, body=b"<p>39.90", **changes):
    fields = {
        "seq": seq,
        "url": url,
        "method": "GET",
        "started_at": AT + timedelta(seconds=seq),
        "resource_type": "document" if seq == 0 else "image",
        "request_headers": [("Host", "shop.example")],
        "status": 200,
        "status_text": "OK",
        "response_headers": [("Content-Type", "text/html")],
        "body": body,
        "server": "192.0.2.1:80",
        "ended": True,
    }
    return Exchange(**{**fields, **changes})


def seen_of(folder, *exchanges, url=URL, name=ID, rendered=True, **changes):
    """Return what a session would have seen of these exchanges."""
    seen = Seen(request_in(folder, url, name), AT, final_url=url, status=200, browser_version="140.0")
    seen.before = {"clock": {"state": "none in reach"}, "route": ["eth0"]}
    seen.after = {"clock": {"state": "none in reach"}}
    seen.recorder = SimpleNamespace(exchanges=list(exchanges))
    seen.gateway = SimpleNamespace(
        connections=[
            Connection("shop.example", 80, "closed", "", ["192.0.2.1"], "192.0.2.1", 10, 20),
            Connection("update.example", 443, "browser", "no request of the page names this host"),
        ],
        total=30,
    )
    if rendered:
        seen.rendering = Rendering(folder / "part", title="绒衫")
        seen.rendering.written.append("render/dom.html")
        (folder / "part" / "render").mkdir(exist_ok=True)
        (folder / "part" / "render" / "dom.html").write_bytes(b"<p>39.90")
    for key, value in changes.items():
        setattr(seen, key, value)
    return seen


def written(folder, *exchanges, **changes):
    """Write a capture and read it back, as the capturing child and its parent do."""
    write_files(seen_of(folder, *exchanges, **changes))
    return read_result(folder / "part")


def lines(result, path):
    return [json.loads(line) for line in (result.folder / path).read_bytes().splitlines()]


def load(result, path):
    return json.loads((result.folder / path).read_bytes())


def problems(result):
    """Return what verification's steps on the capture's own parts find: nothing, for an honest capture."""
    files = {f"data/{item.path}": (result.folder / item.path).read_bytes() for item in result.artifacts}
    digests = {path: FileDigests(len(data), hashlib.sha256(data).hexdigest(), "", "") for path, data in files.items()}
    bag, found, capture = BagView(result.id, digests, files), Findings(), load(result, RESULT)
    logged = exchanges_of(bag, capture, found)
    check_certificates(bag, capture, found)
    noted = [str(reason) for reason in found.reasons]
    if result.wacz:
        noted += check_wacz(io.BytesIO(result.wacz.read_bytes()), capture, logged or [])
    return noted


def test_a_capture_is_written_and_read_back(tmp_path):
    result = written(tmp_path, exchange(), exchange(1, "http://shop.example/goat.png", b"\x89PNG"))
    assert (result.id, result.url, result.outcome) == (ID, URL, CaptureOutcome.COMPLETE)
    assert result.captured_at == AT
    assert result.wacz.name == f"{ID}.wacz"
    assert {item.path for item in result.artifacts} == {
        RESULT,
        f"capture/{ID}.wacz",
        "environment/after.json",
        "environment/before.json",
        "network/dns.json",
        "network/exchanges.jsonl",
        "network/route.json",
        "network/tls.json",
        "render/console.jsonl",
        "render/dom.html",
    }
    for item in result.artifacts:
        data = (result.folder / item.path).read_bytes()
        assert (item.size, item.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert item.media_type == media_type(item.path)
    assert not list((tmp_path / "scratch").iterdir()), "the WARC's working copy is gone"
    assert problems(result) == []


def test_every_document_is_canonical_and_names_the_capture(tmp_path):
    result = written(tmp_path, exchange())
    for path in ("environment/before.json", "environment/after.json", "network/dns.json", "network/tls.json"):
        document = canonical_json((result.folder / path).read_bytes())
        assert (document["capture"], document["url"]) == (ID, URL)
    assert canonical_json((result.folder / RESULT).read_bytes())["id"] == ID


def test_what_the_gateway_saw_is_written_down(tmp_path):
    result = written(tmp_path, exchange(), windows=3, dialogs=2, sockets=["ws://shop.example/live"])
    connections = load(result, "network/dns.json")["connections"]
    assert [item["state"] for item in connections] == ["closed", "browser"]
    assert connections[0]["addresses"] == ["192.0.2.1"]
    totals = load(result, "environment/after.json")["totals"]
    assert totals == {
        "exchanges": 1,
        "answered": 1,
        "bytes": 30,
        "windows_closed": 3,
        "dialogs": 2,
        "websockets": ["ws://shop.example/live"],
        "blocked_browser_calls": ["update.example:443"],
    }
    what = [item["what"] for item in result.lost]
    assert any("websocket" in text for text in what)
    assert any("3 that the page opened" in text for text in what)


def test_how_it_was_captured_is_disclosed(tmp_path):
    how = load(written(tmp_path, exchange()), "environment/before.json")["capturing"]
    assert how["recorder"]["fidelity"] == "browser-decoded"
    assert "SOCKS5" in how["gateway"]
    assert how["viewport"] == [800, 600]
    assert how["sandbox"]


def test_an_exchange_is_logged_with_what_was_lost(tmp_path):
    broken = exchange(1, body=None, failure="net::ERR_ABORTED", lost=["body: gone", "body: gone"], status=None)
    posted = exchange(2, method="POST", request_body="价格=39".encode(), body=b"")
    result = written(tmp_path, exchange(), broken, posted)
    first, second, third = lines(result, "network/exchanges.jsonl")
    assert first["body_sha256"] == hashlib.sha256(b"<p>39.90").hexdigest()
    assert (second["body_sha256"], second["body_size"], second["failure"]) == (None, None, "net::ERR_ABORTED")
    assert (third["request_body_size"], third["body_size"]) == (9, 0)
    assert [item["what"] for item in result.lost] == ["body: gone"], "said once"
    assert problems(result) == []


def test_the_page_is_the_last_document_of_its_redirects(tmp_path):
    first = exchange(0, "http://shop.example/old", b"", status=302, resource_type="document")
    frame = exchange(1, "http://ads.example/frame", b"<p>ad", resource_type="document")
    main = exchange(2, URL, resource_type="document")
    result = written(tmp_path, first, frame, main, final_url=f"{URL}#top")
    with zipfile.ZipFile(result.wacz) as archive:
        page = json.loads(archive.read("pages/pages.jsonl").splitlines()[1])
    assert page["url"] == URL
    assert problems(result) == []


def test_a_page_that_never_answered_has_no_archive(tmp_path):
    result = written(
        tmp_path, exchange(status=None, body=None, failure="reset"), rendered=False, failure="no answer", final_url=""
    )
    assert result.outcome is CaptureOutcome.FAILED
    assert result.reason == "no answer"
    assert result.wacz is None
    assert not (result.folder / "render").exists()
    bare = Seen(request_in(tmp_path / "bare"), AT, failure="refused")
    write_files(bare)
    assert read_result(tmp_path / "bare" / "part").lost == ()


def test_problems_make_it_partial_and_are_all_named(tmp_path):
    seen = seen_of(tmp_path, exchange(), problems=["2 responses had not ended", "capped"])
    seen.rendering.missing["render/page.pdf"] = "not made within 3 s"
    seen.rendering.notes.append("full.png shows the upper 16000 of 20000 pixels")
    write_files(seen)
    result = read_result(tmp_path / "part")
    assert result.outcome is CaptureOutcome.PARTIAL
    assert result.reason == "2 responses had not ended; capped"
    assert {item["what"] for item in result.lost} == {
        "render: full.png shows the upper 16000 of 20000 pixels",
        "render: render/page.pdf: not made within 3 s",
    }


def test_certificates_are_kept_with_their_chain(tmp_path, helpers):
    _, der = helpers["self_signed"](tmp_path, "shop.example")
    probe = Probe("shop.example", 443, valid=False, reason="self-signed certificate", leaf=der, version="TLSv1.3")
    url = "https://shop.example/"
    changes = {"probe": probe, "chains": {"shop.example": [der]}, "hosts_tls": {"shop.example": describe(probe, [der])}}
    result = written(tmp_path, exchange(url=url), url=url, **changes)
    assert result.certificate.valid is False
    assert result.certificate.sha256 == hashlib.sha256(der).hexdigest()
    assert (result.folder / "network/tls/shop.example.pem").read_bytes().startswith(b"-----BEGIN CERTIFICATE")
    assert problems(result) == []
    claimed = {"shop.example": {**describe(replace(probe, valid=True), [der])}}
    other = written(tmp_path / "b", exchange(url=url), url=url, **{**changes, "hosts_tls": claimed})
    assert problems(other) == []
    stolen = {"bank.example": claimed["shop.example"]}
    lie = written(
        tmp_path / "c",
        exchange(url="https://bank.example/"),
        url="https://bank.example/",
        hosts_tls=stolen,
        chains={"bank.example": [der]},
    )
    assert any("does not name bank.example" in text for text in problems(lie))


def test_only_the_probe_answered(tmp_path):
    probe = Probe("shop.example", 443, valid=False, reason="no TLS handshake: refused")
    result = written(tmp_path, url="https://shop.example/", probe=probe, rendered=False, failure="down", final_url="")
    assert result.certificate.reason == "no TLS handshake: refused"
    assert load(result, "network/tls.json")["hosts"]["shop.example:443"]["peer"] == ""


ODD_TEXT = st.text(st.characters(blacklist_categories=()), max_size=12)
HEADERS = st.lists(
    st.tuples(st.sampled_from(["A", "Set-Cookie", "content-encoding", ":status", "Étag"]), ODD_TEXT), max_size=4
)
PATHS = st.text(st.characters(min_codepoint=33, max_codepoint=0x4FFF, blacklist_categories=("Cs", "Cc")), max_size=20)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(pages=[("", [], None, None, ""), ("{?{}", [], None, 200, "")], title="braces in an address")
@example(pages=[], title="half a pair \ud800")
@example(pages=[], title="line ends \x85\u2028 that are none in JSON")
@given(
    st.lists(
        st.tuples(
            PATHS,
            HEADERS,
            st.one_of(st.none(), st.binary(max_size=80)),
            st.sampled_from([None, 200, 204, 302, 404, 599]),
            ODD_TEXT,
        ),
        max_size=5,
    ),
    ODD_TEXT,
)
def test_an_honest_capture_of_any_page_passes(tmp_path_factory, pages, title):
    """No oddity of a page may make our own evidence look tampered with."""
    folder = tmp_path_factory.mktemp("odd")
    others = [
        exchange(number, f"http://shop.example/{path}", body, response_headers=headers, status=status, status_text=text)
        for number, (path, headers, body, status, text) in enumerate(pages, 1)
    ]
    seen = seen_of(folder, exchange(), *others, console=[{"text": title}])
    seen.rendering.title = title
    write_files(seen)
    assert problems(read_result(folder / "part")) == []


def test_a_made_capture_goes_the_whole_way(tmp_path, fresh):
    """Stage, vault, bag, seal, ZIP and verification over a capture that no browser made; a partial one too."""

    def capture(url, work, options, exhibit_id):
        write_files(seen_of(work / "made", exchange(url=url), url=url, name=exhibit_id, problems=["cut short"]))
        (work / "made" / "part").rename(work / exhibit_id)
        return read_result(work / exhibit_id)

    kept = fresh(capture=capture)
    exhibit = kept.run("http://shop.example/羊绒?a=1&b=%20")
    assert exhibit.outcome is CaptureOutcome.PARTIAL
    package = kept.packages().build("C", [exhibit.id], tmp_path / "made.zip")
    from evidence.verify import verify_package

    verdict = verify_package(tmp_path / "made.zip", trusted_keys=[kept.key.verifier])
    assert verdict.exit_code == 2, [str(reason) for reason in verdict.reasons]
    assert set(verdict.files.values()) == {"ok"}
    assert package.exhibit_ids == (exhibit.id,)


def test_the_record_of_a_killed_capture_replaces_everything(tmp_path):
    request = request_in(tmp_path)
    (tmp_path / "part" / "render").mkdir()
    (tmp_path / "part" / "render" / "half.png").write_bytes(b"half")
    write_killed(request, "hung" * 1000)
    result = read_result(tmp_path / "part")
    assert result.outcome is CaptureOutcome.FAILED
    assert len(result.reason) == 1000
    assert [item.path for item in result.artifacts] == [RESULT]
    assert result.document()["certificate"] is None


def test_a_request_survives_its_file(tmp_path):
    request = replace(request_in(tmp_path, "http://shop.example/羊绒"), allow_hosts=("127.0.0.1:80",), ca_file="/x")
    request.save(tmp_path / "r.json")
    assert CaptureRequest.load(tmp_path / "r.json") == request
    (tmp_path / "r.json").write_text("[1]")
    with pytest.raises(TypeError, match="JSON object"):
        CaptureRequest.load(tmp_path / "r.json")
    (tmp_path / "r.json").write_text("{")
    with pytest.raises(GuardError):
        CaptureRequest.load(tmp_path / "r.json")


@pytest.mark.parametrize("field", ["id", "outcome", "fidelity", "captured_at", "files", "lost", "wacz"])
def test_a_record_with_a_part_missing_is_no_capture(tmp_path, field):
    written(tmp_path, exchange())
    document = json.loads((tmp_path / "part" / RESULT).read_bytes())
    del document[field]
    (tmp_path / "part" / RESULT).write_text(json.dumps(document))
    with pytest.raises(CaptureError, match="no capture's record"):
        read_result(tmp_path / "part")


def test_the_browser_is_started_with_one_door_and_no_calls_home(tmp_path):
    options = launch_options("/usr/bin/chromium", 4711, ["key1=", "key2="], tmp_path)
    args = options["args"]
    assert "--proxy-server=socks5://127.0.0.1:4711" in args
    assert "--proxy-bypass-list=<-loopback>" in args
    assert "--ignore-certificate-errors-spki-list=key1=,key2=" in args
    assert "--ignore-certificate-errors" not in args
    assert {"--disable-quic", "--dns-prefetch-disable", "--disable-background-networking"} <= set(args)
    assert ("--no-sandbox" in args) is not options["chromium_sandbox"]
    assert options["ignore_default_args"] == UNWANTED_DEFAULTS
    assert not any("spki" in arg for arg in launch_options("c", 1, [], tmp_path)["args"])


def test_killing_a_process_takes_its_family_along():
    import subprocess
    import sys

    script = "import subprocess, sys, time; c = subprocess.Popen(['sleep', '60'], start_new_session=True); print(c.pid, flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    grandchild = int(child.stdout.readline())
    kill_tree(child)
    child.stdout.close()
    assert child.returncode == -9
    from pathlib import Path

    def alive():
        try:
            return Path(f"/proc/{grandchild}/stat").read_text().split(")")[1].split()[0] not in "ZX"
        except OSError:
            return False

    deadline = time.monotonic() + 10
    while alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive()
    kill_tree(child)


def test_options_have_bounds_by_default():
    options = CaptureOptions()
    assert options.policy.allow_hosts == EgressPolicy().allow_hosts
    assert 0 < options.max_body_bytes <= options.max_bytes
    assert options.disk_floor_bytes > 0

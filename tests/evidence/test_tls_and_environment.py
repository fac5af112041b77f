"""The certificate's judgement and the environment report, without a browser."""

import hashlib
import json
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from evidence.capture import environment, tls
from evidence.capture.browser import browser_env, launch_options, sandboxed
from evidence.capture.layout import media_type, role_of
from evidence.verify.capturesteps import names_host
from guards.egress import EgressPolicy


@pytest.fixture
def site(make_site, helpers, tmp_path):
    """A self-signed https site, its PEM and its DER."""
    path, der = helpers["self_signed"](tmp_path)
    return make_site(helpers["shop_routes"](), (path, der)), path, der


def probe(site, ca_file="", allow=True):
    host, port = site.host.split(":")
    return tls.probe(host, int(port), EgressPolicy([site.host] if allow else []), ca_file)


def test_a_self_signed_certificate_is_invalid_but_seen(site):
    server, _, der = site
    found = probe(server)
    assert (found.valid, found.leaf, found.peer) == (False, der, "127.0.0.1")
    assert "self" in found.reason


def test_an_extra_root_makes_it_valid(site):
    server, path, der = site
    found = probe(server, str(path))
    assert (found.valid, found.reason, found.leaf) == (True, "", der)
    assert found.version == "TLSv1.3"
    assert found.cipher


def test_what_cannot_be_probed_says_why(site, shop, tmp_path):
    server, _, _ = site
    assert "loopback" in probe(server, allow=False).reason
    plain = probe(shop)
    assert (plain.valid, plain.leaf) == (False, b"")
    assert "no TLS handshake" in plain.reason
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert "no TLS handshake" in tls.probe("127.0.0.1", port, EgressPolicy([f"127.0.0.1:{port}"])).reason
    assert not probe(server, str(tmp_path / "absent.pem")).valid


def test_the_description_compares_probe_and_page(site):
    server, _, der = site
    same = tls.describe(probe(server), [der])
    assert same["matches_page"] is True
    assert same["sha256"] == same["probe_sha256"] == hashlib.sha256(der).hexdigest()
    assert "shop.invalid" in same["subject"]
    assert json.loads(json.dumps(same)) == same
    alone = tls.describe(probe(server), [])
    assert alone["matches_page"] is False
    assert "leaf alone" in alone["chain_from"]


def test_certificates_in_their_forms(site):
    _, path, der = site
    assert tls.roots_of(str(path)) == [der]
    pem = tls.pem_chain([der, der])
    assert [item.public_bytes(Encoding.DER) for item in x509.load_pem_x509_certificates(pem)] == [der, der]
    assert (
        ssl.PEM_cert_to_DER_cert(pem.decode().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")
        == der
    )
    assert tls.names_of(b"nonsense") == ("", "")
    assert len(tls.spki_sha256(der)) == 44
    assert tls.der_chain(["AAAA"]) == [b"\0\0\0"]


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("shop.example", "shop.example", True),
        ("*.shop.example", "a.shop.example", True),
        ("*.shop.example", "shop.example", False),
        ("*.shop.example", "a.b.shop.example", False),
        ("other.example", "shop.example", False),
    ],
)
def test_which_host_a_certificate_names(helpers, tmp_path, name, host, fits):
    _, der = helpers["self_signed"](tmp_path, name)
    assert names_host(der, host) is fits
    assert names_host(b"junk", host) is False


def test_the_report_states_what_is_unknown():
    report = environment.report("/usr/bin/chromium", "", full=False)
    assert report["clock"]["offset_seconds"] is None
    assert report["beacon"]["state"] == "absent"
    assert set(report) == {"clock", "hosts_file", "proxies", "resolvers", "route", "beacon"}
    assert json.loads(json.dumps(report)) == report


def test_proxy_secrets_never_reach_the_report(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://name:secret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    found = environment.proxies()
    assert found["https_proxy"] == "http://proxy.example:3128"
    assert "secret" not in json.dumps(found)


def test_files_that_cannot_be_read_say_so(tmp_path):
    assert "not read" in environment.file_digest(tmp_path / "absent")["state"]
    (tmp_path / "big").write_bytes(b"x" * 100)
    assert "more than 10" in environment.file_digest(tmp_path / "big", limit=10)["state"]
    assert environment.file_digest(tmp_path / "big") == {"size": 100, "sha256": hashlib.sha256(b"x" * 100).hexdigest()}


def test_the_browser_gets_nothing_of_ours(monkeypatch, tmp_path):
    monkeypatch.setenv("MARKWATCH_DATABASE_URL", "postgresql://u:secret@h/d")
    env = browser_env(tmp_path)
    assert "secret" not in json.dumps(env)
    assert env["HOME"] == str(tmp_path)
    options = launch_options("/usr/bin/chromium", 1234, ["abc="], tmp_path)
    assert "--proxy-server=socks5://127.0.0.1:1234" in options["args"]
    assert "--ignore-certificate-errors-spki-list=abc=" in options["args"]
    assert "--ignore-certificate-errors" not in options["args"]
    assert ("--no-sandbox" in options["args"]) is not sandboxed()
    assert not any("spki" in arg for arg in launch_options("c", 1, [], tmp_path)["args"])


@pytest.mark.parametrize(
    ("path", "role", "kind"),
    [
        ("capture/capture.json", "capture", "application/json"),
        ("capture/EV-1.wacz", "archive", "application/wacz"),
        ("render/full.png", "render", "image/png"),
        ("network/tls/h.pem", "network", "application/x-pem-file"),
        ("environment/x.y", "environment", "application/octet-stream"),
    ],
)
def test_roles_and_media_types(path, role, kind):
    assert (role_of(path), media_type(path)) == (role, kind)

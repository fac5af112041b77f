"""The small HTTP client against real servers on loopback that drip, hang, flood, redirect and talk nonsense."""

import ssl
import subprocess
import time

import pytest

from guards.egress import EgressPolicy
from guards.errors import CapExceeded, EgressRefused, GuardError, Malformed, TimedOut, Unreachable
from guards.http import fetch


def sending(*parts, pause=0.0):
    """A server that answers with these parts, `pause` seconds apart."""

    def talk(connection):
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return talk


def get(server, **options):
    settings = {"policy": EgressPolicy([server.allowed]), "deadline_s": 5, "max_bytes": 10_000, **options}
    return fetch(server.url, **settings)


def test_gives_status_headers_and_body(serve):
    answer = get(serve(sending(b"HTTP/1.1 201 Made\r\nX-One: 1\r\nContent-Length: 3\r\n\r\nabc")))
    assert (answer.status, answer.headers["x-one"], answer.body) == (201, "1", b"abc")


def test_sends_what_it_is_told(serve):
    server = serve(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    get(server, method="POST", body=b"\x00digest", headers={"Accept": "application/x"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /path?q=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert b"Accept-Encoding: identity" in head
    assert b"Accept: application/x" in head
    assert b"Content-Length: 7" in head
    assert body == b"\x00digest"


def test_reads_chunks_and_bodies_without_a_length(serve):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert get(serve(sending(chunked))).body == b"abcde"
    assert get(serve(sending(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"))).body == b"until the end"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_follows_no_redirect(serve, status):
    target = serve(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    server = serve(sending(f"HTTP/1.1 {status} Go\r\nLocation: {target.url}\r\nContent-Length: 0\r\n\r\n".encode()))
    answer = get(server, policy=EgressPolicy(["127.0.0.1"]))
    assert (answer.status, answer.headers["location"]) == (status, target.url)
    assert target.requests == []


@pytest.mark.parametrize(
    "parts",
    [
        [b""] * 100,
        [b"H"] * 100,
        [b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 90],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 100],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 100,
    ],
    ids=["silence", "status", "headers", "body", "chunks", "continue"],
)
def test_a_drip_ends_at_the_total_deadline(serve, parts):
    with pytest.raises(TimedOut, match=r"within 0\.5 s"):
        get(serve(sending(*parts, pause=0.1)), deadline_s=0.5)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_flood_is_cut_off(serve, head):
    with pytest.raises(CapExceeded, match="10000"):
        get(serve(sending(head, *[b"x" * 65536] * 140)))


def test_a_flood_of_chunks_is_cut_off(serve):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(CapExceeded):
        get(serve(sending(head, *[b"1000\r\n" + b"x" * 4096 + b"\r\n"] * 100)))


def test_the_cap_is_exact(serve):
    server = serve(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde"))
    assert get(server, max_bytes=5).body == b"abcde"
    with pytest.raises(CapExceeded):
        get(server, max_bytes=4)


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, b"\x16\x03\x01\x00",
    ],
)  # fmt: skip
def test_what_is_no_http_is_malformed(serve, answer):
    with pytest.raises(Malformed):
        get(serve(sending(answer)))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort",
    ],
)
def test_an_answer_that_breaks_off_is_unreachable(serve, answer):
    with pytest.raises(Unreachable, match="broke"):
        get(serve(sending(answer)))


def test_nobody_listening_is_unreachable(serve):
    server = serve(sending())
    server.close()
    with pytest.raises(Unreachable, match=str(server.port)):
        get(server)


def test_a_private_address_is_refused_without_a_connection(serve):
    server = serve(sending(b"HTTP/1.1 200 OK\r\n\r\n"))
    with pytest.raises(EgressRefused):
        get(server, policy=EgressPolicy())
    assert server.requests == []


def test_a_name_is_resolved_once_and_the_checked_address_is_reached(serve):
    server = serve(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    asked = []

    def resolver(host, port):
        asked.append(host)
        # A rebinding name: what it would say the second time must never be asked for.
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    policy = EgressPolicy([f"shop.test:{server.port}"], resolver)
    answer = fetch(f"http://shop.test:{server.port}/", policy=policy, deadline_s=5, max_bytes=100)
    assert (answer.body, asked) == (b"ok", ["shop.test"])
    assert f"Host: shop.test:{server.port}".encode() in server.requests[0]


def test_the_next_address_is_tried_where_one_does_not_answer(serve):
    server = serve(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    policy = EgressPolicy(["shop.test"], lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert fetch(f"http://shop.test:{server.port}/", policy=policy, deadline_s=5, max_bytes=9).body == b"ok"


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X\r\nY": "b"}, {"X\n": "z"}])
def test_headers_cannot_be_smuggled(serve, headers):
    server = serve(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(GuardError):
        get(server, headers=headers)
    assert all(b"Y: b" not in request for request in server.requests)


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for shop.test: (PEM of the certificate, PEM of the key)."""
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*command, *subject, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


def over_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecure")

    return talk


# The plain server would read the request before the handshake: the fixture switches that off.
@pytest.fixture
def tls_server(serve, certificate, monkeypatch):
    server = serve(over_tls(certificate))
    monkeypatch.setattr(server, "_request", lambda connection: b"")
    return server


def tls_get(server, host="shop.test", **options):
    policy = EgressPolicy([host], lambda name, port: ["127.0.0.1"])
    return fetch(f"https://{host}:{server.port}/", policy=policy, deadline_s=5, max_bytes=100, **options)


def test_a_root_of_ones_own_is_trusted_beside_the_systems(tls_server, certificate):
    assert tls_get(tls_server, ca_file=certificate[0]).body == b"secure"


def test_an_unknown_root_is_refused(tls_server):
    with pytest.raises(Unreachable, match="certificate"):
        tls_get(tls_server)


def test_another_hosts_certificate_is_refused(tls_server, certificate):
    with pytest.raises(Unreachable, match="certificate"):
        tls_get(tls_server, host="other.test", ca_file=certificate[0])


def test_a_handshake_that_hangs_ends_at_the_deadline(serve, monkeypatch):
    server = serve(lambda connection: time.sleep(3))
    monkeypatch.setattr(server, "_request", lambda connection: b"")
    policy = EgressPolicy([server.allowed])
    with pytest.raises(TimedOut):
        fetch(f"https://127.0.0.1:{server.port}/", policy=policy, deadline_s=0.4, max_bytes=100)


def test_a_broken_root_file_is_named(tls_server, tmp_path):
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(GuardError, match="EXTRA_CA_FILE"):
        tls_get(tls_server, ca_file=tmp_path / "bad.pem")

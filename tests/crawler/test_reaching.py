"""How sites are reached: HTTPS by roots of one's own, and a name that changes its address after the check."""

import datetime as dt
import ipaddress
import json
import ssl
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crawler.plan import CrawlPlan, dump
from records.terms import RenderMode, RunOutcome

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)


def signed(name, key, issuer, issuer_key, *, ca, ips=()):
    """Return a certificate for `name`, signed by `issuer_key`."""
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if ips:
        names = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A certificate authority: the path of its root, and a maker of server contexts for an address."""
    folder = tmp_path_factory.mktemp("ca")
    key = ec.generate_private_key(ec.SECP256R1())
    root = signed("Test Root", key, "Test Root", key, ca=True)
    path = folder / "root.pem"
    path.write_bytes(root.public_bytes(serialization.Encoding.PEM))

    def context_for(ip):
        own = ec.generate_private_key(ec.SECP256R1())
        leaf = signed("server", own, "Test Root", key, ca=False, ips=(ip,))
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        chain = folder / f"{ip}.pem"
        chain.write_bytes(own.private_bytes(*form) + leaf.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    return path, context_for


def served_over_tls(site, context):
    """Make a site answer over TLS."""
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True, do_handshake_on_connect=False)
    site.url = site.url.replace("http://", "https://")
    return site


def test_a_root_of_ones_own_is_trusted_beside_the_systems(site, kit, crawled, authority):
    path, context_for = authority
    kit.shop(served_over_tls(site, context_for("127.0.0.1")), 2, per_page=9)
    run = crawled(site, ca_file=str(path), details=False)
    assert run.end.outcome is RunOutcome.OK
    assert [listing.url for listing in run.listings] == [f"{site.url}/goods/1", f"{site.url}/goods/2"]
    assert len(run.images) == 2


def test_an_unknown_root_is_refused_and_said(site, kit, crawled, authority):
    kit.shop(served_over_tls(site, authority[1]("127.0.0.1")), 2, per_page=9)
    run = crawled(site, render=RenderMode.NEVER)
    assert run.end.outcome in (RunOutcome.FAILED, RunOutcome.BLOCKED)
    assert "certificate" in run.end.reason.lower()
    assert site.log == []


def test_a_certificate_for_another_address_is_refused(site, kit, crawled, authority):
    path, context_for = authority
    kit.shop(served_over_tls(site, context_for("127.0.0.9")), 2, per_page=9)
    run = crawled(site, ca_file=str(path), render=RenderMode.NEVER)
    assert run.end.outcome in (RunOutcome.FAILED, RunOutcome.BLOCKED)
    assert site.log == []


REBINDING = """
import socket, sys
from crawler import child
real, asked = socket.getaddrinfo, []
def rebinding(host, port, *args, **kwargs):
    if host != "rebind.example":
        return real(host, port, *args, **kwargs)
    asked.append(host)
    address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]
socket.getaddrinfo = rebinding
code = child.main()
print("asked", len(asked), file=sys.stderr)
sys.exit(code)
"""


def test_a_name_that_turns_private_after_the_check_is_not_connected_to(site, kit, tmp_path):
    kit.shop(site, 2)
    plan = CrawlPlan("w", (f"http://rebind.example:{site.port}/",), kit.AGENT, str(tmp_path), crawl_delay_s=0.0,
                     page_deadline_s=5.0, run_deadline_s=30.0, render=RenderMode.NEVER)  # fmt: skip
    data = dump(CrawlPlan, plan)
    done = subprocess.run(
        [sys.executable, "-c", REBINDING],
        input=b"%d\n" % len(data) + data,
        capture_output=True,
        timeout=60,
        check=False,
    )
    end = json.loads(done.stdout.splitlines()[-1])
    assert end["outcome"] in ("failed", "blocked")
    assert "public address" in end["reason"]
    assert int(done.stderr.split(b"asked ")[-1]) >= 2
    assert site.log == []

"""The certificate of a site: shown by the page's own connection, judged by a direct probe, never passed over.

Rules:
- the probe is one TLS handshake of ours to the host, checked by OpenSSL against the system's roots and the configured
  extra ones; its verdict and its reason are kept, whatever Chromium thinks
- an invalid certificate does not stop the capture: Chromium is told to accept this one key (and the extra roots' keys),
  nothing else, and the report says that the certificate is invalid, and why

NOT guaranteed: revocation is not checked. The probe is a second connection; `matches_page` says whether it met the
certificate that the page's connection met.
"""

import base64
import hashlib
import re
import socket
import ssl
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from guards.egress import EgressPolicy
from guards.errors import EgressRefused

PROBE_TIMEOUT_S = 8.0
MAX_CHAIN = 12
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Probe:
    """What one direct handshake found; `leaf` is DER, empty where the site answered no TLS at all."""

    host: str
    port: int
    valid: bool
    reason: str
    leaf: bytes = b""
    version: str = ""
    cipher: str = ""
    alpn: str = ""
    peer: str = ""


def probe(host: str, port: int, policy: EgressPolicy, ca_file: str = "") -> Probe:
    """Shake hands with `host` and judge its certificate; a failure is a `Probe` with its reason, not an exception."""
    try:
        addresses = policy.resolve(host, port)
    except EgressRefused as error:
        return Probe(host, port, valid=False, reason=error.message)
    try:
        context = ssl.create_default_context()
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
        return _handshake(context, host, port, addresses[0], valid=True, reason="")
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message or str(error)
    except (OSError, ValueError) as error:
        return Probe(host, port, valid=False, reason=f"no TLS handshake: {error}")
    try:
        return _handshake(_unchecked(), host, port, addresses[0], valid=False, reason=reason)
    except (OSError, ValueError) as error:
        return Probe(host, port, valid=False, reason=f"{reason}; then no TLS handshake: {error}")


def _unchecked() -> ssl.SSLContext:
    """Return a context that looks at a certificate which is already known to be invalid; its verdict is never used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _handshake(context: ssl.SSLContext, host: str, port: int, address: str, *, valid: bool, reason: str) -> Probe:
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((address, port), timeout=PROBE_TIMEOUT_S) as raw,
        context.wrap_socket(raw, server_hostname=host) as tls,
    ):
        cipher = tls.cipher()
        leaf = tls.getpeercert(binary_form=True) or b""
        return Probe(
            host,
            port,
            valid,
            reason,
            leaf,
            tls.version() or "",
            cipher[0] if cipher else "",
            tls.selected_alpn_protocol() or "",
            address,
        )


def spki_sha256(der: bytes) -> str:
    """Return the base64 SHA-256 of a certificate's public key, the form of `--ignore-certificate-errors-spki-list`."""
    key = x509.load_der_x509_certificate(der).public_key()
    return base64.b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


def roots_of(ca_file: str) -> list[bytes]:
    """Return the DER certificates in a PEM file; raises OSError or ValueError."""
    data = Path(ca_file).read_bytes()[:10_000_000]
    return [x509.load_pem_x509_certificate(block).public_bytes(Encoding.DER) for block in _PEM.findall(data)]


def names_of(der: bytes) -> tuple[str, str]:
    """Return (subject, issuer) as RFC 4514 text; ("", "") for what is no certificate."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        return certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
    except ValueError:
        return "", ""


def pem_chain(chain: list[bytes]) -> bytes:
    """Return a DER chain as PEM, the leaf first."""
    return b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in chain[:MAX_CHAIN])


def describe(found: Probe, chain: list[bytes]) -> dict[str, Any]:
    """Return the JSON document of one host: the probe's verdict beside the chain of the page's own connection."""
    leaf = chain[0] if chain else found.leaf
    subject, issuer = names_of(leaf)
    document = {name: value for name, value in asdict(found).items() if name != "leaf"}
    return {
        **document,
        "subject": subject,
        "issuer": issuer,
        "sha256": hashlib.sha256(leaf).hexdigest() if leaf else "",
        "chain_sha256": [hashlib.sha256(der).hexdigest() for der in chain[:MAX_CHAIN]],
        "chain_from": "the page's own connection" if chain else "the direct probe (leaf alone)",
        "probe_sha256": hashlib.sha256(found.leaf).hexdigest() if found.leaf else "",
        "matches_page": bool(chain) and found.leaf == chain[0],
    }


def der_chain(encoded: list[str]) -> list[bytes]:
    """Return the DER chain in the base64 form that `Network.getCertificate` answers in."""
    return [base64.b64decode(item) for item in encoded[:MAX_CHAIN]]

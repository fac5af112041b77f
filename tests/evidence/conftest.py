"""A shop on loopback, a real capture of it, and the package made of that: built once, then copied and forged by tests."""

import hashlib
import http.server
import io
import ipaddress
import json
import shutil
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from PIL import Image

from evidence.capture.api import CaptureOptions, CaptureResult, capture_page, read_result
from evidence.clock import SystemClock
from evidence.custody import CustodyLog, Touch
from evidence.package.stage import PackageStage
from evidence.stage import CaptureStage, Detection, ReferenceSample
from evidence.vault import Vault
from evidence.verify import Verdict, verify_package
from evidence.zipform import Bytes, write_zip
from guards.egress import EgressPolicy
from notary import ots
from notary.seal import SealKey
from records.engine import Sessions, open_engine
from records.exhibits import ExhibitRecords
from records.ids import hit_id
from records.model import Exhibit, Hit, Listing, Package
from records.tables.base import Base
from records.terms import Outcome

TITLE = "正宗阿拉善白绒山羊绒衫 <b>特价</b>"
PAGE = f"""<!doctype html><meta charset=utf-8><title>{TITLE.replace("<", "&lt;")}</title>
<h1>阿拉善白绒山羊绒衫</h1><p id=price>39.90</p><img src=/goat.png width=64 height=64><a href=/other>更多</a>
<script>console.log("面料 100%"); fetch("/api/stock", {{method: "POST", body: "sku=7"}}).then(r => r.text())</script>"""


def png(color: tuple[int, int, int] = (200, 180, 40)) -> bytes:
    """Return a small picture."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(out, "PNG")
    return out.getvalue()


class FixedClock:
    """A clock that moves one second a reading."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)) -> None:
        self.time, self.ticks = start, 0

    def now(self) -> datetime:
        """Return a time one second after the last."""
        self.ticks += 1
        return self.time + timedelta(seconds=self.ticks)

    def monotonic_ns(self) -> int:
        """Return nanoseconds that grow."""
        return self.ticks * 1_000_000_000 + 7


@dataclass
class Site:
    """A server on loopback; `routes` maps a path to a function that writes a whole answer. `log` holds the requests."""

    server: http.server.ThreadingHTTPServer
    scheme: str
    routes: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]]
    log: list[tuple[str, str, bytes]] = field(default_factory=list)
    certificate: bytes = b""

    @property
    def host(self) -> str:
        """`127.0.0.1:port`."""
        return f"127.0.0.1:{self.server.server_port}"

    def url(self, path: str = "/") -> str:
        """Return the address of a page of this site."""
        return f"{self.scheme}://{self.host}{path}"


def answer(
    body: bytes, kind: str = "text/html; charset=utf-8", status: int = 200, **headers: str
) -> Callable[..., None]:
    """Return a route that gives a fixed answer."""

    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return write


def serve(routes: dict[str, Callable[..., None]], certificate: tuple[Path, bytes] | None = None) -> Site:
    """Start a site in a thread."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.log.append((self.command, self.path, body))
            route = routes.get(self.path.partition("?")[0])
            try:
                (route or answer(b"nothing here", status=404))(self)
            except OSError:
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate[0])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    site = Site(server, "https" if certificate else "http", routes, certificate=certificate[1] if certificate else b"")
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()
    return site


def shop_routes() -> dict[str, Callable[..., None]]:
    """Return the routes of the plain shop."""
    return {
        "/": answer(PAGE.encode()),
        "/goat.png": answer(png(), "image/png"),
        "/api/stock": answer(b'{"stock": 12}', "application/json"),
        "/moved": answer(b"gone elsewhere", status=302, Location="/"),
    }


def self_signed(folder: Path, name: str = "127.0.0.1", days: int = 30, start: int = -1) -> tuple[Path, bytes]:
    """Write key and certificate as one PEM; return its path and the certificate's DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"{name} {days}"),
            x509.NameAttribute(NameOID.COMMON_NAME, "shop.invalid"),
        ]
    )
    begin = datetime.now(UTC) + timedelta(days=start)
    names = [x509.IPAddress(ipaddress.ip_address(name))] if name[0].isdigit() else [x509.DNSName(name)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"site-{name}-{days}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path, certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture(scope="session")
def make_site() -> Iterator[Callable[..., Site]]:
    """Start sites that end with the session."""
    started: list[Site] = []

    def start(routes: dict[str, Callable[..., None]], certificate: tuple[Path, bytes] | None = None) -> Site:
        started.append(serve(routes, certificate))
        return started[-1]

    yield start
    for site in started:
        site.server.shutdown()
        site.server.server_close()


@pytest.fixture(scope="session")
def shop(make_site: Callable[..., Site]) -> Site:
    """A plain shop over http."""
    return make_site(shop_routes())


@pytest.fixture(scope="session")
def helpers() -> dict[str, Callable[..., object]]:
    """The helpers of this file, for tests that need them by name."""
    return {"answer": answer, "png": png, "self_signed": self_signed, "shop_routes": shop_routes}


@pytest.fixture
def capture(tmp_path: Path) -> Callable[..., CaptureResult]:
    """Capture a page of a site with short deadlines."""

    def run(site: Site, path: str = "/", **changes: object) -> CaptureResult:
        allow = changes.pop("allow", [site.host])
        settings: dict[str, object] = {"deadline_s": 20.0, "quiet_s": 0.4, "disk_floor_bytes": 0, **changes}
        options = CaptureOptions(policy=EgressPolicy(allow), **settings)  # type: ignore[arg-type]
        return capture_page(site.url(path), tmp_path / "out", options)

    return run


class Calendar:
    """A proof source: real .ots proofs that a calendar has promised, for each digest that was enqueued."""

    def __init__(self, uri: str = "https://calendar.example/") -> None:
        self.uri, self.subjects, self.stamped = uri, {}, True

    def enqueue(self, subject: str, sha256: str) -> None:
        """Take a digest in."""
        self.subjects[sha256] = subject

    def proof_files(self, sha256: str) -> bytes:
        """Return a pending proof, b"" while `stamped` is off."""
        if sha256 not in self.subjects or not self.stamped:
            return b""
        root = ots.Node(bytes.fromhex(sha256))
        root.attestations.add(ots.pending(self.uri))
        return ots.serialize(ots.Proof(ots.SHA256, root))


@dataclass
class Kept:
    """A hit that was captured, with everything around it."""

    store: ExhibitRecords
    vault: Vault
    work: Path
    stage: CaptureStage
    hit: Hit
    listing: Listing
    detection: Detection
    key: SealKey
    clock: SystemClock
    calendar: Calendar
    exhibit: Exhibit | None = None

    def run(self, url: str) -> Exhibit:
        """Run the capture stage for the hit."""
        self.exhibit = self.stage.run(self.hit, self.listing, url, self.detection)
        return self.exhibit

    def packages(self) -> PackageStage:
        """Return the package stage."""
        return PackageStage(self.store, self.vault, self.calendar, self.key, self.clock, actor="clerk")


def keep_in(folder: Path, site: Site, **changes: object) -> Kept:
    """Return a fresh home with one hit, nothing captured yet."""
    engine = open_engine(f"sqlite:///{folder / 'records.db'}")
    Base.metadata.create_all(engine)
    store, vault, clock = ExhibitRecords(Sessions(engine)), Vault(folder / "vault"), SystemClock()
    listing = Listing(id="a" * 64, title=TITLE, url=site.url(), seller="某某绒品店")
    hit = Hit(hit_id(listing.id, "R1"), listing.id, "R1", 0.93, alert=True, outcome=Outcome.SUSPECTED, findings=())
    match = {
        "right": {"id": "R1", "name": "阿拉善白绒山羊", "kind": "gi"},
        "listing": {"id": listing.id, "title": TITLE},
        "findings": [
            {
                "detector": "text",
                "rule": "name",
                "field": "title",
                "score": 0.93,
                "explanation": {"zh": "标题含受保护名称", "en": "the title holds the protected name"},
            }
        ],
    }
    options = CaptureOptions(policy=EgressPolicy([site.host]), deadline_s=20, quiet_s=0.4, disk_floor_bytes=0)
    stage = CaptureStage(store, vault, folder / "spool", options, clock, actor="worker", **changes)  # type: ignore[arg-type]
    samples = (ReferenceSample("ref-1", png((10, 120, 10))),)
    return Kept(
        store,
        vault,
        folder / "spool",
        stage,
        hit,
        listing,
        Detection(match, samples),
        SealKey.generate(),
        clock,
        Calendar(),
    )


@pytest.fixture
def fresh(tmp_path: Path, shop: Site) -> Callable[..., Kept]:
    """Make fresh homes."""

    def make(site: Site = shop, **changes: object) -> Kept:
        folder = tmp_path / f"home{len(list(tmp_path.glob('home*')))}"
        folder.mkdir()
        return keep_in(folder, site, **changes)

    return make


@dataclass
class Sealed:
    """A built package: its bytes, its files, the key that sealed it, and ways to change a copy."""

    kept: Kept
    package: Package
    path: Path
    folder: Path

    @property
    def id(self) -> str:
        """The exhibit's id."""
        return self.package.exhibit_ids[0]

    @property
    def trusted(self) -> str:
        """The verifier key that a court would have."""
        return str(self.kept.key.verifier)

    def files(self) -> dict[str, bytes]:
        """Return every file of the package by its name."""
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    def bag(self) -> dict[str, bytes]:
        """Return the bag's files by their path below the bag."""
        prefix = f"{self.id}/"
        return {name.removeprefix(prefix): data for name, data in self.files().items() if name.startswith(prefix)}

    def write(self, files: dict[str, bytes], name: str = "copy.zip") -> Path:
        """Write a package of these files in our own ZIP form."""
        path = self.folder / name
        with path.open("wb") as out:
            write_zip(out, [(key, Bytes(data)) for key, data in files.items()])
        return path

    def verify(self, files: dict[str, bytes] | None = None, path: Path | None = None, **changes: object) -> Verdict:
        """Verify the package, or a copy with these files, trusting the right key."""
        target = path or (self.path if files is None else self.write(files))
        return verify_package(target, **{"trusted_keys": [self.trusted], **changes})  # type: ignore[arg-type]

    def forge(self, bag: dict[str, bytes], *, reseal: SealKey | None = None, capture: bool = True) -> dict[str, bytes]:
        """Return a package around a changed bag, every list in it recomputed as a careful forger would.

        With `capture` the capture's own record follows the changed files too. The old seal and proofs stay unless
        `reseal` gives another key.
        """
        bag = dict(bag)
        if capture:
            bag = _with_capture(bag)
        bag = _with_lists(_with_custody(bag))
        beside = {name: data for name, data in self.files().items() if not name.startswith(f"{self.id}/")}
        if reseal:
            beside[f"{self.id}.proofs/seal.json"] = _seal(self.id, bag, reseal)
        return {**{f"{self.id}/{name}": data for name, data in sorted(bag.items())}, **beside}


def _named(path: str, data: bytes) -> dict[str, object]:
    return {
        "path": path,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "sm3": hashlib.new("sm3", data).hexdigest(),
    }


def _with_capture(bag: dict[str, bytes]) -> dict[str, bytes]:
    record = json.loads(bag["data/capture/capture.json"])
    record["files"] = [
        _named(item["path"], bag[f"data/{item['path']}"]) for item in record["files"] if f"data/{item['path']}" in bag
    ]
    return {**bag, "data/capture/capture.json": rfc8785.dumps(record)}


def _with_custody(bag: dict[str, bytes]) -> dict[str, bytes]:
    """Write the custody log anew over the changed files, times and actors as they were."""
    log, clock = CustodyLog(), FixedClock()
    for old in CustodyLog.parse(bag["data/custody/custody.jsonl"]).entries:
        clock.time, clock.ticks = old.utc - timedelta(seconds=1), 0
        target = "data/capture/capture.json" if old.action == "captured" else f"data/{old.reason}"
        digest = (
            hashlib.sha256(bag[target]).hexdigest()
            if target in bag and old.action != "requested"
            else old.object_sha256
        )
        log = log.append(Touch(old.actor, old.host, old.action, digest, old.reason), clock)
    return {**bag, "data/custody/custody.jsonl": log.to_jsonl()}


def _with_lists(bag: dict[str, bytes]) -> dict[str, bytes]:
    evidence = json.loads(bag.pop("data/evidence.json"))
    roles = {item["path"]: (item["role"], item["media_type"]) for item in evidence["files"]}
    evidence["files"] = [
        {
            **_named(path, data),
            "role": roles.get(path, ("render", ""))[0],
            "media_type": roles.get(path, ("", "text/plain"))[1],
        }
        for path, data in sorted(bag.items())
        if path.startswith("data/")
    ]
    log = CustodyLog.parse(bag["data/custody/custody.jsonl"])
    evidence["custody"] |= {"length": log.length, "head_sha256": log.head}
    bag["data/evidence.json"] = rfc8785.dumps(evidence)
    return with_manifests(bag)


def with_manifests(bag: dict[str, bytes]) -> dict[str, bytes]:
    """Return the bag with Payload-Oxum, manifests and tag manifests recomputed."""
    payload = {path: data for path, data in sorted(bag.items()) if path.startswith("data/")}
    info = bag["bag-info.txt"].decode().splitlines()[:-1]
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
    tags = {"bagit.txt": bag["bagit.txt"], "bag-info.txt": "".join(f"{line}\n" for line in [*info, oxum]).encode()}
    for name in ("sha256", "sha512"):
        tags[f"manifest-{name}.txt"] = _manifest(name, payload)
    tops = {f"tagmanifest-{name}.txt": _manifest(name, tags) for name in ("sha256", "sha512")}
    return {**payload, **tags, **tops}


def _manifest(algorithm: str, files: dict[str, bytes]) -> bytes:
    return "".join(
        f"{hashlib.new(algorithm, data).hexdigest()}  {path}\n" for path, data in sorted(files.items())
    ).encode()


def _seal(exhibit_id: str, bag: dict[str, bytes], key: SealKey) -> bytes:
    from notary.seal import sign_note

    names = (
        ("evidence.json", "data/evidence.json"),
        *((n, n) for n in ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")),
    )
    lines = [f"sha256 {hashlib.sha256(bag[path]).hexdigest()} {name}" for name, path in names]
    note = sign_note(f"markwatch/seal/{exhibit_id}", lines, key)
    return rfc8785.dumps({"format": "markwatch-seal/1", "key": str(key.verifier), "note": note})


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory, shop: Site) -> Sealed:
    """One page really captured, stored, packaged and sealed; tests change copies of it."""
    folder = tmp_path_factory.mktemp("sealed")

    def keeping_a_copy(url: str, work: Path, options: CaptureOptions, exhibit_id: str) -> CaptureResult:
        result = capture_page(url, work, options, capture_id=exhibit_id)
        if not (folder / "whole").exists():
            shutil.copytree(result.folder, folder / "whole")
        return result

    kept = keep_in(folder, shop, capture=keeping_a_copy)
    exhibit = kept.run(shop.url())
    package = kept.packages().build("CASE-1", [exhibit.id], folder / "package.zip", recipient="court")
    return Sealed(kept, package, folder / "package.zip", folder)


@pytest.fixture(scope="session")
def whole(sealed: Sealed) -> CaptureResult:
    """The one real capture of the plain shop, as it was before it went into the vault; not to be changed."""
    return read_result(sealed.folder / "whole")


@pytest.fixture(scope="session")
def pair(sealed: Sealed, shop: Site) -> tuple[str, dict[str, bytes]]:
    """A package of two exhibits of one home: the second one's id, and all files."""
    kept, folder = sealed.kept, sealed.folder
    hit = replace(kept.hit, id=hit_id(kept.listing.id, "R2"), right_id="R2")
    second = kept.stage.run(hit, kept.listing, shop.url(), kept.detection)
    kept.packages().build("CASE-2", [sealed.id, second.id], folder / "pair.zip")
    with zipfile.ZipFile(folder / "pair.zip") as archive:
        return second.id, {name: archive.read(name) for name in archive.namelist()}


__all__ = ["Kept", "Sealed", "Site"]

"""OpenTimestamps calendars over their public protocol: `POST /digest`, `GET /timestamp/<commitment>`.

An answer is evaluated from the digest that was asked for, so one made for another digest leads to another commitment,
and can never end in a block's Merkle root. A calendar's answer is a promise or a claim; `notary.verify` judges it.
Each request has one deadline and a byte cap, follows no redirect and reaches only what the egress policy allows: a
calendar that hangs, drips, floods or lies costs its deadline and nothing else.
"""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from guards.egress import EgressPolicy, split_target
from guards.errors import CapExceeded, EgressRefused, GuardError, Malformed
from guards.http import Response, fetch
from notary import ots
from notary.anchors import AnchorKind, Example, Reach
from notary.errors import AnchorLied, AnchorMisconfigured, AnchorNotReady, AnchorUnreachable, ProofMalformed
from notary.verify import is_demo_uri

MAX_ANSWER_BYTES = 10_000
"""As in the reference client."""
MAX_COMMITMENT_BYTES = 256
"""Genuine commitments have 44 bytes; they go into a URL."""
_TO_FOLLOW = frozenset({"pending", "bitcoin", "demo"})
_ACCEPT = "application/vnd.opentimestamps.v1"
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#-.,; ")


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar, by its base URL."""

    url: str
    reach: Reach

    @property
    def name(self) -> str:
        """`opentimestamps/<host><path>`, or `demo/…` for a demo calendar."""
        parts = urlsplit(self.url)
        return f"{'demo' if self.demo else 'opentimestamps'}/{parts.netloc}{parts.path.rstrip('/')}"

    @property
    def operator(self) -> str:
        """The domain under which the calendar runs: calendars of one domain are one operator's."""
        return "markwatch-demo" if self.demo else operator_of(self.url)

    @property
    def demo(self) -> bool:
        """Whether the URL marks a demo calendar."""
        return is_demo_uri(self.url)

    def submit(self, root: bytes) -> ots.Node:
        """Hand in a root and return the calendar's answer; raises `AnchorUnreachable` or `AnchorLied`."""
        response = self._ask(f"{self.url.rstrip('/')}/digest", method="POST", body=root)
        if response.status != 200:
            raise _refusal(self.name, response)
        tree = self._read(response.body, root)
        if not {item.kind for _, item in ots.attestations(tree)} & _TO_FOLLOW:
            raise AnchorLied(f"{self.name} answered nothing that can be followed up", "it is asked again later")
        return tree

    def upgrade(self, commitment: bytes, uri: str) -> ots.Node:
        """Ask the calendar at `uri` (from its own pending attestation) for more on `commitment`.

        Raises `AnchorNotReady` while it has nothing, else `AnchorUnreachable` or `AnchorLied`.
        """
        if len(commitment) > MAX_COMMITMENT_BYTES:
            raise AnchorLied(f"expected a commitment of at most {MAX_COMMITMENT_BYTES} bytes, found {len(commitment)}")
        response = self._ask(f"{uri.rstrip('/')}/timestamp/{commitment.hex()}")
        if response.status == 404:
            raise AnchorNotReady(f"{uri}: {_printable(response.body) or 'nothing yet'}")
        if response.status != 200:
            raise _refusal(uri, response)
        return self._read(response.body, commitment)

    def _ask(self, url: str, *, method: str = "GET", body: bytes = b"") -> Response:
        headers = {"Accept": _ACCEPT, "User-Agent": self.reach.user_agent}
        if body:
            headers["Content-Type"] = "application/octet-stream"
        try:
            return fetch(
                url,
                policy=self.reach.policy,
                method=method,
                body=body,
                headers=headers,
                deadline_s=self.reach.deadline_s,
                max_bytes=MAX_ANSWER_BYTES,
                ca_file=self.reach.ca_file,
            )
        except (CapExceeded, Malformed) as error:
            raise AnchorLied(f"{self.name} answered nonsense: {_one_line(error)}", "it is asked again later") from error
        except GuardError as error:
            raise AnchorUnreachable(f"{self.name} is out of reach: {_one_line(error)}", error.next_step) from error

    def _read(self, body: bytes, msg: bytes) -> ots.Node:
        """Read an answer over `msg` and check where it sends us; raises `AnchorLied`."""
        try:
            tree = ots.parse_tree(body, msg)
        except ProofMalformed as error:
            raise AnchorLied(f"{self.name} answered nonsense: {error.message}", "it is asked again later") from error
        for _, item in ots.attestations(tree):
            if item.kind == "pending":
                _check_uri(self.name, item.uri, self.reach.policy)
        return tree


def build(url: str, reach: Reach) -> Calendar:
    """Return the calendar at `url`; raises `AnchorMisconfigured` for what no calendar's URL can be."""
    parts = urlsplit(url)
    try:
        split_target(url)
        ots.pending(url)
    except (EgressRefused, ProofMalformed) as error:
        raise AnchorMisconfigured(
            f"{url!r} is no calendar's URL: {error.message}", "check MARKWATCH_CALENDARS"
        ) from error
    if parts.query or parts.fragment:
        raise AnchorMisconfigured(
            f"expected a calendar's URL without query, found {url!r}", "check MARKWATCH_CALENDARS"
        )
    return Calendar(url, reach)


def operator_of(url: str) -> str:
    """Return the registrable domain (by a simple rule, not the public suffix list) or the address of a URL's host.

    >>> operator_of("https://a.pool.opentimestamps.org"), operator_of("https://x.example.com.cn")
    ('opentimestamps.org', 'example.com.cn')
    """
    host = urlsplit(url).hostname or ""
    if _is_address(host):
        return host
    labels = host.split(".")
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-keep:])


def _check_uri(name: str, uri: str, policy: EgressPolicy) -> None:
    """Refuse an answer that sends us to another scheme or a forbidden address; names are resolved when they are asked."""
    try:
        host, _ = split_target(uri)
        if _is_address(host):
            policy.check_url(uri)
    except EgressRefused as error:
        raise AnchorLied(f"{name} names a calendar that must not be asked: {error.message}", error.next_step) from error


def _refusal(name: str, response: Response) -> AnchorUnreachable | AnchorLied:
    text = f"{name} answered {response.status}: {_printable(response.body)}"
    if 300 <= response.status < 400:
        return AnchorLied(f"{text} (redirects are not followed)", "it is asked again later")
    return AnchorUnreachable(text, "it is asked again later")


def _printable(body: bytes) -> str:
    """Return the start of an error page with everything but plain characters replaced, so that no line is faked."""
    return "".join(ch if ch in _SAFE else "_" for ch in body[:160].decode("latin-1")).strip("_ ")


def _one_line(error: GuardError) -> str:
    """Return an error's message without the line breaks and control characters that a stranger may have put in it."""
    return "".join(ch if ch.isprintable() else " " for ch in error.message).strip()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


# Genuine: what the calendar "alice" answered in 2016 to the digest inside incomplete.txt.ots (the OpenTimestamps client's
# example), and what it answers since block 428648 to the commitment that it gave.
_ALICE_2016 = Example(
    digest="cd567f5aa9f68cfbece1ca17b4b72ad3079a3e4bff80efe131419bd02138e425",
    answer=(
        "f010b573e8850cfd9e63d1f043fbb6fc250e08f10457cfa5c4f0086fb1ac8d4e4eb0e70083dfe30d2ef90c8e2e2d68747470"
        "733a2f2f616c6963652e6274632e63616c656e6461722e6f70656e74696d657374616d70732e6f7267"
    ),
    upgraded=(
        "08f1206563bb432a829ac8d6c54d1a9330d2240664cad8338dd05e63eec12a18a68d5008f020ba83ddbe2bd6772b4584b46e"
        "aed23606b712dd740a89e99e927571f77f64aa2108f120193c81e70e4472b52811fe7837ce1293b1d3542b244f27f44182af"
        "8287fc9f4e08f120c6c57696fcd39b4d992477889d04e6882829f5fe556304a281dce258b78a1f0708f1ae010100000001b5"
        "92ca038eaa9c1b698a049b09be8ee8972b5d0eca29c19946027ba9248acb03000000004847304402200f992d5dbec6edb143"
        "f76c14e4538e0a50d66bae27c683cf4291e475287ec6af022010bae9443390aadbd2e2b8b9f757beea26d3f5c345f7e6b4d8"
        "1b3d390edd381801fdffffff022eb142000000000023210338b2490eaa949538423737cd83449835d1061dca88f4ffaca718"
        "1bcac67d2095ac0000000000000000226a20f004678a06000808f120977ac39d89bb8b879d4a2c38fca48a040c8263793670"
        "7fc452c9db1390b515c80808f02074268b23e614997d18c7c063d8d82d7e1db57b5fc4346cc47ac2c46d54168d710808f120"
        "560c45b854f8507c8bfacf2662fef269c208a7e5df5c3145cbce417ecacc595e0808f1200dba8721b9cd4ac7c2fcc7e15ba2"
        "cb9f2906bfc577c212747cd352d61b5d7fdb0808f12081107a010d527d18baa874bc99c19a3a7a25dfe110a4c8985bf30f6c"
        "3e77baed0808f020ca3cdcd7093498b3f180b38a9773207e52fca992c2db1d660fdfa1b329500c390808f020ca6c6464dd02"
        "ced64c9c82246ccfc626caa78d9e624cc11013e3b4bbc09e98910808f0201c7ae0feac018fa19bd8459a4ae971b3e6c816a8"
        "7254317e0a9f0ec9425ba7610808f12090263a73e415a975dc07706772dbb6200ef0d0a23006218e65d4a5d8112067300808"
        "f12079530163b0d912249438628bd791ac9402fa707eb314c6237b0ef90271625c840808000588960d73d7190103e8941a"
    ),
)
KIND = AnchorKind("opentimestamps", build, (_ALICE_2016,))

"""The shared words of markwatch as frozen dataclasses: what the packages hand to one another.

Rules:
- ids are ULIDs (26 characters) or lower-case hex digests; `records.ids` makes both
- times are aware and in UTC; dates of law and registration are plain dates
- money is `Decimal` with an ISO 4217 currency
- nothing here does I/O, and nothing here imports another package of the house

Example:
>>> Money(Decimal("36.50"), "CNY")
Money(amount=Decimal('36.50'), currency='CNY')
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dc_field
from datetime import date, datetime
from decimal import Decimal

from records.alignment import Alignment
from records.crawl import Run as Run  # noqa: PLC0414 # handed on
from records.crawl import Source as Source  # noqa: PLC0414 # handed on
from records.crawl import Watch as Watch  # noqa: PLC0414 # handed on
from records.terms import (
    CaptureOutcome,
    DecisionStage,
    Fidelity,
    GiRoute,
    HitState,
    JobKind,
    JobState,
    Level,
    ListingState,
    Outcome,
    ProofState,
    RightKind,
    Rung,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PriceRange:
    """A price as shown: `low` equals `high` for a single price; `36起` has no `high`."""

    low: Money
    high: Money | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in both of the users' languages."""

    zh: str
    en: str

    def in_lang(self, lang: str) -> str:
        """Return the sentence in `lang` ("zh" or "en"; anything else reads as "zh")."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Right:
    """权利: what is protected, by which route, where, and in which version of its legal text.

    `images` are paths or URLs of reference samples; `region` is the place that a GI stands for,
    `production_area` the demarcated area; `legal_text` names the version of the law that grounds it.
    """

    id: str
    kind: RightKind
    name: str
    aliases: tuple[str, ...] = ()
    nice_classes: tuple[int, ...] = ()
    goods: tuple[str, ...] = ()
    region: str = ""
    owner: str = ""
    registration_no: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    authorized_sellers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    route: GiRoute | None = None
    territory: tuple[str, ...] = ("CN",)
    production_area: str = ""
    legal_text: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """比对样本: a right's sample picture; `sha256` addresses its bytes in the vault."""

    id: str
    right_id: str
    sha256: str
    media_type: str
    origin: str


@dataclass(frozen=True, slots=True)
class Authorization:
    """授权/用标许可: who may use a right, and between which dates (open where None)."""

    id: str
    right_id: str
    seller: str
    uscc: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """展会: an exhibition's name, first and last day, and venue, as its pages state them."""

    name: str = ""
    starts: date | None = None
    ends: date | None = None
    venue: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """商品链接: one offer as last seen.

    `key` is the site's own id, else the canonical URL; `url` is None for a card without a link. `origin` (产地),
    `ingredients` (配料) and `standard` (执行标准) are what the page states; `seller_location` is not an origin.
    `seen_on` is the day on which it was on offer, where a file says so: it chooses the law. It is no part of the content.
    """

    id: str
    title: str
    source_id: str = ""
    key: str = ""
    url: str | None = None
    description: str = ""
    seller: str = ""
    seller_location: str = ""
    seller_uscc: str = ""
    price: PriceRange | None = None
    images: tuple[str, ...] = ()
    attributes: Mapping[str, str] = dc_field(default_factory=dict)
    origin: str = ""
    ingredients: str = ""
    standard: str = ""
    breadcrumbs: tuple[str, ...] = ()
    sales: str = ""
    booth: str = ""
    event: Event | None = None
    rung: Rung = Rung.FILE
    seen_on: date | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """快照: a listing as one run saw it. `id` is the digest of listing id and content, so equal content is one row.

    `page_sha256` is the digest of the page that it was read from; `image_sha256s` runs parallel to
    `listing.images` ("" where a picture was not fetched) and addresses the vault.
    """

    id: str
    listing_id: str
    run_id: str
    taken_at: datetime
    listing: Listing
    state: ListingState
    page_url: str = ""
    page_sha256: str = ""
    rendered: bool = False
    image_sha256s: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a listing is (or is not) a hit: one detector's rule, where it matched, and the reason in words.

    `start`/`end` are code-point offsets into the original text of `field` (`title`, `attributes.产地` …); for a picture
    `field` is `images[0]`, `region` (x, y, w, h) in pixels, `alignment` how a reference lies over it. `score` lies in 0..1;
    what speaks against has `against` set. `versions` names versions or hashes of detector, model and threshold; `steps` tell
    in order how the place came of the right's name; `other_right` is the runner-up that it speaks of.
    """

    detector: str
    rule: str
    field: str
    score: float
    explanation: Text
    start: int = 0
    end: int = 0
    text: str = ""
    region: tuple[int, int, int, int] | None = None
    against: bool = False
    ground: str = ""
    reference_id: str = ""
    versions: Mapping[str, str] = dc_field(default_factory=dict)
    steps: tuple[Text, ...] = ()
    other_right: str = ""
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """疑似线索: one (listing, right) pair; `id` is the digest of both. `score` is a calibrated probability."""

    id: str
    listing_id: str
    right_id: str
    score: float
    alert: bool
    outcome: Outcome
    findings: tuple[Finding, ...]
    snapshot_id: str = ""
    state: HitState = HitState.OPEN
    found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """核查意见: append-only. `snapshot_id` is what the actor saw; a confirmation needs a second actor or a rule."""

    id: str
    hit_id: str
    actor: str
    verdict: Verdict
    stage: DecisionStage
    at: datetime
    reason: str = ""
    snapshot_id: str = ""


@dataclass(frozen=True, slots=True)
class Seller:
    """经营者账号: a seller on one source, with the business identity that its pages state."""

    id: str
    source_id: str
    name: str
    location: str = ""
    uscc: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """案件: hits that are handled together, under a number that stays."""

    id: str
    number: str
    title: str
    hit_ids: tuple[str, ...]
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Artifact:
    """文件: one file of an exhibit. `path` is its place in the package below `data/`; `sha256` addresses the vault."""

    path: str
    size: int
    sha256: str
    sm3: str
    role: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """证据: one capture of one page. `id` is `EV-` and a ULID; `lost` lists what the recording could not keep."""

    id: str
    url: str
    outcome: CaptureOutcome
    created_at: datetime
    hit_id: str = ""
    captured_at: datetime | None = None
    fidelity: Fidelity = Fidelity.BROWSER_DECODED
    reason: str = ""
    artifacts: tuple[Artifact, ...] = ()
    lost: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CustodyEntry:
    """One line of the custody log: hash-chained by `prev_sha256` over the canonical JSON of the line before."""

    seq: int
    prev_sha256: str
    utc: datetime
    monotonic_ns: int
    actor: str
    host: str
    action: str
    object_sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BagFile:
    """One file of a sealed bag: its path below `EV-<id>/`, and the digest under which the vault holds it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bag:
    """An exhibit's bag as it was sealed: its files never change, so a later package has the same bytes."""

    exhibit_id: str
    built_at: datetime
    files: tuple[BagFile, ...]


@dataclass(frozen=True, slots=True)
class AnchorClaim:
    """What one attestation inside a proof says, and how far it was checked."""

    kind: str
    state: ProofState
    level: Level = Level.NONE
    height: int | None = None
    time: datetime | None = None
    uri: str = ""
    reason: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """存证证明: one digest's proof at one anchor. `data` is the anchor's own form (an .ots file); empty while queued."""

    id: str
    subject_sha256: str
    subject: str
    anchor: str
    state: ProofState
    created_at: datetime
    batch_id: str = ""
    data: bytes = b""
    claims: tuple[AnchorClaim, ...] = ()
    tries: int = 0
    next_try_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """证据包: one ZIP for a recipient."""

    id: str
    case_id: str
    exhibit_ids: tuple[str, ...]
    path: str
    sha256: str
    built_at: datetime
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """审计记录: who did what to which object; hash-chained like the custody log, never changed."""

    seq: int
    prev_sha256: str
    at: datetime
    actor: str
    action: str
    object_id: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of due work. `key` makes enqueuing idempotent: one open job a (kind, key)."""

    id: str
    kind: JobKind
    key: str
    state: JobState
    created_at: datetime
    tries: int = 0
    lease_until: datetime | None = None
    last_error: str = ""

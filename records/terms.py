"""The closed vocabularies of markwatch: every state, kind and outcome that a record can hold.

The members' values are what is stored and what `--json` prints, so they are a promise: add, never rename.
The Chinese words are those that screens and papers show; before a penalty or judgment is final the word is
涉嫌 (suspected), never 侵权.
"""

from enum import StrEnum


class RightKind(StrEnum):
    """What is protected: 商标, 地理标志, 外观设计, 作品, 植物新品种."""

    TRADEMARK = "trademark"
    GI = "gi"
    DESIGN = "design"
    WORK = "work"
    PLANT_VARIETY = "plant_variety"


class GiRoute(StrEnum):
    """How a geographical indication is protected. The law differs by route, so they are never merged."""

    PROTECTED_PRODUCT = "protected_product"
    CERTIFICATION_MARK = "certification_mark"
    COLLECTIVE_MARK = "collective_mark"
    AGRI_GI = "agri_gi"


class TargetKind(StrEnum):
    """What a watch reads: a search, a category, a shop, an exhibition (展会) or a list of pages."""

    SEARCH = "search"
    CATEGORY = "category"
    SHOP = "shop"
    EXHIBITION = "exhibition"
    URLS = "urls"


class RenderMode(StrEnum):
    """Whether pages are rendered in a browser: only where the static page is an empty shell, never, always."""

    AUTO = "auto"
    NEVER = "never"
    ALWAYS = "always"


class WatchState(StrEnum):
    """Whether a watch runs."""

    ACTIVE = "active"
    PAUSED = "paused"


class RunOutcome(StrEnum):
    """How a run ended; `RUNNING` is the only one that is not an end."""

    RUNNING = "running"
    OK = "ok"
    EMPTY = "empty"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    DRIFT = "drift"
    FAILED = "failed"


class AlarmKind(StrEnum):
    """What is unusual of a source, measured against its own past."""

    NO_ITEMS = "no_items"
    FEWER_ITEMS = "fewer_items"
    FIELD_LOST = "field_lost"
    OTHER_RUNG = "other_rung"
    OVERDUE = "overdue"
    NO_PROGRESS = "no_progress"


class Rung(StrEnum):
    """The rung of the extraction ladder that gave an item."""

    SITE_PROFILE = "site_profile"
    STRUCTURED = "structured"
    EMBEDDED_STATE = "embedded_state"
    CARDS = "cards"
    RENDERED = "rendered"
    RESPONSES = "responses"
    FILE = "file"


class ListingState(StrEnum):
    """The life of a listing between runs."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MISSING = "missing"
    DELISTED = "delisted"
    RELISTED = "relisted"


class Outcome(StrEnum):
    """What detection says of a (listing, right) pair: 涉嫌, 待核实产地, 已授权, 排除."""

    SUSPECTED = "suspected"
    VERIFY_ORIGIN = "verify_origin"
    AUTHORISED = "authorised"
    EXCLUDED = "excluded"


class HitState(StrEnum):
    """Where a hit stands in the review; `PROPOSED` waits for the second person."""

    OPEN = "open"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    AUTHORISED = "authorised"
    SNOOZED = "snoozed"


class Verdict(StrEnum):
    """What a reviewer decides: C 涉嫌, F 误报, A 已授权, S 暂缓, U undo."""

    SUSPECTED = "suspected"
    FALSE_POSITIVE = "false_positive"
    AUTHORISED = "authorised"
    SNOOZE = "snooze"
    UNDO = "undo"


class DecisionStage(StrEnum):
    """Whether a decision proposes, or a second person (or a switched-on rule) confirms or returns it."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    RETURN = "return"


class CaptureOutcome(StrEnum):
    """How a capture ended; `PENDING` has not run yet."""

    PENDING = "pending"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class Fidelity(StrEnum):
    """How near a recorded exchange is to the bytes on the wire."""

    WIRE = "wire"
    DECHUNKED = "dechunked"
    BROWSER_DECODED = "browser-decoded"


class ProofState(StrEnum):
    """The life of a proof at one anchor. `ATTESTED` is an anchor's claim; only `VERIFIED` was checked by us."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    PENDING = "pending"
    ATTESTED = "attested"
    VERIFIED = "verified"
    RENEWED = "renewed"
    RETRYING = "retrying"
    STALE = "stale"
    CONFLICT = "conflict"
    REORGED = "reorged"
    DEAD = "dead"


class ProofVerdict(StrEnum):
    """What verification says of a proof's bytes (`proofs verify` prints it)."""

    VERIFIED = "verified"
    PENDING = "pending"
    UNVERIFIABLE = "unverifiable"
    INVALID = "invalid"


class Level(StrEnum):
    """How a Bitcoin attestation was checked, safest first; `NONE` where nothing was verified."""

    CHAIN = "chain"
    CHECKPOINT = "checkpoint"
    EXPLORERS = "explorers"
    HEADER = "header"
    DEMO = "demo"
    NONE = "none"


class JobKind(StrEnum):
    """What the worker does; work is rows: the desk enqueues, `markwatch work` runs."""

    PATROL = "patrol"
    DETECT = "detect"
    CAPTURE = "capture"
    STAMP = "stamp"
    UPGRADE = "upgrade"
    PACKAGE = "package"


class JobState(StrEnum):
    """Where a job stands. A leased job whose lease ran out is due again."""

    DUE = "due"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"

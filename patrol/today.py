"""What the review reads: the day's hits, one hit with everything beside it, and each source's health.

The documents made here are what `--json` prints and the API answers; they hold plain values only.
"""

from typing import TYPE_CHECKING, Any

from guards.errors import both
from patrol.errors import Misused, see
from patrol.health import health_of
from patrol.masking import mask, mask_all
from patrol.times import beijing_day
from records.codec import to_json
from records.hits_file import runner_up
from records.model import Finding, Listing, PriceRange, Right
from records.terms import HitState

if TYPE_CHECKING:
    from datetime import datetime

    from patrol.app import App
    from records.views import HitView

WAITING = (HitState.OPEN, HitState.PROPOSED)
"""States that wait for a person."""
HIGH = 0.85
"""Score from which a hit's severity is high."""
MEDIUM = 0.6
"""Score from which it is medium."""


def price_text(price: PriceRange | None) -> str:
    """Return a price as shown: `36.50 CNY`, `36–50 CNY`, `36+ CNY`; empty where there is none."""
    if price is None:
        return ""
    low, high = price.low, price.high
    if high is None:
        return f"{low.amount}+ {low.currency}"
    amount = str(low.amount) if low.amount == high.amount else f"{low.amount}–{high.amount}"
    return f"{amount} {low.currency}"


def severity(score: float) -> str:
    """Return "high", "medium" or "low"."""
    return "high" if score >= HIGH else "medium" if score >= MEDIUM else "low"


def hit_rows(
    app: "App", *, state: str = "", right: str = "", everything: bool = False, limit: int = 200, offset: int = 0
) -> list[dict[str, Any]]:
    """Return hits as rows, the highest score first; by default the alerts that wait for a person.

    Raises Misused for an unknown state, an unknown right, or a limit below 1.
    """
    if limit < 1 or limit > 10_000 or offset < 0:
        raise Misused(both(f"条数应为 1 至 10000,实为 {limit}", f"expected a limit of 1 to 10000, found {limit}"), "")
    states = _states(state, everything=everything)
    if right and app.records.rights.get(right) is None:
        raise Misused(both(f"没有编号为 {right!r} 的权利", f"unknown right {right!r}"), see("rights list"))
    which = app.hit_filter(states=states, right_ids=(right,) if right else (), alerts_only=not everything)
    views = app.records.hits.list(which, limit=limit, offset=offset)
    return [row(view, app.lang, page_url(app, view)) for view in views]


def page_url(app: "App", view: "HitView") -> str:
    """Return the address of the page that a listing without its own address was read from; "" where it has its own."""
    if view.listing is not None and view.listing.url:
        return ""
    snapshot = app.records.listings.snapshot(view.hit.snapshot_id) if view.hit.snapshot_id else None
    return snapshot.page_url if snapshot else ""


def _states(state: str, *, everything: bool) -> tuple[HitState, ...]:
    if not state:
        return () if everything else WAITING
    try:
        return (HitState(state),)
    except ValueError as error:
        known = ", ".join(HitState)
        message = both(f"没有状态 {state!r},可用:{known}", f"unknown state {state!r}: expected one of {known}")
        raise Misused(message, "") from error


def row(view: "HitView", lang: str, page: str = "") -> dict[str, Any]:
    """Return one hit as a row of the list, personal data masked; `page` stands in for a missing address."""
    hit, listing = view.hit, view.listing or Listing(view.hit.listing_id, "")
    best = max((f for f in hit.findings if not f.against), key=lambda f: f.score, default=None)
    return {
        "id": hit.id,
        "listing": hit.listing_id,
        "right": hit.right_id,
        "right_name": view.right.name,
        "score": round(hit.score, 4),
        "alert": hit.alert,
        "severity": severity(hit.score),
        "outcome": hit.outcome.value,
        "state": hit.state.value,
        "title": mask(listing.title),
        "url": listing.url,
        "page_url": page,
        "seller": listing.seller,
        "site": _site(listing.url or page),
        "price": price_text(listing.price),
        "first_seen": _time(hit.found_at),
        "last_seen": _time(view.last_seen_at),
        "listing_state": view.listing_state.value if view.listing_state else "",
        "changed": view.stale or view.changed,
        "case": view.case_number or None,
        "why": mask(best.explanation.in_lang(lang)) if best else "",
    }


def _site(url: str | None) -> str:
    from urllib.parse import urlsplit

    try:
        return urlsplit(url or "").netloc
    except ValueError:
        return ""


def _time(at: "datetime | None") -> str | None:
    return at.isoformat() if at else None


def find_view(app: "App", hit_id: str) -> "HitView":
    """Return one hit beside its right and listing; raise Misused where there is none."""
    view = app.records.hits.view(hit_id)
    if view is None:
        raise Misused(both(f"没有编号为 {hit_id!r} 的线索", f"there is no hit {hit_id!r}"), see("hits list"))
    return view


def hit_document(app: "App", hit_id: str, unmasked_by: str = "") -> dict[str, Any]:
    """Return one hit with its listing, right, findings, decisions and snapshots; raise Misused where there is none.

    Personal data is masked (`masked` says whether there was any), unless `unmasked_by` names who wants to see it: that
    is written to the audit trail before anything is returned.
    """
    view = find_view(app, hit_id)
    hit, right = view.hit, view.right
    listing = view.listing or Listing(hit.listing_id, "")
    document = row(view, app.lang, page_url(app, view))
    document |= _told(app, view, listing, unmasked_by)
    document |= {
        "seller_location": listing.seller_location,
        "origin": listing.origin,
        "ingredients": listing.ingredients,
        "standard": listing.standard,
        "snapshot": hit.snapshot_id,
        "newest_snapshot": view.latest_snapshot_id,
        "registration_no": right.registration_no,
        "right_document": right_document(right, app),
        "threshold": app.settings.alert_threshold,
        "findings": [finding_document(finding, app.lang) for finding in hit.findings],
        "runner_up": runner_up(hit),
        "references": [{"id": r.id, "sha256": r.sha256} for r in app.records.rights.references(right.id)],
        "images": image_shas(app, hit.snapshot_id),
        "decisions": [
            {"actor": d.actor, "verdict": d.verdict.value, "stage": d.stage.value, "reason": d.reason, "at": d.at.isoformat(),
             "snapshot": d.snapshot_id}
            for d in app.records.decisions.for_hit(hit.id)
        ],
        "snapshots": [{"id": s.id, "taken_at": s.taken_at.isoformat(), "state": s.state.value} for s in app.records.listings.snapshots(hit.listing_id)],
        "exhibits": [{"id": e.id, "outcome": e.outcome.value} for e in app.records.exhibits.for_hit(hit.id)],
    }  # fmt: skip
    return document


def _told(app: "App", view: "HitView", listing: Listing, unmasked_by: str) -> dict[str, Any]:
    """Return the seller's own texts, masked or not, and whether something in them is masked."""
    texts = {"title": listing.title, "description": listing.description}
    if unmasked_by:
        app.records.audit.append(unmasked_by, "personal data shown", view.hit.id, view.hit.listing_id)
        return {**texts, "attributes": dict(listing.attributes), "masked": False}
    shown, attributes = mask_all(texts), mask_all(listing.attributes)
    hidden = shown != texts or attributes != dict(listing.attributes)
    return {**shown, "attributes": attributes, "masked": hidden}


def image_shas(app: "App", snapshot_id: str) -> list[str]:
    """Return the vault digests of a snapshot's pictures, "" where one was not fetched."""
    snapshot = app.records.listings.snapshot(snapshot_id) if snapshot_id else None
    return list(snapshot.image_sha256s) if snapshot else []


def right_document(right: Right, app: "App") -> dict[str, Any]:
    """Return what the reason card shows of a right; `expired` is judged by the day in Beijing."""
    today = beijing_day(app.now())
    return {
        "id": right.id,
        "name": right.name,
        "kind": right.kind.value,
        "route": right.route.value if right.route else "",
        "aliases": list(right.aliases),
        "nice_classes": list(right.nice_classes),
        "goods": list(right.goods),
        "owner": right.owner,
        "registration_no": right.registration_no,
        "valid_from": right.valid_from.isoformat() if right.valid_from else "",
        "valid_to": right.valid_to.isoformat() if right.valid_to else "",
        "expired": right.valid_to is not None and right.valid_to < today,
        "authorized_sellers": list(right.authorized_sellers),
        "production_area": right.production_area,
        "territory": list(right.territory),
        "legal_text": right.legal_text,
    }


def finding_document(finding: Finding, lang: str) -> dict[str, Any]:
    """Return one finding as a plain document, its explanation in `lang`."""
    return {
        "detector": finding.detector,
        "rule": finding.rule,
        "field": finding.field,
        "start": finding.start,
        "end": finding.end,
        "text": mask(finding.text),
        "region": list(finding.region) if finding.region else None,
        "alignment": to_json(finding.alignment),
        "score": round(finding.score, 4),
        "against": finding.against,
        "ground": finding.ground,
        "reference": finding.reference_id,
        "explanation": mask(finding.explanation.in_lang(lang)),
        "versions": dict(finding.versions),
        "steps": [mask(step.in_lang(lang)) for step in finding.steps],
        "other_right": finding.other_right,
    }


def source_health(app: "App") -> list[dict[str, Any]]:
    """Return each watch's newest run with its health; one that never ran has not failed."""
    rows = []
    for watch in app.records.watches.all():
        health = health_of(watch, app.records.listings, app.now(), app.records.fairs.all())
        last = health.last
        rows.append(
            {
                "watch": watch.name,
                "outcome": last.outcome.value if last else "never",
                "failed": health.failed,
                "at": (last.ended_at or last.started_at).isoformat() if last else None,
                "items": last.items if last else 0,
                "reason": last.reason if last else "",
            }
            | health.document()
        )
    return rows

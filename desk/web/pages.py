"""The pages: 今日待核查, 比对, sign-in, and the pictures, which come from the vault only."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk import words
from desk.alarms import alarms_in_words
from desk.web.access import SESSION_S, Access, Visitor
from desk.web.gate import COOKIE, access, house, page_visitor
from desk.web.marks import pieces, spans_of
from guards.errors import MarkwatchError
from patrol.app import App
from patrol.portfolio import sniff
from patrol.times import beijing_minute
from patrol.today import hit_document, hit_rows, source_health
from records.terms import Verdict

HERE = Path(__file__).parent
PAGE_LIMIT = 500
"""Most hits that one page shows."""

COLUMNS = ("severity", "outcome", "title", "right", "site", "price", "first_seen", "state", "why")
"""The list's columns, in the order of the page."""

PAGE = ["GET", "HEAD"]
"""What a page answers to."""

router = APIRouter(include_in_schema=False)
"""The pages' routes."""

Who = Annotated[Visitor, Depends(page_visitor)]
House = Annotated[App, Depends(house)]
Door = Annotated[Access, Depends(access)]


def _beijing(text: object) -> str:
    return beijing_minute(text) if isinstance(text, str) else ""


def _short(digest: object) -> str:
    text = str(digest)
    return text if len(text) <= 20 else f"{text[:8]}…{text[-8:]}"


TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
"""Jinja with escaping always on: every text of a listing is hostile."""
TEMPLATES.filters |= {"beijing": _beijing, "short": _short, "alarms": alarms_in_words}


def render(name: str, app: App, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template in the users' language."""

    def t(key: str, **given: object) -> str:
        return words.say_in(app.lang, key, **given)

    def field_name(field: str) -> str:
        return words.field_name(field, app.lang)

    lang = "zh-CN" if app.lang == "zh" else "en"
    html = TEMPLATES.get_template(name).render(t=t, field_name=field_name, lang=lang, **values)
    return HTMLResponse(html, status)


@router.api_route("/", methods=PAGE)
def today(app: House, visitor: Who) -> HTMLResponse:
    """Show the alerts that wait, grouped by seller, with each source's health above."""
    rows = hit_rows(app, limit=PAGE_LIMIT)
    order = {str(row["seller"]): -float(str(row["score"])) for row in reversed(rows)}
    rows.sort(key=lambda row: (order[str(row["seller"])], str(row["seller"]), -float(str(row["score"]))))
    groups = [(seller, list(members)) for seller, members in groupby(rows, key=lambda row: str(row["seller"]))]
    health = source_health(app)
    failed = sum(1 for one in health if one["failed"])
    patrolled = sum(1 for one in health if one["outcome"] != "never")
    seen: dict[str, Any] = {"groups": groups, "count": len(rows), "columns": COLUMNS, "sources": health}
    return render("today.html", app, visitor=visitor, failed=failed, patrolled=patrolled, **seen)


@router.api_route("/hits/{hit_id}", methods=PAGE)
def compare(app: House, visitor: Who, hit_id: str, problem: Annotated[str, Query(max_length=500)] = "") -> HTMLResponse:
    """Show one hit beside its reference; personal data is masked."""
    return _comparison(app, visitor, hit_document(app, hit_id), problem)


@router.post("/hits/{hit_id}/unmask")
def unmask(app: House, visitor: Who, hit_id: str) -> HTMLResponse:
    """Show one hit with its personal data; that is written to the audit trail first."""
    return _comparison(app, visitor, hit_document(app, hit_id, unmasked_by=visitor.actor))


def _comparison(app: App, visitor: Visitor, hit: dict[str, Any], problem: str = "") -> HTMLResponse:
    findings = [f for f in hit["findings"] if isinstance(f, dict)] if isinstance(hit["findings"], list) else []
    attributes = hit["attributes"] if isinstance(hit["attributes"], dict) else {}
    fields = [("title", hit["title"]), ("description", hit["description"]), ("seller", hit["seller"])]
    fields += [(f"attributes.{name}", value) for name, value in attributes.items()]
    texts = [(name, pieces(str(text), spans_of(findings, name))) for name, text in fields if text]
    return render("compare.html", app, visitor=visitor, hit=hit, findings=findings, texts=texts, problem=problem)


@router.post("/hits/{hit_id}/decide")
def decide(
    app: House, visitor: Who, hit_id: str, verdict: Annotated[str, Form()], reason: Annotated[str, Form(max_length=2000)] = "",
    snapshot: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Keep a decision and go back to the hit; a refusal is shown there."""
    return _act(
        app,
        hit_id,
        lambda: app.review().decide(hit_id, Verdict(verdict), actor=visitor.actor, reason=reason, seen=snapshot),
    )


@router.post("/hits/{hit_id}/confirm")
def confirm(
    app: House, visitor: Who, hit_id: str, agree: Annotated[bool, Form()] = True,  # noqa: FBT002 - a form's field
    reason: Annotated[str, Form(max_length=2000)] = "", snapshot: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Confirm or return as the second person and go back to the hit."""
    return _act(
        app,
        hit_id,
        lambda: app.review().confirm(hit_id, actor=visitor.actor, agree=agree, reason=reason, seen=snapshot),
    )


def _act(app: App, hit_id: str, action: Callable[[], object]) -> Response:
    target = f"/hits/{quote(hit_id, safe='')}"
    try:
        action()
    except (MarkwatchError, ValueError) as error:
        said = error.in_lang(app.lang) if isinstance(error, MarkwatchError) else str(error)
        return RedirectResponse(f"{target}?problem={quote(said[:400])}", 303)
    return RedirectResponse(target, 303)


@router.api_route("/pictures/{sha256}", methods=PAGE)
def picture(app: House, _visitor: Who, sha256: str) -> Response:
    """Serve a picture from the vault, under the media type that its bytes have; anything else is not found."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise HTTPException(404)
    try:
        data = app.vault.get(sha256)
    except MarkwatchError as error:
        raise HTTPException(404) from error
    media_type = sniff(data[:64])
    if not media_type:
        raise HTTPException(404)
    policy = {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return Response(data, media_type=media_type, headers=policy)


@router.api_route("/sign-in", methods=PAGE)
def sign_in(app: House, door: Door, token: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Use up a one-time link, set the session cookie and go to the list; without a link say how to get one."""
    session = door.sign_in(token) if token else None
    if session is None:
        return render("sign_in.html", app, status=401 if token else 200)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(COOKIE, session, max_age=SESSION_S, httponly=True, samesite="strict", path="/")
    return answer


@router.post("/sign-out")
def sign_out(request: Request, door: Door, _visitor: Who) -> Response:
    """End the session."""
    door.sign_out(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.api_route("/static/desk.css", methods=PAGE)
def style() -> FileResponse:
    """Serve the one style sheet."""
    return FileResponse(HERE / "static" / "desk.css", media_type="text/css")

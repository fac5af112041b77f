"""The REST API under /api/v1: hits listed, shown, decided and confirmed. Every call needs a session or a token."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Query
from pydantic import BaseModel, Field

from desk.web.access import Visitor
from desk.web.gate import api_visitor, house
from patrol.app import App
from patrol.review import decision_document
from patrol.today import hit_document, hit_rows, source_health
from records.terms import Verdict

router = APIRouter(prefix="/api/v1", tags=["review"])
"""The API's routes."""

Who = Annotated[Visitor, Depends(api_visitor)]
House = Annotated[App, Depends(house)]


class DecisionBody(BaseModel):
    """A first person's decision. `snapshot` is the one that was looked at; a false alarm needs a reason."""

    verdict: Literal["suspected", "false_positive", "authorised", "snooze", "undo"]
    reason: str = Field("", max_length=2000)
    snapshot: str = Field("", max_length=64)


class ConfirmBody(BaseModel):
    """A second person's answer: agree, or return."""

    agree: bool = True
    reason: str = Field("", max_length=2000)
    snapshot: str = Field("", max_length=64)


@router.get("/hits")
def list_hits(
    app: House,
    _visitor: Who,
    state: Annotated[str, Query(max_length=20)] = "",
    right: Annotated[str, Query(max_length=200)] = "",
    everything: Annotated[bool, Query(alias="all")] = False,  # noqa: FBT002 - a query parameter, always named
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, object]:
    """List hits, the highest score first; by default the alerts that wait for a person."""
    rows = hit_rows(app, state=state, right=right, everything=everything, limit=limit, offset=offset)
    return {"hits": rows, "sources": source_health(app)}


@router.get("/hits/{hit_id}")
def show_hit(app: House, _visitor: Who, hit_id: str) -> dict[str, object]:
    """Show one hit with its listing, right, findings, decisions and snapshots."""
    return hit_document(app, hit_id)


@router.post("/hits/{hit_id}/decide")
def decide_hit(app: House, visitor: Who, hit_id: str, body: Annotated[DecisionBody, Body()]) -> dict[str, object]:
    """Append a decision as the visitor."""
    done = app.review().decide(
        hit_id, Verdict(body.verdict), actor=visitor.actor, reason=body.reason, seen=body.snapshot
    )
    return decision_document(done)


@router.post("/hits/{hit_id}/confirm")
def confirm_hit(app: House, visitor: Who, hit_id: str, body: Annotated[ConfirmBody, Body()]) -> dict[str, object]:
    """Confirm a proposal as the second person, or return it."""
    done = app.review().confirm(hit_id, actor=visitor.actor, agree=body.agree, reason=body.reason, seen=body.snapshot)
    return decision_document(done)

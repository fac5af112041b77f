"""The dependencies of routes: the App, and who asks. Pages redirect to the sign-in, the API answers 401."""

from typing import cast

from fastapi import HTTPException, Request

from desk.web.access import Access, Visitor
from patrol.app import App

COOKIE = "markwatch_session"
"""The session cookie: HttpOnly, SameSite=Strict."""


def house(request: Request) -> App:
    """Return the App that this desk serves."""
    return cast("App", request.app.state.house)


def access(request: Request) -> Access:
    """Return the desk's access file."""
    return cast("Access", request.app.state.access)


def find_visitor(request: Request) -> Visitor | None:
    """Return who asks, by session cookie or bearer token; None for nobody."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return access(request).visitor(session=request.cookies.get(COOKIE, ""), token=bearer)


def api_visitor(request: Request) -> Visitor:
    """Return who asks, or answer 401."""
    visitor = find_visitor(request)
    if visitor is None:
        raise HTTPException(401, "a session or an API token is needed", headers={"WWW-Authenticate": "Bearer"})
    return visitor


def page_visitor(request: Request) -> Visitor:
    """Return who asks, or redirect to the sign-in page."""
    visitor = find_visitor(request)
    if visitor is None:
        raise HTTPException(303, "sign in first", headers={"Location": "/sign-in"})
    return visitor

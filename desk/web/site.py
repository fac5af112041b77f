"""The desk as one ASGI application: pages, API, errors without tracebacks, and the shield around all."""

from collections.abc import Iterable

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from desk.web import api, pages
from desk.web.access import Access
from desk.web.shield import Shield
from guards.errors import MarkwatchError, reading
from patrol.app import App
from patrol.errors import Misused, ReviewRefused
from patrol.logs import logger


def create_site(house: App, access: Access, names: Iterable[str] = ()) -> FastAPI:
    """Return the application over an App; `names` are host names that the desk answers to beside addresses."""
    site = FastAPI(title="markwatch", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    site.state.house = house
    site.state.access = access
    site.include_router(api.router)
    site.include_router(pages.router)
    site.add_middleware(Shield, names=tuple(names))
    site.add_exception_handler(StarletteHTTPException, _http_error)
    site.add_exception_handler(RequestValidationError, _invalid)
    site.add_exception_handler(MarkwatchError, _refused)
    site.add_exception_handler(Exception, _unexpected)
    return site


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _answer(request: Request, status: int, kind: str, message: str, next_step: str = "") -> Response:
    if _is_api(request):
        return JSONResponse({"error": kind, "message": message, "next_step": next_step}, status)
    return pages.render("error.html", request.app.state.house, status=status, message=message, next_step=next_step)


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException | StarletteHTTPException):
        return _unexpected(request, error)
    headers = dict(error.headers or {})
    if "Location" in headers:
        return Response(status_code=error.status_code, headers=headers)
    answer = _answer(request, error.status_code, "HTTP", str(error.detail))
    answer.headers.update(headers)
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) and error.errors() else {}
    place = ".".join(str(part) for part in first.get("loc", ()))
    return _answer(request, 422, "Invalid", f"{place}: {first.get('msg', 'not understood')}", "see /openapi.json")


def _refused(request: Request, error: Exception) -> Response:
    """Answer 404 for what does not exist, 409 for what the review rules refuse, 500 for the rest."""
    if not isinstance(error, MarkwatchError):
        return _unexpected(request, error)
    status = 409 if isinstance(error, ReviewRefused) else 404 if isinstance(error, Misused) else 500
    if status == 500:
        logger("desk.web").error("request failed", path=request.url.path, error=str(error))
    lang = request.app.state.house.lang
    message, step = reading(error.message, lang), reading(error.next_step, lang)
    return _answer(request, status, type(error).__name__, message, step)


def _unexpected(request: Request, error: Exception) -> Response:
    logger("desk.web").error("unexpected", path=request.url.path, exc_info=error)
    return _answer(request, 500, "Failed", "the desk failed on this request", "see the desk's log")

"""The recorder's and the session's rules for cases that a real page seldom gives; real pages are in test_capture."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from playwright.async_api import Error as PlaywrightError

from evidence.capture import recorder as recording
from evidence.capture.gateway import Connection
from evidence.capture.recorder import BrowserRecorder
from evidence.capture.render import MAX_ARTEFACT_BYTES, MAX_HEIGHT, Renderer, Rendering
from evidence.capture.request import CaptureRequest
from evidence.capture.session import MAX_DIALOGS, Seen, Session
from records.terms import CaptureOutcome

URL = "http://shop.example/"


class Events:
    """What the recorder listens to: `fire` calls what was registered."""

    def __init__(self):
        self.handlers = {}

    def on(self, name, handler):
        self.handlers[name] = handler

    def fire(self, name, value):
        self.handlers[name](value)


class Request:
    """One request as Playwright gives it."""

    def __init__(self, url=URL, *, kind="document", method="GET", before=None, response=None, failure=None, error=None):
        self.url, self.resource_type, self.method, self.redirected_from = url, kind, method, before
        self.failure, self.post_data_buffer, self.frame = failure, None, SimpleNamespace(url=URL)
        self._response, self._error = response, error
        if response:
            response.request = self

    async def headers_array(self):
        if self._error:
            raise PlaywrightError(self._error)
        return [{"name": "Host", "value": "shop.example"}]

    async def response(self):
        return self._response


class Response:
    """One response as Playwright gives it."""

    def __init__(self, status=200, body=b"hello", headers=(), *, error="", worker=False, address=True, wait=False):
        self.status, self.status_text, self._body, self._headers = status, "OK", body, headers
        self._error, self.from_service_worker, self._address, self._wait = error, worker, address, wait

    async def headers_array(self):
        return [{"name": name, "value": value} for name, value in self._headers]

    async def server_addr(self):
        return {"ipAddress": "192.0.2.1", "port": 80} if self._address else None

    async def security_details(self):
        return None

    async def body(self):
        if self._wait:
            await asyncio.sleep(60)
        if self._error:
            raise PlaywrightError(self._error)
        return self._body


def record(*requests, finish=5.0, give_up=False, cap=100, ends=True):
    """Let a recorder see these requests; return it and the addresses that it announced."""

    async def run():
        events, announced = Events(), []
        found = BrowserRecorder(events, announced.append, cap)
        for request in requests:
            events.fire("request", request)
            if request._response is not None:
                events.fire("response", request._response)
            if request.failure:
                events.fire("requestfailed", request)
            elif ends:
                events.fire("requestfinished", request)
        found.waiting = len(found.pending())
        found.given_up = found.give_up() if give_up else 0
        await found.finish(finish)
        return found, announced

    return asyncio.run(run())


def test_an_exchange_is_recorded_whole():
    found, announced = record(Request(response=Response(headers=[("Content-Type", "text/html")])))
    (one,) = found.exchanges
    assert announced == [URL]
    assert (one.seq, one.url, one.status, one.body) == (0, URL, 200, b"hello")
    assert one.request_headers == [("Host", "shop.example")]
    assert one.response_headers == [("Content-Type", "text/html")]
    assert (one.server, one.tls, one.frame_url) == ("192.0.2.1:80", None, URL)
    assert one.ended
    assert one.lost == []


def test_what_is_no_request_to_a_site_is_not_an_exchange():
    found, announced = record(Request("data:text/plain,x"), Request("blob:http://shop.example/1"))
    assert found.exchanges == []
    assert len(announced) == 2


def test_redirects_are_linked_and_their_lost_bodies_named():
    first = Request(response=Response(302, headers=[("Location", "/new")]))
    found, _ = record(first, Request(f"{URL}new", before=first, response=Response()))
    old, new = found.exchanges
    assert new.redirected_from == old.seq == 0
    assert old.body is None
    assert old.lost == ["body: the browser drops the bodies of redirects"]
    bare, _ = record(Request(response=Response(302)))
    assert bare.exchanges[0].body == b"hello", "a 302 without a location is an answer like any other"


@pytest.mark.parametrize(("status", "method"), [(204, "GET"), (304, "GET"), (205, "POST"), (200, "HEAD")])
def test_answers_that_have_no_body(status, method):
    found, _ = record(Request(method=method, response=Response(status, error="No data found")))
    assert found.exchanges[0].body == b""
    assert found.exchanges[0].lost == []


@pytest.mark.parametrize(
    ("headers", "lost"),
    [
        ([("Content-Encoding", "br")], ["content-encoding: br was undone by the browser"]),
        ([("content-encoding", "identity")], []),
        ([("Content-Encoding", " ")], []),
        ([("Transfer-Encoding", "chunked")], ["transfer-encoding: chunked was undone by the browser"]),
        (
            [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")],
            [
                "content-encoding: gzip was undone by the browser",
                "transfer-encoding: chunked was undone by the browser",
            ],
        ),
    ],
)
def test_what_the_browser_undid_is_named(headers, lost):
    found, _ = record(Request(response=Response(headers=headers)))
    assert found.exchanges[0].lost == lost


def test_bodies_over_the_cap_and_bodies_that_are_not_handed_over():
    large, _ = record(Request(response=Response(body=bytes(101))))
    assert large.exchanges[0].body is None
    assert large.exchanges[0].lost == ["body: 101 bytes, over the cap of 100"]
    gone, _ = record(Request(response=Response(error="Protocol error: No resource\nstack")))
    assert gone.exchanges[0].lost == ["body: Protocol error: No resource"]
    assert gone.exchanges[0].failure == "", "the answer came; only its body is lost"
    slow, _ = record(Request(response=Response(wait=True)), finish=0.05)
    assert "body: the browser did not hand it over in time" in slow.exchanges[0].lost
    assert slow.exchanges[0].ended


def test_requests_that_fail_or_are_never_answered():
    failed, _ = record(Request(failure="net::ERR_CONNECTION_RESET"))
    assert (failed.exchanges[0].failure, failed.exchanges[0].status) == ("net::ERR_CONNECTION_RESET", None)
    assert failed.exchanges[0].lost == ["response: net::ERR_CONNECTION_RESET"]
    none, _ = record(Request())
    assert none.exchanges[0].lost == ["response: the browser reports none"]
    worker, _ = record(Request(response=Response(), error="Frame for this request is not available\nx"))
    assert worker.exchanges[0].lost == ["request: Frame for this request is not available"]
    assert worker.exchanges[0].body == b"hello"


def test_what_is_under_way_when_time_is_up():
    stalled = Request(kind="fetch", response=Response(wait=True))
    found, _ = record(stalled, finish=0.05, give_up=True, ends=False)
    assert (found.waiting, found.given_up) == (1, 1)
    assert found.exchanges[0].failure.startswith("the response had not ended")
    assert found.exchanges[0].lost.count("response: the response had not ended when the capture did") == 1
    stream, _ = record(Request(kind="eventsource"), finish=0.05, give_up=True, ends=False)
    assert (stream.waiting, stream.given_up) == (0, 0), "streams never end, and nobody waits for them"
    assert stream.exchanges[0].ended


def test_a_service_workers_answer_and_an_unknown_address():
    found, _ = record(Request(response=Response(worker=True, address=False)))
    assert found.exchanges[0].lost == ["response: made by a service worker, not by the site"]
    assert found.exchanges[0].server == ""


def test_requests_beyond_the_limit_are_counted(monkeypatch):
    monkeypatch.setattr(recording, "MAX_EXCHANGES", 2)
    found, announced = record(*(Request(f"{URL}{number}", response=Response()) for number in range(5)))
    assert (len(found.exchanges), found.dropped, len(announced)) == (2, 3, 5)


def test_answers_to_requests_that_were_never_seen_are_passed_over():
    async def run():
        events = Events()
        found = BrowserRecorder(events, lambda url: None, 10)
        stranger = Request(response=Response())
        events.fire("response", stranger._response)
        events.fire("requestfinished", stranger)
        events.fire("requestfailed", stranger)
        await found.finish(1)
        return found.exchanges

    assert asyncio.run(run()) == []


# --- the session's sums ----------------------------------------------------------------------------------------------


def request(tmp_path, **changes):
    fields = {
        "id": "EV-1", "url": URL, "folder": str(tmp_path), "scratch": str(tmp_path), "allow_hosts": (), "chromium": "/bin/true",
        "deadline_s": 2.5, "quiet_s": 1, "render_s": 1, "max_bytes": 10, "max_body_bytes": 10, "viewport": (8, 6), "lang": "zh-CN",
    }  # fmt: skip
    return CaptureRequest(**{**fields, **changes})


def test_outcomes_and_their_reasons(tmp_path):
    seen = Seen(request(tmp_path), datetime.now(UTC))
    assert (seen.outcome, seen.reason) == (CaptureOutcome.COMPLETE, "")
    seen.problems += ["a", "b"]
    assert (seen.outcome, seen.reason) == (CaptureOutcome.PARTIAL, "a; b")
    seen.failure = "down"
    assert (seen.outcome, seen.reason) == (CaptureOutcome.FAILED, "down; a; b")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("Page.goto: net::ERR_ABORTED\nDownload is starting", "gives a download"),
        ("Page.goto: Timeout 2500ms exceeded.", "no answer within 2.5 s"),
        ("Page.goto: net::ERR_EMPTY_RESPONSE at http://x", "net::ERR_EMPTY_RESPONSE"),
    ],
)
def test_why_a_page_did_not_open(tmp_path, error, said):
    assert said in Session(request(tmp_path))._explain(error)


def test_the_gateways_own_reason_comes_first(tmp_path):
    session = Session(request(tmp_path))
    refused = Connection("shop.example", 80, "refused", "a loopback address")
    session.seen.recorder = SimpleNamespace(exchanges=[])
    session.seen.gateway = SimpleNamespace(refusal=lambda host: refused if host == "shop.example" else None)
    assert session._explain("Timeout") == f"{URL} was not reached (refused): a loopback address"


def test_everything_that_is_missing_is_summed_up(tmp_path):
    session = Session(request(tmp_path))
    session.seen.unfinished, session.seen.dialogs = 2, MAX_DIALOGS + 1
    rendering = Rendering(tmp_path, missing={"render/page.pdf": "too slow"})
    session._sum_up(SimpleNamespace(dropped=3), SimpleNamespace(capped=True), rendering)
    assert session.seen.problems == [
        "2 responses had not ended",
        "stopped at the cap of 10 bytes",
        f"the page opened {MAX_DIALOGS + 1} dialogs; its script was stopped",
        "3 requests beyond the limit were not kept",
        "render/page.pdf: too slow",
    ]


# --- rendering -------------------------------------------------------------------------------------------------------


def renderer(tmp_path, steps):
    """Run a renderer whose steps are these coroutines, in half a second altogether."""

    async def run():
        made = Renderer(SimpleNamespace(), SimpleNamespace(), tmp_path, asyncio.Event())
        for name, step in steps.items():
            setattr(made, name, step)
        return await made.run(0.2)

    return asyncio.run(run())


async def _fine():
    return b"made"


async def _broken():
    raise PlaywrightError("Target crashed\nstack")


async def _hangs():
    await asyncio.sleep(60)


def test_an_artefact_that_fails_does_not_take_the_others_along(tmp_path):
    names = ("_title", "_dom", "_dom_snapshot", "_ax_tree", "_viewport", "_full", "_mhtml", "_pdf")
    steps = dict.fromkeys(names, _fine) | {"_full": _broken, "_title": _broken, "_mhtml": _hangs}
    found = renderer(tmp_path, steps)
    assert found.missing["render/full.png"] == "Target crashed"
    assert found.missing["render/page.mhtml"].startswith("not made within")
    assert len(found.written) == 5
    assert (tmp_path / "render" / "dom.html").read_bytes() == b"made"
    assert not (tmp_path / "render" / "full.png").exists()


def test_an_artefact_over_the_cap_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("evidence.capture.render.MAX_ARTEFACT_BYTES", 3)
    made = Renderer(SimpleNamespace(), SimpleNamespace(), tmp_path, None)
    made._write("render/dom.html", b"1234")
    assert made.rendering.missing == {"render/dom.html": "4 bytes, over the cap of 3"}
    assert made.rendering.written == []
    assert MAX_ARTEFACT_BYTES > 1_000_000


@pytest.mark.parametrize(("height", "shown", "noted"), [(500, 500, False), (0, 1, False), (90_000, MAX_HEIGHT, True)])
def test_very_long_pages_are_shown_to_a_limit(tmp_path, height, shown, noted):
    asked = []

    async def send(method, params=None):
        asked.append((method, params))
        return {"cssContentSize": {"width": 900, "height": height}} if "Metrics" in method else {"data": "AAAA"}

    made = Renderer(SimpleNamespace(), SimpleNamespace(send=send), tmp_path, None)
    assert asyncio.run(made._full()) == b"\0\0\0"
    assert asked[-1][1]["clip"]["height"] == shown
    assert bool(made.rendering.notes) is noted

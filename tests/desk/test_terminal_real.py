"""The commands on a real terminal (a pty) and as processes: questions, Ctrl-C, closed pipes."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A fresh home, in English, without model and calendars."""
    return {
        **os.environ, "PYTHONPATH": str(ROOT), "MARKWATCH_HOME": str(tmp_path / "home"), "MARKWATCH_MODEL": "off",
        "MARKWATCH_CALENDARS": "none", "MARKWATCH_LANG": "en", "TERM": "dumb",
    }  # fmt: skip


def heed_ctrl_c() -> None:
    """Undo an ignored SIGINT, which a child inherits from shells that run tests in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """One command on a pty; `read_until` collects what it shows."""

    def __init__(self, env: dict[str, str], *argv: str) -> None:
        self.master, slave = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "desk.cli.main", *argv], stdin=slave, stdout=slave, stderr=slave, env=env,
            cwd=ROOT, start_new_session=True, preexec_fn=heed_ctrl_c,  # noqa: PLW1509 - it sets a signal, nothing else
        )  # fmt: skip
        os.close(slave)
        self.shown = ""

    def read_until(self, text: str) -> None:
        """Read until `text` was shown (after what earlier calls have seen) or the command has ended."""
        end, seen = time.monotonic() + DEADLINE_S, ""
        while text not in seen and time.monotonic() < end:
            if not select.select([self.master], [], [], 1.0)[0]:
                continue
            try:
                data = os.read(self.master, 4096).decode("utf-8", "replace")
            except OSError:  # the other end was closed
                break
            seen += data
            self.shown += data
        assert text in seen, self.shown

    def interrupt(self) -> None:
        """Press Ctrl-C, and again as a person does: between a prompt and the read after it Python notices none."""
        end = time.monotonic() + DEADLINE_S
        while self.child.poll() is None and time.monotonic() < end:
            os.kill(self.child.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(timeout=5)

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self.master, f"{line}\n".encode())

    def end(self) -> int:
        """Read what is left and return the exit code."""
        while select.select([self.master], [], [], DEADLINE_S)[0]:
            try:
                data = os.read(self.master, 4096)
            except OSError:
                break
            if not data:
                break
            self.shown += data.decode("utf-8", "replace")
        return self.child.wait(timeout=DEADLINE_S)


@pytest.fixture
def terminal(env: dict[str, str]) -> Iterator[type]:
    """Start commands on ptys; what is left of them is ended."""
    made: list[Terminal] = []

    def start(*argv: str, lang: str = "en") -> Terminal:
        made.append(Terminal({**env, "MARKWATCH_LANG": lang}, *argv))
        return made[-1]

    yield start
    for one in made:
        if one.child.poll() is None:
            one.child.kill()
        one.child.wait(timeout=30)
        os.close(one.master)


def ask(env: dict[str, str], *argv: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "desk.cli.main", *argv, "--json"], env=env, cwd=ROOT, capture_output=True, text=True,
        timeout=DEADLINE_S, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_watch_add_asks_for_what_is_missing(terminal, env):
    shell = terminal("watch", "add", lang="zh")
    shell.read_until("监测任务名称")
    shell.type("戈壁小店")
    shell.read_until("网址")
    shell.type("http://shop.example/list")
    shell.read_until("权利编号")
    shell.type("")
    for _ in ("cadence", "pages", "window"):  # each has an answer ready
        shell.read_until(": ")
        shell.type("")
    assert shell.end() == 0, shell.shown
    assert "已新增监测任务 戈壁小店" in shell.shown
    (watch,) = ask(env, "watch", "list")["watches"]
    assert (watch["name"], watch["targets"], watch["rights"]) == ("戈壁小店", ["http://shop.example/list"], [])


def test_a_wrong_answer_is_misuse_and_saves_nothing(terminal, env):
    shell = terminal("watch", "add", "x")
    for _ in range(5):  # as often as one question is asked
        shell.read_until("URL: ")
        shell.type("not a url")
    assert shell.end() == 3, shell.shown
    assert "Traceback" not in shell.shown
    assert ask(env, "watch", "list")["watches"] == []


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_at_a_question_end_without_a_traceback(terminal, env, keys):
    shell = terminal("watch", "add")
    shell.read_until("The watch's name")
    if keys == "\x03":
        shell.interrupt()
    else:
        os.write(shell.master, keys.encode())
    assert shell.end() == 4, shell.shown
    assert "interrupted" in shell.shown
    assert "Traceback" not in shell.shown
    assert ask(env, "watch", "list")["watches"] == []


def test_nobody_is_asked_without_a_terminal(env):
    done = subprocess.run(
        [sys.executable, "-m", "desk.cli.main", "watch", "add"], env=env, cwd=ROOT, capture_output=True, text=True,
        timeout=DEADLINE_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout == ""


def test_a_table_is_as_wide_as_the_terminal(terminal, tmp_path):
    (tmp_path / "r.csv").write_text("id,kind,name\nt1,trademark,砚溪雁\n", "utf-8")
    assert terminal("rights", "import", str(tmp_path / "r.csv")).end() in (0, 1)
    shell = terminal("rights", "list", lang="zh")
    assert shell.end() == 0
    assert "砚溪雁" in shell.shown
    assert "\x1b" not in shell.shown


def test_the_worker_ends_well_on_ctrl_c(env):
    child = subprocess.Popen(
        [sys.executable, "-m", "desk.cli.main", "work", "--json"], env=env, cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    log = Path(env["MARKWATCH_HOME"]) / "markwatch.db"
    end = time.monotonic() + DEADLINE_S
    while not log.exists() and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(2)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=DEADLINE_S)
    assert child.returncode == 0, err
    assert json.loads(out) == {"done": 0, "retrying": 0, "failed": 0, "jobs": []}
    assert "Traceback" not in err

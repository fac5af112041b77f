"""`watch add` at a real terminal: each step asked, a bad answer told why and asked again."""

import json
import os
import pty
import select
import subprocess
import sys
import time

from guards.errors import EXIT_MISUSED

DEADLINE_S = 120


def _talk(command, env, answers):
    """Run a command on a pseudo-terminal, give each answer once its question stands there; return (exit code, screen)."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, close_fds=True) as process:
        os.close(theirs)
        screen, left, until = "", list(answers), time.monotonic() + DEADLINE_S
        seen = 0
        while time.monotonic() < until:
            if left and left[0][0] in screen[seen:]:
                seen = screen.index(left[0][0], seen) + len(left[0][0])
                os.write(ours, (left.pop(0)[1] + "\n").encode())
            ready, _, _ = select.select([ours], [], [], 0.2)
            if ready:
                try:
                    data = os.read(ours, 4096)
                except OSError:
                    break
                screen += data.decode("utf-8", "replace")
            elif process.poll() is not None:
                break
        process.kill() if process.poll() is None else None
        code = process.wait(10)
    os.close(ours)
    return code, screen


def test_a_person_is_asked_step_by_step(tmp_path):
    env = {
        **os.environ,
        "MARKWATCH_HOME": str(tmp_path / "house"),
        "MARKWATCH_LANG": "en",
        "COLUMNS": "200",
        "TERM": "dumb",
    }
    command = [sys.executable, "-m", "desk.cli.main"]
    answers = [
        ("watch's name", "night"),
        ("URL", "shop.example"),
        ("expected an http", ""),
        ("expected an http", "https://shop.example/list"),
        ("Ids of rights", "none-such"),
        ("unknown right", ""),
        ("Hours between runs", "six"),
        ("expected a whole number", "6"),
        ("Listing pages", ""),
        ("Hours of the day", "night"),
        ("22:00-06:00, found", "22:00-6:00"),
    ]
    code, screen = _talk([*command, "watch", "add"], env, answers)
    assert code == 0, screen
    listed = subprocess.run(
        [*command, "watch", "list", "--json"], env=env, capture_output=True, timeout=DEADLINE_S, check=True
    )
    (watch,) = json.loads(listed.stdout)["watches"]
    assert watch["name"] == "night"
    assert watch["targets"] == ["https://shop.example/list"]
    assert (watch["cadence_hours"], watch["pages"], watch["window"], watch["rights"]) == (6, 20, "22:00-06:00", [])


def test_a_question_is_not_asked_for_ever(tmp_path):
    env = {
        **os.environ,
        "MARKWATCH_HOME": str(tmp_path / "house"),
        "MARKWATCH_LANG": "en",
        "COLUMNS": "200",
        "TERM": "dumb",
    }
    answers = [("watch's name", "night"), ("URL", "x"), *[("expected an http", "x")] * 4]
    code, screen = _talk([sys.executable, "-m", "desk.cli.main", "watch", "add"], env, answers)
    assert code == EXIT_MISUSED, screen
    assert screen.count("expected an http") == 5

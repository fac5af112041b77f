"""make and CI: every target is documented, CI prints pytest's closing line last and fails when it should."""

import os
import re
import shutil
import subprocess

import pytest


def make(root, *args):
    """Run make as from a shell, even where `make test` runs this: an outer make speaks through MAKEFLAGS."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *args], cwd=root, capture_output=True, text=True, check=False, env=env)


def targets(root):
    phony = re.search(r"^\.PHONY: (.+)$", (root / "Makefile").read_text(), re.MULTILINE)
    assert phony
    return phony.group(1).split()


def test_help_lists_every_target(root):
    answer = make(root)
    assert answer.returncode == 0
    listed = dict(line.removeprefix("make ").split(maxsplit=1) for line in answer.stdout.splitlines())
    assert sorted(listed) == sorted(targets(root))
    assert all(len(text) > 10 for text in listed.values())


def test_the_promised_targets_exist(root):
    assert {"setup", "demo", "test", "lint", "bench", "soak", "clean", "help"} <= set(targets(root))


@pytest.mark.parametrize(
    ("target", "setup", "command"),
    [
        ("demo", "--for demo", ".venv/bin/markwatch demo"),
        ("test", "--for test", 'pytest -m "not soak"'),
        ("soak", "--for test", "pytest -m soak"),
        ("lint", "--for lint", "scripts/lint.py"),
        ("bench", "--for demo", "-m bench"),
    ],
)
def test_each_target_does_its_own_set_up_first(root, target, setup, command):
    first, *rest = make(root, "-n", target).stdout.splitlines()
    assert first.endswith(f"scripts/setup_env.py {setup}")
    assert command in rest[-1]


def test_arguments_are_passed_on(root):
    assert make(root, "-n", "demo", "ARGS=--json").stdout.strip().endswith("markwatch demo --json")


@pytest.fixture
def ci(root, tmp_path):
    """Run CI's script in a folder where `make` is a stand-in that prints what a target is told to."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci/run", tmp_path / ".ci/run")
    tools = tmp_path / "tools"
    tools.mkdir()

    def run(lint=0, test=0, printed="1 passed"):
        script = f'#!/bin/sh\nif [ "$1" = lint ]; then exit {lint}; fi\ncat <<"EOF"\n{printed}\nEOF\nexit {test}\n'
        (tools / "make").write_text(script)
        (tools / "make").chmod(0o755)
        env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        command = ["bash", ".ci/run"]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return run


CLOSING = "======= 12 passed, 1 skipped in 3.45s (0:00:03) ======="


def test_ci_prints_the_closing_line_last(ci):
    answer = ci(printed=f"....\n{CLOSING}\nmake: noise")
    assert answer.returncode == 0
    assert answer.stdout.splitlines()[-1] == CLOSING


@pytest.mark.parametrize(("lint", "test"), [(1, 0), (0, 1), (2, 2)])
def test_ci_fails_with_lint_or_tests(ci, lint, test):
    answer = ci(lint, test, f"x\n{CLOSING}")
    assert answer.returncode == 1
    assert answer.stdout.splitlines()[-1] == CLOSING
    assert "lint or tests failed" in answer.stdout


def test_ci_fails_where_the_tests_did_not_end(ci):
    answer = ci(printed="collecting ...")
    assert answer.returncode == 1
    assert "did not run to their end" in answer.stdout


def test_ci_is_an_executable_bash_script(root):
    path = root / ".ci/run"
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", str(path)], check=True)

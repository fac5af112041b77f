"""The house's own checkers find what they are for."""

import ast
import subprocess
import sys
import textwrap

import pytest
import yaml


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def run(root, script, folder):
    command = [sys.executable, str(root / "scripts" / script), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_missing_docstrings_are_found(root, tmp_path):
    write(tmp_path, "pkg/mod.py", """\
        def public(): ...
        def _private(): ...
        class Thing:
            \"\"\"A thing.\"\"\"
            def method(self): ...
            def _hidden(self): ...
            def __repr__(self): ...
            @property
            def value(self): ...
            @value.setter
            def value(self, new): ...
        class _Hidden:
            def inner(self): ...
        """)  # fmt: skip
    write(tmp_path, "tests/test_x.py", "def test_x(): ...\n")
    answer = run(root, "docstrings.py", tmp_path)
    assert answer.returncode == 1
    assert answer.stdout.splitlines() == [
        "pkg/mod.py:1: the module has no docstring",
        "pkg/mod.py:1: public has no docstring",
        "pkg/mod.py:5: Thing.method has no docstring",
        "pkg/mod.py:9: Thing.value has no docstring",
    ]


def test_documented_code_passes(root, tmp_path):
    write(tmp_path, "a.py", '"""A module."""\n\n\ndef public():\n    """Does it."""\n')
    write(tmp_path, "empty/__init__.py", "")
    assert run(root, "docstrings.py", tmp_path).returncode == 0


def test_this_house_is_documented(root):
    answer = run(root, "docstrings.py", root)
    assert answer.returncode == 0, answer.stdout


GOOD = '''\
"""A module."""


def double(number: int) -> int:
    """Return twice the number."""
    return number * 2
'''


def test_figures_that_meet_their_goals_pass(root, tmp_path):
    write(tmp_path, "a.py", GOOD)
    write(tmp_path, "tests/test_a.py", "\n".join(f"x{n} = {n}" for n in range(9)))
    answer = run(root, "style.py", tmp_path)
    assert answer.returncode == 0, answer.stdout
    assert "missed" not in answer.stdout


@pytest.mark.parametrize(
    ("code", "figure"),
    [
        ("def f(x) -> None:\n    '''F.'''\n", "functions annotated"),
        ("def f(x: int) -> None:\n    pass\n", "public names documented"),
        ("def f() -> None:\n    '''F.'''\n" + "    x = 1\n" * 90, "function, longest"),
        ("x = 1\n" * 400, "file, longest"),
    ],
)
def test_each_missed_goal_is_named(root, tmp_path, code, figure):
    write(tmp_path, "a.py", code)
    write(tmp_path, "tests/test_a.py", "x = 1\n" * 1000)
    answer = run(root, "style.py", tmp_path)
    assert answer.returncode == 1
    assert any(line.startswith(figure) and line.endswith("missed") for line in answer.stdout.splitlines())


def test_too_few_tests_are_named(root, tmp_path):
    write(tmp_path, "a.py", GOOD)
    lines = [" ".join(line.split()) for line in run(root, "style.py", tmp_path).stdout.splitlines()]
    assert "test lines / code lines 0.0 goal >= 1.2 missed" in lines


@pytest.mark.parametrize(
    ("handler", "broad"),
    [
        ("except:", True),
        ("except Exception:", True),
        ("except BaseException as e:", True),
        ("except ValueError:", False),
    ],
)
def test_broad_handlers_are_counted(script, handler, broad):
    tree = ast.parse(f"try:\n    pass\n{handler}\n    pass\n")
    found = next(node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler))
    assert script("style").is_broad(found) is broad


def test_migrations_and_environments_are_left_out(script, tmp_path):
    for name in (".venv/a.py", "records/migrations/b.py", "build/c.py", ".venv-x/d.py", "kept.py"):
        write(tmp_path, name, GOOD)
    assert [path.name for path in script("style").sources(tmp_path)] == ["kept.py"]


def test_percentiles(script):
    style = script("style")
    assert style.percentile([], 95) == 0
    assert style.percentile(list(range(1, 101)), 95) == 95
    assert style.percentile([7], 95) == 7


def test_lint_runs_every_check_and_names_those_that_failed(script, monkeypatch, capfd):
    lint = script("lint")
    checks = {"one": [sys.executable, "-c", "print('one ran')"], "two": [sys.executable, "-c", "exit(1)"]}
    monkeypatch.setattr(lint, "CHECKS", checks)
    assert lint.main() == 1
    assert "one ran" in capfd.readouterr().out
    monkeypatch.setattr(lint, "CHECKS", {"one": checks["one"]})
    assert lint.main() == 0


def test_the_hooks_call_what_lint_calls(root, script):
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    ids = {hook["id"] for hook in hooks}
    assert ids == {name.replace(" ", "-") for name in script("lint").CHECKS} - {"style"}
    for hook in hooks:
        assert hook["entry"].startswith(".venv/bin/")


def test_every_ignored_rule_has_its_reason(root):
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("ignore = [")
    entries = lines[start + 1 : lines.index("]", start)]
    assert entries
    assert [line for line in entries if "  # " not in line and " # " not in line] == []

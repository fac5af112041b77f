"""The README is true: its tour prints what it shows, its other commands exist, its links and pictures lie there."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLAIN_BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PLAIN_COMMANDS = [line.split("#")[0].strip() for block in PLAIN_BLOCKS for line in block.splitlines() if line.strip()]
MARKWATCH = Path(sys.executable).parent / "markwatch"


@pytest.fixture(scope="module")
def readme_script():
    """Give scripts/readme.py as a module."""
    spec = importlib.util.spec_from_file_location("readme_script", ROOT / "scripts" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["readme_script"] = module
    spec.loader.exec_module(module)
    return module


def test_there_is_a_tour():
    assert len(PLAIN_COMMANDS) >= 5
    assert README.count("\n$ markwatch ") >= 8


def test_the_tour_prints_what_the_readme_shows(readme_script):
    """Every command of the tour runs, and what it prints is what stands there."""
    outputs = readme_script.tour_outputs(README)
    assert readme_script.differences(outputs) == [], "run `python scripts/readme.py` and read what changed"
    assert "Traceback" not in "".join(output for _, output in outputs)


@pytest.mark.parametrize("command", [line for line in PLAIN_COMMANDS if line.startswith("make ")])
def test_a_make_target_exists(command):
    target = command.split()[1]
    assert re.search(rf"^{re.escape(target)}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", [line for line in PLAIN_COMMANDS if line.startswith("markwatch ")])
def test_a_plain_command_is_known_with_its_flags(command):
    """The command's own help knows the words and flags; only ids and files are left out."""
    words = shlex.split(command)[1:]
    names = [word for word in words if re.fullmatch(r"[a-z]+", word)]
    depth = 2 if names[0] in {"hits", "package", "case", "watch", "rights", "proofs", "evidence"} else 1
    done = subprocess.run(
        [str(MARKWATCH), *names[:depth], "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for word in words[depth:]:
        if word.startswith("--") or words[words.index(word) - 1].isupper():
            assert word in done.stdout, f"{word} is not in the help of {names[:depth]}"


def test_every_command_is_run_or_checked():
    assert all(line.startswith(("make ", "markwatch ")) for line in PLAIN_COMMANDS)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_a_link_leads_somewhere(link):
    assert (ROOT / link).exists()


def test_two_texts_differ_only_by_what_varies(readme_script):
    one = "EV-01JD0000000000000000000000 ready after 1.5 s at 2026-11-22 10:00"
    two = "EV-01JE0000000000000000000000 ready after 22 s at 2027-01-02 23:59"
    assert readme_script.settled(one) == readme_script.settled(two)
    assert readme_script.settled(one) != readme_script.settled(one.replace("ready", "failed"))


def test_a_block_is_split_into_its_steps(readme_script):
    found = readme_script.steps("$ markwatch init\nmade\n$ echo $?\n0\n")
    assert [(step.command, step.shown) for step in found] == [("markwatch init", "made\n"), ("echo $?", "0\n")]
    with pytest.raises(ValueError, match="begin with"):
        readme_script.steps("made\n$ markwatch init\n")


def test_a_long_output_says_how_much_was_cut(readme_script):
    shown = readme_script.cut("\n".join(f"row {n}" for n in range(40)))
    assert shown.splitlines()[-1] == "… (24 more lines)"
    assert readme_script.cut("\n\n a \n\n") == " a\n"


def test_a_changed_output_is_named(readme_script):
    step = readme_script.Step("markwatch init", "ready\n")
    assert readme_script.differences([(step, "ready\n")]) == []
    assert "printed now" in readme_script.differences([(step, "broken\n")])[0]
    assert readme_script.rewritten("```console\n$ markwatch init\nold\n```\n", [(step, "new\n")]) == (
        "```console\n$ markwatch init\nnew\n```\n"
    )

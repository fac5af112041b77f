"""Keeps the README's tour true: runs each command that it shows and writes what was printed back into it.

Rules:
1. every ```console block is run: lines that begin with `$ ` are commands, what stands below is their output
2. the commands of all blocks run in order, in one scratch folder with a data folder of its own, against the sample
   market on the ports of `PORTS`; no shell is involved: words are split as a shell splits them, and nothing expands
3. `echo $?` stands for the exit code of the command before it
4. ids, digests, times, sizes and durations differ from run to run: `settled` replaces them before two texts are compared
5. an output longer than `MOST_LINES` is cut, and says so

`python scripts/readme.py` rewrites README.md; with `--check` it only says what differs and ends with 1.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PORTS = (8701, 8702, 8703, 8704)
"""Where the tour finds the sample market's shops."""
MOST_LINES = 16
DEADLINE_S = 300
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "ULID"),
    (re.compile(r"\b[0-9a-f]{8,}(?:…[0-9a-f]*)?\b"), "HEX"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\+[A-Za-z0-9+/=]{20,}"), "+KEY"),
    (re.compile(r"\d+(?:\.\d+)? ?(?:ms|s|GB|MB|秒)\b"), "AMOUNT"),
    (re.compile(r"[ \t─]+"), " "),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the tour and the output that the README shows under it."""

    command: str
    shown: str


def steps(block: str) -> list[Step]:
    """Split the text of a console block into its steps; text before the first command is refused."""
    found: list[Step] = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
        if not part.strip():
            continue
        command, _, shown = part.partition("\n")
        found.append(Step(command.strip(), shown))
    if not block.startswith("$ "):
        message = f"expected a console block to begin with `$ `, found {block[:60]!r}"
        raise ValueError(message)
    return found


def settled(text: str) -> str:
    """Return the text without what differs from run to run, to be compared.

    >>> settled("EV-01JD0000000000000000000000 after 1.5 s") == settled("EV-01JD0000000000000000000001 after 22 s")
    True
    """
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return "\n".join(line.strip() for line in text.strip().splitlines() if line.strip())


class Tour:
    """Runs commands in one scratch folder and remembers the last exit code."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.code = 0
        (scratch / "demo").symlink_to(ROOT / "demo")
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MARKWATCH_")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "MARKWATCH_HOME": str(scratch / "home"),
            "MARKWATCH_ALLOW_HOSTS": "127.0.0.1",
            "MARKWATCH_CRAWL_DELAY_S": "0",
            "MARKWATCH_CALENDARS": "http://127.0.0.1:9/",
            "MARKWATCH_LANG": "zh",
            "COLUMNS": "110",
        }

    def run(self, command: str) -> str:
        """Run one command; return what it printed on both streams' behalf: output first, then messages when it failed."""
        if command == "echo $?":
            return f"{self.code}\n"
        done = subprocess.run(
            shlex.split(command),
            cwd=self.scratch,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        self.code = done.returncode
        text = done.stdout or done.stderr
        return text.replace(str(self.scratch), "~").rstrip() + "\n"


def cut(text: str) -> str:
    """Return the text without blank edges and trailing blanks, at most `MOST_LINES` long."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… ({len(lines) - MOST_LINES} more lines)"]
    return "\n".join(lines) + "\n" if lines else ""


def toured(text: str, tour: Tour) -> Iterator[tuple[Step, str]]:
    """Yield each step of a README with the output that its command gives now."""
    for block in _BLOCK.findall(text):
        for step in steps(block):
            yield step, cut(tour.run(step.command))


def rewritten(text: str, outputs: list[tuple[Step, str]]) -> str:
    """Return the README with the new outputs in place of the old ones."""
    left = iter(outputs)

    def fresh(match: re.Match[str]) -> str:
        parts = [f"$ {step.command}\n{output}" for step, output in (next(left) for _ in steps(match.group(1)))]
        return "```console\n" + "".join(parts) + "```"

    return _BLOCK.sub(fresh, text)


def tour_outputs(text: str) -> list[tuple[Step, str]]:
    """Run the whole tour against the sample market."""
    from demo.market import Market

    with tempfile.TemporaryDirectory() as folder, Market(ports=PORTS).start():
        return list(toured(text, Tour(Path(folder))))


def differences(outputs: list[tuple[Step, str]]) -> list[str]:
    """Return a line for each step whose output is no longer the one shown."""
    return [
        f"$ {step.command}\n--- shown\n{settled(step.shown)}\n--- printed now\n{settled(output)}"
        for step, output in outputs
        if settled(step.shown) != settled(output)
    ]


def main() -> int:
    """Rewrite README.md, or with `--check` compare it; return the exit code."""
    parser = argparse.ArgumentParser(description="Runs the README's tour.")
    parser.add_argument("--check", action="store_true", help="only say what differs")
    check = parser.parse_args().check
    text = README.read_text(encoding="utf-8")
    outputs = tour_outputs(text)
    if check:
        found = differences(outputs)
        sys.stdout.write("\n".join(found) + ("\n" if found else "README.md shows what the commands print\n"))
        return 1 if found else 0
    README.write_text(rewritten(text, outputs), encoding="utf-8")
    sys.stdout.write(f"README.md: {len(outputs)} outputs written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Prints the style figures of this checkout beside their goals; ends with 1 where one is missed.

Usage: python scripts/style.py [ROOT] [--worst N]
Code lines leave out blank and comment lines. Tests are files under `tests/`; migrations, builds and environments are
left out.
"""

import argparse
import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SKIP = frozenset({".venv", ".git", "build", "dist", "node_modules", "migrations", "versions", "__pycache__"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Figures:
    """What was counted, each item with its place for the lists of the worst."""

    files: list[tuple[int, str]] = field(default_factory=list)
    functions: list[tuple[int, str]] = field(default_factory=list)
    documented: list[tuple[bool, str]] = field(default_factory=list)
    annotated: list[tuple[bool, str]] = field(default_factory=list)
    broad: list[str] = field(default_factory=list)
    handlers: int = 0
    test_lines: int = 0


@dataclass(frozen=True)
class Goal:
    """One figure beside its goal. One that is not binding is shown, but fails nothing: lines can be padded."""

    name: str
    value: float
    goal: float
    at_least: bool = False
    binding: bool = True

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def code_lines(text: str) -> int:
    """Count the lines that are neither blank nor a comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def percentile(values: list[int], percent: float) -> int:
    """Return the value at `percent` of the sorted values; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))] if ordered else 0


def sources(root: Path) -> Iterator[Path]:
    """Yield the Python files that count."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if not SKIP & set(parts) and not any(part.startswith(".venv") for part in parts):
            yield path


def public(body: list[ast.stmt], place: str) -> Iterator[tuple[bool, str]]:
    """Yield (has a docstring, place and name) of each public class and function, methods included."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield bool(ast.get_docstring(node)), f"{place}:{node.lineno} {node.name}"
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, place)


def is_annotated(function: Function) -> bool:
    """Tell whether all arguments and the result have a type."""
    given = function.args
    names = [arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs) if arg.arg not in ("self", "cls")]
    return all(arg.annotation for arg in names) and (function.returns is not None or function.name == "__init__")


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler takes every exception."""
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
    )


def count_file(figures: Figures, text: str, place: str) -> None:
    """Add one file of code."""
    tree = ast.parse(text)
    if code_lines(text):
        figures.files.append((code_lines(text), place))
    figures.documented += public(tree.body, place)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{place}:{node.lineno} {node.name}"
            figures.functions.append(((node.end_lineno or node.lineno) - node.lineno + 1, name))
            figures.annotated.append((is_annotated(node), name))
        elif isinstance(node, ast.ExceptHandler):
            figures.handlers += 1
            figures.broad += [f"{place}:{node.lineno}"] if is_broad(node) else []


def count(root: Path) -> Figures:
    """Return the figures of a tree."""
    figures = Figures()
    for path in sources(root):
        place = path.relative_to(root)
        text = path.read_text(encoding="utf-8", errors="replace")
        if place.parts[0] == "tests":
            figures.test_lines += code_lines(text)
        else:
            count_file(figures, text, str(place))
    return figures


def share(pairs: list[tuple[bool, str]]) -> float:
    """Return the share of pairs that hold, in percent."""
    return round(100 * sum(held for held, _ in pairs) / max(1, len(pairs)), 1)


def goals(figures: Figures) -> list[Goal]:
    """Return the figures beside the house's goals."""
    sizes, lengths = [size for size, _ in figures.files], [length for length, _ in figures.functions]
    return [
        Goal("file, median code lines", statistics.median(sizes or [0]), 120),
        Goal("file, longest", max(sizes, default=0), 350),
        Goal("function, median lines", statistics.median(lengths or [0]), 10),
        Goal("function, 95th percentile", percentile(lengths, 95), 40),
        Goal("function, longest", max(lengths, default=0), 80),
        Goal("public names documented, %", share(figures.documented), 100, at_least=True),
        Goal("functions annotated, %", share(figures.annotated), 100, at_least=True),
        Goal(
            "test lines / code lines",
            round(figures.test_lines / max(1, sum(sizes)), 2),
            1.2,
            at_least=True,
            binding=False,
        ),
    ]


def report(figures: Figures, worst: int) -> Iterator[str]:
    """Yield the lines of the report."""
    for row in goals(figures):
        sign = ">=" if row.at_least else "<="
        yield f"{row.name:28} {row.value:>8}   goal {sign} {row.goal:<5} {'' if row.met else 'missed'}".rstrip()
    total = sum(size for size, _ in figures.files)
    yield f"{'files / code lines':28} {len(figures.files)} / {total}; broad excepts {len(figures.broad)} of {figures.handlers}"
    for title, items in (("longest files", figures.files), ("longest functions", figures.functions)):
        yield f"{title}: " + ", ".join(f"{name} ({size})" for size, name in sorted(items, reverse=True)[:worst])
    lists = {
        "undocumented": [name for held, name in figures.documented if not held],
        "not annotated": [name for held, name in figures.annotated if not held],
        "broad excepts": figures.broad,
    }
    for title, names in lists.items():
        if names:
            rest = f" and {len(names) - worst} more" if len(names) > worst else ""
            yield f"{title}: {', '.join(names[:worst])}{rest}"


def main() -> int:
    """Print the figures; return 1 where a binding goal is missed."""
    parser = argparse.ArgumentParser(description="Prints the style figures beside their goals.")
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--worst", type=int, default=5)
    args = parser.parse_args()
    figures = count(args.root)
    for line in report(figures, args.worst):
        print(line)
    return 0 if all(goal.met for goal in goals(figures) if goal.binding) else 1


if __name__ == "__main__":
    sys.exit(main())

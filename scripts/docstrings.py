"""Checks that every public module, class, function and method of the house says what it is.

Usage: python scripts/docstrings.py [ROOT]
Public is what has no leading underscore anywhere on its way. Tests are left out; so are overrides marked
`@typing.override` and overloads, whose first definition says it. Ends with 1 and a list where a docstring is missing.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from style import SKIP, sources

LEFT_OUT = SKIP | {"tests"}
_SPOKEN_FOR = frozenset({"override", "overload", "setter", "deleter"})


def _decorators(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    found = (item.func if isinstance(item, ast.Call) else item for item in node.decorator_list)
    return {item.attr if isinstance(item, ast.Attribute) else getattr(item, "id", "") for item in found}


def undocumented(body: list[ast.stmt], path: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of each public definition without a docstring."""
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        name = f"{path}.{node.name}" if path else node.name
        if not (ast.get_docstring(node) or "").strip() and not _decorators(node) & _SPOKEN_FOR:
            yield node.lineno, name
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node.body, name)


def check(root: Path) -> list[str]:
    """Return a line for each public name of a tree that says nothing of itself."""
    missing = []
    for path in sources(root):
        place = path.relative_to(root)
        if LEFT_OUT & set(place.parts):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and not (ast.get_docstring(tree) or "").strip():
            missing.append(f"{place}:1: the module has no docstring")
        missing += [f"{place}:{line}: {name} has no docstring" for line, name in undocumented(tree.body, "")]
    return missing


def main() -> int:
    """Print what is missing; return 1 where something is."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    missing = check(root)
    print("\n".join(missing) if missing else "every public name is documented")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

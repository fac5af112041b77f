"""Anchors, one file each: a module here that holds a `KIND` is an anchor kind; nothing is registered by hand.

To add one, write `notary/anchors/<name>.py` with `KIND = AnchorKind(name, build, examples)`; the contract suite in
`tests/notary/test_anchor_contract.py` finds it and runs its examples against a local server. An operator then chooses it in MARKWATCH_CALENDARS: `<kind>+<URL>`.
"""

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from guards.egress import EgressPolicy
from guards.errors import both
from guards.plugins import modules_of
from notary.errors import AnchorMisconfigured
from notary.ports import Anchor


@dataclass(frozen=True, slots=True)
class Reach:
    """How anchors may use the network: whom they may reach, how long one request may take, and as whom they ask."""

    policy: EgressPolicy
    deadline_s: float = 20.0
    user_agent: str = "markwatch"
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A recorded exchange, in hex: a digest, the body that answered it, and the later answer for its commitment."""

    digest: str
    answer: str
    upgraded: str = ""


@dataclass(frozen=True, slots=True)
class AnchorKind:
    """A kind of anchor: its name, how to make one for an endpoint's URL, and recorded exchanges."""

    name: str
    build: Callable[[str, Reach], Anchor]
    examples: tuple[Example, ...]


def discover(package: ModuleType | None = None) -> dict[str, AnchorKind]:
    """Return the anchor kinds by name.

    Raises `AnchorMisconfigured` for a name used twice or a module without examples, and as `modules_of`.
    """
    home = package or importlib.import_module(__name__)
    kinds: dict[str, AnchorKind] = {}
    files: dict[str, str] = {}
    for module, loaded in modules_of(home):
        kind = getattr(loaded, "KIND", None)
        if kind is None:
            continue
        if not isinstance(kind, AnchorKind) or not kind.name or not kind.examples:
            raise AnchorMisconfigured(
                both(
                    f"{module}.py:KIND 应为带名称和示例的 AnchorKind",
                    f"{module}.py: expected KIND to be an AnchorKind with a name and examples",
                )
            )
        if kind.name in kinds:
            raise AnchorMisconfigured(
                both(
                    f"两个锚定服务都叫 {kind.name!r}:{files[kind.name]} 与 {module}.py",
                    f"two anchor files are called {kind.name!r}: {files[kind.name]} and {module}.py",
                ),
                both("给其中一个改名", "rename one of them"),
            )
        kinds[kind.name], files[kind.name] = kind, f"{module}.py"
    return kinds


USUAL_KIND = "opentimestamps"
"""The kind of an endpoint that names none."""


def by_kind(endpoints: Iterable[str]) -> dict[str, list[str]]:
    """Group endpoints by their kind: `https://…` is of the usual one, `KIND+https://…` of the one it names.

    >>> by_kind(["https://a.example", "court+https://b.example/x"])
    {'opentimestamps': ['https://a.example'], 'court': ['https://b.example/x']}
    """
    grouped: dict[str, list[str]] = {}
    for endpoint in endpoints:
        kind, url = split_kind(endpoint)
        grouped.setdefault(kind, []).append(url)
    return grouped


def split_kind(endpoint: str) -> tuple[str, str]:
    """Return (kind, URL) of an endpoint."""
    scheme, separator, rest = endpoint.partition("://")
    kind, plus, scheme = scheme.rpartition("+")
    return (kind, f"{scheme}{separator}{rest}") if plus else (USUAL_KIND, endpoint)


def build_anchors(endpoints: Mapping[str, Sequence[str]], reach: Reach) -> list[Anchor]:
    """Make the anchors for `{kind: [URL, …]}`.

    Raises `AnchorMisconfigured` for an unknown kind, an endpoint that its kind refuses, one named twice, or one
    whose operator is not named.
    """
    kinds = discover()
    anchors: dict[str, Anchor] = {}
    for name, urls in endpoints.items():
        if name not in kinds:
            known = ", ".join(kinds)
            raise AnchorMisconfigured(
                both(f"未知的锚定服务类型 {name!r};现有:{known}", f"unknown anchor kind {name!r}; there are: {known}"),
                both(
                    "检查 MARKWATCH_CALENDARS,或添加 notary/anchors/ 下的文件",
                    "check MARKWATCH_CALENDARS, or add its file to notary/anchors/",
                ),
            )
        for url in urls:
            anchor = kinds[name].build(url, reach)
            if not anchor.operator:
                raise AnchorMisconfigured(f"the anchor {anchor.name} names no operator")
            if anchor.name in anchors:
                raise AnchorMisconfigured(f"the anchor {anchor.name} is configured twice", "take one out")
            anchors[anchor.name] = anchor
    return list(anchors.values())

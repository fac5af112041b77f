"""Proving site profiles on the pages saved beside them: what `markwatch profile test` and the contract suite run.

Each page is read in a child that can be killed: a regular expression of a profile may never end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crawler.errors import BadProfile
from crawler.extract.document import Document
from crawler.extract.profile import Profile, profiled_next, read_profile, read_profiled
from crawler.extract.result import Draft
from guards.caps import read_capped
from guards.errors import MarkwatchError, both, reading
from guards.killable import run_killable

DEADLINE_S = 8.0
"""Seconds that one saved page may take, as in a crawl."""
MAX_PAGE = 10_000_000
"""The largest saved page, in bytes."""
_MEMORY = 600_000_000


@dataclass(frozen=True, slots=True)
class Example:
    """One saved page for a child that reads it by one profile."""

    profile: str
    number: int


@dataclass(frozen=True, slots=True)
class Read:
    """What a profile read of a saved page: titles, the required fields that most items lack, the next page, the first item."""

    titles: tuple[str, ...]
    missing: tuple[str, ...]
    following: str
    first: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """How one saved page went: `problems` in words, empty where all is as the profile says."""

    file: str
    url: str
    items: int
    following: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proved:
    """How a profile went: its saved pages, and what is wrong with the profile itself."""

    path: Path
    name: str
    proofs: tuple[Proof, ...]
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether the profile and all its pages hold."""
        return not self.problem and all(not proof.problems for proof in self.proofs)


def profile_files(where: Path) -> list[Path]:
    """Return the profiles that a path names: the file, or those of a folder. Raises `BadProfile` where there are none."""
    found = sorted(where.glob("*.toml")) if where.is_dir() else [where] if where.is_file() else []
    if not found:
        raise BadProfile(
            both(f"{where} 下没有站点配置(*.toml)", f"expected a site profile (*.toml) at {where}, found none"),
            both("见 docs/extending.md", "see docs/extending.md"),
        )
    return found


def prove(path: Path, lang: str = "en") -> Proved:
    """Read every saved page of a profile and compare; what is wrong is in the answer, nothing is raised for it."""
    try:
        profile = read_profile(path)
    except BadProfile as error:
        return Proved(path, path.stem, (), error.in_lang(lang))
    if not profile.examples:
        return Proved(
            path, profile.name, (), _said(lang, "没有保存的页面([[example]])", "it has no saved page ([[example]])")
        )
    return Proved(path, profile.name, tuple(_proof(path, profile, n, lang) for n in range(len(profile.examples))))


def read_example(example: Example) -> Read:
    """Return what a profile reads of one of its saved pages (runs in the child)."""
    path = Path(example.profile)
    profile = read_profile(path)
    given = profile.examples[example.number]
    with (path.parent / str(given["file"])).open("rb") as stream:
        document = Document(read_capped(stream, MAX_PAGE), str(given["url"]))
    reading = read_profiled(document, [profile])
    first = _shown(reading.items[0]) if reading.items else {}
    titles = tuple(draft.listing.title for draft in reading.items)
    return Read(titles, reading.missing, profiled_next(document, [profile]), first)


def _proof(path: Path, profile: Profile, number: int, lang: str) -> Proof:
    given = profile.examples[number]
    file, url = str(given.get("file", "")), str(given.get("url", ""))
    problem = _unusable(path, profile, file, url, lang)
    if problem:
        return Proof(file, url, 0, "", (problem,))
    try:
        read = run_killable(read_example, Example(str(path), number), timeout_s=DEADLINE_S, memory_bytes=_MEMORY)
    except MarkwatchError as error:
        return Proof(file, url, 0, "", (error.in_lang(lang),))
    if not isinstance(read, Read):
        return Proof(file, url, 0, "", (f"{type(read).__name__}",))
    return Proof(file, url, len(read.titles), read.following, tuple(_differences(given, read, lang)))


def _unusable(path: Path, profile: Profile, file: str, url: str, lang: str) -> str:
    """Return why an example cannot be read at all, or ""."""
    if not file or Path(file).name != file or not (path.parent / file).is_file():
        return _said(
            lang, f"缺少保存的页面 {file!r}", f"expected the saved page {file!r} beside the profile, found none"
        )
    if not profile.fits(url):
        return _said(lang, f"match 不符合示例网址 {url!r}", f"expected match to fit the example's URL, found {url!r}")
    return ""


def _differences(given: Mapping[str, object], read: Read, lang: str) -> list[str]:
    found = [_said(lang, f"多数商品缺少 {name}", f"most items lack {name}") for name in read.missing]
    if "items" in given and given["items"] != len(read.titles):
        found.append(
            _said(
                lang,
                f"应有 {given['items']} 个商品,实为 {len(read.titles)}",
                f"expected {given['items']} items, found {len(read.titles)}",
            )
        )
    if "next" in given and given["next"] != read.following:
        found.append(
            _said(
                lang,
                f"下一页应为 {given['next']!r},实为 {read.following!r}",
                f"expected the next page {given['next']!r}, found {read.following!r}",
            )
        )
    first = given.get("first")
    for name, value in first.items() if isinstance(first, Mapping) else ():
        if read.first.get(name, "") != value:
            shown = read.first.get(name, "")
            found.append(
                _said(
                    lang,
                    f"首个商品的 {name} 应为 {value!r},实为 {shown!r}",
                    f"expected {name} of the first item {value!r}, found {shown!r}",
                )
            )
    return found


def _shown(draft: Draft) -> dict[str, str]:
    """Return an item's fields as profiles write them."""
    item = draft.listing
    texts = {name: getattr(item, name) or "" for name in ("title", "url", "description", "seller", "seller_location")}
    texts |= {
        name: getattr(item, name) for name in ("seller_uscc", "origin", "ingredients", "standard", "sales", "booth")
    }
    price = f"{item.price.low.amount} {item.price.low.currency}" if item.price else ""
    return texts | {"id": draft.own_id, "image": item.images[0] if item.images else "", "price": price}


def _said(lang: str, zh: str, en: str) -> str:
    return reading(both(zh, en), lang)

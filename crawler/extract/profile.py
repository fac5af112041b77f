r"""Rung "site profile": one TOML file a site under `crawler/sites/`, with a saved page beside it that tests it.

    name = "bazaar"
    match = ['^https?://bazaar\.example/']     # regular expressions on the page's URL
    [list]
    item = "li.offer"                           # CSS; or xpath = "//li[…]"
    [fields.title]
    css = "h3 a"
    attr = "title"                              # else the text; re = "…(…)" takes its first group
    [next]
    css = "a.forward"
    [expect]
    min_items = 3
    required = ["title", "price"]
    [[example]]
    file = "bazaar.html"
    url = "https://bazaar.example/c/1"
    items = 4
    first = { title = "…", price = "128 CNY" }

Rules: profiles are discovered, never registered; two of one name stop the start; what a profile does not name, the
general rungs fill.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from crawler.errors import BadProfile
from crawler.extract.card_fields import draft_of
from crawler.extract.document import Document, image_sources, text_of
from crawler.extract.price import parse_price
from crawler.extract.result import Draft, Reading
from crawler.extract.text import clean
from guards.errors import both
from records.model import Listing
from records.terms import Rung

SITES = Path(__file__).resolve().parent.parent / "sites"
"""Where profiles lie."""
_TEXT_FIELDS = (
    "title",
    "description",
    "seller",
    "seller_location",
    "seller_uscc",
    "origin",
    "ingredients",
    "standard",
    "sales",
    "booth",
)
_PARTS = frozenset(("name", "match", "list", "fields", "next", "wait_for", "expect", "example"))
_FIELDS = frozenset((*_TEXT_FIELDS, "id", "url", "price", "image"))


@dataclass(frozen=True, slots=True)
class Pick:
    """How one field is picked: an XPath (CSS is turned into one), an attribute, a regular expression's first group."""

    path: str
    attr: str = ""
    regex: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One site's profile; `examples` are (file, URL, items, first item's fields)."""

    name: str
    match: tuple[str, ...]
    item: str
    fields: Mapping[str, Pick]
    next: Pick | None = None
    wait_for: str = ""
    min_items: int = 1
    required: tuple[str, ...] = ("title",)
    examples: tuple[Mapping[str, Any], ...] = field(default=())

    def fits(self, url: str) -> bool:
        """Return whether this profile is for a URL."""
        return any(re.search(pattern, url) for pattern in self.match)


@lru_cache(maxsize=4)
def profiles_with(sites_dir: str) -> tuple[Profile, ...]:
    """Return a user's profiles, which come first, and ours; read once a process. Raises as `load_profiles`."""
    return load_profiles(*([Path(sites_dir)] if sites_dir else []), SITES)


def load_profiles(*folders: Path) -> tuple[Profile, ...]:
    """Return the profiles of folders (ours where none is named), in order; raise `BadProfile` for a broken one or a name used twice."""
    found: dict[str, tuple[Profile, Path]] = {}
    for path in (path for folder in folders or (SITES,) for path in sorted(folder.glob("*.toml"))):
        profile = read_profile(path)
        if profile.name in found:
            first = found[profile.name][1].name
            raise BadProfile(
                both(
                    f"两个站点配置都叫 {profile.name!r}:{first} 与 {path.name}",
                    f"two site profiles are called {profile.name!r}: {first} and {path.name}",
                ),
                both("给其中一个改名", "rename one of them"),
            )
        found[profile.name] = (profile, path)
    return tuple(profile for profile, _ in found.values())


def read_profile(path: Path) -> Profile:
    """Return the profile in a TOML file; raise `BadProfile` naming what is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        fields = {name: _pick(name, raw) for name, raw in data.get("fields", {}).items()}
        unknown = set(fields) - _FIELDS
        if unknown:
            raise BadProfile(
                f"{path.name}: unknown field {min(unknown)!r}", f"the fields are {', '.join(sorted(_FIELDS))}"
            )
        strange = set(data) - _PARTS
        if strange:
            raise BadProfile(
                f"{path.name}: unknown part {min(strange)!r}", f"the parts are {', '.join(sorted(_PARTS))}"
            )
        if not isinstance(data.get("example", []), list):
            raise BadProfile(f"{path.name}: expected [[example]], found [example]", "write it with double brackets")
        expect = data.get("expect", {})
        for pattern in data["match"]:
            re.compile(pattern)
        return Profile(
            str(data["name"]),
            tuple(data["match"]),
            _pick("list.item", {**data["list"], "css": data["list"].get("item")}).path,
            fields,
            _pick("next", data["next"]) if "next" in data else None,
            str(data.get("wait_for", "")),
            int(expect.get("min_items", 1)),
            tuple(expect.get("required", ("title",))),
            tuple(data.get("example", ())),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError, re.error, OSError) as error:
        raise BadProfile(
            f"{path.name}: expected a site profile, got {type(error).__name__}: {error}",
            "see crawler/extract/profile.py",
        ) from error


def _pick(name: str, raw: object) -> Pick:
    if isinstance(raw, str):
        raw = {"css": raw}
    if not isinstance(raw, dict) or not (raw.get("css") or raw.get("xpath")):
        raise BadProfile(f"{name}: expected css or xpath, got {raw!r}")
    try:
        path = raw.get("xpath") or CSSSelector(str(raw["css"]), translator="html").path
        etree.XPath(path)
        re.compile(raw.get("re", ""))
    except (SelectorError, etree.XPathError, re.error) as error:
        raise BadProfile(f"{name}: {error}") from error
    return Pick(str(path), str(raw.get("attr", "")), str(raw.get("re", "")))


def read_profiled(document: Document, profiles: Sequence[Profile]) -> Reading:
    """Return the items of the first profile that fits the page's URL; `missing` names required fields that most items lack."""
    profile = next((one for one in profiles if one.fits(document.url)), None)
    if profile is None or document.root is None:
        return Reading(rung=Rung.SITE_PROFILE)
    drafts = [
        draft for node in document.root.xpath(profile.item) if (draft := _draft(document, node, profile)) is not None
    ]
    lacking = [name for name in profile.required if sum(bool(_has(draft, name)) for draft in drafts) * 2 < len(drafts)]
    missing = (*lacking, *(("items",) if len(drafts) < profile.min_items else ()))
    return Reading(tuple(drafts), Rung.SITE_PROFILE, profile.name, float(len(drafts)), missing)


def profiled_next(document: Document, profiles: Sequence[Profile]) -> str:
    """Return the next page by the profile that fits, or ""."""
    profile = next((one for one in profiles if one.fits(document.url)), None)
    if profile is None or profile.next is None or document.root is None:
        return ""
    return document.resolve(_picked(document.root, replace(profile.next, attr=profile.next.attr or "href"))) or ""


def _has(draft: Draft, name: str) -> object:
    return draft.own_id if name == "id" else draft.listing.images if name == "image" else getattr(draft.listing, name)


def _draft(document: Document, node: HtmlElement, profile: Profile) -> Draft | None:
    general = draft_of(document, node)
    texts = {name: _picked(node, pick) for name, pick in profile.fields.items()}
    listing = general.listing if general is not None else Listing(id="", title="")
    changes: dict[str, Any] = {name: texts[name] for name in _TEXT_FIELDS if texts.get(name)}
    if "price" in profile.fields:
        changes["price"] = parse_price(texts["price"], document.lang, document.currency)
    if "url" in profile.fields:
        changes["url"] = document.resolve(
            _picked(node, replace(profile.fields["url"], attr=profile.fields["url"].attr or "href"))
        )
    if "image" in profile.fields:
        changes["images"] = tuple(
            src for part in _nodes(node, profile.fields["image"]) for src in image_sources(document, part)
        )
    listing = replace(listing, **changes)
    return Draft(listing, texts.get("id") or (general.own_id if general else "")) if listing.title else None


def _nodes(node: HtmlElement, pick: Pick) -> list[HtmlElement]:
    found = node.xpath(pick.path)
    return [part for part in found if isinstance(part, HtmlElement)] if isinstance(found, list) else []


def _picked(node: HtmlElement, pick: Pick) -> str:
    for part in _nodes(node, pick):
        text = clean(part.get(pick.attr)) if pick.attr else text_of(part)
        found = re.search(pick.regex, text) if pick.regex else None
        if pick.regex and found is None:
            continue
        value = (found[1] if found.groups() else found.group()) if found is not None else text
        if value:
            return clean(value)
    return ""

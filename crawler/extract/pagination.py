"""The next page of a list: rel=next → 下一页 / next → the next number → a URL template → a button that brings more.

Rules: only the same site; a link that acts (`#`, `javascript:`) is no address but is reported as clickable; whether a
template's page truly is another one is found out by fetching it (the crawl ends when pages bring nothing new). A pager
is known by its name, or by its numbers: links `1 2 3 …` side by side and nothing else but words for first and last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml.html import HtmlElement

from crawler.extract import urls
from crawler.extract.document import Document, classes, text_of

_NEXT = re.compile(
    r"^\s*(?:下一页|下页|下一頁|下一个|下一個|下一步|后一页|后页|次へ|次のページ|다음|next(?:\s+page)?|older(?: posts)?|more results|nächste(?: seite)?|weiter|suivante?|siguiente|"
    r"volgende|próxima?|successiv[ao]|avanti|вперед|следующая|дараах)?\s*(?:›|»|→|>|>>|❯|▶)?\s*$",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"下一[页頁个個]|下页|后一?页|\bnext\b|次へ|nächste|suivant|siguiente|volgende", re.IGNORECASE)
_NEXT_CLASS = re.compile(r"(?:^|[-_\s])next(?:$|[-_\s])", re.IGNORECASE)
_PAGER = re.compile(
    r"(?:^|[-_\s])(?:pagination|pager|paging|paginator|pages?|page-?(?:nav|numbers|list|links|box|bar))(?:$|[-_\s])",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:点击|点此)?(?:加载|查看|显示|浏览)?更多(?:商品|产品|宝贝|结果|内容)?|(?:load|show|view|see) more(?: \w{1,12})?|more (?:products|items|results)",
    re.IGNORECASE,
)
_MORE_NAME = re.compile(r"load-?more|more-?btn|btn-?more|show-?more", re.IGNORECASE)
_PAGER_WORDS = re.compile(
    r"首页|尾页|末页|上一?[页頁]|下一?[页頁]|前一?页|后一?页|第一页|最后一页|第|页|共|跳转|转到|go|first|last|prev(?:ious)?|next|page|of|\d{1,4}|[\s…<>«»‹›|·.\[\]/-]",
    re.IGNORECASE,
)
_ROW_PARTS = 200
_MOST_NUMBERS = 200
_DISABLED = re.compile(r"(?:^|[-_\s])(?:disabled|inactive|unavailable)(?:$|[-_\s])", re.IGNORECASE)
_CURRENT = re.compile(r"(?:^|[-_\s])(?:active|current|selected|cur|on)(?:$|[-_\s])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NextPage:
    """Where the list goes on: `url` (empty: nowhere), `template` where a pattern is known, `clickable` for `href="#"`."""

    url: str = ""
    template: str = ""
    clickable: bool = False


def next_page(document: Document, number: int, template: str = "") -> NextPage:
    """Return where page `number` of a list goes on; `template` is the watch's own pattern with `{page}`."""
    if template:
        return NextPage(template.replace("{page}", str(number + 1)), template)
    for node in [*document.select("link[@rel='next'][@href]"), *document.select("a[contains(@rel,'next')][@href]")]:
        url = _usable(document, node.get("href"))
        if url:
            return NextPage(url)
    by_word = _by_word(document)
    if by_word is not None and by_word.url:
        return by_word
    by_number = _by_number(document, number)
    if by_number is not None and by_number.url:
        return by_number
    by_address = _by_address(document, number)
    if by_address:
        return NextPage(by_address)
    if by_word is not None or by_number is not None or _brings_more(document):
        return NextPage(guess(document.url, number), clickable=True)
    return NextPage()


def _usable(document: Document, href: str | None) -> str:
    url = document.resolve(href)
    if url is None or not urls.same_site(url, document.url) or urls.canonical(url) == urls.canonical(document.url):
        return ""
    return url


def _by_word(document: Document) -> NextPage | None:
    """Return the page behind a link or button that says "next", or a clickable one without an address."""
    clickable = False
    for node in [*document.select("a"), *document.select("button"), *document.select("li"), *document.select("span")]:
        if not _says_next(node) or _disabled(node):
            continue
        url = _usable(document, node.get("href"))
        if url:
            return NextPage(url)
        href = (node.get("href") or "#").strip().lower()
        if href.startswith(("#", "javascript:")) and (node.tag in ("a", "button") or _in_pager(node)):
            clickable = True
    return NextPage(clickable=True) if clickable else None


def _says_next(node: HtmlElement) -> bool:
    if node.tag in ("li", "span") and (len(node) or not _in_pager(node)):
        return False
    label = node.get("aria-label") or node.get("title") or ""
    text = text_of(node, 40)
    if (_NEXT_WORD.search(label) and len(label) < 40) or (
        text and len(text) < 24 and _NEXT.match(text) and (_NEXT_WORD.search(text) or _in_pager(node))
    ):
        return not re.search(
            r"slide|carousel|image|photo|图片|month|week|day", label + classes(node), re.IGNORECASE
        ) and not _in_carousel(node)
    return bool(_NEXT_CLASS.search(node.get("class") or "")) and _in_pager(node) and not text.isdigit()


def _in_carousel(node: HtmlElement) -> bool:
    return any(
        re.search(r"carousel|slider|swiper|gallery|calendar|datepicker", classes(up), re.IGNORECASE)
        for up in list(node.iterancestors())[:4]
    )


def _in_pager(node: HtmlElement) -> bool:
    return any(_is_pager(up) for up in [node, *list(node.iterancestors())[:4]])


def _is_pager(node: HtmlElement) -> bool:
    navigates = node.tag == "nav" or node.get("role") == "navigation"
    said = node.get("aria-label") or ""
    return bool(_PAGER.search(classes(node))) or (
        navigates and bool(re.search(r"page|pagin|分页|翻页", said, re.IGNORECASE))
    )


def _disabled(node: HtmlElement) -> bool:
    around = [node, *list(node.iterancestors())[:1]]
    return any(
        _DISABLED.search(up.get("class") or "") or up.get("disabled") is not None or up.get("aria-disabled") == "true"
        for up in around
    )


def _by_number(document: Document, number: int) -> NextPage | None:
    """Return the page behind the next number of a pager; the current number is read from the pager where it is marked."""
    numbers: dict[int, NextPage] = {}
    current = number
    numbered = (node for node in document.select("*[self::a or self::button]") if _number_in(node))
    for node in islice(numbered, _MOST_NUMBERS):
        page = _number_in(node)
        if _in_pager(node) or _in_row_of_numbers(node):
            url = _usable(document, node.get("href"))
            numbers.setdefault(page, NextPage(url, clickable=not url and _presses(node)))
    for node in document.select("*[@class or @aria-current]"):
        page = _number_in(node) if len(node) < 3 else 0
        if page and (_CURRENT.search(node.get("class") or "") or node.get("aria-current")) and _in_pager(node):
            current = page
            break
    found = numbers.get(current + 1)
    return found if found is not None and (found.url or found.clickable) else None


def _number_in(node: HtmlElement) -> int:
    """Return the page number that an element shows and nothing else, or 0."""
    text = text_of(node, 8).strip("[] ")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


def _presses(node: HtmlElement) -> bool:
    """Return whether a link or button acts by a script (`#`, `javascript:`, no address at all)."""
    href = (node.get("href") or "#").strip().lower()
    return href.startswith(("#", "javascript:")) and not _disabled(node)


def _in_row_of_numbers(node: HtmlElement) -> bool:
    """Return whether a number stands in a pager without a name: beside other numbers and words for first and last only."""
    for up in list(node.iterancestors())[:2]:
        parts = list(islice(up.iter(), _ROW_PARTS))
        text = text_of(up, 400) if len(parts) < _ROW_PARTS else ""
        if len(re.findall(r"\d+", text)) >= 2:
            return len(_PAGER_WORDS.sub("", text)) <= 8 and not _in_carousel(node)
    return False


def _brings_more(document: Document) -> bool:
    """Return whether a button or an acting link says that it brings more of the list (`加载更多`)."""
    return any(_says_more(node) and _presses(node) and not _in_carousel(node) for node in _buttons(document))


def _buttons(document: Document) -> Iterator[HtmlElement]:
    yield from document.select("*[self::a or self::button or @role='button' or @onclick]")
    yield from (
        node for node in document.select("*[self::div or self::span or self::p]") if _MORE_NAME.search(classes(node))
    )


def _says_more(node: HtmlElement) -> bool:
    text = text_of(node, 30)
    return bool(text) and bool(_MORE.fullmatch(text.strip(" .…↓⌄▼>›")))


def _by_address(document: Document, number: int) -> str:
    """Return the pager's link whose address names the next page, whatever its text says."""
    for node in document.select("a[@href]"):
        url = _usable(document, node.get("href"))
        if url and urls.page_number(url) == number + 1 and _in_pager(node) and not _disabled(node):
            return url
    return ""


def guess(url: str, number: int) -> str:
    """Return the likeliest address of the page after `number`, to be tried: the URL's own page number, else `?page=`."""
    template = urls.page_template(url)
    if template and urls.page_number(url) == number:
        return template.replace("{page}", str(number + 1))
    return f"{url}{'&' if '?' in url else '?'}page={number + 1}"


def repeats(seen: frozenset[str], keys: list[str]) -> bool:
    """Return whether a page brings nothing new: every key was seen, or there is none."""
    return not keys or all(key in seen for key in keys)

"""URLs: resolving what pages write, and one canonical form for each address.

Rules: scheme and host in lower case, no default port, no tracking parameters, query sorted, no fragment unless it is a
single-page shop's route (`#/item/1`); percent-encoding in upper case; making canonical twice changes nothing.

>>> canonical("HTTP://Shop.example:80/a/../b?utm_source=x&b=2&a=1#top")
'http://shop.example/b?a=1&b=2'
"""

import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(?:utm_\w+|spm|scm|gclid|fbclid|msclkid|yclid|dclid|igshid|mc_[ce]id|_ga|_gl|referrer|trackid|tracking_?id|"
    r"clickid|pvid|algo_\w+|ali_\w+|bxsign|share_\w+|phpsessid|jsessionid|abbucket|_t|timestamp)$",
    re.IGNORECASE,
)
_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/:@!$&'()*+,;=~-._%"
_SRCSET = re.compile(r"\s*(\S[^\s,]*(?:,[^\s,]+)*)(?:\s+([\d.]+)([wxh]))?\s*(?:,|$)")
_CSS_URL = re.compile(r"url\(\s*(['\"]?)(.*?)\1\s*\)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:^|[/_.-])(?:blank|spacer|placeholder|loading|lazy|pixel|transparent|1x1|grey|gray|no[-_]?image)(?:[-_.]|$)",
    re.IGNORECASE,
)
_PAGE_WORD = re.compile(
    r"([?&](?:page|p|pg|pn|pageno|page_no|pagenum|currentpage|cpage|paged)=|/page[/_-]|[/_-]p(?:age)?[-_]?)(\d{1,4})(?=\D|$)",
    re.IGNORECASE,
)

_ACTIONS = frozenset(
    [
        "cart",
        "basket",
        "wish",
        "wishlist",
        "favorite",
        "favorites",
        "favourite",
        "favourites",
        "login",
        "signin",
        "register",
        "compare",
        "add",
        "addtocart",
        "checkout",
        "share",
        "report",
        "logout",
        "signout",
        "subscribe",
    ]
)
_HELPERS = frozenset(
    [
        "to",
        "from",
        "my",
        "user",
        "member",
        "customer",
        "account",
        "shopping",
        "ajax",
        "in",
        "out",
        "list",
        "sign",
        "items",
        "index",
        "remove",
        "update",
        "php",
        "asp",
        "aspx",
        "jsp",
        "do",
        "htm",
        "html",
    ]
)
_ROUTES = frozenset(("route", "action", "act", "a", "do", "op", "method", "m", "c", "mod", "r", "controller"))


def acts(url: str) -> bool:
    """Return whether an address is for doing something (cart, login, wish list) rather than for showing a product.

    A whole segment says so (`/cart/add`, `?add-to-cart=5`), never a word of a product's own name (`/golf-cart-cover`).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    segments = [*parts.path.split("/"), *(name for name, _ in pairs)]
    segments += [word for name, value in pairs if name.lower() in _ROUTES for word in value.split("/")]
    return any(_acts(segment) for segment in segments)


def _acts(segment: str) -> bool:
    words = [word for word in re.split(r"[-_.]", segment.lower()) if word]
    return any(word in _ACTIONS for word in words) and all(word in _ACTIONS or word in _HELPERS for word in words)


def resolve(base: str, href: str | None) -> str | None:
    """Return the absolute http(s) URL of an `href`, or None for what leads nowhere (`#`, `javascript:`, `mailto:`)."""
    text = re.sub(r"[\t\r\n]", "", href or "").strip()
    if not text or text == "#" or (text.startswith("#") and not text.startswith(("#/", "#!"))):
        return None
    try:
        url = urljoin(base, text)
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            return None
        _ = parts.port
    except ValueError:
        return None
    return quote(url, safe="/:@!$&'()*+,;=~-._%?#[]|")[:2_000] if " " in url or not url.isascii() else url[:2_000]


def canonical(url: str) -> str:
    """Return the canonical form of an absolute URL (see the module); one that cannot be parsed stays as it is."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme not in _PORTS or not host:
        return url.strip()
    host = f"[{host}]" if ":" in host else host
    netloc = host if port in (None, _PORTS[scheme]) else f"{host}:{port}"
    ascii_query = quote(parts.query, safe=_PATH_SAFE + "?[]{}|^`")
    pairs = [pair for pair in parse_qsl(ascii_query, True, encoding="latin-1") if not _TRACKING.match(pair[0])]
    query = urlencode(sorted(pairs), encoding="latin-1")
    fragment = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    return urlunsplit((scheme, netloc, _path(parts.path), query, _encode(fragment)))


def _path(path: str) -> str:
    """Return the path with dot segments resolved and one percent-encoding."""
    kept: list[str] = []
    segments = path.split("/")
    for place, segment in enumerate(segments):
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
        if segment in (".", "..") and place == len(segments) - 1:
            kept.append("")
    joined = "/".join(kept)
    return _encode(re.sub(r"^/{2,}", "/", joined if joined.startswith("/") else "/" + joined))


def _encode(text: str) -> str:
    """Return the text with reserved bytes encoded in upper case and unreserved ones plain."""

    def one(found: re.Match[str]) -> str:
        raw = unquote_to_bytes(found.group())
        return raw.decode("ascii") if re.fullmatch(rb"[A-Za-z0-9._~-]", raw) else found.group().upper()

    tidy = re.sub(r"%[0-9A-Fa-f]{2}", one, re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text))
    return quote(tidy, safe=_PATH_SAFE)


def origin_of(url: str) -> str:
    """Return the origin (`https://host[:port]`) of an absolute URL."""
    parts = urlsplit(canonical(url))
    return f"{parts.scheme}://{parts.netloc}"


def same_site(one: str, two: str) -> bool:
    """Return whether two URLs have the same host, `www.` aside."""
    a, b = (urlsplit(url).hostname or "" for url in (one, two))
    return a.removeprefix("www.") == b.removeprefix("www.")


def best_of_srcset(srcset: str) -> str:
    """Return the largest candidate of a srcset (by width, else by density), or ""."""
    best, size = "", -1.0
    for found in _SRCSET.finditer(srcset[:10_000]):
        weight = float(found[2]) if found[2] and found[2].count(".") < 2 and found[2] != "." else 1.0
        if weight > size and not found[1].startswith("data:"):
            best, size = found[1].rstrip(","), weight
    return best


def css_url(style: str) -> str:
    """Return the first picture of a CSS text (`background-image: url(…)`), or ""."""
    found = _CSS_URL.search(style[:10_000])
    return found[2] if found and not found[2].startswith("data:image/svg") else ""


def is_placeholder(src: str) -> bool:
    """Return whether a picture's address is a lazy-loading placeholder."""
    return (
        (src.startswith("data:") and len(src) < 1_500)
        or bool(_PLACEHOLDER.search(urlsplit(src).path.rsplit("/", 1)[-1]))
        or src.startswith("about:")
    )


def page_template(url: str) -> str:
    """Return the URL with its page number as `{page}`, or "" where none is seen."""
    found = list(_PAGE_WORD.finditer(url))
    return f"{url[: found[-1].start(2)]}{{page}}{url[found[-1].end(2) :]}" if found else ""


def page_number(url: str) -> int | None:
    """Return the page number that a URL names, or None."""
    found = list(_PAGE_WORD.finditer(url))
    return int(found[-1][2]) if found else None

"""Pages that are no listings: captchas, firewalls, login walls, soft 404s, and empty shells that need a browser.

Rules: recognised, reported, never bypassed. A page is judged by what it shows, together with its status and the
absence of items; a shop page that merely has a login link or a captcha script in its footer is none.
"""

import re
from collections.abc import Sequence

from crawler.extract.document import Document, text_of
from crawler.extract.result import Draft

_CAPTCHA = re.compile(
    r"验证码|滑动验证|拖动滑块|安全验证|人机验证|访问验证|请完成验证|captcha|are you (?:a )?(?:human|robot)|verify (?:that )?you are (?:a )?human|"
    r"unusual traffic|checking your browser|just a moment|attention required|ddos protection|enable javascript and cookies to continue|"
    r"press (?:&|and) hold|行为验证|点击按钮进行验证",
    re.IGNORECASE,
)
_WAF = re.compile(
    r"access denied|request (?:was )?(?:blocked|rejected)|forbidden|web application firewall|cloudflare|incapsula|akamai|"
    r"访问被拒绝|访问被阻断|拒绝访问|请求被拦截|您的访问过于频繁|操作频繁|访问频繁|禁止访问|not available in your (?:country|region)|您所在的地区",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"请(?:先)?登录|登录后(?:查看|访问)|sign in to (?:continue|view)|log ?in to (?:continue|view)|(?:please|you must) (?:log|sign) ?in|扫码登录",
    re.IGNORECASE,
)
_LOGIN_URL = re.compile(r"/(?:login|signin|sign-in|passport|sso|auth)(?:[/?._]|$)", re.IGNORECASE)
_MOUNT = re.compile(
    r"^(?:app|root|__next|__nuxt|q-app|main|react-root|svelte|ember\w*|vue-?app|store|gatsby|___gatsby)$", re.IGNORECASE
)


_NOTHING = re.compile(
    r"(?:没有|未)(?:找到|搜索到|搜到|查询到|检索到|查到)|暂无(?:相关)?(?:商品|产品|数据|结果|内容|宝贝)|抱歉[^。]{0,12}没有|共\s*0\s*(?:件|个|条|款)"
    r"|\bno (?:products?|results?|items?|matches|listings?)\b[^.]{0,30}\b(?:found|match(?:ed)?|available|yet)\b|nothing (?:was )?found"
    r"|\b0 (?:results?|products?|items?)\b|did not match any|your search returned no",
    re.IGNORECASE,
)


def finds_nothing(document: Document) -> bool:
    """Return whether a page says that it has nothing to list."""
    return bool(_NOTHING.search(document.state("text")[:20_000]))


SOFT_404 = "soft 404: the page says that it does not exist"
"""The obstacle of a page that answers 200 and says that it is none."""
_ABSENT = re.compile(
    r"页面(?:不存在|走丢|丢失|找不到|未找到|已(?:被)?删除|已失效)|(?:网页|页面)[^。]{0,12}(?:不存在|找不到|被删除)|(?:商品|宝贝|店铺)(?:不存在|已删除|已失效)"
    r"|^\s*(?:error\s*)?404\b|page (?:was |could )?not (?:be )?found|404 not found|error 404|page (?:does not|doesn['’]t) exist",
    re.IGNORECASE,
)


def obstacle(document: Document, status: int, items: Sequence[Draft]) -> str:
    """Return why a page is blocked ("captcha", "firewall", "login", "status 429", "soft 404" …), or "" where it is not.

    A page that answers well and shows two items, or one with a price, is none, whatever its words.
    """
    text = f"{document.state('title')} {document.state('text')[:3_000]}"
    if status < 400 and (len(items) >= 2 or any(item.listing.price for item in items)):
        return ""
    if status in (401, 407):
        return f"login wall (status {status})"
    if status == 429:
        return "too many requests (status 429)"
    short = len(document.state("text")) < 2_500
    if (short or status in (403, 405, 503)) and _CAPTCHA.search(text):
        return f"captcha or browser check (status {status})"
    if status in (403, 451) or (status in (405, 503) and _WAF.search(text)):
        return f"refused by the site (status {status})"
    if not short or items:
        return ""
    if _login_wall(document, text):
        return "login wall"
    if status == 200 and len(text) < 400 and _WAF.search(text):
        return "refused by the site"
    return SOFT_404 if status == 200 and _says_absent(document) else ""


def _says_absent(document: Document) -> bool:
    return any(_ABSENT.search(text) for text in (document.state("title"), document.state("text")[:300]))


def _login_wall(document: Document, text: str) -> bool:
    has_password = bool(document.select("input[@type='password']"))
    return (bool(_LOGIN.search(text)) and (has_password or len(text) < 300)) or (
        has_password and bool(_LOGIN_URL.search(document.url))
    )


def is_shell(document: Document) -> bool:
    """Return whether a page looks like an empty shell: scripts and next to no text, or a mount point without content."""
    if document.root is None:
        return False
    scripts = document.select("script[@src or string-length(text()) > 40]")
    if not scripts:
        return False
    body = next(iter(document.select("body")), document.root)
    if len(text_of(body)) < 200:
        return True
    for node in document.select("*[@id]"):
        if _MOUNT.match(node.get("id") or "") and len(text_of(node, 200)) < 40:
            return True
    custom = [node for node in document.select("*") if "-" in str(node.tag) and not text_of(node, 10)]
    noscript = any(
        re.search(r"javascript", text_of_noscript(node), re.IGNORECASE) for node in document.select("noscript")
    )
    return bool(custom) or noscript or len(text_of(body)) < 1_500


def text_of_noscript(node: object) -> str:
    """Return the text of a `<noscript>`."""
    return "".join(node.itertext()) if hasattr(node, "itertext") else ""

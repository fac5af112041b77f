"""The report's words in Chinese and English. Until a judgment is final the word is 涉嫌 (suspected)."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("电子数据证据报告", "Report on electronic evidence"),
    "subtitle": (
        "涉嫌线索网页保全记录;是否构成违法,以有权机关的认定为准",
        "Record of a page kept for a suspected case; whether it breaks the law is for the competent authority to find",
    ),
    "source": (
        "本件直接来源于证据包 {id},核验以包内数据为准",
        "This document comes directly from the evidence package {id}; what is checked is the data in the package",
    ),
    "what": ("一、保全对象", "1. What was kept"),
    "exhibit": ("证据编号", "Exhibit"),
    "url": ("网址", "Address"),
    "final_url": ("最终网址", "Final address"),
    "page_title": ("网页标题(原文)", "Page title (as shown)"),
    "status": ("服务器状态码", "Server's status"),
    "outcome": ("保全结果", "Outcome"),
    "reason": ("说明", "Remark"),
    "fidelity": ("记录方式", "Fidelity of the recording"),
    "when": ("二、时间、地点与人员", "2. When, where and by whom"),
    "captured": ("保全时间", "Captured at"),
    "built": ("封包时间", "Bag built at"),
    "host": ("主机", "Host"),
    "actor": ("操作者", "Actor"),
    "clock": ("时钟校准", "Clock"),
    "beacon": ("时间下界信标", "Beacon"),
    "browser": ("浏览器", "Browser"),
    "system": ("操作系统", "System"),
    "certificate": ("站点证书", "Site's certificate"),
    "cert_none": ("未使用 TLS(http)", "no TLS (plain http)"),
    "cert_valid": ("有效", "valid"),
    "cert_invalid": ("无效", "INVALID"),
    "subject": ("主体", "subject"),
    "issuer": ("签发者", "issuer"),
    "why": ("三、比对理由(涉嫌)", "3. Why it was kept (suspected)"),
    "right": ("权利", "Right"),
    "listing": ("商品链接", "Listing"),
    "finding": ("发现", "Finding"),
    "robots": ("robots.txt 约定", "robots.txt"),
    "robots_obeyed": ("发现该商品的抓取遵循了 robots.txt", "obeyed by the crawl that found the listing"),
    "robots_overridden": (
        "发现该商品的抓取依授权未遵循 robots.txt;授权依据:",
        "overridden by the crawl that found the listing, on this authority:",
    ),
    "none_given": ("未附比对结论", "no comparison is attached"),
    "references": ("比对样本", "Reference samples"),
    "screenshot": ("四、首屏截图", "4. Screenshot of the first view"),
    "no_screenshot": ("未能取得截图", "no screenshot could be made"),
    "digests": ("五、文件摘要(SHA-256 / SM3)", "5. Digests of the files (SHA-256 / SM3)"),
    "file": ("文件", "File"),
    "size": ("字节", "Bytes"),
    "custody": ("六、保管链", "6. Chain of custody"),
    "custody_head": ("末条摘要", "Head of the log"),
    "entries": ("条", "entries"),
    "proofs": ("七、封印与时间证明", "7. Seal and time proofs"),
    "proofs_text": (
        (
            "evidence.json 与两份 tagmanifest 的摘要由 Ed25519 封印(seal.json),evidence.json 与 tagmanifest-sha256.txt 的摘要另交"
            "时间锚定;封印与证明位于包旁的 {id}.proofs/。时间证明随时间升级,其当时状态与等级以 `markwatch verify` 或 `ots verify` "
            "的结果为准:待确认(pending)不等于已确认,演示锚点不计为证明。"
        ),
        (
            "The digests of evidence.json and of both tagmanifests are sealed with Ed25519 (seal.json); those of evidence.json "
            "and tagmanifest-sha256.txt are handed to time anchors. Seal and proofs lie beside the bag, in {id}.proofs/. "
            "Proofs grow with time: their state and level are what `markwatch verify` or `ots verify` finds on the day; "
            "pending is not confirmed, and a demo anchor proves nothing."
        ),
    ),
    "not_proved": ("八、本报告不能证明的事项", "8. What this does not prove"),
    "not_1": (
        "不证明页面内容真实,也不证明经营者的身份或主观意图",
        "Not that what the page says is true, nor who the seller is, nor what he intended",
    ),
    "not_2": (
        "不证明侵害已经成立;本报告中的判断均为“涉嫌”",
        "Not that an infringement took place: every statement here is of a suspicion",
    ),
    "not_3": (
        "封印与时间证明只说明数据在某时之前已存在且此后未变,不说明采集之前的情形",
        "Seal and time proofs say that the data existed before a time and did not change since; nothing about what was before the capture",
    ),
    "not_4": (
        "采集系统由使用者一方运行,采集环境如实列于 environment/,其中未能核验的项目已注明",
        "The capturing system is run by a party; its environment is listed in environment/, with what could not be checked named there",
    ),
    "not_5": (
        "网页可能因地点、设备、登录状态而不同;所保全的仅为本次所见",
        "Pages differ by place, device and login; what is kept is what was seen this once",
    ),
    "lost": ("记录中未能保留的内容", "What the recording could not keep"),
    "lost_none": ("无", "nothing"),
    "more": ("另有 {n} 项,见 capture.json", "and {n} more, see capture.json"),
}
"""Each phrase as (Chinese, English)."""


def word(key: str, lang: str, **values: object) -> str:
    """Return a phrase in `lang` ("zh" or "en"), its placeholders filled. Not escaped for HTML."""
    zh, en = WORDS[key]
    return (en if lang == "en" else zh).format(**values)

"""What the demo says, in both languages. Until a judgment is final the word is 涉嫌 (suspected)."""

from records.model import Text

SENTENCES: dict[str, Text] = {
    "hello": Text(
        "markwatch 演示:市场、权利人(两个地理标志名称除外)与商品均为虚构,全程只在本机回环地址上进行。",
        "markwatch demo: the market, its goods and all rights but two GI names are invented; everything stays on loopback.",
    ),
    "market": Text("[1/8] 样例市场已启动:", "[1/8] the sample market is up:"),
    "shop": Text("      {url}  {name}({kind},{items} 条)", "      {url}  {name} ({kind}, {items})"),
    "home": Text("[2/8] 演示数据目录:{home}", "[2/8] the demo's own data folder: {home}"),
    "rights": Text(
        "[3/8] 导入权利 {kept} 项、比对样本 {references} 个;设定监测任务 {watches} 个",
        "[3/8] imported {kept} rights and {references} reference pictures; added {watches} watches",
    ),
    "patrol": Text(
        "[4/8] 巡查四个来源(模型同时在后台载入)…", "[4/8] patrolling four sources (the model loads meanwhile) …"
    ),
    "patrolled": Text(
        "      {pages} 页,{items} 条商品链接,{alerts} 条疑似线索",
        "      {pages} pages, {items} listings, {alerts} alerts",
    ),
    "source_failed": Text("      {watch}:{outcome} {reason}", "      {watch}: {outcome} {reason}"),
    "alerts": Text("[5/8] 待核查的疑似线索(按分数):", "[5/8] alerts that wait for a person (by score):"),
    "confirm": Text(
        "[6/8] 两人核查:{officer} 提出,{reviewer} 复核 {count} 条",
        "[6/8] two people review: {officer} proposes, {reviewer} confirms {count}",
    ),
    "confirmed": Text("      涉嫌 {score:.2f}  {right} ← {title}", "      suspected {score:.2f}  {right} ← {title}"),
    "keep": Text(
        "[7/8] 固定证据并存证(演示日历,不计为存证)…",
        "[7/8] capturing and stamping (a demo calendar, which never counts) …",
    ),
    "kept": Text(
        "      证据 {exhibit}  {outcome}  {files} 个文件", "      exhibit {exhibit}  {outcome}  {files} files"
    ),
    "package": Text("[8/8] 证据包:{path}", "[8/8] package: {path}"),
    "verified": Text(
        "      核验:退出码 {exit}({state});存证待确认时为 2,属正常",
        "      verify: exit {exit} ({state}); 2 while a proof is pending is what is expected",
    ),
    "tampered": Text(
        "      副本中改动一个字节({path}):退出码 {exit},核验不通过",
        "      one byte flipped in a copy ({path}): exit {exit}, the check fails",
    ),
    "truth": Text(
        "事后对照:{planted} 条设定的可疑商品中报出 {raised} 条;{honest} 条易混商品与普通商品中误报 {wrong} 条。",
        "In hindsight: of {planted} planted listings {raised} were raised; of {honest} honest ones {wrong} were.",
    ),
    "end": Text("证据包:{package}\n工作台:{desk}", "Package: {package}\nDesk: {desk}"),
    "sign_in": Text("登录链接(一次有效):{url}\n按 Ctrl-C 结束。", "Sign-in link (good once): {url}\nCtrl-C ends."),
    "no_alert": Text("没有任何疑似线索可供确认", "there was no alert that could be confirmed"),
    "col_score": Text("分数", "score"),
    "col_outcome": Text("结论", "outcome"),
    "col_right": Text("权利", "right"),
    "col_title": Text("商品", "listing"),
    "suspected": Text("涉嫌", "suspected"),
    "verify_origin": Text("待核实产地", "verify origin"),
    "authorised": Text("已授权", "authorised"),
    "excluded": Text("排除", "excluded"),
}
"""Every sentence by key; placeholders are `str.format` names, the same in both languages."""


def say(lang: str, key: str, **values: object) -> str:
    """Return the sentence for `key` in `lang` ("en", else Chinese)."""
    return SENTENCES[key].in_lang(lang).format(**values)

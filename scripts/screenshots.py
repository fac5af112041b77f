"""Makes the README's pictures from a real run of the demo, into docs/pictures/: `python scripts/screenshots.py [FOLDER]`.

- market.png, fair.png: two of the sample market's pages
- alerts.png: the alerts' table with reasons, as the terminal shows it
- desk.png, hit.png: the review desk, and one hit beside its reference
- verify.png: a package that verifies, and a copy with one byte changed that does not

Pages are photographed in Chromium at 1280×800. FOLDER is the data folder of a finished
demo (`MARKWATCH_HOME/demo`); without it the demo is run first, which takes minutes. Nothing leaves the loopback address.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo import run
from demo.market import Market
from demo.words import say
from desk.cli.context import Context
from desk.web.serve import Desk
from patrol.app import App, build
from patrol.checking import verify_package_file
from patrol.today import hit_rows

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SIZE: ViewportSize = {"width": 1280, "height": 800}
WIDTH = 150
ROWS = 12
TERMINAL = """<pre id="terminal" style="display:inline-block;margin:0;padding:18px 22px;background:#fcfcfa;color:#24292f;
font:14px/1.5 'Noto Sans Mono CJK SC',monospace"><code style="font-family:inherit">{code}</code></pre>"""


def alerts_picture(app: App, page: Page) -> None:
    """Draw the first alerts with their reasons as a terminal's picture."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in ("score", "right", "title", "why"):
        table.add_column(say(app.lang, f"col_{name}"), overflow="fold")
    rows = hit_rows(app, limit=10_000)
    for row in rows[:: max(1, len(rows) // ROWS)][:ROWS]:
        outcome = say(app.lang, str(row["outcome"]))
        cells = (f"{row['score']:.2f} {outcome}", row["right_name"], row["title"], row["why"])
        table.add_row(*(Text(str(cell)) for cell in cells))
    _terminal(page, "alerts", table)


def verify_picture(app: App, page: Page, package: Path) -> None:
    """Draw the check of a package and of its changed copy."""
    lines = []
    for path in (package, package.with_name(package.stem + "-changed.zip")):
        verdict = verify_package_file(lambda: app, path, (), None, app.lang)
        lines.append(Text(f"$ markwatch verify {path.name}", style="bold"))
        bad = {name: state for name, state in verdict["files"].items() if state != "ok"}
        lines += [Text(f"  {state}  {name}", style="red") for name, state in bad.items()]
        lines += [
            Text(f"  {proof['kind']} {proof['state']} ({proof['level']})  {proof['name']}")
            for proof in verdict["proofs"]
        ]
        lines.append(Text(f"  {verdict['summary']}"))
        lines.append(Text(f"  → exit {verdict['exit']} ({len(verdict['files'])} files, {len(bad)} bad)\n"))
    _terminal(page, "verify", *lines)


def _terminal(page: Page, name: str, *content: object) -> None:
    """Photograph what a terminal would show, in a font whose Chinese letters are two cells wide."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor")
    for part in content:
        console.print(part)
    page.set_content(console.export_html(code_format=TERMINAL, inline_styles=True))
    page.locator("#terminal").screenshot(path=str(PICTURES / f"{name}.png"))


def page_pictures(page: Page, market_urls: dict[str, str], desk: Desk, hit_id: str) -> None:
    """Photograph market and desk."""
    for name, url in (("market", market_urls["jsonld"]), ("fair", market_urls["fair"])):
        page.goto(url, wait_until="networkidle")
        page.screenshot(path=str(PICTURES / f"{name}.png"))
    page.goto(desk.sign_in_url(), wait_until="networkidle")
    button = page.locator("button[type=submit]")
    if "sign-in" in page.url and button.count():
        button.first.click()
        page.wait_for_load_state("networkidle")
    for name, url in (("desk", desk.url), ("hit", f"{desk.url}hits/{hit_id}")):
        page.goto(url, wait_until="networkidle")
        page.screenshot(path=str(PICTURES / f"{name}.png"))


def pictures_of(app: App, market: Market, package: Path) -> None:
    """Make every picture of a finished demo."""
    desk = Desk.open(app, port=0, actor="demo-officer")
    rows = [row for row in hit_rows(app, limit=10_000) if "图片" in str(row["why"])] or hit_rows(app)
    with run.answering(desk), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=app.chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
        alerts_picture(app, page)
        verify_picture(app, page, package)
        page_pictures(page, {shop.kind: shop.url for shop in market.shops}, desk, str(rows[0]["id"]))
        browser.close()


def main() -> None:
    """Run the demo's chain, or take the folder of a finished demo (`MARKWATCH_HOME/demo`), and make every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) > 1:
        home = Path(sys.argv[1]).resolve()
        with Market().start() as market:
            app = build(run.overrides(home, market.hosts, "http://127.0.0.1:9/demo-calendar"))
            changed = max((home / "packages").glob("*-changed.zip"))
            pictures_of(app, market, changed.with_name(changed.name.replace("-changed", "")))
            app.close()
    else:
        with tempfile.TemporaryDirectory(prefix="pictures-") as scratch:
            os.environ["MARKWATCH_HOME"] = scratch
            context = Context(out=sys.stdout, err=sys.stderr, as_json=False, command="demo")
            with run.started(context, "zh") as (market, app):
                pictures_of(app, market, run.chain(context, app, market).package)
            context.close()
    sys.stdout.write("\n".join(str(path) for path in sorted(PICTURES.iterdir())) + "\n")


if __name__ == "__main__":
    main()

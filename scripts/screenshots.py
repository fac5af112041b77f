"""Makes the README's pictures from a real run of the demo, into docs/pictures/: `python scripts/screenshots.py`.

- market.png, fair.png: two of the sample market's pages
- alerts.svg: the alerts' table with reasons, as the terminal shows it
- desk.png, hit.png: the review desk, and one hit beside its reference
- verify.svg: a package that verifies, and a copy with one byte changed that does not

Pages are photographed in Chromium at 1280×800. Needs a few minutes; nothing leaves the loopback address.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo import run
from demo.words import say
from desk.cli.context import Context
from desk.web.serve import Desk
from patrol.app import App
from patrol.checking import verify_package_file
from patrol.today import hit_rows

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
WIDTH = 118
ROWS = 12


def alerts_picture(app: App) -> None:
    """Draw the first alerts with their reasons as a terminal's picture."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("score", "right", "title", "why"):
        table.add_column(say(app.lang, f"col_{name}"), overflow="fold")
    rows = hit_rows(app, limit=10_000)
    for row in rows[:: max(1, len(rows) // ROWS)][:ROWS]:
        outcome = say(app.lang, str(row["outcome"]))
        cells = (f"{row['score']:.2f} {outcome}", row["right_name"], row["title"], row["why"])
        table.add_row(*(Text(str(cell)) for cell in cells))
    _terminal(PICTURES / "alerts.svg", "markwatch hits list", table)


def verify_picture(app: App, package: Path) -> None:
    """Draw the check of a package and of its changed copy."""
    lines = []
    for path in (package, package.with_name(package.stem + "-changed.zip")):
        verdict = verify_package_file(lambda: app, path, (), None, app.lang)
        lines.append(Text(f"$ markwatch verify {path.name}", style="bold"))
        bad = [file for file in verdict["files"] if file["state"] != "ok"]
        lines += [Text(f"  {file['state']}  {file['path']}", style="red") for file in bad]
        lines += [Text(f"  {proof['state']} ({proof['level']})  {proof['subject']}") for proof in verdict["proofs"]]
        lines += [Text(f"  {reason}") for reason in verdict["reasons"]]
        lines.append(Text(f"  → exit {verdict['exit']} ({len(verdict['files'])} files, {len(bad)} bad)\n"))
    _terminal(PICTURES / "verify.svg", "markwatch verify", *lines)


def _terminal(path: Path, title: str, *content: object) -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for part in content:
        console.print(part)
    console.save_svg(str(path), title=title)


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


def main() -> None:
    """Run the demo's chain and make every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as home:
        os.environ["MARKWATCH_HOME"] = home
        context = Context(out=sys.stdout, err=sys.stderr, as_json=False, command="demo")
        with run.started(context, "zh") as (market, app):
            summary = run.chain(context, app, market)
            alerts_picture(app)
            verify_picture(app, summary.package)
            desk = Desk.open(app, port=0, actor="demo-officer")
            rows = [row for row in hit_rows(app) if "图片" in str(row["why"])] or hit_rows(app)
            with run.answering(desk), sync_playwright() as play:
                browser = play.chromium.launch(executable_path=app.chromium, args=["--no-sandbox"])
                page = browser.new_page(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
                page_pictures(page, {shop.kind: shop.url for shop in market.shops}, desk, str(rows[0]["id"]))
                browser.close()
        context.close()
    sys.stdout.write("\n".join(str(path) for path in sorted(PICTURES.iterdir())) + "\n")


if __name__ == "__main__":
    main()

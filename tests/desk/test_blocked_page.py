"""The picture of a page that blocked a run, from the command line and in the desk's strip."""

import io

from PIL import Image

from records.crawl import Run
from records.model import Watch
from records.terms import RunOutcome, TargetKind


def test_the_picture_is_written_and_one_that_is_missing_is_said(cli, home, tmp_path):
    from patrol.app import build

    cli("init")
    assert cli("watch", "screenshot", "店", "--out", tmp_path / "a.png").code == 3
    out = io.BytesIO()
    Image.new("RGB", (4, 3)).save(out, "PNG")
    app = build()
    app.records.watches.save(Watch("w1", "店", TargetKind.SHOP, ("http://shop.example/",), created_at=app.now()))
    told = cli("watch", "screenshot", "店", "--out", tmp_path / "a.png")
    assert (told.code, "kept no picture" in told.err) == (3, True)
    app.records.listings.open_run(Run("r1", "w1", RunOutcome.RUNNING, app.now()), [])
    app.records.listings.end_run(
        "r1", outcome=RunOutcome.BLOCKED, reason="captcha", complete=False, delist_after=3, at=app.now(),
        screenshot_sha256=app.vault.put(out.getvalue()),
    )  # fmt: skip
    app.close()
    told = cli("watch", "screenshot", "店", "--out", tmp_path / "a.png", "--json")
    assert told.document == {"file": str(tmp_path / "a.png"), "bytes": len(out.getvalue())}
    assert (tmp_path / "a.png").read_bytes() == out.getvalue()
    (row,) = cli("watch", "list", "--json").document["watches"]
    assert (row["outcome"], len(row["screenshot"])) == ("blocked", 64)

"""What a dry run tells of hits before a watch is saved, on a real shop on loopback."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

RIGHTS = """id,kind,name,aliases,nice_classes,goods,region,owner,registration_no,valid_from,valid_to,authorized_sellers,images,route,territory
r1,trademark,岚沟渡,,25,驼绒围巾;围巾,,岚沟渡纺织有限公司,50112233,2020-01-01,2030-01-01,岚沟渡旗舰店,,,CN
"""


@pytest.fixture
def shop():
    """A shop of 24 cards: one of them by the mark's owner, 22 by strangers under the mark, one of other goods."""
    names = ["岚沟渡驼绒围巾 加厚"] * 22 + ["羊毛手套 女士"]
    cards = "".join(
        f'<li class="card"><a href="/goods/{n}"><img src="/p/{n}.png">{name} {n}号</a><b>¥{n}9.00</b><i>甲{n}店</i></li>'
        for n, name in enumerate(names, 1)
    )

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/list"
            pictured = self.path.startswith("/p/1")
            out = io.BytesIO()
            Image.new("RGB", (40, 30 + len(self.path))).save(out, "PNG")
            body = (
                f"<!doctype html><meta charset=utf-8><ul>{cards}</ul>".encode()
                if found
                else out.getvalue()
                if pictured
                else b""
            )
            self.send_response(200 if found or pictured else 404)
            self.send_header("Content-Type", "image/png" if pictured else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/list"
    server.shutdown()
    server.server_close()


def test_a_dry_run_shows_the_likeliest_hits_and_saves_nothing(shop, cli, tmp_path):
    env = {"MARKWATCH_ALLOW_HOSTS": "127.0.0.1", "MARKWATCH_LANG": "en", "MARKWATCH_CRAWL_DELAY_S": "0"}
    before = cli("watch", "test", shop, "--json", env=env).document
    assert (len(before["items"]), before["hits"], before["hits_found"]) == (23, [], None)
    rights = tmp_path / "rights.csv"
    rights.write_text(RIGHTS, "utf-8")
    assert cli("rights", "import", rights, env=env).code == 0
    document = cli("watch", "test", shop, "--json", env=env).document
    assert (len(document["hits"]), document["hits_found"]) == (20, 22)
    assert {hit["right_name"] for hit in document["hits"]} == {"岚沟渡"}
    assert all("岚沟渡" in hit["title"] and hit["why"] and hit["outcome"] == "suspected" for hit in document["hits"])
    assert document["robots"] == "none (status 404)"
    told = cli("watch", "test", shop, env=env).out
    assert "22 alerts by the words of 23 items" in told
    assert "robots.txt: none, nothing is barred" in told
    first = document["items"][0]["image"]
    assert document["pictures"][first] == "40×38"
    assert len(document["pictures"]) == 2  # of the first ten, the others cannot be had
    assert "40×38" in told
    assert document["hits_a_day"] is None
    assert cli("hits", "list", "--json", env=env).document["hits"] == []


def test_hits_a_day_come_of_what_was_new_in_other_runs():
    from datetime import UTC, datetime, timedelta

    from patrol.samples import hits_a_day
    from records.model import Run
    from records.terms import RunOutcome

    def run(day, items, new, watch="w"):
        at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=day)
        return Run(f"r{day}{watch}", watch, RunOutcome.OK, at, items=items, new_items=new)

    assert hits_a_day(20, []) is None
    assert hits_a_day(20, [run(0, 100, 100), run(1, 100, 10), run(2, 100, 10)]) is None
    runs = [run(0, 100, 100), run(1, 100, 10), run(2, 100, 20), run(4, 100, 60)]
    assert hits_a_day(20, runs) == 4.0
    assert hits_a_day(20, [*runs, run(0, 9, 9, "other")]) == 4.0
    assert hits_a_day(7, [run(n / 10, 10, 10) for n in range(5)]) == 7.0

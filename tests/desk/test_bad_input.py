"""Bad input by the commands: a clear error, the next step, the right exit code, nothing half-written, nothing lost."""

import importlib.util
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[1] / "patrol" / "_shop.py"


@pytest.fixture
def tiny_shop():
    """The tiny shop of the patrol's tests."""
    spec = importlib.util.spec_from_file_location("desk_tests_shop", SHOP)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with module.serve() as shop:
        yield shop


def clear(ran, code: int) -> dict:
    """The command ended as promised: code, one JSON document with a message and a next step, no traceback."""
    assert ran.code == code, (ran.out, ran.err)
    assert "Traceback" not in ran.err + ran.out
    assert ran.out.count("\n") == 1
    return ran.document


def written(path: Path, header: list[str], rows: list[list[str]]) -> tuple[Path, list[int]]:
    """Write a rights file in the form of its suffix; return it and the line (or sheet row) on which each row begins."""
    if path.suffix == ".csv":
        path.write_text("".join(",".join(row) + "\n" for row in [header, *rows]), "utf-8")
    elif path.suffix == ".xlsx":
        from openpyxl import Workbook

        book = Workbook()
        for row in [header, *rows]:
            book.active.append(row)
        book.save(path)
    else:
        lines, text = [], "# 权利\n"
        for row in rows:
            lines.append(text.count("\n") + 1)
            given = [f"{name}: {value}" for name, value in zip(header, row, strict=True) if value]
            text += "- " + "\n  ".join(given) + "\n"
        path.write_text(text, "utf-8")
        return path, lines
    return path, list(range(2, len(rows) + 2))


class TestRights:
    """A broken rights file: row number, column, reason; good rows kept; exit 1."""

    def test_bad_rows_are_named_and_good_ones_kept(self, cli, rights_file):
        text = rights_file.read_text("utf-8-sig")
        text += "bad1,trademarc,错,,,,,,,,,,\nbad2,trademark,错,,,,,,,2020-13-01,,,\n,trademark,无编号,,,,,,,,,,\n"
        rights_file.write_text(text, "utf-8-sig")
        ran = cli("rights", "import", rights_file, "--json")
        document = clear(ran, 1)
        assert (document["rights"], document["added"]) == (2, 2)
        assert [(e["line"], e["column"]) for e in document["errors"]] == [(4, "kind"), (5, "valid_from"), (6, "id")]
        assert all(e["reason"] for e in document["errors"])
        assert "line 4, kind" in ran.err
        assert "run the same command again" in document["next_step"]
        assert "next step: mend" in ran.err
        assert [r["id"] for r in cli("rights", "list", "--json").document["rights"]] == ["gi1", "tm1"]

    def test_an_image_that_is_none(self, cli, rights_file, tmp_path):
        (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n not a picture at all")
        text = rights_file.read_text("utf-8-sig").replace("砚溪雁旗舰店,\n", "砚溪雁旗舰店,logo.png\n")
        rights_file.write_text(text, "utf-8-sig")
        document = clear(cli("rights", "import", rights_file, "--json"), 1)
        assert document["references"] == 0
        error = document["errors"][0]
        line = next(n for n, row in enumerate(text.splitlines(), 1) if "logo.png" in row)
        assert (error["line"], error["column"]) == (line, "images")
        assert "logo.png" in error["reason"]
        assert " at 0x" not in error["reason"]
        assert [r["id"] for r in cli("rights", "list", "--json").document["rights"]] == ["gi1"], "the good row is kept"
        assert not [path for path in (tmp_path / "home").rglob("*") if len(path.name) == 64]

    def test_a_picture_out_of_reach_is_named_and_its_right_is_kept(self, cli, rights_file):
        where = f"http://127.0.0.1:{free_port()}/logo.png"
        text = rights_file.read_text("utf-8-sig").replace("砚溪雁旗舰店,\n", f"砚溪雁旗舰店,{where}\n")
        rights_file.write_text(text, "utf-8-sig")
        env = {"MARKWATCH_ALLOW_HOSTS": where.split("/")[2]}
        document = clear(cli("rights", "import", rights_file, "--json", env=env), 1)
        assert [(e["line"], e["column"]) for e in document["errors"]] == [(2, "images")]
        assert document["rights"] == 2
        assert document["references"] == 0

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x00", b"not,a,rights,file\n1,2,3,4\n", b"\x00" * 5000])
    def test_garbage_is_no_rights_file(self, cli, tmp_path, content):
        path = tmp_path / "rights.csv"
        path.write_bytes(content)
        ran = cli("rights", "import", path, "--json")
        assert ran.code in {1, 3}
        assert "Traceback" not in ran.err
        assert cli("rights", "list", "--json").document["rights"] == []

    @pytest.mark.parametrize("form", ["csv", "xlsx", "yaml"])
    def test_in_each_form_the_bad_are_named_by_line_and_column_and_the_good_are_kept(self, cli, tmp_path, form):
        header = ["id", "kind", "name", "nice_classes", "valid_from", "images"]
        rows = [
            ["tm1", "trademark", "砚溪雁", "30", "2020-01-01", ""],
            ["bad1", "trademarc", "错", "", "", ""],
            ["bad2", "trademark", "错", "46", "2020-13-01", ""],
            ["", "gi", "无编号", "", "", ""],
            ["bad4", "design", "", "", "", "../outside.png"],
            ["tm1", "work", "编号相同", "", "", ""],
            ["gi1", "gi", "某地白绒山羊", "", "", ""],
        ]
        path, lines = written(tmp_path / f"rights.{form}", header, rows)
        document = clear(cli("rights", "import", path, "--json"), 1)
        assert sorted((e["line"], e["column"]) for e in document["errors"]) == [
            (lines[1], "kind"), (lines[2], "nice_classes"), (lines[2], "valid_from"), (lines[3], "id"),
            (lines[4], "images"), (lines[4], "name"), (lines[5], "id"),
        ]  # fmt: skip
        assert all(e["reason"] for e in document["errors"])
        assert [r["id"] for r in cli("rights", "list", "--json").document["rights"]] == ["gi1", "tm1"]

    def test_what_is_no_workbook_is_named_as_a_file(self, cli, tmp_path):
        (tmp_path / "rights.xlsx").write_bytes(b"PK\x03\x04 broken")
        ran = cli("rights", "import", tmp_path / "rights.xlsx", "--json")
        clear(ran, 1)
        assert "rights.xlsx: this is no workbook" in ran.err

    def test_a_missing_file_is_misuse(self, cli, tmp_path):
        assert "no.csv" in clear(cli("rights", "import", tmp_path / "no.csv", "--json"), 3)["message"]


class TestWatches:
    """Watches that cannot be."""

    def test_an_unknown_right_is_refused_with_the_known_ones(self, cli, rights_file):
        cli("rights", "import", rights_file)
        document = clear(cli("watch", "add", "w", "--target", "http://x.example/", "--right", "tm9", "--json"), 3)
        assert "'tm9'" in document["message"]
        assert "gi1, tm1" in document["message"]
        assert "rights import" in document["next_step"]
        assert cli("watch", "list", "--json").document["watches"] == []

    @pytest.mark.parametrize("url", ["ftp://x/", "x.example", "http://", "javascript:alert(1)", "http://x:99999/", ""])
    def test_a_url_that_is_none(self, cli, url):
        clear(cli("watch", "add", "w", "--target", url, "--json"), 3)

    @pytest.mark.parametrize(
        "url", ["http://joe:Geheim77@x.example/", "https://Geheim77@x.example/", "http://joe:Geheim77@[x/"]
    )
    def test_a_password_in_a_url_is_refused_and_never_repeated(self, cli, home, tmp_path, url):
        for argv in (
            ["watch", "add", "w", "--target", url],
            ["watch", "test", url],
            ["capture", url, "--out", tmp_path / "out"],
        ):
            ran = cli(*argv, "--json")
            clear(ran, 3)
            assert "Geheim77" not in ran.out + ran.err
        assert not (tmp_path / "out").exists()
        kept = [path for path in home.rglob("*") if path.is_file() and b"Geheim77" in path.read_bytes()]
        assert kept == []

    @pytest.mark.parametrize("argv", [[], ["w"], ["w", "--target", "http://x/", "--kind", "bazaar"],
                                      ["w", "--target", "http://x/", "--render", "maybe"], ["w", "--target", "http://x/", "--pages", "0"]])  # fmt: skip
    def test_incomplete_or_unknown_words(self, cli, argv):
        clear(cli("watch", "add", *argv, "--json"), 3)

    def test_toml_keeps_the_good_and_names_the_bad(self, cli, tmp_path):
        path = tmp_path / "watches.toml"
        path.write_text('[[watch]]\nname = "good"\ntargets = ["http://a.example/"]\n[[watch]]\nname = "bad"\ntargets = ["nowhere"]\n'
                        '[[watch]]\nname = "odd"\ntargets = ["http://a.example/"]\ncolour = "red"\n')  # fmt: skip
        document = clear(cli("watch", "import", path, "--json"), 1)
        assert document["watches"] == ["good"]
        assert [e["watch"] for e in document["errors"]] == ["bad", "odd"]
        assert document["next_step"]

    @pytest.mark.parametrize("text", ["not toml [", "", "watch = 3", "x = 1\n"])
    def test_what_is_no_watches_file(self, cli, tmp_path, text):
        path = tmp_path / "watches.toml"
        path.write_text(text)
        clear(cli("watch", "import", path, "--json"), 3)

    def test_pause_and_resume(self, cli):
        cli("watch", "add", "w", "--target", "http://x.example/")
        assert clear(cli("watch", "pause", "w", "--json"), 0)["state"] == "paused"
        assert clear(cli("watch", "pause", "w", "--resume", "--json"), 0)["state"] == "active"
        clear(cli("watch", "pause", "nobody", "--json"), 3)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TestSites:
    """Sites that answer badly, or not at all."""

    def test_an_unreachable_site(self, cli):
        host = f"127.0.0.1:{free_port()}"
        env = {"MARKWATCH_ALLOW_HOSTS": host, "MARKWATCH_CRAWL_DELAY_S": "0"}
        cli("watch", "add", "w", "--target", f"http://{host}/list")
        document = clear(cli("patrol", "--json", env=env), 4)
        (row,) = document["watches"]
        assert row["outcome"] == "failed"
        assert row["reason"]
        health = cli("hits", "list", "--json").document
        assert (health["patrolled"], health["failed"]) == (1, 1)
        assert "1 sources patrolled, 1 failed" in cli("hits", "list").out

    def test_a_private_address_is_refused_unless_it_is_allowed(self, cli, tiny_shop):
        cli("watch", "add", "w", "--target", f"{tiny_shop.url}/list")
        document = clear(cli("patrol", "--json", env={"MARKWATCH_CRAWL_DELAY_S": "0"}), 4)
        assert document["watches"][0]["outcome"] == "failed"
        assert tiny_shop.state.requests == 0

    def test_a_page_of_garbage(self, cli, tiny_shop):
        tiny_shop.state.garbage = True
        env = {"MARKWATCH_ALLOW_HOSTS": tiny_shop.url.removeprefix("http://"), "MARKWATCH_CRAWL_DELAY_S": "0"}
        cli("watch", "add", "w", "--target", f"{tiny_shop.url}/list", "--render", "never")
        ran = cli("patrol", "--json", env=env)
        assert ran.code in {0, 4}
        row = ran.document["watches"][0]
        assert row["outcome"] in {"empty", "failed", "partial", "drift"}
        assert row["items"] == 0
        assert "Traceback" not in ran.err

    def test_unknown_watch(self, cli):
        clear(cli("patrol", "--watch", "nobody", "--json"), 3)


def test_a_newer_database_is_not_touched(cli, home):
    cli("init")
    with sqlite3.connect(home / "markwatch.db") as base:
        base.execute("update alembic_version set version_num = '9999'")
    base.close()
    before = (home / "markwatch.db").read_bytes()
    for argv in (["hits", "list"], ["patrol"], ["init"], ["work", "--once"]):
        document = clear(cli(*argv, "--json"), 3)
        assert document["error"] == "NewerDatabase"
        assert document["next_step"]
    assert (home / "markwatch.db").read_bytes() == before
    checks = {c["name"]: c for c in clear(cli("doctor", "--json"), 1)["checks"]}
    assert checks["database"]["state"] == "bad"
    assert checks["database"]["mend"]


def test_a_file_that_is_no_database(cli, home):
    home.mkdir(mode=0o700)
    (home / "markwatch.db").write_bytes(b"this is not a database" * 100)
    ran = cli("hits", "list", "--json")
    assert ran.code in {3, 4}
    assert "Traceback" not in ran.err
    assert (home / "markwatch.db").read_bytes().startswith(b"this is not")


class _Nonsense(BaseHTTPRequestHandler):
    """A calendar that answers nonsense."""

    def do_POST(self) -> None:
        body = b"<html>surely a timestamp</html>" * 10
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def nonsense() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nonsense)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_calendar_that_answers_nonsense_leaves_the_digest_queued(cli, nonsense, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("kept")
    env = {
        "MARKWATCH_CALENDARS": nonsense,
        "MARKWATCH_CALENDARS_QUORUM": "1",
        "MARKWATCH_ALLOW_HOSTS": nonsense.removeprefix("http://"),
    }
    ran = cli("stamp", path, "--json", env=env)
    (row,) = clear(ran, 2)["proofs"]
    assert row["proof"] is None
    assert row["state"] in {"queued", "retrying"}
    assert row["reason"]
    assert not (tmp_path / "a.txt.ots").exists()
    assert len(cli("proofs", "list", "--json", env=env).document["proofs"]) == 1
    assert clear(cli("proofs", "upgrade", "--json", env=env), 2)["waiting"] == 1


def test_a_calendars_password_is_never_repeated(cli, tmp_path):
    (tmp_path / "a.txt").write_text("kept")
    env = {"MARKWATCH_CALENDARS": "https://joe:Geheim77@cal.example", "MARKWATCH_CALENDARS_QUORUM": "1"}
    for argv in (["stamp", tmp_path / "a.txt"], ["doctor"]):
        ran = cli(*argv, "--json", env=env)
        assert "MARKWATCH_CALENDARS" in clear(ran, 3)["message"]
        assert "Geheim77" not in ran.out + ran.err


def test_a_calendar_out_of_reach_queues_and_a_missing_file_submits_nothing(cli, tmp_path):
    host = f"127.0.0.1:{free_port()}"
    env = {"MARKWATCH_CALENDARS": f"http://{host}", "MARKWATCH_CALENDARS_QUORUM": "1", "MARKWATCH_ALLOW_HOSTS": host}
    path = tmp_path / "a.txt"
    path.write_text("kept")
    assert clear(cli("stamp", path, "--json", env=env), 2)["proofs"][0]["state"] == "queued"
    clear(cli("stamp", path, tmp_path / "none.txt", "--json", env=env), 3)
    assert len(cli("proofs", "list", "--json", env=env).document["proofs"]) == 1


def test_proofs_verify_by_its_exit_codes(cli, tmp_path):
    genuine = next((p for p in (Path(__file__).parents[1]).rglob("hello-world.txt.ots")), None)
    assert genuine is not None, "the genuine proofs are test data of the notary"
    source = genuine.with_name("hello-world.txt")
    ran = cli("proofs", "verify", genuine, "--file", source, "--json")
    assert ran.code == 2
    assert ran.document["state"] == "unverifiable"
    other = tmp_path / "other.txt"
    other.write_text("something else")
    assert clear(cli("proofs", "verify", genuine, "--file", other, "--json"), 1)["state"] == "invalid"
    broken = tmp_path / "broken.ots"
    broken.write_bytes(genuine.read_bytes()[:40])
    assert clear(cli("proofs", "verify", broken, "--file", source, "--json"), 1)["state"] == "invalid"
    clear(cli("proofs", "verify", tmp_path / "no.ots", "--file", source, "--json"), 3)
    (tmp_path / "headers.json").write_text("{")
    assert (
        cli("proofs", "verify", genuine, "--file", source, "--headers", tmp_path / "headers.json", "--json").code == 3
    )


class TestDetect:
    """`detect` on files."""

    def test_bad_listings_are_named_and_the_rest_is_written(self, cli, rights_file, tmp_path):
        listings, out = tmp_path / "listings.jsonl", tmp_path / "hits.jsonl"
        listings.write_text(
            '{"id": "1", "title": "砚溪雁 茶叶"}\n{broken\n{"id": "2"}\n{"id": "3", "title": "青石坪 瓷碗"}\n', "utf-8"
        )
        document = clear(cli("detect", "--rights", rights_file, "--listings", listings, "--out", out, "--json"), 1)
        assert (document["listings"], document["alerts"]) == (2, 1)
        assert [e["line"] for e in document["errors"]] == [2, 3]
        assert document["next_step"]
        (hit,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        assert (hit["listing"], hit["right"], hit["outcome"]) == ("1", "tm1", "suspected")

    def test_a_picture_that_is_none_and_one_outside(self, cli, rights_file, tmp_path):
        (tmp_path / "a.png").write_bytes(b"no picture")
        listings, out = tmp_path / "listings.jsonl", tmp_path / "hits.jsonl"
        listings.write_text(
            '{"id": "1", "title": "砚溪雁", "images": ["a.png", "../../etc/passwd", "https://x.example/y.png"]}\n',
            "utf-8",
        )
        document = clear(cli("detect", "--rights", rights_file, "--listings", listings, "--out", out, "--json"), 1)
        assert [e["column"].split(" ")[0] for e in document["errors"]] == ["images[0]", "images[1]"]
        assert document["alerts"] == 1

    def test_nothing_is_written_where_a_file_is_missing(self, cli, rights_file, tmp_path):
        out = tmp_path / "hits.jsonl"
        out.write_text("before")
        clear(cli("detect", "--rights", rights_file, "--listings", tmp_path / "none.jsonl", "--out", out, "--json"), 3)
        assert out.read_text() == "before"
        clear(
            cli(
                "detect",
                "--rights",
                rights_file,
                "--listings",
                rights_file,
                "--out",
                tmp_path / "no" / "dir" / "hits.jsonl",
                "--json",
            ),
            4,
        )

    def test_it_makes_no_database(self, cli, rights_file, tmp_path, home):
        listings = tmp_path / "listings.jsonl"
        listings.write_text('{"id": "1", "title": "x"}\n')
        clear(
            cli("detect", "--rights", rights_file, "--listings", listings, "--out", tmp_path / "hits.jsonl", "--json"),
            0,
        )
        assert not (home / "markwatch.db").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + b"\x00" * 18, b"PK\x03\x04" + b"\xff" * 100])
def test_verify_of_what_is_no_package_is_1(cli, tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    document = clear(cli("verify", path, "--json"), 1)
    assert document["exit"] == 1
    assert document["reasons"]


def test_verify_misused(cli, tmp_path):
    clear(cli("verify", tmp_path / "none.zip", "--json"), 3)
    (tmp_path / "x.zip").write_bytes(b"x")
    assert cli("verify", tmp_path / "x.zip", "--key", "no such key", "--json").code == 3


def test_unknown_cases_exhibits_and_hits_are_misuse(cli, tmp_path):
    for argv in (["package", "build", "MW-1", "--out", tmp_path / "x.zip"], ["case", "show", "MW-1"], ["evidence", "show", "EV-1"],
                 ["hits", "show", "abcdef"], ["hits", "decide", "abcdef", "snooze"], ["hits", "confirm", "abcdef"],
                 ["hits", "list", "--state", "guilty"], ["hits", "list", "--right", "none"], ["hits", "list", "--limit", "0"]):  # fmt: skip
        document = clear(cli(*argv, "--json"), 3)
        assert document["message"]
    assert not (tmp_path / "x.zip").exists()


def test_backups_that_cannot_be(cli, tmp_path, home):
    cli("init")
    good = tmp_path / "b.zip"
    assert clear(cli("backup", good, "--json"), 0)["files"] >= 1
    clear(cli("backup", good, "--json"), 3)
    clear(cli("restore", good, "--json"), 3)
    data = bytearray(good.read_bytes())
    data[len(data) // 3] ^= 1
    bad = tmp_path / "bad.zip"
    bad.write_bytes(data)
    fresh = {"MARKWATCH_HOME": str(tmp_path / "fresh")}
    ran = cli("restore", bad, "--json", env=fresh)
    assert ran.code in {1, 4}
    assert not (tmp_path / "fresh" / "keys").exists() or not list((tmp_path / "fresh" / "keys").iterdir())
    assert clear(cli("restore", good, "--json", env=fresh), 0)["files"] >= 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount the small disk that this fills")
def test_a_full_disk_leaves_nothing_half_written(cli, tmp_path, rights_file):
    small = tmp_path / "small"
    small.mkdir()
    if (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)], check=False, capture_output=True
        ).returncode
        != 0
    ):
        pytest.skip("this container may not mount a tmpfs")
    try:
        env = {"MARKWATCH_HOME": str(small / "home")}
        assert cli("rights", "import", rights_file, env=env).code == 0
        (small / "filler").write_bytes(b"x" * 100)
        with (small / "filler").open("ab", buffering=0) as stream, pytest.raises(OSError):
            while True:
                stream.write(b"x" * 4096)
        listings = tmp_path / "listings.jsonl"
        listings.write_text("".join(f'{{"id": "{n}", "title": "砚溪雁 {n}"}}\n' for n in range(500)), "utf-8")
        ran = cli(
            "detect", "--rights", rights_file, "--listings", listings, "--out", small / "hits.jsonl", "--json", env=env
        )
        document = clear(ran, 4)
        assert "full" in document["message"] or "space" in document["message"]
        assert document["next_step"]
        assert sorted(path.name for path in small.iterdir()) == ["filler", "home"]
        ran = cli("watch", "add", "w", "--target", "http://x.example/", "--json", env=env)
        assert ran.code == 4
        assert "Traceback" not in ran.err
        (small / "filler").unlink()
        assert cli("watch", "list", "--json", env=env).document["watches"] == []
        assert len(cli("rights", "list", "--json", env=env).document["rights"]) == 2
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_doctor_says_how_to_mend_each(cli):
    document = cli("doctor", "--json").document
    assert [c["name"] for c in document["checks"]] == [
        "home", "settings", "disk", "database", "vault", "seal_key", "browser", "sandbox", "recorder", "fonts", "clock", "model", "anchors",
    ]  # fmt: skip
    assert all(c["mend"] for c in document["checks"] if c["state"] != "good")
    assert cli("init", "--json").document["key"].startswith("markwatch/seal+")
    after = {c["name"]: c["state"] for c in cli("doctor", "--json").document["checks"]}
    assert (after["database"], after["seal_key"], after["vault"]) == ("good", "good", "good")


def test_doctor_finds_a_changed_vault_file(cli, home):
    from evidence.vault import Vault

    cli("init")
    vault = Vault(home / "vault")
    path = vault.path(vault.put(b"evidence"))
    path.chmod(0o600)
    path.write_bytes(b"Evidence")
    ran = cli("doctor", "--json")
    assert ran.code == 1
    assert {c["name"]: c["state"] for c in ran.document["checks"]}["vault"] == "bad"

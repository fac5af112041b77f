"""What people read: each command's own words in both languages, on a house with hits, decisions and a paused watch."""

from pathlib import Path

import pytest

from desk.cli.terminal import write

ORIGIN = "http://shop.example"


@pytest.fixture
def filled(cli, rights_file, home: Path):
    """A home with rights, a watch, and hits that detection found on two listings."""
    from patrol.app import build
    from records.ids import listing_id, new_ulid, source_id
    from records.model import Listing, Run
    from records.terms import RunOutcome

    assert cli("rights", "import", rights_file).code == 0
    assert cli("watch", "add", "小店", "--target", f"{ORIGIN}/list", "--right", "tm1").code == 0
    app = build()
    try:
        (watch,) = app.records.watches.all()
        store = app.records.listings
        run = store.open_run(Run(new_ulid(), watch.id, RunOutcome.RUNNING, app.now()), [("p", "{}")])
        offers = [
            Listing(
                listing_id(source_id(ORIGIN), key),
                title,
                source_id=source_id(ORIGIN),
                key=key,
                url=f"{ORIGIN}/{key}",
                seller=seller,
            )
            for key, title, seller in (
                ("1", "砚溪雁 茶叶\x1b[31m", "甲店"),
                ("2", "砚溪雁 红茶", "砚溪雁旗舰店"),
                ("3", "青石坪 瓷碗", "乙店"),
            )
        ]
        store.write_page(run.id, "p", origin=ORIGIN, listings=[(one, ()) for one in offers], follow=[], page_url=f"{ORIGIN}/list",
                         page_sha256="0" * 64, status=200, rung=None, rendered=False, reason="", at=app.now())  # fmt: skip
        store.end_run(run.id, outcome=RunOutcome.OK, reason="", complete=True, delist_after=3, at=app.now())
        app.detecting().run()
    finally:
        app.close()
    return cli


@pytest.mark.parametrize(
    ("argv", "zh", "en"),
    [
        (["rights", "list"], ["商标", "地理标志", "砚溪雁"], ["trademark", "GI"]),
        (["watch", "list"], ["运行中", "小店", "✓ 正常"], ["active", "✓ ok"]),
        (["hits", "list"], ["涉嫌", "待核查", "甲店", "共 1 条"], ["suspected", "1 hits"]),
        (["hits", "list", "--all"], ["已授权", "砚溪雁旗舰店"], ["authorised"]),
        (["hits", "list", "--state", "snoozed"], ["今日无新增:1 个来源已巡查,0 个失败"], ["Nothing new today: 1 sources patrolled, 0 failed"]),
        (["case", "list"], ["尚无案件"], ["No cases yet"]),
        (["evidence", "list"], ["尚无证据"], ["No exhibits yet"]),
        (["proofs", "list"], ["尚无存证证明"], ["No proofs yet"]),
        (["work", "--once"], ["完成 0 项"], ["0 done"]),
        (["patrol", "--due"], ["巡查 0 个任务"], ["Patrolled 0 watches"]),
    ],
)  # fmt: skip
def test_tables_in_both_languages(filled, argv, zh, en):
    for lang, expected in (("zh", zh), ("en", en)):
        ran = filled(*argv, env={"MARKWATCH_LANG": lang})
        assert ran.code == 0, ran.err
        for words in expected:
            assert words in ran.out
        assert "侵权" not in ran.out
        assert "\x1b" not in ran.out


def test_json_does_not_depend_on_the_language_but_for_sentences(filled):
    zh, en = (filled("hits", "list", "--json", env={"MARKWATCH_LANG": lang}).document for lang in ("zh", "en"))
    assert [set(row) for row in zh["hits"]] == [set(row) for row in en["hits"]]
    strip = [{k: v for k, v in row.items() if k != "why"} for row in zh["hits"]]
    assert strip == [{k: v for k, v in row.items() if k != "why"} for row in en["hits"]]
    assert zh["hits"][0]["why"] != en["hits"][0]["why"]


def test_a_hit_in_words_and_its_decisions(filled):
    hit = filled("hits", "list", "--json").document["hits"][0]["id"]
    shown = filled("hits", "show", hit[:8])
    assert "90000001" in shown.out
    assert "砚溪雁" in shown.out
    assert "proposed" not in shown.out
    assert filled("hits", "decide", hit[:8], "suspected").out.strip().endswith("(ann)")
    refused = filled("hits", "confirm", hit[:8])
    assert refused.code == 3
    assert "next step" in refused.err
    assert "returned by bob" in filled("hits", "confirm", hit[:8], "--return", "--reason", "who?", "--actor", "bob").out
    assert filled("hits", "decide", hit[:8], "false_positive").code == 3
    done = filled(
        "hits", "decide", hit[:8], "false_positive", "--reason", "a book", "--actor", "bob", "--json"
    ).document
    assert (done["state"], done["actor"], done["reason"]) == ("dismissed", "bob", "a book")
    history = filled("hits", "show", hit, "--json").document["decisions"]
    assert [(d["actor"], d["stage"]) for d in history] == [("ann", "propose"), ("bob", "return"), ("bob", "propose")]


def test_the_authorised_seller_cannot_be_called_suspected(filled):
    rows = filled("hits", "list", "--all", "--json").document["hits"]
    (own,) = [row for row in rows if row["seller"] == "砚溪雁旗舰店"]
    assert own["outcome"] == "authorised"
    refused = filled("hits", "decide", own["id"], "suspected", "--json")
    assert refused.code == 3
    assert "authorised" in refused.document["message"]


def test_the_actor_is_the_flag_then_the_variable_then_the_login(filled, monkeypatch):
    hit = filled("hits", "list", "--json").document["hits"][0]["id"]
    assert filled("hits", "decide", hit, "snooze", "--json").document["actor"] == "ann"
    assert filled("hits", "decide", hit, "snooze", "--actor", "eve\x1b[0m", "--json").document["actor"] == "eve[0m"
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert filled("hits", "decide", hit, "snooze", "--json", env={"MARKWATCH_ACTOR": ""}).document["actor"] == "login"


def test_a_write_to_nowhere_is_quiet(tmp_path):
    with (tmp_path / "x").open("w") as stream:
        write(stream, "text")
    write(stream, "closed")
    assert (tmp_path / "x").read_text() == "text"

"""`markwatch profile test`: good and bad profiles, and a user's own folder in a crawl."""

import shutil

import pytest

from crawler.extract.profile import SITES

GOOD = """\
name = "stall"
match = ['^https?://stall\\.example/']
[list]
item = "div.offer"
[fields.title]
css = "p.what"
[fields.price]
css = "p.cost"
[next]
css = "a.more"
[[example]]
file = "stall.html"
url = "https://stall.example/all"
items = 2
next = "https://stall.example/all?p=2"
[example.first]
title = "驼绒手套"
price = "59.00 CNY"
"""
PAGE = """\
<div class="offer"><p class="what">驼绒手套</p><p class="cost">¥59.00</p></div>
<div class="offer"><p class="what">驼绒袜</p><p class="cost">¥39.00</p></div>
<a class="more" href="/all?p=2">下一页</a>
"""


@pytest.fixture
def stall(tmp_path):
    folder = tmp_path / "sites"
    folder.mkdir()
    (folder / "stall.toml").write_text(GOOD, encoding="utf-8")
    (folder / "stall.html").write_text(PAGE, encoding="utf-8")
    return folder


def test_the_houses_own_profiles_hold(cli):
    told = cli("profile", "test", SITES, "--json")
    assert told.code == 0
    assert told.document["ok"] is True
    assert {one["profile"] for one in told.document["profiles"]} == {path.stem for path in SITES.glob("*.toml")}


def test_a_good_profile_is_shown_as_such(cli, stall):
    told = cli("profile", "test", stall / "stall.toml")
    assert told.code == 0
    assert "as it says" in told.out
    (one,) = cli("profile", "test", stall, "--json").document["profiles"]
    assert one["pages"] == [
        {
            "file": "stall.html",
            "url": "https://stall.example/all",
            "items": 2,
            "next": "https://stall.example/all?p=2",
            "problems": [],
        }
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("items = 2", "items = 3"), "expected 3 items, found 2"),
        (
            ('price = "59.00 CNY"', 'price = "58.00 CNY"'),
            "expected price of the first item '58.00 CNY', found '59.00 CNY'",
        ),
        (("all?p=2", "all?p=3"), "expected the next page"),
        (('css = "p.cost"', 'css = "p.none"'), "price"),
        (('file = "stall.html"', 'file = "gone.html"'), "expected the saved page 'gone.html'"),
        (('file = "stall.html"', 'file = "../stall.html"'), "expected the saved page"),
        (("stall.example/all", "other.example/all"), "expected match to fit"),
        (('css = "p.what"', 'css = "p::"'), "title"),
        (("[[example]]", "[example]"), "double brackets"),
        (("[[example]]", "[colours]"), "unknown part 'colours'"),
        (('name = "stall"', "name ="), "expected a site profile"),
    ],
)
def test_what_is_not_as_the_profile_says_is_named(cli, stall, change, says):
    text = GOOD.replace(*change, 1)
    assert text != GOOD
    (stall / "stall.toml").write_text(text, encoding="utf-8")
    told = cli("profile", "test", stall)
    assert told.code == 1
    shown = cli("profile", "test", stall, "--json").document["profiles"][0]
    assert says in " ".join([shown["problem"], *(p for page in shown["pages"] for p in page["problems"])])
    assert "Traceback" not in told.out + told.err


def test_a_pattern_that_never_ends_is_ended(cli, stall):
    (stall / "stall.toml").write_text(
        GOOD.replace('css = "p.what"', 'css = "p.what"\nre = "(x+x+)+y"', 1), encoding="utf-8"
    )
    (stall / "stall.html").write_text(PAGE.replace("驼绒手套", "x" * 60), encoding="utf-8")
    told = cli("profile", "test", stall, "--json")
    assert told.code == 1
    assert "s" in told.document["profiles"][0]["pages"][0]["problems"][0]


def test_one_bad_profile_hides_no_other(cli, stall):
    (stall / "bad.toml").write_text("not toml", encoding="utf-8")
    told = cli("profile", "test", stall, "--json")
    assert told.code == 1
    assert [one["ok"] for one in told.document["profiles"]] == [False, True]


def test_a_place_without_profiles_is_misuse(cli, tmp_path):
    assert cli("profile", "test", tmp_path).code == 3
    assert cli("profile", "test", tmp_path / "gone").code == 3


def test_a_users_own_profiles_are_used_beside_the_houses(cli, home, stall):
    from patrol.app import build

    cli("init")
    shutil.copytree(stall, home / "sites")
    told = cli("profile", "test", "--json")
    assert {one["profile"] for one in told.document["profiles"]} >= {"stall"}
    app = build()
    assert app.crawl_options().sites_dir == str(home / "sites")
    assert app.crawl_stage
    app.close()

"""The contract of site profiles: each is one file, discovered, and holds on the pages saved beside it."""

import shutil

import pytest

from crawler import dryrun, stage
from crawler.errors import BadProfile
from crawler.extract.document import Document
from crawler.extract.ladder import PageInput, read_page
from crawler.extract.profile import SITES, load_profiles, profiled_next, read_profile, read_profiled
from crawler.plan import PageTask
from records.terms import Rung

PROFILES = load_profiles()
EXAMPLES = [(profile, example) for profile in PROFILES for example in profile.examples]


def test_there_is_a_profile_and_each_has_an_example():
    assert PROFILES
    assert all(profile.examples for profile in PROFILES)
    assert {path.stem for path in SITES.glob("*.toml")} == {profile.name for profile in PROFILES}


@pytest.mark.parametrize(("profile", "example"), EXAMPLES, ids=[one.name for one, _ in EXAMPLES])
def test_a_profile_reads_its_saved_page(profile, example):
    document = Document((SITES / example["file"]).read_bytes(), example["url"])
    assert profile.fits(example["url"])
    reading = read_profiled(document, [profile])
    assert len(reading.items) == example["items"]
    assert reading.missing == ()
    assert profiled_next(document, [profile]) == example.get("next", "")
    first = reading.items[0]
    shown = {name: getattr(first.listing, name, None) for name in example["first"]}
    price = first.listing.price
    shown |= {"id": first.own_id, "image": first.listing.images[0], "price": f"{price.low.amount} {price.low.currency}"}
    assert {name: shown[name] for name in example["first"]} == example["first"]


@pytest.mark.parametrize(("profile", "example"), EXAMPLES, ids=[one.name for one, _ in EXAMPLES])
def test_the_ladder_prefers_the_profile(profile, example):
    body = (SITES / example["file"]).read_bytes()
    output = read_page(PageInput(PageTask(example["url"]), example["url"], body))
    assert output.rung is Rung.SITE_PROFILE
    assert len(output.items) == example["items"]


def test_a_drifted_page_names_what_is_missing():
    profile = PROFILES[0]
    example = profile.examples[0]
    text = (SITES / example["file"]).read_text(encoding="utf-8").replace("¥", "").replace("data-no", "data-x")
    assert "items" in read_profiled(Document(text, example["url"]), [profile]).missing


def test_a_name_used_twice_stops_the_start(tmp_path, monkeypatch):
    source = next(SITES.glob("*.toml"))
    shutil.copy(source, tmp_path / "one.toml")
    shutil.copy(source, tmp_path / "two.toml")
    with pytest.raises(BadProfile, match=r"two site profiles are called .*one\.toml and two\.toml"):
        load_profiles(tmp_path)
    monkeypatch.setattr(stage, "SITES", tmp_path)
    with pytest.raises(BadProfile):
        stage.CrawlStage(None, None, stage.StageOptions("markwatch/0.1", tmp_path))
    monkeypatch.setattr(dryrun, "SITES", tmp_path)
    with pytest.raises(BadProfile):
        dryrun.watch_test("http://127.0.0.1:9/", stage.StageOptions("markwatch/0.1", tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name = 'x'",
        "not toml",
        "name='x'\nmatch=['[']\n[list]\nitem='li'",
        "name='x'\nmatch=['a']\n[list]\nitem='li::'",
        "name='x'\nmatch=['a']\n[list]\nitem='li'\n[fields.colour]\ncss='a'",
        "name='x'\nmatch=['a']\n[list]\nitem='li'\n[fields.title]\nre='a'",
        "name='x'\nmatch=['a']\n[list]\nxpath='//li['",
    ],
)
def test_a_broken_profile_says_what_is_wrong(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadProfile):
        read_profile(path)

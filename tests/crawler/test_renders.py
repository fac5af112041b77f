"""Which pages need a browser: templates, memory, and a single-page shop that is watched again."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.renders import RenderMemory, template_of
from records.crawl import RenderNeed
from records.model import Watch
from records.terms import RenderMode, RunOutcome, TargetKind

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "template"),
    [
        ("https://shop.example/goods/123.html", "shop.example/goods/{n}.html"),
        ("https://shop.example/goods/9.html?id=4&spm=a", "shop.example/goods/{n}.html?id&spm"),
        ("http://u:p@Shop.Example:8080/p/camel-wool-scarf", "shop.example:8080/p/{s}"),
        ("https://shop.example/p/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "shop.example/p/{n}"),
        ("https://shop.example/#/item/77", "shop.example/#/item/{n}"),
        ("https://shop.example/#top", "shop.example/"),
        ("https://shop.example/p/%E9%A9%BC%E7%BB%92%E5%9B%B4%E5%B7%BE", "shop.example/p/{s}"),
        ("https://shop.example/category/wool", "shop.example/category/wool"),
        ("https://shop.example", "shop.example"),
    ],
)
def test_pages_of_one_kind_have_one_template(url, template):
    assert template_of(url) == template


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_do_not_tell_pages_apart(one, other):
    assert template_of(f"https://a.example/x/{one}?p={other}") == template_of(f"https://a.example/x/{other}?p={one}")


@given(st.text(max_size=80))
def test_any_text_has_a_template(text):
    assert isinstance(template_of(text), str)


def test_what_is_remembered_is_asked_for_plainly_once_after_its_time():
    memory = RenderMemory(())
    assert not memory.needed("https://a.example/p/1", NOW)
    memory.learn("https://a.example/p/1", NOW, needed=False)
    assert memory.changed() == ()
    memory.learn("https://a.example/p/1", NOW, needed=True)
    assert memory.needed("https://a.example/p/2", NOW)
    (need,) = memory.changed()
    assert (need.host, need.template, need.needed, need.pages) == ("a.example", "/p/{n}", True, 1)
    later = RenderMemory([need])
    assert later.needed("https://a.example/p/3", NOW + timedelta(days=6))
    assert not later.needed("https://a.example/p/3", NOW + timedelta(days=7))
    assert later.needed("https://a.example/p/4", NOW + timedelta(days=7))  # one probe is enough
    later.learn("https://a.example/p/3", NOW + timedelta(days=7), needed=False)
    assert not later.needed("https://a.example/p/4", NOW + timedelta(days=7))
    assert later.changed()[0].needed is False


def shell(site, count=4):
    """A shop whose list a script makes; `site.shell` says whether it still does."""
    cards = "".join(
        f'<li class=g><a href="/p/{n}"><img src="/i/{n}.png"><b>岚沟苦荞 第{n}款</b></a><i>¥{n}8.00</i></li>'
        for n in range(1, count + 1)
    )
    made = f"<ul>{cards}</ul>"
    script = f"document.getElementById('app').innerHTML = {json.dumps(made)}"
    site.put("/", f"<html><body><div id=app></div><script>{script}</script></body></html>")
    return f"<html><body><main>{made}</main></body></html>"


def watch_of(site, **fields):
    return Watch("w1", "w1", TargetKind.CATEGORY, (site.url + "/",), **fields)


def test_the_second_run_goes_straight_to_the_browser_and_a_probe_finds_that_it_need_not(site, stage_of, renders):
    plain = shell(site)
    stage = stage_of(site, details=False, images_per_listing=0)
    run = stage.run(watch_of(site))
    assert (run.items, run.rendered_pages, site.asked("/")) == (4, 1, 2)
    (need,) = renders.of(site.url.split("//")[1])
    assert (need.template, need.needed) == ("/", True)
    run = stage.run(watch_of(site))
    assert (run.items, run.rendered_pages, site.asked("/")) == (4, 1, 3)
    renders.save([replace(need, probed_at=datetime.now(UTC) - timedelta(days=8))])
    run = stage.run(watch_of(site))
    assert (run.items, site.asked("/")) == (4, 5)
    assert renders.of(need.host)[0].probed_at > datetime.now(UTC) - timedelta(minutes=5)
    site.put("/", plain)
    renders.save([replace(need, probed_at=datetime.now(UTC) - timedelta(days=8))])
    run = stage.run(watch_of(site))
    assert (run.items, run.rendered_pages) == (4, 0)
    assert renders.of(need.host)[0].needed is False


@pytest.mark.parametrize("changes", [{"chromium": "/nowhere/chromium"}, {"page_deadline_s": 0.01}])
def test_nothing_is_learnt_from_a_failure(site, stage_of, renders, changes):
    shell(site)
    run = stage_of(site, details=False, **changes).run(watch_of(site))
    assert run.outcome in (RunOutcome.FAILED, RunOutcome.EMPTY)
    assert renders.of(site.url.split("//")[1]) == []


def test_nothing_is_learnt_from_a_block_or_from_what_was_told(site, stage_of, renders):
    shell(site)
    stage_of(site, details=False).run(watch_of(site, render=RenderMode.ALWAYS))
    assert renders.of(site.url.split("//")[1]) == []
    wall = "document.body.innerHTML = '<h1>请完成验证</h1>'"
    site.put("/", f"<html><body><div id=app></div><script>{wall}</script></body></html>")
    stage_of(site, details=False).run(watch_of(site))
    assert renders.of(site.url.split("//")[1]) == []


def test_never_renders_though_it_is_remembered(site, stage_of, renders):
    shell(site)
    renders.save([RenderNeed(site.url.split("//")[1], "/", True, datetime.now(UTC), 5)])
    run = stage_of(site, details=False).run(watch_of(site, render=RenderMode.NEVER))
    assert (run.outcome, run.rendered_pages) == (RunOutcome.EMPTY, 0)

"""Pages that block a run: recognised, pictured, never bypassed; and shops that only look like it."""

import io

import pytest
from PIL import Image

from records.model import Watch
from records.terms import RenderMode, RunOutcome, TargetKind

PAD = "<p>本店主营羊绒制品与地方特产,欢迎选购。</p>" * 3


def page(title, body):
    return f"<html lang=zh-CN><head><title>{title}</title></head><body>{body}</body></html>"


WALLS = {
    "captcha": (200, page("安全验证", "<h1>请完成验证</h1><p>拖动滑块完成拼图</p><div id=nc></div>")),
    "captcha en": (403, page("Just a moment...", "<h1>Checking your browser before accessing</h1>")),
    "firewall": (405, page("405", "<p>很抱歉,由于您访问的URL有可能对网站造成安全威胁,您的访问被阻断。访问被拒绝</p>")),
    "forbidden": (403, page("403 Forbidden", "<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>")),
    "login": (
        200,
        page("登录", "<form action=/login><p>请登录后查看</p><input name=u><input type=password name=p></form>"),
    ),
    "geo": (451, page("Unavailable", "<p>This content is not available in your country</p>")),
    "geo 200": (200, page("提示", "<p>抱歉,您所在的地区暂不支持访问</p>")),
    "often": (429, page("稍后再试", "<p>您的访问过于频繁</p>")),
    "status 401": (401, page("401", "<p>Authorization Required</p>")),
}


def watch_of(site, **fields):
    return Watch("w1", "w1", TargetKind.CATEGORY, (site.url + "/",), **fields)


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_ends_the_run_as_blocked(site, stage_of, store, name):
    status, body = WALLS[name]
    site.put("/", body, status)
    run = stage_of(site).run(watch_of(site, render=RenderMode.NEVER))
    assert run.outcome is RunOutcome.BLOCKED, run.reason
    assert run.reason
    assert store.count() == 0
    assert run.screenshot_sha256 == ""


def test_what_blocks_is_pictured_once_and_not_asked_for_again_and_again(site, stage_of, store, blobs):
    site.put("/", WALLS["captcha"][1])
    run = stage_of(site).run(watch_of(site))
    assert run.outcome is RunOutcome.BLOCKED
    shown = Image.open(io.BytesIO(blobs.get(run.screenshot_sha256)))
    assert (shown.format, shown.size) == ("PNG", (1366, 1000))
    assert site.log.count("/") == 2  # once read, once pictured
    assert store.runs("w1")[0].screenshot_sha256 == run.screenshot_sha256


def test_a_wall_behind_a_script_is_pictured_as_it_was_read(site, stage_of, blobs):
    script = "document.body.innerHTML = '<h1>请完成验证</h1><p>拖动滑块完成拼图</p>'"
    site.put("/", page("商城", f"<div id=app></div><script>{script}</script>"))
    run = stage_of(site).run(watch_of(site))
    assert run.outcome is RunOutcome.BLOCKED
    assert Image.open(io.BytesIO(blobs.get(run.screenshot_sha256))).format == "PNG"


def test_a_picture_of_a_wall_that_the_browser_passes_brings_no_items(site, kit, stage_of, store):
    """What the browser is shown while it takes the picture is not read: nothing is bypassed."""

    def answer(path):
        first = site.log.count("/") < 2
        return (
            kit.Answer(WALLS["forbidden"][1].encode(), 403) if first else kit.Answer(kit.listing_page([1, 2]).encode())
        )

    site.pages["/"] = answer
    run = stage_of(site).run(watch_of(site))
    assert run.outcome is RunOutcome.BLOCKED
    assert run.screenshot_sha256
    assert store.count() == 0


@pytest.mark.parametrize(
    "extra",
    [
        "<header><a href=/login>请登录</a> <a href=/register>免费注册</a></header>",
        "<footer><form><input name=mail placeholder=邮箱><input name=code placeholder=验证码><button>订阅</button></form></footer>",
        "<div hidden>captcha</div><script>var captcha = 'verify you are human';</script>",
        "<div class=modal><form><input type=password name=p><p>请先登录</p></form></div>",
    ],
)
def test_a_shop_with_a_login_link_or_a_code_field_is_no_wall(site, kit, stage_of, store, extra):
    kit.shop(site, 3, per_page=9)
    site.put("/", kit.listing_page([1, 2, 3]).replace("<main>", extra + "<main>"))
    run = stage_of(site).run(watch_of(site, render=RenderMode.NEVER))
    assert (run.outcome, store.count()) == (RunOutcome.OK, 3)


def test_one_good_that_speaks_of_captchas_is_no_wall(site, kit, stage_of, store):
    site.put("/", kit.listing_page([1]).replace("阿拉善驼绒围巾 第1款", "《验证码 captcha 识别入门》 图书"))
    site.put("/goods/1", kit.detail(1).replace("阿拉善驼绒围巾 第1款", "《验证码 captcha 识别入门》 图书"))
    run = stage_of(site).run(watch_of(site, render=RenderMode.NEVER))
    assert (run.outcome, store.count()) == (RunOutcome.OK, 1), run.reason


def test_a_run_that_is_partly_blocked_keeps_what_it_read(site, kit, stage_of, store):
    kit.shop(site, 4, per_page=9)
    site.put("/goods/4", WALLS["captcha"][1])
    run = stage_of(site).run(watch_of(site, render=RenderMode.NEVER))
    assert run.outcome is RunOutcome.PARTIAL
    assert "captcha" in run.reason
    assert store.count() == 4


def test_a_product_that_redirects_home_is_a_soft_404(site, kit, stage_of, store):
    kit.shop(site, 3, per_page=9)
    site.pages["/goods/2"] = lambda path: kit.Answer(b"", 302, "text/html", {"Location": "/"})
    run = stage_of(site).run(watch_of(site, render=RenderMode.NEVER))
    assert {one.title for one in store.all()} == {f"阿拉善驼绒围巾 第{n}款" for n in (1, 2, 3)}
    assert run.outcome in (RunOutcome.OK, RunOutcome.PARTIAL)


def test_a_list_that_answers_200_with_not_found_is_empty_and_says_so(site, stage_of):
    site.put("/", page("页面不存在", "<h1>404</h1><p>抱歉,您访问的页面不存在或已被删除</p>" + PAD))
    run = stage_of(site).run(watch_of(site, render=RenderMode.NEVER))
    assert run.outcome in (RunOutcome.EMPTY, RunOutcome.FAILED, RunOutcome.BLOCKED)
    assert "404" in run.reason or "not found" in run.reason

"""Errors in two languages: English wherever a plain text is expected, Chinese where it is asked for."""

import ast
import pickle
from pathlib import Path

import pytest

from guards.errors import MarkwatchError, Said, both, reading
from patrol import review
from patrol.errors import ReviewRefused, see
from patrol.review import why_right_stops, why_seller_stops
from records.model import Authorization, Listing
from records.terms import Verdict

ROOT = Path(__file__).parents[2]
OURS = {"Misused", "FoundWrong", "NotYet", "HomeUnusable", "NoBrowser", "ReviewRefused", "PatrolError"}


def test_a_message_reads_as_english_and_knows_its_chinese():
    message = both("没有文件", "there is no file")
    assert message == "there is no file"
    assert (reading(message, "zh"), reading(message, "en")) == ("没有文件", "there is no file")
    assert type(reading(message, "en")) is str
    assert (reading("plain", "zh"), reading("", "zh")) == ("plain", "")


def test_an_error_is_said_in_the_language_that_is_asked_for():
    error = MarkwatchError(both("没有文件", "there is no file"), both("检查路径", "check the path"))
    assert str(error) == "there is no file — check the path"
    assert error.in_lang("zh") == "没有文件 — 检查路径"
    assert error.in_lang("en") == str(error)
    assert MarkwatchError(both("完", "end")).in_lang("zh") == "完"
    assert MarkwatchError("only English", both("下一步", "next")).in_lang("zh") == "only English — 下一步"


def test_a_message_survives_another_process():
    back = pickle.loads(pickle.dumps(both("没有文件", "there is no file")))
    assert (back, reading(back, "zh")) == ("there is no file", "没有文件")


def test_the_next_step_names_the_command_in_both():
    step = see("hits list")
    assert "markwatch hits list" in step
    assert "markwatch hits list" in reading(step, "zh")


def test_every_refusal_of_the_review_is_said_in_both():
    """Every message that `patrol.review` raises is made by `both`, `see` or a function that returns such a text."""
    tree = ast.parse(Path(review.__file__).read_text("utf-8"))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    assert len(raised) >= 12
    for call in raised:
        for argument in call.args:
            made = isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name)
            assert made or (isinstance(argument, ast.Constant) and argument.value == ""), ast.unparse(call)


@pytest.mark.parametrize("package", ["patrol", "desk"])
def test_no_error_of_ours_is_raised_with_a_bare_english_message(package):
    """What the jobs log and what a worker retries is for logs; all else that users meet is in both languages."""
    exempt = {"patrol/tasks.py", "patrol/jobs.py"}
    bare = []
    for path in sorted((ROOT / package).rglob("*.py")):
        if str(path.relative_to(ROOT)) in exempt:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
                continue
            first = node.exc.args[0]
            name = getattr(node.exc.func, "id", "")
            if name in OURS and isinstance(first, ast.Constant | ast.JoinedStr):
                bare.append(f"{path.name}:{node.lineno} {ast.unparse(first)[:80]}")
    assert bare == []


def test_reasons_why_a_right_or_a_seller_stops_are_in_both(mark, house):
    from dataclasses import replace
    from datetime import date

    today = date(2026, 5, 1)
    given = [Authorization("a1", "tm1", "某店", valid_to=date(2027, 1, 1))]
    reasons = [
        why_right_stops(None, today),
        why_right_stops(replace(mark, valid_to=date(2020, 1, 1)), today),
        why_right_stops(replace(mark, valid_from=date(2030, 1, 1)), today),
        why_seller_stops(mark, Listing("1", "x", seller=mark.authorized_sellers[0]), [], today),
        why_seller_stops(mark, Listing("1", "x", seller="某店"), given, today),
    ]
    for reason in reasons:
        assert isinstance(reason, Said)
        assert reading(reason, "zh") != reason
        assert "侵权" not in reading(reason, "zh")
    assert why_right_stops(mark, today) == why_seller_stops(mark, Listing("1", "x", seller="别家"), given, today) == ""


def test_a_stop_says_its_reason_in_the_same_language(house, shop):
    listing = shop.listing("1", seller="砚溪雁旗舰店")
    shop.see(listing)
    hit = shop.hit(listing)
    with pytest.raises(ReviewRefused) as caught:
        house.review().decide(hit.id, Verdict.SUSPECTED, actor="甲")
    assert "已拦截:经营者“砚溪雁旗舰店”已获“砚溪雁”授权" in caught.value.in_lang("zh")
    assert "stopped: the seller" in caught.value.in_lang("en")

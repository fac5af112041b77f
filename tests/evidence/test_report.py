"""The report's parts, and the README that travels along: every fact once, escaped, in both languages, nothing guessed."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.custody import CustodyLog, Touch
from evidence.package import report as parts
from evidence.package.readme import readme
from evidence.package.report import MAX_FINDINGS, MAX_LOST, MAX_SHOT_BYTES, ReportInput, report_html
from evidence.package.words import WORDS, word
from records.model import Artifact, Exhibit
from records.terms import CaptureOutcome, Fidelity

AT = datetime(2026, 11, 22, 16, 30, 5, 123_456, UTC)
ID = "EV-01AAAAAAAAAAAAAAAAAAAAAAAA"


class Clock:
    """A clock that stands still."""

    def now(self):
        return AT

    def monotonic_ns(self):
        return 5


def given_report(**changes):
    log = CustodyLog()
    for action in ("requested", "captured", "stored"):
        log = log.append(Touch("worker", "host-7", action, "0" * 64, f"why {action}"), Clock())
    exhibit = Exhibit(
        ID,
        "http://shop.example/",
        CaptureOutcome.COMPLETE,
        AT,
        captured_at=AT,
        fidelity=Fidelity.BROWSER_DECODED,
        artifacts=(Artifact("render/dom.html", 7, "a" * 64, "b" * 64, "render", "text/html"),),
    )
    fields = {
        "exhibit": exhibit,
        "custody": log,
        "built_at": AT + timedelta(hours=1),
        "capture": {
            "final_url": "http://shop.example/x",
            "title": "绒衫",
            "status": 200,
            "certificate": None,
            "lost": [],
        },
        "environment": {
            "clock": {"state": "none in reach"},
            "beacon": {"state": "absent", "reason": "none configured"},
            "system": {"os": "Debian"},
            "browser": {"version": "140"},
        },
        "match": {},
    }
    return ReportInput(**{**fields, **changes})


def cells(html):
    """Return the report's two-column rows as heading to cells."""
    found = {}
    for head, cell in re.findall(r"<tr><th>(.*?)</th><td>(.*?)</td></tr>", html, re.DOTALL):
        found.setdefault(unescape(head), []).append(cell)
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_fact_stands_in_its_row(lang):
    rows = cells(report_html(given_report(), lang))
    expected = {
        "exhibit": ID,
        "url": "http://shop.example/",
        "final_url": "http://shop.example/x",
        "page_title": "绒衫",
        "status": "200",
        "outcome": "complete",
        "fidelity": "browser-decoded",
        "host": "host-7",
        "actor": "worker",
        "clock": "none in reach",
        "beacon": "absent: none configured",
        "browser": "140",
        "system": "Debian",
        "certificate": word("cert_none", lang),
    }
    assert {key: rows[word(key, lang)][0] for key in expected} == expected
    assert word("reason", lang) not in rows, "a complete capture needs no remark"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_times_are_given_in_beijing_and_in_utc(lang):
    rows = cells(report_html(given_report(), lang))
    assert rows[word("captured", lang)] == ["2026-11-23 00:30:05 +08:00 (UTC 2026-11-22T16:30:05.123456Z)"]
    assert rows[word("built", lang)] == ["2026-11-23 01:30:05 +08:00 (UTC 2026-11-22T17:30:05.123456Z)"]
    never = given_report(exhibit=replace(given_report().exhibit, captured_at=None))
    assert cells(report_html(never, lang))[word("captured", lang)] == [""]


def test_a_partial_capture_says_why():
    exhibit = replace(given_report().exhibit, outcome=CaptureOutcome.PARTIAL, reason="2 responses had not ended")
    rows = cells(report_html(given_report(exhibit=exhibit), "en"))
    assert rows[word("outcome", "en")] == ["partial"]
    assert rows[word("reason", "en")] == ["2 responses had not ended"]


@pytest.mark.parametrize(
    ("found", "said", "not_said"),
    [
        (
            {"valid": True, "subject": "CN=a", "issuer": "CN=b", "sha256": "12", "reason": ""},
            "valid; subject CN=a",
            "INVALID",
        ),
        (
            {"valid": False, "reason": "expired", "subject": "", "issuer": "", "sha256": ""},
            "INVALID (expired)",
            "no TLS",
        ),
        ({}, "no TLS", "valid"),
        (None, "no TLS", "valid"),
    ],
)
def test_the_certificate_is_never_passed_over(found, said, not_said):
    capture = {**given_report().capture, "certificate": found}
    (cell,) = cells(report_html(given_report(capture=capture), "en"))[word("certificate", "en")]
    assert said in cell
    assert not_said not in cell


def test_findings_are_sentences_and_bounded():
    many = [
        {"detector": "text", "rule": "name", "field": "title", "score": 0.5, "explanation": f"n{number}"}
        for number in range(60)
    ]
    rows = cells(report_html(given_report(match={"match": {"findings": many}}), "en"))
    assert len(rows[word("finding", "en")]) == MAX_FINDINGS
    assert rows[word("finding", "en")][0] == "n0 [text/name, title, 0.5]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"id": "R1", "name": "阿拉善白绒山羊", "kind": "gi"}, "R1 · 阿拉善白绒山羊"),
        ({"title": "绒衫", "seller": "某店", "url": "http://x/"}, "绒衫 · 某店 · http://x/"),
        ("R1", "R1"),
        ({}, ""),
        (7, "7"),
    ],
)
def test_rights_and_listings_are_named_by_what_names_them_best(value, shown):
    assert parts._named(value) == shown


def test_references_are_listed():
    match = {
        "match": {},
        "references": [{"path": "detection/references/1.png"}, {"path": "detection/references/2.png"}],
    }
    rows = cells(report_html(given_report(match=match), "zh"))
    assert rows["比对样本"] == ["detection/references/1.png", "detection/references/2.png"]


@pytest.mark.parametrize(("data", "there"), [(b"", False), (b"\x89PNG", True), (bytes(MAX_SHOT_BYTES + 1), False)])
def test_the_screenshot_is_inline_or_its_absence_is_said(data, there):
    html = report_html(given_report(screenshot=data), "en")
    assert ("data:image/png;base64," in html) is there
    assert (word("no_screenshot", "en") in html) is not there


def test_digests_and_custody_are_all_there():
    report = given_report()
    html = report_html(report, "en")
    assert "a" * 64 in html
    assert "b" * 64 in html
    assert report.custody.head in html
    assert "3 entries" in html
    assert all(f"why {action}" in html for action in ("requested", "captured", "stored"))
    empty = report_html(given_report(custody=CustodyLog()), "en")
    assert "0 entries" in empty


@pytest.mark.parametrize("count", [0, 1, MAX_LOST, MAX_LOST + 3])
def test_what_was_lost_is_said_to_a_limit(count):
    lost = [{"url": f"http://x/{number}", "what": "body: gone"} for number in range(count)]
    html = report_html(given_report(capture={**given_report().capture, "lost": lost}), "en")
    assert html.count("body: gone") == min(count, MAX_LOST)
    assert (f"<li>{word('lost_none', 'en')}</li>" in html) is (count == 0)
    assert ("and 3 more" in html) is (count == MAX_LOST + 3)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_it_does_not_prove_is_always_there(lang):
    html = report_html(given_report(), lang)
    assert all(word(f"not_{number}", lang) in html for number in range(1, 6))
    assert word("source", lang, id=ID) in html
    assert html.startswith(f"<!doctype html><html lang='{'en' if lang == 'en' else 'zh-CN'}'>")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_categories=()), max_size=30))
def test_no_text_of_a_page_becomes_markup(text):
    marked = f"<{text}>&\"'"
    capture = {
        "title": marked,
        "final_url": marked,
        "lost": [{"url": marked, "what": marked}],
        "certificate": {"subject": marked},
    }
    match = {
        "match": {"right": {"name": marked}, "findings": [{"explanation": marked}]},
        "references": [{"path": marked}],
    }
    html = report_html(given_report(capture=capture, match=match, environment={}), "en")
    plain = report_html(
        given_report(capture={}, match={"match": {"right": "r", "findings": [{}]}, "references": [{}]}, environment={}),
        "en",
    )
    assert html.count("<script") == 0
    assert html.count("<tr>") == plain.count("<tr>")
    html.encode()


def test_an_empty_environment_is_not_guessed():
    rows = cells(report_html(given_report(environment={}, capture={}), "en"))
    assert rows[word("browser", "en")] == [""]
    assert rows[word("status", "en")] == [""]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_readme_names_tools_that_are_not_ours(lang):
    text = readme(ID, lang).decode()
    for tool in (
        "sha256sum -c",
        "sha512sum -c",
        "bagit.py --validate",
        "wacz validate -f",
        "warcio check",
        "openssl dgst -sm3",
        "ots verify",
        "markwatch verify",
    ):
        assert tool in text, tool
    assert text.count(ID) >= 4
    assert "{id}" not in text
    assert "{" not in text.replace("{id}", "")
    assert readme(ID, lang) == readme(ID, lang)


def test_before_a_judgment_the_words_are_of_a_suspicion():
    for zh, en in WORDS.values():
        assert "侵权" not in zh
        assert "infring" not in en.lower() or "Not that an infringement" in en
    assert any("涉嫌" in zh for zh, _ in WORDS.values())

"""The custody log: only an unbroken chain is ever read or written."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from evidence.custody import (
    GENESIS,
    CustodyLog,
    Touch,
    check_link,
    clean_text,
    entry_sha256,
    line_of,
    next_entry,
    utc_text,
)
from evidence.errors import ClockBackwards, CustodyBroken
from guards.errors import EXIT_WRONG

SHA = hashlib.sha256(b"object").hexdigest()


class Ticking:
    """A clock for tests: one second a reading."""

    def __init__(self):
        self.at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self):
        self.at += timedelta(seconds=1)
        return self.at

    def monotonic_ns(self):
        return 10**18 + 5


def log_of(*actions, clock=None):
    clock, log = clock or Ticking(), CustodyLog()
    for action in actions:
        log = log.append(Touch("worker", "host-1", action, SHA, "因为"), clock)
    return log


def test_the_golden_line():
    """The form that courts' own scripts read; changing it breaks every package that was ever sealed."""
    entry = log_of("captured").entries[0]
    assert line_of(entry).decode() == (
        '{"action":"captured","actor":"worker","host":"host-1","monotonic":"1000000000.000000005",'
        f'"object_sha256":"{SHA}","prev_sha256":"{GENESIS}","reason":"因为","seq":0,"utc":"2026-11-22T08:00:01.000000Z"}}'
    )


def test_lines_chain_by_the_digest_of_the_line_before():
    data = log_of("a", "b", "c").to_jsonl()
    lines = data.split(b"\n")[:-1]
    for before, line in pairwise(lines):
        assert json.loads(line)["prev_sha256"] == hashlib.sha256(before).hexdigest()


texts = st.text(max_size=40)


@given(st.lists(st.tuples(texts, texts, texts), max_size=6))
def test_what_is_exported_reads_back_the_same(touches):
    clock, log = Ticking(), CustodyLog()
    for actor, action, reason in touches:
        log = log.append(Touch(actor, "h", action, SHA, reason), clock)
    again = CustodyLog.parse(log.to_jsonl())
    assert again == log
    assert (again.head, again.length) == (log.head, len(touches))


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=30))
def test_any_text_can_be_logged(text):
    entry = CustodyLog().append(Touch(text, text, text, SHA, text), Ticking()).entries[0]
    assert "\x00" not in entry.reason
    assert entry.reason == clean_text(text)
    assert json.loads(line_of(entry))["reason"] == entry.reason


@given(st.data())
def test_any_changed_byte_is_found_or_moves_the_head(data):
    log = log_of("requested", "captured", "stored")
    exported = bytearray(log.to_jsonl())
    at = data.draw(st.integers(0, len(exported) - 1))
    exported[at] ^= data.draw(st.integers(1, 255))
    try:
        changed = CustodyLog.parse(bytes(exported))
    except CustodyBroken as error:
        assert error.exit_code == EXIT_WRONG
    else:
        assert changed.head != log.head


@given(st.integers(0, 4), st.integers(0, 4))
def test_reordered_and_missing_entries(first, second):
    lines = log_of("a", "b", "c", "d", "e").to_jsonl().splitlines(keepends=True)
    if first != second:
        lines[first], lines[second] = lines[second], lines[first]
    else:
        del lines[first]
    if first == second == 4:
        cut = CustodyLog.parse(b"".join(lines))
        assert (cut.length, cut.head) != (5, log_of("a", "b", "c", "d", "e").head), (
            "a cut tail shows in length and head only"
        )
        return
    with pytest.raises(CustodyBroken):
        CustodyLog.parse(b"".join(lines))


def test_a_clock_set_back_writes_nothing():
    clock = Ticking()
    log = log_of("a", clock=clock)
    clock.at -= timedelta(hours=1)
    with pytest.raises(ClockBackwards, match="before the last custody entry") as caught:
        log.append(Touch("w", "h", "b", SHA), clock)
    assert "NTP" in caught.value.next_step
    assert log.length == 1


def test_entries_of_another_chain_do_not_link():
    one, other = log_of("a", "b"), log_of("x", "y")
    with pytest.raises(CustodyBroken, match="follows"):
        check_link(one.entries[0], other.entries[1])
    with pytest.raises(CustodyBroken, match="missing or out of order"):
        check_link(None, one.entries[1])
    with pytest.raises(CustodyBroken, match="follows"):
        CustodyLog.of([replace(one.entries[0], prev_sha256="1" * 64)])
    late = replace(one.entries[1], utc=one.entries[0].utc - timedelta(seconds=1))
    with pytest.raises(CustodyBroken, match="lies before"):
        check_link(one.entries[0], late)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": True},
        {"seq": "0"},
        {"utc": "2026-11-22 08:00:01"},
        {"utc": "2026-13-22T08:00:01.000000Z"},
        {"monotonic": "1.5"},
        {"monotonic": 1},
        {"prev_sha256": "zz"},
        {"actor": None},
        {"more": "field"},
    ],
)
def test_malformed_lines(change):
    line = json.loads(log_of("a").to_jsonl())
    with pytest.raises(CustodyBroken):
        CustodyLog.parse(rfc8785.dumps({**line, **change}) + b"\n")


def test_the_form_must_be_canonical_and_bounded(monkeypatch):
    line = log_of("a").to_jsonl()
    for data in (line[:-1], b" " + line, line.replace(b'","', b'", "', 1), b"\n", line + b"\n", b"null\n", b"\xff\n"):
        with pytest.raises(CustodyBroken):
            CustodyLog.parse(data)
    monkeypatch.setattr("evidence.custody.MAX_LOG_BYTES", 10)
    with pytest.raises(CustodyBroken, match="at most 10 bytes"):
        CustodyLog.parse(line)


def test_an_empty_log_has_a_head():
    assert (CustodyLog.parse(b"").head, CustodyLog().length) == (GENESIS, 0)
    first = next_entry(None, Touch("w", "h", "a", SHA), Ticking())
    assert CustodyLog.of([first]).head == entry_sha256(first)
    assert utc_text(datetime(2026, 1, 2, 3, 4, 5, 6, UTC)) == "2026-01-02T03:04:05.000006Z"

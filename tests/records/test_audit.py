"""The audit trail: any entry changed, removed, added or put elsewhere is found; nobody changes one through us."""

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from records.audit import AuditRecords, entry_sha256
from records.errors import AppendOnly
from records.store import Records
from records.tables.append_only import install, uninstall


def _write(records: Records, count: int = 6) -> None:
    for number in range(count):
        records.audit.append("officer", "decide", f"hit-{number % 2}", f"第{number}次\x00")


def _forge(records: Records, *statements: str) -> None:
    """Change rows as someone with the database's password can: without the triggers."""
    with records.engine.begin() as connection:
        uninstall(connection, "audit")
        for statement in statements:
            connection.execute(text(statement))
        install(connection, "audit")


def test_entries_follow_one_another(records: Records) -> None:
    _write(records)
    entries = records.audit.entries()
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert entries[0].prev_sha256 == ""
    assert [entry.prev_sha256 for entry in entries[1:]] == [entry_sha256(entry) for entry in entries[:-1]]
    assert records.audit.head() == (6, entry_sha256(entries[-1]))
    check = records.audit.check()
    assert check.ok and (check.entries, check.head) == records.audit.head()


def test_an_empty_trail_is_whole(records: Records) -> None:
    assert records.audit.check().ok
    assert records.audit.head() == (0, "")
    assert records.audit.entries() == []


def test_entries_of_one_object_and_after_a_point(records: Records) -> None:
    _write(records)
    assert [entry.seq for entry in records.audit.entries("hit-1")] == [2, 4, 6]
    assert [entry.seq for entry in records.audit.entries(after=4)] == [5, 6]
    assert [entry.seq for entry in records.audit.entries(limit=1)] == [1]


@pytest.mark.parametrize("verb", ["UPDATE audit SET detail = 'x'", "DELETE FROM audit WHERE seq = 6"])
def test_an_entry_is_never_changed_through_us(records: Records, verb: str) -> None:
    _write(records)
    with pytest.raises(AppendOnly), records.sessions.begin() as session:
        session.execute(text(verb))
    assert records.audit.check().ok


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE audit SET actor = 'someone else' WHERE seq = 3"], "entry 3 was changed"),
        (["UPDATE audit SET detail = '' WHERE seq = 6"], "entry 6 was changed"),
        (["UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE seq = 1"], "entry 1 was changed"),
        (["UPDATE audit SET prev_sha256 = '' WHERE seq = 2"], "entry 2 does not follow"),
        (["DELETE FROM audit WHERE seq = 3"], "expected entry 3, found 4"),
        (["DELETE FROM audit WHERE seq = 1"], "expected entry 1, found 2"),
        (["DELETE FROM audit WHERE seq = 6"], "ends at entry 5, but 6 were written"),
        (["DELETE FROM audit"], "ends at entry 0, but 6 were written"),
        (["DELETE FROM audit", "DELETE FROM audit_head"], ""),
        (["DELETE FROM audit_head"], "ends at entry 6, but 0"),
        (
            ["UPDATE audit SET seq = 99 WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 3",
             "UPDATE audit SET seq = 3 WHERE seq = 99"],
            "entry 2 does not follow",
        ),
        (["INSERT INTO audit SELECT 7, sha256, at, actor, action, object_id, detail, sha256 FROM audit WHERE seq = 6"],
         "entry 7 was changed"),
        (["UPDATE audit SET sha256 = prev_sha256 WHERE seq = 4"], "entry 4 was changed"),
    ],
)  # fmt: skip
def test_a_forged_trail_is_found(records: Records, statements: list[str], said: str) -> None:
    _write(records)
    _forge(records, *statements)
    check = records.audit.check()
    if said:
        assert not check.ok
        assert any(said in problem for problem in check.problems), check.problems
    else:  # an emptied trail is an empty trail: only a head kept elsewhere tells, as the module says
        assert check.ok and check.entries == 0


def test_a_trail_of_many_problems_names_the_first_hundred(records: Records) -> None:
    _write(records, 120)
    _forge(records, "UPDATE audit SET actor = 'x'")
    assert len(records.audit.check().problems) == 100


@given(
    number=st.integers(1, 8),
    column=st.sampled_from(["actor", "action", "object_id", "detail", "prev_sha256"]),
    value=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_of_any_column_is_found(records: Records, number: int, column: str, value: str) -> None:
    if records.audit.head()[0] == 0:
        _write(records, 8)
    before = records.audit.entries()[number - 1]
    with records.engine.begin() as connection:
        uninstall(connection, "audit")
        row = {"value": value, "seq": number}
        connection.execute(text(f"UPDATE audit SET {column} = :value WHERE seq = :seq"), row)
    assert records.audit.check().ok == (replace(before, **{column: value}) == before)  # type: ignore[arg-type]
    with records.engine.begin() as connection:
        row = {"value": getattr(before, column), "seq": number}
        connection.execute(text(f"UPDATE audit SET {column} = :value WHERE seq = :seq"), row)
        install(connection, "audit")
    assert records.audit.check().ok


def test_concurrent_writers_make_one_chain(records: Records) -> None:
    def work(name: str) -> None:
        mine = AuditRecords(records.sessions)
        for number in range(8):
            mine.append(name, "act", str(number))

    threads = [threading.Thread(target=work, args=(f"w{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    check = records.audit.check()
    assert check.ok, check.problems
    assert check.entries == 32
    by_actor = [entry.actor for entry in records.audit.entries()]
    assert {name: by_actor.count(name) for name in set(by_actor)} == dict.fromkeys(("w0", "w1", "w2", "w3"), 8)
